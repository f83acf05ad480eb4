#include "settings.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace agentroom::handler_exec {
namespace {

using sdk::Error;
using sdk::fail;
using sdk::Result;
using sdk::Status;

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array<Unit, 5> kDurations{{{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit, 2> kSizes{{{"B", 1}, {"KiB", 1'024}}};

constexpr std::int64_t kMaxTimeoutMs = 7 * std::int64_t{86'400'000};
constexpr std::int64_t kMaxReply = 131'072;  // the longest text that a message carries

/// A whole number and a unit; the plain "0" needs none.
std::optional<std::int64_t> measured(std::string_view text, std::span<const Unit> units, std::int64_t max) {
  std::int64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || text.front() == '-') return std::nullopt;
  const std::string_view name(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  if (number == 0 && name.empty()) return 0;
  const auto unit = std::find_if(units.begin(), units.end(), [&](const Unit& known) { return known.name == name; });
  if (unit == units.end() || number > max / unit->factor) return std::nullopt;
  return number * unit->factor;
}

Error wrong(std::string_view key, std::string_view expected) {
  return fail(AR_INVALID, std::string(key) + " of handler-exec must be " + std::string(expected));
}

/// Text that can be passed to a program: its end is a NUL.
std::optional<std::string> plain_text(const toml::node& node) {
  const auto text = node.value_exact<std::string>();
  if (!text || text->find('\0') != std::string::npos) return std::nullopt;
  return text;
}

std::optional<std::vector<std::string>> text_list(const toml::node& node) {
  const toml::array* array = node.as_array();
  if (array == nullptr) return std::nullopt;
  std::vector<std::string> list;
  for (const toml::node& element : *array) {
    const auto text = plain_text(element);
    if (!text) return std::nullopt;
    list.push_back(*text);
  }
  return list;
}

Status read_command(const toml::node& node, Settings& settings) {
  if (const auto line = plain_text(node); line && !line->empty()) {
    settings.argv = {"/bin/sh", "-c", *line};
    return {};
  }
  auto argv = text_list(node);
  if (!argv || argv->empty() || argv->front().empty()) {
    return wrong("command", "a string for the shell, or an array of a program and its arguments");
  }
  settings.argv = std::move(*argv);
  return {};
}

Status read_mode(const toml::node& node, Settings& settings) {
  const auto mode = node.value_exact<std::string>();
  if (mode != "spawn" && mode != "stream") return wrong("mode", R"("spawn" or "stream")");
  settings.mode = mode == "stream" ? Mode::kStream : Mode::kSpawn;
  return {};
}

Status read_timeout(const toml::node& node, Settings& settings) {
  const auto text = node.value_exact<std::string>();
  const auto ms = text && !text->empty() ? measured(*text, kDurations, kMaxTimeoutMs) : std::nullopt;
  if (!ms) return wrong("timeout", R"(a duration up to 7d such as "500ms", "120s", "2m" or "1h", or "0" for none)");
  settings.timeout = std::chrono::milliseconds(*ms);
  return {};
}

Status read_max_output(const toml::node& node, Settings& settings) {
  const auto text = node.value_exact<std::string>();
  const auto bytes = text && !text->empty() ? measured(*text, kSizes, kMaxReply) : std::nullopt;
  if (!bytes || *bytes == 0) return wrong("max_output", R"(a size from "1B" to "128KiB")");
  settings.max_output = static_cast<std::size_t>(*bytes);
  return {};
}

Status read_cwd(const toml::node& node, Settings& settings) {
  const auto path = plain_text(node);
  if (!path || path->empty()) return wrong("cwd", "the path of a folder");
  settings.cwd = *path;
  return {};
}

Status read_env(const toml::node& node, Settings& settings) {
  auto list = text_list(node);
  const auto is_assignment = [](const std::string& text) { return text.find('=', 1) != std::string::npos; };
  if (!list || !std::all_of(list->begin(), list->end(), is_assignment)) {
    return wrong("env", R"(an array of strings "NAME=value")");
  }
  settings.env = std::move(*list);
  return {};
}

using Read = Status (*)(const toml::node& node, Settings& settings);
constexpr std::array<std::pair<std::string_view, Read>, 6> kKeys{{{"command", read_command},
                                                                  {"mode", read_mode},
                                                                  {"timeout", read_timeout},
                                                                  {"max_output", read_max_output},
                                                                  {"cwd", read_cwd},
                                                                  {"env", read_env}}};

}  // namespace

Result<Settings> parse_settings(std::string_view toml) {
  toml::table table;
  try {
    table = toml::parse(toml);
  } catch (const toml::parse_error& error) {
    return fail(AR_INVALID, "the configuration of handler-exec is no TOML: " + std::string(error.description()));
  }
  Settings settings;
  for (const auto& [key, node] : table) {
    const auto known =
        std::find_if(kKeys.begin(), kKeys.end(), [&](const auto& one) { return one.first == key.str(); });
    if (known == kKeys.end()) {
      return fail(AR_INVALID, "handler-exec knows no key \"" + std::string(key.str()) + "\"",
                  "Its keys are command, mode, timeout, max_output, cwd and env.");
    }
    if (Status read = known->second(node, settings); !read) return read.error();
  }
  if (settings.argv.empty()) {
    return fail(AR_INVALID, "handler-exec needs a command", R"(For example: command = "./brain.sh")");
  }
  return settings;
}

}  // namespace agentroom::handler_exec
