// Section 3.
#include <boost/json.hpp>

#include "files.hpp"
#include "spec.hpp"

namespace agentroom::vectors {
namespace {

boost::json::object session(const std::string& name) {
  const Text invite_id = fixed_random(16, name + " invite_id");
  const Text nonce = fixed_random(32, name + " nonce");
  const Pair inviter_ed = signing_pair(fixed_random(32, name + " inviter ed25519"));
  const Pair inviter_x = agreement_pair(name + " inviter x25519");
  const Pair prekey = agreement_pair(name + " prekey");
  const Pair invitee_ed = signing_pair(fixed_random(32, name + " invitee ed25519"));
  const Pair invitee_x = agreement_pair(name + " invitee x25519");
  const Pair e = agreement_pair(name + " e");

  const Text transcript = invite_id + inviter_ed.pk + inviter_x.pk + prekey.pk + invitee_ed.pk + invitee_x.pk + e.pk;
  const Text t = bh(32, "", transcript, "ar3.transcript");
  const Text dh1 = dh(invitee_x.secret, prekey.pk);
  const Text dh2 = dh(e.secret, inviter_x.pk);
  const Text dh3 = dh(e.secret, prekey.pk);
  const Text ikm = dh1 + dh2 + dh3;
  const Text prk = bh(32, nonce, ikm + t, "ar3.prk");
  return vector_of("session", {{"invite_id", invite_id},
                               {"nonce", nonce},
                               {"inviter_ed_seed", inviter_ed.secret},
                               {"inviter_ed", inviter_ed.pk},
                               {"inviter_x_secret", inviter_x.secret},
                               {"inviter_x", inviter_x.pk},
                               {"prekey_secret", prekey.secret},
                               {"prekey", prekey.pk},
                               {"invitee_ed_seed", invitee_ed.secret},
                               {"invitee_ed", invitee_ed.pk},
                               {"invitee_x_secret", invitee_x.secret},
                               {"invitee_x", invitee_x.pk},
                               {"e_secret", e.secret},
                               {"e_pk", e.pk},
                               {"transcript", transcript},
                               {"T", t},
                               {"dh_invitee_x_prekey", dh1},
                               {"dh_e_inviter_x", dh2},
                               {"dh_e_prekey", dh3},
                               {"ikm", ikm},
                               {"prk", prk},
                               {"root", bh(32, prk, "\x01", "ar3.session")},
                               {"hk_a", bh(32, prk, "\x02", "ar3.session")},
                               {"hk_b", bh(32, prk, "\x03", "ar3.session")},
                               {"sig", sign(invitee_ed.secret, "session", t)}});
}

/// The 30 digits of one agent, from the hash of its key.
std::string half(const Text& hash) {
  std::string digits;
  for (std::size_t i = 0; i < hash.size(); i += 5) {
    std::uint64_t number = 0;
    for (const char byte : hash.substr(i, 5)) number = number * 256 + static_cast<unsigned char>(byte);
    const std::string group = std::to_string(100'000 + number % 100'000).substr(1);
    digits += (i > 0 ? " " : "") + group;
  }
  return digits;
}

boost::json::object safety_number(const std::string& name, const std::string& other_name) {
  const Text one = signing_pair(fixed_random(32, name + " ed25519")).pk;
  const Text other = signing_pair(fixed_random(32, other_name + " ed25519")).pk;
  const Text hash_one = bh(30, "", one, "ar3.safety");
  const Text hash_other = bh(30, "", other, "ar3.safety");
  auto vector = vector_of("safety_number",
                          {{"one", one}, {"other", other}, {"hash_of_one", hash_one}, {"hash_of_other", hash_other}});
  const std::string a = half(hash_one);
  const std::string b = half(hash_other);
  vector["digits_of_one"] = a;
  vector["digits_of_other"] = b;
  vector["safety_number"] = a < b ? a + " " + b : b + " " + a;
  return vector;
}

}  // namespace

boost::json::value handshake() {
  return {
      {"description",
       "Section 3. 'transcript' is what T hashes; 'sig' is sign(\"session\", T). Safety numbers: in both orders of the "
       "halves, and with a group that begins with zeros."},
      {"vectors",
       {session("first session"), session("second session"), safety_number("alice", "bob"),
        safety_number("alice", "carol"), safety_number("dave", "eve"), safety_number("frank", "grace")}}};
}

}  // namespace agentroom::vectors
