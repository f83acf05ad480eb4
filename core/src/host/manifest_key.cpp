#include "host/manifest_key.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <sstream>
#include <utility>

#include "base/text.hpp"
#include "config/nearest.hpp"
#include "config/quotes.hpp"
#include "config/units.hpp"

namespace agentroom::host {

namespace {

using config::KeyType;

constexpr std::array<std::pair<std::string_view, KeyType>, 12> kTypes = {{
    {"string", KeyType::kString},
    {"integer", KeyType::kInteger},
    {"float", KeyType::kFloat},
    {"boolean", KeyType::kBoolean},
    {"duration", KeyType::kDuration},
    {"size", KeyType::kSize},
    {"path", KeyType::kPath},
    {"strings", KeyType::kStrings},
    {"paths", KeyType::kPaths},
    {"command", KeyType::kCommand},
    {"secret", KeyType::kSecret},
    {"environment", KeyType::kEnvironment},
}};

bool is_bounded(KeyType type) {
  return type == KeyType::kInteger || type == KeyType::kDuration || type == KeyType::kSize;
}

/// The number that bounds compare: the integer, the milliseconds, the bytes.
std::optional<std::int64_t> number_of(const toml::node& node, KeyType type) {
  if (type == KeyType::kInteger) return node.value_exact<std::int64_t>();
  const auto text = node.value_exact<std::string>();
  if (!text) return std::nullopt;
  if (type == KeyType::kDuration) return config::parse_duration_ms(*text);
  const auto size = config::parse_size(*text);
  if (!size || std::cmp_greater(*size, std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  return static_cast<std::int64_t>(*size);
}

bool is_string_array(const toml::node& node) {
  const toml::array* array = node.as_array();
  return array != nullptr && std::ranges::all_of(*array, [](const toml::node& each) { return each.is_string(); });
}

bool fits(const toml::node& node, KeyType type) {
  switch (type) {
    case KeyType::kString:
    case KeyType::kPath:
    case KeyType::kSecret:
      return node.is_string();
    case KeyType::kBoolean:
      return node.is_boolean();
    case KeyType::kFloat:
      return node.is_number();
    case KeyType::kInteger:
    case KeyType::kDuration:
    case KeyType::kSize:
      return number_of(node, type).has_value();
    case KeyType::kStrings:
    case KeyType::kPaths:
    case KeyType::kEnvironment:
      return is_string_array(node);
    case KeyType::kCommand:
      return node.is_string() || is_string_array(node);
  }
  return false;
}

/// As one would write it in the file.
std::string as_toml(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return config::in_quotes(*text);
  if (const toml::array* items = node.as_array()) {
    std::string list;
    for (const toml::node& item : *items) list += (list.empty() ? "" : ", ") + as_toml(item);
    return "[" + list + "]";
  }
  std::ostringstream out;
  node.visit([&out](const auto& value) { out << value; });
  return out.str();
}

class KeyReader {
 public:
  KeyReader(std::string_view name, const toml::table& table, const Complain& complain)
      : table_(table), complain_(complain) {
    result_.key.name = name;
  }

  ConfigKey read() {
    refuse_unknown();
    read_type();
    read_required();
    read_description();
    result_.key.min = bound("min");
    result_.key.max = bound("max");
    if (result_.key.min && result_.key.max && *result_.key.min > *result_.key.max) {
      wrong(*table_.get("min"), "`min` is greater than `max`");
    }
    read_choices();
    read_default();
    return std::move(result_);
  }

 private:
  void refuse_unknown() {
    const std::vector<std::string> known = {"type", "default", "required", "min", "max", "choices", "description"};
    for (const auto& [key, node] : table_) {
      if (std::ranges::find(known, key.str()) != known.end()) continue;
      wrong(node, "unknown key `" + printable(key.str()) + "`" + config::suggestion(key.str(), known));
    }
  }

  void wrong(const toml::node& at, const std::string& why) { complain_(at, "config." + result_.key.name + ": " + why); }

  void read_type() {
    const toml::node* node = table_.get("type");
    if (node == nullptr) return wrong(table_, "the key `type` is missing");
    const std::string name = node->value_exact<std::string>().value_or("");
    const auto found = std::ranges::find(kTypes, name, [](const auto& entry) { return entry.first; });
    if (found != kTypes.end()) {
      result_.key.type = found->second;
      return;
    }
    std::vector<std::string> known;
    known.reserve(kTypes.size());
    for (const auto& [each, type] : kTypes) known.emplace_back(each);
    wrong(*node, "`type` is \"" + printable(name) + "\"" + config::suggestion(name, known));
  }

  void read_required() {
    const toml::node* node = table_.get("required");
    if (node == nullptr) return;
    const auto value = node->value_exact<bool>();
    if (!value) return wrong(*node, "`required` must be true or false");
    result_.key.required = *value;
    if (*value && table_.contains("default")) wrong(*node, "a required key has no `default`");
  }

  void read_description() {
    const toml::node* node = table_.get("description");
    if (node == nullptr) return wrong(table_, "the key `description` is missing");
    const auto value = node->value_exact<std::string>();
    if (!value || printable(*value) != *value) return wrong(*node, "`description` must be one line of printable text");
    result_.description = *value;
  }

  std::optional<std::int64_t> bound(std::string_view which) {
    const toml::node* node = table_.get(which);
    if (node == nullptr) return std::nullopt;
    if (!is_bounded(result_.key.type)) {
      wrong(*node, "only integers, durations and sizes have `min` and `max`");
      return std::nullopt;
    }
    const auto value = number_of(*node, result_.key.type);
    if (!value) wrong(*node, "`" + std::string(which) + "` must be a value of the key's own type");
    return value;
  }

  void read_choices() {
    const toml::node* node = table_.get("choices");
    if (node == nullptr) return;
    if (result_.key.type != KeyType::kString) return wrong(*node, "only strings have `choices`");
    if (!is_string_array(*node) || node->as_array()->empty()) {
      return wrong(*node, "`choices` must be an array of at least one string");
    }
    for (const toml::node& each : *node->as_array()) result_.key.choices.push_back(*each.value_exact<std::string>());
  }

  void read_default() {
    const toml::node* node = table_.get("default");
    if (node == nullptr) return;
    const KeyType type = result_.key.type;
    if (type == KeyType::kSecret) return wrong(*node, "a secret has no `default`");
    if (!fits(*node, type)) return wrong(*node, "`default` must be a value of the key's own type");
    if (is_bounded(type)) {
      const std::int64_t value = *number_of(*node, type);
      if (value < result_.key.min.value_or(value) || value > result_.key.max.value_or(value)) {
        return wrong(*node, "`default` is not between `min` and `max`");
      }
    }
    const auto& choices = result_.key.choices;
    if (!choices.empty() && std::ranges::find(choices, *node->value_exact<std::string>()) == choices.end()) {
      return wrong(*node, "`default` is none of `choices`");
    }
    result_.key.default_text = as_toml(*node);
  }

  const toml::table& table_;
  const Complain& complain_;
  ConfigKey result_;
};

}  // namespace

std::string_view type_name(config::KeyType type) {
  return std::ranges::find(kTypes, type, [](const auto& entry) { return entry.second; })->first;
}

ConfigKey read_config_key(std::string_view name, const toml::table& table, const Complain& complain) {
  return KeyReader(name, table, complain).read();
}

}  // namespace agentroom::host
