#include "relay_world.hpp"

#include <algorithm>
#include <stdexcept>

#include "base/uuid.hpp"
#include "crypto/primitives.hpp"

namespace agentroom::relay::test {

void Sequence::fill(MutableByteView out) {
  for (std::byte& b : out) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    b = static_cast<std::byte>(state_ >> 56);
  }
}

// ---- channels ----

std::size_t FakeChannels::send(ChannelId channel, Bytes message) {
  FakeChannel& to = (*this)[channel];
  if (to.closed) return 0;
  to.sent.push_back(std::move(message));
  ++to.messages;
  return to.unsent;
}

void FakeChannels::close(ChannelId channel, std::uint16_t code, std::string_view reason) {
  FakeChannel& to = (*this)[channel];
  if (to.closed) return;
  to.closed = true;
  to.close_code = code;
  to.close_reason = reason;
}

// ---- agents ----

namespace {

crypto::Identity generate(std::uint64_t seed) {
  crypto::init();
  Sequence random(seed);
  return crypto::Identity::generate(random);
}

}  // namespace

TestAgent::TestAgent(std::uint64_t seed) : identity(generate(seed + 1000)), random(seed + 2000) {}

const protocol::AckItem* TestAgent::answer(ByteView id) const {
  const auto found = std::ranges::find_if(acks.rbegin(), acks.rend(), [&](const protocol::AckItem& item) {
    return std::ranges::equal(item.id.view(), id);
  });
  return found == acks.rend() ? nullptr : &*found;
}

std::vector<std::string> TestAgent::texts() const {
  std::vector<std::string> all;
  for (const Delivered& delivery : deliveries) all.push_back(delivery.envelope);
  return all;
}

void TestAgent::clear() {
  acks.clear();
  deliveries.clear();
  errors.clear();
  closings.clear();
  pings = pongs = 0;
}

crypto::MailboxToken token_for(const TestAgent& sender, const TestAgent& recipient) {
  crypto::MailboxToken token;
  crypto::bh(token.mutable_view(), {}, {sender.id().view(), recipient.id().view()}, "test.token");
  return token;
}

// ---- the world ----

RelayWorld::RelayWorld(RelayConfig relay_config, std::string relay_secret)
    : config(std::move(relay_config)), secret(std::move(relay_secret)) {
  crypto::init();
  identity = crypto::RelayIdentity::from_secret(secret);
  boot();
}

RelayWorld::~RelayWorld() {
  store.reset();
  engine.reset();
}

void RelayWorld::boot() {
  if (auto started = try_start(); !started) throw std::runtime_error(started.error().message);
}

Result<void> RelayWorld::try_start() {
  store = std::make_unique<FakeStore>(records);
  engine = std::make_unique<RelayEngine>(config, identity, *store, channels, relay_random, observer);
  return engine->start(now);
}

void RelayWorld::crash() {
  store.reset();
  engine.reset();
  for (TestAgent* agent : agents_) agent->channel = 0;
  agents_.clear();
}

void RelayWorld::turn() {
  engine->flush(now);
  for (TestAgent* agent : agents_) read(*agent);
}

void RelayWorld::settle() {
  do {
    turn();
  } while (store->complete());
}

void RelayWorld::advance(Duration by) {
  const Duration until = now.steady + by;
  for (;;) {
    const auto due = engine->next_deadline();
    const bool more = due && *due <= until;
    const Duration at = more ? std::max(*due, now.steady) : until;
    now.unix_ms += std::chrono::duration_cast<std::chrono::milliseconds>(at).count() -
                   std::chrono::duration_cast<std::chrono::milliseconds>(now.steady).count();
    now.steady = at;
    if (!more) return;
    engine->on_time(now);
    turn();
  }
}

ChannelId RelayWorld::open(const PeerInfo& peer) {
  const ChannelId channel = next_channel_++;
  channels[channel] = FakeChannel{};
  engine->on_opened(channel, peer, now);
  return channel;
}

bool RelayWorld::connect(TestAgent& agent, const PeerInfo& peer) {
  const ChannelId channel = open(peer);
  if (channels[channel].closed) return false;
  auto handshake = protocol::AgentHandshake::start(channels[channel].sent.front());
  channels[channel].sent.pop_front();
  if (!handshake) throw std::runtime_error(handshake.error().message);
  auto hello = handshake->hello(agent.identity, agent.random);
  if (!hello) throw std::runtime_error(hello.error().message);
  inject(channel, std::move(*hello));
  if (channels[channel].closed) return false;
  auto done = handshake->finish(channels[channel].sent.front());
  if (!done) throw std::runtime_error(done.error().message);
  channels[channel].sent.pop_front();
  if (agent.channel != 0) read(agent);  // what its replaced connection was told
  agent.channel = channel;
  agent.welcome = done->welcome;
  agent.cipher.emplace(std::move(done->cipher));
  if (std::ranges::find(agents_, &agent) == agents_.end()) agents_.push_back(&agent);
  turn();
  return true;
}

void RelayWorld::disconnect(TestAgent& agent) {
  channels[agent.channel].closed = true;
  channels[agent.channel].sent.clear();  // what it did not read is lost
  engine->on_closed(agent.channel, now);
  std::erase(agents_, &agent);
}

void RelayWorld::tell(TestAgent& agent, std::vector<protocol::Frame> frames) {
  Bytes plaintext;
  for (const protocol::Frame& frame : frames) protocol::encode_frame(frame, plaintext);
  tell_raw(agent, plaintext);
}

void RelayWorld::tell_raw(TestAgent& agent, ByteView plaintext) {
  Bytes message(crypto::kMacBytes);
  append(message, plaintext);
  agent.cipher->seal(message);
  inject(agent.channel, std::move(message));
}

void RelayWorld::inject(ChannelId channel, Bytes message) {
  engine->on_message(channel, message, now);
}

void RelayWorld::read(TestAgent& agent) {
  FakeChannel& channel = channels[agent.channel];
  while (!channel.sent.empty()) {
    Bytes message = std::move(channel.sent.front());
    channel.sent.pop_front();
    const auto plaintext = agent.cipher->open(message);
    if (!plaintext) throw std::runtime_error("a link message of the relay does not open");
    auto frames = protocol::decode_frames(*plaintext);
    if (!frames) throw std::runtime_error(frames.error().message);
    for (const protocol::Frame& frame : *frames) {
      if (const auto* ack = std::get_if<protocol::Ack>(&frame)) {
        agent.acks.insert(agent.acks.end(), ack->items.begin(), ack->items.end());
      } else if (const auto* delivery = std::get_if<protocol::Delivery>(&frame)) {
        agent.deliveries.push_back({delivery->from, delivery->msg_id, std::string(as_text(delivery->envelope))});
      } else if (const auto* error = std::get_if<protocol::ErrorFrame>(&frame)) {
        agent.errors.push_back(*error);
      } else if (const auto* closing = std::get_if<protocol::Closing>(&frame)) {
        agent.closings.push_back(*closing);
      }
      agent.pings += std::holds_alternative<protocol::Ping>(frame) ? 1 : 0;
      agent.pongs += std::holds_alternative<protocol::Pong>(frame) ? 1 : 0;
    }
  }
}

// ---- what agents do ----

void RelayWorld::allow(TestAgent& recipient, const std::vector<const TestAgent*>& senders) {
  protocol::Allow allow;
  for (const TestAgent* sender : senders) allow.hashes.push_back(crypto::hash_token(token_for(*sender, recipient)));
  std::ranges::sort(allow.hashes);
  tell(recipient, std::move(allow));
  settle();
}

MsgId RelayWorld::new_msg_id() {
  return make_msg_id(now.unix_ms, random);
}

RequestId RelayWorld::new_request_id() {
  RequestId id;
  random.fill(id.mutable_view());
  return id;
}

MsgId RelayWorld::send(TestAgent& from, const TestAgent& to, const std::string& text) {
  const MsgId msg_id = new_msg_id();
  send_again(from, to, msg_id, text);
  return msg_id;
}

void RelayWorld::send_again(TestAgent& from, const TestAgent& to, const MsgId& msg_id, const std::string& text) {
  tell(from, protocol::Send{msg_id, to.id(), token_for(from, to), as_bytes(text)});
}

void RelayWorld::receipt(TestAgent& recipient, const Delivered& delivery, protocol::ReceiptStatus status) {
  tell(recipient, protocol::Receipt{{{delivery.from, delivery.msg_id, status}}});
}

void RelayWorld::receipt_all(TestAgent& recipient) {
  protocol::Receipt receipt;
  for (const Delivered& delivery : recipient.deliveries) {
    receipt.items.push_back({delivery.from, delivery.msg_id, protocol::ReceiptStatus::kStored});
  }
  recipient.deliveries.clear();
  if (!receipt.items.empty()) tell(recipient, std::move(receipt));
}

// ---- invites ----

TestInvite make_invite(RelayWorld& world, Duration life) {
  TestInvite invite;
  invite.invite_id = make_uuid_v4<InviteId>(world.random);
  world.random.fill(invite.nonce.mutable_view());
  invite.expires_at = world.now.unix_ms + std::chrono::duration_cast<std::chrono::milliseconds>(life).count();
  return invite;
}

protocol::InvitePublish TestInvite::publish(RelayWorld& world) const {
  return {world.new_request_id(), invite_id, crypto::derive_claim_pair(nonce, invite_id).pk, expires_at,
          crypto::hash_token(token())};
}

protocol::InviteRevoke TestInvite::revoke(RelayWorld& world) const {
  return {world.new_request_id(), invite_id};
}

protocol::InviteClaim TestInvite::claim(const TestAgent& claimant, const MsgId& msg_id,
                                        const std::string& envelope) const {
  std::array<std::byte, 32> hash;
  crypto::bh(hash, {}, as_bytes(envelope), "ar3.envelope");
  const auto pair = crypto::derive_claim_pair(nonce, invite_id);
  return {msg_id, invite_id, as_bytes(envelope),
          crypto::sign(pair.secret, "claim", {invite_id.view(), claimant.id().view(), hash})};
}

}  // namespace agentroom::relay::test
