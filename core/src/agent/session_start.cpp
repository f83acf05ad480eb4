#include "agent/session_start.hpp"

#include <algorithm>
#include <limits>

#include "base/uuid.hpp"
#include "crypto/handshake.hpp"
#include "crypto/invite_keys.hpp"
#include "crypto/primitives.hpp"

namespace agentroom::agent {
namespace {

constexpr std::uint32_t kLastGeneration = std::numeric_limits<std::uint32_t>::max();

crypto::HandshakeInvite handshake_invite(const InviteId& id, const AgentId& inviter, const AgreementKey& inviter_x,
                                         const AgreementKey& prekey) {
  return {.invite_id = id, .inviter_ed = inviter, .inviter_x = inviter_x, .prekey = prekey};
}

/// sign("claim", invite_id ‖ agent_pk ‖ bh(32, "", envelope, "ar3.envelope")) by the invite's claim pair.
Signature sign_claim(const crypto::InviteNonce& nonce, const InviteId& invite, const AgentId& claimant,
                     ByteView envelope) {
  std::array<std::byte, 32> digest{};
  crypto::bh(digest, {}, envelope, "ar3.envelope");
  const auto pair = crypto::derive_claim_pair(nonce, invite);
  return crypto::sign(pair.secret, "claim", {invite.view(), claimant.view(), digest});
}

std::unexpected<Error> refused(std::string why) {
  return fail(ErrorCode::kUnreadable, "a session start was refused: " + std::move(why));
}

}  // namespace

Result<StartedSession> start_session(const crypto::Identity& self, const protocol::Invite& invite, std::string url,
                                     const Introduction& introduction, Random& random) {
  if (introduction.generation == kLastGeneration) {
    return fail(ErrorCode::kInvalid, "no further session can be started with this peer",
                "forget it first: `agentroom peers remove PEER`");
  }
  const auto ephemeral = crypto::AgreementPair::generate(random);
  auto secrets =
      crypto::start_session(self, handshake_invite(invite.invite_id, invite.inviter, invite.inviter_x, invite.prekey),
                            invite.nonce, ephemeral);
  if (!secrets) return pass(secrets);
  const SessionId id = secrets->session_id;
  auto ratchet = crypto::Ratchet::initiate(std::move(*secrets), invite.prekey, random);
  if (!ratchet) return pass(ratchet);

  SessionFacts facts;
  facts.id = id;
  facts.peer = invite.inviter;
  facts.generation = introduction.generation + 1;
  facts.invitee = true;
  facts.claim_pending = true;
  facts.token_out = crypto::derive_invite_token(invite.nonce, invite.invite_id);
  random.fill(facts.token_in.mutable_view());
  facts.url = std::move(url);
  facts.invite_id = invite.invite_id;
  facts.claim_msg_id = make_msg_id(introduction.now, random);
  facts.created_at = facts.last_used = introduction.now;

  protocol::Content content;
  content.sent_at = introduction.now;
  content.conversation_id = make_uuid_v4<ConversationId>(random);
  content.body = protocol::SessionHello{.generation = introduction.generation,
                                        .token = facts.token_in.clone(),
                                        .name = introduction.name,
                                        .capabilities = {}};
  Bytes plaintext = protocol::encode_content(content);
  auto first =
      ratchet->encrypt({.from = self.id(), .to = invite.inviter, .msg_id = facts.claim_msg_id}, plaintext, random);
  wipe(plaintext);
  if (!first) return pass(first);

  ClaimRecord claim;
  claim.msg_id = facts.claim_msg_id;
  claim.invite_id = invite.invite_id;
  claim.session_id = id;
  claim.inviter = invite.inviter;
  claim.envelope = protocol::encode_envelope(protocol::SessionInit{.invite_id = invite.invite_id,
                                                                   .invitee_ed = self.id(),
                                                                   .invitee_x = self.x25519.pk,
                                                                   .e_pk = ephemeral.pk,
                                                                   .sig = crypto::sign_transcript(self, id),
                                                                   .first = std::move(*first)});
  claim.sig = sign_claim(invite.nonce, invite.invite_id, self.id(), claim.envelope);
  claim.url = facts.url;
  claim.expires_at = invite.expires_at;
  return StartedSession{std::move(facts), std::move(*ratchet), std::move(claim)};
}

Result<AnsweredSession> answer_session(const crypto::Identity& self, const InviteRecord& invite, const AgentId& from,
                                       const MsgId& msg_id, const protocol::SessionInit& init, std::uint32_t generation,
                                       UnixMs now, Random& random) {
  if (init.invitee_ed != from) return refused("its keys are not its sender's");
  if (from == self.id()) return refused("it comes from this identity");
  const auto known = handshake_invite(invite.invite_id, self.id(), self.x25519.pk, invite.prekey.pk);
  const crypto::HandshakeInvitee invitee{.invitee_ed = init.invitee_ed, .invitee_x = init.invitee_x, .e_pk = init.e_pk};
  auto secrets = crypto::answer_session(self, known, invite.nonce, invite.prekey, invitee);
  if (!secrets) return refused("its keys are malformed");
  const SessionId id = secrets->session_id;
  if (!crypto::verify_transcript(from, id, init.sig)) return refused("its signature does not hold");
  if (init.first.session_id != id) return refused("its first message belongs to another session");
  auto ratchet = crypto::Ratchet::respond(std::move(*secrets), invite.prekey.clone());
  auto opened = ratchet.decrypt({.from = from, .to = self.id(), .msg_id = msg_id}, init.first, now, random);
  if (!opened) return refused("its first message does not decrypt");
  auto content = protocol::decode_content(opened->plaintext);
  wipe(opened->plaintext);
  if (!content) return refused("its first message is malformed");
  auto* hello = std::get_if<protocol::SessionHello>(&content->body);
  if (hello == nullptr) return refused("its first message is no greeting");
  const std::uint32_t highest = std::max(hello->generation, generation);
  if (highest == kLastGeneration) return refused("its generation is the last");

  AnsweredSession answered{.facts = {},
                           .ratchet = std::move(ratchet),
                           .changes = std::move(opened->changes),
                           .peer_name = std::move(hello->name)};
  answered.facts.id = id;
  answered.facts.peer = from;
  answered.facts.generation = highest + 1;
  answered.facts.confirmed = true;
  answered.facts.token_out = std::move(hello->token);
  answered.facts.token_in = crypto::derive_invite_token(invite.nonce, invite.invite_id);
  answered.facts.url = invite.url;
  answered.facts.invite_id = invite.invite_id;
  answered.facts.created_at = answered.facts.last_used = now;
  return answered;
}

}  // namespace agentroom::agent
