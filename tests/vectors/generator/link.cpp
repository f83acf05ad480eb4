// Section 6.
#include <boost/json.hpp>

#include "files.hpp"
#include "spec.hpp"

namespace agentroom::vectors {
namespace {

/// A Protobuf member of bytes: its tag (number and wire type 2), its length below 128, the bytes.
Text member(int number, const Text& bytes) {
  return Text{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
}

Text counter_nonce(std::uint64_t counter) {
  return u64(counter) + Text(16, '\0');
}

boost::json::object link_box(const char* direction, const Text& key, std::uint64_t counter, const Text& frames) {
  const Text nonce = counter_nonce(counter);
  auto vector = vector_of("link_box", {{"key", key}, {"nonce", nonce}, {"frames", frames}});
  vector["direction"] = direction;
  vector["counter"] = counter;
  vector["boxed"] = hex(box(key, nonce, frames));
  return vector;
}

boost::json::object relay_vector(const std::string& secret, const std::string& previous) {
  const Text seed = bh(32, "", secret, "ar3.relay");
  const Text previous_seed = bh(32, "", previous, "ar3.relay");
  const Pair relay = signing_pair(seed);
  auto vector = vector_of("relay_identity", {{"seed", seed},
                                             {"relay_pk", relay.pk},
                                             {"previous_seed", previous_seed},
                                             {"previous_pk", signing_pair(previous_seed).pk},
                                             {"successor_sig", sign(previous_seed, "successor", relay.pk)}});
  vector["secret"] = secret;
  vector["secret_previous"] = previous;
  return vector;
}

boost::json::object token_vector() {
  const Text token = fixed_random(16, "token");
  return vector_of("token_hash", {{"token", token}, {"hash", bh(16, "", token, "ar3.token")}});
}

boost::json::object allow_vector(std::size_t count) {
  boost::json::array hashes;
  Text all;
  for (std::size_t i = 0; i < count; ++i) {
    Text hash = fixed_random(16, "allowed " + std::to_string(i));
    hash[0] = static_cast<char>(16 * i + 1);  // ascending
    hashes.emplace_back(hex(hash));
    all += hash;
  }
  return {{"function", "allow_digest"}, {"hashes", std::move(hashes)}, {"digest", hex(bh(32, "", all, "ar3.allow"))}};
}

}  // namespace

boost::json::value link() {
  const std::string secret = "a relay secret of at least 32 letters";
  const std::string previous = "the secret before it, as long as that";
  const Text relay_seed = bh(32, "", secret, "ar3.relay");
  const Pair relay = signing_pair(relay_seed);
  const Pair relay_e = agreement_pair("relay_e");
  const Pair agent = signing_pair(fixed_random(32, "agent ed25519"));
  const Pair agent_e = agreement_pair("agent_e");

  // ChallengeBody { relay_pk = 1, relay_e = 2 }, Challenge { body = 1, sig = 2 }; the other members are absent.
  const Text body = member(1, relay.pk) + member(2, relay_e.pk);
  const Text challenge_sig = sign(relay_seed, "challenge", body);
  const Text challenge = member(1, body) + member(2, challenge_sig);

  const Text shared = dh(agent_e.secret, relay_e.pk);
  const Text challenge_hash = bh(32, "", challenge, "ar3.challenge");
  const Text msg = relay.pk + relay_e.pk + agent_e.pk + challenge_hash;
  const Text keys = bh(64, shared, msg, "ar3.link");
  const Text k_ar = keys.substr(0, 32);
  const Text k_ra = keys.substr(32);

  const Text hello_data = relay.pk + relay_e.pk + agent_e.pk + agent.pk;
  const Text hello_sig = sign(agent.secret, "hello", hello_data);
  const Text hello = member(1, agent.pk) + member(2, hello_sig);
  const Text zero(24, '\0');
  // HelloAck { pending = 1, allow_digest = 2 }, pending being 3.
  const Text hello_ack = Text("\x08\x03") + member(2, bh(32, "", "", "ar3.allow"));

  const auto handshake = vector_of("link_handshake", {{"relay_seed", relay_seed},
                                                      {"relay_pk", relay.pk},
                                                      {"relay_e_secret", relay_e.secret},
                                                      {"relay_e", relay_e.pk},
                                                      {"agent_seed", agent.secret},
                                                      {"agent_pk", agent.pk},
                                                      {"agent_e_secret", agent_e.secret},
                                                      {"agent_e", agent_e.pk},
                                                      {"challenge_body", body},
                                                      {"challenge_sig", challenge_sig},
                                                      {"challenge", challenge},
                                                      {"shared", shared},
                                                      {"challenge_hash", challenge_hash},
                                                      {"link_msg", msg},
                                                      {"k_ar", k_ar},
                                                      {"k_ra", k_ra},
                                                      {"hello_data", hello_data},
                                                      {"hello_sig", hello_sig},
                                                      {"hello", hello},
                                                      {"second_message", agent_e.pk + box(k_ar, zero, hello)},
                                                      {"hello_ack", hello_ack},
                                                      {"third_message", box(k_ra, zero, hello_ack)}});

  // Frames: Ping is member 9 of Frame, Pong member 10, each empty; a frame is preceded by its length.
  const Text ping("\x02\x4a\x00", 3);
  const Text pong("\x02\x52\x00", 3);
  boost::json::array vectors{
      relay_vector(secret, previous),
      token_vector(),
      allow_vector(0),
      allow_vector(1),
      allow_vector(3),
      handshake,
      link_box("agent to relay", k_ar, 1, ping),
      link_box("agent to relay", k_ar, 2, ping + ping),
      link_box("relay to agent", k_ra, 1, pong),
      link_box("relay to agent", k_ra, 258, pong + pong),
  };
  return {{"description", "Section 6. 'link_msg' is what the link's keys hash under dh(agent_e, relay_e)."},
          {"vectors", std::move(vectors)}};
}

}  // namespace agentroom::vectors
