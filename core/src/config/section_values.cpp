// The values of a section: each kind of value, its check and its words.
#include <algorithm>
#include <array>
#include <limits>

#include "config/nearest.hpp"
#include "config/section.hpp"
#include "config/units.hpp"

namespace agentroom::config {
namespace {

std::string range_text(const std::string& min, const std::string& max) {
  return "from " + min + " to " + max;
}

constexpr std::int64_t kNoMax = std::numeric_limits<std::int64_t>::max();

std::string duration_range(std::int64_t min, std::int64_t max) {
  return max == kNoMax ? "at least " + duration_text(min) : range_text(duration_text(min), duration_text(max));
}

std::string size_range(std::uint64_t min, std::uint64_t max) {
  return max >= kNoMax ? "at least " + size_text(min) : range_text(size_text(min), size_text(max));
}

std::string number_range(std::int64_t min, std::int64_t max) {
  if (max != kNoMax) return " " + range_text(std::to_string(min), std::to_string(max));
  return min == -kNoMax ? "" : " of at least " + std::to_string(min);
}

std::string quoted_list(const std::vector<std::string>& items) {
  std::string out = "[";
  for (std::size_t i = 0; i < items.size(); ++i) out += (i > 0 ? ", " : "") + in_quotes(items[i]);
  return out + "]";
}

/// It stands in the file itself, and does not come from the environment.
bool is_inline(const std::string& raw) {
  return raw.find("${") == std::string::npos;
}

/// As variables with secrets are named: API_KEY, GITHUB_TOKEN, PGPASSWORD.
bool names_a_secret(std::string name) {
  for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  constexpr std::array<std::string_view, 4> kEnds{"KEY", "TOKEN", "SECRET", "PASSWORD"};
  return std::ranges::any_of(kEnds, [&](std::string_view end) { return name.ends_with(end); });
}

}  // namespace

bool Section::text(const std::string& key, std::string& out, const Check& check, Shown shown) {
  const Value value = find(key);
  std::string written;
  if (value) {
    auto text = string_of(key, value);
    if (!text) return false;
    if (const std::string what = check ? check(*text) : ""; !what.empty()) {
      wrong(key, what);
      return false;
    }
    out = std::move(*text);
    if (shown == Shown::kAsWritten && value.node != nullptr) written = value.node->as_string()->get();
  }
  show(key, value, in_quotes(written.empty() ? out : written));
  return static_cast<bool>(value);
}

bool Section::choice(const std::string& key, std::string& out, const std::vector<std::string>& choices) {
  return text(key, out, [&](const std::string& given) -> std::string {
    if (std::ranges::find(choices, given) != choices.end()) return {};
    return "cannot be " + in_brief_quotes(given) + suggestion(given, choices);
  });
}

void Section::tell_open_secret(const std::string& key, const Value& value, const std::string& what) {
  if (!reading_.readable_by_others) return;
  const std::string problem = what + " in a file that others can read";
  const std::string command = "run: chmod 600 " + reading_.file;
  if (reading_.file_of_home) {
    wrong(key, problem, command);
  } else {
    reading_.warnings.push_back(value.origin.text() + ": `" + full(key) + "` " + problem + "; " + command);
  }
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
    if (is_inline(raw)) tell_open_secret(key, value, "is a secret");
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
    const std::string expected = "a whole number" + number_range(min, max);
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
  std::string written;
  if (value) {
    if (value.node != nullptr && !value.node->is_string()) {
      wrong_type(key, value, "a string with a unit, such as \"120s\" or \"24h\"");
      return false;
    }
    const auto text = string_of(key, value);
    if (!text) return false;
    const auto ms = parse_duration_ms(*text);
    if (!ms || *ms < min || *ms > max) {
      wrong(key,
            ms ? "must be " + duration_range(min, max) + ", not " + in_brief_quotes(*text)
               : "must be a number with a unit (ms, s, m, h or d), such as \"120s\", not " + in_brief_quotes(*text));
      return false;
    }
    out = *ms;
    written = *text;
  }
  show(key, value, in_quotes(value ? written : duration_text(out)));
  return static_cast<bool>(value);
}

bool Section::size(const std::string& key, std::uint64_t& out, std::uint64_t min, std::uint64_t max) {
  const Value value = find(key);
  std::string written;
  if (value) {
    if (value.node != nullptr && !value.node->is_string()) {
      wrong_type(key, value, "a string with a unit, such as \"256KiB\"");
      return false;
    }
    const auto text = string_of(key, value);
    if (!text) return false;
    const auto bytes = parse_size(*text);
    if (!bytes || *bytes < min || *bytes > max) {
      wrong(key, bytes ? "must be " + size_range(min, max) + ", not " + in_brief_quotes(*text)
                       : "must be a number with a unit (B, KiB, MiB, GiB, KB, MB or GB), such as \"256KiB\", not " +
                             in_brief_quotes(*text));
      return false;
    }
    out = *bytes;
    written = *text;
  }
  show(key, value, in_quotes(value ? written : size_text(out)));
  return static_cast<bool>(value);
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

bool Section::strings(const std::string& key, std::vector<std::string>& out, const Check& check, Shown shown) {
  const Value value = find(key);
  std::vector<std::string> written;
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
    if (shown == Shown::kAsWritten) {
      for (const toml::node& item : *value.node->as_array()) written.push_back(item.as_string()->get());
    }
  }
  show(key, value, quoted_list(written.empty() ? out : written));
  return static_cast<bool>(value);
}

bool Section::assignments(const std::string& key, std::vector<std::string>& out) {
  const Value value = find(key);
  std::vector<std::string> shown;
  bool hidden = false;
  if (value) {
    std::vector<std::string> items;
    if (!string_list(key, value, items)) return false;
    out = std::move(items);
    for (const toml::node& item : *value.node->as_array()) {
      const std::string& raw = item.as_string()->get();
      if (!is_inline(raw)) {
        shown.push_back(raw);
        continue;
      }
      const std::size_t end = raw.find('=');
      const std::string name = raw.substr(0, end == std::string::npos ? 0 : end);
      if (names_a_secret(name)) tell_open_secret(key, value, "holds the secret " + brief_name(name));
      shown.push_back(name.empty() ? "(set)" : name + "=(set)");
      hidden = true;
    }
  }
  show(key, value, quoted_list(shown), hidden);
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

}  // namespace agentroom::config
