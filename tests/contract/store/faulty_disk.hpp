// A disk that can be made to wait, to be full and to fail: the calls that SQLite writes with, taken over by the test
// program for the whole process.
#pragma once

#include <cstddef>
#include <string>

namespace agentroom::conformance {

/// Works as it should again when it goes. One at a time.
class FaultyDisk {
 public:
  FaultyDisk();
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  /// Writes to files whose path ends so fail with `error`.
  void fail_writes(int error, const std::string& path_suffix = "");
  /// fdatasync fails with `error`.
  void fail_syncs(int error);
  /// fdatasync does not return before `heal`.
  void hold_syncs();
  /// All calls work again, and those that were held return.
  void heal();

  /// Blocks until a sync is held; false after half a minute.
  bool wait_for_held_sync();
  /// Calls of fdatasync since the object was made.
  std::size_t syncs() const;
};

}  // namespace agentroom::conformance
