#include "one_shot.hpp"

namespace agentroom::cli {
namespace {

constexpr Duration kShutDownTime = std::chrono::seconds(2);

}  // namespace

Error ack_timeout() {
  return {ErrorCode::kTimeout, "ACK timeout: the relay did not answer",
          "check that the relay runs: curl http://HOST:PORT/health"};
}

Result<std::unique_ptr<OneShot>> OneShot::open(Context& context, Options options) {
  if (auto plugins = context.need_plugins({config::kTransport, config::kStore}); !plugins) return pass(plugins);
  auto identity = context.identity_or_new();
  if (!identity) return pass(identity);
  auto process = context.open_process();
  if (!process) return pass(process);

  std::unique_ptr<OneShot> shot(new OneShot());
  shot->process_ = std::move(*process);
  AgentConfig config;
  config.name = context.settings().name;
  config.server = std::move(options.server);
  config.server_overrides = options.server_overrides;
  config.trust_relay = context.globals().trust_relay;
  config.max_hops = context.settings().handler.max_hops;
  auto agent = runtime::AgentService::open(
      *shot->process_, {.config = std::move(config),
                        .identity = std::move(*identity),
                        .home = context.home().root(),
                        .store = context.settings().store.plugin,
                        .store_config = context.settings().store.config,
                        .handler = nullptr,
                        .on_event = [self = shot.get()](const AgentEvent& event) { self->see(event); }});
  if (!agent) return pass(agent);
  shot->agent_ = std::move(*agent);
  return shot;
}

OneShot::~OneShot() {
  see_ = nullptr;  // what it refers to is gone by now; the turns of the shutdown still bring events
  if (agent_) agent_->shut_down(kShutDownTime);
  agent_.reset();
}

void OneShot::see(const AgentEvent& event) {
  if (std::holds_alternative<agent_events::Connected>(event)) {
    connected_ = true;
    unreachable_.reset();
  } else if (const auto* lost = std::get_if<agent_events::Disconnected>(&event)) {
    if (!connected_ || lost->final) unreachable_ = lost->why;
  }
  if (see_) see_(event);
}

Result<bool> OneShot::run_until(const std::function<bool()>& done, Duration timeout) {
  switch (process_->run_until(done, timeout)) {
    case runtime::Process::End::kDone:
      return true;
    case runtime::Process::End::kTimeout:
      return false;
    case runtime::Process::End::kSignal:
      break;
  }
  return fail(ErrorCode::kCancelled, "stopped by a signal");
}

}  // namespace agentroom::cli
