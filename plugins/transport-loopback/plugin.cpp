#include <toml++/toml.h>

#include <string>
#include <string_view>

#include "agentroom/sdk/plugin.hpp"
#include "agentroom/sdk/units.hpp"
#include "loopback_transport.hpp"

namespace agentroom::transport_loopback {

namespace {

constexpr std::string_view kDefaultBuffer = "256KiB";

}  // namespace

sdk::Result<std::unique_ptr<LoopbackTransport>> LoopbackTransport::open(sdk::Host /*host*/,
                                                                        const sdk::TransportOptions& options) {
  try {
    const toml::table config = toml::parse(options.config);
    const auto text = config["buffer"].value_or(kDefaultBuffer);
    const auto buffer = sdk::parse_size(text);
    if (!buffer) {
      return sdk::fail(AR_INVALID, "buffer is \"" + std::string(text) + "\"; expected a size like \"256KiB\"");
    }
    return std::make_unique<LoopbackTransport>(*buffer);
  } catch (const toml::parse_error& e) {
    return sdk::fail(AR_INVALID, "the configuration is not TOML: " + std::string(e.description()));
  }
}

}  // namespace agentroom::transport_loopback

AGENTROOM_PLUGIN("transport-loopback", "0.1.0", agentroom::transport_loopback::LoopbackTransport);
