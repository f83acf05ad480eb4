#include "running_agent.hpp"

namespace agentroom::cli {

RunningAgent::RunningAgent(Context& context, runtime::Process& process, std::string server, std::string first_event,
                           const AgentId& self)
    : process_(process), server_(std::move(server)), link_(context.out(), std::move(first_event), server_, self) {}

RunningAgent::~RunningAgent() {
  // What they refer to may be gone by now; the turns of the shutdown still bring events.
  see_ = nullptr;
  see_connected_ = nullptr;
}

Result<std::unique_ptr<RunningAgent>> RunningAgent::open(Context& context, runtime::Process& process, Options options) {
  auto server = context.server();
  if (!server) return pass(server);
  auto identity = context.identity_or_new();
  if (!identity) return pass(identity);

  std::unique_ptr<RunningAgent> running(
      new RunningAgent(context, process, server->url, std::move(options.first_event), identity->id()));
  AgentConfig config;
  config.name = context.settings().name;
  config.server = server->url;
  config.server_overrides = server->flag;
  config.trust_relay = context.globals().trust_relay;
  config.max_hops = context.settings().handler.max_hops;
  config.concurrency = options.concurrency;
  config.handle = true;
  auto agent = runtime::AgentService::open(
      process, {.config = std::move(config),
                .identity = std::move(*identity),
                .home = context.home().root(),
                .store = context.settings().store.plugin,
                .store_config = context.settings().store.config,
                .handler = options.handler,
                .on_event = [self = running.get()](const AgentEvent& event) { self->see(event); }});
  if (!agent) return pass(agent);
  running->agent_ = std::move(*agent);
  return running;
}

void RunningAgent::see(const AgentEvent& event) {
  if (const auto* up = std::get_if<agent_events::Connected>(&event)) {
    link_.connected(*up);
    if (up->url == server_ && see_connected_) see_connected_();
  } else if (const auto* down = std::get_if<agent_events::Disconnected>(&event)) {
    link_.disconnected(*down);
    if (down->final && down->url == server_) over_ = down->why;
  } else if (see_) {
    see_(event);
  }
}

Result<RunningAgent::End> RunningAgent::run_until(const std::function<bool()>& done, std::optional<Duration> timeout) {
  const auto end = process_.run_until([&] { return over_ || done(); }, timeout);
  if (over_) return std::unexpected(*over_);
  if (end == runtime::Process::End::kSignal) return End::kSignal;
  return end == runtime::Process::End::kTimeout ? End::kTimeout : End::kDone;
}

void RunningAgent::stop() {
  agent_->shut_down();
}

}  // namespace agentroom::cli
