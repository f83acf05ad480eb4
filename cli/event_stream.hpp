// The events of a streaming command.
#pragma once

#include <atomic>
#include <boost/json/object.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "output.hpp"

namespace agentroom::cli {

/// Tells events on stdout, to programs or to people, and to whoever mirrors them. Written at once, or behind:
///
///   tell --room--> [pending] --writer thread, as fast as stdout is read--> stdout
///     \--no room--> dropped and counted; `events_dropped` tells how many when there is room again
///
/// So are those of which a file takes only a part, or nothing, as on a full disk.
/// Thread: any.
class EventStream {
 public:
  explicit EventStream(Output& out) : out_(out) {}
  /// Closes.
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  /// From now on `tell` does not wait for who reads stdout: a reader that stands still must not stop an engine, nor
  /// fill the memory. `most`: bytes that may wait. `on_gone` is called once, by a thread of its own, when the reader is
  /// gone.
  void write_behind(std::function<void()> on_gone, std::size_t most = std::size_t{4} * 1024 * 1024);

  /// Adds `type` and `ts`.
  void tell(std::string_view type, boost::json::object members);
  /// Also waits until it is written, and is never dropped: written behind, it is tried again on a full disk. False: it
  /// was not written, because the reader is gone or `give_up()`, which is asked while it waits.
  bool tell_for_sure(std::string_view type, boost::json::object members, const std::function<bool()>& give_up);
  /// One that is complete, another process's.
  void pass_on(const boost::json::object& event);
  /// One that no mirror sees; `line` is what people see of it, and `remark` on stderr after it, unless nobody reads
  /// that and it is written behind.
  void tell_here(std::string_view type, boost::json::object members, std::string_view line, std::string_view remark);

  /// `copy` sees every event from now on, in order; an empty one ends it.
  void copy_to(std::function<void(const boost::json::object&)> copy);

  /// Writes what waits, for `time` at most; nothing is told after it. False when something was left.
  bool close(std::chrono::milliseconds time = std::chrono::seconds(1));
  /// Closes, and tells why the command ended, if that was an error. Gives the exit code.
  int finish(const Result<void>& ended);

  Output& out() { return out_; }

 private:
  struct Line {
    std::string text;
    std::string remark{};
    std::uint64_t number = 0;
    std::uint64_t events = 1;  ///< that are lost with it
    bool sure = false;         ///< written again until it is whole
  };
  using Lock = std::unique_lock<std::mutex>;

  std::string text_of(const boost::json::object& event) const;
  void put(Line line);                   // mutex_ held
  Written write_here(const Line& line);  // mutex_ held
  std::uint64_t queue(Line line);        // mutex_ held
  bool has_room(std::size_t bytes) const { return bytes_ + bytes <= most_; }
  Line dropped_line();  // mutex_ held
  void tell_dropped();  // mutex_ held
  void write_pending();

  Output& out_;
  std::mutex mutex_;
  std::function<void(const boost::json::object&)> copy_;  // guarded by mutex_, as all below
  std::function<void()> on_gone_;
  std::condition_variable changed_;
  std::deque<Line> pending_;
  std::size_t most_ = 0;
  std::size_t bytes_ = 0;  // of what waits and what is being written
  std::uint64_t last_number_ = 0;
  std::uint64_t written_ = 0;  // the number of the last line that was
  std::uint64_t dropped_ = 0;
  std::uint64_t given_up_line_ = 0;  // the number of the last one that was given up while it was written
  bool writing_ = false;
  bool closing_ = false;
  bool gone_ = false;
  std::atomic<bool> given_up_ = false;
  std::thread writer_;
};

}  // namespace agentroom::cli
