// Somebody else with the keys of an agent: connects, takes what comes, and answers nothing.
#pragma once

#include <functional>
#include <optional>

#include "crypto/identity.hpp"
#include "network.hpp"
#include "protocol/link.hpp"

namespace agentroom::sim {

/// Its connection replaces the agent's. What is delivered to it is not receipted and must reach the agent all the same.
class SecondOwner final : private Endpoint {
 public:
  SecondOwner(Network& network, Dice& dice, crypto::Identity identity, std::uint32_t host)
      : network_(network), dice_(dice), identity_(std::move(identity)), channel_(network.connect(*this, host)) {}
  ~SecondOwner() override { network_.forget(*this); }

 private:
  void opened(ChannelId /*channel*/) override {}
  void message(ChannelId channel, MutableByteView bytes) override {
    if (handshake_) return;
    auto handshake = protocol::AgentHandshake::start(bytes);
    if (!handshake) return;
    handshake_.emplace(std::move(*handshake));
    if (auto hello = handshake_->hello(identity_, dice_)) network_.send(channel, std::move(*hello));
  }
  void drained(ChannelId /*channel*/) override {}
  void closed(ChannelId /*channel*/, const CloseInfo& /*why*/) override {}

  Network& network_;
  Dice& dice_;
  crypto::Identity identity_;
  std::optional<protocol::AgentHandshake> handshake_;
  ChannelId channel_;
};

}  // namespace agentroom::sim
