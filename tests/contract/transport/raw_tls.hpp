// A TLS peer over a raw socket, which does with OpenSSL what a test tells it to.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "certificates/authority.hpp"
#include "raw_socket.hpp"

namespace agentroom::conformance {

/// Never blocks: `turn` moves what there is between the socket and the session.
class RawTls {
 public:
  using Prepare = std::function<void(SSL_CTX*)>;

  /// The side that connected; verifies nothing unless `prepare` says so.
  static RawTls client(RawSocket socket, const Prepare& prepare = {}) {
    RawTls peer(std::move(socket), TLS_client_method(), prepare);
    SSL_set_connect_state(peer.ssl_.get());
    return peer;
  }

  /// The side that was connected to.
  static RawTls server(RawSocket socket, const test::Issued& issued, const Prepare& prepare = {}) {
    RawTls peer(std::move(socket), TLS_server_method(), [&](SSL_CTX* context) {
      if (prepare) prepare(context);
      use(context, issued);
    });
    SSL_set_accept_state(peer.ssl_.get());
    return peer;
  }

  SSL* ssl() { return ssl_.get(); }
  RawSocket& socket() { return socket_; }

  /// True once the handshake is over.
  bool shake() {
    turn();
    SSL_do_handshake(ssl_.get());
    ERR_clear_error();
    turn();
    return SSL_is_init_finished(ssl_.get()) == 1;
  }

  /// After the handshake.
  void send(std::string_view plain) {
    SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
    turn();
  }

  /// All plain bytes that came so far.
  const std::string& receive() {
    turn();
    char block[16'384];
    int size = 0;
    while ((size = SSL_read(ssl_.get(), block, sizeof block)) > 0) plain_.append(block, static_cast<std::size_t>(size));
    said_goodbye_ = said_goodbye_ || SSL_get_error(ssl_.get(), size) == SSL_ERROR_ZERO_RETURN;
    ERR_clear_error();
    turn();
    return plain_;
  }
  /// The other side sent close_notify.
  bool said_goodbye() {
    receive();
    return said_goodbye_;
  }

  /// Moves bytes both ways.
  void turn() {
    const std::string& came = socket_.receive();
    if (!came.empty()) {
      BIO_write(SSL_get_rbio(ssl_.get()), came.data(), static_cast<int>(came.size()));
      socket_.forget(came.size());
    }
    turn_out();
  }
  /// Only those of this side; the other one's stay in the socket.
  void turn_out() {
    char* waiting = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl_.get()), &waiting);
    if (size > 0) {
      unsent_.append(waiting, static_cast<std::size_t>(size));
      BIO_reset(SSL_get_wbio(ssl_.get()));
    }
    unsent_.erase(0, socket_.send(unsent_));
  }
  bool all_sent() const { return unsent_.empty(); }

 private:
  struct Free {
    void operator()(SSL_CTX* it) const { SSL_CTX_free(it); }
    void operator()(SSL* it) const { SSL_free(it); }
  };

  RawTls(RawSocket socket, const SSL_METHOD* method, const Prepare& prepare)
      : socket_(std::move(socket)), context_(SSL_CTX_new(method)) {
    if (prepare) prepare(context_.get());
    ssl_.reset(SSL_new(context_.get()));
    if (!ssl_) throw std::runtime_error("no session");
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    BIO_set_mem_eof_return(SSL_get_rbio(ssl_.get()), -1);
  }

  static void use(SSL_CTX* context, const test::Issued& issued) {
    BIO* in = BIO_new_mem_buf(issued.certificate.data(), static_cast<int>(issued.certificate.size()));
    X509* certificate = PEM_read_bio_X509(in, nullptr, nullptr, nullptr);
    BIO_free(in);
    in = BIO_new_mem_buf(issued.key.data(), static_cast<int>(issued.key.size()));
    EVP_PKEY* key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
    BIO_free(in);
    const bool used = SSL_CTX_use_certificate(context, certificate) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1;
    X509_free(certificate);
    EVP_PKEY_free(key);
    if (!used) throw std::runtime_error("the certificate is of no use");
  }

  RawSocket socket_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  std::string unsent_;
  std::string plain_;
  bool said_goodbye_ = false;
};

}  // namespace agentroom::conformance
