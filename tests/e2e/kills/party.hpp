// A long-running process of a crash run, which is killed and started again.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ledger.hpp"
#include "room.hpp"

namespace agentroom::e2e::kills {

/// One process at a time: a generation. Thread: one, beside which the reader's calls `on_event`.
class Party {
 public:
  /// `on_event`: each JSON line of its stdout, with the generation that wrote it, on the thread that reads them.
  using OnEvent = std::function<void(const boost::json::object&, int generation)>;

  /// `home` outlives it.
  Party(std::string name, const Home& home, std::vector<std::string> arguments, OnEvent on_event);
  /// Kills what still runs.
  ~Party();

  const std::string& name() const { return name_; }
  void arguments(std::vector<std::string> arguments) { arguments_ = std::move(arguments); }

  void start();
  bool runs() const { return child_ != nullptr; }
  /// True when a process ended that nobody ended. See `last_words`.
  bool died() const { return died_; }
  std::string last_words() const;

  void kill();
  /// SIGTERM. False, with the reason in `why`, unless it ended with exit code 0 in time.
  bool terminate(std::string& why);
  void freeze(bool on);
  bool frozen() const { return frozen_; }

  const std::vector<End>& generations() const { return generations_; }

 private:
  void read(Child& child, int generation);
  void end(End how);

  std::string name_;
  Home home_;  ///< with files of its own for what the process says
  std::vector<std::string> arguments_;
  OnEvent on_event_;
  std::vector<End> generations_;
  std::unique_ptr<Child> child_;
  std::thread reader_;
  std::atomic<bool> ending_ = false;
  std::atomic<bool> died_ = false;
  std::string last_line_;  ///< of its stdout, once it `died_`
  bool frozen_ = false;
};

}  // namespace agentroom::e2e::kills
