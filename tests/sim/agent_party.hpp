// An agent in the simulation, with a handler whose runs take time.
#pragma once

#include <functional>

#include "agentroom/agent_engine.hpp"
#include "crypto/identity.hpp"
#include "party.hpp"

namespace agentroom::sim {

class AgentParty final : public Party, private Endpoint, private AgentIo {
 public:
  /// What the handler answers; called when a run ends.
  using Answer = std::function<HandlerOutcome(const HandlerMessage&)>;

  AgentParty(std::string name, Scheduler& scheduler, Network& network, Dice& dice, Answer answer);
  ~AgentParty() override { crash(); }

  void boot() override;
  void crash() override;

  const AgentId& id() const { return identity_.id(); }
  AgentEngine& engine() { return *engine_; }
  /// To be called after the engine was used from outside.
  void used() { poke(); }
  /// The store failed: its owner has to boot it again.
  bool needs_restart() const { return needs_restart_; }

  std::uint64_t unreadable = 0;
  std::uint64_t failed_sends = 0;
  std::string last_failure;

 private:
  std::optional<Duration> deadline() const override { return engine_->next_deadline(); }
  void on_time(const Now& now) override { engine_->on_time(now); }
  void flush(const Now& now) override { engine_->flush(now); }

  void opened(ChannelId channel) override;
  void message(ChannelId channel, MutableByteView bytes) override;
  void drained(ChannelId channel) override;
  void closed(ChannelId channel, const CloseInfo& why) override;

  std::size_t send(ChannelId channel, Bytes message) override { return network_.send(channel, std::move(message)); }
  void pause(ChannelId channel) override { network_.pause(channel, true); }
  void resume(ChannelId channel) override { network_.pause(channel, false); }
  void close(ChannelId channel, std::uint16_t code, std::string_view reason) override {
    network_.close(channel, {code, std::string(reason)});
  }
  ChannelId connect(const std::string& url, Error& why) override;
  void handle(HandlerMessage message) override;
  void on_event(const AgentEvent& event) override;

  crypto::Identity identity_;
  Answer answer_;
  std::unique_ptr<SimStore> store_;
  std::unique_ptr<AgentEngine> engine_;
  bool needs_restart_ = false;
};

}  // namespace agentroom::sim
