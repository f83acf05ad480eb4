// The channels and listeners of all instances in the process.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "address.hpp"
#include "agentroom/sdk/transport.hpp"

namespace agentroom::transport_loopback {

namespace sdk = agentroom::sdk;

struct Endpoint;

/// One side of a connection. Everything is guarded by the hub's mutex.
///
///   staged --flush--> peer's incoming --turn of the peer--> message
///
/// Both queues are bounded by the sender, which stops at AR_TRANSPORT_HIGH_WATER.
struct Channel {
  Channel(ar_channel name, Endpoint& its_owner, const sdk::ChannelEvents& where, std::uint64_t max)
      : id(name), owner(&its_owner), events(where), max_message(max) {}

  struct Close {
    std::uint16_t code = AR_CLOSE_ABNORMAL;
    std::string reason;
  };

  const ar_channel id;
  Endpoint* owner;  // null once its transport is gone
  const sdk::ChannelEvents events;
  const std::uint64_t max_message;
  std::shared_ptr<Channel> peer;  // null once either side has closed

  std::deque<sdk::Buffer> staged;
  std::size_t staged_bytes = 0;
  std::deque<sdk::Buffer> incoming;
  std::size_t incoming_bytes = 0;

  // What its owner is to be told, in this order; messages come behind `opened_due`.
  bool opened_due = false;
  bool drained_due = false;
  std::optional<Close> close_due;

  bool ready = false;  // it is in the owner's list
  bool paused = false;
  bool over_high_water = false;
};

using ChannelPtr = std::shared_ptr<Channel>;

/// What the hub knows of one transport. Guarded by the hub's mutex.
struct Endpoint {
  explicit Endpoint(std::size_t buffer) : buffer_bytes(buffer) {}

  const std::size_t buffer_bytes;
  std::condition_variable changed;
  bool woken = false;
  ar_channel next_id = 1;
  std::map<ar_channel, ChannelPtr> channels;
  std::deque<ChannelPtr> ready;  // at most each channel once
  struct Listener {
    sdk::ChannelEvents events;
    std::uint64_t max_message = 0;
  };
  std::map<Address, Listener> listening;

  /// Puts the channel into `ready` and ends a wait.
  void make_ready(const ChannelPtr& channel);
};

/// One for the process. `mutex` is to be held for every other member.
class Hub {
 public:
  static Hub& instance();

  std::mutex mutex;

  /// Port 0 becomes a free one. Errors: AR_IN_USE.
  sdk::Result<sdk::Listening> listen(Endpoint& endpoint, Address address, const sdk::ListenOptions& options);
  void stop_listening(Endpoint& endpoint);

  /// Makes both sides when somebody listens there, else a channel that is about to be told so.
  ChannelPtr connect(Endpoint& endpoint, const Address& address, const sdk::ConnectOptions& options);

  /// Hands over what was sent.
  void flush(const ChannelPtr& channel);
  /// Bytes that the other side has not taken beyond what the buffer holds.
  static std::uint64_t unsent(const Channel& channel);
  /// The next message, or an empty holder.
  sdk::Buffer take_message(const ChannelPtr& channel);

  /// Both sides are told `close` once what was sent before has been read.
  void close(const ChannelPtr& channel, const Channel::Close& close);
  /// Drops the endpoint's channels and listeners; the other sides are told that the connection broke.
  void leave(Endpoint& endpoint);

 private:
  void tell_when_drained(const ChannelPtr& channel);

  std::map<Address, Endpoint*> listeners_;
  std::uint16_t next_port_ = kFirstPort;

  static constexpr std::uint16_t kFirstPort = 49'152;
};

}  // namespace agentroom::transport_loopback
