#include "cloudflared.hpp"

#include <string.h>  // explicit_bzero

#include <utility>

#include "binary.hpp"
#include "environment.hpp"

namespace agentroom::tunnel_cloudflared {

Cloudflared::Cloudflared(sdk::Host host, Options options, tunnel::LocalListener listener, std::filesystem::path folder)
    : host_(host), options_(std::move(options)), listener_(std::move(listener)), folder_(std::move(folder)) {}

Cloudflared::~Cloudflared() {
  ::explicit_bzero(options_.token.data(), options_.token.size());
}

sdk::Result<process::Command> Cloudflared::prepare(const sdk::TunnelEvents& events, const tunnel::StopSignal& stop) {
  auto binary = find_binary(options_, folder_, host_, events, stop);
  if (!binary) return binary.error();
  // An empty configuration: the one in ~/.cloudflared belongs to other tunnels, and with one cloudflared opens no quick
  // one. For the same reason none of its variables is passed on.
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
  command.env = tunnel::environment({"TUNNEL_", "NO_AUTOUPDATE=", "NO_TLS_VERIFY="}, more);
  return command;
}

tunnel::Sighting Cloudflared::look(std::string_view line) const {
  tunnel::Sighting sighting;
  sighting.connected = line.find("Registered tunnel connection") != std::string_view::npos;
  if (!is_named()) sighting.url = options_.pattern.find(line);
  if (line.find("Unauthorized: Tunnel not found") != std::string_view::npos) {
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
