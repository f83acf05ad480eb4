#include "wire/fleet.hpp"

#include <algorithm>
#include <stdexcept>

namespace agentroom::bench {
namespace {

/// Connections that are not ready yet, at a time.
constexpr std::size_t kOnTheWay = 128;

}  // namespace

Fleet::~Fleet() = default;

void Fleet::open(std::size_t pairs) {
  prepare();
  gather(recipients_, Role::kRecipient, pairs, false);
  gather(senders_, Role::kSender, pairs, false);
}

void Fleet::hold(std::size_t count) {
  gather(idle_, Role::kIdle, count, false);
}

void Fleet::release() {
  dismiss(idle_);
}

void Fleet::away() {
  dismiss(recipients_);
}

void Fleet::back() {
  gather(recipients_, Role::kRecipient, senders_.size(), true);
}

void Fleet::gather(std::vector<std::unique_ptr<Agent>>& agents, Role role, std::size_t count, bool again) {
  std::size_t ready = agents.size();
  count += agents.size();
  while (ready < count) {
    while (agents.size() < count && agents.size() - ready < kOnTheWay) {
      agents.push_back(make(role, agents.size(), again));
      connect(*agents.back());
    }
    const auto first = agents.begin() + static_cast<std::ptrdiff_t>(ready);
    wait_for([&] { return (*first)->is_ready(); });
    const auto is_on_its_way = [](const auto& agent) { return !agent->is_ready(); };
    ready = static_cast<std::size_t>(std::find_if(first, agents.end(), is_on_its_way) - agents.begin());
  }
}

void Fleet::dismiss(std::vector<std::unique_ptr<Agent>>& agents) {
  for (const auto& agent : agents) loop_.close(*agent);
  agents.clear();
}

void Fleet::wait_for(const std::function<bool()>& fact) {
  const auto until = Clock::now() + std::chrono::seconds(30);
  while (!fact()) {
    if (Clock::now() > until) throw std::runtime_error("the server does not answer");
    turn(std::chrono::seconds(1));
  }
}

std::unique_ptr<Fleet> make_fleet(const Options& options, std::uint16_t port) {
  switch (options.server) {
    case ServerKind::kMosquitto:
      return make_mqtt_fleet(options, port);
    case ServerKind::kJetStream:
      return make_nats_fleet(options, port);
    case ServerKind::kRelay:
      break;
  }
  return make_room_fleet(options, port);
}

}  // namespace agentroom::bench
