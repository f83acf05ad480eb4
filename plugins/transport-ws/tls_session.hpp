// The record layer of one connection, without a socket: the peer's bytes go in and plain ones come out, and the other
// way round.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "output.hpp"
#include "trouble.hpp"

namespace agentroom::ws {

/// Where a connection reads into before it is decrypted; the same for all of a transport.
class TlsScratch {
 public:
  /// A whole record that was waiting for its last byte fits into Loop::kReadSize together with these.
  static constexpr std::size_t kSize = std::size_t{44} * 1024;

  std::span<std::byte> bytes() {
    if (!bytes_) bytes_ = std::make_unique_for_overwrite<std::array<std::byte, kSize>>();
    return *bytes_;
  }

 private:
  std::unique_ptr<std::array<std::byte, kSize>> bytes_;
};

/// Thread: engine.
///
///   [shaking] --> [open] --the peer's close_notify--> [ended]
///       |            |
///       +------------+--> [failed]
class TlsSession {
 public:
  enum class State : std::uint8_t { kShaking, kOpen, kEnded, kFailed };

  TlsSession(BufferPool& pool, TlsScratch& scratch) : scratch_(scratch), output_(pool) {}
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  virtual ~TlsSession() = default;

  State state() const { return state_; }
  /// Once failed.
  const Trouble& trouble() const { return trouble_; }
  /// The first bytes of a client looked like an HTTP request.
  bool met_plain_http() const { return met_plain_http_; }

  /// Where the peer's bytes may be read into; at most so many at a time.
  std::span<std::byte> scratch() const { return scratch_.bytes(); }
  /// Takes all of `input`; the plain bytes in it, which fit into `into` (Loop::kReadSize).
  virtual std::size_t decrypt(std::span<const std::byte> input, std::span<std::byte> into) = 0;
  /// The peer sent its last byte.
  virtual void end_input() = 0;

  /// Puts `plain` into records, as much as fits a batch; nothing while shaking. How much was taken.
  virtual std::size_t encrypt(std::span<const std::byte> plain) = 0;
  /// Says that nothing more follows; once.
  virtual void finish() = 0;

  /// Bytes for the peer.
  Output& output() { return output_; }
  const Output& output() const { return output_; }

 protected:
  void advance(State state) { state_ = state; }
  void fail(Trouble trouble) {
    if (state_ == State::kFailed) return;
    state_ = State::kFailed;
    trouble_ = std::move(trouble);
  }
  void note_plain_http() { met_plain_http_ = true; }

 private:
  TlsScratch& scratch_;
  Output output_;
  Trouble trouble_;
  State state_ = State::kShaking;
  bool met_plain_http_ = false;
};

}  // namespace agentroom::ws
