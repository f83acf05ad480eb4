// The header of a message and its box (protocol section 4).
#pragma once

#include <cstdint>
#include <optional>

#include "crypto/keys.hpp"
#include "crypto/ratchet/ratchet.hpp"

namespace agentroom::crypto {

/// ratchet_pk ‖ u32 pn ‖ u32 n
struct Header {
  static constexpr std::size_t kSize = 40;

  AgreementKey ratchet_pk;
  std::uint32_t pn = 0;  ///< messages in the sender's previous chain
  std::uint32_t n = 0;   ///< number of this message in its chain
};

/// nonce (24 random) ‖ box(hk, nonce, header)
SealedHeader seal_header(const HeaderKey& key, const Header& header, Random& random);

/// The header inside, or nothing when `key` does not open it. Its members are as the sender chose them.
std::optional<Header> open_header(const HeaderKey& key, const SealedHeader& sealed);

}  // namespace agentroom::crypto
