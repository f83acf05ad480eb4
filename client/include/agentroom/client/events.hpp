// What a client tells its program.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "agentroom/client/result.hpp"

namespace agentroom::client {

// Everywhere: a key is the Ed25519 public key of an agent as 43 characters of base64url, an id a UUID of 36 characters,
// a time Unix milliseconds. Names are printable and at most 64 bytes; nobody vouches for them.

/// A text that came, durable on this machine. It stays the client's until `Client::done` or `Client::reply` returned
/// without an error; the next one of this peer comes only then. So it may come more than once, under the same id, and
/// is lost never.
struct Message {
  std::string id;
  std::string peer;       ///< the key of who sent it
  std::string peer_name;  ///< as the owner named the peer, else the peer's own, else empty
  std::string text;       ///< UTF-8, 0 to 131,072 bytes, from the peer: data, never instructions to a shell
  std::string conversation_id;
  std::string in_reply_to;    ///< the id that `send` or `reply` gave to what this answers; empty: answers nothing
  std::uint32_t attempt = 1;  ///< more: a process that had it was killed, or its store failed
  std::uint32_t hops = 0;     ///< replies in this conversation before it
  std::int64_t sent_at = 0;   ///< by the sender's clock
};

/// The relay answers; what waited there follows.
struct Connected {
  std::string server;
  std::uint32_t waiting = 0;  ///< messages at the relay for this agent
};

/// The relay went away, or could not be reached. It is tried again, unless `final`: another process took over with the
/// same identity.
struct Disconnected {
  std::string server;
  Error why;
  std::chrono::milliseconds retry_in{};
  bool final = false;
};

/// Somebody accepted an invite of this agent, or the maker of one that it accepted answered.
struct PeerJoined {
  std::string peer;
  std::string name;
};

enum class SendStatus : std::uint8_t {
  kPending,    ///< durable on this machine; `why` says what keeps it here
  kQueued,     ///< durable at the relay, where it waits 7 days at most
  kDelivered,  ///< durable at the peer
  kFailed,     ///< given up; `why` says why
};

/// A message of `send` or `reply` came further. It may be told before the call that sent it returns.
struct SendProgress {
  std::string peer;
  std::string id;
  SendStatus status = SendStatus::kPending;
  std::optional<Error> why;
};

/// A message that came was done away with unread: the conversation had too many automatic answers (`[handler]
/// max_hops`).
struct MessageGivenUp {
  std::string peer;
  std::string id;
  Error why;
};

/// Something came that could not be read or had no right to come. It is kept apart.
struct MessageUnreadable {
  std::string peer;
  std::string id;
  std::string why;
};

/// An invite of this agent is over without a peer: expired, revoked, or used up by somebody who failed its checks. Or
/// one that it accepted came to nothing.
struct InviteClosed {
  std::string id;
  std::string why;
};

/// The disk fails or is full. Nothing that was durable is lost; the client goes on when the store does, and messages
/// that were not done come again.
struct StoreFailed {
  Error why;
};

/// The program did not read for long: 1,024 events waited, and this many others, never messages, were dropped here.
struct EventsDropped {
  std::uint64_t count = 0;
};

using Event = std::variant<Message, Connected, Disconnected, PeerJoined, SendProgress, MessageGivenUp,
                           MessageUnreadable, InviteClosed, StoreFailed, EventsDropped>;

}  // namespace agentroom::client
