// Certificates and keys from PEM files.
#pragma once

#include <string>
#include <vector>

#include "agentroom/sdk/result.hpp"
#include "openssl_handles.hpp"

namespace agentroom::ws {

/// A server's certificate, the ones between it and its authority, and its key.
struct ServerCertificate {
  std::vector<CertificatePtr> chain;  ///< its own first; not empty
  KeyPtr key;
};

/// Errors, each naming the file: AR_INVALID (missing, no PEM, an encrypted key, one that does not belong to the
/// certificate), AR_PERMISSION (unreadable; a key that others can read), AR_IO.
sdk::Result<ServerCertificate> read_server_certificate(const std::string& cert_file, const std::string& key_file);

/// The certificates of authorities. Errors: the same.
sdk::Result<std::vector<CertificatePtr>> read_authorities(const std::string& ca_file);

}  // namespace agentroom::ws
