#include "agent/claims.hpp"

#include <algorithm>
#include <utility>

#include "agent/session_start.hpp"
#include "agent/words.hpp"
#include "base/text.hpp"
#include "protocol/limits.hpp"

namespace agentroom::agent {
namespace {

constexpr Duration kRequestTimeout = std::chrono::seconds(15);
constexpr std::size_t kMaxWaiting = 64;

}  // namespace

Result<void> Claims::load() {
  return context_.journal.read_all(RecordKind::kClaim, [&](ByteView, ByteView value) -> Result<void> {
    auto record = decode_claim(value);
    if (!record) return pass(record);
    if (sessions_.find(record->session_id) == nullptr) {
      return fail(ErrorCode::kCorrupt, "the store holds a claim without its session");
    }
    const MsgId id = record->msg_id;
    Entry& entry = entries_[id];
    entry.record = std::move(*record);
    entry.durable = true;
    return {};
  });
}

void Claims::answer(AgentEngine::Done<AcceptedInvite>& done, Error why) {
  context_.answer(std::exchange(done, {}), Result<AcceptedInvite>(std::unexpected(std::move(why))));
}

void Claims::accept(const std::string& url, std::optional<std::string> server, AgentEngine::Done<AcceptedInvite> done) {
  auto invite = protocol::parse_invite(url);
  if (!invite) return answer(done, std::move(invite.error()));
  if (invite->inviter == context_.self.id()) return answer(done, words::own_invite());
  const auto under_way = std::ranges::find_if(
      entries_, [&](const auto& entry) { return entry.second.record.invite_id == invite->invite_id; });
  if (under_way != entries_.end()) {
    // Asked again after a timeout or a crash: the same claim answers.
    Entry& entry = under_way->second;
    if (entry.done) return answer(done, words::accepted_already());
    entry.done = std::move(done);
    entry.give_up = context_.now.steady + kRequestTimeout;
    return links_.hurry(links_.resolve(entry.record.url));
  }
  // Two claims of one invite would share a record.
  const auto waits = [&](const Acceptance& acceptance) { return acceptance.invite.invite_id == invite->invite_id; };
  if (std::ranges::any_of(waiting_, waits)) return answer(done, words::accepted_already());
  if (const Session* known = sessions_.find_by_invite(invite->invite_id);
      known != nullptr && known->facts.lapsed_at == 0) {
    Error why = words::invite_used();
    why.hint = "you accepted it yourself; write to the peer with `agentroom send PEER TEXT`";
    return answer(done, std::move(why));
  }
  if (auto in_time = protocol::check_invite_time(*invite, context_.now.unix_ms); !in_time) {
    return answer(done, in_time.error().code == ErrorCode::kInviteExpired ? words::invite_expired() : in_time.error());
  }
  std::string where = links_.named(server ? *server : invite->server_url);
  if (Link* link = links_.find(links_.resolve(where)); link != nullptr && link->stopped())
    return answer(done, link->stop_reason());
  if (waiting_.size() >= kMaxWaiting) {
    return answer(done, {ErrorCode::kQueueFull, "too many invites wait for their relays already", "try again later"});
  }
  links_.hurry(links_.resolve(where));
  waiting_.push_back({std::move(*invite), std::move(where), std::move(done), context_.now.steady + kRequestTimeout});
}

std::vector<RelayId> Claims::expected(const std::string& url) const {
  std::vector<RelayId> keys;
  for (const Acceptance& acceptance : waiting_) {
    if (links_.resolve(acceptance.url) == url) keys.push_back(acceptance.invite.relay_pk);
  }
  return keys;
}

void Claims::start(Link& link, Acceptance acceptance) {
  // The relay is the pinned one; it must be the invite's too. An invite never replaces a pin.
  if (!pins_.matches(link.proof(), acceptance.invite.relay_pk)) {
    return answer(acceptance.done, words::identity_changed(link.url()));
  }
  const PeerRecord* peer = peers_.find(acceptance.invite.inviter);
  auto started = start_session(context_.self, acceptance.invite, acceptance.url,
                               {.generation = peer == nullptr ? 0 : peer->generation,
                                .name = clean_name(context_.config.name),
                                .now = context_.now.unix_ms},
                               context_.random);
  if (!started) return answer(acceptance.done, std::move(started.error()));
  sessions_.add(std::move(started->facts), std::move(started->ratchet));
  const MsgId id = started->claim.msg_id;
  context_.journal.put(key_of(started->claim), encode(started->claim));
  Entry& entry = entries_[id];
  entry.record = std::move(started->claim);
  entry.done = std::move(acceptance.done);
  entry.give_up = acceptance.give_up;
  context_.journal.finally([this, id](Result<void> stored) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    if (!stored) return answer(found->second.done, words::store_failed(stored.error()));
    found->second.durable = true;
    if (on_tokens) on_tokens();
  });
}

void Claims::drop_peer(const AgentId& peer) {
  for (auto at = entries_.begin(); at != entries_.end();) {
    Entry& entry = at->second;
    if (entry.record.inviter != peer) {
      ++at;
      continue;
    }
    answer(entry.done, {ErrorCode::kAborted, "the peer was removed", {}});
    context_.journal.remove(key_of(entry.record));
    at = entries_.erase(at);
  }
}

void Claims::forget(MsgId claim) {
  const auto found = entries_.find(claim);
  context_.journal.remove(key_of(found->second.record));
  entries_.erase(found);
}

Bytes Claims::key_of(const ClaimRecord& record) const {
  return blinded_key(RecordKind::kClaim, context_.journal.sealer(), record.invite_id.view());
}

void Claims::on_time() {
  const Duration now = context_.now.steady;
  std::erase_if(waiting_, [&](Acceptance& acceptance) {
    if (acceptance.give_up > now) return false;
    answer(acceptance.done, words::ack_timeout("the relay did not answer within 15 s"));
    return true;
  });
  for (auto& [id, entry] : entries_) {
    if (entry.retry_at && *entry.retry_at <= now) {
      entry.retry_at.reset();
      entry.sent = false;
    }
    if (!entry.done || entry.give_up > now) continue;
    Error why = entry.refusal ? *entry.refusal : words::ack_timeout("the relay did not answer within 15 s");
    why.hint = "the acceptance is kept and goes on with the next command that connects, e.g. `agentroom listen`";
    answer(entry.done, std::move(why));
  }
}

void Claims::expire() {
  std::vector<MsgId> over;
  for (const auto& [id, entry] : entries_) {
    // Until then the relay answers OK to a claim that it took, and its answer was lost.
    if (entry.record.expires_at + protocol::kClaimMemoryMs < context_.now.unix_ms) over.push_back(id);
  }
  for (const MsgId& id : over) rejected(entries_.at(id), words::invite_expired());
}

std::optional<Duration> Claims::deadline() const {
  std::optional<Duration> earliest;
  const auto consider = [&](Duration due) {
    if (!earliest || due < *earliest) earliest = due;
  };
  for (const Acceptance& acceptance : waiting_) consider(acceptance.give_up);
  for (const auto& [id, entry] : entries_) {
    if (entry.done) consider(entry.give_up);
    if (entry.retry_at) consider(*entry.retry_at);
  }
  return earliest;
}

std::vector<std::string> Claims::urls() const {
  std::vector<std::string> urls;
  urls.reserve(waiting_.size() + entries_.size());
  for (const Acceptance& acceptance : waiting_) urls.push_back(links_.resolve(acceptance.url));
  for (const auto& [id, entry] : entries_) urls.push_back(links_.resolve(entry.record.url));
  return urls;
}

void Claims::shut_down() {
  for (Acceptance& acceptance : std::exchange(waiting_, {})) answer(acceptance.done, words::shutting_down());
  for (auto& [id, entry] : entries_) {
    if (entry.done) answer(entry.done, words::shutting_down());
  }
}

}  // namespace agentroom::agent
