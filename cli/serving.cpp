#include "serving.hpp"

namespace agentroom::cli {
namespace {

constexpr Duration kLastWordsTime = std::chrono::seconds(10);

}  // namespace

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

Result<void> AnsweringHandler::check(Context& context, const std::string& who) {
  if (context.settings().handler.named) return {};
  return fail(ErrorCode::kUsage, who + " has no handler to answer with",
              "name one: agentroom " + who + " --on-message COMMAND, or [handler] in agentroom.toml");
}

Result<std::unique_ptr<AnsweringHandler>> AnsweringHandler::open(Context& context, runtime::Process& process,
                                                                 const ServeCommand& command) {
  const config::HandlerSettings& settings = context.settings().handler;
  auto handler = process.plugins().open_handler(settings.choice.plugin, settings.choice.config);
  if (!handler) return pass(handler);
  auto answering = std::make_unique<AnsweringHandler>();
  answering->handler_ = std::move(*handler);
  if (command.max_turns) {
    answering->limited_ = std::make_unique<TurnLimit>(*answering->handler_, *command.max_turns);
  }
  return answering;
}

Serving::Serving(const ServeCommand& command, EventStream& stream, RunningAgent& agent)
    : command_(command), stream_(stream), out_(stream.out()), agent_(agent), invite_(stream, agent) {
  agent_.on_event([this](const AgentEvent& event) { see(event); });
  if (command_.invite) invite_.offer();
}

Result<void> Serving::seed() {
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

Result<RunningAgent::End> Serving::go_on(const ServingNews& news) {
  for (;;) {
    auto end = agent_.run_until([&] {
      return invite_.failure() || news.failure() != nullptr || !out_.alive() || turns_over() || news.pending();
    });
    const bool over = invite_.failure() || news.failure() != nullptr || !out_.alive() || turns_over();
    if (!end || *end != RunningAgent::End::kDone || over) return end;
    news.take();
  }
}

Result<void> Serving::run(const ServingNews& news) {
  agent_.on_connected([&] {
    news.connected();
    invite_.on_connected();
  });
  auto end = go_on(news);
  agent_.on_connected({});
  // What was answered should be with the relay before this process goes; what is not goes with the next one.
  if (end && *end == RunningAgent::End::kDone && turns_over()) {
    agent_.process().loop().run_until([this] { return agent_.engine().outbox_size() == 0 || invite_.failure(); },
                                      kLastWordsTime);
  }
  std::optional<Error> failure;
  if (!end) {
    failure = end.error();
  } else if (invite_.failure()) {
    failure = *invite_.failure();
  } else if (const Error* why = news.failure()) {
    failure = *why;
  }
  if (!failure) {
    const bool signalled = *end == RunningAgent::End::kSignal;
    stream_.tell("done", {{"turns", turns_}, {"reason", signalled ? "signal" : "turns"}});
  }
  agent_.stop();
  if (failure) return std::unexpected(std::move(*failure));
  return {};
}

void Serving::see(const AgentEvent& event) {
  if (std::holds_alternative<agent_events::Replied>(event)) ++turns_;
  events_.tell(event);
  invite_.see(event);
}

}  // namespace agentroom::cli
