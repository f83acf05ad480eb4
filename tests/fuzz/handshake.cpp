// The three messages that open a link. Bytes alone would not get past a signature or a box, so the target makes those
// around what it was given: it plays a relay, or an agent, that holds its keys and sends anything.
//
//   u8 which, then the bytes of:
//     0 a challenge        1 a challenge body, signed      2 a body, its relay_pk the signer's
//     3 a second message   4 a Hello in the right box
//     5 a third message    6 a HelloAck in the right box
#include "crypto/primitives.hpp"
#include "protocol/link.hpp"
#include "protocol/link_messages.hpp"
#include "target.hpp"

namespace agentroom::fuzz {
namespace {

struct Both {
  Sequence random{3};
  crypto::RelayIdentity relay = crypto::RelayIdentity::from_secret("a relay's secret of at least 32 characters");
  crypto::Identity agent = crypto::Identity::generate(random);
};

const Both& both() {
  static const Both kBoth;
  return kBoth;
}

bool refused(const Error& error) {
  return error.code == ErrorCode::kInvalid || error.code == ErrorCode::kBadSignature ||
         error.code == ErrorCode::kUnreadable;
}

void as_challenge(ByteView message) {
  auto started = protocol::AgentHandshake::start(message);
  if (!started) return require(refused(started.error()), "a challenge is refused as kInvalid or kBadSignature");
  const protocol::RelayTerms& terms = started->proof().terms;
  require(terms.link_message_bytes > 0 && terms.window_frames > 0 && terms.window_bytes > 0, "limits of 0 are refused");
  Sequence random;
  const auto hello = started->hello(both().agent, random);
  if (!hello) return require(hello.error().code == ErrorCode::kInvalid, "only a low-order key fails here");
  require(hello->size() <= protocol::kHelloBytes, "a Hello has at most 4,096 bytes");
  Bytes nonsense(protocol::kHelloBytes);
  require(!started->finish(nonsense), "nobody but the relay makes the third message");
}

void as_signed_body(ByteView bytes, bool own_key) {
  Bytes body = to_bytes(bytes);
  if (own_key) {
    if (auto read = protocol::decode_challenge_body(body); read) {
      read->relay_pk = both().relay.pair.pk;
      body = protocol::encode_challenge_body(*read);
    }
  }
  const Signature sig = crypto::sign(both().relay.pair.secret, protocol::kChallengeContext, {body});
  as_challenge(protocol::encode_challenge({body, sig}));
}

void as_hello(ByteView bytes, bool boxed) {
  Sequence random;
  protocol::RelayHandshake relay(both().relay, {}, random);
  Bytes message = to_bytes(bytes);
  if (boxed) {
    const auto challenge = protocol::decode_challenge(relay.challenge());
    const auto body = protocol::decode_challenge_body(challenge->body);
    const auto ephemeral = crypto::AgreementPair::generate(random);
    const auto keys = crypto::derive_link_keys(*crypto::dh(ephemeral.secret, body->relay_e), body->relay_pk,
                                               body->relay_e, ephemeral.pk, relay.challenge());
    message = to_bytes(ephemeral.pk.view());
    append(message, crypto::box(keys.agent_to_relay.view(), protocol::kHandshakeNonce, bytes));
  }
  const auto accepted = relay.accept(message, [](const AgentId&) { return protocol::Welcome{}; });
  require(!accepted, "a Hello without the agent's signature is refused");
  require(refused(accepted.error()), "as kInvalid, kBadSignature or kUnreadable");
}

void as_hello_ack(ByteView bytes, bool boxed) {
  Sequence random;
  protocol::RelayHandshake relay(both().relay, {}, random);
  auto agent = protocol::AgentHandshake::start(relay.challenge());
  const auto hello = agent->hello(both().agent, random);
  Bytes message = to_bytes(bytes);
  if (boxed) {
    // The box of the relay's own answer holds nothing secret from the relay: it is opened and filled anew.
    const auto challenge = protocol::decode_challenge(relay.challenge());
    const auto body = protocol::decode_challenge_body(challenge->body);
    const auto agent_e = AgreementKey::from(ByteView(*hello).first(AgreementKey::kSize));
    Sequence same;
    const auto relay_e = crypto::AgreementPair::generate(same);
    require(relay_e.pk == body->relay_e, "the target knows the relay's ephemeral secret");
    const auto keys = crypto::derive_link_keys(*crypto::dh(relay_e.secret, *agent_e), body->relay_pk, body->relay_e,
                                               *agent_e, relay.challenge());
    message = crypto::box(keys.relay_to_agent.view(), protocol::kHandshakeNonce, bytes);
  }
  const auto done = agent->finish(message);
  require(done || refused(done.error()), "a third message is refused as kInvalid or kUnreadable");
  require(!done || boxed, "nobody but the relay makes the third message");
}

void run(ByteView bytes) {
  Input input(bytes);
  const auto which = input.u8() % 7;
  const ByteView rest = input.rest();
  if (which == 0) as_challenge(rest);
  if (which == 1 || which == 2) as_signed_body(rest, which == 2);
  if (which == 3 || which == 4) as_hello(rest, which == 4);
  if (which == 5 || which == 6) as_hello_ack(rest, which == 6);
}

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  const auto add = [&](unsigned which, const char* member) {
    for (const Seed& seed : hex_seeds("protocol_handshake.json", {member})) {
      all.push_back({std::to_string(which) + "-" + seed.name, Script().u8(which).raw(seed.bytes).bytes()});
    }
  };
  add(0, "challenge");
  add(1, "challenge_body");
  add(2, "challenge_body");
  add(3, "hello");
  add(4, "hello_plaintext");
  add(5, "hello_ack");
  add(6, "hello_ack_plaintext");
  return all;
}

const Registration kTarget({"handshake", run, seeds});

}  // namespace
}  // namespace agentroom::fuzz
