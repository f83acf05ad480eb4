// Where something is: URLs of relays as the command line, an invite and a transport read them, addresses to listen on,
// numbers with units, and the addresses that proxies report.
//
//   u8 trusted proxies (bits), then pieces: address, X-Forwarded-For, CF-Connecting-IP; the rest is one text for all
//   the other readers
#include "config/address.hpp"

#include "../../plugins/transport-ws/url.hpp"
#include "config/server_url.hpp"
#include "config/units.hpp"
#include "protocol/server_url.hpp"
#include "relay/address.hpp"
#include "target.hpp"

namespace agentroom::fuzz {
namespace {

const std::string kProxy = "10.0.0.1";
const std::string kProxySix = "2001:db8::1";

void check_url(const std::string& text) {
  const std::string wrong = config::what_is_wrong_with_server_url(text);
  const auto url = ws::parse_url(text);
  if (!url) return;
  require(!url->host.empty() && url->port != 0 && url->target.starts_with('/'), "a URL has host, port and target");
  for (const char c : url->host + url->target + url->host_header) {
    require(c > ' ' && c < '\x7f', "nothing of a URL ends a line of an HTTP request");
  }
  require(text.starts_with("ws") || text.starts_with("WS") || text.starts_with("wS") || text.starts_with("Ws"),
          "its scheme is ws or wss");
  if (wrong.empty() && text.starts_with("ws")) {
    require(protocol::is_server_url(text), "a server that may be configured is one to the protocol");
  }
}

void check_texts(const std::string& text) {
  check_url(text);
  if (const auto address = config::parse_listen_address(text); address) {
    const auto again = config::parse_listen_address(address->text());
    require(again && again->host == address->host && again->port == address->port, "an address survives its text");
  }
  if (const auto ms = config::parse_duration_ms(text); ms) {
    require(*ms >= 0 && config::parse_duration_ms(config::duration_text(*ms)) == *ms, "a duration survives its text");
  }
  if (const auto bytes = config::parse_size(text); bytes) {
    require(config::parse_size(config::size_text(*bytes)) == *bytes, "a size survives its text");
  }
  if (const auto address = relay::parse_address(text); address) {
    require(relay::limit_key(relay::limit_key(*address)) == relay::limit_key(*address), "a limit's key is its own");
  }
}

void run(ByteView bytes) {
  Input input(bytes);
  const auto trusted = input.u8();
  std::vector<std::string> proxies;
  if (trusted & 1U) proxies.push_back(kProxy);
  if (trusted & 2U) proxies.push_back(kProxySix);
  if (trusted & 4U) proxies.emplace_back("no address");
  const PeerInfo peer{std::string(as_text(input.piece())), std::string(as_text(input.piece())),
                      std::string(as_text(input.piece()))};
  const relay::ClientAddress client = relay::TrustedProxies(proxies).client(peer);
  require(client.key.has_value() == relay::parse_address(peer.address).has_value(),
          "whoever has an address counts for one");
  if (proxies.empty() && client.key) {
    require(client.text == peer.address, "headers are not believed from anyone that was not named");
  }
  for (const char c : client.text) require(static_cast<unsigned char>(c) >= 0x20, "an address is fit for a log line");
  check_texts(std::string(input.rest_text()));
}

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  const auto add = [&](const char* name, unsigned trusted, std::string_view address, std::string_view forwarded,
                       std::string_view cf, std::string_view text) {
    all.push_back({name, Script().u8(trusted).piece(address).piece(forwarded).piece(cf).raw(text).bytes()});
  };
  add("url", 0, "192.0.2.1", "", "", "wss://relay.example.org:8443/ws?x=1");
  add("local", 1, "10.0.0.1", "203.0.113.9, 10.0.0.1", "", "ws://localhost:8787/ws");
  add("six", 3, "2001:db8::1", "2001:db8:5::7, 10.0.0.1", "198.51.100.3", "ws://[2001:db8::1]:80");
  add("cloudflare", 1, "10.0.0.1", "", "198.51.100.3", "https://relay.example.org");
  add("unreadable", 5, "10.0.0.1", "x, unknown, ::ffff:10.0.0.1", "", "ws://user:pw@host/");
  add("listen", 0, "", "", "", "[::1]:0");
  add("listen-name", 0, "::ffff:192.0.2.1", "", "", "localhost:65535");
  add("duration", 0, "fe80::1%eth0", "", "", "250ms");
  add("size", 2, "not one", "", "", "256KiB");
  add("like-an-address", 0, "1.2.3", "", "", "ws://127.0.0.1.example:1/");
  return all;
}

const Registration kTarget({"addresses", run, seeds});

}  // namespace
}  // namespace agentroom::fuzz
