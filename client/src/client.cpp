#include "agentroom/client/client.hpp"

#include <mutex>
#include <utility>

#include "agent_thread.hpp"
#include "base/text.hpp"
#include "base/uuid.hpp"
#include "protocol/limits.hpp"
#include "runtime/log.hpp"
#include "words.hpp"

namespace agentroom::client {
namespace {

std::once_flag log_is_set;

runtime::LogLevel core_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return runtime::LogLevel::kDebug;
    case LogLevel::kInfo:
      return runtime::LogLevel::kInfo;
    case LogLevel::kWarn:
      return runtime::LogLevel::kWarn;
    case LogLevel::kError:
      break;
  }
  return runtime::LogLevel::kError;
}

LogLevel level_of(runtime::LogLevel level) {
  switch (level) {
    case runtime::LogLevel::kDebug:
      return LogLevel::kDebug;
    case runtime::LogLevel::kInfo:
      return LogLevel::kInfo;
    case runtime::LogLevel::kWarn:
      return LogLevel::kWarn;
    default:
      return LogLevel::kError;
  }
}

/// The engine would take the message for handled, with nothing sent.
std::optional<Error> what_is_wrong_with_reply(const std::string& text) {
  if (text.empty()) return Error{"invalid", "an empty text is no reply", "call done for a message without one"};
  if (text.size() > protocol::kTextBytes) {
    return Error{"too_large",
                 "the text has " + std::to_string(text.size()) + " bytes; 131072 is the most a message holds",
                 "send it in parts, or a reference to it"};
  }
  if (!is_utf8(text)) return Error{"invalid", "the text is not UTF-8", "convert it"};
  return std::nullopt;
}

}  // namespace

Client::Client(std::unique_ptr<AgentThread> thread) : thread_(std::move(thread)) {}
Client::Client(Client&& other) noexcept = default;
Client& Client::operator=(Client&& other) noexcept = default;
Client::~Client() = default;

Result<Client> Client::open(const ClientOptions& options) {
  std::call_once(log_is_set, [] { runtime::configure_log(runtime::LogLevel::kOff, runtime::LogFormat::kText); });
  auto thread = AgentThread::open(options);
  if (!thread) return error_of(thread.error());
  return Client(std::move(*thread));
}

const std::string& Client::id() const {
  return thread_->id();
}

Result<Invite> Client::create_invite(std::chrono::milliseconds life) {
  auto invite = thread_->create_invite(life.count());
  if (!invite) return error_of(invite.error());
  return Invite{
      .url = std::move(invite->url), .id = uuid_text(invite->invite_id.view()), .expires_at = invite->expires_at};
}

Result<Peer> Client::accept_invite(const std::string& url) {
  auto peer = thread_->accept_invite(url);
  if (!peer) return error_of(peer.error());
  return peer_of(*peer);
}

Result<void> Client::revoke_invite(const std::string& id) {
  auto revoked = thread_->revoke_invite(id);
  if (!revoked) return error_of(revoked.error());
  return {};
}

Result<std::vector<Peer>> Client::peers() {
  auto summaries = thread_->peers();
  if (!summaries) return error_of(summaries.error());
  std::vector<Peer> peers;
  peers.reserve(summaries->size());
  for (const PeerSummary& each : *summaries) peers.push_back(peer_of(each));
  return peers;
}

Result<std::string> Client::send(const std::string& peer, std::string text) {
  auto sent = thread_->send(peer, std::move(text));
  if (!sent) return error_of(sent.error());
  return uuid_text(sent->msg_id.view());
}

Result<std::string> Client::reply(const Message& message, std::string text) {
  if (auto wrong = what_is_wrong_with_reply(text)) return std::move(*wrong);
  auto replied = thread_->answer(message.peer, message.id, std::optional(std::move(text)));
  if (!replied) return error_of(replied.error());
  return std::move(*replied);
}

Result<void> Client::done(const Message& message) {
  auto handled = thread_->answer(message.peer, message.id, std::nullopt);
  if (!handled) return error_of(handled.error());
  return {};
}

std::optional<Event> Client::next_event(std::chrono::milliseconds timeout) {
  return thread_->events().pop(timeout);
}

void Client::close() {
  thread_->close();
}

void set_log(LogLevel least, LogTaker take) {
  std::call_once(log_is_set, [] {});
  runtime::configure_log(core_level(least), runtime::LogFormat::kText);
  runtime::log_to([take = std::move(take)](runtime::LogLevel level, std::string_view component, std::string_view line) {
    take(level_of(level), component, line);
  });
}

}  // namespace agentroom::client
