#include "crypto/keys.hpp"

#include <sodium.h>

#include "crypto/primitives.hpp"

namespace agentroom::crypto {

AgreementPair AgreementPair::generate(Random& random) {
  AgreementSecret secret;
  random.fill(secret.mutable_view());
  return from_secret(std::move(secret));
}

AgreementPair AgreementPair::from_secret(AgreementSecret secret) {
  AgreementPair pair;
  crypto_scalarmult_curve25519_base(pair.pk.data(), secret.data());
  pair.secret = std::move(secret);
  return pair;
}

bool is_valid_agreement_key(const AgreementKey& key) {
  // p = 2^255 − 19 is ed ff … ff 7f, little-endian.
  const unsigned char* bytes = key.data();
  if (bytes[31] != 0x7f) return bytes[31] < 0x7f;
  for (std::size_t i = 30; i > 0; --i) {
    if (bytes[i] != 0xff) return true;
  }
  return bytes[0] < 0xed;
}

bool is_valid_signing_key(ByteView key) {
  return key.size() == crypto_core_ed25519_BYTES &&
         crypto_core_ed25519_is_valid_point(reinterpret_cast<const unsigned char*>(key.data())) == 1;
}

TokenHash hash_token(const MailboxToken& token) {
  TokenHash hash;
  bh(hash.mutable_view(), {}, token.view(), "ar3.token");
  return hash;
}

AllowDigest digest_allowed(std::span<const TokenHash> ascending) {
  static_assert(sizeof(TokenHash) == TokenHash::kSize);
  AllowDigest digest;
  bh(digest.mutable_view(), {}, std::as_bytes(ascending), "ar3.allow");
  return digest;
}

}  // namespace agentroom::crypto
