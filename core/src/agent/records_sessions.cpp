// Records of peers, sessions, invites, claims and pins.
#include "agent/record_codec.hpp"
#include "agent/records.hpp"
#include "records.pb.h"

namespace agentroom::agent {

void wipe(Bytes& bytes) {
  wipe_bytes(bytes);
}

Bytes encode(const MetaRecord& record) {
  records::Meta out;
  out.set_schema(record.schema);
  put(out.mutable_agent(), record.agent.view());
  return serialise(out);
}

Result<MetaRecord> decode_meta(ByteView value) {
  records::Meta in;
  if (!parse(in, value)) return damaged("meta");
  MetaRecord record{.schema = in.schema(), .agent = {}};
  FixedReader fixed;
  fixed(in.agent(), record.agent);
  if (!fixed.good()) return damaged("meta");
  return record;
}

Bytes encode(const PeerRecord& record) {
  records::Peer out;
  put(out.mutable_id(), record.id.view());
  out.set_given_name(record.given_name);
  out.set_own_name(record.own_name);
  out.set_generation(record.generation);
  return serialise(out);
}

Result<PeerRecord> decode_peer(ByteView value) {
  records::Peer in;
  if (!parse(in, value)) return damaged("peer");
  PeerRecord record{.id = {}, .given_name = in.given_name(), .own_name = in.own_name(), .generation = in.generation()};
  FixedReader fixed;
  fixed(in.id(), record.id);
  if (!fixed.good()) return damaged("peer");
  return record;
}

Bytes encode(const SessionFacts& facts, const crypto::Ratchet& ratchet) {
  records::Session out;
  put(out.mutable_session_id(), facts.id.view());
  put(out.mutable_peer(), facts.peer.view());
  out.set_generation(facts.generation);
  out.set_invitee(facts.invitee);
  out.set_confirmed(facts.confirmed);
  out.set_acknowledged(facts.acknowledged);
  out.set_claim_pending(facts.claim_pending);
  put(out.mutable_token_out(), facts.token_out.view());
  put(out.mutable_token_in(), facts.token_in.view());
  out.set_url(facts.url);
  put(out.mutable_invite_id(), facts.invite_id.view());
  put(out.mutable_claim_msg_id(), facts.claim_msg_id.view());
  out.set_created_at(facts.created_at);
  out.set_last_used(facts.last_used);
  out.set_superseded_at(facts.superseded_at);
  out.set_claimed_at(facts.claimed_at);
  out.set_lapsed_at_ms(facts.lapsed_at);
  for (const auto& url : facts.relay_urls) out.add_relay_urls(url);
  out.set_order(facts.order);
  out.set_relay_urls_at(facts.relay_urls_at);
  out.set_has_announced(facts.announced.has_value());
  if (facts.announced) {
    for (const auto& url : *facts.announced) out.add_announced(url);
  }
  Bytes state = ratchet.serialize();
  put(out.mutable_ratchet(), state);
  wipe(state);
  Bytes value = serialise(out);
  for (auto* secret : {out.mutable_token_out(), out.mutable_token_in(), out.mutable_ratchet()}) wipe(secret);
  return value;
}

Result<SessionId> session_of(ByteView session_value) {
  records::Session in;
  if (!parse(in, session_value)) return damaged("session");
  for (auto* secret : {in.mutable_token_out(), in.mutable_token_in(), in.mutable_ratchet()}) wipe(secret);
  auto id = SessionId::from(as_bytes(in.session_id()));
  if (!id) return damaged("session");
  return *id;
}

Result<SessionRecord> decode_session(ByteView value, std::vector<crypto::KeptKey> kept) {
  records::Session in;
  if (!parse(in, value)) return damaged("session");
  SessionFacts facts;
  FixedReader fixed;
  fixed(in.session_id(), facts.id);
  fixed(in.peer(), facts.peer);
  fixed(in.token_out(), facts.token_out);
  fixed(in.token_in(), facts.token_in);
  fixed(in.invite_id(), facts.invite_id);
  fixed(in.claim_msg_id(), facts.claim_msg_id);
  facts.generation = in.generation();
  facts.invitee = in.invitee();
  facts.confirmed = in.confirmed();
  facts.acknowledged = in.acknowledged();
  facts.claim_pending = in.claim_pending();
  facts.url = in.url();
  facts.created_at = in.created_at();
  facts.last_used = in.last_used();
  facts.superseded_at = in.superseded_at();
  facts.claimed_at = in.claimed_at() != 0 ? in.claimed_at() : in.created_at();
  facts.lapsed_at = in.lapsed_at_ms();
  facts.relay_urls.assign(in.relay_urls().begin(), in.relay_urls().end());
  facts.order = in.order();
  facts.relay_urls_at = in.relay_urls_at();
  if (in.has_announced()) facts.announced.emplace(in.announced().begin(), in.announced().end());
  auto ratchet = crypto::Ratchet::restore(as_bytes(in.ratchet()), std::move(kept));
  for (auto* secret : {in.mutable_token_out(), in.mutable_token_in(), in.mutable_ratchet()}) wipe(secret);
  if (!ratchet) return pass(ratchet);
  if (!fixed.good() || ratchet->session_id() != facts.id) return damaged("session");
  return SessionRecord{std::move(facts), std::move(*ratchet)};
}

Bytes encode(const KeptKeyRecord& record) {
  records::KeptKey out;
  put(out.mutable_session_id(), record.session_id.view());
  put(out.mutable_hk(), record.key.hk.view());
  out.set_n(record.key.n);
  put(out.mutable_mk(), record.key.mk.view());
  out.set_kept_at(record.key.kept_at);
  out.set_order(record.order);
  Bytes value = serialise(out);
  for (auto* secret : {out.mutable_hk(), out.mutable_mk()}) wipe(secret);
  return value;
}

Result<KeptKeyRecord> decode_kept_key(ByteView value) {
  records::KeptKey in;
  if (!parse(in, value)) return damaged("kept key");
  KeptKeyRecord record;
  FixedReader fixed;
  fixed(in.session_id(), record.session_id);
  fixed(in.hk(), record.key.hk);
  fixed(in.mk(), record.key.mk);
  record.key.n = in.n();
  record.key.kept_at = in.kept_at();
  record.order = in.order();
  for (auto* secret : {in.mutable_hk(), in.mutable_mk()}) wipe(secret);
  if (!fixed.good()) return damaged("kept key");
  return record;
}

Bytes encode(const InviteRecord& record) {
  records::OpenInvite out;
  put(out.mutable_invite_id(), record.invite_id.view());
  put(out.mutable_nonce(), record.nonce.view());
  put(out.mutable_prekey(), record.prekey.secret.view());
  out.set_url(record.url);
  put(out.mutable_relay_pk(), record.relay_pk.view());
  out.set_expires_at(record.expires_at);
  out.set_stage(static_cast<records::OpenInvite::Stage>(record.stage));
  out.set_named_url(record.named_url);
  Bytes value = serialise(out);
  for (auto* secret : {out.mutable_nonce(), out.mutable_prekey()}) wipe(secret);
  return value;
}

Result<InviteRecord> decode_invite(ByteView value) {
  records::OpenInvite in;
  if (!parse(in, value)) return damaged("invite");
  InviteRecord record;
  crypto::AgreementSecret prekey;
  FixedReader fixed;
  fixed(in.invite_id(), record.invite_id);
  fixed(in.nonce(), record.nonce);
  fixed(in.prekey(), prekey);
  fixed(in.relay_pk(), record.relay_pk);
  for (auto* secret : {in.mutable_nonce(), in.mutable_prekey()}) wipe(secret);
  if (!fixed.good() || in.stage() < 0 || in.stage() > static_cast<int>(InviteStage::kClaimed)) return damaged("invite");
  record.prekey = crypto::AgreementPair::from_secret(std::move(prekey));
  record.url = in.url();
  record.expires_at = in.expires_at();
  record.stage = static_cast<InviteStage>(in.stage());
  record.named_url = in.named_url();
  return record;
}

Bytes encode(const ClaimRecord& record) {
  records::Claim out;
  put(out.mutable_msg_id(), record.msg_id.view());
  put(out.mutable_invite_id(), record.invite_id.view());
  put(out.mutable_session_id(), record.session_id.view());
  put(out.mutable_inviter(), record.inviter.view());
  put(out.mutable_envelope(), record.envelope);
  put(out.mutable_sig(), record.sig.view());
  out.set_url(record.url);
  out.set_expires_at(record.expires_at);
  return serialise(out);
}

Result<ClaimRecord> decode_claim(ByteView value) {
  records::Claim in;
  if (!parse(in, value)) return damaged("claim");
  ClaimRecord record;
  FixedReader fixed;
  fixed(in.msg_id(), record.msg_id);
  fixed(in.invite_id(), record.invite_id);
  fixed(in.session_id(), record.session_id);
  fixed(in.inviter(), record.inviter);
  fixed(in.sig(), record.sig);
  if (!fixed.good()) return damaged("claim");
  record.envelope = to_bytes(as_bytes(in.envelope()));
  record.url = in.url();
  record.expires_at = in.expires_at();
  return record;
}

Bytes encode(const PinRecord& record) {
  records::Pin out;
  out.set_url(record.url);
  put(out.mutable_relay_pk(), record.relay_pk.view());
  out.set_invited(record.invited);
  out.set_order(record.order);
  return serialise(out);
}

Result<PinRecord> decode_pin(ByteView value) {
  records::Pin in;
  if (!parse(in, value)) return damaged("pin");
  PinRecord record{.url = in.url(), .relay_pk = {}, .invited = in.invited(), .order = in.order()};
  FixedReader fixed;
  fixed(in.relay_pk(), record.relay_pk);
  if (!fixed.good()) return damaged("pin");
  return record;
}

}  // namespace agentroom::agent
