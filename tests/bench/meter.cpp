#include "meter.hpp"

#include <unistd.h>

#include <ctime>
#include <fstream>
#include <stdexcept>
#include <string>

namespace agentroom::bench {

Nanoseconds cpu_time(pid_t process) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &time) != 0) {
    throw std::runtime_error("the server is gone");
  }
  return std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
}

std::uint64_t resident(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string word; status >> word;) {
    if (word != "VmRSS:") continue;
    std::uint64_t kib = 0;
    status >> kib;
    return kib * 1024;
  }
  throw std::runtime_error("the server is gone");
}

Interval::Interval(pid_t server)
    : server_(server), begin_(Clock::now()), server_cpu_(cpu_time(server)), driver_cpu_(cpu_time(::getpid())) {}

double Interval::seconds() const {
  return std::chrono::duration<double>(Clock::now() - begin_).count();
}

double Interval::server_cpu_us() const {
  return std::chrono::duration<double, std::micro>(cpu_time(server_) - server_cpu_).count();
}

double Interval::driver_cpu_us() const {
  return std::chrono::duration<double, std::micro>(cpu_time(::getpid()) - driver_cpu_).count();
}

bool Interval::driver_was_the_limit() const {
  constexpr double kMost = 0.8 * 1e6;
  return driver_cpu_us() > kMost * seconds() && server_cpu_us() < kMost * seconds();
}

}  // namespace agentroom::bench
