// What one side of a session knows (protocol section 4).
#pragma once

#include <optional>

#include "crypto/ratchet/chain_key.hpp"
#include "crypto/ratchet/header.hpp"
#include "crypto/ratchet/kept_keys.hpp"
#include "crypto/ratchet/long_skips.hpp"
#include "crypto/ratchet/ratchet.hpp"
#include "crypto/ratchet/root_key.hpp"

namespace agentroom::crypto {

/// The peer's key DHr is not here: after a step nothing needs it any more.
struct Ratchet::State {
  SessionId session_id;
  RootKey root;                    ///< RK
  AgreementPair own;               ///< DHs
  std::optional<Chain> sending;    ///< HKs, CKs, Ns; none in an inviter that has received nothing
  std::optional<Chain> receiving;  ///< HKr, CKr, Nr; none until the peer's first message
  HeaderKey next_sending;          ///< NHKs
  HeaderKey next_receiving;        ///< NHKr
  std::uint32_t previous = 0;      ///< PN
  LongSkips long_skips;
  KeptKeys kept;

  State clone() const;

  /// A message on its way in.
  struct Incoming {
    const MessageContext& context;
    const RatchetMessage& message;
    UnixMs now;
  };
  /// Case (a), n not below Nr: the chain in use. receive.cpp.
  Result<Opened> open_in_chain(const Header& header, const Incoming& in);
  /// Case (b): the peer's next chain.
  Result<Opened> open_in_next_chain(const Header& header, const Incoming& in, Random& random);
  /// Cases (a), n below Nr, and (c): a kept key, spent by this.
  Result<Opened> open_late(const HeaderKey& hk, const Header& header, const Incoming& in);
};

}  // namespace agentroom::crypto
