// The boxes of a link once both ends have its keys (protocol section 6).
#pragma once

#include <cstdint>

#include "crypto/keys.hpp"
#include "crypto/primitives.hpp"

namespace agentroom::crypto {

/// `k_ar ‖ k_ra`.
struct LinkKeys {
  LinkKey agent_to_relay;
  LinkKey relay_to_agent;
};

/// `bh(64, shared, relay_pk ‖ relay_e ‖ agent_e ‖ bh(32, "", challenge, "ar3.challenge"), "ar3.link")`; `shared` is
/// dh(agent_e, relay_e), `challenge` the whole first WebSocket message.
LinkKeys derive_link_keys(const SharedSecret& shared, const RelayId& relay_pk, const AgreementKey& relay_e,
                          const AgreementKey& agent_e, ByteView challenge);

/// One end of a link: a key and a counter for each direction. Nonce: u64 counter little-endian, then 16 zero bytes; 0
/// belongs to the handshake, the first message has 1.
class LinkCipher {
 public:
  LinkCipher(LinkKey send, LinkKey receive) : send_(std::move(send)), receive_(std::move(receive)) {}

  /// Seals in place: `message` holds 16 free bytes, then the plaintext. Advances the sending counter.
  void seal(MutableByteView message);

  /// Opens in place; a view of the plaintext. Nothing when it does not open: the link must be closed. The receiving
  /// counter advances only on success.
  std::optional<MutableByteView> open(MutableByteView message);

 private:
  LinkKey send_;
  LinkKey receive_;
  std::uint64_t next_send_ = 1;
  std::uint64_t next_receive_ = 1;
};

}  // namespace agentroom::crypto
