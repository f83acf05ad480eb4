#include "event_queue.hpp"

#include <algorithm>
#include <utility>

namespace agentroom::client {
namespace {

constexpr std::size_t kMostOthers = 1'024;
/// A wait that nobody sees the end of, and that no clock overflows at.
constexpr std::chrono::milliseconds kLongestWait = std::chrono::hours(24 * 365);

bool is_message(const Event& event) {
  return std::holds_alternative<Message>(event);
}

}  // namespace

void EventQueue::push(Event event) {
  {
    const std::scoped_lock lock(mutex_);
    if (closed_) return;
    if (is_message(event)) {
      events_.push_back(std::move(event));
    } else if (others_ < kMostOthers) {
      ++others_;
      events_.push_back(std::move(event));
    } else {
      if (!std::holds_alternative<EventsDropped>(events_.back())) events_.emplace_back(EventsDropped{});
      ++std::get<EventsDropped>(events_.back()).count;
    }
  }
  changed_.notify_one();
}

void EventQueue::take_back(const std::string& peer, const std::string& id) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(events_, [&](const Event& event) {
    const auto* message = std::get_if<Message>(&event);
    return message != nullptr && message->peer == peer && message->id == id;
  });
}

void EventQueue::take_back_messages() {
  const std::scoped_lock lock(mutex_);
  std::erase_if(events_, is_message);
}

std::optional<Event> EventQueue::pop(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::clamp(timeout, std::chrono::milliseconds(0), kLongestWait),
                    [&] { return closed_ || !events_.empty(); });
  if (closed_ || events_.empty()) return std::nullopt;
  Event event = std::move(events_.front());
  events_.pop_front();
  if (!is_message(event) && !std::holds_alternative<EventsDropped>(event)) --others_;
  return event;
}

void EventQueue::close() {
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    events_.clear();
  }
  changed_.notify_all();
}

}  // namespace agentroom::client
