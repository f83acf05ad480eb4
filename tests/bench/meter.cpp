#include "meter.hpp"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
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

SystemCalls::SystemCalls(pid_t process, const std::string& tracepoint) {
  std::uint64_t number = 0;
  std::ifstream("/sys/kernel/tracing/events/" + tracepoint + "/id") >> number;
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.config = number;
  const std::filesystem::path threads = "/proc/" + std::to_string(process) + "/task";
  for (const auto& thread : std::filesystem::directory_iterator(threads)) {
    const auto counter = static_cast<int>(
        ::syscall(SYS_perf_event_open, &attributes, std::stoi(thread.path().filename()), -1, -1, PERF_FLAG_FD_CLOEXEC));
    if (number == 0 || counter < 0) {
      throw std::runtime_error("the kernel does not let this user count system calls: be root, with tracefs mounted");
    }
    counters_.push_back(counter);
  }
}

SystemCalls::~SystemCalls() {
  for (const int counter : counters_) ::close(counter);
}

double SystemCalls::count() const {
  double all = 0;
  for (const int counter : counters_) {
    std::uint64_t calls = 0;
    if (::read(counter, &calls, sizeof calls) != sizeof calls) throw std::runtime_error("cannot count system calls");
    all += static_cast<double>(calls);
  }
  return all;
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
