#include "stop_signal.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace agentroom::tunnel {

StopSignal::StopSignal() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_.valid()) throw std::system_error(errno, std::generic_category(), "cannot make an eventfd");
}

void StopSignal::request() noexcept {
  requested_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(event_.get(), &one, sizeof one);
}

bool StopSignal::sleep(std::chrono::milliseconds time) const noexcept {
  const auto until = std::chrono::steady_clock::now() + time;
  while (!requested_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return true;
    pollfd polled{event_.get(), POLLIN, 0};
    ::poll(&polled, 1, static_cast<int>(left.count()));
  }
  return false;
}

}  // namespace agentroom::tunnel
