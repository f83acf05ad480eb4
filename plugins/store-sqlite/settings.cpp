#include "settings.hpp"

#include <toml++/toml.h>
#include <optional>
#include <string>

namespace agentroom::store_sqlite {
namespace {

using sdk::fail;

std::optional<IntegrityCheck> integrity_check_named(std::string_view name) {
  if (name == "off") return IntegrityCheck::kOff;
  if (name == "quick") return IntegrityCheck::kQuick;
  if (name == "full") return IntegrityCheck::kFull;
  return std::nullopt;
}

}  // namespace

sdk::Result<Settings> parse_settings(std::string_view toml) {
  toml::table table;
  try {
    table = toml::parse(toml);
  } catch (const toml::parse_error& error) {
    return fail(AR_INVALID, "the configuration of store-sqlite is no TOML: " + std::string(error.description()));
  }
  Settings settings;
  for (const auto& [key, value] : table) {
    if (key.str() != "integrity_check") {
      return fail(AR_INVALID, "store-sqlite knows no key \"" + std::string(key.str()) + "\"",
                  "its only key is integrity_check");
    }
    const auto check = integrity_check_named(value.value_or(std::string_view()));
    if (!check)
      return fail(AR_INVALID, R"(integrity_check of store-sqlite must be "quick", "full" or "off")",
                  "mend it in [store.sqlite]");
    settings.integrity_check = *check;
  }
  return settings;
}

}  // namespace agentroom::store_sqlite
