#include "fake_relay.hpp"

#include <algorithm>

#include "crypto/keys.hpp"
#include "crypto/primitives.hpp"

namespace agentroom::test {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

template <class Id>
protocol::AckItem ack_of(const Id& id, protocol::AckStatus status, protocol::Code code = protocol::Code::kNone,
                         std::uint32_t retry_after_ms = 0) {
  protocol::AckItem item;
  std::ranges::copy(id.view(), item.id.mutable_view().begin());
  item.status = status;
  item.code = code;
  item.retry_after_ms = retry_after_ms;
  return item;
}

protocol::Ack one(protocol::AckItem item) {
  protocol::Ack ack;
  ack.items.push_back(item);
  return ack;
}

}  // namespace

FakeRelay::FakeRelay(std::string_view secret, Random& random, const Now& now, std::optional<std::string_view> previous)
    : identity_(crypto::RelayIdentity::from_secret(secret, previous)), random_(random), now_(now) {}

void FakeRelay::open(ChannelId channel, Deliver deliver, Close close) {
  auto connection = std::make_unique<Connection>();
  connection->deliver = std::move(deliver);
  connection->close = std::move(close);
  if (!silent) {
    connection->handshake.emplace(identity_, protocol::RelayTerms{}, random_);
    Bytes challenge = to_bytes(connection->handshake->challenge());
    if (forge_challenge) challenge[challenge.size() / 2] ^= std::byte{1};
    connection->out.push_back(std::move(challenge));
  }
  connections_[channel] = std::move(connection);
}

void FakeRelay::receive(ChannelId channel, Bytes message) {
  const auto found = connections_.find(channel);
  if (found == connections_.end()) return;
  traffic.push_back(message);
  Connection& connection = *found->second;
  if (silent) return;
  if (!connection.ready) {
    ++hellos;
    auto accepted = connection.handshake->accept(message, [&](const AgentId& agent) {
      const Mailbox& mailbox = mailboxes_[agent];
      return protocol::Welcome{.pending = static_cast<std::uint32_t>(mailbox.queue.size()),
                               .allow_digest = mailbox.digest};
    });
    if (!accepted) return drop(channel);
    ++handshakes;
    if (tamper_hello_ack) tamper_hello_ack(accepted->welcome);
    connection.agent = accepted->agent;
    connection.cipher.emplace(std::move(accepted->cipher));
    connection.ready = true;
    connection.out.push_back(std::move(accepted->welcome));
    if (Connection* old = of(connection.agent)) {
      send(*old, protocol::Closing{protocol::ClosingReason::kReplaced});
      replaced_.push_back(by_agent_.at(connection.agent));
    }
    by_agent_[connection.agent] = channel;
    for (Queued& queued : mailboxes_[connection.agent].queue) queued.in_flight = false;
    return pump(connection.agent);
  }
  auto plaintext = connection.cipher->open(message);
  if (!plaintext) return drop(channel);
  auto decoded = protocol::decode_frames(*plaintext);
  if (!decoded) return drop(channel);
  for (const protocol::Frame& frame : *decoded) on_frame(connection, frame);
}

void FakeRelay::agent_closed(ChannelId channel) {
  const auto found = connections_.find(channel);
  if (found == connections_.end()) return;
  const AgentId agent = found->second->agent;
  connections_.erase(found);
  if (auto at = by_agent_.find(agent); at != by_agent_.end() && at->second == channel) by_agent_.erase(at);
  // What was in flight is stored now.
  for (Queued& queued : mailboxes_[agent].queue) {
    queued.in_flight = false;
    if (queued.stored) continue;
    queued.stored = true;
    if (Connection* sender = of(queued.from); sender != nullptr && !mute_acks) {
      send(*sender, one(ack_of(queued.msg_id, protocol::AckStatus::kQueued)));
    }
  }
}

void FakeRelay::drop(ChannelId channel) {
  const auto found = connections_.find(channel);
  if (found == connections_.end()) return;
  auto close = found->second->close;
  agent_closed(channel);
  close(channel, cut_reason);
}

void FakeRelay::cut() {
  std::vector<ChannelId> all;
  for (const auto& [channel, connection] : connections_) all.push_back(channel);
  for (ChannelId channel : all) drop(channel);
}

void FakeRelay::cut(const AgentId& agent) {
  if (const auto found = by_agent_.find(agent); found != by_agent_.end()) drop(found->second);
}

bool FakeRelay::flush() {
  bool sent = false;
  for (auto& [channel, connection] : connections_) {
    while (!connection->out.empty()) {
      Bytes message = std::move(connection->out.front());
      connection->out.pop_front();
      connection->deliver(channel, std::move(message));
      sent = true;
    }
  }
  for (ChannelId channel : std::exchange(replaced_, {})) drop(channel);
  return sent;
}

FakeRelay::Connection* FakeRelay::of(const AgentId& agent) {
  const auto found = by_agent_.find(agent);
  return found == by_agent_.end() ? nullptr : connections_.at(found->second).get();
}

void FakeRelay::send(Connection& to, const protocol::Frame& frame) {
  Bytes message(crypto::kMacBytes);
  protocol::encode_frame(frame, message);
  to.cipher->seal(message);
  to.out.push_back(std::move(message));
}

void FakeRelay::send_raw(const AgentId& to, Bytes bytes) {
  if (Connection* connection = of(to)) connection->out.push_back(std::move(bytes));
}

void FakeRelay::send_plaintext(const AgentId& to, ByteView plaintext) {
  Connection* connection = of(to);
  if (connection == nullptr) return;
  Bytes message(crypto::kMacBytes);
  append(message, plaintext);
  connection->cipher->seal(message);
  connection->out.push_back(std::move(message));
}

void FakeRelay::deliver(const AgentId& to, const AgentId& from, const MsgId& msg_id, Bytes envelope) {
  if (Connection* connection = of(to)) {
    send(*connection, protocol::Delivery{.from = from, .msg_id = msg_id, .envelope = envelope});
  }
}

void FakeRelay::ack(const AgentId& to, ByteView id, protocol::AckStatus status, protocol::Code code,
                    std::uint32_t retry_after_ms) {
  Connection* connection = of(to);
  if (connection != nullptr) send(*connection, one(ack_of(*MsgId::from(id), status, code, retry_after_ms)));
}

void FakeRelay::closing(const AgentId& to, protocol::ClosingReason reason) {
  if (Connection* connection = of(to)) send(*connection, protocol::Closing{reason});
}

void FakeRelay::on_frame(Connection& from, const protocol::Frame& frame) {
  std::visit(
      Overloaded{
          [&](const protocol::Send& send) { frames.emplace_back(from.agent, "Send"), on_send(from, send); },
          [&](const protocol::InviteClaim& claim) {
            frames.emplace_back(from.agent, "InviteClaim"), on_claim(from, claim);
          },
          [&](const protocol::InvitePublish& p) {
            frames.emplace_back(from.agent, "InvitePublish"), on_publish(from, p);
          },
          [&](const protocol::InviteRevoke& r) { frames.emplace_back(from.agent, "InviteRevoke"), on_revoke(from, r); },
          [&](const protocol::Receipt& receipt) {
            frames.emplace_back(from.agent, "Receipt"), on_receipt(from, receipt);
          },
          [&](const protocol::Allow& allow) { frames.emplace_back(from.agent, "Allow"), on_allow(from, allow); },
          [&](const protocol::Ping&) {
            ++pings;
            if (ping_back) send(from, protocol::Pong{});
          },
          [&](const auto&) {},
      },
      frame);
}

void FakeRelay::on_allow(Connection& from, const protocol::Allow& allow) {
  if (refuse_allow) return send(from, protocol::ErrorFrame{protocol::Code::kNotAllowed, "no room"});
  Mailbox& mailbox = mailboxes_[from.agent];
  mailbox.exists = true;
  mailbox.allowed = {allow.hashes.begin(), allow.hashes.end()};
  mailbox.implicit.clear();
  mailbox.digest = crypto::digest_allowed(allow.hashes);
}

void FakeRelay::on_publish(Connection& from, const protocol::InvitePublish& publish) {
  if (refuse_publish) {
    return send(from, one(ack_of(publish.request_id, protocol::AckStatus::kRejected, *refuse_publish)));
  }
  if (mute_acks) return;
  Invite& invite = invites_[publish.invite_id];
  invite.owner = from.agent;
  invite.claim_pk = publish.claim_pk;
  invite.expires_at = publish.expires_at;
  invite.token_hash = publish.token_hash;
  send(from, one(ack_of(publish.request_id, protocol::AckStatus::kOk)));
}

void FakeRelay::on_revoke(Connection& from, const protocol::InviteRevoke& revoke) {
  if (mute_acks) return;
  using protocol::AckStatus;
  using protocol::Code;
  if (refuse_revokes) return send(from, one(ack_of(revoke.request_id, AckStatus::kRejected, *refuse_revokes)));
  const auto found = invites_.find(revoke.invite_id);
  if (found == invites_.end()) return send(from, one(ack_of(revoke.request_id, AckStatus::kRejected, Code::kNotFound)));
  if (found->second.claimant) {
    return send(from, one(ack_of(revoke.request_id, AckStatus::kRejected, Code::kAlreadyClaimed)));
  }
  found->second.revoked = true;
  send(from, one(ack_of(revoke.request_id, AckStatus::kOk)));
}

void FakeRelay::on_claim(Connection& from, const protocol::InviteClaim& claim) {
  using protocol::AckStatus;
  using protocol::Code;
  claims.push_back({from.agent, {}, claim.msg_id, to_bytes(claim.envelope)});
  const auto reject = [&](Code code, std::uint32_t after = 0) {
    send(from, one(ack_of(claim.msg_id, AckStatus::kRejected, code, after)));
  };
  if (refuse_claims) return reject(refuse_claims->code, refuse_claims->retry_after_ms);
  const auto found = invites_.find(claim.invite_id);
  if (found == invites_.end()) return reject(Code::kNotFound);
  Invite& invite = found->second;
  const bool same = invite.claimant == from.agent && invite.claim_msg_id == claim.msg_id &&
                    invite.envelope == to_bytes(claim.envelope);
  if (!same) {
    if (invite.claimant) return reject(Code::kAlreadyClaimed);
    if (invite.revoked) return reject(Code::kRevoked);
    if (invite.expires_at < now_.unix_ms) return reject(Code::kExpired);
    std::array<std::byte, 32> digest{};
    crypto::bh(digest, {}, claim.envelope, "ar3.envelope");
    if (!crypto::verify(invite.claim_pk.view(), "claim", {claim.invite_id.view(), from.agent.view(), digest},
                        claim.claim_sig)) {
      return reject(Code::kBadSignature);
    }
    invite.claimant = from.agent;
    refuse_allow = refuse_allow && !room_after_claim;
    invite.claim_msg_id = claim.msg_id;
    invite.envelope = to_bytes(claim.envelope);
    Mailbox& mailbox = mailboxes_[invite.owner];
    mailbox.implicit.insert(invite.token_hash);
    mailbox.queue.push_back({from.agent, claim.msg_id, invite.envelope, false, true});
  }
  if (!mute_acks) send(from, one(ack_of(claim.msg_id, AckStatus::kOk)));
  pump(invite.owner);
}

void FakeRelay::on_send(Connection& from, const protocol::Send& send_frame) {
  using protocol::AckStatus;
  using protocol::Code;
  sends.push_back({from.agent, send_frame.to, send_frame.msg_id, to_bytes(send_frame.envelope)});
  const auto reject = [&](Code code, std::uint32_t after = 0) {
    send(from, one(ack_of(send_frame.msg_id, AckStatus::kRejected, code, after)));
  };
  const auto held = from.held_back.find(send_frame.to);
  if (held != from.held_back.end() && held->second.first != send_frame.msg_id) {
    return reject(held->second.second.code, held->second.second.retry_after_ms);
  }
  from.held_back.erase(send_frame.to);
  if (!refuse_sends.empty()) {
    const Refusal refusal = refuse_sends.front();
    refuse_sends.pop_front();
    from.held_back[send_frame.to] = {send_frame.msg_id, refusal};
    return reject(refusal.code, refusal.retry_after_ms);
  }
  Mailbox& mailbox = mailboxes_[send_frame.to];
  if (!mailbox.exists) return reject(Code::kNoMailbox, 1'000);
  const TokenHash hash = crypto::hash_token(send_frame.token);
  if (!mailbox.allowed.contains(hash) && !mailbox.implicit.contains(hash)) return reject(Code::kNotAllowed);
  const auto same = std::ranges::find_if(mailbox.queue, [&](const Queued& queued) {
    return queued.from == from.agent && queued.msg_id == send_frame.msg_id;
  });
  if (same != mailbox.queue.end()) {
    if (same->stored && !mute_acks) send(from, one(ack_of(send_frame.msg_id, AckStatus::kQueued)));
    return;
  }
  const bool stored = of(send_frame.to) == nullptr;
  mailbox.queue.push_back({from.agent, send_frame.msg_id, to_bytes(send_frame.envelope), false, stored});
  if (stored && !mute_acks) send(from, one(ack_of(send_frame.msg_id, AckStatus::kQueued)));
  pump(send_frame.to);
}

void FakeRelay::on_receipt(Connection& from, const protocol::Receipt& receipt) {
  using protocol::AckStatus;
  for (const protocol::ReceiptItem& item : receipt.items) {
    receipts.push_back(item);
    auto& queue = mailboxes_[from.agent].queue;
    const auto found = std::ranges::find_if(
        queue, [&](const Queued& queued) { return queued.from == item.from && queued.msg_id == item.msg_id; });
    if (found == queue.end()) continue;
    const bool stored = found->stored;
    queue.erase(found);
    Connection* sender = of(item.from);
    if (sender == nullptr || mute_acks) continue;
    if (item.status == protocol::ReceiptStatus::kRefused) {
      send(*sender, one(ack_of(item.msg_id, AckStatus::kRejected, protocol::Code::kUnreadable)));
    } else if (!stored) {
      send(*sender, one(ack_of(item.msg_id, AckStatus::kDelivered)));
    }
  }
}

void FakeRelay::pump(const AgentId& to) {
  Connection* connection = of(to);
  if (connection == nullptr) return;
  for (Queued& queued : mailboxes_[to].queue) {
    if (queued.in_flight) continue;
    queued.in_flight = true;
    AgentId from = queued.from;
    MsgId msg_id = queued.msg_id;
    Bytes envelope = queued.envelope;
    if (tamper && !tamper(to, from, msg_id, envelope)) continue;
    send(*connection, protocol::Delivery{.from = from, .msg_id = msg_id, .envelope = envelope});
  }
}

}  // namespace agentroom::test
