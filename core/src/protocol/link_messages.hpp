// The three messages that open a link (protocol section 6), as values and bytes.
#pragma once

#include "agentroom/bytes.hpp"
#include "agentroom/ids.hpp"
#include "agentroom/result.hpp"
#include "crypto/primitives.hpp"
#include "protocol/link.hpp"

namespace agentroom::protocol {

inline constexpr std::string_view kChallengeContext = "challenge";
inline constexpr std::string_view kHelloContext = "hello";
inline constexpr std::string_view kSuccessorContext = "successor";

/// The nonce of the boxed Hello and HelloAck: 24 zero bytes.
inline constexpr crypto::Nonce kHandshakeNonce;

struct ChallengeBody {
  RelayId relay_pk;
  AgreementKey relay_e;
  RelayTerms terms;
  std::optional<RelayId> previous_pk;
  std::optional<Signature> successor_sig;
};

struct Challenge {
  ByteView body;  ///< a serialised ChallengeBody, in place: the signature covers these bytes
  Signature sig;
};

struct Hello {
  AgentId agent_pk;
  Signature sig;
};

Bytes encode_challenge(const Challenge& challenge);
Bytes encode_challenge_body(const ChallengeBody& body);
Bytes encode_hello(const Hello& hello);
Bytes encode_hello_ack(const Welcome& welcome);

/// Errors of all four: kInvalid. The view in a Challenge points into `bytes`.
Result<Challenge> decode_challenge(ByteView bytes);
Result<ChallengeBody> decode_challenge_body(ByteView bytes);
Result<Hello> decode_hello(ByteView bytes);
Result<Welcome> decode_hello_ack(ByteView bytes);

}  // namespace agentroom::protocol
