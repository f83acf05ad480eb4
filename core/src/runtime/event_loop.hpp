// The engine thread: turns of the transport, posted tasks, and the time of the engines.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "agentroom/executor.hpp"
#include "agentroom/time.hpp"
#include "agentroom/transport.hpp"

namespace agentroom::runtime {

/// An engine as the loop sees it.
class LoopMember {
 public:
  virtual ~LoopMember() = default;
  virtual void on_time(const Now& now) = 0;
  virtual std::optional<Duration> next_deadline() const = 0;
  /// Seals, sends and commits what is ready; once a turn, after everything else.
  virtual void flush(const Now& now) = 0;
};

/// One turn: posted tasks -> what is due -> flush of every member -> turn of the transport (writes, waits, reads).
///
/// The thread that calls `run_until` is the engine thread. `post` may come from any thread, before the transport is
/// there and while nobody runs the loop; every task is run before the loop waits.
class EventLoop final : public Executor {
 public:
  explicit EventLoop(const Clock& clock) : clock_(clock) {}

  /// The transport that `run_until` drives; null ends its use. Not while the loop runs.
  void drive(Transport* transport);

  /// Members must be removed before they go. Thread: the engine's.
  void add(LoopMember& member);
  void remove(LoopMember& member);

  /// Runs turns until `done()` is true or `timeout` has passed; true when `done()` was. Asked before each wait, so that
  /// a task that ends it does not wait for the transport.
  bool run_until(const std::function<bool()>& done, std::optional<Duration> timeout = std::nullopt);

  bool post(Task task) override;
  /// Refuses every later task and destroys those that wait. Thread: the engine's.
  void close();

  Now now() const { return clock_.now(); }

 private:
  void turn(std::optional<Duration> until, const std::function<bool()>& done);
  void run_posted();

  const Clock& clock_;
  std::vector<LoopMember*> members_;
  std::atomic<Transport*> transport_ = nullptr;

  std::mutex mutex_;
  std::vector<Task> posted_;  // guarded by mutex_
  bool closed_ = false;       // guarded by mutex_
  std::vector<Task> running_;
};

}  // namespace agentroom::runtime
