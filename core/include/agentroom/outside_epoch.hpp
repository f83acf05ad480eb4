// A counter that is kept outside a store, so that an older copy of the store is seen to be one.
#pragma once

#include <cstdint>
#include <optional>

#include "agentroom/result.hpp"

namespace agentroom {

/// Thread: the engine's. All methods block.
class OutsideEpoch {
 public:
  virtual ~OutsideEpoch() = default;

  /// What was noted last; nothing when nothing was. Errors: kCorrupt, kPermission, kIo.
  virtual Result<std::optional<std::uint64_t>> noted() = 0;

  /// Whether there is room and leave to note something. Leaves nothing behind. Errors: kPermission, kIo.
  virtual Result<void> prove() = 0;

  /// Durable on return. Errors: kPermission, kIo.
  virtual Result<void> note(std::uint64_t epoch) = 0;
};

}  // namespace agentroom
