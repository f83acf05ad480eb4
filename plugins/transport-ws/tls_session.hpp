// The record layer of one connection, without a socket: the peer's bytes go in and plain ones come out, and the other
// way round. Records, handshakes and certificates are OpenSSL's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "output.hpp"
#include "tls_trouble.hpp"
#include "trouble.hpp"

struct ssl_ctx_st;
struct ssl_st;
struct x509_store_ctx_st;

namespace agentroom::ws {

struct FreeTls {
  void operator()(ssl_ctx_st* context) const;
  void operator()(ssl_st* session) const;
};
using TlsContext = std::unique_ptr<ssl_ctx_st, FreeTls>;

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
  /// For an accepted connection.
  static std::unique_ptr<TlsSession> accept(ssl_ctx_st& context, BufferPool& pool, TlsScratch& scratch);
  /// For one to `peer.host`, whose certificate must be for it.
  static std::unique_ptr<TlsSession> connect(ssl_ctx_st& context, BufferPool& pool, TlsScratch& scratch, TlsPeer peer);

  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  ~TlsSession();

  enum class State : std::uint8_t { kShaking, kOpen, kEnded, kFailed };
  State state() const { return state_; }
  /// Once failed.
  const Trouble& trouble() const { return trouble_; }
  /// The first bytes of a client looked like an HTTP request.
  bool met_plain_http() const { return met_plain_http_; }

  /// Where the peer's bytes may be read into; at most so many at a time.
  std::span<std::byte> scratch() const { return scratch_.bytes(); }
  /// Takes all of `input`; the plain bytes in it, which fit into `into` (Loop::kReadSize).
  std::size_t decrypt(std::span<const std::byte> input, std::span<std::byte> into);
  /// The peer sent its last byte.
  void end_input();

  /// Puts `plain` into records, as much as fits a batch; nothing while shaking. How much was taken.
  std::size_t encrypt(std::span<const std::byte> plain);
  /// Says that nothing more follows; once.
  void finish();

  /// Bytes for the peer.
  Output& output() { return output_; }
  const Output& output() const { return output_; }

 private:
  friend struct TlsBio;

  TlsSession(ssl_ctx_st& context, BufferPool& pool, TlsScratch& scratch, TlsPeer peer, bool accepts);
  void name_host();
  static int on_certificate(int accepted, x509_store_ctx_st* store);

  void shake();
  void fail(Trouble trouble);
  void fail_by_openssl();
  bool judge_first_byte(std::byte first);

  TlsScratch& scratch_;
  TlsPeer peer_;
  Output output_;
  std::span<const std::byte> input_;
  std::unique_ptr<ssl_st, FreeTls> ssl_;
  std::optional<Trouble> certificate_trouble_;
  Trouble trouble_;
  State state_ = State::kShaking;
  bool heard_ = false;
  bool finished_ = false;
  bool met_plain_http_ = false;
};

}  // namespace agentroom::ws
