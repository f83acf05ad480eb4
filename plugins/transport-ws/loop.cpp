#include "loop.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cerrno>
#include <iterator>
#include <system_error>
#include <utility>

namespace agentroom::ws {

namespace {

/// The wait of a turn without a nearer deadline, however long its caller allows.
constexpr sdk::Microseconds kLongestWait = std::chrono::hours(1);

}  // namespace

Loop::Loop(sdk::Host host)
    : host_(host),
      read_buffer_(std::make_unique_for_overwrite<std::array<std::byte, kReadSize>>()),
      message_buffer_(std::make_unique_for_overwrite<std::array<std::byte, kReadSize>>()),
      waker_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      io_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE) {
  if (!waker_.valid()) throw std::system_error(errno, std::system_category(), "eventfd");
  readiness_.ends_waits(waker_.get());
}

Loop::~Loop() = default;

void Loop::turn(sdk::Microseconds timeout) {
  if (!flush_all()) timeout = sdk::Microseconds(0);
  wait(std::min(timeout, kLongestWait));
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

void Loop::wait(sdk::Microseconds timeout) {
  if (const auto next = deadlines_.next(); next && timeout.count() > 0) {
    const auto left = std::chrono::ceil<std::chrono::microseconds>(*next - Clock::now());
    timeout = left.count() <= 0 ? sdk::Microseconds(0)
                                : std::min(timeout, sdk::Microseconds(static_cast<std::uint64_t>(left.count())));
  }
  auto rest = Rest::kBusy;
  if (timeout.count() == 0 || !rest_.compare_exchange_strong(rest, Rest::kWaits)) timeout = sdk::Microseconds(0);
  readiness_.wait(static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(timeout).count()));
  if (rest_.exchange(Rest::kBusy) == Rest::kWoken) run_posted();
}

/// What is posted meanwhile has its turn in the next one; so has what stands behind an action that throws.
void Loop::run_posted() {
  std::deque<std::function<void()>> actions;
  {
    const std::scoped_lock lock(posting_);
    actions.swap(posted_);
  }
  try {
    while (!actions.empty()) {
      const auto action = std::move(actions.front());
      actions.pop_front();
      action();
    }
  } catch (...) {
    const std::scoped_lock lock(posting_);
    posted_.insert(posted_.begin(), std::move_iterator(actions.begin()), std::move_iterator(actions.end()));
    wake();
    throw;
  }
}

void Loop::wake() {
  if (rest_.exchange(Rest::kWoken) != Rest::kWaits) return;
  const std::uint64_t once = 1;
  [[maybe_unused]] const auto written = ::write(waker_.get(), &once, sizeof once);
}

void Loop::post(std::function<void()> action) {
  {
    const std::scoped_lock lock(posting_);
    posted_.push_back(std::move(action));
  }
  wake();
}

void Loop::look_up(const std::weak_ptr<const void>& asker, const std::string& host, std::uint16_t port,
                   std::function<void(ErrorCode, const Tcp::resolver::results_type&)> found) {
  try {
    if (!lookups_) lookups_ = std::make_unique<boost::asio::thread_pool>(1);
  } catch (const boost::system::system_error& error) {  // no thread to be had
    return post([found = std::move(found), code = error.code()] { found(code, {}); });
  }
  boost::asio::post(*lookups_, [this, &pool = *lookups_, asker, host, port, found = std::move(found)] {
    if (asker.expired()) return;
    Tcp::resolver resolver(pool);
    ErrorCode error;
    auto addresses = resolver.resolve(host, std::to_string(port), Tcp::resolver::numeric_service, error);
    post([found, error, addresses = std::move(addresses)] { found(error, addresses); });
  });
}

void Loop::flush_later(std::shared_ptr<Flushable> connection) {
  if (connection->dirty_) return;
  connection->dirty_ = true;
  dirty_.push_back(std::move(connection));
}

}  // namespace agentroom::ws
