// What an instance may leave behind in its process: nothing.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace agentroom::conformance {

/// The threads, descriptors and child processes of this process at one moment. What is made once a process, such as the
/// thread of a sanitizer, has to be there before: open and close an instance first.
class Residue {
 public:
  Residue() : threads_(entries("/proc/self/task")), descriptors_(entries("/proc/self/fd")), children_(children()) {}

  /// Fails the test for each thread, descriptor and child process that came and is still there.
  void expect_none() const {
    // A thread that was joined is listed a moment longer: the kernel wakes the joiner first.
    const auto deadline = std::chrono::steady_clock::now() + kMoment;
    while (entries("/proc/self/task") > threads_ && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    EXPECT_LE(entries("/proc/self/task"), threads_) << "a thread outlived the instance";
    EXPECT_LE(entries("/proc/self/fd"), descriptors_) << "a descriptor outlived the instance";
    EXPECT_LE(children(), children_) << "a process outlived the instance";
  }

 private:
  static constexpr std::chrono::seconds kMoment{5};

  static std::ptrdiff_t entries(const char* folder) {
    return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
  }

  static std::ptrdiff_t children() {
    std::ptrdiff_t count = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      std::ifstream list(task.path() / "children");
      count += std::distance(std::istream_iterator<pid_t>(list), std::istream_iterator<pid_t>());
    }
    return count;
  }

  std::ptrdiff_t threads_;
  std::ptrdiff_t descriptors_;
  std::ptrdiff_t children_;
};

}  // namespace agentroom::conformance
