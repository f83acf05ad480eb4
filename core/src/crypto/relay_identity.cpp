#include "crypto/relay_identity.hpp"

#include "crypto/primitives.hpp"
#include "crypto/signing_pair.hpp"

namespace agentroom::crypto {
namespace {

SigningPair<RelayId> relay_pair(std::string_view secret) {
  SigningSeed seed;
  bh(seed.mutable_view(), {}, as_bytes(secret), "ar3.relay");
  return signing_pair_from_seed<RelayId>(seed);
}

StoreKey store_key_of(const SigningPair<RelayId>& pair) {
  StoreKey key;
  bh(key.mutable_view(), seed_of(pair.secret), ByteView{}, "ar3.store");
  return key;
}

}  // namespace

RelayIdentity RelayIdentity::from_secret(std::string_view secret, std::optional<std::string_view> previous) {
  RelayIdentity identity{.pair = relay_pair(secret), .succession = {}};
  if (previous) {
    const auto old = relay_pair(*previous);
    identity.succession =
        Succession{old.pk, sign(old.secret, "successor", {identity.pair.pk.view()}), store_key_of(old)};
  }
  return identity;
}

StoreKey RelayIdentity::store_key() const {
  return store_key_of(pair);
}

}  // namespace agentroom::crypto
