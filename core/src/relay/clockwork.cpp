// What is due when (protocol sections 7 and 8).
#include <algorithm>

#include "relay/engine_state.hpp"

namespace agentroom {
namespace {

using relay::Connection;
using std::chrono::milliseconds;

constexpr std::uint16_t kGoingAway = 1001;
constexpr std::uint16_t kPolicyViolation = 1008;

constexpr Duration kPingAfter = milliseconds(protocol::kPingAfterMs);
constexpr Duration kSilence = milliseconds(protocol::kSilenceMs);
constexpr Duration kHoldInFlight = milliseconds(protocol::kHoldInFlightMs);
constexpr Duration kReceiptTimeout = milliseconds(protocol::kReceiptTimeoutMs);
constexpr Duration kTryAgain = std::chrono::seconds(1);
/// The Unix clock may be set; what depends on it is looked at this often.
constexpr Duration kLongestRest = std::chrono::hours(1);
constexpr Duration kCacheRest = std::chrono::seconds(30);

}  // namespace

void RelayEngine::State::on_time() {
  while (Connection* connection = connections.due(ledger.now.steady)) look(*connection);
  router.on_time(ledger.now.steady);
  if (housekeeping_at && ledger.now.steady >= *housekeeping_at) housekeeping();
  if (rest_at && ledger.now.steady >= *rest_at) {
    rest_at.reset();
    store.rest();
  }
}

void RelayEngine::State::look(Connection& connection) {
  const Duration now = ledger.now.steady;
  if (connection.phase == Connection::Phase::kChallenged) {
    const Duration until = connection.opened_at + milliseconds(ledger.limits.handshake_timeout_ms);
    if (now < until) return connections.look_at(connection, until);
    ledger.counters.failed(HandshakeFailure::kTimeout);
    admission.failed(connection.address.key, now);
    return refuse(connection, kPolicyViolation, "did not authenticate in time");
  }

  if ((connection.paused & Connection::kForRate) != 0) {
    const relay::TokenBucket& bucket = ledger.agents[connection.agent].frames;
    connection.resume_at = bucket.ready_at(frame_rate());
    if (now >= connection.resume_at) {
      connections.resume(connection, Connection::kForRate);
      // It could not be heard meanwhile.
      connection.heard_at = connection.receipted_at = now;
    }
  }
  router.hand_over(connection, now - kHoldInFlight);

  Duration next = now + kSilence;
  if (connection.paused == 0) {
    if (now >= connection.heard_at + kSilence) return end(connection, kGoingAway, "nothing was heard for 45 s");
    if (now >= connection.heard_at + kPingAfter && !std::exchange(connection.pinged, true)) {
      connections.ping(connection);
    }
    next = connection.heard_at + (connection.pinged ? kSilence : kPingAfter);
    if (!connection.window.empty()) {
      const Duration until = connection.receipted_at + kReceiptTimeout;
      if (now >= until) return refuse(connection, kPolicyViolation, "receipted nothing for 60 s");
      next = std::min(next, until);
    }
  } else if ((connection.paused & Connection::kForRate) != 0) {
    next = connection.resume_at;
  }
  if (connection.blocked) {
    const Duration until = connection.blocked_at + relay::kBlockedTimeout;
    if (now >= until) return refuse(connection, kPolicyViolation, "took nothing that was sent for 60 s");
    next = std::min(next, until);
  }
  if (const auto sent = router.oldest_in_flight(connection)) {
    next = std::min(next, std::max(*sent + kHoldInFlight, now + (commits.usable() ? Duration(1) : kTryAgain)));
  }
  connections.look_at(connection, next);
}

void RelayEngine::State::housekeeping() {
  router.expire(ledger.now.unix_ms);
  desk.expire(ledger.now.unix_ms);
  housekeeping_at.reset();
}

std::optional<Duration> RelayEngine::State::next_deadline() const {
  std::optional<Duration> next;
  for (const auto& at :
       {connections.next_deadline(), commits.next_deadline(), router.next_deadline(), housekeeping_at, rest_at}) {
    if (at && (!next || *at < *next)) next = at;
  }
  return next;
}

void RelayEngine::State::flush() {
  if (!shutting_down) router.pump();
  if (commits.takes_more()) desk.write_mailboxes();
  commits.flush(ledger.now.steady);
  if (shutting_down && !channels_closed && quiet()) {
    channels_closed = true;
    connections.each([&](Connection& connection) { end(connection, kGoingAway, "the relay is shutting down"); });
  }
  connections.flush(ledger.now.steady);

  if (router.took_since_asked()) rest_at = ledger.now.steady + kCacheRest;
  if (housekeeping_at) return;
  auto first = store.oldest();
  if (first) *first += protocol::kMessageLifeMs;
  const auto invite = ledger.invites.next_expiry();
  if (invite && (!first || *invite < *first)) first = invite;
  if (!first) return;
  const UnixMs wait = std::clamp<UnixMs>(*first - ledger.now.unix_ms, 1'000,
                                         std::chrono::duration_cast<milliseconds>(kLongestRest).count());
  housekeeping_at = ledger.now.steady + milliseconds(wait);
}

void RelayEngine::State::shut_down() {
  if (std::exchange(shutting_down, true)) return;
  connections.each([&](Connection& connection) {
    if (!connection.ready()) return end(connection, kGoingAway, "the relay is shutting down");
    connections.frame(connection, protocol::Closing{protocol::ClosingReason::kShuttingDown});
    router.hand_over(connection, ledger.now.steady);
  });
}

/// Everything that can be stored is.
bool RelayEngine::State::quiet() const {
  if (commits.outstanding()) return false;
  return !commits.usable() || (!commits.busy() && !desk.has_changed_mailboxes());
}

}  // namespace agentroom
