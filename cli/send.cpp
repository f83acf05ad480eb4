#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/base64url.hpp"
#include "base/uuid.hpp"
#include "commands.hpp"
#include "one_shot.hpp"
#include "protocol/limits.hpp"

namespace agentroom::cli {
namespace {

// A relay holds a message for a connected peer at most 5 s before it queues it.
constexpr Duration kAckTime = std::chrono::seconds(12);

/// All of stdin, a trailing newline dropped. Errors: kTooLarge before more than a message holds is kept, kIo.
Result<std::string> read_stdin() {
  std::string text;
  std::array<char, 16'384> block{};
  for (;;) {
    const ssize_t n = ::read(STDIN_FILENO, block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(ErrorCode::kIo, std::string("cannot read stdin: ") + std::strerror(errno));  // NOLINT
    if (n == 0) break;
    text.append(block.data(), static_cast<std::size_t>(n));
    if (text.size() > protocol::kTextBytes + 1) {
      return fail(ErrorCode::kTooLarge, "the text on stdin is larger than 128 KiB",
                  "send it in parts, or send where it can be fetched");
    }
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string_view status_name(SendStatus status) {
  switch (status) {
    case SendStatus::kDelivered:
      return "delivered";
    case SendStatus::kQueued:
      return "queued";
    default:
      return "pending";
  }
}

std::string_view explanation(SendStatus status) {
  switch (status) {
    case SendStatus::kDelivered:
      return "the peer has stored it";
    case SendStatus::kQueued:
      return "it waits at the relay";
    default:
      return "it goes out with the next command that connects";
  }
}

}  // namespace

int run(const SendCommand& command, const GlobalOptions& globals, Output& out) {
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  std::string text = command.text;
  if (text == "-") {
    auto input = read_stdin();
    if (!input) return out.error(input.error());
    text = std::move(*input);
  }
  auto agent = OneShot::open(*context, {.server = globals.server, .server_overrides = globals.server.has_value()});
  if (!agent) return out.error(agent.error());
  auto peer = (*agent)->engine().find_peer(command.peer);
  if (!peer) return out.error(peer.error());

  std::vector<agent_events::SendProgress> progress;
  (*agent)->on_event([&](const AgentEvent& event) {
    if (const auto* step = std::get_if<agent_events::SendProgress>(&event)) progress.push_back(*step);
  });
  auto sent = (*agent)->ask<SentMessage>(OneShot::Needs::kStore, [&](AgentEngine::Done<SentMessage> done) {
    (*agent)->engine().send(*peer, std::move(text), (*agent)->now(), std::move(done));
  });
  if (!sent) return out.error(sent.error());

  SendStatus status = SendStatus::kPending;
  std::optional<Error> failed;
  auto seen = (*agent)->run_until(
      [&] {
        for (const auto& step : progress) {
          if (step.msg_id != sent->msg_id || step.status == SendStatus::kPending) continue;
          status = step.status;
          failed = step.error;
          return true;
        }
        return (*agent)->unreachable().has_value();
      },
      kAckTime);
  if (status == SendStatus::kFailed) {
    return out.error(failed.value_or(Error{ErrorCode::kInternal, "the message could not be sent", {}}));
  }
  boost::json::object result{{"ok", true},
                             {"msg_id", uuid_text(sent->msg_id.view())},
                             {"status", status_name(status)},
                             {"to", base64url(peer->view())}};
  out.line(out.styled(status == SendStatus::kPending ? Style::kNotice : Style::kGood, status_name(status)) + ": " +
           std::string(explanation(status)));
  if (status != SendStatus::kPending) {
    out.result(result);
    return 0;
  }
  const Error why = (*agent)->unreachable().value_or(seen ? ack_timeout() : seen.error());
  result["reason"] = why.message;
  result["hint"] = why.hint;
  out.result(result);
  out.remark(why.message + (why.hint.empty() ? "" : "\n  " + why.hint));
  return exit_code(ErrorCode::kTimeout);
}

}  // namespace agentroom::cli
