// Agents, relays and a clock in one process, a step at a time.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "agentroom/agent_engine.hpp"
#include "crypto/identity.hpp"
#include "fake_relay.hpp"
#include "fake_store.hpp"

namespace agentroom::test {

inline constexpr const char* kUrl = "ws://relay.test/ws";

/// Repeatable, and good enough for keys that protect nothing.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint32_t seed) : generator_(seed) {}
  void fill(MutableByteView out) override {
    for (std::byte& byte : out) byte = static_cast<std::byte>(generator_());
  }

 private:
  std::mt19937 generator_;
};

class World;

/// An agent with its store, its end of the wire, its handler and its owner.
class TestAgent final : public AgentIo {
 public:
  TestAgent(World& world, AgentConfig config);
  ~TestAgent() override;

  // ---- life ----
  void start();
  Result<void> try_start();
  /// The process dies: what is not durable is gone, channels break.
  void crash();
  void restart() { crash(), start(); }
  bool alive() const { return engine_ != nullptr; }
  AgentEngine& engine() { return *engine_; }
  /// One round; true when something happened.
  bool step();

  // ---- requests; the answers of those that are done ----
  std::string invite(std::int64_t ttl_ms = 3'600'000);
  std::shared_ptr<std::optional<Result<CreatedInvite>>> create_invite(std::int64_t ttl_ms = 3'600'000);
  std::shared_ptr<std::optional<Result<AcceptedInvite>>> accept(const std::string& url,
                                                                std::optional<std::string> server = {});
  std::shared_ptr<std::optional<Result<SentMessage>>> send(const AgentId& to, std::string text);
  std::shared_ptr<std::optional<Result<void>>> revoke(const InviteId& invite);
  std::shared_ptr<std::optional<Result<void>>> remove_peer(const AgentId& peer);
  std::shared_ptr<std::optional<Result<void>>> rename_peer(const AgentId& peer, std::string name);
  /// Its connections drained.
  void drained();
  /// Ends the oldest handler call that runs.
  void finish(HandlerOutcome outcome);

  // ---- what came ----
  template <class Event>
  std::vector<Event> all() const {
    std::vector<Event> found;
    for (const AgentEvent& event : events) {
      if (const auto* one = std::get_if<Event>(&event)) found.push_back(*one);
    }
    return found;
  }
  std::vector<std::string> received() const;
  std::vector<std::string> handled_texts() const;

  const AgentId& id() const { return identity.id(); }

  AgentConfig config;
  crypto::Identity identity;
  std::unique_ptr<FakeStore> store;
  std::vector<AgentEvent> events;
  std::vector<HandlerMessage> handled;  ///< all handler calls, of all lives
  std::deque<HandlerMessage> running;   ///< those without an outcome, of this life
  /// Answers at once; none: the test calls `finish`.
  std::function<HandlerOutcome(const HandlerMessage&)> handler;
  std::size_t most_running = 0;
  std::size_t longest_run = 0;                ///< messages that were handed over at once
  std::size_t unsent = 0;                     ///< what `send` reports
  std::set<std::string> dead;                 ///< URLs where nothing answers this agent
  std::set<std::string> swallowing;           ///< URLs where nothing passes after the handshake
  std::vector<std::string> dialled;           ///< each attempt
  std::function<void(const Bytes&)> on_wire;  ///< sees each message that comes, before the engine

 private:
  friend class World;
  struct Opened {};
  struct Closed {
    std::string reason;
  };
  struct Run {
    std::deque<HandlerMessage> waiting;  ///< behind the one that runs
    Duration began{};
  };
  using Inbound = std::pair<ChannelId, std::variant<Opened, Bytes, Closed>>;

  void begin(Run& run);
  /// Whether a message on this channel arrives, to either side.
  bool passes(ChannelId channel);

  std::size_t send(ChannelId channel, Bytes message) override;
  void pause(ChannelId channel) override;
  void resume(ChannelId channel) override;
  void close(ChannelId channel, std::uint16_t code, std::string_view reason) override;
  ChannelId connect(const std::string& url, Error& why) override;
  void handle(std::vector<HandlerMessage> messages) override;
  void on_event(const AgentEvent& event) override;

  World& world_;
  std::unique_ptr<AgentEngine> engine_;
  std::map<AgentId, Run> runs_;
  std::deque<Inbound> inbound_;
  std::map<ChannelId, FakeRelay*> channels_;
  std::map<ChannelId, int> left_;  ///< messages that pass yet, where not all do
  bool acted_ = false;
};

class World {
 public:
  World();

  TestAgent& agent(AgentConfig config = {});
  /// An agent that stays connected to the relay at kUrl.
  TestAgent& connected(bool handle = false, std::string name = {});
  FakeRelay& relay(const std::string& url = kUrl);
  /// The relay at `target` answers at `url` too.
  void lead(const std::string& url, const std::string& target) { leads_[url] = target; }
  /// Another relay answers at that URL from now on.
  FakeRelay& replace_relay(const std::string& url, std::string_view secret,
                           std::optional<std::string_view> previous = {});

  /// Until nothing happens by itself.
  void run();
  /// Time passes; every deadline on the way is kept.
  void advance(Duration by);
  /// The clock jumps; deadlines are kept once, at the end.
  void jump(Duration by);
  /// `a` invites, `b` accepts, both know it.
  void befriend(TestAgent& a, TestAgent& b);

  Now now{.steady = std::chrono::seconds(1'000), .unix_ms = 1'700'000'000'000};
  SeededRandom random{7};

 private:
  friend class TestAgent;
  std::map<std::string, std::unique_ptr<FakeRelay>> relays_;
  std::vector<std::unique_ptr<FakeRelay>> retired_;
  std::map<std::string, std::string> leads_;
  std::vector<std::unique_ptr<TestAgent>> agents_;
  ChannelId next_channel_ = 1;
};

}  // namespace agentroom::test
