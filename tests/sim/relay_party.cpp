#include "relay_party.hpp"

#include <stdexcept>

namespace agentroom::sim {

void RelayParty::boot() {
  begin_life();
  store_ = std::make_unique<SimStore>(disk_, scheduler_, dice_, [this] { poke(); });
  RelayConfig config;
  config.limits.handshakes_per_minute = 100'000;
  config.limits.handshake_burst = 100'000;
  config.limits.failures_per_minute = 100'000;
  Channels& channels = *this;
  RelayObserver& observer = *this;
  engine_ = std::make_unique<RelayEngine>(config, identity_, *store_, channels, dice_, observer);
  if (auto started = engine_->start(scheduler_.now()); !started) {
    throw std::runtime_error("the relay does not start: " + started.error().message);
  }
  network_.set_listener(this);
  poke();
}

void RelayParty::crash() {
  if (!running()) return;
  end_life();
  network_.forget(*this);
  store_.reset();
  engine_.reset();
}

void RelayParty::opened(ChannelId channel) {
  engine_->on_opened(channel, PeerInfo{.address = "192.0.2.1", .forwarded_for = {}, .cf_connecting_ip = {}},
                     scheduler_.now());
  poke();
}

void RelayParty::message(ChannelId channel, MutableByteView bytes) {
  engine_->on_message(channel, bytes, scheduler_.now());
  poke();
}

void RelayParty::drained(ChannelId channel) {
  engine_->on_drained(channel, scheduler_.now());
  poke();
}

void RelayParty::closed(ChannelId channel, const CloseInfo& /*why*/) {
  engine_->on_closed(channel, scheduler_.now());
  poke();
}

}  // namespace agentroom::sim
