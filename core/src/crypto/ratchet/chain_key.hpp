// KDF_CK and the two kinds of chain that it drives (protocol section 4).
#pragma once

#include <cstdint>
#include <limits>

#include "crypto/keys.hpp"

namespace agentroom::crypto {

/// Never sent and refused: a chain ends before its counter would wrap.
inline constexpr std::uint32_t kChainEnd = std::numeric_limits<std::uint32_t>::max();

/// mk of KDF_CK.
MessageKey message_key(const ChainKey& chain);
/// ck' of KDF_CK.
ChainKey next_chain_key(const ChainKey& chain);

/// (HKs, CKs, Ns) or (HKr, CKr, Nr).
struct Chain {
  HeaderKey header_key;
  ChainKey key;
  std::uint32_t next = 0;

  Chain clone() const { return {header_key.clone(), key.clone(), next}; }
};

}  // namespace agentroom::crypto
