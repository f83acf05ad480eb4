#include "sender.hpp"

#include <signal.h>

#include <utility>

#include "journal.hpp"

namespace agentroom::e2e::kills {
namespace {

/// Between two commands: at most so long, and longer where a queue has to empty.
constexpr std::int64_t kPauseUs = 20'000;
constexpr std::chrono::milliseconds kWhenFull{200};

/// A member of the last whole line of what a command printed, which a kill may have cut.
std::string told(const std::string& out, const char* member) {
  const auto end = out.find('\n');
  boost::system::error_code error;
  const auto value = boost::json::parse(end == std::string::npos ? "" : out.substr(0, end), error);
  if (error || !value.is_object()) return {};
  const auto* found = value.as_object().if_contains(member);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

}  // namespace

Sender::Sender(std::string name, const Home& home, std::vector<Target> targets, std::uint64_t seed)
    : name_(std::move(name)), targets_(std::move(targets)), numbers_(targets_.size(), 0), random_(seed) {
  home_.environment = home.environment;
}

Sender::~Sender() {
  if (thread_.joinable()) stop();
}

void Sender::start() {
  stopping_ = false;
  thread_ = std::thread([this] { run(); });
}

void Sender::stop() {
  stopping_ = true;
  thread_.join();
}

void Sender::send_last() {
  for (std::size_t target = 0; target < targets_.size(); ++target) send(target);
}

void Sender::run() {
  while (!stopping_) {
    send(random_() % targets_.size());
    std::this_thread::sleep_for(std::chrono::microseconds(static_cast<std::int64_t>(random_() % kPauseUs)));
  }
}

void Sender::send(std::size_t target) {
  Sending sending{{name_, targets_[target].name}, ++numbers_[target], {}, {}, {}};
  const std::string out = run_command(targets_[target], question(sending.pair, sending.number));
  sending.msg_id = told(out, "msg_id");
  sending.status = told(out, "status");
  if (sending.status.empty()) sending.error = told(out, "code");
  {
    const std::scoped_lock lock(mutex_);
    sendings_.push_back(sending);
  }
  if (sending.error == "queue_full") std::this_thread::sleep_for(kWhenFull);
}

std::string Sender::run_command(const Target& target, const std::string& text) {
  const std::int64_t kill_after = kill_after_us_;
  const auto child = home_.start({"send", target.key, text, "--json"});
  child->close_input();
  if (kill_after >= 0) {
    std::this_thread::sleep_for(std::chrono::microseconds(kill_after));
    child->signal(SIGKILL);
  }
  std::string out = child->read_all();
  if (child->wait() == 128 + SIGKILL && kill_after >= 0) {
    ++killed_;
    kill_after_us_ = -1;
  }
  return out;
}

std::vector<Sending> Sender::sendings() const {
  const std::scoped_lock lock(mutex_);
  return sendings_;
}

}  // namespace agentroom::e2e::kills
