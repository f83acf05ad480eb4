// What tests of the plugin host stand on: an executor that runs when told, a log that remembers, a folder that goes
// away.
#pragma once

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agentroom/executor.hpp"
#include "host/plugin_host.hpp"

namespace agentroom::test {

/// How long a test waits for something that must happen.
inline constexpr std::chrono::seconds kPatience{30};

/// Runs what was posted on the thread of the test, which plays the engine thread.
class QueueExecutor final : public Executor {
 public:
  bool post(Task task) override {
    const std::scoped_lock lock(mutex_);
    if (closed_) return false;
    ++posts_;
    tasks_.push_back(std::move(task));
    changed_.notify_all();
    return true;
  }

  /// Runs what is there; the number of tasks.
  std::size_t run() {
    std::vector<Task> tasks;
    {
      const std::scoped_lock lock(mutex_);
      tasks.swap(tasks_);
    }
    for (Task& task : tasks) task();
    return tasks.size();
  }

  /// Runs tasks until `reached` holds; false when the deadline comes first.
  bool run_until(const std::function<bool()>& reached) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!reached()) {
      std::unique_lock lock(mutex_);
      if (!changed_.wait_until(lock, deadline, [this] { return !tasks_.empty(); })) return false;
      lock.unlock();
      run();
    }
    return true;
  }

  /// Refuses every later task.
  void close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
  }

  std::size_t posts() const {
    const std::scoped_lock lock(mutex_);
    return posts_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Task> tasks_;
  std::size_t posts_ = 0;
  bool closed_ = false;
};

/// Every line as "plugin: text\n".
class LogRecorder {
 public:
  host::LogSink sink() {
    return [this](host::LogLevel /*level*/, std::string_view plugin, std::string_view text) {
      const std::scoped_lock lock(mutex_);
      text_ += std::string(plugin) + ": " + std::string(text) + '\n';
    };
  }
  std::string text() const {
    const std::scoped_lock lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "agentroom-host-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  std::filesystem::path write(const std::string& name, std::string_view content) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

/// The least that a manifest holds.
inline std::string manifest_text(const std::string& id, const std::string& kind, const std::string& more = {}) {
  return "id = \"" + id + "\"\nkind = \"" + kind +
         "\"\nabi = \"1.0\"\nversion = \"1.0.0\"\ndescription = \"A plugin of the tests.\"\n" + more;
}

}  // namespace agentroom::test
