#include "runtime/signals.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdlib>
#include <thread>
#include <utility>

namespace agentroom::runtime {
namespace {

bool ignored(int signal) {
  struct sigaction action{};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

struct Signals::State {
  explicit State(Calls calls_) : calls(std::move(calls_)) {}

  void wait() {
    set.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      const bool taken = signal == SIGHUP && calls.on_hangup && calls.on_hangup();
      if (!taken && (signal != SIGHUP || !hangup_ignored)) stop(signal);
      wait();
    });
  }

  void stop(int signal) {
    if (stopped) std::_Exit(128 + signal);
    stopped = true;
    calls.on_stop(signal);
  }

  Calls calls;
  const bool hangup_ignored = ignored(SIGHUP);  // before the set takes the signal
  boost::asio::io_context io{1};
  boost::asio::signal_set set{io, SIGINT, SIGTERM, SIGHUP};
  bool stopped = false;
  std::thread thread;
};

Signals::Signals(Calls calls) : state_(std::make_unique<State>(std::move(calls))) {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  state_->wait();
  state_->thread = std::thread([state = state_.get()] { state->io.run(); });
}

Signals::~Signals() {
  state_->io.stop();
  state_->thread.join();
}

}  // namespace agentroom::runtime
