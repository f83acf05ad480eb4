#include "relay_party.hpp"

#include <algorithm>
#include <stdexcept>

#include "protocol/limits.hpp"

namespace agentroom::sim {
namespace {

constexpr const char* kSecret = "a relay secret of the simulation";
constexpr const char* kNextSecret = "the relay secret that succeeds it";

}  // namespace

RelayParty::RelayParty(const Surroundings& around, const Plan& plan, Wiretap& tap)
    : Party("relay", around), identity_(crypto::RelayIdentity::from_secret(kSecret)), tap_(tap), random_(around.dice) {
  config_.limits = plan.limits;
  agents_ = plan.agents;
  disk_.plan = plan.relay_disk;
}

void RelayParty::LinkSecrets::fill(MutableByteView out) {
  dice_.fill(out);
  if (out.size() == 32) last = to_bytes(out);
}

bool RelayParty::begin() {
  store_ = open_store();
  if (!reseal()) return false;
  Channels& channels = *this;
  RelayObserver& observer = *this;
  engine_ = std::make_unique<RelayEngine>(config_, identity_, *store_, channels, random_, observer);
  if (auto started = engine_->start(now()); !started) {
    if (started.error().code != ErrorCode::kIo)
      chronicle_.violate("the relay does not start: " + started.error().message);
    return false;
  }
  // What was receipted while its first commit was under way is there again after a crash, beside what took its room.
  loaded_bytes_ = engine_->status().pending_bytes;
  network_.set_listener(this);
  return true;
}

void RelayParty::end() {
  if (!engine_) return store_.reset();  // it did not get so far
  const RelayStatus status = engine_->status();
  chronicle_.met(Way::kExpiredAtRelay, status.expired);
  for (const RelayLimit limit :
       {RelayLimit::kConnections, RelayLimit::kConnectionsPerAddress, RelayLimit::kUnauthenticated,
        RelayLimit::kHandshakesPerMinute, RelayLimit::kFailuresPerMinute, RelayLimit::kFramesPerSecond}) {
    chronicle_.met(Way::kRateLimited, status.hits(limit));
  }
  network_.forget(*this);
  store_.reset();
  engine_.reset();
}

void RelayParty::move() {
  identity_ = crypto::RelayIdentity::from_secret(kNextSecret, kSecret);
  if (dice_.one_in(2)) disk_.records.clear();
}

// Each batch is durable before the next; now and then the relay is killed between two.
bool RelayParty::reseal() {
  RelayReseal reseal(identity_, *store_, random_);
  for (;;) {
    const auto batch = reseal.next();
    if (!batch) {
      if (batch.error().code != ErrorCode::kIo) chronicle_.violate("the mailbox stays: " + batch.error().message);
      return false;
    }
    if (batch->empty()) return true;
    disk_.apply(*batch);
    if (dice_.one_in(8)) return false;
  }
}

void RelayParty::shut_down() {
  engine_->shut_down(now());
  poke();
}

void RelayParty::opened(ChannelId channel) {
  const std::string address = "192.0.2." + std::to_string(network_.host(channel));
  random_.last.reset();
  engine_->on_opened(channel, PeerInfo{.address = address, .forwarded_for = {}, .cf_connecting_ip = {}}, now());
  if (random_.last) tap_.learn(Network::link_of(channel), identity_.pair.pk, *random_.last);
  poke();
  check_bounds();
}

void RelayParty::message(ChannelId channel, MutableByteView bytes) {
  engine_->on_message(channel, bytes, now());
  poke();
  check_bounds();
}

void RelayParty::drained(ChannelId channel) {
  engine_->on_drained(channel, now());
  poke();
}

void RelayParty::closed(ChannelId channel, const CloseInfo& /*why*/) {
  engine_->on_closed(channel, now());
  poke();
}

std::size_t RelayParty::send(ChannelId channel, Bytes message) {
  if (!lives()) return 0;
  if (!keeps_order) message = tap_.disorder(Network::link_of(channel), std::move(message), dice_, chronicle_);
  const std::size_t unsent = network_.send(channel, std::move(message));
  // One message above the limit, and the last words of a connection that is closed.
  if (unsent > config_.limits.unsent_bytes + 3 * protocol::kLinkMessageBytes) {
    chronicle_.violate("the relay left " + std::to_string(unsent) + " bytes unsent on one connection");
  }
  return unsent;
}

void RelayParty::pause(ChannelId channel) {
  if (lives()) network_.pause(channel, true);
}

void RelayParty::resume(ChannelId channel) {
  if (lives()) network_.pause(channel, false);
}

void RelayParty::close(ChannelId channel, std::uint16_t code, std::string_view reason) {
  if (lives()) network_.close(channel, {.code = code, .reason = std::string(reason)});
}

void RelayParty::on_refused(const std::string& /*address*/, const std::string& why) {
  chronicle_.met(Way::kRefusedConnection);
  if (chronicle_.traced()) chronicle_.tell(name_, "refuses a connection: " + why);
}

void RelayParty::on_store_failed(const Error& error) {
  if (chronicle_.traced()) chronicle_.tell(name_, "cannot store: " + error.message);
}

void RelayParty::check_bounds() {
  if (!running()) return;
  const RelayStatus status = engine_->status();
  const RelayLimits& limits = config_.limits;
  if (status.connections > limits.connections || status.agents > status.connections) {
    chronicle_.violate("the relay has more connections than it may");
  }
  // Set back, its clock opens again what had expired.
  if (set_back() == 0 && status.invites > std::uint64_t{agents_} * limits.open_invites) {
    chronicle_.violate("the relay keeps more open invites than its agents may have");
  }
  loaded_bytes_ = std::min(loaded_bytes_, status.pending_bytes);
  if (status.pending_bytes > std::max(limits.queued_bytes, loaded_bytes_)) {
    chronicle_.violate("the relay keeps " + std::to_string(status.pending_bytes) + " bytes of messages, its limit is " +
                       std::to_string(limits.queued_bytes));
  }
}

}  // namespace agentroom::sim
