#include "event_stream.hpp"

#include <algorithm>
#include <utility>

#include "event_lines.hpp"

namespace agentroom::cli {
namespace {

using boost::json::object;

constexpr std::chrono::milliseconds kAskAgain{100};
/// A remark that stderr does not take for so long is left out: lines wait behind it.
constexpr std::chrono::seconds kRemarkTime{1};

object complete(std::string_view type, object members) {
  object event{{"type", type}};
  for (auto& [key, value] : members) event[key] = std::move(value);
  event["ts"] = unix_ms();
  return event;
}

}  // namespace

EventStream::~EventStream() {
  close();
}

void EventStream::write_behind(std::function<void()> on_gone, std::size_t most) {
  on_gone_ = std::move(on_gone);
  most_ = most;
  writer_ = std::thread([this] { write_pending(); });
}

std::string EventStream::text_of(const object& event) const {
  if (out_.json()) return json_line(event);
  const std::string line = event_line(out_, event);
  return line.empty() ? line : line + "\n";
}

void EventStream::tell(std::string_view type, object members) {
  pass_on(complete(type, std::move(members)));
}

void EventStream::pass_on(const object& event) {
  const std::scoped_lock lock(mutex_);
  put({.text = text_of(event)});
  if (copy_) copy_(event);
}

void EventStream::tell_here(std::string_view type, object members, std::string_view line, std::string_view remark) {
  const std::scoped_lock lock(mutex_);
  put({.text = out_.json() ? json_line(complete(type, std::move(members))) : std::string(line) + "\n",
       .remark = std::string(remark)});
}

void EventStream::put(Line line) {
  if (!writer_.joinable()) {
    if (!line.text.empty()) {
      if (dropped_ > 0) write_here(dropped_line());
      write_here(line);
    }
    if (!line.remark.empty()) out_.remark(line.remark);
    return;
  }
  if (line.text.empty() || closing_ || gone_) return;
  if (!has_room(line.text.size())) {
    ++dropped_;
    return;
  }
  tell_dropped();
  queue(std::move(line));
}

Written EventStream::write_here(const Line& line) {
  const Written written = out_.write_patiently(line.text, [] { return false; });
  if (written == Written::kCut) dropped_ += line.events;
  return written;
}

std::uint64_t EventStream::queue(Line line) {
  line.number = ++last_number_;
  bytes_ += line.text.size();
  pending_.push_back(std::move(line));
  changed_.notify_all();
  return last_number_;
}

EventStream::Line EventStream::dropped_line() {
  const std::uint64_t count = std::exchange(dropped_, 0);
  return {.text = text_of(complete("events_dropped", {{"count", count}})), .events = count};
}

void EventStream::tell_dropped() {
  if (dropped_ > 0) queue(dropped_line());
}

bool EventStream::tell_for_sure(std::string_view type, object members, const std::function<bool()>& give_up) {
  const object event = complete(type, std::move(members));
  Lock lock(mutex_);
  if (!writer_.joinable()) {
    const bool written = write_here({.text = text_of(event)}) == Written::kAll;
    if (copy_) copy_(event);
    return written;
  }
  std::string text = text_of(event);
  // One that is larger than all the room goes alone.
  while (!gone_ && !closing_ && bytes_ > 0 && !has_room(text.size())) {
    if (give_up()) return false;
    changed_.wait_for(lock, kAskAgain);
  }
  if (gone_ || closing_) return false;
  tell_dropped();
  const std::uint64_t number = queue({.text = std::move(text), .sure = true});
  if (copy_) copy_(event);
  while (!gone_ && written_ < number) {
    if (give_up()) {
      // Unless it is being written already, nobody shall see what is not done.
      const auto found = std::ranges::find(pending_, number, &Line::number);
      if (found == pending_.end()) {
        given_up_line_ = number;
      } else {
        bytes_ -= found->text.size();
        pending_.erase(found);
      }
      return false;
    }
    changed_.wait_for(lock, kAskAgain);
  }
  return written_ >= number;
}

void EventStream::write_pending() {
  Lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return closing_ || !pending_.empty(); });
    if (pending_.empty()) return;
    Line line = std::move(pending_.front());
    pending_.pop_front();
    writing_ = true;
    lock.unlock();
    const Written written = out_.write_patiently(line.text, [this] { return given_up_.load(); });
    if (written == Written::kAll && !line.remark.empty()) {
      const auto until = std::chrono::steady_clock::now() + kRemarkTime;
      out_.remark_patiently(line.remark, [&] { return given_up_.load() || std::chrono::steady_clock::now() >= until; });
    }
    lock.lock();
    writing_ = false;
    if (written == Written::kNot || given_up_) break;
    if (written == Written::kCut && line.sure && line.number != given_up_line_) {
      pending_.push_front(std::move(line));
      changed_.wait_for(lock, kAskAgain);
      continue;
    }
    bytes_ -= line.text.size();
    written_ = line.number;
    if (written == Written::kCut && !line.sure) dropped_ += line.events;
    // What the disk has no room for is told with the next event.
    if (written == Written::kAll && pending_.empty()) tell_dropped();
    changed_.notify_all();
  }
  gone_ = true;
  pending_.clear();
  changed_.notify_all();
  lock.unlock();
  if (on_gone_) on_gone_();
}

bool EventStream::close(std::chrono::milliseconds time) {
  if (!writer_.joinable()) return true;
  bool all = false;
  {
    Lock lock(mutex_);
    closing_ = true;
    changed_.notify_all();
    all = changed_.wait_for(lock, time, [this] { return gone_ || (pending_.empty() && !writing_); }) && !gone_;
    given_up_ = true;
  }
  writer_.join();
  return all;
}

int EventStream::finish(const Result<void>& ended) {
  if (!close()) return 1;
  if (!ended) return out_.error(ended.error());
  return out_.alive() ? 0 : 1;
}

void EventStream::copy_to(std::function<void(const object&)> copy) {
  const std::scoped_lock lock(mutex_);
  copy_ = std::move(copy);
}

}  // namespace agentroom::cli
