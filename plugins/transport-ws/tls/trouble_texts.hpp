// Why TLS failed, in words that tell what to do.
#pragma once

#include <openssl/x509.h>

#include <string>

#include "trouble.hpp"

namespace agentroom::ws {

/// The other end, as messages name it.
struct TlsPeer {
  std::string host;         ///< what the certificate must be for; empty where the other end is a client
  bool private_ca = false;  ///< `ca_file` names the only authorities
};

/// A chain that was not accepted. `code` is an X509_V_ERR_*, `depth` 0 for the peer's own certificate, `certificate`
/// the one that is wrong, or null.
Trouble certificate_trouble(const TlsPeer& peer, int code, int depth, const X509* certificate);

/// Any other failure; `error` is of OpenSSL's error queue, 0 where it had none.
Trouble handshake_trouble(const TlsPeer& peer, unsigned long error);

/// The peer's first byte belongs to no TLS record.
Trouble no_tls_trouble(const TlsPeer& peer);

/// "2026-03-01 12:00 UTC"
std::string date_text(const ASN1_TIME* time);

}  // namespace agentroom::ws
