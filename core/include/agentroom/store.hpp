// The session store: an ordered map from bytes to bytes with atomic, durable batches.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "agentroom/bytes.hpp"
#include "agentroom/result.hpp"

namespace agentroom {

/// One change of a batch.
struct StoreOp {
  enum class Kind : std::uint8_t {
    kPut,          ///< writes the value, replacing an older one
    kDelete,       ///< removes the key; removing an absent key is no error
    kPutIfAbsent,  ///< writes the value; a present key fails the whole batch with kConflict
  };
  Kind kind = Kind::kPut;
  Bytes key;    ///< 1 to 1,024 bytes
  Bytes value;  ///< at most 16 MiB; empty for kDelete
};

using StoreBatch = std::vector<StoreOp>;

/// Keys are ordered as byte strings. Values are sealed by the core before they come here: a store sees only keys that
/// reveal nothing and ciphertext.
///
/// Thread: all methods and all completions on the engine thread. Reads see committed data only: a batch that was
/// handed to `commit` is not seen before its completion ran.
class Store {
 public:
  /// Called once a batch is durable, or with the reason why nothing of it was written.
  using Completion = std::move_only_function<void(Result<void>)>;
  /// Called once a record; false ends the scan. Both views are valid during the call only.
  using Visitor = std::function<bool(ByteView key, ByteView value)>;

  virtual ~Store() = default;

  /// The value, or nothing when the key is absent. Errors: kIo, kCorrupt.
  virtual Result<std::optional<Bytes>> get(ByteView key) = 0;

  /// Visits in key order at most `limit` records whose key starts with `prefix` and is greater than `after` (empty:
  /// from the first). 0 means no limit. Errors: kIo, kCorrupt.
  virtual Result<void> scan(ByteView prefix, ByteView after, std::size_t limit, const Visitor& visit) = 0;

  /// All of the batch or nothing of it, durable before the completion is called. Never blocks; completions come in the
  /// order of the calls, never from inside `commit`. After a failure other than kConflict every later batch fails with
  /// kAborted until `resume`, so that nothing lands behind a gap. Errors: kConflict, kIo, kAborted, kTooLarge.
  virtual void commit(StoreBatch batch, Completion done) = 0;

  /// Takes batches again after a failure. To be called when no completion is outstanding. Errors: kIo.
  virtual Result<void> resume() = 0;
};

}  // namespace agentroom
