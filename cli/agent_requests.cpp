#include "agent_requests.hpp"

#include <array>
#include <memory>

#include "backup_file.hpp"
#include "base/base64url.hpp"
#include "base/text.hpp"
#include "base/uuid.hpp"
#include "request_arguments.hpp"

namespace agentroom::cli {
namespace {

constexpr Duration kAnswerTime = std::chrono::seconds(20);
// A relay holds a message for a connected peer at most 5 s before it queues it.
constexpr Duration kAckTime = std::chrono::seconds(12);
constexpr Duration kBackupTime = std::chrono::hours(1);
constexpr std::size_t kRelaysRemembered = 256;

std::string key(const AgentId& agent) {
  return base64url(agent.view());
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

boost::json::object pending_members(const SentMessage& message, const Error& why) {
  // It is stored: who repeated the command would send it twice.
  const std::string hint = why.code == ErrorCode::kCancelled ? std::string() : why.hint;
  return {{"msg_id", uuid_text(message.msg_id.view())},
          {"to", key(message.to)},
          {"status", status_name(SendStatus::kPending)},
          {"reason", why.message},
          {"hint", hint}};
}

}  // namespace

Error ack_timeout() {
  return {ErrorCode::kTimeout, "ACK timeout: the relay did not answer",
          "check that the relay runs: curl http://HOST:PORT/health"};
}

AgentRequests::AgentRequests(runtime::Process& process, runtime::AgentService& agent, AgentConfig config)
    : process_(process), agent_(agent), config_(std::move(config)) {
  process_.loop().add(*this);
}

AgentRequests::~AgentRequests() {
  process_.loop().remove(*this);
}

AgentRequests::Id AgentRequests::start(const runtime::ControlRequest& request, Progress progress, Answer answer) {
  static constexpr std::array<std::pair<std::string_view, Begin>, 10> kRequests{
      {{"send", &AgentRequests::send},
       {"invite.create", &AgentRequests::create_invite},
       {"invite.accept", &AgentRequests::accept_invite},
       {"invite.list", &AgentRequests::list_invites},
       {"invite.revoke", &AgentRequests::revoke_invite},
       {"peers", &AgentRequests::list_peers},
       {"peers.rename", &AgentRequests::rename_peer},
       {"peers.remove", &AgentRequests::remove_peer},
       {"peers.verify", &AgentRequests::verify_peer},
       {"store.backup", &AgentRequests::back_up_store}}};
  const Id id = ++last_id_;
  running_[id] = {.progress = std::move(progress),
                  .answer = std::move(answer),
                  .deadline = process_.now().steady + kAnswerTime,
                  .url = {},
                  .link_came = false,
                  .see = {},
                  .give_up = [](const Error& why) -> Result<Object> { return std::unexpected(why); }};
  Result<void> begun = check_flags(request.arguments);
  const auto* known =
      std::ranges::find(kRequests, std::string_view(request.name), [](const auto& entry) { return entry.first; });
  if (known == kRequests.end()) {
    begun = fail(ErrorCode::kUnsupportedVersion,
                 "the process that serves this home does not know the request " + printable(request.name),
                 "restart it, so that it is the same agentroom as this one");
  }
  if (begun) begun = (this->*known->second)(id, request.arguments);
  if (!begun) finish(id, pass(begun));
  return id;
}

Result<void> AgentRequests::check_flags(const Object& arguments) const {
  const auto server = optional_text(arguments, "expect_server");
  if (server && config_.server != server) {
    return fail(ErrorCode::kUsage,
                "--server " + printable(*server) +
                    " cannot be used here: the process that serves this home stays with " +
                    printable(config_.server.value_or("no server")),
                "leave --server out, or stop that process first");
  }
  if (arguments.contains("trust_relay") && !config_.trust_relay) {
    return fail(ErrorCode::kUsage, "--trust-relay cannot be used here: another process serves this home",
                "stop that process, and start it again with --trust-relay");
  }
  return {};
}

Result<void> AgentRequests::send(Id id, const Object& arguments) {
  auto name = text_argument(arguments, "peer");
  if (!name) return pass(name);
  auto text = text_argument(arguments, "text");
  if (!text) return pass(text);
  auto peer = engine().find_peer(*name);
  if (!peer) return pass(peer);
  // What becomes of it may be told before its id is.
  const auto early = std::make_shared<std::vector<AgentEvent>>();
  find(id)->see = [early, to = *peer](const AgentEvent& event) {
    const auto* step = std::get_if<agent_events::SendProgress>(&event);
    if (step != nullptr && step->to == to) early->push_back(event);
  };
  engine().send(*peer, std::move(*text), process_.now(), [this, id, early](Result<SentMessage> message) {
    if (!message) return finish(id, pass(message));
    sent(id, *message);
    for (const AgentEvent& event : *early) {
      if (const Running* running = find(id)) std::function(running->see)(event);
    }
  });
  return {};
}

void AgentRequests::sent(Id id, const SentMessage& message) {
  Running* running = find(id);
  if (running == nullptr) return;
  running->deadline = process_.now().steady + kAckTime;
  running->url = message.server_url;
  running->give_up = [message](const Error& why) -> Result<Object> { return pending_members(message, why); };
  running->see = [this, id, message](const AgentEvent& event) {
    const auto* step = std::get_if<agent_events::SendProgress>(&event);
    if (step == nullptr || step->msg_id != message.msg_id) return;
    if (step->status == SendStatus::kPending) {
      // The relay has answered, and the message waits all the same: the recipient's queue is full.
      if (step->error) finish(id, pending_members(message, *step->error));
      return;
    }
    if (step->status == SendStatus::kFailed) {
      const Error unknown{ErrorCode::kInternal, "the message could not be sent", {}};
      return finish(id, std::unexpected(step->error.value_or(unknown)));
    }
    finish(id, Object{{"msg_id", uuid_text(message.msg_id.view())},
                      {"to", key(message.to)},
                      {"status", status_name(step->status)}});
  };
  running->progress({{"msg_id", uuid_text(message.msg_id.view())}, {"to", key(message.to)}});
}

Result<void> AgentRequests::back_up_store(Id id, const Object& arguments) {
  auto path = text_argument(arguments, "path");
  if (!path) return pass(path);
  const boost::json::value* force = arguments.if_contains("force");
  // Who asks may be any program of this user: the file is judged here.
  auto planned =
      BackupFile::plan(config::Home(agent_.home()), *path, force != nullptr && force->is_bool() && force->as_bool());
  if (!planned) return pass(planned);
  find(id)->deadline = process_.now().steady + kBackupTime;
  const auto file = std::make_shared<BackupFile>(std::move(*planned));
  agent_.back_up(file->temporary().string(), [this, id, file](Result<void> made) {
    auto kept = made ? file->keep() : Result<std::uint64_t>(pass(made));
    if (!kept) return finish(id, pass(kept));
    finish(id, Object{{"file", file->path().string()}, {"bytes", *kept}});
  });
  return {};
}

void AgentRequests::see(const AgentEvent& event) {
  if (const auto* up = std::get_if<agent_events::Connected>(&event)) {
    reached(up->url);
    reached(up->through);
  }
  if (const auto* down = std::get_if<agent_events::Disconnected>(&event)) not_reached(*down);
  if (const auto* failed = std::get_if<agent_events::StoreFailed>(&event)) finish_all(failed->error);
  std::vector<std::function<void(const AgentEvent&)>> watching;  // copies: one that sees its end goes
  for (const auto& [id, running] : running_) {
    if (running.see) watching.push_back(running.see);
  }
  for (const auto& watch : watching) watch(event);
}

void AgentRequests::reached(const std::string& url) {
  unreachable_.erase(url);
  for (auto& [id, running] : running_) running.link_came = running.link_came || running.url == url;
}

void AgentRequests::not_reached(const agent_events::Disconnected& event) {
  if (unreachable_.size() >= kRelaysRemembered) unreachable_.clear();
  unreachable_[event.url] = event.why;
  std::vector<Id> hopeless;
  for (const auto& [id, running] : running_) {
    if (running.url == event.url && (event.final || (!running.link_came && !event.more))) hopeless.push_back(id);
  }
  for (const Id id : hopeless) {
    if (const Running* running = find(id)) finish(id, running->give_up(event.why));
  }
}

AgentRequests::Running* AgentRequests::find(Id id) {
  const auto found = running_.find(id);
  return found == running_.end() ? nullptr : &found->second;
}

void AgentRequests::finish(Id id, Result<Object> answer) {
  // An engine whose store failed began nothing, and says so of every request: who asked again would hear no other
  // answer until the store works.
  if (!answer && answer.error().code == ErrorCode::kAborted) {
    answer = std::unexpected(
        agent_.store_failure().value_or(Error{ErrorCode::kIo, answer.error().message, answer.error().hint}));
  }
  auto node = running_.extract(id);
  if (node) node.mapped().answer(std::move(answer));
}

void AgentRequests::finish_all(const Error& why) {
  std::vector<Id> open;
  open.reserve(running_.size());
  for (const auto& [id, running] : running_) open.push_back(id);
  for (const Id id : open) {
    if (const Running* running = find(id)) finish(id, running->give_up(why));
  }
}

void AgentRequests::stop(const Error& why) {
  finish_all(why);
}

void AgentRequests::on_time(const Now& now) {
  std::vector<Id> late;
  for (const auto& [id, running] : running_) {
    if (running.deadline <= now.steady) late.push_back(id);
  }
  for (const Id id : late) {
    const Running* running = find(id);
    if (running == nullptr) continue;
    const auto down = unreachable_.find(running->url);
    finish(id, running->give_up(down == unreachable_.end() ? ack_timeout() : down->second));
  }
}

std::optional<Duration> AgentRequests::next_deadline() const {
  std::optional<Duration> earliest;
  for (const auto& [id, running] : running_) {
    if (!earliest || running.deadline < *earliest) earliest = running.deadline;
  }
  return earliest;
}

}  // namespace agentroom::cli
