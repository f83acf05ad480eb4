#include "settings.hpp"

#include <array>
#include <utility>

#include "agentroom/sdk/units.hpp"

namespace agentroom::tunnel {
namespace {

sdk::Error wrong(std::string_view key, std::string_view expected) {
  return sdk::fail(AR_INVALID, std::string(key) + " must be " + std::string(expected));
}

/// It may be an argument of a program, whose end is a NUL.
std::optional<std::string> plain(const toml::node& node) {
  auto text = node.value_exact<std::string>();
  if (!text || text->find('\0') != std::string::npos) return std::nullopt;
  return text;
}

}  // namespace

sdk::Result<Keys> Keys::parse(std::string_view config) {
  try {
    return Keys(toml::parse(config));
  } catch (const toml::parse_error& error) {
    return sdk::fail(AR_INVALID, "the configuration is not TOML: " + std::string(error.description()));
  }
}

sdk::Result<std::optional<std::string>> Keys::text(std::string_view key) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return std::optional<std::string>();
  auto text = plain(*node);
  if (!text || text->empty()) return wrong(key, "a text that is not empty");
  return text;
}

sdk::Result<std::vector<std::string>> Keys::texts(std::string_view key) const {
  std::vector<std::string> all;
  const toml::node* node = table_.get(key);
  if (node == nullptr) return all;
  const toml::array* array = node->as_array();
  if (array == nullptr) return wrong(key, "an array of texts");
  for (const toml::node& element : *array) {
    auto text = plain(element);
    if (!text) return wrong(key, "an array of texts");
    all.push_back(std::move(*text));
  }
  return all;
}

sdk::Status Keys::duration(std::string_view key, std::chrono::milliseconds& out) const {
  const auto written = text(key);
  if (!written) return written.error();
  if (!*written) return {};
  const auto parsed = sdk::parse_duration(**written);
  if (!parsed || parsed->count() < 1 || *parsed > std::chrono::hours(24)) {
    return wrong(key, R"(a duration from "1ms" to "24h")");
  }
  out = *parsed;
  return {};
}

sdk::Result<Settings> Keys::common() const {
  Settings settings;
  Pace& pace = settings.pace;
  const std::array<std::pair<std::string_view, std::chrono::milliseconds*>, 4> durations{
      {{"ready_timeout", &pace.ready_timeout},
       {"reachable_timeout", &pace.reachable_timeout},
       {"check_interval", &pace.check_interval},
       {"restart_delay", &pace.restart_delay}}};
  for (const auto& [key, out] : durations) {
    if (sdk::Status read = duration(key, *out); !read) return read.error();
  }
  auto ca_file = text("ca_file");
  if (!ca_file) return ca_file.error();
  settings.ca_file = ca_file->value_or("");
  return settings;
}

}  // namespace agentroom::tunnel
