#include "agent/invites.hpp"

#include <utility>

#include "agent/words.hpp"
#include "base/text.hpp"
#include "base/uuid.hpp"
#include "protocol/invite.hpp"
#include "protocol/limits.hpp"
#include "protocol/server_url.hpp"

namespace agentroom::agent {
namespace {

constexpr Duration kRequestTimeout = std::chrono::seconds(15);
constexpr std::size_t kMaxCreations = 64;
/// The relay's clock decides; ours waits until it has surely decided.
constexpr std::int64_t kExpirySlackMs = 60'000;

}  // namespace

Result<void> Invites::load() {
  return context_.journal.read_all(RecordKind::kInvite, [&](ByteView, ByteView value) -> Result<void> {
    auto record = decode_invite(value);
    if (!record) return pass(record);
    const InviteId id = record->invite_id;
    Entry& entry = entries_[id];
    entry.record = std::move(*record);
    entry.durable = true;
    // Its URL was never handed out: whoever asked is gone.
    if (entry.record.stage == InviteStage::kPublishing) begin_revoke(entry, "it was never published");
    if (entry.record.stage == InviteStage::kRevoking && entry.why.empty()) {
      entry.why = entry.record.expires_at < context_.now.unix_ms ? "expired" : "revoked";
    }
    return {};
  });
}

void Invites::create(std::int64_t ttl_ms, AgentEngine::Done<CreatedInvite> done) {
  const auto refuse = [&](Error why) {
    context_.answer(std::move(done), Result<CreatedInvite>(std::unexpected(std::move(why))));
  };
  if (ttl_ms <= 0 || ttl_ms > protocol::kInviteMaxLifeMs) {
    return refuse(
        {ErrorCode::kUsage, "an invite lives at least 1 ms and at most 7 days", "give a --ttl within that, e.g. 24h"});
  }
  if (!context_.config.server) return refuse(words::no_server());
  if (!protocol::is_bare_server_url(*context_.config.server)) {
    return refuse({ErrorCode::kUsage,
                   "the server's URL cannot stand in an invite, which takes no user name, query or fragment: " +
                       printable(*context_.config.server),
                   "give one like wss://relay.example.org/ws with --server URL"});
  }
  if (const Link* link = links_.find(links_.resolve(*context_.config.server)); link != nullptr && link->stopped()) {
    return refuse(link->stop_reason());
  }
  if (creations_.size() >= kMaxCreations) {
    return refuse({ErrorCode::kQueueFull, "too many invites wait for the relay already", "try again later"});
  }
  creations_.push_back({ttl_ms, std::move(done), context_.now.steady + kRequestTimeout});
  links_.hurry(links_.resolve(*context_.config.server));
}

void Invites::make(Link& link, Creation creation) {
  InviteRecord record;
  record.invite_id = make_uuid_v4<InviteId>(context_.random);
  context_.random.fill(record.nonce.mutable_view());
  record.prekey = crypto::AgreementPair::generate(context_.random);
  record.url = *context_.config.server;
  record.relay_pk = link.proof().relay_pk;
  record.expires_at = context_.now.unix_ms + creation.ttl_ms;
  const InviteId id = record.invite_id;
  Entry& entry = entries_[id];
  entry.record = std::move(record);
  entry.created = std::move(creation.done);
  entry.give_up = creation.give_up;
  save(entry);
}

void Invites::save(Entry& entry) {
  const InviteId id = entry.record.invite_id;
  context_.journal.put(key_of(id), encode(entry.record));
  context_.journal.then([this, id] {
    if (const auto found = entries_.find(id); found != entries_.end()) found->second.durable = true;
  });
}

void Invites::revoke(const InviteId& invite, AgentEngine::Done<void> done) {
  const auto found = entries_.find(invite);
  const bool known = found != entries_.end() && found->second.record.stage != InviteStage::kPublishing;
  if (!known) {
    return context_.answer(std::move(done),
                           Result<void>(fail(ErrorCode::kNotFound, "no open invite " + uuid_text(invite.view()),
                                             "`agentroom invite list` shows the open ones")));
  }
  Entry& entry = found->second;
  if (entry.record.stage == InviteStage::kClaimed) {
    return context_.answer(std::move(done), Result<void>(std::unexpected(words::invite_used())));
  }
  if (const Link* link = links_.find(links_.resolve(entry.record.url)); link != nullptr && link->stopped()) {
    return context_.answer(std::move(done), Result<void>(std::unexpected(link->stop_reason())));
  }
  if (entry.revoked) {
    context_.answer(std::exchange(entry.revoked, {}),
                    Result<void>(fail(ErrorCode::kAborted, "the same revocation was asked for again")));
  }
  entry.revoked = std::move(done);
  entry.give_up = context_.now.steady + kRequestTimeout;
  begin_revoke(entry, "revoked");
  if (std::exchange(entry.retry_at, {})) entry.sent = false;
  links_.hurry(links_.resolve(entry.record.url));
}

void Invites::begin_revoke(Entry& entry, std::string why) {
  entry.why = std::move(why);
  if (entry.record.stage == InviteStage::kRevoking) return;
  entry.record.stage = InviteStage::kRevoking;
  entry.sent = false;
  entry.request_id = {};
  save(entry);
}

const InviteRecord* Invites::find(const InviteId& invite) const {
  const auto found = entries_.find(invite);
  return found == entries_.end() ? nullptr : &found->second.record;
}

void Invites::close(InviteId invite) {
  const auto found = entries_.find(invite);
  if (found == entries_.end()) return;
  if (found->second.revoked) {
    context_.answer(std::move(found->second.revoked), Result<void>(std::unexpected(words::invite_used())));
  }
  if (found->second.created) {
    context_.answer(std::move(found->second.created), Result<CreatedInvite>(std::unexpected(words::invite_used())));
  }
  forget(invite);
}

void Invites::forget(InviteId invite) {
  entries_.erase(invite);
  context_.journal.remove(key_of(invite));
}

std::vector<OpenInvite> Invites::open() const {
  std::vector<OpenInvite> open;
  for (const auto& [id, entry] : entries_) {
    const InviteRecord& record = entry.record;
    if (record.stage != InviteStage::kOpen || record.expires_at < context_.now.unix_ms) continue;
    open.push_back(
        {.invite_id = id, .expires_at = record.expires_at, .server_url = record.url, .named_url = record.named_url});
  }
  return open;
}

CreatedInvite Invites::announce(const InviteRecord& record) const {
  protocol::Invite invite;
  invite.invite_id = record.invite_id;
  invite.inviter = context_.self.id();
  invite.inviter_x = context_.self.x25519.pk;
  invite.server_url = record.named_url.empty() ? record.url : record.named_url;
  invite.expires_at = record.expires_at;
  invite.nonce = record.nonce.clone();
  invite.prekey = record.prekey.pk;
  invite.relay_pk = record.relay_pk;
  protocol::sign_invite(invite, context_.self);
  return {.url = protocol::invite_url(invite), .invite_id = record.invite_id, .expires_at = record.expires_at};
}

Bytes Invites::key_of(const InviteId& invite) const {
  return blinded_key(RecordKind::kInvite, context_.journal.sealer(), invite.view());
}

void Invites::give_up(Entry& entry, const Error& why) {
  if (entry.created) {
    context_.answer(std::exchange(entry.created, {}), Result<CreatedInvite>(std::unexpected(why)));
    begin_revoke(entry, "it was never published");
  }
  if (entry.revoked) context_.answer(std::exchange(entry.revoked, {}), Result<void>(std::unexpected(why)));
}

void Invites::on_down(const Link& link, const Error& why, bool hopeless) {
  if (!hopeless) return;
  if (context_.config.server && links_.resolve(*context_.config.server) == link.url()) {
    for (Creation& creation : std::exchange(creations_, {})) {
      context_.answer(std::move(creation.done), Result<CreatedInvite>(std::unexpected(why)));
    }
  }
  for (auto& [id, entry] : entries_) {
    if (links_.resolve(entry.record.url) == link.url()) give_up(entry, why);
  }
}

void Invites::on_time() {
  const Duration now = context_.now.steady;
  std::erase_if(creations_, [&](Creation& creation) {
    if (creation.give_up > now) return false;
    context_.answer(std::move(creation.done),
                    Result<CreatedInvite>(std::unexpected(words::ack_timeout("the relay did not answer within 15 s"))));
    return true;
  });
  for (auto& [id, entry] : entries_) {
    if (entry.retry_at && *entry.retry_at <= now) {
      entry.retry_at.reset();
      entry.sent = false;
    }
    if ((entry.created || entry.revoked) && entry.give_up <= now) {
      give_up(entry, words::ack_timeout("the relay did not answer within 15 s"));
    }
  }
}

void Invites::expire() {
  const UnixMs now = context_.now.unix_ms;
  std::vector<InviteId> over;
  for (auto& [id, entry] : entries_) {
    if (entry.record.stage == InviteStage::kOpen && entry.record.expires_at + kExpirySlackMs < now) {
      begin_revoke(entry, "expired");
    }
    // By then the relay has forgotten it, claims included.
    if (entry.record.expires_at + protocol::kClaimMemoryMs < now) over.push_back(id);
  }
  for (const InviteId& id : over) forget(id);
}

std::optional<Duration> Invites::deadline() const {
  std::optional<Duration> earliest;
  const auto consider = [&](Duration due) {
    if (!earliest || due < *earliest) earliest = due;
  };
  for (const Creation& creation : creations_) consider(creation.give_up);
  for (const auto& [id, entry] : entries_) {
    if (entry.created || entry.revoked) consider(entry.give_up);
    if (entry.retry_at) consider(*entry.retry_at);
  }
  return earliest;
}

std::vector<std::string> Invites::urls() const {
  std::vector<std::string> urls;
  if (!creations_.empty()) urls.push_back(links_.resolve(*context_.config.server));
  for (const auto& [id, entry] : entries_) {
    // A revocation that only tidies up goes out with whatever connects there next.
    if (entry.created || entry.revoked) urls.push_back(links_.resolve(entry.record.url));
  }
  return urls;
}

std::set<std::string> Invites::made_at() const {
  std::set<std::string> urls;
  for (const auto& [id, entry] : entries_) urls.insert(entry.record.url);
  return urls;
}

void Invites::shut_down() {
  for (Creation& creation : std::exchange(creations_, {})) {
    context_.answer(std::move(creation.done), Result<CreatedInvite>(std::unexpected(words::shutting_down())));
  }
  for (auto& [id, entry] : entries_) give_up(entry, words::shutting_down());
}

}  // namespace agentroom::agent
