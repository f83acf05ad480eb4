// KDF_RK: a Diffie-Hellman result moves the root and starts a chain (protocol section 4).
#pragma once

#include "crypto/keys.hpp"

namespace agentroom::crypto {

struct RootStep {
  RootKey root;               ///< rk'
  ChainKey chain;             ///< ck
  HeaderKey next_header_key;  ///< nhk
};

RootStep advance_root(const RootKey& root, const SharedSecret& shared);

}  // namespace agentroom::crypto
