// An agent inside a program: an identity of its own, a line to its peers, durable messages in both directions.
//
//     auto client = agentroom::client::Client::open({.home = "/var/lib/planner"});
//     if (!client) return fail(client.error());
//     if (auto sent = client->send("alice", "Is the build green?"); !sent) return fail(sent.error());
//     while (auto event = client->next_event(std::chrono::minutes(1))) { ... }
//
// Link with agentroom::client; needs C++20 and the standard library that the library was built with (libstdc++).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agentroom/client/events.hpp"
#include "agentroom/client/result.hpp"

#define AGENTROOM_CLIENT_API __attribute__((visibility("default")))

namespace agentroom::client {

/// What is empty is found as the command line finds it.
struct ClientOptions {
  /// Where the identity and its messages live; made with a new identity when there is none. Else AGENTROOM_HOME, then
  /// ~/.config/agentroom.
  std::filesystem::path home{};
  /// Else agentroom.toml of the home, where there is one. Its `[handler]`, `[tunnel]`, `[relay]` and `[log]` are not
  /// used, but for `max_hops`.
  std::filesystem::path config_file{};
  /// The relay to stay connected to. Else AGENTROOM_SERVER, then `server` of the file, then `server_url` of the home,
  /// then ws://localhost:8787/ws, until an invite names another one.
  std::string server{};
  /// Shown to peers, at most 64 bytes. Else `name` of the file.
  std::string name{};
  /// Folders of plugins, searched first; then `[plugins] path`, AGENTROOM_PLUGIN_PATH, and beside this library.
  std::vector<std::filesystem::path> plugin_path{};
  /// Accepts and pins a relay key other than the pinned one.
  bool trust_relay = false;
};

struct Invite {
  std::string url;  ///< a secret: good once, for whoever has it
  std::string id;
  std::int64_t expires_at = 0;  ///< Unix milliseconds
};

/// How far the session with a peer is.
enum class PeerState : std::uint8_t {
  kClaiming,    ///< its invite was accepted; the relay has not confirmed it, nothing can be sent
  kWaiting,     ///< what is sent waits for the inviter, who has not answered yet
  kUnanswered,  ///< the inviter did not answer within 7 days; nothing can be sent
  kReady,       ///< a message of the peer was read
};

struct Peer {
  std::string key;     ///< 43 characters
  std::string name;    ///< may be empty
  std::string server;  ///< the relay of the session with it
  PeerState state = PeerState::kReady;
  std::size_t unsent = 0;     ///< messages to it that no relay has acknowledged, 500 at most
  std::size_t unhandled = 0;  ///< messages from it that are not done
};

class AgentThread;

/// Owns a home, one process at a time, and an engine thread that connects, reconnects and keeps what comes:
///
///   open -> [running: connecting <-> connected] -- close, destructor --> [closed]
///
/// Thread: any, every method, several at once; not while it is moved or destroyed. Signals are blocked in the threads
/// that it makes and handled by none. A moved-from client can be destroyed and assigned to.
///
/// Errors of every method but `open`: "cancelled" (the client is closed, or was before the call was done), "io" (the
/// store fails), "timeout" (no answer within 20 s).
class AGENTROOM_CLIENT_API Client {
 public:
  /// Returns when the agent runs; it connects afterwards (`Connected`, `Disconnected`). Reads the disk.
  /// Errors: "home_in_use", "usage", "config", "plugin", "permission", "corrupt", "io".
  static Result<Client> open(const ClientOptions& options = {});

  Client(Client&& other) noexcept;
  Client& operator=(Client&& other) noexcept;
  /// Closes it.
  ~Client();

  /// The key of this agent. Does not block.
  const std::string& id() const;

  /// Publishes an invite at the relay of this client, good once and for `life`: 1 ms to 7 days. Blocks until the relay
  /// has it. Errors: "usage", "network", "timeout", "queue_full" (the relay's quota).
  Result<Invite> create_invite(std::chrono::milliseconds life = std::chrono::hours(24));

  /// Accepts an invite; blocks until its relay has answered. The inviter need not be there: `PeerJoined` tells that it
  /// answered. When nothing named a relay for this client, it moves to that of the invite, for good. A session stays
  /// with the relay of its invite, and messages come over the relay of the client alone: accept what belongs to it.
  /// Errors: "invalid", "invite_expired", "invite_used", "invite_revoked", "network", "timeout", "identity_changed",
  /// "usage" (an own invite).
  Result<Peer> accept_invite(const std::string& url);

  /// Blocks until the relay has answered. Errors: "not_found", "invite_used", "network", "timeout".
  Result<void> revoke_invite(const std::string& id);

  /// Everybody whom this agent has a session with, the oldest first. Blocks for a turn of the engine.
  Result<std::vector<Peer>> peers();

  /// Sends a text to a peer: its name, its key, or an unambiguous beginning of the key. Blocks until it is durable on
  /// this machine, and gives its id; it goes out now or when the relay is there (`SendProgress`). After "timeout" it
  /// may go out all the same. Texts to one peer arrive in the order of their calls.
  /// Errors: "no_session", "ambiguous", "too_large" (131,072 bytes), "invalid" (not UTF-8), "queue_full" (500 wait).
  Result<std::string> send(const std::string& peer, std::string text);

  /// Answers a message, in its conversation, and is done with it: both are durable at once, so it has one answer
  /// however often it comes. Blocks like `send`, and while 500 messages to that peer wait. Gives the id of the answer.
  /// Errors: "not_found" (it is done, or is not this client's), "exists" (another call answers it), "too_large",
  /// "invalid" (not UTF-8, or empty): it is yours still. "timeout": the answer waits for room in this process; if that
  /// ends before, the message comes again.
  Result<std::string> reply(const Message& message, std::string text);

  /// Is done with a message without an answer: it does not come again. Blocks until that is durable.
  /// Errors: "not_found", "exists".
  Result<void> done(const Message& message);

  /// The oldest event that was not read; nothing when none came within `timeout`, and at once when the client is
  /// closed. Several threads may wait: each event is given to one. Unread messages hold no more than 64 places here,
  /// one for each peer; what is behind them waits on disk (10,000 messages or 64 MiB, then their senders are refused).
  std::optional<Event> next_event(std::chrono::milliseconds timeout);

  /// Ends the connection and the engine thread, within 6 seconds. Calls that wait end with "cancelled", `next_event`
  /// with nothing. What is not done comes again with the next client of this home. Not from inside the log.
  void close();

 private:
  explicit Client(std::unique_ptr<AgentThread> thread);
  std::unique_ptr<AgentThread> thread_;
};

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };

/// Takes a line of the log, escaped and without a newline. Thread: any, several at once. It must not throw and must not
/// call a client.
using LogTaker = std::function<void(LogLevel level, std::string_view component, std::string_view line)>;

/// Where all clients of this process log to, from `least` on; without it they log nowhere, and nothing is ever written
/// to stderr. Once, before the first client is opened.
AGENTROOM_CLIENT_API void set_log(LogLevel least, LogTaker take);

}  // namespace agentroom::client
