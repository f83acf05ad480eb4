#include "agent/outbox.hpp"

#include <algorithm>
#include <utility>

#include "agent/words.hpp"
#include "base/uuid.hpp"
#include "protocol/limits.hpp"

namespace agentroom::agent {
namespace {

/// In flight to one peer: what a relay delivers to one recipient before it wants receipts.
constexpr std::size_t kLaneFrames = protocol::kWindowFrames;
constexpr std::size_t kLaneBytes = protocol::kWindowBytes;
/// In flight over one link, all peers together: below a relay's burst allowance.
constexpr std::size_t kRelayFrames = 400;
constexpr std::size_t kRelayBytes = 4 * 1024 * 1024;
/// All rows together; each peer may hold 500.
constexpr std::size_t kOutboxBytes = 256 * 1024 * 1024;
/// What a Send frame adds to its envelope, rounded up.
constexpr std::size_t kSendOverhead = 256;

}  // namespace

Result<void> Outbox::load() {
  return context_.journal.read_all(RecordKind::kOutgoing, [&](ByteView key, ByteView value) -> Result<void> {
    auto record = decode_outgoing(value);
    if (!record) return pass(record);
    const auto sequence = sequence_of(key);
    if (!sequence) return agentroom::fail(ErrorCode::kCorrupt, "the store holds a record under a wrong key");
    insert(*sequence, std::move(*record), true);
    return {};
  });
}

std::size_t Outbox::room(const AgentId& peer) const {
  if (bytes_ >= kOutboxBytes) return 0;
  return protocol::kOutboxPerPeer - std::min(protocol::kOutboxPerPeer, count(peer));
}

std::size_t Outbox::count(const AgentId& peer) const {
  const auto found = counts_.find(peer);
  return found == counts_.end() ? 0 : found->second;
}

Result<MsgId> Outbox::post(Session& session, const protocol::Content& content) {
  const MsgId msg_id = make_msg_id(context_.now.unix_ms, context_.random);
  Bytes plaintext = protocol::encode_content(content);
  auto envelope = sessions_.encrypt(session, msg_id, plaintext);
  wipe(plaintext);
  if (!envelope) return pass(envelope);
  const std::uint64_t sequence = next_sequence_;
  insert(sequence,
         {.to = session.facts.peer,
          .session_id = session.facts.id,
          .msg_id = msg_id,
          .token = session.facts.token_out.clone(),
          .url = session.facts.url,
          .envelope = std::move(*envelope),
          .created_at = context_.now.unix_ms,
          .control = !std::holds_alternative<protocol::Text>(content.body),
          .relay_urls = std::holds_alternative<protocol::RelayUrls>(content.body)},
         false);
  const Place& place = index_.at(msg_id);
  context_.journal.put(sequence_key(RecordKind::kOutgoing, sequence), encode(place.lane->rows.at(sequence).record));
  context_.journal.then([this, msg_id] {
    const auto found = index_.find(msg_id);
    if (found == index_.end()) return;
    Lane& lane = *found->second.lane;
    Row& row = lane.rows.at(found->second.sequence);
    row.durable = true;
    tell_waiting(lane, row);
    list(*found->second.relay, lane);
  });
  return msg_id;
}

void Outbox::insert(std::uint64_t sequence, OutgoingRecord record, bool durable) {
  next_sequence_ = std::max(next_sequence_, sequence + 1);
  const std::string& url = links_.resolve(record.url);
  Relay& relay = relays_[url];
  Lane& lane = relay.lanes[record.to];
  lane.url = url;
  lane.to = record.to;
  ++relay.rows;
  ++counts_[record.to];
  bytes_ += record.envelope.size();
  index_[record.msg_id] = {.relay = &relay, .lane = &lane, .sequence = sequence};
  lane.cursor = std::min(lane.cursor, sequence);
  lane.rows.emplace(sequence, Row{.sequence = sequence, .record = std::move(record), .durable = durable});
  if (durable) list(relay, lane);
}

void Outbox::list(Relay& relay, Lane& lane) {
  if (std::exchange(lane.listed, true)) return;
  relay.turns.push_back(&lane);
}

Outbox::Row* Outbox::next_row(Lane& lane) {
  if (lane.retry_at || lane.in_flight >= kLaneFrames || lane.in_flight_bytes >= kLaneBytes) return nullptr;
  if (lane.probing && lane.in_flight > 0) return nullptr;
  for (auto at = lane.rows.lower_bound(lane.cursor); at != lane.rows.end(); ++at) {
    if (!at->second.durable) return nullptr;
    lane.cursor = at->first;
    if (!at->second.in_flight) return &at->second;
  }
  return nullptr;
}

void Outbox::pump(Link& link) {
  const auto found = relays_.find(link.url());
  if (found == relays_.end()) return;
  Relay& relay = found->second;
  while (!relay.turns.empty() && link.can_send() && relay.in_flight < kRelayFrames &&
         relay.in_flight_bytes < kRelayBytes) {
    Lane& lane = *relay.turns.front();
    relay.turns.pop_front();
    lane.listed = false;
    Row* row = next_row(lane);
    if (row == nullptr) continue;
    const std::size_t size = row->record.envelope.size();
    if (size + kSendOverhead > link.max_message()) {
      list(relay, lane);
      fail(row->record.msg_id,
           {ErrorCode::kTooLarge, "the message is too large for this relay", "send a shorter text"});
      continue;
    }
    link.send(protocol::Send{.msg_id = row->record.msg_id,
                             .to = row->record.to,
                             .token = row->record.token.clone(),
                             .envelope = row->record.envelope});
    row->in_flight = true;
    if (lane.probing) lane.probe = row->sequence;
    ++lane.in_flight;
    ++relay.in_flight;
    lane.in_flight_bytes += size;
    relay.in_flight_bytes += size;
    list(relay, lane);
  }
}

void Outbox::land(Relay& relay, Lane& lane, Row& row) {
  if (!std::exchange(row.in_flight, false)) return;
  const std::size_t size = row.record.envelope.size();
  --lane.in_flight;
  --relay.in_flight;
  lane.in_flight_bytes -= size;
  relay.in_flight_bytes -= size;
}

void Outbox::on_ready(Link& link) {
  const auto found = relays_.find(link.url());
  if (found == relays_.end()) return;
  Relay& relay = found->second;
  for (auto& [to, lane] : relay.lanes) {
    for (auto& [sequence, row] : lane.rows) land(relay, lane, row);
    lane.cursor = 0;
    lane.retry_at.reset();
    lane.probing = false;
    lane.probe = 0;
    lane.waits_for.reset();
    blocked_.erase(&lane);
    if (!lane.rows.empty()) list(relay, lane);
  }
}

void Outbox::erase(MsgId msg_id) {
  const Place place = index_.at(msg_id);
  Row& row = place.lane->rows.at(place.sequence);
  const AgentId to = row.record.to;
  land(*place.relay, *place.lane, row);
  --place.relay->rows;
  bytes_ -= row.record.envelope.size();
  if (--counts_[to] == 0) counts_.erase(to);
  place.lane->rows.erase(place.sequence);
  index_.erase(msg_id);
  list(*place.relay, *place.lane);
  if (on_room) on_room(to);
}

std::set<std::string> Outbox::urls() const {
  std::set<std::string> urls;
  for (const auto& [url, relay] : relays_) {
    if (relay.rows > 0) urls.insert(url);
  }
  return urls;
}

void Outbox::drop_session(const SessionId& session, const Error& why) {
  std::vector<MsgId> gone;
  for (const auto& [msg_id, place] : index_) {
    if (place.lane->rows.at(place.sequence).record.session_id == session) gone.push_back(msg_id);
  }
  for (const MsgId& msg_id : gone) fail(msg_id, why);
}

void Outbox::regroup() {
  std::vector<MsgId> misplaced;
  for (const auto& [msg_id, place] : index_) {
    const Row& row = place.lane->rows.at(place.sequence);
    if (links_.resolve(row.record.url) != place.lane->url) misplaced.push_back(msg_id);
  }
  for (const MsgId& msg_id : misplaced) {
    const Place place = index_.at(msg_id);
    Row& row = place.lane->rows.at(place.sequence);
    land(*place.relay, *place.lane, row);
    --place.relay->rows;
    --counts_[row.record.to];
    bytes_ -= row.record.envelope.size();
    OutgoingRecord record = std::move(row.record);
    const bool durable = row.durable;
    const bool told = row.told;
    place.lane->rows.erase(place.sequence);
    insert(place.sequence, std::move(record), durable);
    index_.at(msg_id).lane->rows.at(place.sequence).told = told;
  }
}

void Outbox::drop_relay_urls(const SessionId& session) {
  std::vector<MsgId> older;
  for (const auto& [msg_id, place] : index_) {
    const OutgoingRecord& record = place.lane->rows.at(place.sequence).record;
    if (record.relay_urls && record.session_id == session) older.push_back(msg_id);
  }
  for (const MsgId& msg_id : older) {
    context_.journal.remove(sequence_key(RecordKind::kOutgoing, index_.at(msg_id).sequence));
    erase(msg_id);
  }
}

void Outbox::drop_peer(const AgentId& peer) {
  std::vector<MsgId> gone;
  for (const auto& [msg_id, place] : index_) {
    if (place.lane->to == peer) gone.push_back(msg_id);
  }
  for (const MsgId& msg_id : gone) {
    context_.journal.remove(sequence_key(RecordKind::kOutgoing, index_.at(msg_id).sequence));
    erase(msg_id);
  }
}

void Outbox::expire() {
  std::vector<MsgId> late;
  for (const auto& [msg_id, place] : index_) {
    const Row& row = place.lane->rows.at(place.sequence);
    if (row.durable && row.record.created_at + protocol::kMessageLifeMs < context_.now.unix_ms) late.push_back(msg_id);
  }
  std::ranges::sort(late, {}, [&](const MsgId& msg_id) { return index_.at(msg_id).sequence; });
  for (const MsgId& msg_id : late) fail(msg_id, words::ack_timeout("no relay took the message within 7 days"));
}

void Outbox::on_time() {
  for (auto at = blocked_.begin(); at != blocked_.end();) {
    Lane& lane = **at;
    if (!lane.retry_at || *lane.retry_at > context_.now.steady) {
      ++at;
      continue;
    }
    lane.retry_at.reset();
    lane.probing = true;
    lane.probe = 0;
    list(relays_.at(lane.url), lane);
    at = blocked_.erase(at);
  }
}

std::optional<Duration> Outbox::deadline() const {
  std::optional<Duration> earliest;
  for (const Lane* lane : blocked_) {
    if (lane->retry_at && (!earliest || *lane->retry_at < *earliest)) earliest = lane->retry_at;
  }
  return earliest;
}

}  // namespace agentroom::agent
