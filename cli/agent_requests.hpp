// What commands ask of an agent.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "agentroom/agent_engine.hpp"
#include "runtime/agent_service.hpp"
#include "runtime/control_messages.hpp"
#include "runtime/process.hpp"

namespace agentroom::cli {

/// What is told when a relay is there and does not answer.
Error ack_timeout();

/// Carries out requests on the agent of this process: for its own command, and for commands of other processes that
/// came through the control socket. Arguments, progress and answers are JSON, the same for both:
///
///   send           peer, text                 progress msg_id, to; answer msg_id, to, status, and for "pending" reason
///                                             and hint
///   invite.create  ttl_ms                     answer url, invite_id, expires_at
///   invite.accept  url, [server], wait_ms     progress peer_pk, server_url; answer peer_pk, server_url, peer_online,
///                                             [name]
///   invite.list                               answer invites
///   invite.revoke  id                         answer invite_id
///   peers                                     answer peers
///   peers.rename   peer, name                 answer pk, name
///   peers.remove   peer                       answer pk
///   peers.verify   peer                       answer pk, safety_number
///   store.backup   path, force                answer file, bytes
///
/// Every request may also carry `expect_server` and `trust_relay`: what its command was told by flags, refused when
/// this agent runs with something else.
///
/// A request ends with its answer, when its relay cannot be reached, at its deadline (20 s; 12 s for the relay's word
/// on a message; `wait_ms` for the inviter's answer; an hour for a backup), when the store fails, or with `stop`.
/// Thread: the engine's.
class AgentRequests final : private runtime::LoopMember {
 public:
  using Id = std::uint64_t;
  using Object = boost::json::object;
  using Progress = std::function<void(Object)>;
  using Answer = std::function<void(Result<Object>)>;

  /// Both outlive this. `config`: of the agent.
  AgentRequests(runtime::Process& process, runtime::AgentService& agent, AgentConfig config);
  ~AgentRequests() override;

  /// `answer` is called once unless the request is forgotten; it may be called before this returns.
  Id start(const runtime::ControlRequest& request, Progress progress, Answer answer);
  /// Who asked is gone: nothing is told any more. What was begun goes on.
  void forget(Id id) { running_.erase(id); }
  /// To be given every event of the agent.
  void see(const AgentEvent& event);
  /// Answers everything that is open with what is known. `why`: what ended it.
  void stop(const Error& why);

 private:
  struct Running {
    Progress progress;
    Answer answer;
    Duration deadline{};
    std::string url;         ///< of the relay that it waits for; empty: none
    bool link_came = false;  ///< that relay was reached since it began
    std::function<void(const AgentEvent&)> see;
    std::function<Result<Object>(const Error& why)> give_up;
  };
  using Begin = Result<void> (AgentRequests::*)(Id id, const Object& arguments);

  Result<void> send(Id id, const Object& arguments);
  Result<void> create_invite(Id id, const Object& arguments);
  Result<void> accept_invite(Id id, const Object& arguments);
  Result<void> list_invites(Id id, const Object& arguments);
  Result<void> revoke_invite(Id id, const Object& arguments);
  Result<void> list_peers(Id id, const Object& arguments);
  Result<void> rename_peer(Id id, const Object& arguments);
  Result<void> remove_peer(Id id, const Object& arguments);
  Result<void> verify_peer(Id id, const Object& arguments);
  Result<void> back_up_store(Id id, const Object& arguments);
  Result<void> check_flags(const Object& arguments) const;

  void sent(Id id, const SentMessage& message);
  void accepted(Id id, const AcceptedInvite& invite, std::int64_t wait_ms, bool online);

  AgentEngine& engine() { return agent_.engine(); }
  Running* find(Id id);
  void finish(Id id, Result<Object> answer);
  void finish_all(const Error& why);
  void reached(const std::string& url);
  void not_reached(const agent_events::Disconnected& event);

  void on_time(const Now& now) override;
  std::optional<Duration> next_deadline() const override;
  void flush(const Now& /*now*/) override {}

  runtime::Process& process_;
  runtime::AgentService& agent_;
  const AgentConfig config_;
  std::map<Id, Running> running_;             // bounded by the connections of the control socket
  std::map<std::string, Error> unreachable_;  // relays whose last attempt failed, and why; at most 256
  Id last_id_ = 0;
};

}  // namespace agentroom::cli
