// A store as its owner has it: what engines use of it, and what is done to the data once in a while.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "agentroom/result.hpp"
#include "agentroom/store.hpp"

namespace agentroom {

/// What is to be done with the data that a store is opened on.
enum class StoreAccess : std::uint8_t {
  kReadWrite,  ///< made when there is none
  kReadOnly,   ///< looked at: nothing is made or changed; without data kNotFound
};

/// How much room the data takes on disk, and how much of it `compact` would about give back.
struct StoreSize {
  std::uint64_t bytes = 0;
  std::uint64_t unused_bytes = 0;
};

/// A store may support each of these or not (kUsage). No completion is outstanding, but for `back_up`.
class KeptStore : public Store {
 public:
  /// Reads all of the data and tells whether it is whole; changes nothing. Blocks. Errors: kCorrupt, kIo.
  virtual Result<void> check() = 0;
  /// Supported by every store that keeps data beyond the process.
  virtual Result<StoreSize> size() = 0;
  /// Writes the data anew without what was deleted, whole or not at all. Blocks. Errors: kIo, kCorrupt, kInUse.
  virtual Result<void> compact() = 0;
  /// Writes a durable copy of one moment, of mode 0600, to the new file `path`, absolute; leaves nothing after an
  /// error. Blocks; `cancelled` is asked once in a while. Errors: kConflict (there is such a file), kCancelled, kIo,
  /// kCorrupt. Thread: any, one call at a time, while the other methods go on.
  virtual Result<void> back_up(const std::string& path, const std::function<bool()>& cancelled) = 0;
};

}  // namespace agentroom
