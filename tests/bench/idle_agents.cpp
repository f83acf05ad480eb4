#include "idle_agents.hpp"

#include "crypto/identity.hpp"
#include "crypto/primitives.hpp"
#include "protocol/frames.hpp"

namespace agentroom::bench {
namespace {

constexpr std::size_t kOnTheWay = 128;
constexpr Duration kPatience = std::chrono::minutes(1);

}  // namespace

IdleAgents::~IdleAgents() {
  for (const auto& [channel, agent] : agents_) process_.transport().close(channel, 1000, "done");
  process_.loop().run_until([&] { return agents_.empty(); }, std::chrono::seconds(10));
}

bool IdleAgents::connect(std::size_t count) {
  Duration last_step = process_.now().steady;
  std::size_t seen = authenticated_;
  while (why_.empty() && authenticated_ < count) {
    while (agents_.size() < count && agents_.size() - authenticated_ < kOnTheWay) {
      auto channel = process_.transport().connect({.url = url_, .timeout = kPatience}, *this);
      if (!channel) {
        fail_with(channel.error().message);
        return false;
      }
      agents_.emplace(*channel, Agent{});
    }
    process_.loop().run_until([&] { return authenticated_ != seen || !why_.empty(); }, std::chrono::seconds(1));
    const Duration now = process_.now().steady;
    if (std::exchange(seen, authenticated_) != authenticated_) last_step = now;
    if (now - last_step > kPatience) fail_with("nothing happens any more");
  }
  return why_.empty();
}

bool IdleAgents::stay(Duration time) {
  process_.loop().run_until([&] { return !why_.empty(); }, time);
  return why_.empty();
}

void IdleAgents::on_opened(ChannelId /*channel*/, const PeerInfo& /*peer*/) {}

void IdleAgents::on_message(ChannelId channel, MutableByteView message) {
  Agent& agent = agents_[channel];
  if (agent.cipher) return listen(channel, agent, message);
  if (!agent.handshake) return greet(channel, agent, message);
  auto done = agent.handshake->finish(message);
  if (!done) return fail_with(done.error().message);
  agent.cipher.emplace(std::move(done->cipher));
  agent.handshake.reset();
  ++authenticated_;
}

void IdleAgents::greet(ChannelId channel, Agent& agent, ByteView challenge) {
  auto handshake = protocol::AgentHandshake::start(challenge);
  if (!handshake) return fail_with(handshake.error().message);
  agent.handshake = std::make_unique<protocol::AgentHandshake>(std::move(*handshake));
  auto hello = agent.handshake->hello(crypto::Identity::generate(random_), random_);
  if (!hello) return fail_with(hello.error().message);
  process_.transport().send(channel, std::move(*hello));
}

void IdleAgents::listen(ChannelId channel, Agent& agent, MutableByteView message) {
  const auto plaintext = agent.cipher->open(message);
  if (!plaintext) return fail_with("a message of the relay does not open");
  const auto frames = protocol::decode_frames(*plaintext);
  if (!frames) return fail_with(frames.error().message);
  for (const protocol::Frame& frame : *frames) {
    if (!std::holds_alternative<protocol::Ping>(frame)) continue;
    ++pings_;
    Bytes pong(crypto::kMacBytes);
    protocol::encode_frame(protocol::Pong{}, pong);
    agent.cipher->seal(pong);
    process_.transport().send(channel, std::move(pong));
  }
}

void IdleAgents::on_closed(ChannelId channel, const CloseInfo& why) {
  const auto found = agents_.find(channel);
  if (found == agents_.end()) return;
  if (found->second.cipher) --authenticated_;
  agents_.erase(found);
  fail_with("a connection ended: " + why.reason);
}

}  // namespace agentroom::bench
