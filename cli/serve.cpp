#include "commands.hpp"
#include "context.hpp"
#include "events.hpp"
#include "home_access.hpp"
#include "running_agent.hpp"
#include "turn_limit.hpp"

namespace agentroom::cli {
namespace {

constexpr std::int64_t kInviteLifeMs = 86'400'000;
constexpr Duration kLastWordsTime = std::chrono::seconds(10);

/// `--on-message` and `--handler-timeout` as the configuration they stand for.
std::vector<config::Override> overrides_of(const ServeCommand& command) {
  std::vector<config::Override> overrides;
  if (command.on_message) {
    overrides.push_back({"handler.plugin", std::string("exec"), "--on-message"});
    overrides.push_back({"handler.exec.command", *command.on_message, "--on-message"});
  }
  if (command.handler_timeout_s) {
    overrides.push_back(
        {"handler.exec.timeout", std::to_string(*command.handler_timeout_s) + "s", "--handler-timeout"});
  }
  // One call at a time, so that no handler runs for a reply beyond the last turn.
  if (command.max_turns) overrides.push_back({"handler.concurrency", std::int64_t{1}, "--max-turns"});
  return overrides;
}

class Serve {
 public:
  Serve(const ServeCommand& command, EventStream& stream, RunningAgent& agent)
      : command_(command), stream_(stream), out_(stream.out()), agent_(agent) {
    agent_.on_event([this](const AgentEvent& event) { see(event); });
    agent_.on_connected([this] {
      if (command_.invite && !invited_) invite();
    });
  }

  /// The first word of `--seed`, in the outbox before anything is connected.
  Result<void> seed() {
    if (!command_.seed) return {};
    auto peer = agent_.engine().find_peer(*command_.to);
    if (!peer) return pass(peer);
    std::optional<Result<SentMessage>> sent;
    agent_.engine().send(*peer, *command_.seed, agent_.now(),
                         [&](Result<SentMessage> result) { sent = std::move(result); });
    agent_.process().loop().run_until([&] { return sent.has_value(); });
    if (!*sent) return pass(*sent);
    return {};
  }

  int run() {
    auto end = agent_.run_until([this] { return failed_ || !out_.alive() || turns_over(); });
    // What was answered should be with the relay before this process goes; what is not goes with the next one.
    if (end && *end == RunningAgent::End::kDone && turns_over()) {
      agent_.process().loop().run_until([this] { return agent_.engine().outbox_size() == 0 || failed_; },
                                        kLastWordsTime);
    }
    const bool failed = !end || failed_;
    if (!failed) {
      const bool signalled = *end == RunningAgent::End::kSignal;
      stream_.tell("done", {{"turns", turns_}, {"reason", signalled ? "signal" : "turns"}});
    }
    agent_.stop();
    if (!stream_.close()) return 1;
    if (failed) return out_.error(end ? *failed_ : end.error());
    return out_.alive() ? 0 : 1;
  }

 private:
  bool turns_over() const { return command_.max_turns && turns_ >= *command_.max_turns; }

  void see(const AgentEvent& event) {
    if (std::holds_alternative<agent_events::Replied>(event)) ++turns_;
    events_.tell(event);
  }

  void invite() {
    invited_ = true;
    agent_.engine().create_invite(kInviteLifeMs, agent_.now(), [this](Result<CreatedInvite> invite) {
      if (!invite) {
        // The link went down again: the next connection asks once more.
        const ErrorCode code = invite.error().code;
        if (code == ErrorCode::kNetwork || code == ErrorCode::kTimeout) invited_ = false;
        if (invited_ && code != ErrorCode::kCancelled) failed_ = std::move(invite.error());
        return;
      }
      stream_.tell_here("invite", invite_members(*invite), "\n" + invite->url + "\n",
                        "Give it to one peer, where nobody else reads. Good once; it expires in 24 hours.");
    });
  }

  const ServeCommand& command_;
  EventStream& stream_;
  Output& out_;
  RunningAgent& agent_;
  AgentEventTeller events_{stream_};
  bool invited_ = false;
  std::uint64_t turns_ = 0;
  std::optional<Error> failed_;
};

}  // namespace

int run(const ServeCommand& command, const GlobalOptions& globals, Output& out) {
  out.stream();
  auto context = Context::make(globals, out, overrides_of(command));
  if (!context) return out.error(context.error());
  if (!context->settings().handler.named) {
    return out.error({ErrorCode::kUsage, "serve has no handler to answer with",
                      "name one: agentroom serve --on-message COMMAND, or [handler] in agentroom.toml"});
  }
  auto plugins = context->need_plugins({config::kTransport, config::kStore, config::kHandler});
  if (!plugins) return out.error(plugins.error());
  auto lock = take_home(*context);
  if (!lock) return out.error(lock.error());
  auto process = context->open_process();
  if (!process) return out.error(process.error());
  const config::HandlerSettings& settings = context->settings().handler;
  auto handler = (*process)->plugins().open_handler(settings.choice.plugin, settings.choice.config);
  if (!handler) return out.error(handler.error());
  TurnLimit limited(**handler, command.max_turns.value_or(0));

  EventStream stream(out);
  Executor& loop = (*process)->loop();
  stream.write_behind([&loop] { loop.post([] {}); });  // so that the command sees it
  auto agent = RunningAgent::open(*context, **process, std::move(*lock), stream,
                                  {.first_event = "serving",
                                   .handler = command.max_turns ? &limited : handler->get(),
                                   .concurrency = settings.concurrency});
  if (!agent) return out.error(agent.error());
  Serve serve(command, stream, **agent);
  if (auto seeded = serve.seed(); !seeded) {
    (*agent)->stop();
    stream.close();
    return out.error(seeded.error());
  }
  return serve.run();
}

}  // namespace agentroom::cli
