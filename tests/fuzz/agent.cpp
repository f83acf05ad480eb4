// An agent as a whole, with a peer and a relay that lies: it holds the keys of the link and none of the session's.
//
//   u8 what (see Play::step) and its arguments, again and again
#include <gtest/gtest.h>

#include "../unit/agent/world.hpp"
#include "base/text.hpp"
#include "target.hpp"

namespace agentroom::fuzz {
namespace {

using test::FakeRelay;
using test::TestAgent;
using test::World;

constexpr int kSteps = 60;

class Play {
 public:
  explicit Play(Input input) : input_(input) {
    // What the world of the unit tests expects is a promise here.
    GTEST_FLAG_SET(throw_on_failure, true);
    peer_.handler = [](const HandlerMessage& m) { return HandlerOutcome("re: " + m.text.substr(0, 20)); };
    world_.befriend(victim_, peer_);
    world_.run();
  }

  void run() {
    for (int i = 0; i < kSteps && !input_.empty(); ++i) {
      step();
      world_.run();
      check();
    }
  }

 private:
  FakeRelay& relay() { return world_.relay(); }

  void step() {
    switch (input_.u8() % 20) {
      case 0:
      case 1:
        return relay().send_plaintext(victim_.id(), input_.piece());
      case 2:
        return relay().send_raw(victim_.id(), to_bytes(input_.piece()));
      case 3:
        return deliver();
      case 4:
        return deliver_made_up();
      case 5:
        return ack();
      case 6:
        return world_.advance(std::chrono::milliseconds(std::uint32_t{input_.u16()} * 4));
      case 7:
        return world_.jump(std::chrono::seconds(static_cast<std::int16_t>(input_.u16())));
      case 8:
        (void)victim_.send(input_.u8() % 4 == 0 ? numbered<AgentId>(9) : peer_.id(),
                           std::string(as_text(input_.piece())));
        return;
      case 9:
        (void)peer_.send(victim_.id(), "text " + std::to_string(input_.u8()));
        return;
      case 10:
        return invite();
      case 11:
        return change_relay();
      case 12:
        return victim_.restart();
      case 13:
        return store();
      case 14:
        if (!victim_.running.empty()) finish(input_.u8());
        return;
      case 15:
        return relay().closing(victim_.id(), static_cast<protocol::ClosingReason>(1 + input_.u8() % 2));
      case 16:
        return peers();
      case 17:
        victim_.unsent = std::size_t{input_.u8()} * 8'192;
        return victim_.drained();
      case 18:
        return relay().cut();
      default:
        return answer_hello();
    }
  }

  /// An envelope that passed, to anyone as from anyone, changed or not.
  void deliver() {
    const auto& from = input_.u8() % 4 == 0 && !relay().claims.empty() ? relay().claims : relay().sends;
    if (from.empty()) return;
    const test::SeenSend& seen = from[input_.u8() % from.size()];
    Bytes envelope = seen.envelope;
    const auto how = input_.u8();
    if (how % 4 == 1 && !envelope.empty()) envelope[input_.u16() % envelope.size()] ^= std::byte{input_.u8()};
    if (how % 4 == 2) envelope.resize(input_.u16() % (envelope.size() + 1));
    MsgId msg_id = seen.msg_id;
    if (how & 4U) msg_id = numbered<MsgId>(input_.u8());
    const AgentId sender = how & 8U ? numbered<AgentId>(input_.u8()) : how & 16U ? victim_.id() : seen.from;
    relay().deliver(victim_.id(), sender, msg_id, std::move(envelope));
  }

  void deliver_made_up() {
    const MsgId msg_id = numbered<MsgId>(input_.u8());
    relay().deliver(victim_.id(), input_.u8() % 2 == 0 ? peer_.id() : numbered<AgentId>(4), msg_id,
                    to_bytes(input_.piece()));
  }

  void ack() {
    const auto how = input_.u8();
    MsgId id = numbered<MsgId>(how);
    const auto& mine = how % 3 == 0 ? relay().claims : relay().sends;
    if (how % 8 != 7 && !mine.empty()) id = mine[input_.u8() % mine.size()].msg_id;
    const auto status = static_cast<protocol::AckStatus>(1 + input_.u8() % 4);
    const auto code = status == protocol::AckStatus::kRejected ? static_cast<protocol::Code>(1 + input_.u8() % 15)
                                                               : protocol::Code::kNone;
    relay().ack(victim_.id(), id.view(), status, code, input_.u32());
  }

  void invite() {
    const auto how = input_.u8();
    if (how % 4 == 0) return keep(victim_.create_invite(how % 8 == 0 ? 1'000 : 3'600'000));
    if (how % 4 == 1) return keep(peer_.create_invite());
    if (how % 4 == 2 && !urls_.empty()) {
      (void)victim_.accept(urls_[how / 4 % urls_.size()]);
      return;
    }
    const auto open = victim_.engine().invites();
    if (!open.empty()) (void)victim_.revoke(open[how / 4 % open.size()].invite_id);
  }
  void keep(std::shared_ptr<std::optional<Result<CreatedInvite>>> answer) {
    world_.run();
    if (answer->has_value() && answer->value() && urls_.size() < 8) urls_.push_back(answer->value()->url);
  }

  void change_relay() {
    const auto how = input_.u8();
    switch (how % 8) {
      case 0:
        relay().online = !relay().online;
        return;
      case 1:
        relay().mute_acks = !relay().mute_acks;
        return;
      case 2:
        relay().forge_challenge = !relay().forge_challenge;
        return;
      case 3:
        relay().silent = !relay().silent;
        return;
      case 4:
        relay().refuse_sends.push_back({static_cast<protocol::Code>(1 + how / 8 % 15), input_.u16()});
        return;
      case 5:
        relay().refuse_publish = static_cast<protocol::Code>(1 + how / 8 % 15);
        return;
      case 6:
        relay().refuse_claims = FakeRelay::Refusal{static_cast<protocol::Code>(1 + how / 8 % 15), input_.u16()};
        return;
      default:
        if (how > 200) world_.replace_relay(test::kUrl, "another secret of the relay " + std::to_string(how));
        return relay().cut(victim_.id());
    }
  }

  void store() {
    const auto how = input_.u8();
    if (how % 4 == 0) victim_.store->automatic = !victim_.store->automatic;
    if (how % 4 == 1) (void)victim_.store->complete_one();
    if (how % 4 == 2 && victim_.store->waiting() > 0) {
      store_failed_ = true;
      (void)victim_.store->complete_one(Error{ErrorCode::kIo, "the disk is full", {}});
      victim_.restart();
    }
  }

  void finish(unsigned how) {
    if (how % 4 == 0) return victim_.finish(HandlerOutcome(std::optional<std::string>()));
    if (how % 4 == 1) return victim_.finish(fail(ErrorCode::kHandler, "no"));
    if (how % 4 == 2) return victim_.finish(fail(ErrorCode::kCancelled, "later"));
    victim_.finish(HandlerOutcome("answer " + std::to_string(how)));
  }

  void peers() {
    const auto how = input_.u8();
    if (how % 8 == 0) {
      (void)victim_.remove_peer(peer_.id());
      return;
    }
    (void)victim_.rename_peer(peer_.id(), std::string(as_text(input_.take(how % 80))));
  }

  /// The third message of the next handshakes.
  void answer_hello() {
    const Bytes bytes = to_bytes(input_.piece());
    relay().tamper_hello_ack = [bytes](Bytes& ack) {
      if (bytes.empty()) return;
      for (std::size_t i = 0; i < ack.size(); ++i) ack[i] ^= bytes[i % bytes.size()];
    };
    relay().cut(victim_.id());
  }

  void check() {
    if (!store_failed_) {
      require(victim_.all<agent_events::StoreFailed>().empty(), "nothing that a relay says ends an agent");
    }
    for (const auto& event : victim_.all<agent_events::Received>()) {
      require(event.from == peer_.id(), "nobody but the peer is heard");
      require(event.text.starts_with("text ") || event.text.starts_with("re: "), "nothing but what the peer said");
    }
    for (const auto& event : victim_.all<agent_events::Unreadable>()) {
      require(printable(event.why, true) == event.why, "a reason is fit to be shown");
    }
    require(victim_.store->count('u') <= 100, "at most 100 unreadable messages are kept apart");
    for (const PeerSummary& peer : victim_.engine().peers()) {
      require(peer.outbox <= 500 + 1, "at most 500 messages wait for a peer");
      require(printable(peer.name) == peer.name, "a peer's name is fit to be shown");
    }
    victim_.events.clear();
    peer_.events.clear();
  }

  Input input_;
  World world_;
  TestAgent& victim_ = world_.connected(true, "victim");
  TestAgent& peer_ = world_.connected(true, "peer");
  std::vector<std::string> urls_;
  bool store_failed_ = false;
};

void run(ByteView bytes) {
  Play(Input(bytes)).run();
}

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  all.push_back({"talk", Script().u8(9).u8(1).u8(14).u8(3).u8(8).u8(1).piece("hello").u8(6).u16(100).bytes()});
  all.push_back({"replay", Script().u8(9).u8(1).u8(3).u8(1).u8(0).u8(0).u8(3).u8(1).u8(0).u8(4).u8(9).bytes()});
  all.push_back({"changed", Script().u8(9).u8(1).u8(3).u8(1).u8(0).u8(5).u16(200).u8(1).u8(9).bytes()});
  all.push_back(
      {"start-again", Script().u8(3).u8(0).u8(0).u8(4).u8(7).u8(3).u8(0).u8(0).u8(5).u16(90).u8(4).u8(8).bytes()});
  all.push_back(
      {"invites", Script().u8(10).u8(1).u8(10).u8(2).u8(10).u8(0).u8(10).u8(3).u8(10).u8(8).u8(6).u16(5'000).bytes()});
  all.push_back({"acks", Script()
                             .u8(11)
                             .u8(1)
                             .u8(8)
                             .u8(1)
                             .piece("x")
                             .u8(5)
                             .u8(1)
                             .u8(0)
                             .u8(3)
                             .u8(11)
                             .u32(5'000)
                             .u8(5)
                             .u8(1)
                             .u8(0)
                             .u8(0)
                             .u32(0)
                             .bytes()});
  all.push_back(
      {"down",
       Script().u8(11).u8(0).u8(18).u8(8).u8(1).piece("x").u8(6).u16(9'000).u8(11).u8(0).u8(6).u16(9'000).bytes()});
  all.push_back({"another-relay", Script().u8(11).u8(207).u8(6).u16(9'000).bytes()});
  all.push_back({"crash", Script().u8(9).u8(1).u8(13).u8(0).u8(9).u8(2).u8(12).u8(13).u8(2).u8(6).u16(9'000).bytes()});
  all.push_back({"hello-ack", Script().u8(19).piece("\x01").u8(6).u16(9'000).bytes()});
  Script frames;
  for (const Seed& seed : hex_seeds("protocol_frames.json", {"encoded"})) {
    if (seed.bytes.size() < 400) frames.u8(0).piece(seed.bytes);
  }
  all.push_back({"frames", frames.bytes()});
  return all;
}

const Registration kTarget({"agent", run, seeds});

}  // namespace
}  // namespace agentroom::fuzz
