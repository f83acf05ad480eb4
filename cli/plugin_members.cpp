#include "plugin_members.hpp"

#include <boost/json/parse.hpp>

#include "config/quotes.hpp"
#include "config/units.hpp"

namespace agentroom::cli {
namespace {

/// A bound as the file would have it: `1024`, `"1s"`.
std::string bound_text(const config::PluginKey& key, std::int64_t bound) {
  if (key.type == config::KeyType::kDuration) return config::duration_text(bound);
  if (key.type == config::KeyType::kSize) return config::size_text(static_cast<std::uint64_t>(bound));
  return std::to_string(bound);
}

boost::json::value bound_value(const config::PluginKey& key, const std::optional<std::int64_t>& bound) {
  if (!bound) return nullptr;
  if (key.type == config::KeyType::kInteger) return *bound;
  return boost::json::string(bound_text(key, *bound));
}

/// TOML of one value is JSON too, but for what nobody takes as a default (`inf`, `nan`, `1_000`).
boost::json::value default_value(const std::string& toml) {
  if (toml.empty()) return nullptr;
  boost::system::error_code failed;
  boost::json::value value = boost::json::parse(toml, failed);
  return failed ? boost::json::value(toml) : value;
}

boost::json::object members(const host::ConfigKey& key) {
  boost::json::array choices;
  for (const std::string& choice : key.key.choices) choices.emplace_back(choice);
  return {{"name", key.key.name},
          {"type", host::type_name(key.key.type)},
          {"required", key.key.required},
          {"default", default_value(key.key.default_text)},
          {"min", bound_value(key.key, key.key.min)},
          {"max", bound_value(key.key, key.key.max)},
          {"choices", std::move(choices)},
          {"description", key.description}};
}

}  // namespace

std::string kinds_text(const host::Manifest& manifest) {
  std::string kinds;
  for (const host::PluginKind kind : manifest.kinds)
    kinds += (kinds.empty() ? "" : ",") + std::string(host::kind_name(kind));
  return kinds;
}

std::string bounds_text(const config::PluginKey& key) {
  const auto text = [&](std::int64_t bound) { return bound_text(key, bound); };
  if (key.min && key.max) return "From " + text(*key.min) + " to " + text(*key.max) + ".";
  if (key.min) return "At least " + text(*key.min) + ".";
  if (key.max) return "At most " + text(*key.max) + ".";
  std::string all;
  for (std::size_t i = 0; i < key.choices.size(); ++i) {
    all += i == 0 ? "One of " : ", ";
    all += config::in_quotes(key.choices[i]);
  }
  return all.empty() ? all : all + ".";
}

boost::json::object members(const host::FoundPlugin& found) {
  const host::Manifest& m = found.manifest;
  boost::json::array kinds;
  for (const host::PluginKind kind : m.kinds) kinds.emplace_back(host::kind_name(kind));
  boost::json::array keys;
  for (const host::ConfigKey& key : m.config) keys.push_back(members(key));
  return {{"id", m.id},
          {"kinds", std::move(kinds)},
          {"version", m.version},
          {"abi", std::to_string(m.abi_major) + "." + std::to_string(m.abi_minor)},
          {"description", m.description},
          {"library", m.library.string()},
          {"manifest", m.file.string()},
          {"shadowed", found.shadowed},
          {"config", std::move(keys)}};
}

}  // namespace agentroom::cli
