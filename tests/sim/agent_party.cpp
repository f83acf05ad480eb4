#include "agent_party.hpp"

#include <charconv>

#include "protocol/limits.hpp"

namespace agentroom::sim {
namespace {

// Twice what an engine holds back before it waits for `drained`, and what one flush adds.
constexpr std::size_t kMostUnsent = 2 * protocol::kUnsentBytes + 4 * protocol::kLinkMessageBytes;

}  // namespace

std::string text_asking(std::uint64_t number, std::uint32_t replies, std::size_t size) {
  std::string text = std::to_string(replies) + " replies, number " + std::to_string(number) + " ";
  if (text.size() < size) text.resize(size, '.');
  return text;
}

AgentParty::AgentParty(std::string name, std::uint32_t host, const Surroundings& around, const Plan& plan, Wiretap& tap,
                       Promises& promises)
    : Party(std::move(name), around),
      host_(host),
      plan_(plan),
      tap_(tap),
      promises_(promises),
      identity_(crypto::Identity::generate(around.dice)),
      records_(identity_, around.chronicle, name_) {
  disk_.plan = plan.agent_disk;
  disk_.on_durable = [this](const StoreBatch& batch) { records_.committed(batch); };
}

bool AgentParty::begin() {
  needs_restart_ = false;
  store_ = open_store();
  AgentConfig config;
  config.name = name_;
  config.server = "ws://relay.test/ws";
  config.handle = !troubled || !dice_.happens(plan_.unheard);
  config.concurrency = plan_.concurrency;
  AgentIo& io = *this;
  engine_ = std::make_unique<AgentEngine>(config, identity_, *store_, io, dice_);
  if (auto started = engine_->start(now()); !started) {
    if (started.error().code != ErrorCode::kIo)
      chronicle_.violate(name_ + " does not start: " + started.error().message);
    return false;
  }
  return true;
}

void AgentParty::end() {
  network_.forget(*this);
  promises_.on_end_of_life(id());
  store_.reset();
  engine_.reset();
}

void AgentParty::shut_down() {
  engine_->shut_down(now());
  poke();
}

ChannelId AgentParty::connect(const std::string& /*url*/, Error& why) {
  if (lives()) return network_.connect(*this, host_);
  why = {ErrorCode::kNetwork, "dead", {}};
  return 0;
}

std::size_t AgentParty::send(ChannelId channel, Bytes message) {
  if (!lives()) return 0;
  if (plan_.late_receipts > 0) {
    const bool hold = troubled && dice_.happens(plan_.late_receipts);
    message = tap_.receipt_late(Network::link_of(channel), std::move(message), hold, chronicle_);
    if (message.empty()) return network_.unsent(channel);
  }
  const std::size_t unsent = network_.send(channel, std::move(message));
  if (unsent > kMostUnsent) {
    chronicle_.violate(name_ + " left " + std::to_string(unsent) + " bytes unsent on one connection");
  }
  return unsent;
}

void AgentParty::pause(ChannelId channel) {
  if (lives()) network_.pause(channel, true);
}

void AgentParty::resume(ChannelId channel) {
  if (lives()) network_.pause(channel, false);
}

void AgentParty::close(ChannelId channel, std::uint16_t code, std::string_view reason) {
  if (lives()) network_.close(channel, {.code = code, .reason = std::string(reason)});
}

// ---- the handler ----

HandlerOutcome AgentParty::answer(const HandlerMessage& message) {
  if (troubled && dice_.happens(plan_.cancelled)) {
    chronicle_.met(Way::kHandlerCancelled);
    return fail(ErrorCode::kCancelled, "later");
  }
  if (troubled && dice_.happens(plan_.fails)) {
    chronicle_.met(Way::kHandlerFailed);
    return fail(ErrorCode::kHandler, "the handler failed");
  }
  std::uint32_t replies = 0;
  std::from_chars(message.text.data(), message.text.data() + message.text.size(), replies);
  if (replies == 0) return std::nullopt;
  return text_asking(message.hops, replies - 1, message.text.size() / 2);
}

void AgentParty::handle(std::vector<HandlerMessage> messages) {
  if (lives())
    handle_next(std::make_shared<std::deque<HandlerMessage>>(std::move_iterator(messages.begin()),
                                                             std::move_iterator(messages.end())));
}

void AgentParty::handle_next(std::shared_ptr<std::deque<HandlerMessage>> run) {
  const HandlerMessage& next = run->front();
  promises_.on_handling(id(), next.msg_id);
  if (next.attempt == 2) chronicle_.met(Way::kSecondAttempt);
  if (next.attempt == 3) chronicle_.met(Way::kThirdAttempt);
  const Duration most = troubled ? plan_.handling : std::min<Duration>(plan_.handling, std::chrono::milliseconds(30));
  const Duration takes = dice_.up_to(most);
  scheduler_.after(takes, [this, run = std::move(run), takes, life = this_life()] {
    if (life.expired()) return;
    const HandlerMessage message = std::move(run->front());
    run->pop_front();
    HandlerOutcome outcome = answer(message);
    const bool again = !outcome && outcome.error().code == ErrorCode::kCancelled;
    const bool quick = takes <= kQuickHandler;
    promises_.on_answer(id(), message.msg_id,
                        again ? std::optional<bool>() : std::optional<bool>(outcome && outcome->has_value()));
    if (quick && !again && !run->empty()) handle_next(run);
    engine_->on_handled(message.from, message.msg_id, std::move(outcome), quick, now());
    poke();
  });
}

void AgentParty::on_event(const AgentEvent& event) {
  if (on_report) on_report(event);
  if (const auto* failed = std::get_if<agent_events::StoreFailed>(&event)) {
    needs_restart_ = true;
    if (chronicle_.traced()) chronicle_.tell(name_, "cannot store: " + failed->error.message);
  } else if (const auto* down = std::get_if<agent_events::Disconnected>(&event)) {
    needs_restart_ = needs_restart_ || down->final;
    if (down->final) chronicle_.met(Way::kReplaced);
    if (chronicle_.traced()) chronicle_.tell(name_, "is not connected: " + down->why.message);
  } else if (std::holds_alternative<agent_events::Connected>(event)) {
    chronicle_.tell(name_, "is connected");
  } else if (const auto* bad = std::get_if<agent_events::Unreadable>(&event)) {
    if (chronicle_.traced()) chronicle_.tell(name_, "cannot read " + short_name(bad->msg_id.view()) + ": " + bad->why);
  } else if (const auto* send = std::get_if<agent_events::SendProgress>(&event);
             send != nullptr && send->status == SendStatus::kFailed && chronicle_.traced()) {
    chronicle_.tell(name_, "gives up " + short_name(send->msg_id.view()) + ": " + send->error->message);
  }
}

// ---- the network ----

void AgentParty::opened(ChannelId channel) {
  engine_->on_opened(channel, now());
  poke();
}

void AgentParty::message(ChannelId channel, MutableByteView bytes) {
  engine_->on_message(channel, bytes, now());
  poke();
}

void AgentParty::drained(ChannelId channel) {
  engine_->on_drained(channel, now());
  poke();
}

void AgentParty::closed(ChannelId channel, const CloseInfo& why) {
  engine_->on_closed(channel, why, now());
  poke();
}

}  // namespace agentroom::sim
