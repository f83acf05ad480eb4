// A TLS session by OpenSSL, whose records, handshakes and certificates these are.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "openssl_handles.hpp"
#include "tls_session.hpp"
#include "trouble_texts.hpp"

namespace agentroom::ws {

/// Thread: engine.
class OpenSslSession final : public TlsSession {
 public:
  /// For an accepted connection.
  static std::unique_ptr<TlsSession> accept(SSL_CTX& context, BufferPool& pool, TlsScratch& scratch);
  /// For one to `peer.host`, whose certificate must be for it.
  static std::unique_ptr<TlsSession> connect(SSL_CTX& context, BufferPool& pool, TlsScratch& scratch, TlsPeer peer);

  std::size_t decrypt(std::span<const std::byte> input, std::span<std::byte> into) override;
  void end_input() override;
  std::size_t encrypt(std::span<const std::byte> plain) override;
  void finish() override;

 private:
  friend struct SessionBio;

  OpenSslSession(SSL_CTX& context, BufferPool& pool, TlsScratch& scratch, TlsPeer peer, bool accepts);
  void name_host();
  static int on_certificate(int accepted, X509_STORE_CTX* store);

  void shake();
  void fail_by_openssl();
  bool judge_first_byte(std::byte first);

  TlsPeer peer_;
  std::span<const std::byte> input_;
  SessionPtr ssl_;
  std::optional<Trouble> certificate_trouble_;
  bool heard_ = false;
  bool finished_ = false;
};

}  // namespace agentroom::ws
