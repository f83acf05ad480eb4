#include "mirror.hpp"

#include <unistd.h>

#include <csignal>
#include <thread>

namespace agentroom::cli {
namespace {

using boost::json::object;
using runtime::ControlReply;

constexpr Duration kPause = std::chrono::milliseconds(200);
constexpr Duration kFirstReplyTime = std::chrono::seconds(20);

class Mirror {
 public:
  explicit Mirror(Output& out) : out_(out) {}

  /// Until this owner goes; what ended it.
  Error follow(runtime::ControlClient& owner) {
    if (auto asked = owner.ask({"events", {}}); !asked) return asked.error();
    // The owner says at once who it is; events may be long in coming.
    for (std::optional<Duration> time = kFirstReplyTime; out_.alive();) {
      auto reply = owner.next(time);
      if (!reply) return reply.error();
      if (!*reply) break;
      if ((*reply)->kind == ControlReply::Kind::kError) return (*reply)->error;
      if ((*reply)->kind != ControlReply::Kind::kProgress) continue;
      time.reset();
      tell((*reply)->members);
    }
    return {ErrorCode::kNetwork,
            "the connection to pid " + std::to_string(owner.owner_pid()) + ", which serves this home, has ended",
            {}};
  }

  void lost(const Error& why) {
    object members{{"error", why.message}, {"code", code_name(why.code)}, {"attempt", 1}};
    stream_.tell("disconnect", std::move(members));
  }

 private:
  void tell(const object& members) {
    const boost::json::value* event = members.if_contains("event");
    if (event == nullptr || !event->is_object()) return begin(members);
    const object& told = event->as_object();
    const boost::json::value* type = told.if_contains("type");
    if (out_.json() && type != nullptr && *type == "received") {
      object message = told;
      message["type"] = "message";
      stream_.pass_on(message);
    }
    stream_.pass_on(told);
  }

  void begin(const object& about) {
    object members;
    for (const char* member : {"pk", "server"}) {
      if (const auto* value = about.if_contains(member)) members[member] = *value;
    }
    if (const auto* pid = about.if_contains("pid")) members["owner_pid"] = *pid;
    stream_.tell(std::exchange(began_, true) ? "reconnect" : "listening", std::move(members));
  }

  Output& out_;
  EventStream stream_{out_};
  bool began_ = false;
};

}  // namespace

int mirror_owner(Context& context, runtime::ControlClient owner) {
  // It holds nothing that would have to be put away, and all that was told is written.
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { ::_exit(0); });
  Output& out = context.out();
  Mirror mirror(out);
  for (;;) {
    const Error why = mirror.follow(owner);
    if (!out.alive()) return 1;
    if (why.code != ErrorCode::kNetwork) return out.error(why);
    mirror.lost(why);
    for (;;) {
      auto next = runtime::ControlClient::connect(context.home().root());
      if (!next) return out.error(next.error());
      if (*next) {
        owner = std::move(**next);
        break;
      }
      std::this_thread::sleep_for(kPause);
    }
  }
}

}  // namespace agentroom::cli
