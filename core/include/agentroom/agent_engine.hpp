// The agent: sessions, outbox, inbox, and turn-taking with the handler (protocol sections 2 to 7).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agentroom/handler.hpp"
#include "agentroom/ids.hpp"
#include "agentroom/random.hpp"
#include "agentroom/result.hpp"
#include "agentroom/store.hpp"
#include "agentroom/time.hpp"
#include "agentroom/transport.hpp"

namespace agentroom {

namespace crypto {
struct Identity;
}

struct AgentConfig {
  std::string name;                   ///< shown to peers; at most 64 bytes
  std::optional<std::string> server;  ///< the relay to stay connected to; nothing: connects only where work waits
  std::optional<RelayId> relay;       ///< the key of the relay at `server`, where the owner knows it: replaces its pin
  bool server_overrides = false;      ///< `--server` was given: it also stands in for the URLs kept with sessions
  bool trust_relay = false;           ///< accept and pin a relay key other than the pinned one
  std::uint32_t max_hops = 100;       ///< at this many automatic answers no handler runs
  std::uint32_t concurrency = 4;      ///< handler calls at once, 1 to 64; never two for one peer
  bool handle = false;                ///< hand messages on (`serve`, `listen`); otherwise they stay in the inbox
  bool insist = false;  ///< hand a message on however often its handler was cut short, not 3 times at most
};

/// What happens to a message that was sent.
enum class SendStatus : std::uint8_t {
  kPending,    ///< durable in the own outbox
  kQueued,     ///< durable at the relay
  kDelivered,  ///< durable at the peer
  kFailed,     ///< given up; the event says why
};

namespace agent_events {
struct Connected {
  std::string url;            ///< by which the relay is known
  std::string through;        ///< by which it was reached: the same, or another one of that relay
  std::uint32_t pending = 0;  ///< messages queued for this agent
};
/// The link ended, or could not be made; tried again after `retry_in` unless `final`.
struct Disconnected {
  std::string url;
  Error why;
  Duration retry_in{};
  bool final = false;  ///< replaced by another connection: not tried again
  bool more = false;   ///< another URL of the same relay is tried next
};
/// Who answers at `url` has another key than the relay that belongs there, and got nothing. Told once a key, until the
/// right one answers again; `Disconnected` follows with the same error.
struct RelayRefused {
  std::string url;
  RelayId shown;
  Error why;  ///< kIdentityChanged
};
/// A peer completed a session with this agent (invitee: the inviter answered; inviter: the invite was accepted).
struct PeerOnline {
  AgentId peer;
  std::string name;
};
/// A text is durable in the inbox.
struct Received {
  AgentId from;
  std::string from_name;
  MsgId msg_id;
  std::string text;
  std::optional<MsgId> in_reply_to;
  ConversationId conversation_id;
  UnixMs sent_at = 0;
};
/// The handler's reply is durable in the outbox. `turn` counts the replies of this engine, from 1.
struct Replied {
  AgentId to;
  MsgId msg_id;
  MsgId in_reply_to;
  std::string text;
  std::uint64_t turn = 0;
};
struct NoReply {
  AgentId from;
  MsgId msg_id;
};
struct HandlerFailed {
  AgentId from;
  MsgId msg_id;
  Error error;
};
/// An outgoing message came further: queued, delivered or failed.
struct SendProgress {
  AgentId to;
  MsgId msg_id;
  SendStatus status = SendStatus::kPending;
  std::optional<Error> error;
};
/// Something came that could not be read or had no right to come; refused and kept apart.
struct Unreadable {
  AgentId from;
  MsgId msg_id;
  std::string why;
};
/// An invite of this agent was used up by a session start that failed its checks, expired, or was revoked. Or one that
/// it accepted came to nothing: the relay or the inviter refused it, or the inviter never answered.
struct InviteClosed {
  InviteId invite_id;
  std::string why;
};
/// The store failed and this engine is at its end: everything durable is intact. Destroy it and make another.
struct StoreFailed {
  Error error;
};
}  // namespace agent_events

using AgentEvent = std::variant<agent_events::Connected, agent_events::Disconnected, agent_events::RelayRefused,
                                agent_events::PeerOnline, agent_events::Received, agent_events::Replied,
                                agent_events::NoReply, agent_events::HandlerFailed, agent_events::SendProgress,
                                agent_events::Unreadable, agent_events::InviteClosed, agent_events::StoreFailed>;

/// A handler call that takes no longer is quick.
inline constexpr Duration kQuickHandler = std::chrono::milliseconds(20);
/// After it a run of quick calls is over too: other peers wait for their turn, and of a peer that is removed no further
/// call begins then.
inline constexpr Duration kLongestRun = std::chrono::milliseconds(100);

/// What the engine does to the world beside the store.
class AgentIo : public Channels {
 public:
  /// Starts to connect; 0 when the URL cannot be used, with the reason in `why`. The outcome comes as `on_opened` or
  /// `on_closed`.
  virtual ChannelId connect(const std::string& url, Error& why) = 0;
  /// Runs the handler on each of `messages` in turn, 1 to 128 of one sender; another run of that sender begins only
  /// when this one is over. Each outcome comes by `on_handled`, in their order and as soon as it is there. Behind an
  /// outcome kCancelled, a call that took longer than `kQuickHandler`, or the call that ended after `kLongestRun`, none
  /// is begun: the run is over. Never blocks.
  virtual void handle(std::vector<HandlerMessage> messages) = 0;
  /// For the owner: logs, output. Called on the engine thread, from inside any method of the engine; must not call it.
  virtual void on_event(const AgentEvent& event) = 0;
};

struct CreatedInvite {
  std::string url;  ///< holds the invite's secret
  InviteId invite_id;
  UnixMs expires_at = 0;
};
struct AcceptedInvite {
  AgentId peer;
  std::string server_url;
  bool peer_online = false;  ///< the inviter's SessionAck came already
};
struct SentMessage {
  MsgId msg_id;
  AgentId to;
  std::string server_url;  ///< of the relay that it goes to
};
/// How far the session with a peer is.
enum class PeerState : std::uint8_t {
  kClaiming,    ///< its invite was accepted; the relay has not confirmed it, nothing can be sent
  kWaiting,     ///< what is sent waits for the inviter, who has not answered yet
  kUnanswered,  ///< the inviter did not answer within 7 days; nothing can be sent; forgotten 7 days later
  kReady,       ///< a message of the peer was read
};

struct PeerSummary {
  AgentId id;
  std::string name;  ///< given by the owner, else the peer's own, else empty; printable
  std::string server_url;
  std::uint32_t generation = 0;
  bool confirmed = false;  ///< a message of the peer was read in the sending session
  PeerState state = PeerState::kReady;
  UnixMs created_at = 0;
  UnixMs last_used = 0;
  std::size_t outbox = 0;  ///< messages not acknowledged yet
  std::size_t inbox = 0;   ///< messages not handled yet
};
struct OpenInvite {
  InviteId invite_id;
  UnixMs expires_at = 0;
  std::string server_url;   ///< of the relay that knows it, as this agent reaches it
  std::string named_url{};  ///< what the invite says instead, by `set_invite_url`; else empty
};

/// An agent as a state machine: events in, calls on `AgentIo` and `Store` out. It does no I/O, starts no thread, reads
/// no clock. Nothing leaves it (a frame, a receipt, a result) before the store transaction that it depends on is
/// durable.
///
/// A link to a relay (one for each relay in use, under however many URLs it is known):
///
///   idle -> connecting -> challenged -> ready -> closed -> waiting (backoff with jitter) -> connecting ...
///
/// An outgoing message:  encrypted and committed -> sent -> QUEUED or DELIVERED (gone) | REJECTED (failed)
/// An incoming message:  decrypted and committed -> receipted -> handler -> handled (committed with the reply)
///
/// Thread: the engine's, all methods. `done` callbacks run on it, never from inside the call that took them.
class AgentEngine {
 public:
  template <class T>
  using Done = std::move_only_function<void(Result<T>)>;

  /// References must outlive the engine.
  AgentEngine(const AgentConfig& config, const crypto::Identity& identity, Store& store, AgentIo& io, Random& random);
  ~AgentEngine();
  AgentEngine(const AgentEngine&) = delete;
  AgentEngine& operator=(const AgentEngine&) = delete;

  /// Reads sessions, outbox, inbox, invites and pins. Once, before anything else. Errors: kCorrupt, kIo.
  Result<void> start(const Now& now);

  // ---- events in ----
  void on_opened(ChannelId channel, const Now& now);
  void on_message(ChannelId channel, MutableByteView message, const Now& now);
  void on_drained(ChannelId channel, const Now& now);
  void on_closed(ChannelId channel, const CloseInfo& why, const Now& now);
  /// `quick`: the call took no longer than `kQuickHandler`, and its run no longer than `kLongestRun`.
  void on_handled(const AgentId& from, const MsgId& msg_id, HandlerOutcome outcome, bool quick, const Now& now);
  void on_time(const Now& now);
  std::optional<Duration> next_deadline() const;
  /// Commits and sends what is ready. At the end of every turn.
  void flush(const Now& now);

  // ---- what its owner asks for ----

  /// Publishes a single-use invite at `config.server`; done when the relay has it durable. Errors: kUsage (ttl, no
  /// server), kNetwork, kTimeout, kNotAllowed, kQueueFull (quota).
  void create_invite(std::int64_t ttl_ms, const Now& now, Done<CreatedInvite> done);

  /// Accepts; done when the relay answered the claim. It needs nothing of the inviter; `peer_online` comes later as an
  /// event. `server` replaces the invite's URL. Errors: of `parse_invite`, kInviteExpired, kInviteUsed, kInviteRevoked,
  /// kNetwork, kTimeout, kIdentityChanged, kUsage (own invite).
  void accept_invite(const std::string& url, std::optional<std::string> server, const Now& now,
                     Done<AcceptedInvite> done);

  /// From now on it stays connected to this relay, in place of `config.server`.
  void set_server(std::string url);

  /// Invites that are made from now on name this URL for the relay at `config.server`, in place of the one that this
  /// agent uses; they are published, listed and revoked there as before. Errors: kUsage (no ws:// or wss:// URL).
  Result<void> set_invite_url(std::string url);

  void revoke_invite(const InviteId& invite, const Now& now, Done<void> done);

  /// Encrypts and stores a text; done when it is durable in the outbox. Its way is told by `SendProgress`.
  /// Errors: kNoSession, kTooLarge, kInvalid (not UTF-8), kQueueFull (500 wait for that peer).
  void send(const AgentId& to, std::string text, const Now& now, Done<SentMessage> done);

  /// Forgets a peer: sessions, outbox, its token at the relay. Errors: kNoSession.
  void remove_peer(const AgentId& peer, const Now& now, Done<void> done);
  /// The owner's name for a peer; empty removes it. Errors: kNoSession, kInvalid, kExists.
  void rename_peer(const AgentId& peer, const std::string& name, const Now& now, Done<void> done);

  /// Tells all peers with whom a session runs over the relay at `config.server` where else that relay answers, in order
  /// of preference; replaces what was told before, and is told to later peers too. They pass over what protocol section
  /// 5 does not let a peer name. Errors: kUsage (more than 8, or one that is no ws:// or wss:// URL).
  Result<void> announce_relay_urls(std::vector<std::string> urls, const Now& now);

  std::vector<PeerSummary> peers() const;
  std::vector<OpenInvite> invites() const;
  /// A peer by name, key, or unambiguous prefix of its key. Errors: kNoSession, kAmbiguous.
  Result<AgentId> find_peer(std::string_view text) const;

  /// Messages of the outbox that no relay has acknowledged.
  std::size_t outbox_size() const;
  /// True when nothing is under way: no commit outstanding, no receipt unsent, no handler running.
  bool idle() const;

  /// Gives up links and takes no more work; handlers that run may still end. Go on with turns until `idle()`.
  void shut_down(const Now& now);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace agentroom
