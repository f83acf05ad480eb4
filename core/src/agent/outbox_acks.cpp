// What relays answer to messages.
#include <algorithm>
#include <utility>

#include "agent/outbox.hpp"
#include "agent/words.hpp"

namespace agentroom::agent {
namespace {

constexpr std::size_t kQueuedRemembered = 4'096;
constexpr std::uint32_t kRetryMs = 2'000;
constexpr std::uint32_t kShortestRetryMs = 100;
constexpr std::uint32_t kLongestRetryMs = 300'000;

}  // namespace

void Outbox::on_ack(Link& link, const protocol::AckItem& item) {
  const MsgId msg_id = *MsgId::from(item.id.view());
  const auto found = index_.find(msg_id);
  if (found == index_.end()) {
    const auto queued = queued_.find(msg_id);
    if (queued == queued_.end() || item.status != protocol::AckStatus::kRejected) return;
    const AgentId to = queued->second;
    queued_.erase(queued);
    context_.emit(agent_events::SendProgress{
        .to = to, .msg_id = msg_id, .status = SendStatus::kFailed, .error = words::peer_cannot_read(peers_.label(to))});
    return;
  }
  const Place place = found->second;
  const Row& row = place.lane->rows.at(place.sequence);
  // Only the relay that carries a message may speak for it.
  if (place.lane->url != link.url() || !row.durable) return;
  place.lane->waits_for.reset();
  switch (item.status) {
    case protocol::AckStatus::kDelivered:
    case protocol::AckStatus::kQueued: {
      const bool queued = item.status == protocol::AckStatus::kQueued;
      if (queued) remember_queued(msg_id, row.record.to);
      progress(row, queued ? SendStatus::kQueued : SendStatus::kDelivered);
      // An answer to what went before the refused head says nothing about what goes behind it.
      if (place.lane->probe == place.sequence) place.lane->probing = false;
      context_.journal.remove_later(sequence_key(RecordKind::kOutgoing, place.sequence), context_.now);
      erase(msg_id);
      return;
    }
    case protocol::AckStatus::kRejected:
      return reject(place, item);
    case protocol::AckStatus::kOk:
      return;  // no answer to a Send
  }
}

void Outbox::reject(const Place& place, const protocol::AckItem& item) {
  const Row& row = place.lane->rows.at(place.sequence);
  const std::string peer = peers_.label(row.record.to);
  switch (item.code) {
    case protocol::Code::kQueueFull:
    case protocol::Code::kNoMailbox:
    case protocol::Code::kInternal:  // the relay could not store it: nothing was taken, nothing is lost
      return retry_later(place, item);
    case protocol::Code::kNotAllowed:
      return fail(row.record.msg_id, words::no_longer_accepts(peer));
    case protocol::Code::kUnreadable:
      return fail(row.record.msg_id, words::peer_cannot_read(peer));
    default:
      return fail(row.record.msg_id, words::refused("the message", item.code));
  }
}

void Outbox::retry_later(const Place& place, const protocol::AckItem& item) {
  Lane& lane = *place.lane;
  Row& row = lane.rows.at(place.sequence);
  land(*place.relay, lane, row);
  lane.cursor = std::min(lane.cursor, row.sequence);
  const std::uint32_t after = item.retry_after_ms == 0 ? kRetryMs : item.retry_after_ms;
  lane.retry_at = context_.now.steady + std::chrono::milliseconds(std::clamp(after, kShortestRetryMs, kLongestRetryMs));
  blocked_.insert(&lane);
  lane.waits_for = item.code == protocol::Code::kQueueFull ? words::recipient_queue_full()
                                                           : words::refused("the message for now", item.code);
  for (auto& [sequence, waiting] : lane.rows) {
    if (waiting.durable) tell_waiting(lane, waiting);
  }
}

void Outbox::tell_waiting(const Lane& lane, Row& row) {
  if (!lane.waits_for || std::exchange(row.told, true)) return;
  progress(row, SendStatus::kPending, lane.waits_for);
}

void Outbox::fail(MsgId msg_id, Error why) {
  const Place place = index_.at(msg_id);
  progress(place.lane->rows.at(place.sequence), SendStatus::kFailed, std::move(why));
  context_.journal.remove(sequence_key(RecordKind::kOutgoing, place.sequence));
  erase(msg_id);
}

void Outbox::progress(const Row& row, SendStatus status, std::optional<Error> why) {
  // What the agent sends of itself is worth an event only when it fails.
  if (row.record.control && status != SendStatus::kFailed) return;
  context_.emit(agent_events::SendProgress{
      .to = row.record.to, .msg_id = row.record.msg_id, .status = status, .error = std::move(why)});
}

void Outbox::remember_queued(const MsgId& msg_id, const AgentId& to) {
  if (queued_.try_emplace(msg_id, to).second) queued_order_.push_back(msg_id);
  while (queued_order_.size() > kQueuedRemembered) {
    queued_.erase(queued_order_.front());
    queued_order_.pop_front();
  }
}

}  // namespace agentroom::agent
