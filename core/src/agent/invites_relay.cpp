// What is asked of the relay about invites, and what it answers.
#include <utility>

#include "agent/invites.hpp"
#include "agent/words.hpp"
#include "base/uuid.hpp"
#include "crypto/invite_keys.hpp"

namespace agentroom::agent {
namespace {

/// A revocation that the relay could not make is asked for again.
constexpr Duration kRevokeAgain = std::chrono::seconds(30);

protocol::InviteRevoke revoke_frame(const RequestId& request, const InviteRecord& record) {
  return {.request_id = request, .invite_id = record.invite_id};
}

protocol::InvitePublish publish_frame(const RequestId& request, const InviteRecord& record) {
  return {.request_id = request,
          .invite_id = record.invite_id,
          .claim_pk = crypto::derive_claim_pair(record.nonce, record.invite_id).pk,
          .expires_at = record.expires_at,
          .token_hash = crypto::hash_token(crypto::derive_invite_token(record.nonce, record.invite_id))};
}

Error refused_publish(protocol::Code code) {
  if (code == protocol::Code::kInviteQuota) {
    return {ErrorCode::kQueueFull, "too many open invites at this relay",
            "`agentroom invite list` shows them, `agentroom invite revoke ID` closes one"};
  }
  if (code == protocol::Code::kNotAllowed) {
    return {ErrorCode::kNotAllowed, "this relay does not let you publish invites",
            "ask its owner, or use another relay with --server URL"};
  }
  return words::refused("the invite", code);
}

}  // namespace

void Invites::on_ready(Link& link) {
  for (auto& [id, entry] : entries_) {
    if (links_.resolve(entry.record.url) != link.url()) continue;
    entry.sent = false;
    entry.retry_at.reset();
  }
}

void Invites::pump(Link& link) {
  if (context_.config.server && links_.resolve(*context_.config.server) == link.url()) {
    for (Creation& creation : std::exchange(creations_, {})) make(link, std::move(creation));
  }
  for (auto& [id, entry] : entries_) {
    const bool waits = entry.record.stage == InviteStage::kPublishing || entry.record.stage == InviteStage::kRevoking;
    if (waits && entry.durable && !entry.sent && links_.resolve(entry.record.url) == link.url()) request(link, entry);
  }
}

void Invites::request(Link& link, Entry& entry) {
  entry.sent = true;
  context_.random.fill(entry.request_id.mutable_view());
  if (entry.record.stage == InviteStage::kPublishing) {
    link.send(publish_frame(entry.request_id, entry.record));
  } else {
    link.send(revoke_frame(entry.request_id, entry.record));
  }
}

bool Invites::on_ack(Link& link, const protocol::AckItem& item) {
  const RequestId request_id = *RequestId::from(item.id.view());
  for (auto& [id, entry] : entries_) {
    if (!entry.sent || entry.request_id != request_id) continue;
    if (links_.resolve(entry.record.url) != link.url()) return false;
    entry.request_id = {};
    if (entry.record.stage == InviteStage::kPublishing) {
      published(entry, item);
    } else {
      revoked(entry, item);
    }
    return true;
  }
  return false;
}

void Invites::published(Entry& entry, const protocol::AckItem& item) {
  if (item.status != protocol::AckStatus::kOk) {
    context_.answer(std::move(entry.created), Result<CreatedInvite>(std::unexpected(refused_publish(item.code))));
    return forget(entry.record.invite_id);
  }
  entry.record.stage = InviteStage::kOpen;
  entry.record.named_url = named_url_;
  save(entry);
  // Its URL leaves when the record says that it is out there.
  context_.journal.finally([this, done = std::move(entry.created),
                            created = announce(entry.record)](Result<void> stored) mutable {
    context_.answer(std::move(done), stored
                                         ? Result<CreatedInvite>(std::move(created))
                                         : Result<CreatedInvite>(std::unexpected(words::store_failed(stored.error()))));
  });
}

void Invites::revoked(Entry& entry, const protocol::AckItem& item) {
  const InviteId id = entry.record.invite_id;
  using protocol::Code;
  const bool closed = item.status == protocol::AckStatus::kOk || item.code == Code::kNotFound ||
                      item.code == Code::kExpired || item.code == Code::kRevoked;
  if (closed) {
    auto done = std::move(entry.revoked);
    std::string why = std::move(entry.why);
    forget(id);
    context_.journal.finally([this, id, why = std::move(why), done = std::move(done)](Result<void> stored) mutable {
      if (stored) context_.emit(agent_events::InviteClosed{.invite_id = id, .why = std::move(why)});
      context_.answer(std::move(done), std::move(stored));
    });
    return;
  }
  if (item.code == Code::kAlreadyClaimed) {
    // The SessionInit waits in the mailbox; it still needs the prekey.
    entry.record.stage = InviteStage::kClaimed;
    save(entry);
    return context_.answer(std::move(entry.revoked), Result<void>(std::unexpected(words::invite_used())));
  }
  entry.retry_at = context_.now.steady + kRevokeAgain;
  context_.answer(std::move(entry.revoked), Result<void>(std::unexpected(words::refused("the revocation", item.code))));
}

}  // namespace agentroom::agent
