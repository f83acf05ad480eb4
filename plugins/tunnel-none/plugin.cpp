// The tunnel that is none: it reports the URL that the owner gave.
#include <arpa/inet.h>
#include <netinet/in.h>
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

/// Whether a relay that listens at "host:port" listens at all addresses, which are no place to go to.
bool is_every_address(std::string_view address) {
  std::string host(address.substr(0, address.rfind(':')));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  in_addr four{};
  in6_addr six{};
  if (::inet_pton(AF_INET, host.c_str(), &four) == 1) return four.s_addr == htonl(INADDR_ANY);
  return ::inet_pton(AF_INET6, host.c_str(), &six) == 1 && IN6_IS_ADDR_UNSPECIFIED(&six) != 0;
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
    const std::string address(options.local_address);
    try {
      const toml::table config = toml::parse(options.config);
      if (!config.contains("public_url") && is_every_address(address)) {
        return sdk::fail(AR_INVALID, "the relay listens on " + address + ", which is no address to go to",
                         "set [tunnel.none] public_url, for example \"wss://relay.example.org/ws\"");
      }
      url = config["public_url"].value_or(std::string(options.scheme) + "://" + address + "/ws");
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
