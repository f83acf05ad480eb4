#include "openssl_session.hpp"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

namespace agentroom::ws {

namespace {

/// Plain bytes that are encrypted before the system is asked to take them.
constexpr std::size_t kBatch = std::size_t{64} * 1024;
/// Bytes for the peer above which it reads nothing, yet makes this side answer; a batch in records fits.
constexpr std::size_t kMaxWaiting = std::size_t{256} * 1024;

/// The types of TLS records (RFC 8446, section 5.1) with which a peer can begin: alert, handshake.
constexpr std::byte kAlert{21};
constexpr std::byte kHandshake{22};

bool is_numeric(const std::string& host) {
  std::array<unsigned char, 16> address{};
  return ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

}  // namespace

/// OpenSSL's side of a session: it reads what `decrypt` was given and writes to the output.
struct SessionBio {
  static OpenSslSession& session_of(BIO* bio) { return *static_cast<OpenSslSession*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, std::size_t size, std::size_t* got) {
    BIO_clear_retry_flags(bio);
    std::span<const std::byte>& input = session_of(bio).input_;
    *got = std::min(size, input.size());
    if (*got == 0) {
      BIO_set_retry_read(bio);
      return 0;
    }
    std::memcpy(into, input.data(), *got);
    input = input.subspan(*got);
    return 1;
  }

  static int write(BIO* bio, const char* from, std::size_t size, std::size_t* taken) {
    BIO_clear_retry_flags(bio);
    *taken = size;
    try {
      session_of(bio).output().append(from, size);
      return 1;
    } catch (const std::bad_alloc&) {
      return 0;
    }
  }

  static long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }

  /// Null when there is no memory. Lives as long as the process.
  static const BIO_METHOD* method() {
    static const BIO_METHOD* const made = [] {
      BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "agentroom connection");
      if (method != nullptr) {
        BIO_meth_set_read_ex(method, read);
        BIO_meth_set_write_ex(method, write);
        BIO_meth_set_ctrl(method, control);
        BIO_meth_set_create(method, create);
      }
      return method;
    }();
    return made;
  }
};

std::unique_ptr<TlsSession> OpenSslSession::accept(SSL_CTX& context, BufferPool& pool, TlsScratch& scratch) {
  return std::unique_ptr<TlsSession>(new OpenSslSession(context, pool, scratch, {}, true));
}

std::unique_ptr<TlsSession> OpenSslSession::connect(SSL_CTX& context, BufferPool& pool, TlsScratch& scratch,
                                                    TlsPeer peer) {
  std::unique_ptr<OpenSslSession> session(new OpenSslSession(context, pool, scratch, std::move(peer), false));
  session->name_host();
  session->shake();
  return session;
}

OpenSslSession::OpenSslSession(SSL_CTX& context, BufferPool& pool, TlsScratch& scratch, TlsPeer peer, bool accepts)
    : TlsSession(pool, scratch), peer_(std::move(peer)), ssl_(SSL_new(&context)) {
  BIO* bio = ssl_ && SessionBio::method() != nullptr ? BIO_new(SessionBio::method()) : nullptr;
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, this);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_app_data(ssl_.get(), this);
  accepts ? SSL_set_accept_state(ssl_.get()) : SSL_set_connect_state(ssl_.get());
}

/// The peer's certificate must be for this host (RFC 9525: by its subject alternative names alone).
void OpenSslSession::name_host() {
  std::string name = peer_.host;
  if (name.ends_with('.')) name.pop_back();
  X509_VERIFY_PARAM* rules = SSL_get0_param(ssl_.get());
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  bool named = false;
  if (name.empty() || name.starts_with('.')) {
    named = false;  // to OpenSSL these are no name to check, and every name below
  } else if (is_numeric(name)) {
    named = X509_VERIFY_PARAM_set1_ip_asc(rules, name.c_str()) == 1;
  } else {
    named = X509_VERIFY_PARAM_set1_host(rules, name.c_str(), name.size()) == 1 &&
            SSL_set_tlsext_host_name(ssl_.get(), name.c_str()) == 1;
  }
  if (!named) fail({"TLS cannot ask for the host " + peer_.host});
  SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER, on_certificate);
}

/// Called by OpenSSL for each certificate of the peer's chain; what it does not accept ends the handshake.
int OpenSslSession::on_certificate(int accepted, X509_STORE_CTX* store) {
  if (accepted == 1) return 1;
  const auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& self = *static_cast<OpenSslSession*>(SSL_get_app_data(ssl));
  try {
    if (!self.certificate_trouble_) {
      self.certificate_trouble_ =
          certificate_trouble(self.peer_, X509_STORE_CTX_get_error(store), X509_STORE_CTX_get_error_depth(store),
                              X509_STORE_CTX_get_current_cert(store));
    }
  } catch (const std::bad_alloc&) {
    return 0;
  }
  return 0;
}

std::size_t OpenSslSession::decrypt(std::span<const std::byte> input, std::span<std::byte> into) {
  if (state() == State::kEnded || state() == State::kFailed || input.empty()) return 0;
  if (!std::exchange(heard_, true) && !judge_first_byte(input.front())) return 0;
  input_ = input;
  if (state() == State::kShaking) shake();
  std::size_t total = 0;
  while (state() == State::kOpen && total < into.size()) {
    std::size_t size = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), into.data() + total, into.size() - total, &size);
    if (result == 1) {
      total += size;
    } else if (const int why = SSL_get_error(ssl_.get(), result); why == SSL_ERROR_ZERO_RETURN) {
      advance(State::kEnded);
    } else if (why == SSL_ERROR_WANT_READ) {
      break;
    } else {
      fail_by_openssl();
    }
  }
  input_ = {};
  if (output().size() > kMaxWaiting) fail({"the peer reads too slowly"});
  return total;
}

void OpenSslSession::end_input() {
  if (state() == State::kShaking) {
    fail({(peer_.host.empty() ? "the client" : peer_.host) + " closed the connection during the TLS handshake",
          "is it the URL of a relay that speaks TLS?"});
  } else if (state() == State::kOpen) {
    advance(State::kEnded);
  }
}

std::size_t OpenSslSession::encrypt(std::span<const std::byte> plain) {
  if (state() != State::kOpen && state() != State::kEnded) return 0;
  if (finished_ || plain.empty()) return 0;
  std::size_t taken = 0;
  ERR_clear_error();
  const int result = SSL_write_ex(ssl_.get(), plain.data(), std::min(plain.size(), kBatch), &taken);
  if (result == 1) return taken;
  if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) fail_by_openssl();
  return 0;
}

void OpenSslSession::finish() {
  if (finished_ || (state() != State::kOpen && state() != State::kEnded)) return;
  finished_ = true;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

void OpenSslSession::shake() {
  if (state() != State::kShaking) return;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    advance(State::kOpen);
  } else if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) {
    fail_by_openssl();
  }
}

/// A peer that speaks no TLS is recognised before OpenSSL takes its text for a record of an odd version.
bool OpenSslSession::judge_first_byte(std::byte first) {
  if (first == kHandshake || first == kAlert) return true;
  if (peer_.host.empty() && first >= std::byte{'A'} && first <= std::byte{'Z'}) note_plain_http();
  fail(no_tls_trouble(peer_));
  return false;
}

void OpenSslSession::fail_by_openssl() {
  if (certificate_trouble_) {
    fail(std::move(*certificate_trouble_));
  } else {
    fail(handshake_trouble(peer_, ERR_peek_error()));
  }
  ERR_clear_error();
}

}  // namespace agentroom::ws
