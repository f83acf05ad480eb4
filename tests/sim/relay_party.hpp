// The relay in the simulation.
#pragma once

#include "agentroom/relay_engine.hpp"
#include "crypto/relay_identity.hpp"
#include "party.hpp"

namespace agentroom::sim {

class RelayParty final : public Party, private Endpoint, private Channels, private RelayObserver {
 public:
  using Party::Party;
  ~RelayParty() override { crash(); }

  void boot() override;
  void crash() override;
  RelayStatus status() const { return engine_->status(); }

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

  void on_agent_connected(const AgentId& /*agent*/) override {}
  void on_agent_disconnected(const AgentId& /*agent*/) override {}
  void on_refused(const std::string& /*address*/, const std::string& /*why*/) override {}
  void on_store_failed(const Error& /*error*/) override {}

  crypto::RelayIdentity identity_ = crypto::RelayIdentity::from_secret("a relay secret of the simulation");
  std::unique_ptr<SimStore> store_;
  std::unique_ptr<RelayEngine> engine_;
};

}  // namespace agentroom::sim
