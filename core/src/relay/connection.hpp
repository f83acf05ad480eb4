// One channel and what the relay knows of its other end.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "agentroom/transport.hpp"
#include "crypto/link_cipher.hpp"
#include "protocol/link.hpp"
#include "relay/address.hpp"
#include "relay/link_writer.hpp"
#include "relay/window.hpp"

namespace agentroom::relay {

/// The way to a mailbox that a connection used last: spares the hash of the token and the search for it.
struct Route {
  AgentRef to = kNone;
  std::uint64_t allow_version = 0;
  crypto::MailboxToken token;
  TokenHash token_hash;
};

/// The first message to a recipient that was told to come again later. Until it does, what the sender wrote after it
/// waits as well, or it would overtake. Once a Ping that followed the refusal is answered nothing is on its way that
/// the sender wrote before it knew: if another message comes then, the first was given up.
struct HeldBack {
  MsgId first;
  protocol::Code code = protocol::Code::kQueueFull;
  std::uint64_t ping = 0;  ///< the number of that Ping on this connection
};

///   challenged --hello--> ready --> closed (until the transport says so too)
///        \------------------------/
class Connection {
 public:
  enum class Phase : std::uint8_t { kChallenged, kReady, kClosed };
  enum Pause : std::uint8_t { kForRate = 1, kForAcks = 2 };

  Connection(ChannelId id, ClientAddress from, const KeyedHash& hash, Duration now)
      : channel(id), address(std::move(from)), held_back(0, hash), opened_at(now), heard_at(now) {}

  bool ready() const { return phase == Phase::kReady; }
  bool can_deliver(std::uint32_t size) const { return ready() && !blocked && window.has_room(size); }

  const ChannelId channel;
  const ClientAddress address;
  Phase phase = Phase::kChallenged;
  bool was_authenticated = false;
  bool counted = true;  ///< by admission; not once it was closed before it authenticated, though its channel still ends
  bool dirty = false;   ///< stands in the list of connections to flush
  bool blocked = false;  ///< more is unsent than one connection may hold; until drained
  bool pinged = false;   ///< since something was heard
  bool pong_due = false;
  bool ping_due = false;
  std::uint8_t paused = 0;  ///< reasons, of Pause
  std::uint8_t bad_frames = 0;
  std::uint64_t pings = 0;  ///< sent or due; each is answered by a Pong, in order
  std::uint64_t pongs = 0;

  std::unique_ptr<protocol::RelayHandshake> handshake;  ///< until it is ready
  std::optional<crypto::LinkCipher> cipher;
  AgentRef agent = kNone;
  LinkWriter writer;
  Window window;
  Route route;
  boost::unordered_flat_map<AgentId, HeldBack, KeyedHash> held_back;
  std::vector<TokenHash> refused;  ///< a newcomer's last Allow, until there is room for it

  const Duration opened_at{};
  Duration heard_at{};
  Duration receipted_at{};  ///< last receipt, or when the window stopped being empty
  Duration blocked_at{};
  Duration resume_at{};           ///< with kForRate
  std::optional<Duration> timer;  ///< the earliest entry that stands for it in the timers
};

}  // namespace agentroom::relay
