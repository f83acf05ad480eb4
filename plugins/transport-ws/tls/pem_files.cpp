#include "pem_files.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <utility>

#include "file_text.hpp"

namespace agentroom::ws {

namespace {

using sdk::fail;

BioPtr open(const FileText& text) {
  return BioPtr(BIO_new_mem_buf(text.view().data(), static_cast<int>(text.view().size())));
}

int no_passphrase(char* /*into*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return 0;
}

sdk::Result<std::vector<CertificatePtr>> read_certificates(const std::string& setting, const std::string& file) {
  const auto text = read_file(setting, file, false);
  if (!text) return text.error();
  const BioPtr in = open(*text);
  std::vector<CertificatePtr> all;
  ERR_clear_error();
  while (X509* next = PEM_read_bio_X509_AUX(in.get(), nullptr, nullptr, nullptr)) all.emplace_back(next);
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) {
    return fail(AR_INVALID, setting + " of [transport.ws]: certificate " + std::to_string(all.size() + 1) + " in " +
                                file + " is damaged");
  }
  if (all.empty()) {
    return fail(AR_INVALID, setting + " of [transport.ws]: " + file + " holds no certificate",
                "expected PEM text with -----BEGIN CERTIFICATE-----");
  }
  return all;
}

sdk::Result<KeyPtr> read_key(const std::string& file) {
  const auto text = read_file("key_file", file, true);
  if (!text) return text.error();
  const BioPtr in = open(*text);
  bool encrypted = false;
  ERR_clear_error();
  KeyPtr key(PEM_read_bio_PrivateKey(in.get(), nullptr, no_passphrase, &encrypted));
  ERR_clear_error();
  if (encrypted) {
    return fail(AR_INVALID, "key_file of [transport.ws]: the key " + file + " is encrypted with a passphrase",
                "store it without one, for example: openssl pkey -in " + file + " -out key.pem");
  }
  if (!key) {
    return fail(AR_INVALID, "key_file of [transport.ws]: " + file + " holds no private key",
                "expected PEM text with -----BEGIN PRIVATE KEY-----");
  }
  return key;
}

}  // namespace

sdk::Result<ServerCertificate> read_server_certificate(const std::string& cert_file, const std::string& key_file) {
  auto chain = read_certificates("cert_file", cert_file);
  if (!chain) return chain.error();
  auto key = read_key(key_file);
  if (!key) return key.error();
  const bool match = X509_check_private_key(chain->front().get(), key->get()) == 1;
  ERR_clear_error();
  if (!match) {
    return fail(AR_INVALID, "[transport.ws]: the key " + key_file + " does not belong to the certificate " + cert_file,
                "in cert_file the server's own certificate comes first, then the ones between it and its authority");
  }
  return ServerCertificate{std::move(*chain), std::move(*key)};
}

sdk::Result<std::vector<CertificatePtr>> read_authorities(const std::string& ca_file) {
  return read_certificates("ca_file", ca_file);
}

}  // namespace agentroom::ws
