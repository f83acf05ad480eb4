// The link between agent and relay: handshake and the boxed messages after it (protocol section 6).
#pragma once

#include <cstdint>
#include <optional>

#include "agentroom/ids.hpp"
#include "agentroom/random.hpp"
#include "agentroom/result.hpp"
#include "crypto/identity.hpp"
#include "crypto/keys.hpp"
#include "crypto/link_cipher.hpp"
#include "crypto/relay_identity.hpp"
#include "protocol/limits.hpp"

namespace agentroom::protocol {

/// What the relay announces about itself in its challenge.
struct RelayTerms {
  std::uint32_t link_message_bytes = kLinkMessageBytes;
  std::uint32_t mailbox_messages = 500;
  std::uint32_t mailbox_bytes = 16 * 1024 * 1024;
  std::uint32_t window_frames = kWindowFrames;
  std::uint32_t window_bytes = kWindowBytes;
  std::uint32_t open_invites = 20;
  std::uint64_t message_life_ms = kMessageLifeMs;
};

/// What the relay answers to a Hello that it accepted.
struct Welcome {
  std::uint32_t pending = 0;
  std::optional<AllowDigest> allow_digest;  ///< nothing: the mailbox does not exist yet
};

/// The relay's side, for one connection.
///
///   [made] --challenge()--> [challenged] --accept(hello)--> done: agent and cipher
///                                |  anything else
///                                v
///                             refused
class RelayHandshake {
 public:
  RelayHandshake(const crypto::RelayIdentity& relay, const RelayTerms& terms, Random& random);

  /// The first WebSocket message, in clear. Stable.
  ByteView challenge() const { return challenge_; }

  struct Accepted {
    AgentId agent;
    crypto::LinkCipher cipher;  ///< counters at 1 in both directions once `welcome` was sealed
    Bytes welcome;              ///< the boxed HelloAck, to be sent as it is
  };
  /// Opens and verifies the second message. `make_welcome` is asked once the agent is known and verified.
  /// Errors: kUnreadable, kBadSignature, kInvalid. The ephemeral secret is wiped either way.
  template <class MakeWelcome>
  Result<Accepted> accept(ByteView hello, MakeWelcome&& make_welcome) {
    auto agent = open_hello(hello);
    if (!agent) return pass(agent);
    return finish(*agent, make_welcome(*agent));
  }

 private:
  Result<AgentId> open_hello(ByteView hello);
  Result<Accepted> finish(const AgentId& agent, const Welcome& welcome);

  crypto::AgreementPair ephemeral_;
  RelayId relay_pk_;
  Bytes challenge_;
  std::optional<crypto::LinkKeys> keys_;
};

/// The relay as its verified challenge names it.
struct RelayProof {
  RelayId relay_pk;
  std::optional<RelayId> successor_of;  ///< previous_pk, when its successor signature holds
  RelayTerms terms;
};

/// The agent's side, for one connection.
class AgentHandshake {
 public:
  /// Reads and verifies a challenge; nothing was sent yet. The caller compares `proof().relay_pk` with its pin before
  /// it asks for `hello()`. Errors: kInvalid, kBadSignature.
  static Result<AgentHandshake> start(ByteView challenge);

  const RelayProof& proof() const { return proof_; }

  /// The second message. To be called once. Errors: kInvalid (a low-order relay key).
  Result<Bytes> hello(const crypto::Identity& self, Random& random);

  struct Done {
    Welcome welcome;
    crypto::LinkCipher cipher;
  };
  /// Opens the third message: only the holder of the relay's key can have made it. Errors: kUnreadable, kInvalid.
  Result<Done> finish(MutableByteView hello_ack);

 private:
  RelayProof proof_;
  AgreementKey relay_e_;
  Bytes challenge_;
  std::optional<crypto::LinkKeys> keys_;
};

}  // namespace agentroom::protocol
