// The tunnel that is none: it reports the URL that the owner gave.
#include <toml++/toml.h>

#include <string>
#include <thread>

#include "agentroom/sdk/plugin.hpp"
#include "agentroom/sdk/tunnel.hpp"

namespace {

namespace sdk = agentroom::sdk;

bool is_channel_url(std::string_view url) {
  return (url.starts_with("ws://") || url.starts_with("wss://")) && url.find("://") + 3 < url.size();
}

/// "https://name.example" of "wss://name.example/ws".
std::string origin_of(std::string_view channel_url) {
  const std::size_t host = channel_url.find("://") + 3;
  return (channel_url.starts_with("wss:") ? "https://" : "http://") +
         std::string(channel_url.substr(host, channel_url.find('/', host) - host));
}

class FixedUrl final : public sdk::Tunnel {
 public:
  // An event must not come from inside `open`: it comes from a thread that has nothing else to do.
  FixedUrl(const sdk::TunnelEvents& events, const std::string& url)
      : announce_([events, url] {
          events.progress({"ready", {}});
          events.ready({url, origin_of(url)});
        }) {}

  static sdk::Result<std::unique_ptr<FixedUrl>> open(sdk::Host /*host*/, const sdk::TunnelOptions& options) {
    std::string url;
    try {
      const toml::table config = toml::parse(options.config);
      const std::string own = std::string(options.scheme) + "://" + std::string(options.local_address) + "/ws";
      url = config["public_url"].value_or(own);
    } catch (const toml::parse_error& e) {
      return sdk::fail(AR_INVALID, "the configuration is not TOML: " + std::string(e.description()));
    }
    if (!is_channel_url(url)) {
      return sdk::fail(AR_INVALID, "public_url is \"" + url + "\"; expected a URL that begins with ws:// or wss://",
                       "set [tunnel.none] public_url, for example \"wss://relay.example.org/ws\"");
    }
    return std::make_unique<FixedUrl>(options.events, url);
  }

 private:
  std::jthread announce_;
};

}  // namespace

AGENTROOM_PLUGIN("tunnel-none", "0.1.0", FixedUrl);
