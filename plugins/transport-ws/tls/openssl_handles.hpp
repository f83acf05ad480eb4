// Owners of OpenSSL's objects.
#pragma once

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

namespace agentroom::ws {

struct Free {
  void operator()(BIO* it) const { BIO_free_all(it); }
  void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
  void operator()(GENERAL_NAMES* it) const { GENERAL_NAMES_free(it); }
  void operator()(SSL* it) const { SSL_free(it); }
  void operator()(SSL_CTX* it) const { SSL_CTX_free(it); }
  void operator()(X509* it) const { X509_free(it); }
};

using BioPtr = std::unique_ptr<BIO, Free>;
using ContextPtr = std::unique_ptr<SSL_CTX, Free>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Free>;
using SessionPtr = std::unique_ptr<SSL, Free>;
using CertificatePtr = std::unique_ptr<X509, Free>;

}  // namespace agentroom::ws
