#include "runtime/control_server.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <set>
#include <thread>

#include "agentroom/time.hpp"
#include "runtime/control_folder.hpp"

namespace agentroom::runtime {
namespace {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using boost::system::error_code;

constexpr Duration kRequestTime = std::chrono::seconds(10);
constexpr Duration kLastWordsTime = std::chrono::seconds(1);
constexpr std::size_t kUnsentBytes = 4'194'304;
constexpr std::size_t kConnections = 128;

/// A program that a plugin starts must not keep a dead owner's socket open.
void close_on_exec(int fd) {
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/// Outlives every session, and every exchange that was handed out.
struct Core {
  asio::io_context io{1};
};

class Session;

/// What the engine thread has of a session. It may stay longer than the session.
class Exchange final : public ControlExchange {
 public:
  Exchange(std::shared_ptr<Core> core, std::weak_ptr<Session> session)
      : core_(std::move(core)), session_(std::move(session)) {}

  void reply(const ControlReply& reply) override;
  bool gone() const override { return gone_; }

  void set_gone() { gone_ = true; }
  void set_begun() { begun_ = true; }
  bool begun() const { return begun_; }
  void sent(std::size_t bytes) { unsent_ -= bytes; }

 private:
  std::shared_ptr<Core> core_;
  std::weak_ptr<Session> session_;
  std::atomic<bool> gone_ = false;
  std::atomic<bool> begun_ = false;  ///< the engine thread has the request
  std::atomic<std::size_t> unsent_ = 0;
};

/// One connection. Thread: the control socket's.
class Session final : public std::enable_shared_from_this<Session> {
 public:
  struct Events {
    std::function<void(ControlRequest, std::shared_ptr<Exchange>)> on_request;
    std::function<void(std::shared_ptr<ControlExchange>)> on_gone;
    std::function<void(Session*)> on_closed;
  };

  Session(std::shared_ptr<Core> core, stream_protocol::socket socket, Events events)
      : core_(std::move(core)), socket_(std::move(socket)), deadline_(core_->io), events_(std::move(events)) {}

  void start() {
    exchange_ = std::make_shared<Exchange>(core_, weak_from_this());
    deadline_.expires_after(kRequestTime);
    deadline_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->close();
    });
    asio::async_read_until(socket_, asio::dynamic_buffer(received_, kControlRequestBytes), '\n',
                           [self = shared_from_this()](error_code error, std::size_t size) {
                             if (error) return self->close();
                             self->deadline_.cancel();
                             self->take(size);
                           });
  }

  /// Thread: the control socket's, as all of it.
  void write(std::string line, bool last) {
    if (closed_ || closing_) return;
    closing_ = last;
    unsent_.push_back(std::move(line));
    if (unsent_.size() == 1) write_next();
  }

  /// Nothing new is taken; what is queued goes out. Not while the engine thread runs.
  void finish() {
    if (closed_ || closing_) return;
    const bool read = asked_ || !request_.name.empty();
    if (read && !exchange_->begun()) {
      request_ = {};
      asked_ = false;
      return write(to_line(not_begun()), true);
    }
    closing_ = true;
    if (unsent_.empty()) close();
  }

  void close() {
    if (std::exchange(closed_, true)) return;
    deadline_.cancel();
    error_code ignored;
    socket_.close(ignored);
    exchange_->set_gone();
    if (asked_) events_.on_gone(exchange_);
    events_.on_closed(this);
  }

 private:
  void take(std::size_t size) {
    auto request = parse_control_request(std::string_view(received_).substr(0, size - 1));
    received_.clear();
    received_.shrink_to_fit();
    if (!request) {
      return write(to_line({.kind = ControlReply::Kind::kError, .members = {}, .error = request.error()}), true);
    }
    request_ = std::move(*request);
    write(to_line(ControlReply{}), false);
    watch();
  }

  /// Sees the other side go.
  void watch() {
    socket_.async_wait(stream_protocol::socket::wait_read, [self = shared_from_this()](error_code /*error*/) {
      self->close();  // nothing may follow a request: what is readable now is its end
    });
  }

  void write_next() {
    asio::async_write(socket_, asio::buffer(unsent_.front()),
                      [self = shared_from_this()](error_code error, std::size_t /*size*/) { self->on_written(error); });
  }

  void on_written(error_code error) {
    if (error || closed_) return close();
    const std::size_t size = unsent_.front().size();
    unsent_.pop_front();
    if (!asked_ && !request_.name.empty()) {  // that was `working`
      asked_ = true;
      events_.on_request(std::exchange(request_, {}), exchange_);
    } else if (asked_) {
      exchange_->sent(size);
    }
    if (!unsent_.empty()) return write_next();
    if (closing_) {
      asked_ = false;  // answered: its end is no news to anyone
      close();
    }
  }

  std::shared_ptr<Core> core_;
  stream_protocol::socket socket_;
  asio::steady_timer deadline_;
  Events events_;
  std::shared_ptr<Exchange> exchange_;
  std::string received_;
  ControlRequest request_;
  std::deque<std::string> unsent_;
  bool asked_ = false;
  bool closing_ = false;
  bool closed_ = false;
};

void Exchange::reply(const ControlReply& reply) {
  if (gone_) return;
  std::string line = to_line(reply);
  const bool last = reply.kind == ControlReply::Kind::kAnswer || reply.kind == ControlReply::Kind::kError;
  const std::size_t before = unsent_.fetch_add(line.size());
  const bool too_slow = before > 0 && before + line.size() > kUnsentBytes;
  if (too_slow) gone_ = true;
  asio::post(core_->io, [session = session_, line = std::move(line), last, too_slow]() mutable {
    const auto open = session.lock();
    if (!open) return;
    if (too_slow) return open->close();
    open->write(std::move(line), last);
  });
}

}  // namespace

class ControlServer::Listener {
 public:
  Listener(ControlFolder folder, Executor& loop, Handlers handlers)
      : folder_(std::move(folder)), loop_(loop), handlers_(std::make_shared<Handlers>(std::move(handlers))) {}

  ~Listener() {
    if (!thread_.joinable()) return;
    folder_.remove_socket();
    asio::post(core_->io, [this] { stop(); });
    thread_.join();
  }

  Result<void> open(const std::filesystem::path& home) {
    folder_.remove_socket();
    error_code error;
    const stream_protocol::endpoint endpoint(folder_.socket_name());
    acceptor_.open(endpoint.protocol(), error);
    if (!error) close_on_exec(acceptor_.native_handle());
    if (!error) acceptor_.bind(endpoint, error);
    // Before it listens nobody can connect, so that nobody does while its mode is wider.
    if (!error && ::chmod(folder_.socket_name().c_str(), 0600) != 0)
      error.assign(errno, boost::system::system_category());
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      const bool denied = error == boost::system::errc::permission_denied;
      return fail(denied ? ErrorCode::kPermission : ErrorCode::kIo,
                  "cannot listen on " + (home / "control.sock").string() + ": " + error.message(),
                  "the home must be writable for this user and lie on a filesystem that holds sockets");
    }
    accept();
    thread_ = std::thread([this] { core_->io.run(); });
    return {};
  }

 private:
  void accept() {
    accepting_ = true;
    acceptor_.async_accept([this](error_code error, stream_protocol::socket socket) {
      accepting_ = false;
      if (stopping_) return;
      if (!error) serve(std::move(socket));
      if (error && error != asio::error::connection_aborted) return retry();
      if (sessions_.size() < kConnections) accept();
    });
  }

  /// Out of descriptors, say: it may pass.
  void retry() {
    retry_.expires_after(std::chrono::milliseconds(100));
    retry_.async_wait([this](error_code error) {
      if (!error && !stopping_) accept();
    });
  }

  void serve(stream_protocol::socket socket) {
    close_on_exec(socket.native_handle());
    if (!socket_peer(socket.native_handle()).same_user) return;
    auto session = std::make_shared<Session>(
        core_, std::move(socket),
        Session::Events{.on_request =
                            [this](ControlRequest request, std::shared_ptr<Exchange> exchange) {
                              loop_.post([handlers = std::weak_ptr(handlers_), request = std::move(request),
                                          exchange = std::move(exchange)]() mutable {
                                const auto alive = handlers.lock();
                                if (!alive) return;
                                exchange->set_begun();
                                alive->on_request(std::move(request), std::move(exchange));
                              });
                            },
                        .on_gone =
                            [this](std::shared_ptr<ControlExchange> exchange) {
                              loop_.post([handlers = std::weak_ptr(handlers_), exchange = std::move(exchange)] {
                                if (const auto alive = handlers.lock()) alive->on_gone(exchange);
                              });
                            },
                        .on_closed = [this](Session* closed) { forget(closed); }});
    sessions_.insert(session.get());
    session->start();
  }

  void forget(Session* session) {
    sessions_.erase(session);
    if (stopping_ && sessions_.empty()) retry_.cancel();
    if (!stopping_ && !accepting_ && sessions_.size() < kConnections) accept();
  }

  void stop() {
    stopping_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    retry_.expires_after(kLastWordsTime);
    retry_.async_wait([this](error_code /*error*/) {
      for (Session* session : std::set<Session*>(sessions_)) session->close();
    });
    for (Session* session : std::set<Session*>(sessions_)) session->finish();
    if (sessions_.empty()) retry_.cancel();
  }

  ControlFolder folder_;
  Executor& loop_;
  std::shared_ptr<Handlers> handlers_;
  std::shared_ptr<Core> core_ = std::make_shared<Core>();
  stream_protocol::acceptor acceptor_{core_->io};
  asio::steady_timer retry_{core_->io};
  std::set<Session*> sessions_;
  bool accepting_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

ControlServer::ControlServer(std::unique_ptr<Listener> listener) : listener_(std::move(listener)) {}
ControlServer::~ControlServer() = default;

Result<std::unique_ptr<ControlServer>> ControlServer::open(const std::filesystem::path& home, Executor& loop,
                                                           Handlers handlers) {
  auto folder = ControlFolder::open(home);
  if (!folder) return pass(folder);
  auto listener = std::make_unique<Listener>(std::move(*folder), loop, std::move(handlers));
  if (auto opened = listener->open(home); !opened) return pass(opened);
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(listener)));
}

}  // namespace agentroom::runtime
