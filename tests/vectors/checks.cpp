// Sections 1, 2 and 6, safety numbers and the sealed records.
#include "checks.hpp"

#include <map>

#include "crypto/identity.hpp"
#include "crypto/invite_keys.hpp"
#include "crypto/link_cipher.hpp"
#include "crypto/little_endian.hpp"
#include "crypto/primitives.hpp"
#include "crypto/relay_identity.hpp"
#include "crypto/safety_number.hpp"
#include "crypto/sealed_record.hpp"
#include "crypto/signing_pair.hpp"
#include "replay_random.hpp"
#include "session_checks.hpp"

namespace agentroom::vectors {

using namespace crypto;

namespace {

Bytes hash(std::size_t n, ByteView key, ByteView msg, std::string_view label) {
  Bytes out(n);
  bh(out, key, msg, label);
  return out;
}

Bytes joined(std::initializer_list<ByteView> pieces) {
  Bytes all;
  for (ByteView piece : pieces) append(all, piece);
  return all;
}

bool contains(const Bytes& bytes, const Bytes& piece) {
  return !std::ranges::search(bytes, piece).empty();
}

bool check_bh(const Fields& f) {
  const Bytes out = hash(f.number<std::size_t>("n"), f.bytes("key"), f.bytes("msg"), f.text("label"));
  return Check(f).equal("out", out).holds();
}

bool check_dh(const Fields& f) {
  const auto shared = dh(f.as<AgreementSecret>("secret"), f.as<AgreementKey>("pk"));
  return shared && Check(f).equal("shared", shared->view()).holds();
}

bool check_sign(const Fields& f) {
  const auto pair = signing_pair_from_seed<AgentId>(f.as<SigningSeed>("seed"));
  const Bytes data = f.bytes("data");
  const std::string context = f.text("context");
  const Bytes zero(1);
  return Check(f)
      .equal("pk", pair.pk.view())
      .equal("signed_text", joined({as_bytes("agentroom/3 "), as_bytes(context), zero, data}))
      .equal("sig", sign(pair.secret, context, {data}).view())
      .that(verify(f.bytes("pk"), context, {data}, f.as<Signature>("sig")))
      .holds();
}

bool check_box(const Fields& f) {
  const Bytes key = f.bytes("key");
  const auto nonce = f.as<Nonce>("nonce");
  return Check(f)
      .equal("boxed", box(key, nonce, f.bytes("msg")))
      .that(unbox(key, nonce, f.bytes("boxed")) == f.bytes("msg"))
      .holds();
}

bool check_invite_signature(const Fields& f) {
  const auto pair = signing_pair_from_seed<AgentId>(f.as<SigningSeed>("inviter_ed_seed"));
  std::array<std::byte, 8> expires_at{};
  put_u64(expires_at, f.number<std::uint64_t>("expires_at"));
  const std::string server_url = f.text("server_url");
  const Bytes data = joined({f.bytes("invite_id"), f.bytes("inviter_ed"), f.bytes("inviter_x"), f.bytes("prekey"),
                             f.bytes("relay_pk"), f.bytes("nonce"), expires_at, as_bytes(server_url)});
  return Check(f)
      .equal("inviter_ed", pair.pk.view())
      .equal("data", data)
      .equal("sig", sign(pair.secret, "invite", {data}).view())
      .that(verify(pair.pk.view(), "invite", {data}, f.as<Signature>("sig")))
      .holds();
}

bool check_claim_pair(const Fields& f) {
  const auto pair = derive_claim_pair(f.as<InviteNonce>("nonce"), f.as<InviteId>("invite_id"));
  return Check(f).equal("claim_seed", seed_of(pair.secret)).equal("claim_pk", pair.pk.view()).holds();
}

bool check_invite_token(const Fields& f) {
  const auto token = derive_invite_token(f.as<InviteNonce>("nonce"), f.as<InviteId>("invite_id"));
  return Check(f).equal("token", token.view()).equal("token_hash", hash_token(token).view()).holds();
}

bool check_claim_signature(const Fields& f) {
  const auto pair = derive_claim_pair(f.as<InviteNonce>("nonce"), f.as<InviteId>("invite_id"));
  const Bytes envelope_hash = hash(32, {}, f.bytes("envelope"), "ar3.envelope");
  const Bytes data = joined({f.bytes("invite_id"), f.bytes("agent_pk"), envelope_hash});
  return Check(f)
      .equal("envelope_hash", envelope_hash)
      .equal("data", data)
      .equal("sig", sign(pair.secret, "claim", {data}).view())
      .that(verify(pair.pk.view(), "claim", {data}, f.as<Signature>("sig")))
      .holds();
}

bool check_relay_identity(const Fields& f) {
  const auto relay = RelayIdentity::from_secret(f.text("secret"), f.text("secret_previous"));
  const auto previous = RelayIdentity::from_secret(f.text("secret_previous"));
  return Check(f)
      .equal("seed", seed_of(relay.pair.secret))
      .equal("relay_pk", relay.pair.pk.view())
      .equal("previous_seed", seed_of(previous.pair.secret))
      .equal("previous_pk", relay.succession->previous_pk.view())
      .equal("successor_sig", relay.succession->sig.view())
      .that(verify(f.bytes("previous_pk"), "successor", {f.bytes("relay_pk")}, f.as<Signature>("successor_sig")))
      .holds();
}

bool check_token_hash(const Fields& f) {
  return Check(f).equal("hash", hash_token(f.as<MailboxToken>("token")).view()).holds();
}

bool check_allow_digest(const Fields& f) {
  std::vector<TokenHash> hashes;
  for (const auto& hash : f.array("hashes")) {
    hashes.push_back(crypto::test::from_hex_as<TokenHash>(json::value_to<std::string>(hash)));
  }
  return Check(f).equal("digest", digest_allowed(hashes).view()).holds();
}

bool check_safety_number(const Fields& f) {
  const auto one = f.as<AgentId>("one");
  const auto other = f.as<AgentId>("other");
  const std::string number = f.text("safety_number");
  const std::string a = f.text("digits_of_one");
  const std::string b = f.text("digits_of_other");
  return Check(f)
      .equal("hash_of_one", hash(30, {}, one.view(), "ar3.safety"))
      .equal("hash_of_other", hash(30, {}, other.view(), "ar3.safety"))
      .that(number == a + " " + b || number == b + " " + a)
      .that(safety_number(one, other) == number && safety_number(other, one) == number)
      .holds();
}

bool check_link_handshake(const Fields& f) {
  const auto relay = signing_pair_from_seed<RelayId>(f.as<SigningSeed>("relay_seed"));
  const auto agent = signing_pair_from_seed<AgentId>(f.as<SigningSeed>("agent_seed"));
  const auto relay_e = AgreementPair::from_secret(f.as<AgreementSecret>("relay_e_secret"));
  const auto agent_e = AgreementPair::from_secret(f.as<AgreementSecret>("agent_e_secret"));
  const Bytes body = f.bytes("challenge_body");
  const Bytes challenge = f.bytes("challenge");
  const auto shared = dh(agent_e.secret, relay_e.pk).value();
  const LinkKeys keys = derive_link_keys(shared, relay.pk, relay_e.pk, agent_e.pk, challenge);
  const Bytes challenge_hash = hash(32, {}, challenge, "ar3.challenge");
  const Bytes hello_data = joined({relay.pk.view(), relay_e.pk.view(), agent_e.pk.view(), agent.pk.view()});
  const Bytes hello = f.bytes("hello");
  return Check(f)
      .equal("relay_pk", relay.pk.view())
      .equal("relay_e", relay_e.pk.view())
      .equal("agent_pk", agent.pk.view())
      .equal("agent_e", agent_e.pk.view())
      .that(contains(body, f.bytes("relay_pk")) && contains(body, f.bytes("relay_e")))
      .equal("challenge_sig", sign(relay.secret, "challenge", {body}).view())
      .that(contains(challenge, body) && contains(challenge, f.bytes("challenge_sig")))
      .equal("shared", shared.view())
      .that(dh(relay_e.secret, agent_e.pk).value().equals(shared))
      .equal("challenge_hash", challenge_hash)
      .equal("link_msg", joined({relay.pk.view(), relay_e.pk.view(), agent_e.pk.view(), challenge_hash}))
      .equal("k_ar", keys.agent_to_relay.view())
      .equal("k_ra", keys.relay_to_agent.view())
      .equal("hello_data", hello_data)
      .equal("hello_sig", sign(agent.secret, "hello", {hello_data}).view())
      .that(contains(hello, f.bytes("agent_pk")) && contains(hello, f.bytes("hello_sig")))
      .equal("second_message", joined({agent_e.pk.view(), box(keys.agent_to_relay.view(), Nonce{}, hello)}))
      .equal("third_message", box(keys.relay_to_agent.view(), Nonce{}, f.bytes("hello_ack")))
      .holds();
}

bool check_link_box(const Fields& f) {
  const auto key = f.as<LinkKey>("key");
  LinkCipher sender(key.clone(), LinkKey{});
  LinkCipher receiver(LinkKey{}, key.clone());
  const auto counter = f.number<std::uint64_t>("counter");
  for (std::uint64_t earlier = 1; earlier < counter; ++earlier) {
    Bytes message(kMacBytes);
    sender.seal(message);
    if (!receiver.open(message)) return false;
  }
  const Bytes frames = f.bytes("frames");
  Bytes message(kMacBytes);
  append(message, frames);
  sender.seal(message);
  Check check(f);
  check.that(f.text("direction") == "agent to relay" || f.text("direction") == "relay to agent");
  check.equal("boxed", message).equal("boxed", box(key.view(), f.as<Nonce>("nonce"), frames));
  const auto opened = receiver.open(message);
  return check.that(opened && std::ranges::equal(*opened, frames)).holds();
}

bool check_agent_store_key(const Fields& f) {
  Identity identity;
  identity.ed25519 = signing_pair_from_seed<AgentId>(f.as<SigningSeed>("seed"));
  return Check(f).equal("store_key", identity.store_key().view()).holds();
}

bool check_relay_store_key(const Fields& f) {
  const auto relay = RelayIdentity::from_secret(f.text("secret"));
  return Check(f).equal("seed", seed_of(relay.pair.secret)).equal("store_key", relay.store_key().view()).holds();
}

bool check_record(const Fields& f) {
  const RecordSealer sealer(f.as<StoreKey>("store_key"));
  const Bytes key = hash(32, f.bytes("store_key"), f.bytes("record_key"), "ar3.record");
  ReplayRandom random;
  random.expect(f.bytes("nonce"));
  const auto opened = sealer.open(f.bytes("record_key"), f.bytes("sealed"));
  return Check(f)
      .equal("key", key)
      .equal("sealed", sealer.seal(f.bytes("record_key"), f.bytes("value"), random))
      .that(opened && *opened == f.bytes("value"))
      .holds();
}

bool check_blinded_id(const Fields& f) {
  const RecordSealer sealer(f.as<StoreKey>("store_key"));
  return Check(f).equal("blinded", sealer.blind({f.bytes("part_1"), f.bytes("part_2")}).view()).holds();
}

const std::map<std::string, bool (*)(const Fields&)> kChecks{
    {"bh", check_bh},
    {"dh", check_dh},
    {"sign", check_sign},
    {"box", check_box},
    {"invite_signature", check_invite_signature},
    {"claim_pair", check_claim_pair},
    {"invite_token", check_invite_token},
    {"claim_signature", check_claim_signature},
    {"session", check_session},
    {"kdf_rk", check_kdf_rk},
    {"kdf_ck", check_kdf_ck},
    {"sealed_header", check_sealed_header},
    {"body", check_body},
    {"padding_class", check_padding_class},
    {"relay_identity", check_relay_identity},
    {"token_hash", check_token_hash},
    {"allow_digest", check_allow_digest},
    {"safety_number", check_safety_number},
    {"link_handshake", check_link_handshake},
    {"link_box", check_link_box},
    {"agent_store_key", check_agent_store_key},
    {"relay_store_key", check_relay_store_key},
    {"sealed_record", check_record},
    {"blinded_id", check_blinded_id},
};

}  // namespace

bool holds(const json::object& vector) {
  const Fields fields(vector);
  const auto check = kChecks.find(fields.text("function"));
  return check != kChecks.end() && check->second(fields);
}

bool holds_quietly(const json::object& vector) {
  try {
    return holds(vector);
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace agentroom::vectors
