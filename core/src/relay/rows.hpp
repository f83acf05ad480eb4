// Every message that the relay is responsible for: in flight, being stored, or stored.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <memory>
#include <vector>

#include "agentroom/ids.hpp"
#include "relay/keyed_hash.hpp"
#include "relay/refs.hpp"

namespace agentroom::relay {

/// What is known of a message without its envelope. A queued message costs this and its slot in the set below.
///
///   kFlight  sent to the recipient's connection, its envelope held in memory
///   kOpen    handed to the store, not durable yet
///   kStored  durable
struct Row {
  enum class State : std::uint8_t { kFlight, kOpen, kStored };

  MsgId msg_id;
  AgentRef from = kNone;
  AgentRef to = kNone;
  RowId prev = kNone;  ///< in the recipient's mailbox, unless kFlight
  RowId next = kNone;
  std::uint32_t place = kNone;  ///< kFlight: slot of the held envelope; else the segment
  std::uint32_t offset = 0;     ///< in the segment
  std::uint32_t size = 0;       ///< bytes of the envelope
  std::uint32_t token = kNone;  ///< whose share of the mailbox it uses
  std::uint16_t index = 0;      ///< in the segment
  State state = State::kFlight;
  bool in_window : 1 = false;  ///< delivered on the recipient's connection, no receipt yet
  bool claim : 1 = false;      ///< the SessionInit of a claim
  bool gone : 1 = false;       ///< receipted before it was durable; waits for its commit only
};
static_assert(sizeof(Row) <= 52);

/// Rows in chunks that never move, and the set that finds them by (from, to, msg_id).
class Rows {
 public:
  explicit Rows(const KeyedHash& hash);
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  /// (from, to, msg_id) must not be there.
  RowId add(AgentRef from, AgentRef to, const MsgId& msg_id);
  void erase(RowId id);
  /// Takes the row out of the set, so that `find` misses it and its key may be added again.
  void hide(RowId id);

  RowId find(AgentRef from, AgentRef to, const MsgId& msg_id) const;

  Row& operator[](RowId id) { return chunks_[id >> kChunkBits][id & kChunkMask]; }
  const Row& operator[](RowId id) const { return chunks_[id >> kChunkBits][id & kChunkMask]; }
  std::size_t size() const { return size_; }

 private:
  static constexpr std::uint32_t kChunkBits = 10;
  static constexpr std::uint32_t kChunkMask = (1U << kChunkBits) - 1;

  struct Key {
    AgentRef from;
    AgentRef to;
    const MsgId& msg_id;
  };
  struct Hash {
    using is_transparent = void;
    const Rows* rows;
    std::size_t operator()(const Key& key) const;
    std::size_t operator()(RowId id) const;
  };
  struct Equal {
    using is_transparent = void;
    const Rows* rows;
    bool operator()(RowId a, RowId b) const { return a == b; }
    bool operator()(const Key& key, RowId id) const;
    bool operator()(RowId id, const Key& key) const { return (*this)(key, id); }
  };

  KeyedHash hash_;
  std::vector<std::unique_ptr<Row[]>> chunks_;
  RowId free_ = kNone;
  std::size_t size_ = 0;
  boost::unordered_flat_set<RowId, Hash, Equal> by_key_;
};

}  // namespace agentroom::relay
