// The memory of long skips that led nowhere (protocol section 4). A relay can pair a true header with a false body and
// have an agent walk a chain for nothing; after three within an hour long skips are refused for an hour.
#pragma once

#include <array>
#include <cstdint>

#include "crypto/ratchet/ratchet.hpp"

namespace agentroom::crypto {

struct LongSkips {
  static constexpr std::size_t kRemembered = kLongSkipFailures - 1;

  std::uint8_t failures = 0;  ///< how many of `failed_at` hold, oldest first
  std::array<UnixMs, kRemembered> failed_at{};
  bool refusing = false;
  UnixMs refused_at = 0;

  /// Whether a skip of more than 2,000 is refused now. A clock that was set back by more than an hour ends a refusal.
  bool refused(UnixMs now) const;

  void record_failure(UnixMs now);
};

}  // namespace agentroom::crypto
