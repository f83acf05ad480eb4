// The relay in the simulation.
#pragma once

#include "agentroom/relay_engine.hpp"
#include "agentroom/relay_reseal.hpp"
#include "crypto/relay_identity.hpp"
#include "party.hpp"
#include "wiretap.hpp"

namespace agentroom::sim {

class RelayParty final : public Party, private Endpoint, private Channels, private RelayObserver {
 public:
  RelayParty(const Surroundings& around, const Plan& plan, Wiretap& tap);
  ~RelayParty() override { crash(); }

  void shut_down() override;
  bool ended() const override { return engine_->drained(); }
  /// While it does not run: to a new secret that succeeds the old one. Its store is lost on the way, or sealed anew
  /// when it starts.
  void move();
  /// From its next life on it keeps no order among what it sends together.
  bool keeps_order = true;
  RelayStatus status() const { return engine_->status(); }

  const crypto::RelayIdentity& identity() const { return identity_; }

 private:
  /// Remembers the last 32 bytes it gave: the secret of a handshake, which the wiretap needs.
  class LinkSecrets final : public Random {
   public:
    explicit LinkSecrets(Dice& dice) : dice_(dice) {}
    void fill(MutableByteView out) override;
    std::optional<Bytes> last;

   private:
    Dice& dice_;
  };

  bool reseal();
  bool begin() override;
  void end() override;
  std::optional<Duration> deadline() const override { return engine_->next_deadline(); }
  void on_time() override { engine_->on_time(now()); }
  void flush() override { engine_->flush(now()); }

  void opened(ChannelId channel) override;
  void message(ChannelId channel, MutableByteView bytes) override;
  void drained(ChannelId channel) override;
  void closed(ChannelId channel, const CloseInfo& why) override;

  std::size_t send(ChannelId channel, Bytes message) override;
  void pause(ChannelId channel) override;
  void resume(ChannelId channel) override;
  void close(ChannelId channel, std::uint16_t code, std::string_view reason) override;

  void on_agent_connected(const AgentId& /*agent*/) override {}
  void on_agent_disconnected(const AgentId& /*agent*/) override {}
  void on_refused(const std::string& address, const std::string& why) override;
  void on_store_failed(const Error& error) override;

  void check_bounds();

  RelayConfig config_;
  std::uint32_t agents_ = 0;
  crypto::RelayIdentity identity_;
  Wiretap& tap_;
  LinkSecrets random_;
  std::unique_ptr<SimStore> store_;
  std::unique_ptr<RelayEngine> engine_;
  std::uint64_t loaded_bytes_ = 0;  ///< of messages that were there at its start and still are, at most
};

}  // namespace agentroom::sim
