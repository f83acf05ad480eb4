// The relay's signing pair and its succession (protocol section 6).
#pragma once

#include <optional>
#include <string_view>

#include "crypto/keys.hpp"

namespace agentroom::crypto {

/// What the relay signs its challenges with.
struct RelayIdentity {
  SigningPair<RelayId> pair;
  struct Succession {
    RelayId previous_pk;
    Signature sig;         ///< sign("successor", relay_pk) by the previous pair
    StoreKey store_key{};  ///< of the relay that has the previous pair
  };
  std::optional<Succession> succession;

  /// Pair with the seed `bh(32, "", secret, "ar3.relay")`; with `previous` also the proof that it succeeds that one.
  static RelayIdentity from_secret(std::string_view secret, std::optional<std::string_view> previous = {});

  /// `bh(32, seed, "", "ar3.store")`: seals the relay's mailboxes.
  StoreKey store_key() const;
};

}  // namespace agentroom::crypto
