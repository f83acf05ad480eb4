// Reads all links, as only somebody with the relay's ephemeral secrets can.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "agentroom/ids.hpp"
#include "crypto/keys.hpp"
#include "crypto/link_cipher.hpp"
#include "network.hpp"
#include "protocol/frames.hpp"

namespace agentroom::sim {

/// Hands on every frame at the moment it is sent, whether it arrives or not. What a side sent is what it stands for.
class Wiretap final : public WireTap {
 public:
  struct Overheard {
    std::uint64_t link;
    AgentId agent;  ///< whose link it is
    bool by_agent;  ///< else by the relay
    const protocol::Frame& frame;
  };
  std::function<void(const Overheard&)> on_frame;
  /// A link with this agent is at its end.
  std::function<void(std::uint64_t link)> on_ended;

  /// The secret of the handshake on `link`, whose challenge was just sent.
  void learn(std::uint64_t link, const RelayId& relay_pk, ByteView secret);

  /// What a relay sends that keeps no order: `message`, two deliveries of which may have changed places. It has to be
  /// asked for every message of the relay, from the begin of a link.
  Bytes disorder(std::uint64_t link, Bytes message, Dice& dice, Chronicle& chronicle);

  /// What an agent sends that receipts in another order: `message` with the receipt that was held back before it or, if
  /// `hold`, without its first one. Empty: nothing is left of it. It has to be asked for every message of the agent,
  /// from the begin of a link.
  Bytes receipt_late(std::uint64_t link, Bytes message, bool hold, Chronicle& chronicle);

  void sent(std::uint64_t link, bool by_agent, ByteView message) override;
  void ended(std::uint64_t link) override;

 private:
  struct Link {
    Bytes challenge;
    RelayId relay_pk;
    std::optional<crypto::AgreementPair> relay_e;
    std::optional<AgentId> agent;
    bool welcomed = false;
    std::optional<crypto::LinkCipher> from_agent;
    std::optional<crypto::LinkCipher> from_relay;
    // Open and seal again what comes from one side.
    std::optional<crypto::LinkCipher> again_from_agent;
    std::optional<crypto::LinkCipher> again_from_relay;
    std::optional<protocol::ReceiptItem> held;
  };
  void greet(Link& link, ByteView hello);

  std::map<std::uint64_t, Link> links_;
};

}  // namespace agentroom::sim
