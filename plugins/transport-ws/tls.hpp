// TLS of one transport: what its files say, and the sessions that use it.
#pragma once

#include <memory>
#include <string>

#include "agentroom/sdk/host.hpp"
#include "agentroom/sdk/result.hpp"
#include "buffer_pool.hpp"
#include "config.hpp"
#include "tls_session.hpp"

namespace agentroom::ws {

/// OpenSSL does nothing before the first listener with a certificate or the first wss:// URL. Thread: engine.
class Tls {
 public:
  Tls(const TlsFiles& files, sdk::Host host);
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  /// Listeners speak TLS alone.
  bool serves() const { return !files_.cert_file.empty(); }

  /// Reads the certificate and the key unless they are in use already. Errors: AR_INVALID, AR_PERMISSION, AR_IO.
  sdk::Status prepare_server();
  /// The same for the authorities that servers must show.
  sdk::Status prepare_client();

  /// Once prepared. A session for a connection that was accepted, or one to `host`.
  std::unique_ptr<TlsSession> accept(BufferPool& pool);
  std::unique_ptr<TlsSession> connect(BufferPool& pool, const std::string& host);

  /// Reads again what is in use; on an error all of it stays in use. Errors: the same.
  sdk::Status reload();

 private:
  sdk::Result<TlsContext> make_server();
  sdk::Result<TlsContext> make_client() const;

  const TlsFiles files_;
  sdk::Host host_;
  TlsContext server_;
  TlsContext client_;
  TlsScratch scratch_;
};

}  // namespace agentroom::ws
