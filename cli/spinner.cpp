#include "spinner.hpp"

#include <array>
#include <utility>

#include "terminal.hpp"

namespace agentroom::cli {
namespace {

constexpr std::array kDots{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
constexpr std::array kStrokes{"|", "/", "-", "\\"};

}  // namespace

Spinner::Spinner(Output& out, std::string text) : out_(out), text_(std::move(text)) {
  if (out_.shows_progress()) thread_ = std::thread([this] { turn(); });
}

Spinner::~Spinner() {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
  out_.progress({});
}

void Spinner::say(std::string text) {
  const std::scoped_lock lock(mutex_);
  text_ = std::move(text);
}

void Spinner::turn() {
  const bool dots = locale_is_utf8();
  std::unique_lock lock(mutex_);
  const auto stopped = [this] { return stopping_; };
  if (changed_.wait_for(lock, kPatience, stopped)) return;
  for (std::size_t frame = 0;; ++frame) {
    const char* sign = dots ? kDots.at(frame % kDots.size()) : kStrokes.at(frame % kStrokes.size());
    out_.progress(std::string(sign) + " " + text_);
    if (changed_.wait_for(lock, kFrame, stopped)) return;
  }
}

}  // namespace agentroom::cli
