// What a process has used, as the system counts it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "loop.hpp"

namespace agentroom::bench {

/// User and system time so far; also of a process that is another's.
Nanoseconds cpu_time(pid_t process);
/// VmRSS, in bytes.
std::uint64_t resident(pid_t process);

/// The system calls of all threads that a process has, from its making on; those that it starts later are left out.
class SystemCalls {
 public:
  static constexpr const char* kAll = "raw_syscalls/sys_enter";
  static constexpr const char* kSyncs = "syscalls/sys_enter_fdatasync";

  /// std::runtime_error where the kernel lets this user count none.
  explicit SystemCalls(pid_t process, const std::string& tracepoint = kAll);
  ~SystemCalls();
  SystemCalls(const SystemCalls&) = delete;
  SystemCalls& operator=(const SystemCalls&) = delete;

  double count() const;

 private:
  std::vector<int> counters_;  // files, one a thread
};

/// What a server and this driver used from its making on.
class Interval {
 public:
  explicit Interval(pid_t server);

  double seconds() const;
  double server_cpu_us() const;
  double driver_cpu_us() const;
  /// The driver used most of a core and the server did not: the figures say what the driver can do.
  bool driver_was_the_limit() const;

 private:
  pid_t server_;
  Clock::time_point begin_;
  Nanoseconds server_cpu_;
  Nanoseconds driver_cpu_;
};

}  // namespace agentroom::bench
