#include "loop.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace agentroom::ws {

namespace {

/// The wait of a turn without a nearer deadline, however long its caller allows.
constexpr sdk::Microseconds kLongestWait = std::chrono::hours(1);

}  // namespace

// Only the scheduler's queue is locked: `wake` and the resolver put handlers into it from their threads, while sockets
// are touched by the engine thread alone.
Loop::Loop(sdk::Host host)
    : host_(host),
      read_buffer_(std::make_unique_for_overwrite<std::array<std::byte, kReadSize>>()),
      message_buffer_(std::make_unique_for_overwrite<std::array<std::byte, kReadSize>>()),
      io_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      stay_(io_.get_executor()) {}

void Loop::turn(sdk::Microseconds timeout) {
  if (!flush_all()) timeout = sdk::Microseconds(0);
  if (io_.stopped()) io_.restart();
  events_ = 0;
  if (wait_and_run_one(std::min(timeout, kLongestWait)) > 0 && !io_.stopped()) io_.poll();
  if (deadlines_.next()) deadlines_.expire(Clock::now());
}

/// False when flushing caused more to be sent.
bool Loop::flush_all() {
  flushing_.swap(dirty_);
  for (const auto& connection : flushing_) {
    connection->dirty_ = false;
    connection->flush();
  }
  flushing_.clear();
  return dirty_.empty();
}

std::size_t Loop::wait_and_run_one(sdk::Microseconds timeout) {
  if (const auto next = deadlines_.next(); next && timeout.count() > 0) {
    const auto left = std::chrono::ceil<std::chrono::microseconds>(*next - Clock::now());
    timeout = left.count() <= 0 ? sdk::Microseconds(0)
                                : std::min(timeout, sdk::Microseconds(static_cast<std::uint64_t>(left.count())));
  }
  if (timeout.count() == 0) return io_.poll_one();
  return io_.run_one_for(timeout);
}

void Loop::wake() {
  // One pending handler is enough, however often it is asked for.
  if (wake_pending_.exchange(true)) return;
  boost::asio::post(io_, [this] { wake_pending_.store(false); });
}

void Loop::flush_later(std::shared_ptr<Flushable> connection) {
  if (connection->dirty_) return;
  connection->dirty_ = true;
  dirty_.push_back(std::move(connection));
}

void Loop::count_event() {
  if (++events_ >= kEventsPerTurn) io_.stop();
}

}  // namespace agentroom::ws
