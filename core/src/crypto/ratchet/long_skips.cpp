#include "crypto/ratchet/long_skips.hpp"

namespace agentroom::crypto {
namespace {

bool within_window(UnixMs then, UnixMs now) {
  return now < then + kLongSkipWindowMs && then < now + kLongSkipWindowMs;
}

}  // namespace

bool LongSkips::refused(UnixMs now) const {
  return refusing && within_window(refused_at, now);
}

void LongSkips::record_failure(UnixMs now) {
  std::uint8_t recent = 0;
  for (std::uint8_t i = 0; i < failures; ++i) {
    if (within_window(failed_at[i], now)) failed_at[recent++] = failed_at[i];
  }
  if (recent == kRemembered) {
    *this = {.failures = 0, .failed_at = {}, .refusing = true, .refused_at = now};
    return;
  }
  failed_at[recent++] = now;
  std::fill(failed_at.begin() + recent, failed_at.end(), 0);
  failures = recent;
}

}  // namespace agentroom::crypto
