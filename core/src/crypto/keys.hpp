// The kinds of secret and public keys, and the pairs made of them (protocol section 1).
#pragma once

#include "agentroom/ids.hpp"
#include "agentroom/random.hpp"
#include "agentroom/result.hpp"
#include "base/secret.hpp"

namespace agentroom::crypto {

using SigningKey = Secret<struct SigningKeyTag, 64>;  ///< Ed25519 secret key as libsodium keeps it: seed ‖ pk
using SigningSeed = Secret<struct SigningSeedTag, 32>;
using AgreementSecret = Secret<struct AgreementSecretTag, 32>;  ///< X25519
using SharedSecret = Secret<struct SharedSecretTag, 32>;        ///< an X25519 result
using MailboxToken = Secret<struct MailboxTokenTag, 16>;        ///< lets one peer write to one mailbox
using InviteNonce = Secret<struct InviteNonceTag, 32>;          ///< the invite's secret
using RootKey = Secret<struct RootKeyTag, 32>;
using ChainKey = Secret<struct ChainKeyTag, 32>;
using MessageKey = Secret<struct MessageKeyTag, 32>;
using HeaderKey = Secret<struct HeaderKeyTag, 32>;
using LinkKey = Secret<struct LinkKeyTag, 32>;
using StoreKey = Secret<struct StoreKeyTag, 32>;  ///< seals the records of a store

/// An X25519 pair.
struct AgreementPair {
  AgreementSecret secret;
  AgreementKey pk;

  static AgreementPair generate(Random& random);
  static AgreementPair from_secret(AgreementSecret secret);
  AgreementPair clone() const { return {secret.clone(), pk}; }
};

/// An Ed25519 pair. `Pk` says whose it is: AgentId, RelayId or ClaimKey.
template <class Pk>
struct SigningPair {
  SigningKey secret;
  Pk pk;
};

/// Canonical and below p with the high bit clear; small-order points pass here and are refused by `dh`.
bool is_valid_agreement_key(const AgreementKey& key);
/// A point of the main subgroup, canonical (`crypto_core_ed25519_is_valid_point`).
bool is_valid_signing_key(ByteView key);

/// `bh(16, "", token, "ar3.token")`.
TokenHash hash_token(const MailboxToken& token);

/// `bh(32, "", hashes, "ar3.allow")`, the hashes ascending and concatenated.
AllowDigest digest_allowed(std::span<const TokenHash> ascending);

}  // namespace agentroom::crypto
