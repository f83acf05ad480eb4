// How one relay-wide limit is divided among agents, so that strangers cannot use it up (protocol section 8).
#pragma once

#include <cstdint>

namespace agentroom::relay {

/// Half of the limit belongs to all mailboxes in equal parts, which nobody else can take; the rest is for whoever comes
/// first, a percentage of it at most for newcomers together: agents that never took part in a claim here.
class Budget {
 public:
  /// Without `sharers` there are no parts: all of it is for whoever comes first.
  Budget(std::uint64_t limit, std::uint64_t sharers, std::uint32_t newcomer_percent)
      : part_(sharers == 0 ? 0 : limit / 2 / sharers),
        pool_(limit - part_ * sharers),
        newcomer_pool_((pool_ / 100 * newcomer_percent) + (pool_ % 100 * newcomer_percent + 99) / 100) {}

  /// Whether one that holds `held` may hold `wanted`.
  bool fits(bool newcomer, std::uint64_t held, std::uint64_t wanted) const {
    const std::uint64_t before = beyond_part(held);
    const std::uint64_t after = beyond_part(wanted);
    if (after <= before) return true;
    return pooled_ - before + after <= pool_ && (!newcomer || newcomers_ - before + after <= newcomer_pool_);
  }

  void change(bool newcomer, std::uint64_t held, std::uint64_t holds) {
    const std::uint64_t before = beyond_part(held);
    const std::uint64_t after = beyond_part(holds);
    all_ += holds - held;
    pooled_ += after - before;
    if (newcomer) newcomers_ += after - before;
  }
  /// One that holds `held` is a newcomer no longer.
  void know(std::uint64_t held) { newcomers_ -= beyond_part(held); }

  std::uint64_t all() const { return all_; }

 private:
  std::uint64_t beyond_part(std::uint64_t amount) const { return amount > part_ ? amount - part_ : 0; }

  const std::uint64_t part_;
  const std::uint64_t pool_;
  const std::uint64_t newcomer_pool_;
  std::uint64_t all_ = 0;
  std::uint64_t pooled_ = 0;
  std::uint64_t newcomers_ = 0;
};

}  // namespace agentroom::relay
