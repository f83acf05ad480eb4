#include "agent_party.hpp"

#include <stdexcept>

namespace agentroom::sim {

AgentParty::AgentParty(std::string name, Scheduler& scheduler, Network& network, Dice& dice, Answer answer)
    : Party(std::move(name), scheduler, network, dice),
      identity_(crypto::Identity::generate(dice)),
      answer_(std::move(answer)) {}

void AgentParty::boot() {
  begin_life();
  needs_restart_ = false;
  store_ = std::make_unique<SimStore>(disk_, scheduler_, dice_, [this] { poke(); });
  AgentConfig config;
  config.name = name_;
  config.server = "ws://relay.test/ws";
  config.handle = true;
  AgentIo& io = *this;
  engine_ = std::make_unique<AgentEngine>(config, identity_, *store_, io, dice_);
  if (auto started = engine_->start(scheduler_.now()); !started) {
    throw std::runtime_error(name_ + " does not start: " + started.error().message);
  }
  poke();
}

void AgentParty::crash() {
  if (!running()) return;
  end_life();
  network_.forget(*this);
  store_.reset();
  engine_.reset();
}

ChannelId AgentParty::connect(const std::string& /*url*/, Error& /*why*/) {
  return network_.connect(*this);
}

void AgentParty::handle(HandlerMessage message) {
  scheduler_.after(dice_.up_to(std::chrono::milliseconds(30)),
                   [this, message = std::move(message), life = std::weak_ptr(life_)] {
                     if (life.expired()) return;
                     engine_->on_handled(message.from, message.msg_id, answer_(message), scheduler_.now());
                     poke();
                   });
}

void AgentParty::on_event(const AgentEvent& event) {
  if (std::holds_alternative<agent_events::StoreFailed>(event)) needs_restart_ = true;
  if (const auto* bad = std::get_if<agent_events::Unreadable>(&event)) {
    ++unreadable;
    last_failure = bad->why;
  }
  if (const auto* send = std::get_if<agent_events::SendProgress>(&event);
      send != nullptr && send->status == SendStatus::kFailed) {
    ++failed_sends;
    last_failure = send->error ? send->error->message : "?";
  }
}

void AgentParty::opened(ChannelId channel) {
  engine_->on_opened(channel, scheduler_.now());
  poke();
}

void AgentParty::message(ChannelId channel, MutableByteView bytes) {
  engine_->on_message(channel, bytes, scheduler_.now());
  poke();
}

void AgentParty::drained(ChannelId channel) {
  engine_->on_drained(channel, scheduler_.now());
  poke();
}

void AgentParty::closed(ChannelId channel, const CloseInfo& why) {
  engine_->on_closed(channel, why, scheduler_.now());
  poke();
}

}  // namespace agentroom::sim
