#include "commands.hpp"
#include "context.hpp"
#include "events.hpp"
#include "home_access.hpp"
#include "mirror.hpp"
#include "running_agent.hpp"

namespace agentroom::cli {
namespace {

/// Handling a message is telling it: what was told is marked handled.
class TellMessage final : public Handler {
 public:
  TellMessage(EventStream& stream, Executor& loop) : stream_(stream), loop_(loop) {}

  HandlerOutcome handle(const HandlerMessage& message, const CancelFlag& /*cancel*/) override {
    stream_.tell("message", message_members(message));
    if (stream_.out().alive()) return std::optional<std::string>();
    loop_.post([] {});  // so that the command sees it
    return fail(ErrorCode::kCancelled, "stdout is closed");
  }

 private:
  EventStream& stream_;
  Executor& loop_;
};

int listen_alone(Context& context, runtime::HomeLock lock) {
  Output& out = context.out();
  if (auto plugins = context.need_plugins({config::kTransport, config::kStore}); !plugins)
    return out.error(plugins.error());
  auto process = context.open_process();
  if (!process) return out.error(process.error());
  EventStream stream(out);
  TellMessage teller(stream, (*process)->loop());
  auto agent = RunningAgent::open(context, **process, std::move(lock), stream,
                                  {.first_event = "listening", .handler = &teller, .concurrency = 1});
  if (!agent) return out.error(agent.error());
  AgentEventTeller events(stream);
  (*agent)->on_event([&](const AgentEvent& event) {
    const bool told_otherwise =
        std::holds_alternative<agent_events::Received>(event) || std::holds_alternative<agent_events::NoReply>(event);
    if (!told_otherwise) events.tell(event);
  });
  auto ended = (*agent)->run_until([&] { return !out.alive(); });
  (*agent)->stop();
  if (!ended) return out.error(ended.error());
  return out.alive() ? 0 : 1;
}

}  // namespace

int run(const ListenCommand& /*command*/, const GlobalOptions& globals, Output& out) {
  out.stream();
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  auto access = access_home(*context);
  if (!access) return out.error(access.error());
  if (access->owner) return mirror_owner(*context, std::move(*access->owner));
  return listen_alone(*context, std::move(*access->lock));
}

}  // namespace agentroom::cli
