#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "ask.hpp"
#include "commands.hpp"
#include "protocol/limits.hpp"

namespace agentroom::cli {
namespace {

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

std::string explanation(std::string_view status) {
  if (status == "delivered") return "the peer has stored it";
  if (status == "queued") return "it waits at the relay";
  return "it goes out with the next command that connects";
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
  boost::json::object stored;
  auto sent = ask_agent(*context, {"send", {{"peer", command.peer}, {"text", std::move(text)}}},
                        {.alone = {.server = globals.server, .server_overrides = globals.server.has_value()},
                         .progress = [&](boost::json::object members) { stored = std::move(members); }});
  if (!sent && !stored.empty() &&
      (sent.error().code == ErrorCode::kCancelled || sent.error().code == ErrorCode::kTimeout)) {
    // Whoever took it went away, or stands still, after it was durable in the outbox.
    stored["status"] = "pending";
    stored["reason"] = sent.error().message;
    stored["hint"] = sent.error().code == ErrorCode::kTimeout ? sent.error().hint : "";
    sent = std::move(stored);
  }
  if (!sent) return out.error(sent.error());

  const std::string status(sent->at("status").as_string());
  const bool pending = status == "pending";
  boost::json::object result{{"ok", true}};
  result.insert(sent->begin(), sent->end());
  out.result(result);
  out.line(out.styled(pending ? Style::kNotice : Style::kGood, status) + ": " + explanation(status));
  if (!pending) return 0;
  const std::string hint(sent->at("hint").as_string());
  out.remark(std::string(sent->at("reason").as_string()) + (hint.empty() ? "" : "\n  " + hint));
  return exit_code(ErrorCode::kTimeout);
}

}  // namespace agentroom::cli
