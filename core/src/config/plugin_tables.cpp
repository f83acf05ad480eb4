// The tables of plugins: [transport.ws], [handler.exec] and so on, checked against the plugins' manifests.
#include <algorithm>
#include <limits>
#include <sstream>

#include "config/load.hpp"
#include "config/nearest.hpp"
#include "config/section.hpp"
#include "config/state.hpp"
#include "config/units.hpp"

namespace agentroom::config {
namespace {

constexpr std::int64_t kAnyMax = std::numeric_limits<std::int64_t>::max();

/// A command that begins with ./ or ../ means a file beside the configuration, wherever the program is started.
std::string anchored_command(const std::string& command, const std::filesystem::path& folder) {
  if (!command.starts_with("./") && !command.starts_with("../")) return command;
  std::string out = "'";
  for (const char c : folder.string()) {
    if (c == '\'') out += "'\\'";
    out += c;
  }
  return out + "'/" + command;
}

/// One plugin's table on its way from the file to the plugin.
class PluginTable {
 public:
  PluginTable(Reading& reading, Section section, const PluginKeys& plugin)
      : reading_(reading), section_(std::move(section)), plugin_(plugin) {}

  /// `chosen_at`: where the plugin was named.
  void read(bool chosen, bool needed, const Origin& chosen_at) {
    for (const PluginKey& key : plugin_.keys) {
      if (section_.has(key.name)) {
        read_key(key);
      } else if (chosen && needed && key.required) {
        section_.missing(key.name, "is required by the " + plugin_.kind + " plugin " + plugin_.plugin, chosen_at);
      } else if (chosen) {
        section_.show_default(key.name, key.default_text.empty() ? "(not set)" : key.default_text);
      } else {
        section_.expect(key.name);
      }
    }
    section_.finish();
  }

  std::string toml() const {
    std::ostringstream text;
    // Plain strings with escapes only: what the simplest parser of a plugin reads rightly.
    text << toml::toml_formatter(out_, toml::format_flags::none);
    return text.str();
  }

 private:
  void read_key(const PluginKey& key) {
    switch (key.type) {
      case KeyType::kString:
        return read_string(key);
      case KeyType::kInteger: {
        std::int64_t number = 0;
        if (section_.integer(key.name, number, key.min.value_or(-kAnyMax), key.max.value_or(kAnyMax))) put(key, number);
        return;
      }
      case KeyType::kFloat: {
        double number = 0;
        if (section_.real(key.name, number)) put(key, number);
        return;
      }
      case KeyType::kBoolean: {
        bool flag = false;
        if (section_.boolean(key.name, flag)) put(key, flag);
        return;
      }
      case KeyType::kDuration: {
        std::int64_t ms = 0;
        if (section_.duration(key.name, ms, key.min.value_or(0), key.max.value_or(kAnyMax)))
          put(key, duration_text(ms));
        return;
      }
      case KeyType::kSize: {
        std::uint64_t bytes = 0;
        const auto min = static_cast<std::uint64_t>(key.min.value_or(0));
        const auto max = static_cast<std::uint64_t>(key.max.value_or(kAnyMax));
        if (section_.size(key.name, bytes, min, max)) put(key, size_text(bytes));
        return;
      }
      case KeyType::kPath: {
        std::string path;
        if (section_.path(key.name, path)) put(key, path);
        return;
      }
      case KeyType::kSecret: {
        SecretText secret;
        if (section_.secret(key.name, secret)) put(key, std::string(secret.view()));
        return;
      }
      case KeyType::kStrings:
      case KeyType::kPaths:
      case KeyType::kEnvironment:
        return read_list(key);
      case KeyType::kCommand:
        return read_command(key);
    }
  }

  void read_string(const PluginKey& key) {
    std::string text;
    const bool given = key.choices.empty() ? section_.text(key.name, text, {}, Shown::kAsWritten)
                                           : section_.choice(key.name, text, key.choices);
    if (given) put(key, text);
  }

  void read_list(const PluginKey& key) {
    std::vector<std::string> items;
    const bool given = key.type == KeyType::kPaths         ? section_.paths(key.name, items)
                       : key.type == KeyType::kEnvironment ? section_.assignments(key.name, items)
                                                           : section_.strings(key.name, items, {}, Shown::kAsWritten);
    if (given) put_list(key, items);
  }

  void read_command(const PluginKey& key) {
    if (section_.is_array(key.name)) {
      std::vector<std::string> arguments;
      if (!section_.strings(key.name, arguments, {}, Shown::kAsWritten)) return;
      if (arguments.empty() || arguments.front().empty()) return section_.wrong(key.name, "must name a program");
      if (arguments.front().starts_with("./") || arguments.front().starts_with("../")) {
        arguments.front() = (reading_.folder / arguments.front()).lexically_normal().string();
      }
      return put_list(key, arguments);
    }
    std::string command;
    const auto check = [](const std::string& text) -> std::string {
      return text.empty() ? "must be a command for the shell or an array of arguments, not \"\"" : "";
    };
    const bool given = section_.text(key.name, command, check, Shown::kAsWritten);
    if (!given) return;
    const bool from_file = section_.origin(key.name).line > 0;
    put(key, from_file ? anchored_command(command, reading_.folder) : command);
  }

  template <class T>
  void put(const PluginKey& key, const T& value) {
    out_.insert_or_assign(key.name, value);
  }
  void put_list(const PluginKey& key, const std::vector<std::string>& items) {
    toml::array array;
    for (const std::string& item : items) array.push_back(item);
    out_.insert_or_assign(key.name, std::move(array));
  }

  Reading& reading_;
  Section section_;
  const PluginKeys& plugin_;
  toml::table out_;
};

/// The name of the table of a plugin that was chosen by short name ("ws"), by id ("transport-ws") or by its library's
/// path.
std::string table_name(const std::string& kind, const std::string& chosen) {
  std::string name = chosen;
  if (name.find('/') != std::string::npos) name = std::filesystem::path(name).stem().string();
  const std::string prefix = kind + "-";
  return name.starts_with(prefix) && name.size() > prefix.size() ? name.substr(prefix.size()) : name;
}

/// All plugins of one kind.
void check_kind(Reading& reading, Section section, const std::string& kind, std::span<const PluginKeys> installed,
                bool needed, PluginChoice& choice) {
  std::vector<std::string> names;
  for (const PluginKeys& plugin : installed) {
    if (plugin.kind == kind) names.push_back(plugin.plugin);
  }
  const std::string chosen_name = table_name(kind, choice.plugin);
  if (needed && std::ranges::find(names, chosen_name) == names.end()) {
    section.wrong(
        "plugin",
        "names " + in_brief_quotes(choice.plugin) + ", which is not installed" + suggestion(choice.plugin, names),
        "see what is installed and where it is looked for: agentroom plugin list");
  }
  for (const PluginKeys& plugin : installed) {
    if (plugin.kind != kind) continue;
    const bool chosen = plugin.plugin == chosen_name;
    PluginTable table(reading, section.table(plugin.plugin), plugin);
    table.read(chosen, needed, section.origin("plugin"));
    if (chosen) choice.config = table.toml();
  }
  for (const auto& [name, where] : section.other_tables()) {
    std::string text = "[" + kind;
    text.append(".").append(name).append("] belongs to no ").append(kind).append(" plugin that is installed");
    reading.problem(where, text + suggestion(name, names),
                    "see what is installed and where it is looked for: agentroom plugin list");
  }
}

}  // namespace

void Configuration::check_plugins(std::span<const PluginKeys> installed, std::span<const std::string> needed) {
  Reading& reading = state_->reading;
  Settings& settings = state_->settings;
  const auto check = [&](const std::string& kind, PluginChoice& choice) {
    // A value that is no table was reported when the file was read.
    toml::node* node = state_->root.get(kind);
    Section section(reading, node != nullptr ? node->as_table() : nullptr, kind);
    check_kind(reading, section, kind, installed, std::ranges::find(needed, kind) != needed.end(), choice);
  };
  check(kTransport, settings.transport);
  check(kStore, settings.store);
  check(kHandler, settings.handler.choice);
  check(kTunnel, settings.tunnel.choice);
  sort_by_place(reading.problems);
}

}  // namespace agentroom::config
