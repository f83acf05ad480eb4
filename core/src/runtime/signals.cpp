#include "runtime/signals.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdlib>
#include <thread>

namespace agentroom::runtime {

struct Signals::State {
  explicit State(std::function<void(int)> on_stop_) : on_stop(std::move(on_stop_)) {}

  void wait() {
    set.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      if (stopped) std::_Exit(128 + signal);
      stopped = true;
      on_stop(signal);
      wait();
    });
  }

  boost::asio::io_context io{1};
  boost::asio::signal_set set{io, SIGINT, SIGTERM, SIGHUP};
  std::function<void(int)> on_stop;
  bool stopped = false;
  std::thread thread;
};

Signals::Signals(std::function<void(int)> on_stop) : state_(std::make_unique<State>(std::move(on_stop))) {
  std::signal(SIGPIPE, SIG_IGN);
  state_->wait();
  state_->thread = std::thread([state = state_.get()] { state->io.run(); });
}

Signals::~Signals() {
  state_->io.stop();
  state_->thread.join();
}

}  // namespace agentroom::runtime
