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

/// What a link asks of and tells the agent.
class LinkOwner {
 public:
  virtual ~LinkOwner() = default;
  /// The challenge is verified and nothing was sent. Errors: kIdentityChanged; nothing is sent then either.
  virtual Result<void> judge(const Link& link, const protocol::RelayProof& proof) = 0;
  /// After a valid HelloAck.
  virtual void on_ready(Link& link) = 0;
  /// A frame of the relay; its views are valid during the call.
  virtual void on_frame(Link& link, const protocol::Frame& frame) = 0;
  /// The link ended, or could not be made. `was_ready`: in this attempt.
  virtual void on_down(Link& link, const Error& why, bool was_ready) = 0;
};

/// One link, by server URL. It connects while it is wanted:
///
///   idle --want--> connecting --opened--> greeted? --challenge--> hello sent --HelloAck--> ready
///    ^                 |                     |                        |                      |
///    |                 +---------------------+---- closed, timeout, anything unexpected -----+
///    |                                       v
///    +----------not wanted------------ waiting (up to 0.5 s doubling to 30 s, with jitter) --> connecting
///
///   stopped: another connection of this identity replaced this one. Final.
///
/// A relay with another key gets nothing and is tried again like one that does not answer: whoever stands in the way
/// for a moment must not end a service for good.
class Link {
 public:
  Link(Context& context, LinkOwner& owner, std::string url) : context_(context), owner_(owner), url_(std::move(url)) {}

  const std::string& url() const { return url_; }
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

  // ---- ready only; elsewhere these do nothing ----
  void send(const protocol::Frame& frame);
  void receipt(const protocol::ReceiptItem& item);
  /// Sends an Allow when the mailbox at the relay accepts something else.
  void allow(std::vector<TokenHash> hashes);
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
    std::optional<AllowDigest> allowed;  ///< what the relay's mailbox accepts
    std::vector<protocol::ReceiptItem> receipts{};
    Duration since{};
    Duration heard{};
    bool pinged = false;
    bool congested = false;
    bool paused = false;
    std::optional<Duration> linger_until{};
    std::string complaint{};  ///< the relay's last Error frame
  };
  struct Stopped {
    Error why;
  };

  void connect();
  void start_handshake(ByteView challenge);
  void finish_handshake(MutableByteView hello_ack);
  void read_frames(MutableByteView message);
  void read_frame(const protocol::Frame& frame);
  /// The link is over; `code` closes the channel where it is still open.
  void end(Error why, std::uint16_t code, bool final = false);
  void refuse(const RelayId& shown, Error why);
  void pack_receipts();
  Duration backoff();

  Context& context_;
  LinkOwner& owner_;
  std::string url_;
  ChannelId channel_ = 0;
  std::variant<Idle, Waiting, Connecting, Greeting, Ready, Stopped> phase_;
  bool wanted_ = false;
  unsigned failures_ = 0;           ///< attempts since the link was last stable
  Duration tried_at_{};             ///< when the last attempt began
  std::optional<RelayId> refused_;  ///< the false relay that was told of last, until the true one answers
};

}  // namespace agentroom::agent
