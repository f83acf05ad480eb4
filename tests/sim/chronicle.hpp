// What happened in a run: its hash, its first broken promise, what it met, and, when somebody reads along, its story.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "agentroom/bytes.hpp"
#include "coverage.hpp"
#include "scheduler.hpp"

namespace agentroom::sim {

class Chronicle {
 public:
  Chronicle(const Scheduler& scheduler, bool traced) : scheduler_(scheduler), traced_(traced) {}

  bool traced() const { return traced_; }
  /// Prints a line when the run is traced.
  void tell(const std::string& who, const std::string& what) const;

  /// A promise was broken; the first one counts.
  void violate(const std::string& what);
  const std::string& violation() const { return violation_; }

  /// Two runs of one seed must fold the same values in the same order.
  void fold(std::uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001b3ULL; }
  void fold(ByteView bytes);
  std::uint64_t hash() const { return hash_; }

  void met(Way way, std::uint64_t times = 1) { coverage_.met(way, times); }
  const Coverage& coverage() const { return coverage_; }

 private:
  const Scheduler& scheduler_;
  bool traced_;
  std::string violation_;
  Coverage coverage_;
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
};

/// The beginning of an id, for people.
std::string short_name(ByteView id);

}  // namespace agentroom::sim
