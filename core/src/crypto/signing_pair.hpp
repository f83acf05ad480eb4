// Ed25519 pairs from their seeds.
#pragma once

#include <sodium.h>

#include "crypto/keys.hpp"

namespace agentroom::crypto {

template <class Pk>
SigningPair<Pk> signing_pair_from_seed(const SigningSeed& seed) {
  SigningPair<Pk> pair;
  crypto_sign_ed25519_seed_keypair(pair.pk.data(), pair.secret.data(), seed.data());
  return pair;
}

/// The first 32 of libsodium's 64 bytes.
inline ByteView seed_of(const SigningKey& key) {
  return key.view().first(SigningSeed::kSize);
}

}  // namespace agentroom::crypto
