// One channel: a TCP connection that carries a WebSocket.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "agentroom/sdk/transport.hpp"
#include "channel_table.hpp"
#include "connection.hpp"
#include "connector.hpp"
#include "deadlines.hpp"
#include "loop.hpp"
#include "output.hpp"
#include "url.hpp"
#include "websocket.hpp"

namespace agentroom::ws {

/// Thread: engine.
///
///   connect --> [connecting] --opened--> [open] --close--> [closing]
///                     |                    |  ^               |
///                     |     accept --opened---+               |
///                     +---closed---+-------closed------closed-+
///                                  v
///                               [ended]   the connection may linger, unseen by the host, until the peer has read what
///                                         was sent, the close frame above all
class Channel final : public Flushable,
                      public Watcher,
                      public std::enable_shared_from_this<Channel>,
                      private WebSocket::Events {
 public:
  /// Unsent bytes at which a channel ends: its host sends on although `send` tells it to wait.
  static constexpr std::size_t kMaxUnsent = std::size_t{16} * AR_TRANSPORT_HIGH_WATER;

  struct Options {
    sdk::ChannelEvents events;
    std::size_t max_message;
  };

  Channel(Loop& loop, ChannelTable& table, const Options& options);
  ~Channel() override;

  ar_channel id() const { return id_; }

  /// Answers an upgrade request that came over `connection`; `early` followed it already. Inside a turn.
  void accept(Connection connection, const UpgradeRequest& request, const sdk::PeerInfo& peer,
              std::span<const std::byte> early);
  /// `tls`: the session of a wss:// URL.
  void connect(Url url, std::unique_ptr<TlsSession> tls, sdk::Microseconds timeout);

  std::uint64_t send(std::span<const std::byte> message);
  void pause();
  void resume();
  void close(std::uint16_t code, std::string_view reason);

  void flush() override;

 private:
  enum class State : std::uint8_t { kConnecting, kOpen, kClosing, kEnded };

  // channel.cpp: what the connection brings and takes.
  WebSocket::Options websocket_options() const;
  void on_connected(Socket socket, const Url& url);
  void wait_writable();
  void on_readable() override;
  void on_writable() override;
  void on_open() override;
  void on_message(std::span<std::byte> message) override;
  void flush_later();

  // channel_end.cpp: the ways to the end.
  void react();
  std::string hint_for(const CloseReason& why) const;
  void on_input_end(ErrorCode error);
  void end(std::uint16_t code, const Trouble& why);
  void give_up(std::uint16_t code, const Trouble& why);
  void break_off(const Trouble& why);
  void linger();
  void finish_sending();
  void drop();

  Loop& loop_;
  ChannelTable& table_;
  ar_channel id_;
  sdk::ChannelEvents events_;
  std::size_t max_message_;
  Connection connection_;
  Output out_;
  std::unique_ptr<WebSocket> websocket_;
  std::shared_ptr<Connector> connector_;     ///< while connecting
  std::unique_ptr<TlsSession> waiting_tls_;  ///< until there is a connection for it
  Deadline deadline_;
  State state_ = State::kConnecting;
  bool write_waits_ = false;
  bool paused_ = false;
  bool above_high_water_ = false;
  bool overflowed_ = false;
  bool lingers_ = false;
  bool dropped_ = false;
};

}  // namespace agentroom::ws
