// A relay of the tests' own: the real link, simple mailboxes, and every lie a test wants.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agentroom/random.hpp"
#include "agentroom/time.hpp"
#include "agentroom/transport.hpp"
#include "crypto/relay_identity.hpp"
#include "protocol/frames.hpp"
#include "protocol/link.hpp"

namespace agentroom::test {

/// What an agent put into an envelope and where it went, for the tests' questions.
struct SeenSend {
  AgentId from;
  AgentId to;
  MsgId msg_id;
  Bytes envelope;
};

/// Outside the class, because a member of it is made of this before it is complete.
struct RelayRefusal {
  protocol::Code code;
  std::uint32_t retry_after_ms = 0;
};

class FakeRelay {
 public:
  /// Hands bytes to the agent's end of a channel, or ends the channel.
  using Deliver = std::function<void(ChannelId, Bytes)>;
  using Close = std::function<void(ChannelId, std::string reason)>;
  using Refusal = RelayRefusal;

  FakeRelay(std::string_view secret, Random& random, const Now& now, std::optional<std::string_view> previous = {});

  // ---- the wire ----
  void open(ChannelId channel, Deliver deliver, Close close);
  void receive(ChannelId channel, Bytes message);
  void agent_closed(ChannelId channel);
  /// Everything sent since the last call goes out. True when something did.
  bool flush();

  // ---- what a test does to it ----
  /// Ends every connection, or that of one agent.
  void cut();
  void cut(const AgentId& agent);
  void deliver(const AgentId& to, const AgentId& from, const MsgId& msg_id, Bytes envelope);
  void ack(const AgentId& to, ByteView id, protocol::AckStatus status, protocol::Code code = protocol::Code::kNone,
           std::uint32_t retry_after_ms = 0);
  void closing(const AgentId& to, protocol::ClosingReason reason);
  void send_raw(const AgentId& to, Bytes bytes);
  /// In the link's box: any bytes in the place of frames.
  void send_plaintext(const AgentId& to, ByteView plaintext);
  bool connected(const AgentId& agent) const { return by_agent_.contains(agent); }
  RelayId id() const { return identity_.pair.pk; }
  std::size_t queued(const AgentId& agent) { return mailboxes_[agent].queue.size(); }
  /// What lay there for 7 days is dropped.
  void expire(const AgentId& agent) { mailboxes_[agent].queue.clear(); }

  bool online = true;   ///< false: connections fail
  bool silent = false;  ///< accepts connections and says nothing
  bool forge_challenge = false;
  bool mute_acks = false;  ///< takes everything, acknowledges nothing
  bool ping_back = true;
  std::string cut_reason = "cut";
  /// Answers the next Sends like this instead of taking them.
  std::deque<Refusal> refuse_sends;
  std::optional<protocol::Code> refuse_publish;
  std::optional<protocol::Code> refuse_revokes;
  bool refuse_allow = false;  ///< has no room for lists
  bool room_after_claim = false;
  std::optional<Refusal> refuse_claims;
  /// May change or swallow (false) what is delivered.
  std::function<bool(const AgentId& to, AgentId& from, MsgId& msg_id, Bytes& envelope)> tamper;
  /// May swallow (false) a HelloAck: bytes as they will go out.
  std::function<void(Bytes&)> tamper_hello_ack;

  // ---- what it saw ----
  std::vector<SeenSend> sends;                          ///< every Send frame
  std::vector<SeenSend> claims;                         ///< every InviteClaim frame
  std::vector<std::pair<AgentId, std::string>> frames;  ///< names of all frames but pings, by sender
  std::vector<std::string> frames_of(const AgentId& agent) const {
    std::vector<std::string> names;
    for (const auto& [from, name] : frames) {
      if (from == agent) names.push_back(name);
    }
    return names;
  }
  std::vector<Bytes> traffic;  ///< every WebSocket message of every agent
  std::vector<protocol::ReceiptItem> receipts;
  std::size_t handshakes = 0;
  std::size_t hellos = 0;  ///< second messages of handshakes, valid or not
  std::size_t pings = 0;

 private:
  struct Connection {
    Deliver deliver;
    Close close;
    std::optional<protocol::RelayHandshake> handshake;
    std::optional<crypto::LinkCipher> cipher;
    AgentId agent;
    std::deque<Bytes> out;
    bool ready = false;
    /// The first message to a peer that was refused for now: what follows it is refused too until it comes again.
    std::map<AgentId, std::pair<MsgId, Refusal>> held_back;
  };
  struct Queued {
    AgentId from;
    MsgId msg_id;
    Bytes envelope;
    bool in_flight = false;
    bool stored = false;  ///< acked QUEUED
  };
  struct Mailbox {
    bool exists = false;
    std::set<TokenHash> allowed;
    std::set<TokenHash> implicit;
    std::optional<AllowDigest> digest;
    std::deque<Queued> queue;
  };
  struct Invite {
    AgentId owner;
    ClaimKey claim_pk;
    UnixMs expires_at = 0;
    TokenHash token_hash;
    bool revoked = false;
    std::optional<AgentId> claimant;
    MsgId claim_msg_id;
    Bytes envelope;
  };

  void on_frame(Connection& from, const protocol::Frame& frame);
  void on_send(Connection& from, const protocol::Send& send);
  void on_claim(Connection& from, const protocol::InviteClaim& claim);
  void on_publish(Connection& from, const protocol::InvitePublish& publish);
  void on_revoke(Connection& from, const protocol::InviteRevoke& revoke);
  void on_receipt(Connection& from, const protocol::Receipt& receipt);
  void on_allow(Connection& from, const protocol::Allow& allow);
  void drop(ChannelId channel);
  void pump(const AgentId& to);
  void send(Connection& to, const protocol::Frame& frame);
  Connection* of(const AgentId& agent);

  crypto::RelayIdentity identity_;
  Random& random_;
  const Now& now_;
  std::map<ChannelId, std::unique_ptr<Connection>> connections_;
  std::map<AgentId, ChannelId> by_agent_;
  std::vector<ChannelId> replaced_;  ///< to be ended once they were told
  std::map<AgentId, Mailbox> mailboxes_;
  std::map<InviteId, Invite> invites_;
};

}  // namespace agentroom::test
