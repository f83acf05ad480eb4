// What an instance may leave behind in its process: nothing.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <thread>

namespace agentroom::conformance {

/// The threads and descriptors of this process at one moment. What is made once a process, such as the thread of a
/// sanitizer, has to be there before: open and close an instance first.
class Residue {
 public:
  Residue() : threads_(entries("/proc/self/task")), descriptors_(entries("/proc/self/fd")) {}

  /// Fails the test for each thread, descriptor and child process that came and is still there.
  void expect_none() const {
    // A thread that was joined is listed a moment longer: the kernel wakes the joiner first.
    const auto deadline = std::chrono::steady_clock::now() + kMoment;
    while (entries("/proc/self/task") > threads_ && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    EXPECT_LE(entries("/proc/self/task"), threads_) << "a thread outlived the instance";
    EXPECT_LE(entries("/proc/self/fd"), descriptors_) << "a descriptor outlived the instance";
    const bool has_child = ::waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD;
    EXPECT_FALSE(has_child) << "a process outlived the instance";
  }

 private:
  static constexpr std::chrono::seconds kMoment{5};

  static std::ptrdiff_t entries(const char* folder) {
    return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
  }

  std::ptrdiff_t threads_;
  std::ptrdiff_t descriptors_;
};

}  // namespace agentroom::conformance
