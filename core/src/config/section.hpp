// Reads one table of the file, key by key, and knows afterwards which keys nobody asked for. Private to this layer.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.hpp"
#include "config/quotes.hpp"

namespace agentroom::config {

/// What all sections of one file share.
struct Reading {
  std::string file;              ///< as it was given, for messages; empty without a file
  std::filesystem::path folder;  ///< absolute: what relative paths start from
  bool readable_by_others = false;
  bool file_of_home = false;  ///< then a secret that others can read is a problem, else a warning
  Environment environment;
  std::vector<Override> overrides;

  Problems problems;
  std::vector<std::string> warnings;
  std::vector<EffectiveValue> effective;

  void problem(Origin where, std::string message, std::string hint = {});
  Origin at(const toml::source_region& source) const;
};

/// "an array", "a string": what stands there, for messages.
std::string type_name(const toml::node& node);

/// What `config show` tells of a text: free texts of plugins (commands, their environment) are where people put secrets
/// by way of a variable, and are shown with the variable's name.
enum class Shown : std::uint8_t { kValue, kAsWritten };

/// Each reading method leaves `out` alone when the key is absent or wrong; what is wrong becomes a problem. In all of
/// them
/// `${NAME}` in a string is replaced from the environment and `$${` stands for `${`. A flag's value is taken as it is.
class Section {
 public:
  /// `table` may be null: then only flags give values. `path` is dotted, empty at the top.
  Section(Reading& reading, toml::table* table, std::string path);

  /// What is wrong with a value, or empty. Shown after "`key` ".
  using Check = std::function<std::string(const std::string&)>;

  bool text(const std::string& key, std::string& out, const Check& check = {}, Shown shown = Shown::kValue);
  bool choice(const std::string& key, std::string& out, const std::vector<std::string>& choices);
  bool secret(const std::string& key, SecretText& out, const Check& check = {});
  bool boolean(const std::string& key, bool& out);
  bool integer(const std::string& key, std::int64_t& out, std::int64_t min, std::int64_t max);
  bool real(const std::string& key, double& out);
  /// In ms.
  bool duration(const std::string& key, std::int64_t& out, std::int64_t min, std::int64_t max);
  /// In bytes.
  bool size(const std::string& key, std::uint64_t& out, std::uint64_t min, std::uint64_t max);
  bool path(const std::string& key, std::string& out);
  /// A plugin's name; one with a '/' is the path of a library and made absolute.
  bool plugin_name(const std::string& key, std::string& out);
  bool strings(const std::string& key, std::vector<std::string>& out, const Check& check = {},
               Shown shown = Shown::kValue);
  /// Each "NAME=value"; a value without a variable of the environment is shown as "(set)".
  bool assignments(const std::string& key, std::vector<std::string>& out);
  bool paths(const std::string& key, std::vector<std::string>& out);
  /// Makes a key known that need not be read.
  void expect(const std::string& key) { find(key); }
  /// What is shown for a key that is absent.
  void show_default(const std::string& key, std::string text);
  bool is_array(const std::string& key);

  /// A sub-table; empty when there is none. Anything but a table there is a problem.
  Section table(const std::string& key);

  bool has(const std::string& key) const;
  /// The sub-tables that nobody asked for, and where they begin. Counts them as asked for.
  std::vector<std::pair<std::string, Origin>> other_tables();
  /// Where a key stands; the section's own place when it is absent.
  Origin origin(const std::string& key) const;
  /// A problem with the value of `key`.
  void wrong(const std::string& key, const std::string& what, const std::string& hint = {});
  /// A problem with a key that is absent; it stands at this section, or where there is none at `fallback`.
  void missing(const std::string& key, const std::string& what, const Origin& fallback);
  /// Every key that nobody asked for is a problem.
  void finish();

 private:
  struct Value {
    toml::node* node = nullptr;      // of the file
    const Override* flag = nullptr;  // wins
    Origin origin;
    explicit operator bool() const { return node != nullptr || flag != nullptr; }
  };

  Value find(const std::string& key);
  std::string full(const std::string& key) const;
  std::optional<std::string> string_of(const std::string& key, const Value& value);
  std::optional<std::string> expand(const std::string& key, const Origin& where, std::string_view text);
  std::string absolute(const Value& value, const std::string& text) const;
  bool string_list(const std::string& key, const Value& value, std::vector<std::string>& out);
  void wrong_type(const std::string& key, const Value& value, const std::string& expected);
  /// `what` is a secret that stands in the file itself: tells whether others can read it there.
  void tell_open_secret(const std::string& key, const Value& value, const std::string& what);
  void show(const std::string& key, const Value& value, std::string text, bool hidden = false);

  Reading& reading_;
  toml::table* table_;
  std::string path_;
  std::vector<std::string> known_;
  std::vector<std::string> variables_;  // replaced in the value that `find` found last
};

}  // namespace agentroom::config
