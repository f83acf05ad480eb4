#include "openssl_tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <array>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include "openssl_session.hpp"
#include "pem_files.hpp"

namespace agentroom::ws {

namespace {

using sdk::fail;

/// Protocols as ALPN writes them: each behind its length.
constexpr std::array<unsigned char, 9> kHttp11{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

sdk::Error refused_by_openssl(const std::string& what) {
  const unsigned long error = ERR_peek_last_error();
  const char* words = error == 0 ? nullptr : ERR_reason_error_string(error);
  const std::string why = words == nullptr ? "no reason is known" : words;
  ERR_clear_error();
  return fail(AR_INVALID, what + ": " + why);
}

/// What both sides have in common: TLS 1.2 and later, no renegotiation, no resumption (its state costs memory, and each
/// process begins anew), buffers only while they are used.
ContextPtr make_context(const SSL_METHOD* method) {
  ERR_clear_error();
  ContextPtr context(SSL_CTX_new(method));
  if (!context) throw std::bad_alloc();
  // The system's own settings may ask for more.
  if (SSL_CTX_get_min_proto_version(context.get()) < TLS1_2_VERSION) {
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
  return context;
}

int select_http(SSL* /*ssl*/, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                unsigned int offered_size, void* /*unused*/) {
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, size, kHttp11.data(), kHttp11.size(), offered, offered_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

sdk::Status OpenSslTls::prepare_server() {
  if (server_) return {};
  auto made = make_server();
  if (!made) return made.error();
  server_ = std::move(*made);
  return {};
}

sdk::Status OpenSslTls::prepare_client() {
  if (client_) return {};
  auto made = make_client();
  if (!made) return made.error();
  client_ = std::move(*made);
  return {};
}

sdk::Result<ContextPtr> OpenSslTls::make_server() {
  auto certificate = read_server_certificate(files_.cert_file, files_.key_file);
  if (!certificate) return certificate.error();
  ContextPtr context = make_context(TLS_server_method());
  SSL_CTX_set_options(context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_alpn_select_cb(context.get(), select_http, nullptr);
  X509* own = certificate->chain.front().get();
  bool taken = SSL_CTX_use_certificate(context.get(), own) == 1;
  for (std::size_t i = 1; taken && i < certificate->chain.size(); ++i) {
    taken = SSL_CTX_add1_chain_cert(context.get(), certificate->chain[i].get()) == 1;
  }
  taken = taken && SSL_CTX_use_PrivateKey(context.get(), certificate->key.get()) == 1;
  if (!taken) return refused_by_openssl("[transport.ws]: the certificate " + files_.cert_file + " cannot be used");
  if (X509_cmp_current_time(X509_get0_notAfter(own)) < 0) {
    host_.log(sdk::LogLevel::kWarn,
              "the certificate " + files_.cert_file + " expired on " + date_text(X509_get0_notAfter(own)));
  } else if (X509_cmp_current_time(X509_get0_notBefore(own)) > 0) {
    host_.log(sdk::LogLevel::kWarn,
              "the certificate " + files_.cert_file + " is not valid before " + date_text(X509_get0_notBefore(own)));
  }
  return context;
}

sdk::Result<ContextPtr> OpenSslTls::make_client() const {
  ContextPtr context = make_context(TLS_client_method());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_alpn_protos(context.get(), kHttp11.data(), kHttp11.size());
  if (files_.ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(context.get()) != 1) {
      return refused_by_openssl("the authorities that this system trusts cannot be read");
    }
    return context;
  }
  const auto authorities = read_authorities(files_.ca_file);
  if (!authorities) return authorities.error();
  X509_STORE* store = SSL_CTX_get_cert_store(context.get());
  for (const CertificatePtr& authority : *authorities) {
    if (X509_STORE_add_cert(store, authority.get()) != 1) {
      return refused_by_openssl("ca_file of [transport.ws]: a certificate in " + files_.ca_file + " cannot be used");
    }
  }
  // Whoever names an authority trusts it, whether another one signed it or not.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  return context;
}

std::unique_ptr<TlsSession> OpenSslTls::accept(BufferPool& pool) {
  return OpenSslSession::accept(*server_, pool, scratch_);
}

std::unique_ptr<TlsSession> OpenSslTls::connect(BufferPool& pool, const std::string& host) {
  return OpenSslSession::connect(*client_, pool, scratch_, {host, !files_.ca_file.empty()});
}

sdk::Status OpenSslTls::reload() {
  ContextPtr server;
  ContextPtr client;
  if (server_) {
    auto made = make_server();
    if (!made) return made.error();
    server = std::move(*made);
  }
  if (client_) {
    auto made = make_client();
    if (!made) return made.error();
    client = std::move(*made);
  }
  // Sessions hold the context that they began with.
  server_ = std::move(server);
  client_ = std::move(client);
  return {};
}

}  // namespace agentroom::ws

extern "C" __attribute__((visibility("default"))) agentroom::ws::Tls* agentroom_ws_make_tls(
    const agentroom::ws::TlsFiles& files, const agentroom::sdk::Host& host) {
  return new (std::nothrow) agentroom::ws::OpenSslTls(files, host);
}
