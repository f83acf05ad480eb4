#include "relay/admission.hpp"

namespace agentroom::relay {
namespace {

constexpr std::size_t kAddresses = 65'536;
constexpr std::uint16_t kPolicyViolation = 1008;
constexpr std::uint16_t kTryAgainLater = 1013;

}  // namespace

Admission::State& Admission::state_of(const IpAddress& key, Duration now) {
  if (auto found = addresses_.find(key); found != addresses_.end()) return found->second;
  if (addresses_.size() >= kAddresses) {
    erase_if(addresses_, [&](auto& entry) {
      State& state = entry.second;
      return state.connections == 0 && state.handshakes.is_full(handshake_rate(), now) &&
             state.failures.is_full(failure_rate(), now) && state.invites.is_full(invite_rate(), now);
    });
  }
  // Still full: so many addresses at once are one flood, and forgiving all of them is the price of a bound.
  if (addresses_.size() >= kAddresses) {
    erase_if(addresses_, [](const auto& entry) { return entry.second.connections == 0; });
  }
  return addresses_[key];
}

std::optional<Refusal> Admission::open(const std::optional<IpAddress>& key, Duration now) {
  if (connections_ >= limits_.connections) {
    return Refusal{RelayLimit::kConnections, kTryAgainLater, "the relay holds all the connections it may"};
  }
  if (unauthenticated_ >= limits_.unauthenticated) {
    return Refusal{RelayLimit::kUnauthenticated, kTryAgainLater, "too many connections have not authenticated yet"};
  }
  if (key) {
    State& state = state_of(*key, now);
    if (state.connections >= limits_.connections_per_address) {
      return Refusal{RelayLimit::kConnectionsPerAddress, kPolicyViolation, "too many connections from this address"};
    }
    if (!state.failures.has_token(failure_rate(), now)) {
      return Refusal{RelayLimit::kFailuresPerMinute, kPolicyViolation, "too many failed handshakes from this address"};
    }
    if (!state.handshakes.take(handshake_rate(), now)) {
      return Refusal{RelayLimit::kHandshakesPerMinute, kPolicyViolation, "too many handshakes from this address"};
    }
    ++state.connections;
  }
  ++connections_;
  ++unauthenticated_;
  return std::nullopt;
}

void Admission::failed(const std::optional<IpAddress>& key, Duration now) {
  if (key) state_of(*key, now).failures.take(failure_rate(), now);
}

bool Admission::publish(const std::optional<IpAddress>& key, Duration now) {
  if (!key) return true;
  TokenBucket& invites = state_of(*key, now).invites;
  if (!invites.holds(invite_rate(), kInvite, now)) return false;
  invites.spend(invite_rate(), kInvite, now);
  return true;
}

void Admission::close(const std::optional<IpAddress>& key, bool was_authenticated) {
  --connections_;
  if (!was_authenticated) --unauthenticated_;
  if (!key) return;
  if (auto found = addresses_.find(*key); found != addresses_.end() && found->second.connections > 0) {
    --found->second.connections;
  }
}

}  // namespace agentroom::relay
