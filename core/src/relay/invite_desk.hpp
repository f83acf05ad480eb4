// Requests about invites and tokens, and their answers (protocol sections 6 and 7.6).
#pragma once

#include "relay/admission.hpp"
#include "relay/connections.hpp"
#include "relay/group_commit.hpp"
#include "relay/ledger.hpp"
#include "relay/mailbox_store.hpp"
#include "relay/router.hpp"

namespace agentroom::relay {

class InviteDesk {
 public:
  InviteDesk(const RelayConfig& config, Ledger& ledger, Connections& connections, MailboxStore& store,
             GroupCommit& commits, Router& router, Admission& admission);

  void allow(Connection& from, protocol::Allow& allow);
  void publish(Connection& from, const protocol::InvitePublish& request);
  void revoke(Connection& from, const protocol::InviteRevoke& request);
  void claim(Connection& from, const protocol::InviteClaim& request);
  /// The connection is over.
  void ended(Connection& connection) { take_refused(connection); }

  /// Puts what changed of mailboxes into the open batch; only their last state matters.
  void write_mailboxes();
  bool has_changed_mailboxes() const { return !changed_.empty(); }
  void durable(const Effects& effects);
  /// The batch is not on disk: invites are what they were before it, mailboxes are written again.
  void lost(const Effects& effects);
  /// Writes invites again after `lost` was told of all batches.
  void write_again(const std::vector<InviteId>& invites);
  void expire(UnixMs now);

 private:
  bool may_publish(const Agent& agent) const;
  void refuse(Connection& to, const RequestId& request, RelayLimit limit);
  bool open_mailbox(AgentRef agent);
  bool forget_idle_mailbox();
  /// False when there is no room; `hashes` are left alone then.
  bool list(AgentRef agent, std::vector<TokenHash>& hashes);
  void keep_refused(Connection& from, std::vector<TokenHash>& hashes);
  std::vector<TokenHash> take_refused(Connection& from);
  /// The agent is a newcomer no longer: there may be room for what it had to list.
  void list_refused(AgentRef agent);
  void mailbox_changed(AgentRef agent);
  void wrote(const InviteId& id) { commits_.open().invites.push_back(id); }
  void decide(Connection& from, const RequestId& request, const InviteId& invite, const InviteDecision& decision);
  void give(const AgentId& to, const protocol::AckItem& answer);
  template <class Id>
  void reject(Connection& to, const Id& id, protocol::Code code);

  const RelayConfig& config_;
  Ledger& ledger_;
  Connections& connections_;
  MailboxStore& store_;
  GroupCommit& commits_;
  Router& router_;
  Admission& admission_;
  std::vector<AgentRef> changed_;
  std::size_t refused_ = 0;  ///< hashes in the `refused` of all connections
};

}  // namespace agentroom::relay
