#include "traffic.hpp"

#include <stdexcept>

namespace agentroom::bench {

Traffic::Traffic(Fleet& fleet, std::size_t pairs, Goal goal) : fleet_(fleet), goal_(goal), pairs_(pairs) {
  fleet_.listen(this);
}

void Traffic::begin(std::size_t window) {
  refills_ = true;
  make_room(kSpare * window);
  for (std::size_t pair = 0; pair < pairs_.size(); ++pair) {
    for (std::size_t i = 0; i < window; ++i) send(pair, Clock::now());
  }
}

void Traffic::run(double seconds) {
  const auto until = Clock::now() + std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(seconds));
  while (Clock::now() < until) turn();
}

void Traffic::run_at(double rate, double seconds) {
  make_room(kMostOnTheirWay);
  const auto begin = Clock::now();
  const auto due = [&](std::uint64_t number) {
    return begin +
           std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(static_cast<double>(number) / rate));
  };
  const auto count = static_cast<std::uint64_t>(rate * seconds);
  for (std::uint64_t number = 0; number < count;) {
    const auto now = Clock::now();
    while (number < count && due(number) <= now) {
      const std::size_t pair = number % pairs_.size();
      if (pairs_[pair].on_their_way == kMostOnTheirWay) break;
      send(pair, due(number++));
    }
    fleet_.turn(std::max(Nanoseconds(0), Nanoseconds(due(number) - Clock::now())));
  }
}

void Traffic::settle() {
  refills_ = false;
  const auto until = Clock::now() + std::chrono::seconds(30);
  while (on_their_way_ > 0) {
    if (Clock::now() > until) throw std::runtime_error(std::to_string(on_their_way_) + " messages do not arrive");
    turn();
  }
}

void Traffic::start_counting() {
  arrived_ = 0;
  kept_ = 0;
  to_ack_.clear();
  to_arrival_.clear();
}

double Traffic::count() const {
  if (arrived_ == 0) throw std::runtime_error("no message arrived in this time");
  return static_cast<double>(arrived_);
}

void Traffic::make_room(std::size_t messages) {
  for (Pair& pair : pairs_) {
    if (pair.messages.empty()) pair.messages.resize(messages);
  }
}

void Traffic::send(std::size_t pair, Clock::time_point due) {
  Pair& sending = pairs_[pair];
  const std::uint64_t id = sending.next++;
  find(pair, id) = {.sent = due};
  ++sending.on_their_way;
  ++on_their_way_;
  fleet_.send(pair, id);
}

void Traffic::on_accepted(std::size_t pair, std::uint64_t id, bool kept) {
  Message& message = find(pair, id);
  const auto now = Clock::now();
  to_ack_.add(now - message.sent);
  message.accepted = true;
  if (kept) ++kept_;
  if (message.received || goal_ == Goal::kAccepted) arrive(pair, message, now);
}

void Traffic::on_received(std::size_t pair, std::uint64_t id) {
  Message& message = find(pair, id);
  message.received = true;
  if (message.accepted && goal_ == Goal::kAcceptedAndReceived) arrive(pair, message, Clock::now());
}

void Traffic::arrive(std::size_t pair, const Message& message, Clock::time_point now) {
  to_arrival_.add(now - message.sent);
  ++arrived_;
  --pairs_[pair].on_their_way;
  --on_their_way_;
  if (refills_) send(pair, now);
}

std::uint64_t queue_messages(Fleet& fleet, const Options& options) {
  Traffic traffic(fleet, options.pairs, Traffic::Goal::kAccepted);
  traffic.begin(options.window);
  while (traffic.arrived() < options.messages) traffic.turn();
  traffic.settle();
  return traffic.arrived();
}

}  // namespace agentroom::bench
