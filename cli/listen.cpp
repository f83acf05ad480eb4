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
  explicit TellMessage(EventStream& stream) : stream_(stream) {}

  /// Waits for a reader that stands still: what was not told stays in the inbox.
  HandlerOutcome handle(const HandlerMessage& message, const CancelFlag& cancel) override {
    if (stream_.tell_for_sure("message", message_members(message), [&] { return cancel.cancelled(); })) {
      return std::optional<std::string>();
    }
    return fail(ErrorCode::kCancelled, "stdout is closed");
  }

 private:
  EventStream& stream_;
};

int listen_alone(Context& context, runtime::HomeLock lock) {
  Output& out = context.out();
  if (auto plugins = context.need_plugins({config::kTransport, config::kStore}); !plugins)
    return out.error(plugins.error());
  auto process = context.open_process();
  if (!process) return out.error(process.error());
  EventStream stream(out);
  Executor& loop = (*process)->loop();
  stream.write_behind([&loop] { loop.post([] {}); });  // so that the command sees it
  TellMessage teller(stream);
  auto agent = RunningAgent::open(context, **process, std::move(lock), stream,
                                  {.first_event = "listening", .handler = &teller, .concurrency = 1});
  if (!agent) return stream.finish(pass(agent));
  AgentEventTeller events(stream);
  (*agent)->on_event([&](const AgentEvent& event) {
    const bool told_otherwise =
        std::holds_alternative<agent_events::Received>(event) || std::holds_alternative<agent_events::NoReply>(event);
    if (!told_otherwise) events.tell(event);
  });
  auto ended = (*agent)->run_until([&] { return !out.alive(); });
  (*agent)->stop();
  return stream.finish(ended ? Result<void>() : pass(ended));
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
