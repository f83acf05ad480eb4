// A TCP connection, with or without TLS: one read, one write, and who hears that either can be done.
//
// Everything above it sees plain bytes only. Over TLS a write leaves records that the system has not taken yet
// (`unsent`), and a read may cause some, in the handshake above all: whoever reads or writes flushes as long as
// something is unsent.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "address.hpp"
#include "loop.hpp"
#include "readiness.hpp"
#include "socket.hpp"
#include "tls_session.hpp"
#include "trouble.hpp"

namespace agentroom::ws {

/// Thread: engine.
class Connection {
 public:
  /// One that is not connected.
  explicit Connection(Loop& loop) : loop_(&loop), watch_(loop.readiness()) {}
  /// Takes a connected socket over; speaks TLS when there is a session for it.
  Connection(Loop& loop, Socket socket, std::unique_ptr<TlsSession> tls);

  /// `who` hears of this connection from now on; kept alive until `close`. Error: the system has no room for one more.
  ErrorCode watch(std::shared_ptr<Watcher> who) { return watch_.start(socket_.descriptor(), std::move(who)); }
  /// Another one does.
  void hand_over(std::shared_ptr<Watcher> who) { watch_.hand_over(std::move(who)); }

  /// Never waits: `error` is would_block when there is nothing, eof when the peer sends no more. `into` has
  /// Loop::kReadSize bytes.
  std::size_t read(std::span<std::byte> into, ErrorCode& error);
  /// Never waits; takes what the system takes, or nothing while TLS shakes hands. Has the system take what is unsent,
  /// if only that.
  std::size_t write(std::span<const std::byte> from, ErrorCode& error);
  /// Bytes for the peer that were taken, but not by the system yet.
  std::size_t unsent() const { return tls_ ? tls_->output().size() : 0; }

  /// Whether the watcher hears that there is something to read; until told otherwise.
  void want_read(bool want);
  /// The watcher hears once that there is room.
  void want_write() { watch_.want_write(); }

  bool secure() const { return tls_ != nullptr; }
  /// The TLS handshake is going on.
  bool shaking() const { return tls_ && tls_->state() == TlsSession::State::kShaking; }
  /// TLS failed, in the handshake or later.
  bool tls_failed() const { return tls_ && tls_->state() == TlsSession::State::kFailed; }
  /// After an error: the peer began to speak HTTP where TLS was expected. `forget_tls` lets it be answered.
  bool met_plain_http() const { return tls_ && tls_->met_plain_http(); }
  void forget_tls() { tls_.reset(); }

  /// What `error`, of a read or a write, means to people.
  Trouble trouble(ErrorCode error) const;

  /// Numeric address of the peer.
  std::string peer_address() const {
    ErrorCode ignored;
    return numeric_address(socket_.remote_endpoint(ignored).address());
  }

  /// The peer will read the end behind what was written; once nothing is unsent any more, it is to be said again.
  void finish_writing();
  void close();

 private:
  /// TLS has nothing more to read, whatever the socket has.
  bool over() const {
    return tls_ && (tls_->state() == TlsSession::State::kEnded || tls_->state() == TlsSession::State::kFailed);
  }
  void send_records(ErrorCode& error);
  void tell_end();

  Loop* loop_;
  Socket socket_;
  Watch watch_;
  std::unique_ptr<TlsSession> tls_;
};

/// What a failure of the system means to people.
std::string describe(ErrorCode error);

}  // namespace agentroom::ws
