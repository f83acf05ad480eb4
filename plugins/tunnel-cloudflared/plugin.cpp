// tunnel-cloudflared: a public URL by Cloudflare, with or without an account.
#include <memory>
#include <utility>

#include "agentroom/sdk/plugin.hpp"
#include "agentroom/sdk/tunnel.hpp"
#include "cloudflared.hpp"
#include "local_listener.hpp"
#include "options.hpp"
#include "supervisor.hpp"

namespace agentroom::tunnel_cloudflared {
namespace {

class CloudflaredTunnel final : public sdk::Tunnel {
 public:
  explicit CloudflaredTunnel(std::unique_ptr<tunnel::Supervisor> supervisor) : supervisor_(std::move(supervisor)) {}

  static sdk::Result<std::unique_ptr<CloudflaredTunnel>> open(sdk::Host host, const sdk::TunnelOptions& options) {
    auto own = parse_options(options.config);
    if (!own) return own.error();
    auto listener = tunnel::local_listener(options.local_address, options.scheme);
    if (!listener) return listener.error();
    const tunnel::Settings settings = own->settings;
    auto program = std::make_unique<Cloudflared>(host, std::move(*own), std::move(*listener), options.folder);
    auto supervisor =
        tunnel::Supervisor::start(host, options.events, std::move(program), settings, std::string(options.health_path));
    if (!supervisor) return supervisor.error();
    return std::make_unique<CloudflaredTunnel>(std::move(*supervisor));
  }

 private:
  const std::unique_ptr<tunnel::Supervisor> supervisor_;
};

}  // namespace
}  // namespace agentroom::tunnel_cloudflared

AGENTROOM_PLUGIN("tunnel-cloudflared", "0.1.0", agentroom::tunnel_cloudflared::CloudflaredTunnel);
