// What a program has not read yet.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "agentroom/client/events.hpp"

namespace agentroom::client {

/// In the order in which they came. Messages are bounded by who hands them over; 1,024 others wait, and those that come
/// then are dropped and counted in their place. Thread: any, all methods.
class EventQueue {
 public:
  void push(Event event);
  /// Takes a message back, if it was not read.
  void take_back(const std::string& peer, const std::string& id);
  /// Takes all messages back that were not read.
  void take_back_messages();
  /// The oldest; nothing at the end of `timeout`, and at once when it is closed.
  std::optional<Event> pop(std::chrono::milliseconds timeout);
  /// Drops all, takes nothing more, ends all waits.
  void close();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Event> events_;  // guarded by mutex_
  std::size_t others_ = 0;    // guarded by mutex_: events that are no messages
  bool closed_ = false;       // guarded by mutex_
};

}  // namespace agentroom::client
