// The connection to one relay (protocol section 6).
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/context.hpp"
#include "agent/frame_packer.hpp"
#include "protocol/link.hpp"

namespace agentroom::agent {

class Link;

/// What becomes of a handshake whose challenge is verified.
enum class Verdict : std::uint8_t {
  kGo,      ///< say hello
  kWait,    ///< another link is greeting the same relay: one at a time
  kJoined,  ///< another link has this relay, and serves this URL from now on
};

/// A URL where a relay may answer.
struct Route {
  std::string url;
  bool foreign = false;  ///< only a peer says so
};

/// What a link asks of and tells the agent.
class LinkOwner {
 public:
  virtual ~LinkOwner() = default;
  /// What a round of this link dials, its own URL first and again between foreign ones. Asked at the beginning of each.
  virtual std::vector<Route> routes(const Link& link) = 0;
  /// The challenge is verified and nothing was sent. Errors: kIdentityChanged; nothing is sent then either.
  virtual Result<Verdict> judge(const Link& link, const protocol::RelayProof& proof) = 0;
  /// After a valid HelloAck, and before it is told. May rename the link.
  virtual void on_ready(Link& link) = 0;
  /// The relay says that another connection of this identity replaced this one: whether it may be one of this agent.
  virtual bool replaced_by_own(const Link& link) = 0;
  /// A frame of the relay; its views are valid during the call.
  virtual void on_frame(Link& link, const protocol::Frame& frame) = 0;
  /// The link ended, or could not be made. `was_ready`: in this attempt; `more`: another URL is tried next.
  virtual void on_down(Link& link, const Error& why, bool was_ready, bool more) = 0;
};

/// The one link to one relay, named by one of its URLs. It connects while it is wanted:
///
///   idle --want--> connecting --opened--> greeted? --challenge--> hello sent --HelloAck--> ready
///    ^                 |                     |                        |                      |
///    |                 +---------------------+---- closed, timeout, anything unexpected -----+
///    |                                       v
///    +----------not wanted------------ waiting (up to 0.5 s doubling to 30 s, with jitter) --> connecting
///
/// Each attempt dials one route: first the URL of the link, then the others where the relay is said to answer (a
/// standby tunnel, a local address). A round over all of them counts as one failure, with short pauses in it:
///
///   own URL --failed--> 2nd route --failed--> ... --failed--> waiting, longer each round --> own URL ...
///      |                    |
///      +---- HelloAck ------+--> ready --ended--> waiting --> own URL ...
///
/// A route that a peer told holds nothing up: it has 3 s to show the relay's key and 3 s more for the HelloAck, and
/// after it the own URL is tried again before the next.
///
/// None holds the agent by answering alone: the round after a connection on which the relay was never heard, or by a
/// URL that its owner did not configure, begins with the route after that one.
///
/// So a relay that answers under several URLs has one connection of this agent, and none replaces another. What is not
/// the link's own URL has to show the key that is pinned for it, and is never pinned itself.
///
///   stopped: another connection of this identity replaced this one, and it is none of this agent's. Final.
///
/// A relay with another key gets nothing and is tried again like one that does not answer: whoever stands in the way
/// for a moment must not end a service for good.
class Link {
 public:
  Link(Context& context, LinkOwner& owner, std::string url) : context_(context), owner_(owner), url_(std::move(url)) {}

  const std::string& url() const { return url_; }
  /// The route of this attempt.
  const std::string& dialled() const { return route_ < routes_.size() ? routes_[route_].url : url_; }
  /// Those in a row that ended without a connection.
  unsigned failed_rounds() const { return failed_rounds_; }
  /// The relay that it greets or has.
  std::optional<RelayId> relay() const;
  ChannelId channel() const { return channel_; }
  bool ready() const { return std::holds_alternative<Ready>(phase_); }
  bool stopped() const { return std::holds_alternative<Stopped>(phase_); }
  bool idle() const { return std::holds_alternative<Idle>(phase_); }
  /// Why it stopped.
  const Error& stop_reason() const { return std::get<Stopped>(phase_).why; }
  const protocol::RelayProof& proof() const { return std::get<Ready>(phase_).proof; }

  /// Connects when a backoff that runs is over; `at_once` shortens it to a second after the last attempt began.
  void want(bool at_once);
  /// Nothing waits for it any more: closes after a while, so that what comes back soon still finds it.
  void release();
  /// Closes now and stays idle.
  void close(std::string_view reason);
  /// Goes on as the link of another URL of its relay.
  void rename(std::string url);
  /// Whether this relay has a Hello of this link that it never answered, and that may have replaced another connection.
  /// True once a Hello.
  bool took_over(const RelayId& relay);

  // ---- ready only; elsewhere these do nothing ----
  void send(const protocol::Frame& frame);
  void receipt(const protocol::ReceiptItem& item);
  /// Sends an Allow when the mailbox at the relay accepts something else.
  void allow(std::vector<TokenHash> hashes);
  /// The relay did not take the last one, and has had time to find room.
  bool allow_is_due() const;
  /// False while too much is unsent.
  bool can_send() const;
  std::size_t max_message() const { return std::get<Ready>(phase_).max_message; }
  void pause_reading(bool pause);
  bool sent_all() const;

  // ---- events ----
  void on_opened();
  void on_message(MutableByteView message);
  void on_drained();
  void on_closed(const CloseInfo& why);
  void on_time();
  std::optional<Duration> deadline() const;
  void flush();

 private:
  struct Idle {};
  struct Waiting {
    Duration until;
  };
  struct Connecting {
    Duration give_up;
    bool opened = false;
  };
  struct Greeting {  ///< hello sent
    Duration give_up;
    protocol::AgentHandshake handshake;
  };
  struct Ready {
    protocol::RelayProof proof;
    crypto::LinkCipher cipher;
    FramePacker out;
    std::size_t max_message;
    std::optional<AllowDigest> allowed;     ///< what the relay's mailbox accepts
    std::optional<Duration> allow_again{};  ///< it refused the last Allow
    std::vector<protocol::ReceiptItem> receipts{};
    Duration since{};
    Duration heard{};
    bool pinged = false;
    bool answered = false;  ///< a frame came
    bool congested = false;
    bool paused = false;
    std::optional<Duration> linger_until{};
    std::string complaint{};  ///< the relay's last Error frame
  };
  struct Stopped {
    Error why;
  };
  struct Left {
    std::string url;
    bool mute;  ///< the relay was never heard
  };

  void connect();
  void begin_round();
  void start_handshake(ByteView challenge);
  void finish_handshake(MutableByteView hello_ack);
  void read_frames(MutableByteView message);
  void read_frame(const protocol::Frame& frame);
  /// The link is over; `code` closes the channel where it is still open.
  void end(Error why, std::uint16_t code, bool final = false);
  void refuse(const RelayId& shown, Error why);
  /// No failure: the handshake ends before anything was sent.
  void step_back(Verdict verdict);
  /// For another link of this agent, which the relay has taken in its place and which may not know that yet.
  void step_aside();
  void pack_receipts();
  Duration backoff(bool more);
  bool foreign() const { return route_ < routes_.size() && routes_[route_].foreign; }
  Duration handshake_timeout() const;
  Error no_answer() const;

  Context& context_;
  LinkOwner& owner_;
  std::string url_;
  std::vector<Route> routes_;         ///< of this round
  std::size_t route_ = 0;             ///< the one that is tried, or is next
  std::optional<Left> left_;          ///< the route that the next round begins after
  std::optional<Error> own_failure_;  ///< why the own URL failed in this round
  ChannelId channel_ = 0;
  std::variant<Idle, Waiting, Connecting, Greeting, Ready, Stopped> phase_;
  bool wanted_ = false;
  unsigned failures_ = 0;           ///< attempts since the link was last stable
  unsigned failed_rounds_ = 0;      ///< since the link was last ready
  Duration tried_at_{};             ///< when the last attempt began
  std::optional<RelayId> refused_;  ///< the false relay that was told of last, until the true one answers
  std::optional<RelayId> greeted_;  ///< had a Hello, and has not answered it
};

}  // namespace agentroom::agent
