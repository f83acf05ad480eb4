#include <toml++/toml.h>

#include <string>
#include <string_view>

#include "agentroom/sdk/plugin.hpp"
#include "agentroom/sdk/units.hpp"
#include "memory_store.hpp"

namespace agentroom::store_memory {

namespace {

constexpr std::string_view kDefaultMaxBytes = "1GiB";

}  // namespace

sdk::Result<std::unique_ptr<MemoryStore>> MemoryStore::open(sdk::Host /*host*/, const sdk::StoreOptions& options) {
  try {
    const toml::table config = toml::parse(options.config);
    const auto text = config["max_bytes"].value_or(kDefaultMaxBytes);
    const auto max_bytes = sdk::parse_size(text);
    if (!max_bytes) {
      return sdk::fail(AR_INVALID, "max_bytes is \"" + std::string(text) + "\"; expected a size like \"64MiB\"");
    }
    return std::make_unique<MemoryStore>(*max_bytes);
  } catch (const toml::parse_error& e) {
    return sdk::fail(AR_INVALID, "the configuration is not TOML: " + std::string(e.description()));
  }
}

}  // namespace agentroom::store_memory

AGENTROOM_PLUGIN("store-memory", "0.1.0", agentroom::store_memory::MemoryStore);
