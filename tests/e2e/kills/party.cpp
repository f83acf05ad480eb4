#include "party.hpp"

#include <signal.h>

#include <utility>

#include "journal.hpp"

namespace agentroom::e2e::kills {
namespace {

/// A reader waits for its process, however long that lives.
constexpr std::chrono::hours kForever{10};

}  // namespace

Party::Party(std::string name, const Home& home, std::vector<std::string> arguments, OnEvent on_event)
    : name_(std::move(name)), arguments_(std::move(arguments)), on_event_(std::move(on_event)) {
  home_.environment = home.environment;
}

Party::~Party() {
  if (runs()) kill();
}

void Party::start() {
  const int generation = static_cast<int>(generations_.size());
  generations_.push_back(End::kStillRuns);
  home_.environment[kGenerationVariable] = std::to_string(generation);
  ending_ = false;
  child_ = home_.start(arguments_);
  reader_ = std::thread([this, generation, &child = *child_] { read(child, generation); });
}

std::string Party::last_words() const {
  return name_ + " ended by itself: " + last_line_ + child_->errors();
}

void Party::read(Child& child, int generation) {
  std::string last;
  while (const auto line = child.read_line(kForever)) {
    last = *line + "\n";
    boost::system::error_code error;
    const auto value = boost::json::parse(*line, error);
    // A kill may leave half a line, which read_line keeps: what it gives is whole.
    if (!error && value.is_object()) on_event_(value.as_object(), generation);
  }
  if (ending_) return;
  last_line_ = std::move(last);
  died_ = true;
}

void Party::kill() {
  ending_ = true;
  child_->signal(SIGKILL);
  child_->wait();
  end(End::kKilled);
}

bool Party::terminate(std::string& why) {
  ending_ = true;
  child_->signal(SIGTERM);
  int code = child_->wait();
  if (code == 128 + SIGTERM) code = 0;  // it had only just begun, and ended as every process does
  if (code != 0) why = name_ + " ended with " + std::to_string(code) + " after SIGTERM: " + child_->errors();
  end(code == -1 ? End::kKilled : End::kStopped);
  return code == 0;
}

void Party::end(End how) {
  reader_.join();
  child_.reset();
  frozen_ = false;
  generations_.back() = how;
}

void Party::freeze(bool on) {
  child_->signal(on ? SIGSTOP : SIGCONT);
  frozen_ = on;
}

}  // namespace agentroom::e2e::kills
