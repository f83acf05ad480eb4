#include "base/text.hpp"
#include "commands.hpp"
#include "events.hpp"
#include "hosted_relay.hpp"
#include "tunnels.hpp"

namespace agentroom::cli {
namespace {

/// Runs until a signal, or until nobody reads stdout any more. Errors: the tunnel gave up.
Result<void> carry_on(runtime::Process& process, Output& out, HostedRelay& relay, Tunnels* tunnels) {
  const auto failure = [&] { return tunnels == nullptr ? nullptr : tunnels->failure(); };
  const auto news = [&] { return tunnels != nullptr && tunnels->has_news(); };
  while (process.run_until([&] { return news() || failure() != nullptr || !out.alive(); }) ==
         runtime::Process::End::kDone) {
    if (!out.alive()) return {};
    if (const Error* why = failure()) return std::unexpected(*why);
    if (!tunnels->take_news()) continue;
    const auto urls = tunnels->urls();
    if (auto noted = relay.sign().set_tunnel(urls.empty() ? "" : urls.front()); !noted)
      out.warning(printable(noted.error().message));
  }
  return {};
}

int run_relay(const RelayCommand& command, Context& context, runtime::Process& process, const std::string& listen) {
  Output& out = context.out();
  RelayConfig config = context.settings().relay.config;
  if (command.tunnel) config = behind_tunnel(context, std::move(config));
  EventStream stream(out);
  auto relay = HostedRelay::open(
      context, process,
      {.kind = "relay", .listen = listen, .config = std::move(config), .tunnel = command.tunnel, .log = {}});
  if (!relay) return out.error(relay.error());
  out.remark("Ctrl-C stops it. What waits for agents that are away is kept.");
  const std::uint16_t port = (*relay)->port();
  stream.write_behind([&loop = process.loop()] { loop.post([] {}); });  // so that `carry_on` sees it
  (*relay)->tell_reloads_to(stream);
  std::unique_ptr<Tunnels> tunnels;
  if (command.tunnel) {
    auto opened = Tunnels::open(context, process, stream,
                                {.address = (*relay)->address(),
                                 .scheme = (*relay)->scheme(),
                                 .relay = (*relay)->id(),
                                 .standby = context.settings().tunnel.standby});
    if (!opened) {
      stream.tell("tunnel_error", error_members({{"final", true}}, opened.error()));
      return stream.finish(pass(opened));
    }
    tunnels = std::move(*opened);
  }
  const auto ended = carry_on(process, out, **relay, tunnels.get());
  tunnels.reset();
  relay->reset();
  if (ended) stream.tell_here("stopped", {{"port", port}}, "stopped", {});
  return stream.finish(ended);
}

}  // namespace

int run(const RelayCommand& command, const GlobalOptions& globals, Output& out) {
  out.stream();
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  auto listen = listen_address(command.host, command.port, context->settings().relay.listen);
  if (!listen) return out.error(listen.error());
  std::vector<std::string> needed{config::kTransport, config::kStore};
  if (command.tunnel) needed.emplace_back(config::kTunnel);
  if (auto plugins = context->need_plugins(needed); !plugins) return out.error(plugins.error());
  auto process = context->open_process();
  if (!process) return out.error(process.error());
  return run_relay(command, *context, **process, *listen);
}

}  // namespace agentroom::cli
