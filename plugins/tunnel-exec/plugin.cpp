// tunnel-exec: a public URL by any program that prints one.
#include <memory>
#include <string_view>
#include <utility>

#include "agentroom/sdk/plugin.hpp"
#include "agentroom/sdk/tunnel.hpp"
#include "environment.hpp"
#include "local_listener.hpp"
#include "options.hpp"
#include "placeholders.hpp"
#include "program.hpp"
#include "supervisor.hpp"

namespace agentroom::tunnel_exec {
namespace {

class AnyProgram final : public tunnel::Program {
 public:
  AnyProgram(Options options, tunnel::LocalListener listener)
      : options_(std::move(options)), listener_(std::move(listener)) {}

  std::string name() const override { return options_.is_shell ? "the command" : options_.argv.front(); }

  sdk::Result<process::Command> prepare(const sdk::TunnelEvents& /*events*/,
                                        const tunnel::StopSignal& /*stop*/) override {
    std::vector<std::string> more = variables(listener_);
    more.insert(more.end(), options_.env.begin(), options_.env.end());
    const auto passes = [](std::string_view name) { return !tunnel::names_a_secret(name); };
    return process::Command{options_.is_shell ? options_.argv : filled(options_.argv, listener_),
                            tunnel::environment(passes, more), options_.cwd};
  }

  tunnel::Sighting look(std::string_view line) const override { return {options_.pattern.find(line), false, {}}; }

 private:
  const Options options_;
  const tunnel::LocalListener listener_;
};

class ExecTunnel final : public sdk::Tunnel {
 public:
  explicit ExecTunnel(std::unique_ptr<tunnel::Supervisor> supervisor) : supervisor_(std::move(supervisor)) {}

  static sdk::Result<std::unique_ptr<ExecTunnel>> open(sdk::Host host, const sdk::TunnelOptions& options) {
    auto own = parse_options(options.config);
    if (!own) return own.error();
    auto listener = tunnel::local_listener(options.local_address, options.scheme);
    if (!listener) return listener.error();
    const tunnel::Settings settings = own->settings;
    auto program = std::make_unique<AnyProgram>(std::move(*own), std::move(*listener));
    auto supervisor =
        tunnel::Supervisor::start(host, options.events, std::move(program), settings, std::string(options.health_path));
    if (!supervisor) return supervisor.error();
    return std::make_unique<ExecTunnel>(std::move(*supervisor));
  }

 private:
  const std::unique_ptr<tunnel::Supervisor> supervisor_;
};

}  // namespace
}  // namespace agentroom::tunnel_exec

AGENTROOM_PLUGIN("tunnel-exec", "0.1.0", agentroom::tunnel_exec::ExecTunnel);
