#include "release_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace agentroom::conformance {
namespace {

struct FreeSsl {
  void operator()(SSL* it) const { SSL_free(it); }
};

/// Every wait also ends with the server.
class Connection final : public ReleaseAnswer {
 public:
  Connection(SSL_CTX* context, int socket, int stop) : ssl_(SSL_new(context)), socket_(socket), stop_(stop) {
    SSL_set_fd(ssl_.get(), socket_);
    SSL_set_accept_state(ssl_.get());
  }

  bool read_head(std::string& into) {
    std::array<char, 4'096> block{};
    while (into.find("\r\n\r\n") == std::string::npos && into.size() < 65'536) {
      const int got = again([&] { return SSL_read(ssl_.get(), block.data(), static_cast<int>(block.size())); });
      if (got <= 0) return false;
      into.append(block.data(), static_cast<std::size_t>(got));
    }
    return true;
  }

  bool send(std::string_view bytes) override {
    while (!bytes.empty()) {
      const std::size_t part = std::min(bytes.size(), std::size_t{1} << 16U);
      const int sent = again([&] { return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(part)); });
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  void wait() override {
    char one = 0;
    while (again([&] { return SSL_read(ssl_.get(), &one, 1); }) > 0) {
    }
  }

  void goodbye() { SSL_shutdown(ssl_.get()); }

 private:
  template <class Step>
  int again(Step step) {
    while (true) {
      ERR_clear_error();
      const int result = step();
      if (result > 0) return result;
      const int why = SSL_get_error(ssl_.get(), result);
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return -1;
      std::array<pollfd, 2> polled{
          {{socket_, static_cast<short>(why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT), 0}, {stop_, POLLIN, 0}}};
      ::poll(polled.data(), polled.size(), -1);
      if (polled[1].revents != 0) return -1;
    }
  }

  std::unique_ptr<SSL, FreeSsl> ssl_;
  const int socket_;
  const int stop_;
};

ReleaseRequest parsed(const std::string& head) {
  ReleaseRequest request;
  const std::size_t path = head.find(' ') + 1;
  request.path = head.substr(path, head.find(' ', path) - path);
  const std::size_t range = head.find("Range: bytes=");
  request.has_range = range != std::string::npos;
  if (request.has_range) request.from = std::strtoull(head.c_str() + range + 13, nullptr, 10);
  return request;
}

}  // namespace

struct ReleaseServer::Context {
  SSL_CTX* ssl = SSL_CTX_new(TLS_server_method());
  ~Context() { SSL_CTX_free(ssl); }
};

ReleaseServer::ReleaseServer(const test::Issued& certificate, Handler handler)
    : handler_(std::move(handler)), context_(std::make_unique<Context>()) {
  std::signal(SIGPIPE, SIG_IGN);
  BIO* in = BIO_new_mem_buf(certificate.certificate.data(), static_cast<int>(certificate.certificate.size()));
  X509* x509 = PEM_read_bio_X509(in, nullptr, nullptr, nullptr);
  BIO_free(in);
  in = BIO_new_mem_buf(certificate.key.data(), static_cast<int>(certificate.key.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
  BIO_free(in);
  SSL_CTX_use_certificate(context_->ssl, x509);
  SSL_CTX_use_PrivateKey(context_->ssl, key);
  X509_free(x509);
  EVP_PKEY_free(key);

  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  stop_ = ::eventfd(0, EFD_CLOEXEC);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, any, size) != 0 || ::listen(listener_, 64) != 0 || ::getsockname(listener_, any, &size) != 0) {
    throw std::runtime_error("no release server");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { accept_all(); });
}

ReleaseServer::~ReleaseServer() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_, &one, sizeof one);
  thread_.join();
  for (std::thread& each : connections_) each.join();
  ::close(listener_);
  ::close(stop_);
}

std::vector<ReleaseRequest> ReleaseServer::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

void ReleaseServer::accept_all() {
  while (true) {
    std::array<pollfd, 2> polled{{{listener_, POLLIN, 0}, {stop_, POLLIN, 0}}};
    ::poll(polled.data(), polled.size(), -1);
    if (polled[1].revents != 0) return;
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket >= 0) connections_.emplace_back([this, socket] { serve(socket); });
  }
}

void ReleaseServer::serve(int socket) {
  {
    Connection connection(context_->ssl, socket, stop_);
    std::string text;
    if (connection.read_head(text)) {
      const ReleaseRequest request = parsed(text);
      {
        const std::scoped_lock lock(mutex_);
        requests_.push_back(request);
      }
      handler_(request, connection);
      connection.goodbye();
    }
  }
  ::close(socket);
}

std::string head(int status, const std::string& more) {
  return "HTTP/1.1 " + std::to_string(status) + " Whatever\r\nConnection: close\r\n" + more + "\r\n";
}

}  // namespace agentroom::conformance
