#include "relay/admission.hpp"

namespace agentroom::relay {
namespace {

constexpr std::size_t kAddresses = 65'536;
constexpr std::uint32_t kTimesForSite = 4;
constexpr std::uint16_t kPolicyViolation = 1008;
constexpr std::uint16_t kTryAgainLater = 1013;

}  // namespace

/// The address itself, and where there is one the site that it lies in.
Admission::Keys Admission::keys_of(const std::optional<IpAddress>& key) {
  Keys keys;
  if (!key) return keys;
  keys.push_back(*key);
  if (const auto site = site_of(*key)) keys.push_back(*site);
  return keys;
}

Admission::State& Admission::state_of(const IpAddress& key, Duration now) {
  if (auto found = addresses_.find(key); found != addresses_.end()) return found->second;
  if (addresses_.size() >= kAddresses) {
    erase_if(addresses_, [&](auto& entry) {
      State& state = entry.second;
      return state.connections == 0 && state.handshakes.is_full(handshake_rate(state), now) &&
             state.failures.is_full(failure_rate(state), now) && state.invites.is_full(invite_rate(state), now);
    });
  }
  // Still full: so many addresses at once are one flood, and forgiving all of them is the price of a bound.
  if (addresses_.size() >= kAddresses) {
    erase_if(addresses_, [](const auto& entry) { return entry.second.connections == 0; });
  }
  State& state = addresses_[key];
  if (const auto site = site_of(key); site == key) state.times = kTimesForSite;
  return state;
}

std::optional<Refusal> Admission::refused_by(State& state, Duration now) const {
  if (state.connections >= std::uint64_t{limits_.connections_per_address} * state.times) {
    return Refusal{RelayLimit::kConnectionsPerAddress, kPolicyViolation, "too many connections from this address"};
  }
  if (!state.failures.has_token(failure_rate(state), now)) {
    return Refusal{RelayLimit::kFailuresPerMinute, kPolicyViolation, "too many failed handshakes from this address"};
  }
  if (!state.handshakes.has_token(handshake_rate(state), now)) {
    return Refusal{RelayLimit::kHandshakesPerMinute, kPolicyViolation, "too many handshakes from this address"};
  }
  return std::nullopt;
}

std::optional<Refusal> Admission::open(const std::optional<IpAddress>& key, Duration now) {
  const Keys keys = keys_of(key);
  for (const IpAddress& each : keys) {
    if (const auto refusal = refused_by(state_of(each, now), now)) return refusal;
  }
  if (connections_ >= limits_.connections) {
    return Refusal{RelayLimit::kConnections, kTryAgainLater, "the relay holds all the connections it may", true};
  }
  if (unauthenticated_ >= limits_.unauthenticated) {
    return Refusal{RelayLimit::kUnauthenticated, kTryAgainLater, "too many connections have not authenticated yet",
                   true};
  }
  for (const IpAddress& each : keys) {
    State& state = state_of(each, now);
    state.handshakes.take(handshake_rate(state), now);
    ++state.connections;
  }
  ++connections_;
  ++unauthenticated_;
  return std::nullopt;
}

void Admission::failed(const std::optional<IpAddress>& key, Duration now) {
  for (const IpAddress& each : keys_of(key)) {
    State& state = state_of(each, now);
    state.failures.take(failure_rate(state), now);
  }
}

bool Admission::publish(const std::optional<IpAddress>& key, Duration now) {
  const Keys keys = keys_of(key);
  for (const IpAddress& each : keys) {
    State& state = state_of(each, now);
    if (!state.invites.holds(invite_rate(state), kInvite, now)) return false;
  }
  for (const IpAddress& each : keys) {
    State& state = state_of(each, now);
    state.invites.spend(invite_rate(state), kInvite, now);
  }
  return true;
}

void Admission::close(const std::optional<IpAddress>& key, bool was_authenticated) {
  --connections_;
  if (!was_authenticated) --unauthenticated_;
  for (const IpAddress& each : keys_of(key)) {
    const auto found = addresses_.find(each);
    if (found != addresses_.end() && found->second.connections > 0) --found->second.connections;
  }
}

}  // namespace agentroom::relay
