// How many connections, handshakes and failures the relay takes, by address and in all (protocol section 8).
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <vector>

#include "agentroom/relay_engine.hpp"
#include "relay/address.hpp"
#include "relay/keyed_hash.hpp"
#include "relay/token_bucket.hpp"

namespace agentroom::relay {

/// Why a connection was not taken.
struct Refusal {
  RelayLimit limit{};
  std::uint16_t close_code = 0;
  const char* why = nullptr;
  bool crowded = false;  ///< it would be taken if one that has not authenticated made room
};

/// Counts connections from `open` to `close`. State for an address is kept while it is connected or its rates are not
/// back at rest, for 65,536 addresses at most, the /48 of an IPv6 one being an address of its own with four times as
/// much.
class Admission {
 public:
  Admission(const RelayLimits& limits, const KeyedHash& hash) : limits_(limits), addresses_(0, hash) {}

  /// Counts a new connection as open and not authenticated, or says why it is refused, which counts nothing.
  std::optional<Refusal> open(const std::optional<IpAddress>& key, Duration now);
  void authenticated() { --unauthenticated_; }
  void failed(const std::optional<IpAddress>& key, Duration now);
  /// Counts a new invite of an agent that is connected from there; false when it is one too many.
  bool publish(const std::optional<IpAddress>& key, Duration now);
  void close(const std::optional<IpAddress>& key, bool was_authenticated);

  std::size_t connections() const { return connections_; }
  std::size_t unauthenticated() const { return unauthenticated_; }
  std::size_t addresses() const { return addresses_.size(); }

 private:
  struct State {
    std::uint32_t times = 1;  ///< the limits of one address that it has
    std::uint32_t connections = 0;
    TokenBucket handshakes;
    TokenBucket failures;
    TokenBucket invites;
  };
  using Keys = std::vector<IpAddress>;
  static Keys keys_of(const std::optional<IpAddress>& key);

  Rate handshake_rate(const State& state) const {
    return {std::uint64_t{limits_.handshakes_per_minute} * state.times, limits_.handshake_burst * state.times};
  }
  Rate failure_rate(const State& state) const {
    return {std::uint64_t{limits_.failures_per_minute} * state.times, limits_.failures_per_minute * state.times};
  }
  /// Counted in hours' tokens of a sixtieth each, since a rate is per minute.
  Rate invite_rate(const State& state) const {
    return {std::uint64_t{limits_.invites_per_hour} * state.times, limits_.invites_per_hour * state.times * kInvite};
  }
  State& state_of(const IpAddress& key, Duration now);
  std::optional<Refusal> refused_by(State& state, Duration now) const;

  static constexpr std::uint32_t kInvite = 60;

  const RelayLimits& limits_;
  std::size_t connections_ = 0;
  std::size_t unauthenticated_ = 0;
  boost::unordered_flat_map<IpAddress, State, KeyedHash> addresses_;
};

}  // namespace agentroom::relay
