#include "ask.hpp"

#include "base/text.hpp"
#include "home_access.hpp"
#include "spinner.hpp"

namespace agentroom::cli {
namespace {

using runtime::ControlReply;

/// The longest that an agent takes for a request, with room for a loaded machine.
constexpr Duration kAnswerTime = std::chrono::seconds(45);

/// Nothing: the owner went away before it began.
std::optional<Result<boost::json::object>> ask_owner(runtime::ControlClient& owner,
                                                     const runtime::ControlRequest& request, Duration more_time,
                                                     const AgentRequests::Progress& progress) {
  if (auto asked = owner.ask(request); !asked) {
    if (asked.error().code == ErrorCode::kNetwork) return std::nullopt;
    return pass(asked);
  }
  bool working = false;
  for (;;) {
    auto reply = owner.next(kAnswerTime + more_time);
    if (!reply) return pass(reply);
    if (!*reply && !working) return std::nullopt;
    if (*reply && (*reply)->kind == ControlReply::Kind::kError && (*reply)->error.code == ErrorCode::kAborted) {
      return std::nullopt;
    }
    if (!*reply) {
      return fail(ErrorCode::kCancelled,
                  "pid " + std::to_string(owner.owner_pid()) + ", which served this home, ended before it answered",
                  "see what came of it: agentroom peers, agentroom invite list");
    }
    switch ((*reply)->kind) {
      case ControlReply::Kind::kWorking:
        working = true;
        break;
      case ControlReply::Kind::kProgress:
        progress(std::move((*reply)->members));
        break;
      case ControlReply::Kind::kAnswer:
        return std::move((*reply)->members);
      case ControlReply::Kind::kError:
        return std::unexpected(std::move((*reply)->error));
    }
  }
}

/// JSON carries UTF-8 alone.
Result<void> check_text(const runtime::ControlRequest& request) {
  for (const auto& [name, value] : request.arguments) {
    if (!value.is_string() || is_utf8(value.as_string())) continue;
    return fail(ErrorCode::kInvalid, "the " + std::string(name) + " is not UTF-8", "convert it, e.g. with iconv");
  }
  return {};
}

void add_flags(const Context& context, bool same_server, runtime::ControlRequest& request) {
  const GlobalOptions& globals = context.globals();
  if (same_server && globals.server) request.arguments["expect_server"] = *globals.server;
  if (globals.trust_relay) request.arguments["trust_relay"] = true;
}

}  // namespace

Result<boost::json::object> ask_agent(Context& context, const runtime::ControlRequest& request, AskOptions options) {
  if (auto text = check_text(request); !text) return pass(text);
  for (;;) {
    auto access = access_home(context);
    if (!access) return pass(access);
    Spinner spinner(context.out(), options.waiting);
    const auto progress = [&](boost::json::object members) {
      if (!options.waiting_on.empty()) spinner.say(options.waiting_on);
      options.progress(std::move(members));
    };
    if (access->lock) {
      auto agent = OneShot::open(context, std::move(*access->lock), options.alone);
      if (!agent) return pass(agent);
      return (*agent)->ask(request, progress);
    }
    runtime::ControlRequest flagged = request;
    add_flags(context, options.same_server, flagged);
    if (auto answer = ask_owner(*access->owner, flagged, options.more_time, progress)) return std::move(*answer);
  }
}

}  // namespace agentroom::cli
