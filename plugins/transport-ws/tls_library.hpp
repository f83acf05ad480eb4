// Loads private/transport-ws-tls.so from beside this library.
#pragma once

#include <memory>

#include "tls.hpp"

namespace agentroom::ws {

/// TLS of one transport, from the first time that it is needed. Thread: engine.
class TlsLibrary {
 public:
  TlsLibrary(const TlsFiles& files, sdk::Host host) : files_(files), host_(host) {}

  /// Listeners speak TLS alone.
  bool serves() const { return !files_.cert_file.empty(); }

  /// Errors: AR_UNSUPPORTED when the library is not there or does not load.
  sdk::Result<Tls*> get();
  /// The same once it was needed, else null.
  Tls* loaded() const { return tls_.get(); }

 private:
  const TlsFiles files_;
  sdk::Host host_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace agentroom::ws
