#include "relay/invites.hpp"

#include <algorithm>

#include "crypto/primitives.hpp"
#include "protocol/limits.hpp"

namespace agentroom::relay {
namespace {

using protocol::Code;
using State = InviteRecord::State;

/// Remembered invites of one agent for each that it may have open.
constexpr std::size_t kRememberedForEachOpen = 5;

InviteDecision refuse(Code code) {
  return {.refused = code};
}

bool is_open(const InviteRecord& invite, UnixMs now) {
  return invite.state == State::kOpen && now <= invite.expires_at;
}

/// Claimed, and its SessionInit still waits for the inviter; or the inviter has not listed the claimant itself, which
/// an agent does as soon as it has the session.
bool is_awaited(const InviteRecord& invite, UnixMs now) {
  return invite.state == State::kClaimed && (!invite.receipted || (invite.listed && now <= invite.expires_at));
}

bool same_invite(const InviteRecord& invite, const protocol::InvitePublish& request) {
  return invite.claim_pk == request.claim_pk && invite.expires_at == request.expires_at &&
         invite.token == request.token_hash;
}

}  // namespace

UnixMs Invites::forget_at(const InviteRecord& invite) {
  return invite.expires_at + protocol::kClaimMemoryMs;
}

// ---- requests ----

InviteDecision Invites::publish(AgentRef by, const protocol::InvitePublish& request, UnixMs now) {
  const Agent& agent = agents_[by];
  if (const InviteRecord* known = find(request.invite_id)) {
    if (known->inviter != agent.id || !same_invite(*known, request)) return refuse(Code::kNotAllowed);
    return known->state == State::kRevoked ? refuse(Code::kRevoked) : InviteDecision{};
  }
  if (request.expires_at <= now) return refuse(Code::kExpired);
  if (request.expires_at > now + protocol::kInviteMaxLifeMs + protocol::kClockSkewMs) return refuse(Code::kNotAllowed);

  const auto own = std::ranges::count_if(agent.invites, [&](const InviteId& id) { return is_open(*find(id), now); });
  auto full = own >= limits_.open_invites ? RelayLimit::kOpenInvites : make_room(agent, now);
  if (full) return {.refused = Code::kInviteQuota, .limit = full};

  InviteRecord invite;
  invite.invite_id = request.invite_id;
  invite.inviter = agent.id;
  invite.claim_pk = request.claim_pk;
  invite.expires_at = request.expires_at;
  invite.token = request.token_hash;
  add(std::move(invite));
  return {.write = true};
}

InviteDecision Invites::revoke(AgentRef by, const protocol::InviteRevoke& request) {
  const auto found = by_id_.find(request.invite_id);
  // What nobody knows cannot be claimed, which is all that a revoke asks for.
  if (found == by_id_.end()) return {};
  InviteRecord& invite = found->second;
  if (invite.inviter != agents_[by].id) return refuse(Code::kNotAllowed);
  if (invite.state == State::kClaimed) return refuse(Code::kAlreadyClaimed);
  if (invite.state == State::kRevoked) return {};
  InviteDecision decision{.write = true, .before = invite};
  invite.state = State::kRevoked;
  return decision;
}

std::expected<Invites::Claim, Code> Invites::check(AgentRef by, const protocol::InviteClaim& request, UnixMs now) {
  const auto found = by_id_.find(request.invite_id);
  if (found == by_id_.end()) return std::unexpected(Code::kNotFound);
  InviteRecord& invite = found->second;
  const AgentId& claimant = agents_[by].id;
  Claim claim;
  claim.invite = &invite;
  crypto::bh(claim.envelope_hash.mutable_view(), {}, request.envelope, "ar3.envelope");
  if (!crypto::verify(invite.claim_pk.view(), "claim",
                      {invite.invite_id.view(), claimant.view(), claim.envelope_hash.view()}, request.claim_sig)) {
    return std::unexpected(Code::kBadSignature);
  }
  if (invite.state == State::kClaimed) {
    claim.again = invite.claimant == claimant && invite.claim_msg_id == request.msg_id &&
                  invite.envelope_hash == claim.envelope_hash;
    if (claim.again) return claim;
    return std::unexpected(Code::kAlreadyClaimed);
  }
  if (invite.state == State::kRevoked) return std::unexpected(Code::kRevoked);
  if (now > invite.expires_at) return std::unexpected(Code::kExpired);
  if (invite.inviter == claimant) return std::unexpected(Code::kNotAllowed);
  return claim;
}

InviteDecision Invites::claim(AgentRef by, const protocol::InviteClaim& request, const Claim& checked) {
  InviteRecord& invite = *checked.invite;
  InviteDecision decision{.write = true, .before = invite};
  invite.state = State::kClaimed;
  invite.claimant = agents_[by].id;
  invite.claim_msg_id = request.msg_id;
  invite.envelope_hash = checked.envelope_hash;
  invite.listed = true;
  return decision;
}

// ---- tokens ----

bool Invites::lists(const Agent& recipient, const Agent& sender, const TokenHash& token) const {
  return std::ranges::any_of(recipient.invites, [&](const InviteId& id) {
    const InviteRecord& invite = *find(id);
    return invite.listed && invite.claimant == sender.id && invite.token == token;
  });
}

const InviteRecord* Invites::receipted(Agent& inviter, const Agent& claimant, const MsgId& claim_msg_id, bool stored) {
  for (const InviteId& id : inviter.invites) {
    InviteRecord& invite = by_id_.find(id)->second;
    if (invite.state != State::kClaimed || invite.claimant != claimant.id || invite.claim_msg_id != claim_msg_id)
      continue;
    invite.receipted = true;
    if (!stored) {
      invite.listed = false;
      ++inviter.allow_version;
    }
    return &invite;
  }
  return nullptr;
}

// ---- the table ----

const InviteRecord* Invites::find(const InviteId& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &found->second;
}

void Invites::add(InviteRecord record) {
  Agent& inviter = agents_[agents_.find(record.inviter)];
  inviter.invites.push_back(record.invite_id);
  room_.change(!inviter.known, 0, 1);
  by_id_.emplace(record.invite_id, std::move(record));
}

void Invites::remove(const InviteId& id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  Agent& inviter = agents_[agents_.find(found->second.inviter)];
  std::erase(inviter.invites, id);
  room_.change(!inviter.known, 1, 0);
  ++inviter.allow_version;
  by_id_.erase(found);
}

void Invites::load(InviteRecord record) {
  add(std::move(record));
}

void Invites::restore(const InviteId& id, const std::optional<InviteRecord>& before) {
  if (!before) return remove(id);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  found->second = *before;
  ++agents_[agents_.find(before->inviter)].allow_version;
}

/// One that expired or was revoked goes before one that is used up; of equals, the one that expired first.
template <class Candidate>
bool Invites::forget_one(UnixMs now, Candidate&& is_candidate) {
  const InviteRecord* least = nullptr;
  const auto rank = [](const InviteRecord& invite) {
    return std::pair(invite.state == State::kClaimed, invite.expires_at);
  };
  for (const auto& entry : by_id_) {
    const InviteRecord& invite = entry.second;
    if (is_open(invite, now) || is_awaited(invite, now) || !is_candidate(invite)) continue;
    if (least == nullptr || rank(invite) < rank(*least)) least = &invite;
  }
  if (least == nullptr) return false;
  const InviteId id = least->invite_id;
  remove(id);
  evicted_ = id;
  return true;
}

/// What stands against one more invite, after something was forgotten where that helps. An agent's own go first, and a
/// newcomer never has one forgotten that an agent known here made.
std::optional<RelayLimit> Invites::make_room(const Agent& inviter, UnixMs now) {
  if (inviter.invites.size() >= kRememberedForEachOpen * limits_.open_invites) {
    const auto own = [&](const InviteRecord& invite) { return invite.inviter == inviter.id; };
    if (!forget_one(now, own)) return RelayLimit::kOpenInvites;
  }
  if (room_.fits(!inviter.known, 0, 1)) return std::nullopt;
  if (evicted_) return RelayLimit::kInvites;
  const auto of_its_kind = [&](const InviteRecord& invite) {
    return inviter.known || !agents_[agents_.find(invite.inviter)].known;
  };
  if (!forget_one(now, of_its_kind) || !room_.fits(!inviter.known, 0, 1)) return RelayLimit::kInvites;
  return std::nullopt;
}

std::optional<UnixMs> Invites::next_expiry() const {
  std::optional<UnixMs> next;
  for (const auto& entry : by_id_) {
    const UnixMs at = forget_at(entry.second);
    if (!next || at < *next) next = at;
  }
  return next;
}

std::uint64_t Invites::open(UnixMs now) const {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(by_id_, [&](const auto& entry) { return is_open(entry.second, now); }));
}

}  // namespace agentroom::relay
