// The relay as a whole: agents that hold good keys and say anything, strangers, a store that is slow, fails and
// forgets, and a clock. Limits are small, so that they are met.
//
//   u8 what (see Play::step) and its arguments, again and again
#include "../unit/relay/relay_world.hpp"
#include "target.hpp"

namespace agentroom::fuzz {
namespace {

using relay::test::Delivered;
using relay::test::RelayWorld;
using relay::test::TestAgent;
using relay::test::TestInvite;
using namespace std::chrono_literals;

constexpr std::size_t kAgents = 3;
constexpr int kSteps = 120;

RelayConfig small() {
  RelayConfig config;
  config.limits.connections = 6;
  config.limits.connections_per_address = 4;
  config.limits.unauthenticated = 4;
  config.limits.frames_per_second = 20;
  config.limits.frame_burst = 200;
  config.limits.mailbox_messages = 6;
  config.limits.mailbox_bytes = 4'096;
  config.limits.open_invites = 2;
  config.limits.queued_bytes = 6'000;
  config.limits.invites = 3;
  config.limits.unsent_bytes = 4'096;
  config.limits.mailboxes = 4;
  config.limits.allowed_tokens = 12;
  config.trust_proxy = {"10.0.0.1"};
  return config;
}

class Play {
 public:
  explicit Play(Input input) : input_(input), world_(small()) {}

  void run() {
    for (int i = 0; i < kSteps && !input_.empty(); ++i) {
      step();
      bury();
      check();
    }
    come_to_rest();
  }

 private:
  TestAgent& agent(unsigned which) { return agents_[which % kAgents]; }
  bool connected(const TestAgent& agent) { return agent.channel != 0 && !world_.closed(agent); }

  void step() {
    const auto what = input_.u8();
    TestAgent& who = agent(what >> 4U);
    switch (what & 15U) {
      case 0:
        if (!connected(who)) return connect(who);
        return world_.tell_raw(who, input_.piece());
      case 1:
        return connect(who);
      case 2:
        if (connected(who)) world_.disconnect(who);
        return;
      case 3:
        return stranger();
      case 4:
        if (connected(who)) world_.inject(who.channel, to_bytes(input_.piece()));
        return;
      case 5:
        if (connected(who)) allow(who);
        return;
      case 6:
      case 7:
        if (connected(who)) send(who);
        return;
      case 8:
        if (connected(who)) receipt(who);
        return;
      case 9:
        if (connected(who)) invite(who);
        return;
      case 10:
        return store();
      case 11:
        return world_.turn();
      case 12:
        return world_.advance(std::chrono::milliseconds(std::uint32_t{input_.u16()} * 8));
      case 13:
        return pressure(who);
      case 14:
        if (connected(who)) world_.tell(who, protocol::Ping{}, protocol::Pong{}, protocol::Closing{});
        return;
      default:
        if (input_.u8() < 200) return world_.settle();
        return restart();
    }
  }

  void connect(TestAgent& who) {
    const auto from = input_.u8();
    // What this connection replaces, or what is turned away, ends like a stranger's.
    if (who.channel != 0) others_.push_back(std::exchange(who.channel, 0));
    const ChannelId channel = ++opened_;
    if (!world_.connect(who, {.address = from % 2 == 0 ? "" : "10.0.0." + std::to_string(from % 8),
                              .forwarded_for = from > 127 ? "203.0.113.7" : "",
                              .cf_connecting_ip = ""})) {
      others_.push_back(channel);
    }
  }

  /// Never authenticates.
  void stranger() {
    const ChannelId channel =
        world_.open({.address = "192.0.2." + std::to_string(input_.u8()), .forwarded_for = "", .cf_connecting_ip = ""});
    require(channel == ++opened_, "channels are counted");
    others_.push_back(channel);
    if (!world_.channels[channel].closed) world_.inject(channel, to_bytes(input_.piece()));
  }

  void allow(TestAgent& who) {
    const auto bits = input_.u8();
    protocol::Allow allow;
    for (unsigned i = 0; i < kAgents; ++i) {
      if ((bits >> i & 1U) != 0) allow.hashes.push_back(crypto::hash_token(token_for(agents_[i], who)));
    }
    for (unsigned i = 0; i < bits >> 4U; ++i) allow.hashes.push_back(numbered<TokenHash>(i));
    std::ranges::sort(allow.hashes);
    world_.tell(who, std::move(allow));
  }

  /// Ids come again, so that messages do.
  MsgId msg_id() { return numbered<MsgId>(input_.u8() % 24); }

  void send(TestAgent& who) {
    const TestAgent& to = agent(input_.u8());
    const MsgId id = msg_id();
    world_.send_again(who, to, id, std::string(input_.u8() * 12 + 1, 'e'));
  }

  void receipt(TestAgent& who) {
    const auto how = input_.u8();
    if (how % 4 == 0) return world_.receipt_all(who);
    if (how % 4 == 1) {
      return world_.receipt(who, Delivered{agent(how >> 4U).id(), msg_id(), ""}, protocol::ReceiptStatus::kRefused);
    }
    if (who.deliveries.empty()) return;
    const std::size_t which = how % who.deliveries.size();
    world_.receipt(who, who.deliveries[which],
                   how % 4 == 2 ? protocol::ReceiptStatus::kRefused : protocol::ReceiptStatus::kStored);
    who.deliveries.erase(who.deliveries.begin() + static_cast<std::ptrdiff_t>(which));
  }

  void invite(TestAgent& who) {
    const auto how = input_.u8();
    TestInvite made;
    made.invite_id = numbered<InviteId>(how >> 4U);
    made.nonce.mutable_view()[0] = std::byte{1};
    made.expires_at = world_.now.unix_ms + (how & 8U ? 3'600'000 : 900'000'000);
    if (how % 4 == 0 || how % 4 == 1) return world_.tell(who, made.publish(world_));
    if (how % 4 == 2) return world_.tell(who, made.revoke(world_));
    const std::string envelope(input_.u8() + 1, 'i');
    world_.tell(who, made.claim(who, msg_id(), envelope));
  }

  void store() {
    const auto how = input_.u8();
    if (how < 160 && world_.store->waiting() > 0) (void)world_.store->complete();
    if (how >= 160 && how < 200 && world_.store->waiting() > 0) world_.store->fail();
    if (how >= 200) world_.store->resume_fails = how % 2 == 0;
  }

  void pressure(TestAgent& who) {
    if (who.channel == 0) return;
    const auto how = input_.u8();
    relay::test::FakeChannel& channel = world_.channel_of(who);
    channel.unsent = std::size_t{how} * 64;
    if (how % 2 == 0 && !channel.closed) {
      channel.unsent = 0;
      world_.engine->on_drained(who.channel, world_.now);
    }
  }

  void restart() {
    world_.crash();
    others_.clear();
    const auto started = world_.try_start();
    require(started.has_value(), "a relay starts with what it wrote");
  }

  /// The transport tells of every channel that ended.
  void bury() {
    for (TestAgent& who : agents_) {
      if (who.channel != 0 && world_.closed(who)) {
        world_.disconnect(who);
        who.channel = 0;
      }
    }
    std::erase_if(others_, [&](ChannelId channel) {
      if (!world_.channels[channel].closed) return false;
      world_.engine->on_closed(channel, world_.now);
      return true;
    });
  }

  void check() {
    const RelayStatus status = world_.engine->status();
    const RelayLimits& limits = world_.config.limits;
    require(status.pending_bytes <= limits.queued_bytes, "no more bytes are queued than the relay may queue");
    require(status.pending <= std::uint64_t{limits.mailbox_messages} * limits.mailboxes, "nor more messages");
    require(status.invites <= limits.invites, "no more invites are open than may be");
    require(status.connections <= limits.connections && status.agents <= kAgents, "nor more connections");
    for (TestAgent& who : agents_) {
      // Bounded by the steps, and of no more use.
      who.acks.clear();
      who.errors.clear();
      if (who.deliveries.size() > 64) who.deliveries.clear();
    }
  }

  /// Whatever came before: once nobody disturbs it, the relay forgets.
  void come_to_rest() {
    for (TestAgent& who : agents_) {
      if (who.channel != 0) world_.disconnect(who);
      who.channel = 0;
    }
    for (const ChannelId channel : others_) world_.engine->on_closed(channel, world_.now);
    world_.store->resume_fails = false;
    world_.settle();
    for (int day = 0; day < 9; ++day) {
      world_.advance(24h);
      world_.settle();
    }
    const RelayStatus status = world_.engine->status();
    require(status.connections == 0 && status.agents == 0, "no connection is left");
    require(status.pending == 0 && status.pending_bytes == 0, "no message outlives its seven days");
    require(status.store_ok, "the store is used again once it works");
  }

  Input input_;
  RelayWorld world_;
  std::array<TestAgent, kAgents> agents_{TestAgent(1), TestAgent(2), TestAgent(3)};
  std::vector<ChannelId> others_;  ///< channels that are not, or no longer, an agent's
  ChannelId opened_ = 0;
};

void run(ByteView bytes) {
  Play(Input(bytes)).run();
}

constexpr unsigned by(unsigned agent, unsigned what) {
  return agent << 4U | what;
}

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  const auto both = [] {
    Script s;
    s.u8(by(0, 1)).u8(0).u8(by(1, 1)).u8(0);
    return s.u8(by(0, 5)).u8(7).u8(by(1, 5)).u8(7);
  };
  all.push_back(
      {"delivered", both().u8(by(0, 6)).u8(1).u8(1).u8(9).u8(11).u8(by(1, 8)).u8(0).u8(11).u8(15).u8(0).bytes()});
  Script queued = both();
  queued.u8(by(1, 2));
  for (unsigned i = 0; i < 8; ++i) queued.u8(by(0, 6)).u8(1).u8(i).u8(20);
  queued.u8(15).u8(0).u8(by(1, 1)).u8(3).u8(15).u8(0).u8(by(1, 8)).u8(0).u8(15).u8(0);
  all.push_back({"queued", queued.bytes()});
  all.push_back({"invite", both()
                               .u8(by(0, 9))
                               .u8(8)
                               .u8(15)
                               .u8(0)
                               .u8(by(1, 9))
                               .u8(11)
                               .u8(30)
                               .u8(4)
                               .u8(15)
                               .u8(0)
                               .u8(by(0, 8))
                               .u8(0)
                               .u8(15)
                               .u8(0)
                               .bytes()});
  all.push_back({"revoked", both().u8(by(0, 9)).u8(24).u8(15).u8(0).u8(by(0, 9)).u8(26).u8(15).u8(0).bytes()});
  all.push_back({"failing-store", both()
                                      .u8(by(1, 2))
                                      .u8(by(0, 6))
                                      .u8(1)
                                      .u8(1)
                                      .u8(9)
                                      .u8(11)
                                      .u8(10)
                                      .u8(170)
                                      .u8(15)
                                      .u8(0)
                                      .u8(12)
                                      .u16(20'000)
                                      .u8(15)
                                      .u8(0)
                                      .bytes()});
  all.push_back({"restart", both().u8(by(1, 2)).u8(by(0, 6)).u8(1).u8(1).u8(9).u8(15).u8(0).u8(15).u8(255).bytes()});
  Script frames = both();
  for (const Seed& seed : hex_seeds("protocol_frames.json", {"encoded"})) {
    if (seed.bytes.size() < 400) frames.u8(by(0, 0)).piece(seed.bytes);
  }
  all.push_back({"frames", frames.bytes()});
  all.push_back({"strangers", Script().u8(3).u8(1).piece("hello").u8(3).u8(2).piece("").u8(12).u16(2'000).bytes()});
  all.push_back(
      {"pressure", both().u8(by(1, 13)).u8(255).u8(by(0, 6)).u8(1).u8(1).u8(9).u8(11).u8(by(1, 13)).u8(0).bytes()});
  return all;
}

const Registration kTarget({"relay", run, seeds});

}  // namespace
}  // namespace agentroom::fuzz
