#include "records.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "agentroom/abi/store.h"

namespace store_lmdb {
namespace {

using Node = std::uint64_t;
using Key = std::vector<std::byte>;

constexpr Node kRoot = 0;
constexpr std::size_t kNodeBytes = sizeof(Node);
constexpr std::size_t kChunk = 511 - kNodeBytes;

std::array<std::byte, kNodeBytes> to_bytes(Node node) {
  std::array<std::byte, kNodeBytes> bytes{};
  for (std::size_t i = kNodeBytes; i-- > 0; node >>= 8U) bytes[i] = static_cast<std::byte>(node & 0xffU);
  return bytes;
}

Node to_node(ByteView bytes) {
  Node node = 0;
  for (std::size_t i = 0; i < kNodeBytes; ++i) node = node << 8U | std::to_integer<Node>(bytes[i]);
  return node;
}

ByteView view(const MDB_val& value) {
  return {static_cast<const std::byte*>(value.mv_data), value.mv_size};
}

MDB_val to_lmdb(ByteView bytes) {
  return {bytes.size(), const_cast<std::byte*>(bytes.data())};  // LMDB does not write to what it is given
}

/// A key of LMDB: a node and the first bytes of what it holds of a key.
class Place {
 public:
  Place(Node node, ByteView rest) : size_(kNodeBytes + std::min(rest.size(), kChunk)) {
    const auto number = to_bytes(node);
    std::memcpy(bytes_.data(), number.data(), kNodeBytes);
    if (size_ > kNodeBytes) std::memcpy(bytes_.data() + kNodeBytes, rest.data(), size_ - kNodeBytes);
  }
  /// Valid as long as the object.
  MDB_val key() const& { return to_lmdb(std::span(bytes_).first(size_)); }
  MDB_val key() const&& = delete;

 private:
  std::array<std::byte, kNodeBytes + kChunk> bytes_{};
  std::size_t size_;
};

class Cursor {
 public:
  Cursor(MDB_txn* txn, MDB_dbi database) : code_(mdb_cursor_open(txn, database, &cursor_)) {}
  ~Cursor() {
    if (cursor_ != nullptr) mdb_cursor_close(cursor_);
  }
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  int get(MDB_val& key, MDB_val& value, MDB_cursor_op op) {
    return code_ == MDB_SUCCESS ? mdb_cursor_get(cursor_, &key, &value, op) : code_;
  }

 private:
  MDB_cursor* cursor_ = nullptr;
  int code_;
};

/// Goes from node to node as far as the tree has a key.
class Way {
 public:
  Way(MDB_txn* txn, MDB_dbi database, ByteView key) : txn_(txn), database_(database), rest_(key) {}

  /// The rest of the key ends in this node.
  bool at_end() const { return rest_.size() < kChunk; }

  int go_on() {
    const Place link = place();
    MDB_val key = link.key();
    MDB_val value{};
    if (const int code = mdb_get(txn_, database_, &key, &value); code != MDB_SUCCESS) return code;
    if (value.mv_size != kNodeBytes) return MDB_CORRUPTED;
    enter(to_node(view(value)));
    return MDB_SUCCESS;
  }
  void enter(Node node) {
    node_ = node;
    rest_ = rest_.subspan(kChunk);
  }

  Node node() const { return node_; }
  Place place() const { return {node_, rest_}; }

 private:
  MDB_txn* txn_;
  MDB_dbi database_;
  Node node_ = kRoot;
  ByteView rest_;
};

bool begins_with(ByteView bytes, ByteView prefix) {
  return bytes.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

/// MDB_SUCCESS when the node holds something, MDB_NOTFOUND when it does not.
int holds_something(MDB_txn* txn, MDB_dbi database, Node node) {
  Cursor cursor(txn, database);
  const Place first(node, {});
  MDB_val key = first.key();
  MDB_val value{};
  const int code = cursor.get(key, value, MDB_SET_RANGE);
  if (code != MDB_SUCCESS) return code;
  return begins_with(view(key), to_bytes(node)) ? MDB_SUCCESS : MDB_NOTFOUND;
}

/// A number that no node has: `parent` may be one that holds nothing yet.
int new_node(MDB_txn* txn, MDB_dbi database, Node parent, Node& out) {
  Cursor cursor(txn, database);
  MDB_val key{};
  MDB_val value{};
  const int code = cursor.get(key, value, MDB_LAST);
  if (code != MDB_SUCCESS && code != MDB_NOTFOUND) return code;
  if (code == MDB_SUCCESS && key.mv_size < kNodeBytes) return MDB_CORRUPTED;
  out = std::max(parent, code == MDB_SUCCESS ? to_node(view(key)) : kRoot) + 1;
  return MDB_SUCCESS;
}

class Scan {
 public:
  using Visit = std::function<bool(ByteView key, ByteView value)>;

  Scan(MDB_txn* txn, MDB_dbi database, ByteView prefix, ByteView after, const Visit& visit)
      : txn_(txn), database_(database), prefix_(prefix), visit_(visit) {
    const bool from_prefix =
        after.empty() || std::lexicographical_compare(after.begin(), after.end(), prefix.begin(), prefix.end());
    from_.assign((from_prefix ? prefix : after).begin(), (from_prefix ? prefix : after).end());
    if (!from_prefix) from_.push_back(std::byte{0});
  }

  int run() {
    const int code = visit_node(kRoot);
    return code == MDB_NOTFOUND ? MDB_SUCCESS : code;
  }

 private:
  /// MDB_NOTFOUND when the scan is at its end, MDB_SUCCESS when it goes on behind this node.
  int visit_node(Node node) {
    Cursor cursor(txn_, database_);
    const Place first(node, begins_with(from_, key_) ? ByteView(from_).subspan(key_.size()) : ByteView());
    MDB_val at = first.key();
    MDB_val value{};
    const std::size_t before = key_.size();
    int code = cursor.get(at, value, MDB_SET_RANGE);
    for (; code == MDB_SUCCESS && begins_with(view(at), to_bytes(node)); code = cursor.get(at, value, MDB_NEXT)) {
      const ByteView chunk = view(at).subspan(kNodeBytes);
      key_.insert(key_.end(), chunk.begin(), chunk.end());
      if (chunk.size() == kChunk) {
        if (value.mv_size != kNodeBytes || key_.size() > AR_STORE_MAX_KEY) return MDB_CORRUPTED;
        if (const int below = visit_node(to_node(view(value))); below != MDB_SUCCESS) return below;
      } else if (!begins_with(key_, prefix_) || !visit_(key_, view(value))) {
        return MDB_NOTFOUND;
      }
      key_.resize(before);
    }
    return code == MDB_NOTFOUND ? MDB_SUCCESS : code;
  }

  MDB_txn* txn_;
  MDB_dbi database_;
  ByteView prefix_;
  const Visit& visit_;
  Key from_;  ///< the first key that is wanted
  Key key_;   ///< what the nodes on the way to the current one hold
};

}  // namespace

int Records::get(ByteView key, ByteView& value) const {
  Way way(txn_, database_, key);
  while (!way.at_end()) {
    if (const int code = way.go_on(); code != MDB_SUCCESS) return code;
  }
  const Place place = way.place();
  MDB_val at = place.key();
  MDB_val found{};
  const int code = mdb_get(txn_, database_, &at, &found);
  if (code == MDB_SUCCESS) value = view(found);
  return code;
}

int Records::put(ByteView key, ByteView value) {
  Way way(txn_, database_, key);
  while (!way.at_end()) {
    int code = way.go_on();
    if (code == MDB_NOTFOUND) {
      Node made = 0;
      code = new_node(txn_, database_, way.node(), made);
      if (code != MDB_SUCCESS) return code;
      const auto number = to_bytes(made);
      const Place place = way.place();
      MDB_val at = place.key();
      MDB_val link = to_lmdb(number);
      code = mdb_put(txn_, database_, &at, &link, 0);
      way.enter(made);
    }
    if (code != MDB_SUCCESS) return code;
  }
  const Place place = way.place();
  MDB_val at = place.key();
  MDB_val kept = to_lmdb(value);
  return mdb_put(txn_, database_, &at, &kept, 0);
}

int Records::erase(ByteView key) {
  Way way(txn_, database_, key);
  std::vector<std::pair<Place, Node>> links;  // with the node that each leads to
  while (!way.at_end()) {
    const Place link = way.place();
    const int code = way.go_on();
    if (code != MDB_SUCCESS) return code == MDB_NOTFOUND ? MDB_SUCCESS : code;
    links.emplace_back(link, way.node());
  }
  Place place = way.place();
  while (true) {
    MDB_val at = place.key();
    int code = mdb_del(txn_, database_, &at, nullptr);
    if (code == MDB_NOTFOUND) return MDB_SUCCESS;
    if (code != MDB_SUCCESS || links.empty()) return code;
    code = holds_something(txn_, database_, links.back().second);
    if (code != MDB_NOTFOUND) return code;
    place = links.back().first;
    links.pop_back();
  }
}

int Records::scan(ByteView prefix, ByteView after,
                  const std::function<bool(ByteView key, ByteView value)>& visit) const {
  return Scan(txn_, database_, prefix, after, visit).run();
}

int Records::check() const {
  Cursor cursor(txn_, database_);
  MDB_val key{};
  MDB_val value{};
  Key before;
  std::size_t count = 0;
  std::size_t reached = 0;
  volatile unsigned sum = 0;  // so that every byte is read
  int code = cursor.get(key, value, MDB_FIRST);
  for (; code == MDB_SUCCESS; code = cursor.get(key, value, MDB_NEXT)) {
    const ByteView at = view(key);
    const bool in_order = std::lexicographical_compare(before.begin(), before.end(), at.begin(), at.end());
    if (at.size() < kNodeBytes || at.size() > kNodeBytes + kChunk || !in_order) return MDB_CORRUPTED;
    for (const std::byte byte : view(value)) sum = sum + std::to_integer<unsigned>(byte);
    if (at.size() == kNodeBytes + kChunk) ++reached;  // a link
    before.assign(at.begin(), at.end());
    ++count;
  }
  if (code != MDB_NOTFOUND) return code;
  MDB_stat stat{};
  if (code = mdb_stat(txn_, database_, &stat); code != MDB_SUCCESS) return code;
  if (stat.ms_entries != count) return MDB_CORRUPTED;
  // What is there is what the root leads to.
  code = scan({}, {}, [&](ByteView /*key*/, ByteView /*value*/) {
    ++reached;
    return true;
  });
  if (code != MDB_SUCCESS) return code;
  return reached == count ? MDB_SUCCESS : MDB_CORRUPTED;
}

int count_free_pages(MDB_txn* txn, std::uint64_t& out) {
  constexpr MDB_dbi kFreePages = 0;  // lists of pages, each behind its length
  Cursor cursor(txn, kFreePages);
  MDB_val key{};
  MDB_val value{};
  out = 0;
  int code = cursor.get(key, value, MDB_FIRST);
  for (; code == MDB_SUCCESS; code = cursor.get(key, value, MDB_NEXT)) {
    std::size_t count = 0;
    if (value.mv_size < sizeof count) return MDB_CORRUPTED;
    std::memcpy(&count, value.mv_data, sizeof count);
    out += count;
  }
  return code == MDB_NOTFOUND ? MDB_SUCCESS : code;
}

}  // namespace store_lmdb
