#include "cloudflared.hpp"

#include <string.h>  // explicit_bzero

#include <algorithm>
#include <array>
#include <utility>

#include "binary.hpp"
#include "environment.hpp"

namespace agentroom::tunnel_cloudflared {
namespace {

constexpr std::string_view kForgotten =
    R"(Register tunnel error from server side error="Unauthorized: Tunnel not found")";

/// What a line of the log says at `level`, after its time; nothing where it has another level. A request of a stranger
/// that fails is logged with its URL, so words count only where no stranger writes: at the beginning.
std::string_view message_at(std::string_view level, std::string_view line) {
  line.remove_prefix(std::min(line.find(' '), line.size()));
  const std::string prefix = " " + std::string(level) + " ";
  return line.starts_with(prefix) ? line.substr(prefix.size()) : std::string_view();
}

/// Where the certificates and the proxies of this machine are, and no more: neither the keys of the user's other
/// services nor a TUNNEL_... that is for the user's other tunnels.
bool is_for_cloudflared(std::string_view name) {
  constexpr std::array<std::string_view, 13> kPassed{
      "PATH",       "HOME",       "TMPDIR",      "LANG",        "TZ",       "SSL_CERT_FILE", "SSL_CERT_DIR",
      "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"};
  return name.starts_with("LC_") || std::find(kPassed.begin(), kPassed.end(), name) != kPassed.end();
}

}  // namespace

Cloudflared::Cloudflared(sdk::Host host, Options options, tunnel::LocalListener listener, std::filesystem::path folder)
    : host_(host), options_(std::move(options)), listener_(std::move(listener)), folder_(std::move(folder)) {}

Cloudflared::~Cloudflared() {
  ::explicit_bzero(options_.token.data(), options_.token.size());
}

sdk::Result<process::Command> Cloudflared::prepare(const sdk::TunnelEvents& events, const tunnel::StopSignal& stop) {
  auto binary = find_binary(options_, folder_, host_, events, stop);
  if (!binary) return binary.error();
  // An empty configuration: the one in ~/.cloudflared belongs to other tunnels, and with one cloudflared opens no quick
  // one.
  process::Command command{{std::move(*binary), "tunnel", "--config", "/dev/null", "--no-autoupdate"}, {}, {}};
  std::vector<std::string> more;
  const auto add = [&](std::initializer_list<std::string> arguments) {
    command.argv.insert(command.argv.end(), arguments);
  };
  if (options_.protocol != "auto") add({"--protocol", options_.protocol});
  if (is_named()) {
    add({"run"});
    more.push_back("TUNNEL_TOKEN=" + options_.token);  // an argument can be seen by everybody on the machine
  }
  // The relay's certificate is for another name than this one; what goes through is sealed from end to end anyway.
  if (listener_.tls) add({"--no-tls-verify"});
  add({"--url", listener_.url()});
  command.env = tunnel::environment(is_for_cloudflared, more);
  return command;
}

tunnel::Sighting Cloudflared::look(std::string_view line) const {
  tunnel::Sighting sighting;
  sighting.connected = message_at("INF", line).starts_with("Registered tunnel connection");
  if (!is_named()) sighting.url = options_.pattern.find(line);
  if (message_at("ERR", line).starts_with(kForgotten)) {
    sighting.over = "Cloudflare does not know this tunnel any more";
    if (is_named()) *sighting.over += ": check token";
  }
  return sighting;
}

std::optional<std::string> Cloudflared::known_url() const {
  if (!is_named()) return std::nullopt;
  return options_.public_url;
}

bool Cloudflared::is_secret(std::string_view line) const {
  return is_named() && line.find(options_.token) != std::string_view::npos;
}

}  // namespace agentroom::tunnel_cloudflared
