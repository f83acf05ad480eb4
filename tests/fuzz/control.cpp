// The lines of the control socket, from a command and from the owner of a home.
#include "runtime/control_messages.hpp"

#include "target.hpp"

namespace agentroom::fuzz {
namespace {

/// `same` leaves numbers with a fraction alone: the JSON library reads some of them a little off.
template <class Message, class Parse, class Same>
void check(const Message& message, Parse&& parse, Same&& same) {
  const std::string once = runtime::to_line(message);
  require(once.ends_with('\n') && once.find('\n') == once.size() - 1, "a message is one line");
  const auto again = parse(std::string_view(once).substr(0, once.size() - 1));
  // The library writes what no number is, and does not read it.
  const bool finite = once.find("Infinity") == std::string::npos && once.find("NaN") == std::string::npos;
  require(again || !finite, "what was read can be written and read again");
  require(!again || same(*again), "and is the same");
}

void run(ByteView input) {
  const std::string_view line = as_text(input);
  if (const auto request = runtime::parse_control_request(line); request) {
    require(!request->name.empty(), "a request has a name");
    check(*request, runtime::parse_control_request, [&](const runtime::ControlRequest& again) {
      return again.name == request->name && again.arguments.size() == request->arguments.size();
    });
  } else {
    const ErrorCode code = request.error().code;
    require(code == ErrorCode::kInvalid || code == ErrorCode::kUnsupportedVersion, "a bad request is told as one");
  }
  if (const auto reply = runtime::parse_control_reply(line); reply) {
    check(*reply, runtime::parse_control_reply, [&](const runtime::ControlReply& again) {
      return again.kind == reply->kind && again.members.size() == reply->members.size() &&
             again.error.message == reply->error.message && again.error.code == reply->error.code &&
             again.error.hint == reply->error.hint;
    });
  } else {
    require(reply.error().code == ErrorCode::kInvalid, "a bad reply is kInvalid");
  }
}

std::vector<Seed> seeds() {
  return {
      seed("request", R"({"agentroom_control":1,"request":"send","arguments":{"peer":"bob","text":"hi\u0000"}})"),
      seed("bare-request", R"({"agentroom_control":1,"request":"peers"})"),
      seed("other-version", R"({"agentroom_control":2,"request":"peers"})"),
      seed("working", R"({"working":true})"),
      seed("progress", R"({"progress":{"msg_id":"x","n":-1.5e300}})"),
      seed("answer", R"({"answer":{"peers":[{"id":"a","unread":18446744073709551615}]}})"),
      seed("error", R"({"error":{"message":"no","code":"no_session","hint":"run: agentroom peers"}})"),
      seed("deep", R"({"answer":{"a":[[[[[[1]]]]]]}})"),
  };
}

const Registration kTarget({"control", run, seeds});

}  // namespace
}  // namespace agentroom::fuzz
