#include "config/section.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "config/nearest.hpp"

namespace agentroom::config {
namespace {

constexpr std::size_t kMostProblems = 100;

}  // namespace

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

void Reading::problem(Origin where, std::string message, std::string hint) {
  if (problems.size() < kMostProblems) problems.push_back({std::move(where), std::move(message), std::move(hint)});
}

Origin Reading::at(const toml::source_region& source) const {
  return {file, source.begin.line, source.begin.column};
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
  variables_.clear();
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
  const Origin where = origin(key);
  reading_.problem(where, where.is_flag() ? what : "`" + full(key) + "` " + what, hint);
}

void Section::missing(const std::string& key, const std::string& what, const Origin& fallback) {
  const Origin own = origin(key);
  reading_.problem(own.line > 0 ? own : fallback, "`" + full(key) + "` " + what);
}

void Section::wrong_type(const std::string& key, const Value& value, const std::string& expected) {
  wrong(key, "must be " + expected + (value.node != nullptr ? ", not " + type_name(*value.node) : std::string()));
}

void Section::show(const std::string& key, const Value& value, std::string text, bool hidden) {
  reading_.effective.push_back({full(key), std::move(text), value.origin, variables_, hidden});
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
        reading_.problem(
            where, "`" + full(key) + "` names the environment variable " + brief_name(name) + ", which is not set",
            "set it, or write $${ for a plain ${");
        return std::nullopt;
      }
      out += *replacement;
      if (std::ranges::find(variables_, name) == variables_.end()) variables_.push_back(name);
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

bool Section::is_array(const std::string& key) {
  const Value value = find(key);
  return value.node != nullptr && value.node->is_array();
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
    reading_.problem(reading_.at(key.source()), "unknown key `" + brief_name(name) + "`" +
                                                    (path_.empty() ? "" : " in [" + path_ + "]") +
                                                    suggestion(name, known_));
  }
}

}  // namespace agentroom::config
