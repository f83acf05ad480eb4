// The promises of a kind of plugin, each checked in a process of its own.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "agentroom/result.hpp"
#include "host/manifest.hpp"

namespace agentroom::cli {

struct Promise {
  std::string group;  ///< "StoreCommits"
  std::string name;   ///< "APutReplaces"

  std::string full_name() const { return group + "." + name; }
};

/// "a put replaces" of "APutReplaces".
std::string words_of(std::string_view name);

enum class Verdict : std::uint8_t { kKept, kBroken, kCrashed, kHung, kLeftOut };

/// "kept", "broken", "crashed", "hung", "left_out".
std::string_view verdict_name(Verdict verdict);

struct Outcome {
  Verdict verdict = Verdict::kBroken;
  std::chrono::milliseconds took{};
  std::string said;  ///< what was expected and what came instead, or why it was left out; not escaped
};

/// The program that knows the promises of one kind. It loads the plugin, so that whatever the plugin does to its
/// process is a result. It takes every child of this process for its own, and has their orphans come to this process.
class ConformanceSuite {
 public:
  /// Errors: kNotFound (it is not installed).
  static Result<std::filesystem::path> find(host::PluginKind kind);

  /// `folder` is for files of the runs; it outlives the object and is nobody else's. A promise that takes more than
  /// `longest` hangs.
  ConformanceSuite(std::filesystem::path program, std::filesystem::path folder,
                   std::chrono::milliseconds longest = std::chrono::seconds(180))
      : program_(std::move(program)), folder_(std::move(folder)), longest_(longest) {}
  ConformanceSuite(const ConformanceSuite&) = delete;
  ConformanceSuite& operator=(const ConformanceSuite&) = delete;

  /// Errors: kInternal (the program does not run), kCancelled.
  Result<std::vector<Promise>> promises();

  /// `arguments`: as the program takes them. Errors: kInternal, kCancelled.
  Result<Outcome> check(const Promise& promise, const std::vector<std::string>& arguments);

  /// Ends what runs and lets nothing begin. Thread: any.
  void stop();

 private:
  struct Run {
    int status = 0;
    bool in_time = true;
    bool left_processes = false;
  };

  Result<Run> run(std::vector<std::string> arguments);
  Result<void> spawn(std::vector<std::string>& arguments);
  std::filesystem::path output_file() const { return folder_ / "output"; }
  std::filesystem::path result_file() const { return folder_ / "result.json"; }
  /// The end of what the program printed.
  std::string output() const;

  const std::filesystem::path program_;
  const std::filesystem::path folder_;
  const std::chrono::milliseconds longest_;
  std::mutex mutex_;
  pid_t running_ = 0;     // guarded by mutex_; leads a process group
  bool stopped_ = false;  // guarded by mutex_
};

}  // namespace agentroom::cli
