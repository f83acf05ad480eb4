// What agents and relays read back from their stores, once it was unsealed, and the state of a ratchet.
//
//   u8 which record (see kReaders), then its bytes; of a session, first a piece with the record of a kept key
#include "agent/records.hpp"
#include "relay/records.hpp"
#include "target.hpp"

namespace agentroom::fuzz {
namespace {

template <class Decode, class Encode>
void check(ByteView value, Decode&& decode, Encode&& encode) {
  const auto record = decode(value);
  if (!record) {
    const ErrorCode code = record.error().code;
    return require(code == ErrorCode::kCorrupt || code == ErrorCode::kUnsupportedVersion, "damage is told as damage");
  }
  const Bytes once = encode(*record);
  const auto again = decode(once);
  require(again.has_value(), "what was read can be written and read again");
  require(encode(*again) == once, "and is the same");
}

template <class Record>
Bytes encode_one(const Record& record) {
  return encode(record);
}

crypto::MessageContext context() {
  return {numbered<AgentId>(1), numbered<AgentId>(2), numbered<MsgId>(3)};
}

void use(crypto::Ratchet& ratchet) {
  Sequence random;
  if (const auto sent = ratchet.encrypt(context(), as_bytes("text"), random); sent) {
    require(!ratchet.decrypt(context(), *sent, 1, random), "nobody reads what they wrote themselves");
  } else {
    require(!ratchet.can_send(), "who can send sends");
  }
}

void check_session(ByteView bytes) {
  Input input(bytes);
  std::vector<crypto::KeptKey> kept;
  if (auto key = agent::decode_kept_key(input.piece()); key) kept.push_back(std::move(key->key));
  const ByteView value = input.rest();
  const auto id = agent::session_of(value);
  auto session = agent::decode_session(value, std::move(kept));
  if (!session) return require(session.error().code == ErrorCode::kCorrupt, "damage is told as damage");
  require(id && *id == session->facts.id, "both readers see the same session");
  const Bytes once = agent::encode(session->facts, session->ratchet);
  const auto again = agent::decode_session(once, {});
  require(again && agent::encode(again->facts, again->ratchet) == once, "a session can be written and read again");
  use(session->ratchet);
}

void check_state(ByteView state) {
  auto ratchet = crypto::Ratchet::restore(state, {});
  if (!ratchet) return require(ratchet.error().code == ErrorCode::kCorrupt, "damage is told as damage");
  const Bytes once = ratchet->serialize();
  const auto again = crypto::Ratchet::restore(once, {});
  require(again && again->serialize() == once, "a state can be written and read again");
  use(*ratchet);
}

using Reader = void (*)(ByteView);
constexpr Reader kReaders[] = {
    check_session,
    check_state,
    [](ByteView v) { check(v, agent::decode_meta, encode_one<agent::MetaRecord>); },
    [](ByteView v) { check(v, agent::decode_peer, encode_one<agent::PeerRecord>); },
    [](ByteView v) { check(v, agent::decode_kept_key, encode_one<agent::KeptKeyRecord>); },
    [](ByteView v) { check(v, agent::decode_outgoing, encode_one<agent::OutgoingRecord>); },
    [](ByteView v) { check(v, agent::decode_incoming, encode_one<agent::IncomingRecord>); },
    [](ByteView v) { check(v, agent::decode_seen, agent::encode_seen); },
    [](ByteView v) { check(v, agent::decode_unreadable, encode_one<agent::UnreadableRecord>); },
    [](ByteView v) { check(v, agent::decode_invite, encode_one<agent::InviteRecord>); },
    [](ByteView v) { check(v, agent::decode_claim, encode_one<agent::ClaimRecord>); },
    [](ByteView v) { check(v, agent::decode_pin, encode_one<agent::PinRecord>); },
    [](ByteView v) { check(v, relay::decode_segment, relay::encode_segment); },
    [](ByteView v) { check(v, relay::decode_receipts, relay::encode_receipts); },
    [](ByteView v) { check(v, relay::decode_mailbox, relay::encode_mailbox); },
    [](ByteView v) { check(v, relay::decode_invite, relay::encode_invite); },
    [](ByteView v) { (void)relay::decode_format(v), (void)relay::decode_segment_envelopes(v); },
};

void run(ByteView bytes) {
  Input input(bytes);
  kReaders[input.u8() % std::size(kReaders)](input.rest());
}

crypto::Ratchet some_ratchet() {
  Sequence random;
  crypto::SessionSecrets secrets;
  secrets.session_id = numbered<SessionId>(1);
  random.fill(secrets.root.mutable_view());
  random.fill(secrets.hk_a.mutable_view());
  random.fill(secrets.hk_b.mutable_view());
  const auto prekey = crypto::AgreementPair::generate(random);
  return std::move(*crypto::Ratchet::initiate(std::move(secrets), prekey.pk, random));
}

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  const auto add = [&](const char* name, unsigned which, ByteView value) {
    all.push_back({name, Script().u8(which).raw(value).bytes()});
  };
  const auto ratchet = some_ratchet();
  agent::KeptKeyRecord key{.session_id = numbered<SessionId>(1), .key = {}, .order = 7};
  key.key.n = 4;
  key.key.kept_at = 1'750'000'000'000;
  agent::SessionFacts facts;
  facts.id = numbered<SessionId>(1);
  facts.peer = numbered<AgentId>(2);
  facts.url = "wss://relay.example/ws";
  facts.relay_urls = {"ws://10.0.0.7:8787/ws"};
  facts.created_at = 1'750'000'000'000;
  add("session", 0, Script().piece(encode(key)).raw(agent::encode(facts, ratchet)).bytes());
  add("state", 1, ratchet.serialize());
  add("meta", 2, encode(agent::MetaRecord{1, numbered<AgentId>(1)}));
  add("peer", 3, encode(agent::PeerRecord{numbered<AgentId>(1), "bob", "Bob", 3}));
  add("kept-key", 4, encode(key));
  agent::OutgoingRecord outgoing;
  outgoing.url = facts.url;
  outgoing.envelope = Bytes(40, std::byte{7});
  add("outgoing", 5, encode(outgoing));
  agent::IncomingRecord incoming;
  incoming.in_reply_to = numbered<MsgId>(9);
  incoming.text = "hello";
  add("incoming", 6, encode(incoming));
  add("seen", 7, agent::encode_seen(1'750'000'000'000));
  agent::UnreadableRecord unreadable;
  unreadable.why = "no key opens its header";
  unreadable.envelope = Bytes(40, std::byte{7});
  add("unreadable", 8, encode(unreadable));
  agent::InviteRecord invite;
  Sequence random;
  invite.prekey = crypto::AgreementPair::generate(random);
  invite.url = facts.url;
  invite.stage = agent::InviteStage::kOpen;
  add("invite", 9, encode(invite));
  agent::ClaimRecord claim;
  claim.envelope = Bytes(40, std::byte{7});
  claim.url = facts.url;
  add("claim", 10, encode(claim));
  add("pin", 11, encode(agent::PinRecord{facts.url, numbered<RelayId>(5)}));
  relay::SegmentRecord segment{.stored_at = 1'750'000'000'000,
                               .from = std::string(64, 'f'),
                               .to = std::string(64, 't'),
                               .msg_id = std::string(32, 'm'),
                               .token = std::string(32, 'k'),
                               .size = {3, 4},
                               .claims = {1},
                               .envelopes = "onetwo!"};
  add("segment", 12, relay::encode_segment(segment));
  add("receipts", 13, relay::encode_receipts({true, false, true}));
  add("mailbox", 14,
      relay::encode_mailbox({numbered<AgentId>(1), {numbered<TokenHash>(1), numbered<TokenHash>(9)}, true}));
  relay::InviteRecord relays;
  relays.state = relay::InviteRecord::State::kClaimed;
  relays.listed = true;
  add("relay-invite", 15, relay::encode_invite(relays));
  add("format", 16, relay::encode_format());
  return all;
}

const Registration kTarget({"records", run, seeds});

}  // namespace
}  // namespace agentroom::fuzz
