#include "commands.hpp"
#include "context.hpp"
#include "events.hpp"
#include "running_agent.hpp"

namespace agentroom::cli {
namespace {

/// Handling a message is printing it: what was printed is marked handled.
class PrintMessage final : public Handler {
 public:
  PrintMessage(Output& out, Executor& loop) : out_(out), loop_(loop) {}

  HandlerOutcome handle(const HandlerMessage& message, const CancelFlag& /*cancel*/) override {
    print_message(out_, message);
    if (out_.alive()) return std::optional<std::string>();
    loop_.post([] {});  // so that the command sees it
    return fail(ErrorCode::kCancelled, "stdout is closed");
  }

 private:
  Output& out_;
  Executor& loop_;
};

}  // namespace

int run(const ListenCommand& /*command*/, const GlobalOptions& globals, Output& out) {
  out.stream();
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  if (auto plugins = context->need_plugins({config::kTransport, config::kStore}); !plugins)
    return out.error(plugins.error());
  auto process = context->open_process();
  if (!process) return out.error(process.error());
  PrintMessage printer(out, (*process)->loop());

  auto agent =
      RunningAgent::open(*context, **process, {.first_event = "listening", .handler = &printer, .concurrency = 1});
  if (!agent) return out.error(agent.error());
  EventPrinter events(out);
  (*agent)->on_event([&](const AgentEvent& event) {
    const bool shown_otherwise =
        std::holds_alternative<agent_events::Received>(event) || std::holds_alternative<agent_events::NoReply>(event);
    if (!shown_otherwise) events.print(event);
  });
  auto ended = (*agent)->run_until([&] { return !out.alive(); });
  (*agent)->stop();
  if (!ended) return out.error(ended.error());
  return out.alive() ? 0 : 1;
}

}  // namespace agentroom::cli
