#include "config/section.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "config/nearest.hpp"
#include "config/units.hpp"

namespace agentroom::config {
namespace {

constexpr std::size_t kMostProblems = 100;

std::string type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a float";
    case toml::node_type::boolean:
      return "a boolean";
    default:
      return "a date or time";
  }
}

std::string range_text(const std::string& min, const std::string& max) {
  return "from " + min + " to " + max;
}

std::string quoted_list(const std::vector<std::string>& items) {
  std::string out = "[";
  for (std::size_t i = 0; i < items.size(); ++i) out += (i > 0 ? ", " : "") + in_quotes(items[i]);
  return out + "]";
}

}  // namespace

void Reading::problem(Origin where, std::string message, std::string hint) {
  if (problems.size() < kMostProblems) problems.push_back({std::move(where), std::move(message), std::move(hint)});
}

Origin Reading::at(const toml::source_region& source) const {
  return {file, source.begin.line, source.begin.column};
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return printable(out) + "\"";
}

Section::Section(Reading& reading, toml::table* table, std::string path)
    : reading_(reading), table_(table), path_(std::move(path)) {}

std::string Section::full(const std::string& key) const {
  return path_.empty() ? key : path_ + "." + key;
}

bool Section::has(const std::string& key) const {
  if (table_ != nullptr && table_->contains(key)) return true;
  return std::ranges::any_of(reading_.overrides, [&](const Override& o) { return o.key == full(key); });
}

void Section::show_default(const std::string& key, std::string text) {
  show(key, find(key), std::move(text));
}

Section::Value Section::find(const std::string& key) {
  if (std::ranges::find(known_, key) == known_.end()) known_.push_back(key);
  Value value;
  for (const Override& flag : reading_.overrides) {
    if (flag.key == full(key)) {
      value.flag = &flag;
      value.origin = {flag.origin};
    }
  }
  if (value.flag == nullptr && table_ != nullptr) {
    value.node = table_->get(key);
    if (value.node != nullptr) value.origin = reading_.at(value.node->source());
  }
  return value;
}

Origin Section::origin(const std::string& key) const {
  for (const Override& flag : reading_.overrides) {
    if (flag.key == full(key)) return {flag.origin};
  }
  if (table_ == nullptr) return {};
  const toml::node* node = table_->get(key);
  return reading_.at(node != nullptr ? node->source() : table_->source());
}

void Section::wrong(const std::string& key, const std::string& what, const std::string& hint) {
  reading_.problem(origin(key), "`" + full(key) + "` " + what, hint);
}

void Section::wrong_type(const std::string& key, const Value& value, const std::string& expected) {
  wrong(key, "must be " + expected + (value.node != nullptr ? ", not " + type_name(*value.node) : std::string()));
}

void Section::show(const std::string& key, const Value& value, std::string text) {
  reading_.effective.push_back({full(key), std::move(text), value.origin});
}

std::optional<std::string> Section::expand(const std::string& key, const Origin& where, std::string_view text) {
  std::string out;
  out.reserve(text.size() + 1024);  // so that a secret leaves no copies behind while it grows
  while (!text.empty()) {
    if (text.starts_with("$${")) {
      out += "${";
      text.remove_prefix(3);
    } else if (text.starts_with("${")) {
      const std::size_t end = text.find('}');
      const std::string name(text.substr(2, end == std::string_view::npos ? end : end - 2));
      if (end == std::string_view::npos || name.empty()) {
        reading_.problem(where, "`" + full(key) + "` has a `${` that names no variable", "write $${ for a plain ${");
        return std::nullopt;
      }
      const auto replacement = reading_.environment(name);
      if (!replacement) {
        reading_.problem(where,
                         "`" + full(key) + "` names the environment variable " + printable(name) + ", which is not set",
                         "set it, or write $${ for a plain ${");
        return std::nullopt;
      }
      out += *replacement;
      text.remove_prefix(end + 1);
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

std::optional<std::string> Section::string_of(const std::string& key, const Value& value) {
  if (value.flag != nullptr) {
    if (const auto* text = std::get_if<std::string>(&value.flag->value)) return *text;
    wrong_type(key, value, "a string");
    return std::nullopt;
  }
  const auto* text = value.node->as_string();
  if (text == nullptr) {
    wrong_type(key, value, "a string");
    return std::nullopt;
  }
  return expand(key, value.origin, text->get());
}

bool Section::text(const std::string& key, std::string& out, const Check& check) {
  const Value value = find(key);
  if (value) {
    auto text = string_of(key, value);
    if (!text) return false;
    if (const std::string what = check ? check(*text) : ""; !what.empty()) {
      wrong(key, what);
      return false;
    }
    out = std::move(*text);
  }
  show(key, value, in_quotes(out));
  return static_cast<bool>(value);
}

bool Section::choice(const std::string& key, std::string& out, const std::vector<std::string>& choices) {
  return text(key, out, [&](const std::string& given) -> std::string {
    if (std::ranges::find(choices, given) != choices.end()) return {};
    return "cannot be " + in_quotes(given) + suggestion(given, choices);
  });
}

bool Section::secret(const std::string& key, SecretText& out, const Check& check) {
  const Value value = find(key);
  if (!value) {
    show(key, value, "(not set)");
    return false;
  }
  auto text = string_of(key, value);
  if (value.node != nullptr && value.node->is_string()) {
    std::string& raw = value.node->as_string()->get();
    if (reading_.readable_by_others && raw.find("${") == std::string::npos) {
      reading_.warnings.push_back(value.origin.text() + ": `" + full(key) +
                                  "` is a secret in a file that others can read; run: chmod 600 " + reading_.file);
    }
    wipe(raw);
  }
  if (!text) return false;
  const std::string what = check ? check(*text) : "";
  if (what.empty()) {
    out = SecretText(*text);
    show(key, value, "(set)");
  } else {
    wrong(key, what);
  }
  wipe(*text);
  return what.empty();
}

bool Section::boolean(const std::string& key, bool& out) {
  const Value value = find(key);
  if (value) {
    const auto* flag = value.flag != nullptr ? std::get_if<bool>(&value.flag->value) : nullptr;
    const auto* node = value.node != nullptr ? value.node->as_boolean() : nullptr;
    if (flag == nullptr && node == nullptr) {
      wrong_type(key, value, "true or false");
      return false;
    }
    out = flag != nullptr ? *flag : node->get();
  }
  show(key, value, out ? "true" : "false");
  return static_cast<bool>(value);
}

bool Section::integer(const std::string& key, std::int64_t& out, std::int64_t min, std::int64_t max) {
  const Value value = find(key);
  if (value) {
    const std::string expected = "a whole number " + range_text(std::to_string(min), std::to_string(max));
    const auto* flag = value.flag != nullptr ? std::get_if<std::int64_t>(&value.flag->value) : nullptr;
    const auto* node = value.node != nullptr ? value.node->as_integer() : nullptr;
    if (flag == nullptr && node == nullptr) {
      wrong_type(key, value, expected);
      return false;
    }
    const std::int64_t number = flag != nullptr ? *flag : node->get();
    if (number < min || number > max) {
      wrong(key, "must be " + expected + ", not " + std::to_string(number));
      return false;
    }
    out = number;
  }
  show(key, value, std::to_string(out));
  return static_cast<bool>(value);
}

bool Section::real(const std::string& key, double& out) {
  const Value value = find(key);
  if (value) {
    const auto number = value.node != nullptr ? value.node->value<double>() : std::nullopt;
    if (!number || !value.node->is_number()) {
      wrong_type(key, value, "a number");
      return false;
    }
    out = *number;
  }
  show(key, value, std::to_string(out));
  return static_cast<bool>(value);
}

bool Section::duration(const std::string& key, std::int64_t& out, std::int64_t min, std::int64_t max) {
  const Value value = find(key);
  if (value) {
    if (value.node != nullptr && !value.node->is_string()) {
      wrong_type(key, value, "a string with a unit, such as \"120s\" or \"24h\"");
      return false;
    }
    const auto text = string_of(key, value);
    if (!text) return false;
    const auto ms = parse_duration_ms(*text);
    if (!ms || *ms < min || *ms > max) {
      wrong(key, ms ? "must be " + range_text(duration_text(min), duration_text(max)) + ", not " + in_quotes(*text)
                    : "must be a number with a unit (ms, s, m, h or d), such as \"120s\", not " + in_quotes(*text));
      return false;
    }
    out = *ms;
  }
  show(key, value, in_quotes(duration_text(out)));
  return static_cast<bool>(value);
}

bool Section::size(const std::string& key, std::uint64_t& out, std::uint64_t min, std::uint64_t max) {
  const Value value = find(key);
  if (value) {
    if (value.node != nullptr && !value.node->is_string()) {
      wrong_type(key, value, "a string with a unit, such as \"256KiB\"");
      return false;
    }
    const auto text = string_of(key, value);
    if (!text) return false;
    const auto bytes = parse_size(*text);
    if (!bytes || *bytes < min || *bytes > max) {
      wrong(key, bytes ? "must be " + range_text(size_text(min), size_text(max)) + ", not " + in_quotes(*text)
                       : "must be a number with a unit (B, KiB, MiB, GiB, KB, MB or GB), such as \"256KiB\", not " +
                             in_quotes(*text));
      return false;
    }
    out = *bytes;
  }
  show(key, value, in_quotes(size_text(out)));
  return static_cast<bool>(value);
}

std::string Section::absolute(const Value& value, const std::string& text) const {
  namespace fs = std::filesystem;
  std::string rest = text;
  if (rest == "~" || rest.starts_with("~/")) {
    if (const auto home = non_empty(reading_.environment, "HOME")) rest = *home + rest.substr(1);
  }
  const fs::path path(rest);
  if (path.is_absolute()) return path.lexically_normal().string();
  return ((value.flag != nullptr ? fs::current_path() : reading_.folder) / path).lexically_normal().string();
}

bool Section::path(const std::string& key, std::string& out) {
  const Value value = find(key);
  if (value) {
    const auto text = string_of(key, value);
    if (!text) return false;
    if (text->empty()) {
      wrong(key, "must name a path, not \"\"");
      return false;
    }
    out = absolute(value, *text);
  }
  show(key, value, in_quotes(out));
  return static_cast<bool>(value);
}

bool Section::plugin_name(const std::string& key, std::string& out) {
  const Value value = find(key);
  if (value) {
    auto text = string_of(key, value);
    if (!text) return false;
    if (text->empty()) {
      wrong(key, "must name a plugin, not \"\"");
      return false;
    }
    out = text->find('/') == std::string::npos ? std::move(*text) : absolute(value, *text);
  }
  show(key, value, in_quotes(out));
  return static_cast<bool>(value);
}

bool Section::is_array(const std::string& key) {
  const Value value = find(key);
  return value.node != nullptr && value.node->is_array();
}

bool Section::string_list(const std::string& key, const Value& value, std::vector<std::string>& out) {
  auto* array = value.node != nullptr ? value.node->as_array() : nullptr;
  if (array == nullptr) {
    wrong_type(key, value, "an array of strings");
    return false;
  }
  for (const toml::node& item : *array) {
    const auto* text = item.as_string();
    if (text == nullptr) {
      reading_.problem(reading_.at(item.source()),
                       "`" + full(key) + "` must hold strings only, not " + type_name(item));
      return false;
    }
    auto expanded = expand(key, reading_.at(item.source()), text->get());
    if (!expanded) return false;
    out.push_back(std::move(*expanded));
  }
  return true;
}

bool Section::strings(const std::string& key, std::vector<std::string>& out, const Check& check) {
  const Value value = find(key);
  if (value) {
    std::vector<std::string> items;
    if (!string_list(key, value, items)) return false;
    for (std::size_t i = 0; check && i < items.size(); ++i) {
      const std::string what = check(items[i]);
      if (what.empty()) continue;
      reading_.problem(reading_.at(value.node->as_array()->get(i)->source()), "`" + full(key) + "` " + what);
      return false;
    }
    out = std::move(items);
  }
  show(key, value, quoted_list(out));
  return static_cast<bool>(value);
}

bool Section::paths(const std::string& key, std::vector<std::string>& out) {
  const Value value = find(key);
  if (value) {
    std::vector<std::string> items;
    if (!string_list(key, value, items)) return false;
    for (std::string& item : items) {
      if (item.empty()) {
        wrong(key, "must hold paths, not \"\"");
        return false;
      }
      item = absolute(value, item);
    }
    out = std::move(items);
  }
  show(key, value, quoted_list(out));
  return static_cast<bool>(value);
}

Section Section::table(const std::string& key) {
  if (std::ranges::find(known_, key) == known_.end()) known_.push_back(key);
  toml::node* node = table_ != nullptr ? table_->get(key) : nullptr;
  toml::table* inner = node != nullptr ? node->as_table() : nullptr;
  if (node != nullptr && inner == nullptr) wrong(key, "must be a table, not " + type_name(*node));
  return {reading_, inner, full(key)};
}

std::vector<std::pair<std::string, Origin>> Section::other_tables() {
  std::vector<std::pair<std::string, Origin>> tables;
  if (table_ == nullptr) return tables;
  for (const auto& [key, node] : *table_) {
    const std::string name(key.str());
    if (!node.is_table() || std::ranges::find(known_, name) != known_.end()) continue;
    tables.emplace_back(name, reading_.at(key.source()));
  }
  for (const auto& [name, where] : tables) known_.push_back(name);
  return tables;
}

void Section::finish() {
  if (table_ == nullptr) return;
  for (const auto& [key, node] : *table_) {
    const std::string name(key.str());
    if (std::ranges::find(known_, name) != known_.end()) continue;
    reading_.problem(reading_.at(key.source()), "unknown key `" + printable(name) + "`" +
                                                    (path_.empty() ? "" : " in [" + path_ + "]") +
                                                    suggestion(name, known_));
  }
}

}  // namespace agentroom::config
