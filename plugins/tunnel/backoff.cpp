#include "backoff.hpp"

#include <algorithm>

namespace agentroom::tunnel {
namespace {

constexpr std::chrono::milliseconds kLongest{60'000};

}  // namespace

Backoff::Backoff(std::chrono::milliseconds first) : first_(first), pause_(first), lot_(std::random_device()()) {}

std::chrono::milliseconds Backoff::next() {
  const auto whole = std::min(pause_, kLongest);
  pause_ = std::min(pause_ * 2, kLongest);
  return std::chrono::milliseconds(std::uniform_int_distribution(whole.count() / 2, whole.count())(lot_));
}

}  // namespace agentroom::tunnel
