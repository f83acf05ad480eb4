// The long-lived keys of an agent.
#pragma once

#include <string>
#include <string_view>

#include "crypto/keys.hpp"

namespace agentroom::crypto {

/// An agent's Ed25519 and X25519 pairs. Never copied by accident: `clone()` is for tests and the simulation.
struct Identity {
  SigningPair<AgentId> ed25519;
  AgreementPair x25519;

  const AgentId& id() const { return ed25519.pk; }

  /// Fresh keys; again until the text form of the id does not begin with '-'.
  static Identity generate(Random& random);

  /// The JSON object of `identity.json`: `ed25519_pk`, `ed25519_sk`, `x25519_pk`, `x25519_sk`, base64url without
  /// padding. The caller wipes it. `ed25519_sk` is libsodium's 64 bytes.
  std::string to_json() const;
  /// Checks that each secret key belongs to its public one. Errors: kCorrupt, naming the member.
  static Result<Identity> from_json(std::string_view json);

  /// `bh(32, seed of ed25519, "", "ar3.store")`: seals what this identity keeps on disk.
  StoreKey store_key() const;

  Identity clone() const;
};

}  // namespace agentroom::crypto
