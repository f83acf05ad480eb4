// The tunnel that is none: it reports the URL that the owner gave.
#include <toml++/toml.h>

#include <string>
#include <thread>
#include <utility>

#include "agentroom/sdk/plugin.hpp"
#include "agentroom/sdk/tunnel.hpp"

namespace {

namespace sdk = agentroom::sdk;

bool is_channel_url(std::string_view url) {
  return (url.starts_with("ws://") || url.starts_with("wss://")) && url.find("://") + 3 < url.size();
}

class FixedUrl final : public sdk::Tunnel {
 public:
  // An event must not come from inside `open`: it comes from a thread that has nothing else to do.
  FixedUrl(const sdk::TunnelEvents& events, std::string url)
      : announce_([events, url = std::move(url)] {
          events.progress("ready", {});
          events.ready(url);
        }) {}

  static sdk::Result<std::unique_ptr<FixedUrl>> open(sdk::Host /*host*/, const sdk::TunnelOptions& options) {
    std::string url;
    try {
      const toml::table config = toml::parse(options.config);
      url = config["public_url"].value_or("ws://" + std::string(options.local_address) + "/ws");
    } catch (const toml::parse_error& e) {
      return sdk::fail(AR_INVALID, "the configuration is not TOML: " + std::string(e.description()));
    }
    if (!is_channel_url(url)) {
      return sdk::fail(AR_INVALID, "public_url is \"" + url + "\"; expected a URL that begins with ws:// or wss://",
                       "set [tunnel.none] public_url, for example \"wss://relay.example.org/ws\"");
    }
    return std::make_unique<FixedUrl>(options.events, std::move(url));
  }

 private:
  std::jthread announce_;
};

}  // namespace

AGENTROOM_PLUGIN("tunnel-none", "0.1.0", FixedUrl);
