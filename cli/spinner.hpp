// Tells a person that something is being waited for.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "output.hpp"

namespace agentroom::cli {

/// While it lives, the last line of a terminal says what is waited for: `⠹ waiting for the relay`. It comes after
/// `kPatience`, so that what is quick shows nothing; lines of `Output` push it down; it goes with the object and leaves
/// nothing behind. Without a terminal on stderr, with `--json` and with `-q` it does nothing at all.
///
/// Thread: any.
class Spinner {
 public:
  static constexpr std::chrono::milliseconds kPatience{200};
  static constexpr std::chrono::milliseconds kFrame{100};

  /// `out` outlives it. `text` is shown as it is: it is escaped by whoever puts text from outside into it.
  Spinner(Output& out, std::string text);
  ~Spinner();
  Spinner(const Spinner&) = delete;
  Spinner& operator=(const Spinner&) = delete;

  /// From now on this is waited for.
  void say(std::string text);

 private:
  void turn();

  Output& out_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;       // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;     // last: it uses what is above
};

}  // namespace agentroom::cli
