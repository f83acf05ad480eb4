// The vectors of tests/vectors/protocol_*.json, made by an implementation that shares no code with this one.
#include <boost/json.hpp>
#include <fstream>
#include <iterator>

#include "base/base64url.hpp"
#include "crypto/invite_keys.hpp"
#include "protocol/content.hpp"
#include "protocol/frames.hpp"
#include "protocol/invite.hpp"
#include "some_link.hpp"

namespace agentroom::protocol {
namespace {

using namespace test;
namespace json = boost::json;

json::object read_vectors(const std::string& name) {
  crypto::init();
  std::ifstream in(std::string(VECTORS_DIR) + "/" + name);
  EXPECT_TRUE(in) << name;
  return json::parse(std::string(std::istreambuf_iterator<char>(in), {})).as_object();
}

std::string text_of(const json::value& value) {
  return std::string(value.as_string());
}

Bytes hex(const json::value& value) {
  const auto& text = value.as_string();
  Bytes out(text.size() / 2);
  if (out.empty()) return out;
  EXPECT_EQ(sodium_hex2bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(), text.size(), nullptr,
                           nullptr, nullptr),
            0);
  return out;
}

template <class Fixed>
Fixed hex_as(const json::value& value) {
  auto fixed = Fixed::from(hex(value));
  EXPECT_TRUE(fixed);
  return std::move(*fixed);
}

crypto::Identity identity_of(const json::value& ed25519_seed) {
  crypto::Identity identity;
  const Bytes seed = hex(ed25519_seed);
  crypto_sign_ed25519_seed_keypair(identity.ed25519.pk.data(), identity.ed25519.secret.data(),
                                   reinterpret_cast<const unsigned char*>(seed.data()));
  return identity;
}

/// Hands out one prepared value.
class Scripted final : public Random {
 public:
  explicit Scripted(Bytes bytes) : bytes_(std::move(bytes)) {}
  void fill(MutableByteView out) override {
    ASSERT_EQ(out.size(), bytes_.size());
    std::ranges::copy(bytes_, out.begin());
  }

 private:
  Bytes bytes_;
};

TEST(InviteVectors, AreReadAndWritten) {
  const auto v = read_vectors("protocol_invite.json");
  auto invite = parse_invite(text_of(v.at("url")));
  ASSERT_TRUE(invite) << invite.error().message;
  EXPECT_TRUE(same(invite->invite_id.view(), hex(v.at("invite_id"))));
  EXPECT_TRUE(same(invite->inviter.view(), hex(v.at("inviter_ed25519_pk"))));
  EXPECT_TRUE(same(invite->inviter_x.view(), hex(v.at("inviter_x25519_pk"))));
  EXPECT_TRUE(same(invite->nonce.view(), hex(v.at("nonce"))));
  EXPECT_TRUE(same(invite->prekey.view(), hex(v.at("prekey"))));
  EXPECT_TRUE(same(invite->relay_pk.view(), hex(v.at("relay_pk"))));
  EXPECT_TRUE(same(invite->sig.view(), hex(v.at("sig"))));
  EXPECT_EQ(invite->server_url, text_of(v.at("server_url")));
  EXPECT_EQ(invite->expires_at, v.at("expires_at").as_int64());

  EXPECT_EQ(invite_url(*invite), text_of(v.at("url"))) << "members are written in the order of the vector";
  Invite again = std::move(*invite);
  again.sig = {};
  sign_invite(again, identity_of(v.at("inviter_ed25519_seed")));
  EXPECT_TRUE(same(again.sig.view(), hex(v.at("sig"))));
  EXPECT_EQ(crypto_sign_ed25519_verify_detached(again.sig.data(),
                                                reinterpret_cast<const unsigned char*>(hex(v.at("signed_data")).data()),
                                                hex(v.at("signed_data")).size(), again.inviter.data()),
            0);
}

TEST(InviteVectors, DeriveClaimAndToken) {
  const auto v = read_vectors("protocol_invite.json");
  const auto nonce = hex_as<crypto::InviteNonce>(v.at("nonce"));
  const auto invite_id = hex_as<InviteId>(v.at("invite_id"));
  EXPECT_EQ(crypto::derive_claim_pair(nonce, invite_id).pk, hex_as<ClaimKey>(v.at("claim_pk")));
  const auto token = crypto::derive_invite_token(nonce, invite_id);
  EXPECT_TRUE(same(token.view(), hex(v.at("invite_token"))));
  EXPECT_EQ(crypto::hash_token(token), hex_as<TokenHash>(v.at("invite_token_hash")));
}

TEST(InviteVectors, AreRefusedForTheReasonGiven) {
  const auto v = read_vectors("protocol_invite.json");
  EXPECT_GT(v.at("refused").as_array().size(), 25U);
  for (const auto& entry : v.at("refused").as_array()) {
    const auto invite = parse_invite(text_of(entry.at("url")));
    ASSERT_FALSE(invite) << text_of(entry.at("what"));
    EXPECT_EQ(code_name(invite.error().code), text_of(entry.at("code"))) << text_of(entry.at("what"));
  }
}

/// A frame told like the vectors tell it.
struct Told {
  static json::string hexed(ByteView bytes) {
    std::string text(2 * bytes.size() + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    text.pop_back();
    return json::string(text);
  }
  json::object operator()(const UnknownFrame&) const { return {{"unknown", true}}; }
  json::object operator()(const Allow& f) const {
    json::array hashes;
    for (const auto& hash : f.hashes) hashes.push_back(hexed(hash.view()));
    return {{"hashes", hashes}};
  }
  json::object operator()(const InvitePublish& f) const {
    return {{"request_id", hexed(f.request_id.view())},
            {"invite_id", hexed(f.invite_id.view())},
            {"claim_pk", hexed(f.claim_pk.view())},
            {"expires_at", f.expires_at},
            {"token_hash", hexed(f.token_hash.view())}};
  }
  json::object operator()(const InviteRevoke& f) const {
    return {{"request_id", hexed(f.request_id.view())}, {"invite_id", hexed(f.invite_id.view())}};
  }
  json::object operator()(const InviteClaim& f) const {
    return {{"msg_id", hexed(f.msg_id.view())},
            {"invite_id", hexed(f.invite_id.view())},
            {"envelope", hexed(f.envelope)},
            {"claim_sig", hexed(f.claim_sig.view())}};
  }
  json::object operator()(const Send& f) const {
    return {{"msg_id", hexed(f.msg_id.view())},
            {"to", hexed(f.to.view())},
            {"token", hexed(f.token.view())},
            {"envelope", hexed(f.envelope)}};
  }
  json::object operator()(const Ack& f) const {
    json::array items;
    for (const auto& item : f.items) {
      items.push_back(json::object{{"id", hexed(item.id.view())},
                                   {"status", static_cast<int>(item.status)},
                                   {"code", std::string(code_text(item.code))},
                                   {"retry_after_ms", item.retry_after_ms}});
    }
    return {{"items", items}};
  }
  json::object operator()(const Delivery& f) const {
    return {{"from", hexed(f.from.view())}, {"msg_id", hexed(f.msg_id.view())}, {"envelope", hexed(f.envelope)}};
  }
  json::object operator()(const Receipt& f) const {
    json::array items;
    for (const auto& item : f.items) {
      items.push_back(json::object{{"from", hexed(item.from.view())},
                                   {"msg_id", hexed(item.msg_id.view())},
                                   {"status", static_cast<int>(item.status)}});
    }
    return {{"items", items}};
  }
  json::object operator()(const Ping&) const { return {}; }
  json::object operator()(const Pong&) const { return {}; }
  json::object operator()(const ErrorFrame& f) const {
    return {{"code", std::string(code_text(f.code))}, {"message", f.message}};
  }
  json::object operator()(const Closing& f) const { return {{"reason", static_cast<int>(f.reason)}}; }
};

TEST(FrameVectors, AreReadAndWritten) {
  const auto v = read_vectors("protocol_frames.json");
  std::size_t kinds = 0;
  for (const auto& entry : v.at("frames").as_array()) {
    const Bytes bytes = hex(entry.at("encoded"));
    const auto frames = decode_frames(bytes);
    ASSERT_TRUE(frames) << text_of(entry.at("name")) << ": " << frames.error().message;
    ASSERT_EQ(frames->size(), 1U);
    EXPECT_EQ(frames->at(0).index(), ++kinds) << "every kind, in the order of the proto";
    EXPECT_EQ(json::value(std::visit(Told{}, frames->at(0))), entry.at("fields")) << text_of(entry.at("name"));
    Bytes again;
    encode_frame(frames->at(0), again);
    EXPECT_TRUE(same(again, bytes)) << text_of(entry.at("name"));
  }
  EXPECT_EQ(kinds + 1, std::variant_size_v<Frame>);
  EXPECT_EQ(decode_frames(hex(v.at("link_message")))->size(), kinds);
  EXPECT_EQ(decode_frames(hex(v.at("unknown_kind")))->at(0).index(), 0U);
  EXPECT_TRUE(std::holds_alternative<Ping>(decode_frames(hex(v.at("unknown_field")))->at(0)));
}

TEST(FrameVectors, AreRefused) {
  const auto v = read_vectors("protocol_frames.json");
  EXPECT_GT(v.at("refused").as_array().size(), 20U);
  for (const auto& entry : v.at("refused").as_array()) {
    EXPECT_FALSE(decode_frames(hex(entry.at("encoded")))) << text_of(entry.at("what"));
  }
}

TEST(FrameVectors, ProveTheClaim) {
  const auto v = read_vectors("protocol_frames.json").at("claim").as_object();
  Bytes hash(32);
  crypto::bh(hash, {}, hex(v.at("envelope")), "ar3.envelope");
  EXPECT_TRUE(same(hash, hex(v.at("envelope_hash"))));
  EXPECT_TRUE(crypto::verify(hex(v.at("claim_pk")), "claim", {hex(v.at("invite_id")), hex(v.at("agent_pk")), hash},
                             hex_as<Signature>(v.at("claim_sig"))));
  const auto envelope = decode_envelope(hex(v.at("envelope")));
  ASSERT_TRUE(envelope) << envelope.error().message;
  const auto& init = std::get<SessionInit>(*envelope);
  EXPECT_TRUE(same(init.invite_id.view(), hex(v.at("invite_id"))));
  EXPECT_TRUE(same(init.invitee_ed.view(), hex(v.at("agent_pk"))));
  EXPECT_TRUE(same(encode_envelope(*envelope), hex(v.at("envelope"))));
}

TEST(FrameVectors, DigestTheAllowedTokens) {
  const auto v = read_vectors("protocol_frames.json").at("allow").as_object();
  std::vector<TokenHash> hashes;
  for (const auto& token : v.at("tokens").as_array()) {
    hashes.push_back(crypto::hash_token(hex_as<crypto::MailboxToken>(token)));
  }
  std::ranges::sort(hashes);
  ASSERT_EQ(hashes.size(), v.at("hashes").as_array().size());
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    EXPECT_EQ(hashes[i], hex_as<TokenHash>(v.at("hashes").as_array()[i]));
  }
  EXPECT_EQ(crypto::digest_allowed(hashes), hex_as<AllowDigest>(v.at("digest")));
  EXPECT_EQ(crypto::digest_allowed({}), hex_as<AllowDigest>(v.at("digest_of_none")));
}

TEST(ContentVectors, AreReadAndWritten) {
  const auto v = read_vectors("protocol_frames.json");
  const auto& common = v.at("content");
  for (const auto& entry : v.at("contents").as_array()) {
    const std::string name = text_of(entry.at("name"));
    const auto content = decode_content(hex(entry.at("encoded")));
    ASSERT_TRUE(content) << name << ": " << content.error().message;
    EXPECT_EQ(content->sent_at, common.at("sent_at_ms").as_int64());
    EXPECT_EQ(content->conversation_id, hex_as<ConversationId>(common.at("conversation_id")));
    EXPECT_EQ(content->in_reply_to, hex_as<MsgId>(common.at("in_reply_to")));
    EXPECT_EQ(content->hops, common.at("hops").to_number<std::uint32_t>());
    if (name == "SessionHello") {
      const auto& hello = std::get<SessionHello>(content->body);
      EXPECT_EQ(hello.generation, entry.at("generation").to_number<std::uint32_t>());
      EXPECT_TRUE(same(hello.token.view(), hex(entry.at("token"))));
      EXPECT_EQ(hello.name, text_of(entry.at("peer_name")));
      EXPECT_EQ(json::value_from(hello.capabilities), entry.at("capabilities"));
    } else if (name == "SessionAck") {
      const auto& ack = std::get<SessionAck>(content->body);
      EXPECT_EQ(ack.generation, entry.at("generation").to_number<std::uint32_t>());
      EXPECT_EQ(ack.name, text_of(entry.at("peer_name")));
    } else if (name == "Text") {
      EXPECT_EQ(std::get<Text>(content->body).text, text_of(entry.at("text")));
    } else if (name == "RelayUrls") {
      EXPECT_EQ(json::value_from(std::get<RelayUrls>(content->body).urls), entry.at("urls"));
    } else {
      EXPECT_TRUE(std::holds_alternative<UnknownBody>(content->body));
      continue;
    }
    EXPECT_TRUE(same(encode_content(*content), hex(entry.at("encoded")))) << name;
  }
}

class HandshakeVectors : public testing::Test {
 protected:
  json::object v = read_vectors("protocol_handshake.json");
  crypto::RelayIdentity relay =
      crypto::RelayIdentity::from_secret(text_of(v.at("relay_secret")), text_of(v.at("previous_secret")));
  crypto::Identity agent = identity_of(v.at("agent_ed25519_seed"));

  RelayHandshake relay_side() {
    Scripted random(hex(v.at("relay_e_secret")));
    return RelayHandshake(relay, RelayTerms{}, random);
  }
};

TEST_F(HandshakeVectors, MakeTheRelaysIdentity) {
  EXPECT_EQ(relay.pair.pk, hex_as<RelayId>(v.at("relay_pk")));
  EXPECT_TRUE(same(relay.pair.secret.view().first(32), hex(v.at("relay_seed"))));
  ASSERT_TRUE(relay.succession);
  EXPECT_EQ(relay.succession->previous_pk, hex_as<RelayId>(v.at("previous_pk")));
  EXPECT_EQ(relay.succession->sig, hex_as<Signature>(v.at("successor_sig")));
}

TEST_F(HandshakeVectors, MakeTheChallenge) {
  const auto side = relay_side();
  EXPECT_TRUE(same(side.challenge(), hex(v.at("challenge"))));
  const auto challenge = decode_challenge(side.challenge());
  ASSERT_TRUE(challenge);
  EXPECT_TRUE(same(challenge->body, hex(v.at("challenge_body"))));
  EXPECT_TRUE(same(challenge->sig.view(), hex(v.at("challenge_sig"))));
  EXPECT_TRUE(same(decode_challenge_body(challenge->body)->relay_e.view(), hex(v.at("relay_e"))));
}

TEST_F(HandshakeVectors, MakeTheKeysOfTheLink) {
  const auto e = crypto::AgreementPair::from_secret(hex_as<crypto::AgreementSecret>(v.at("agent_e_secret")));
  EXPECT_TRUE(same(e.pk.view(), hex(v.at("agent_e"))));
  const auto shared = crypto::dh(e.secret, hex_as<AgreementKey>(v.at("relay_e")));
  ASSERT_TRUE(shared);
  EXPECT_TRUE(same(shared->view(), hex(v.at("shared"))));
  Bytes hash(32);
  crypto::bh(hash, {}, hex(v.at("challenge")), "ar3.challenge");
  EXPECT_TRUE(same(hash, hex(v.at("challenge_hash"))));
  const auto keys = crypto::derive_link_keys(*shared, relay.pair.pk, hex_as<AgreementKey>(v.at("relay_e")), e.pk,
                                             hex(v.at("challenge")));
  EXPECT_TRUE(same(keys.agent_to_relay.view(), hex(v.at("k_ar"))));
  EXPECT_TRUE(same(keys.relay_to_agent.view(), hex(v.at("k_ra"))));
}

TEST_F(HandshakeVectors, MakeHelloItsAnswerAndTheFirstMessages) {
  auto side = relay_side();
  auto agent_side = AgentHandshake::start(side.challenge());
  ASSERT_TRUE(agent_side);
  EXPECT_EQ(agent_side->proof().successor_of, hex_as<RelayId>(v.at("previous_pk")));
  Scripted random(hex(v.at("agent_e_secret")));
  const auto hello = agent_side->hello(agent, random);
  ASSERT_TRUE(hello);
  EXPECT_TRUE(same(*hello, hex(v.at("hello"))));
  EXPECT_TRUE(same(encode_hello({agent.id(), hex_as<Signature>(v.at("hello_sig"))}), hex(v.at("hello_plaintext"))));

  const Welcome welcome{v.at("pending").to_number<std::uint32_t>(), hex_as<AllowDigest>(v.at("allow_digest"))};
  EXPECT_TRUE(same(encode_hello_ack(welcome), hex(v.at("hello_ack_plaintext"))));
  auto accepted = side.accept(*hello, [&](const AgentId&) { return welcome; });
  ASSERT_TRUE(accepted) << accepted.error().message;
  EXPECT_EQ(accepted->agent, hex_as<AgentId>(v.at("agent_pk")));
  EXPECT_TRUE(same(accepted->welcome, hex(v.at("hello_ack"))));
  auto done = agent_side->finish(accepted->welcome);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->welcome.pending, 7U);

  const auto carry = [&](const char* direction, crypto::LinkCipher& from, crypto::LinkCipher& to) {
    for (const auto& entry : v.at(direction).as_array()) {
      Bytes message = joined({filled(16, 0), hex(entry.at("frames"))});
      from.seal(message);
      EXPECT_TRUE(same(message, hex(entry.at("message")))) << direction;
      const auto opened = to.open(message);
      ASSERT_TRUE(opened);
      EXPECT_TRUE(same(*opened, hex(entry.at("frames"))));
      EXPECT_TRUE(decode_frames(*opened));
    }
  };
  carry("agent_to_relay", done->cipher, accepted->cipher);
  carry("relay_to_agent", accepted->cipher, done->cipher);
}

TEST_F(HandshakeVectors, CorruptedInAnyByteAreRefused) {
  const auto each_byte = [](const Bytes& bytes, auto refused) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      Bytes changed = bytes;
      changed[i] ^= std::byte{0x10};
      EXPECT_TRUE(refused(changed)) << "byte " << i;
    }
  };
  each_byte(hex(v.at("challenge")), [](const Bytes& bytes) { return !AgentHandshake::start(bytes); });
  each_byte(hex(v.at("hello")), [&](const Bytes& bytes) {
    auto side = relay_side();
    return !side.accept(bytes, [](const AgentId&) { return Welcome{}; });
  });
  auto agent_side = AgentHandshake::start(hex(v.at("challenge")));
  Scripted random(hex(v.at("agent_e_secret")));
  ASSERT_TRUE(agent_side->hello(agent, random));
  each_byte(hex(v.at("hello_ack")), [&](Bytes bytes) { return !agent_side->finish(bytes); });
  Bytes good = hex(v.at("hello_ack_without_mailbox"));
  const auto done = agent_side->finish(good);
  ASSERT_TRUE(done);
  EXPECT_FALSE(done->welcome.allow_digest);
}

}  // namespace
}  // namespace agentroom::protocol
