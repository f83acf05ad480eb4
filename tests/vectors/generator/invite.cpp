// Section 2.
#include <boost/json.hpp>

#include "files.hpp"
#include "spec.hpp"

namespace agentroom::vectors {

boost::json::value invite() {
  // A UUID v4: version and variant in their places.
  Text invite_id = fixed_random(16, "invite_id");
  invite_id[6] = static_cast<char>((invite_id[6] & 0x0f) | 0x40);
  invite_id[8] = static_cast<char>((invite_id[8] & 0x3f) | 0x80);
  const Text nonce = fixed_random(32, "invite nonce");
  const Pair inviter_ed = signing_pair(fixed_random(32, "inviter ed25519"));
  const Pair inviter_x = agreement_pair("inviter x25519");
  const Pair prekey = agreement_pair("prekey");
  const Pair relay = signing_pair(fixed_random(32, "relay of the invite"));
  const std::uint64_t expires_at = 1'750'000'000'000;
  const std::string server_url = "wss://relay.example/ws";

  // sig = sign("invite", invite_id ‖ inviter_ed ‖ inviter_x ‖ prekey ‖ relay_pk ‖ nonce ‖ u64 expires_at ‖ server_url)
  const Text data =
      invite_id + inviter_ed.pk + inviter_x.pk + prekey.pk + relay.pk + nonce + u64(expires_at) + server_url;
  auto signature = vector_of("invite_signature", {{"inviter_ed_seed", inviter_ed.secret},
                                                  {"invite_id", invite_id},
                                                  {"inviter_ed", inviter_ed.pk},
                                                  {"inviter_x", inviter_x.pk},
                                                  {"prekey", prekey.pk},
                                                  {"relay_pk", relay.pk},
                                                  {"nonce", nonce}});
  signature["expires_at"] = expires_at;
  signature["server_url"] = server_url;
  signature["data"] = hex(data);
  signature["sig"] = hex(sign(inviter_ed.secret, "invite", data));

  const Text claim_seed = bh(32, nonce, invite_id, "ar3.claim");
  const Pair claim = signing_pair(claim_seed);
  const auto claim_pair = vector_of(
      "claim_pair", {{"nonce", nonce}, {"invite_id", invite_id}, {"claim_seed", claim_seed}, {"claim_pk", claim.pk}});

  const Text token = bh(16, nonce, invite_id, "ar3.invitetoken");
  const auto invite_token = vector_of(
      "invite_token",
      {{"nonce", nonce}, {"invite_id", invite_id}, {"token", token}, {"token_hash", bh(16, "", token, "ar3.token")}});

  // claim_sig = sign("claim", invite_id ‖ agent_pk ‖ bh(32, "", envelope, "ar3.envelope")) by the claim pair
  const Pair agent = signing_pair(fixed_random(32, "invitee ed25519"));
  const Text envelope = fixed_random(100, "claimed envelope");
  const Text envelope_hash = bh(32, "", envelope, "ar3.envelope");
  const Text claim_data = invite_id + agent.pk + envelope_hash;
  const auto claim_signature = vector_of("claim_signature", {{"nonce", nonce},
                                                             {"invite_id", invite_id},
                                                             {"agent_pk", agent.pk},
                                                             {"envelope", envelope},
                                                             {"envelope_hash", envelope_hash},
                                                             {"data", claim_data},
                                                             {"sig", sign(claim_seed, "claim", claim_data)}});
  return {{"description", "Section 2. The envelope is bytes that stand for a serialised one."},
          {"vectors", {signature, claim_pair, invite_token, claim_signature}}};
}

}  // namespace agentroom::vectors
