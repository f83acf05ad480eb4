// TLS as the rest of the plugin sees it. What is behind it is a library of its own, transport-ws-tls.so, which is
// loaded when it is first needed: most processes never are, and OpenSSL costs each that links it 1.7 MB and 1.4 ms.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "agentroom/sdk/host.hpp"
#include "agentroom/sdk/result.hpp"
#include "buffer_pool.hpp"
#include "config.hpp"
#include "tls_session.hpp"

namespace agentroom::ws {

/// What the files of one transport say, and the sessions that use it. Thread: engine.
class Tls {
 public:
  Tls() = default;
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;
  virtual ~Tls() = default;

  /// Reads the certificate and the key unless they are in use already. Errors: AR_INVALID, AR_PERMISSION, AR_IO.
  virtual sdk::Status prepare_server() = 0;
  /// The same for the authorities that servers must show.
  virtual sdk::Status prepare_client() = 0;

  /// Once prepared. A session for a connection that was accepted, or one to `host`.
  virtual std::unique_ptr<TlsSession> accept(BufferPool& pool) = 0;
  virtual std::unique_ptr<TlsSession> connect(BufferPool& pool, const std::string& host) = 0;

  /// Reads again what is in use; on an error all of it stays in use. Errors: the same.
  virtual sdk::Status reload() = 0;
};

/// The one symbol of transport-ws-tls.so. Null when there is no memory.
inline constexpr const char* kMakeTls = "agentroom_ws_make_tls";
using MakeTls = Tls*(const TlsFiles& files, const sdk::Host& host);

}  // namespace agentroom::ws
