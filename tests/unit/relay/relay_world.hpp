// A relay engine among fake channels, a fake store and agents that speak the real link.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "agentroom/relay_engine.hpp"
#include "crypto/identity.hpp"
#include "crypto/invite_keys.hpp"
#include "crypto/relay_identity.hpp"
#include "fake_store.hpp"
#include "protocol/frames.hpp"
#include "protocol/link.hpp"

namespace agentroom::relay::test {

using namespace std::chrono_literals;

/// A deterministic sequence; not random at all.
class Sequence final : public Random {
 public:
  explicit Sequence(std::uint64_t seed) : state_(seed * 2 + 1) {}
  void fill(MutableByteView out) override;

 private:
  std::uint64_t state_;
};

/// One end of a channel as the transport sees it.
struct FakeChannel {
  std::deque<Bytes> sent;  ///< by the relay, not read by the test yet
  bool closed = false;
  std::uint16_t close_code = 0;
  std::string close_reason;
  bool paused = false;
  std::size_t unsent = 0;    ///< what `send` reports
  std::size_t messages = 0;  ///< in all
};

class FakeChannels final : public Channels {
 public:
  std::size_t send(ChannelId channel, Bytes message) override;
  void pause(ChannelId channel) override { (*this)[channel].paused = true; }
  void resume(ChannelId channel) override { (*this)[channel].paused = false; }
  void close(ChannelId channel, std::uint16_t code, std::string_view reason) override;
  FakeChannel& operator[](ChannelId channel) { return channels_[channel]; }

 private:
  std::map<ChannelId, FakeChannel> channels_;
};

class Observer final : public RelayObserver {
 public:
  void on_agent_connected(const AgentId&) override { ++connected; }
  void on_agent_disconnected(const AgentId&) override { ++disconnected; }
  void on_refused(const std::string& address, const std::string& why) override {
    refused.push_back(address + ": " + why);
  }
  void on_store_failed(const Error& error) override { failures.push_back(error); }

  std::size_t connected = 0;
  std::size_t disconnected = 0;
  std::vector<std::string> refused;
  std::vector<Error> failures;
};

/// A delivery with its own copy of the envelope.
struct Delivered {
  AgentId from;
  MsgId msg_id;
  std::string envelope;
};

/// An agent that says what the test tells it to.
class TestAgent {
 public:
  explicit TestAgent(std::uint64_t seed);

  const AgentId& id() const { return identity.id(); }
  /// The latest answer to an id, or nothing.
  const protocol::AckItem* answer(ByteView id) const;
  template <class Id>
  const protocol::AckItem* answer(const Id& id) const {
    return answer(id.view());
  }
  /// The texts of all deliveries, in order.
  std::vector<std::string> texts() const;
  void clear();

  crypto::Identity identity;
  Sequence random;
  ChannelId channel = 0;
  std::optional<protocol::AgentHandshake> handshake;
  std::optional<crypto::LinkCipher> cipher;
  protocol::Welcome welcome;

  std::vector<protocol::AckItem> acks;
  std::vector<Delivered> deliveries;
  std::vector<protocol::ErrorFrame> errors;
  std::vector<protocol::Closing> closings;
  std::size_t pings = 0;
  std::size_t pongs = 0;
};

class RelayWorld {
 public:
  explicit RelayWorld(RelayConfig config = {}, std::string secret = std::string(32, 's'));
  ~RelayWorld();

  // ---- the engine ----
  void boot();
  /// The process is killed: what was not durable is gone, and so are all channels.
  void crash();
  Result<void> try_start();

  /// Ends a turn, and lets agents read what was sent. Commits stay where they are.
  void turn();
  /// Turns and completes commits until nothing more happens.
  void settle();
  void advance(Duration by);

  // ---- agents ----
  /// Opens a channel; the challenge waits in it.
  ChannelId open(const PeerInfo& peer = {});
  /// The whole handshake. False when the relay closed the channel.
  bool connect(TestAgent& agent, const PeerInfo& peer = {});
  void disconnect(TestAgent& agent);
  /// In one link message.
  void tell(TestAgent& agent, std::vector<protocol::Frame> frames);
  template <class... Frames>
  void tell(TestAgent& agent, Frames... frames) {
    std::vector<protocol::Frame> list;
    (list.emplace_back(std::move(frames)), ...);
    tell(agent, std::move(list));
  }
  /// Boxed as it is, whatever it holds.
  void tell_raw(TestAgent& agent, ByteView plaintext);
  void inject(ChannelId channel, Bytes message);
  void read(TestAgent& agent);

  /// Lists `sender`'s token (see `token_for`) at `recipient`, beside those that were listed before.
  void allow(TestAgent& recipient, const std::vector<const TestAgent*>& senders);
  MsgId send(TestAgent& from, const TestAgent& to, const std::string& text);
  void send_again(TestAgent& from, const TestAgent& to, const MsgId& msg_id, const std::string& text);
  void receipt(TestAgent& recipient, const Delivered& delivery,
               protocol::ReceiptStatus status = protocol::ReceiptStatus::kStored);
  /// All deliveries that wait in `deliveries`, which is emptied.
  void receipt_all(TestAgent& recipient);
  bool closed(const TestAgent& agent) { return channels[agent.channel].closed; }
  FakeChannel& channel_of(const TestAgent& agent) { return channels[agent.channel]; }

  MsgId new_msg_id();
  RequestId new_request_id();

  RelayConfig config;
  std::string secret;
  crypto::RelayIdentity identity;
  Records records;
  Now now{.steady = 1h, .unix_ms = 1'800'000'000'000};
  Sequence random{7};
  Sequence relay_random{8};
  FakeChannels channels;
  Observer observer;
  std::unique_ptr<FakeStore> store;
  std::unique_ptr<RelayEngine> engine;

 private:
  std::vector<TestAgent*> agents_;
  ChannelId next_channel_ = 1;
};

/// The token by which `sender` writes to `recipient`.
crypto::MailboxToken token_for(const TestAgent& sender, const TestAgent& recipient);

/// An invite as its inviter made it.
struct TestInvite {
  InviteId invite_id;
  crypto::InviteNonce nonce;
  UnixMs expires_at = 0;

  crypto::MailboxToken token() const { return crypto::derive_invite_token(nonce, invite_id); }
  protocol::InvitePublish publish(RelayWorld& world) const;
  protocol::InviteRevoke revoke(RelayWorld& world) const;
  /// `envelope` must outlive the frame.
  protocol::InviteClaim claim(const TestAgent& claimant, const MsgId& msg_id, const std::string& envelope) const;
};
TestInvite make_invite(RelayWorld& world, Duration life = 24h);

inline bool is(const protocol::AckItem* item, protocol::AckStatus status, protocol::Code code = protocol::Code::kNone) {
  return item != nullptr && item->status == status && item->code == code;
}

}  // namespace agentroom::relay::test
