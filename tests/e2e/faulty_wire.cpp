#include "faulty_wire.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <deque>
#include <list>
#include <optional>
#include <system_error>
#include <vector>

namespace agentroom::e2e {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kHeldMost = 1 << 20;  ///< of a direction, before its writer is read no more

sockaddr_in loopback(unsigned port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

struct Chunk {
  Clock::time_point due;
  std::string data;
};

/// One direction of a connection.
struct Flow {
  int from = -1;
  int to = -1;
  std::deque<Chunk> held{};
  std::size_t held_bytes = 0;
  bool swallowed = false;
  bool ended = false;  ///< its writer wrote its last
};

struct Connection {
  std::array<Flow, 2> flows;  ///< of the client, of the server
  bool stalled = false;
  std::optional<std::uint64_t> bytes_left{};
};

}  // namespace

/// All that the thread alone touches.
class FaultyWire::Carrier {
 public:
  explicit Carrier(FaultyWire& wire) : wire_(wire) {}
  ~Carrier() {
    for (Connection& connection : connections_) hang_up(connection, false);
  }

  void run() {
    while (!wire_.stopping_) {
      take_plan();
      wait();
      if ((polled_[1].revents & POLLIN) != 0) {
        eventfd_t ignored = 0;
        ::eventfd_read(wire_.wake_, &ignored);
      }
      if ((polled_[0].revents & POLLIN) != 0) accept();
      std::erase_if(connections_, [this](Connection& connection) { return !carry(connection); });
    }
  }

 private:
  void take_plan() {
    const std::scoped_lock lock(wire_.mutex_);
    plan_ = wire_.plan_;
    Plan& orders = wire_.plan_;
    for (Connection& connection : connections_) {
      connection.stalled = connection.stalled || orders.stall_now;
      connection.flows[0].swallowed = connection.flows[0].swallowed || orders.swallow_client_now;
      connection.flows[1].swallowed = connection.flows[1].swallowed || orders.swallow_server_now;
      if (orders.cut_now) cut(connection, true);
    }
    if (orders.cut_now) connections_.clear();
    orders.cut_now = orders.stall_now = orders.swallow_client_now = orders.swallow_server_now = false;
  }

  void wait() {
    const auto now = Clock::now();
    int timeout = -1;
    polled_ = {{wire_.listener_, POLLIN, 0}, {wire_.wake_, POLLIN, 0}};
    for (const Connection& connection : connections_) {
      if (connection.stalled) continue;
      for (const Flow& flow : connection.flows) {
        if (!flow.ended && flow.held_bytes < kHeldMost) polled_.push_back({flow.from, POLLIN, 0});
        if (flow.held.empty()) continue;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(flow.held.front().due - now).count();
        if (left <= 0) polled_.push_back({flow.to, POLLOUT, 0});
        if (left > 0 && (timeout < 0 || left < timeout)) timeout = static_cast<int>(left);
      }
    }
    ::poll(polled_.data(), polled_.size(), timeout);
  }

  void accept() {
    const int client = ::accept4(wire_.listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) return;
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(wire_.target_);
    if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(client);
      ::close(server);
      return;
    }
    ++wire_.connections_;
    Connection connection{{{{.from = client, .to = server}, {.from = server, .to = client}}}};
    if (plan_.cut_most > 0) connection.bytes_left = draw_length();
    if (plan_.next_alone) {
      const std::scoped_lock lock(wire_.mutex_);
      wire_.plan_.cut_most = 0;
      wire_.plan_.next_alone = false;
      plan_ = wire_.plan_;
    }
    connections_.push_back(std::move(connection));
  }

  std::uint64_t draw_length() {
    const double low = std::log2(static_cast<double>(plan_.cut_least));
    const double high = std::log2(static_cast<double>(plan_.cut_most));
    return static_cast<std::uint64_t>(std::lround(std::exp2(std::uniform_real_distribution(low, high)(wire_.random_))));
  }

  /// False when the connection is no more.
  bool carry(Connection& connection) {
    if (connection.stalled) return true;
    for (Flow& flow : connection.flows) {
      if (!read(connection, flow) || !write(flow)) {
        hang_up(connection, true);
        return false;
      }
      if (connection.bytes_left == 0U) {
        // What came before the cut arrives, so that it falls where it was drawn and not before.
        for (Flow& each : connection.flows) write(each);
        cut(connection, wire_.random_() % 2 == 0);
        return false;
      }
    }
    const bool over = connection.flows[0].ended && connection.flows[1].ended;
    if (over) hang_up(connection, false);
    return !over;
  }

  bool read(Connection& connection, Flow& flow) {
    if (flow.ended || flow.held_bytes >= kHeldMost || connection.bytes_left == 0U) return true;
    std::array<char, 65536> block{};
    const std::size_t most = std::min<std::uint64_t>(block.size(), connection.bytes_left.value_or(block.size()));
    const ssize_t size = ::recv(flow.from, block.data(), most, MSG_DONTWAIT);
    if (size < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    if (size == 0) {
      flow.ended = true;
      return true;
    }
    const auto count = static_cast<std::size_t>(size);
    wire_.bytes_ += count;
    if (connection.bytes_left) *connection.bytes_left -= count;
    if (flow.swallowed) return true;
    flow.held.push_back({Clock::now() + plan_.delay, std::string(block.data(), count)});
    flow.held_bytes += count;
    return true;
  }

  static bool write(Flow& flow) {
    while (!flow.held.empty() && flow.held.front().due <= Clock::now()) {
      std::string& data = flow.held.front().data;
      const ssize_t sent = ::send(flow.to, data.data(), data.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
      flow.held_bytes -= static_cast<std::size_t>(sent);
      data.erase(0, static_cast<std::size_t>(sent));
      if (data.empty()) flow.held.pop_front();
    }
    if (flow.ended && flow.held.empty()) ::shutdown(flow.to, SHUT_WR);
    return true;
  }

  void cut(Connection& connection, bool reset) {
    ++wire_.cuts_;
    hang_up(connection, reset);
  }

  static void hang_up(Connection& connection, bool reset) {
    for (const Flow& flow : connection.flows) {
      const linger at_once{1, 0};
      if (reset) ::setsockopt(flow.from, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      ::close(flow.from);
    }
  }

  FaultyWire& wire_;
  Plan plan_;
  std::list<Connection> connections_;
  std::vector<pollfd> polled_;
};

FaultyWire::FaultyWire(unsigned target_port, std::uint64_t seed) : target_(target_port), random_(seed) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, 128) != 0 || ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "faulty wire");
  }
  port_ = ntohs(address.sin_port);
  wake_ = ::eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { Carrier(*this).run(); });
}

FaultyWire::~FaultyWire() {
  stopping_ = true;
  ::eventfd_write(wake_, 1);
  thread_.join();
  ::close(listener_);
  ::close(wake_);
}

void FaultyWire::change(const std::function<void(Plan&)>& change) {
  {
    const std::scoped_lock lock(mutex_);
    change(plan_);
  }
  ::eventfd_write(wake_, 1);
}

void FaultyWire::cut() {
  change([](Plan& plan) { plan.cut_now = true; });
}

void FaultyWire::cut_after(std::uint64_t least, std::uint64_t most) {
  change([&](Plan& plan) { plan.cut_least = least, plan.cut_most = most, plan.next_alone = false; });
}

void FaultyWire::cut_next_after(std::uint64_t bytes) {
  change([&](Plan& plan) { plan.cut_least = plan.cut_most = bytes, plan.next_alone = true; });
}

void FaultyWire::heal() {
  change([](Plan& plan) { plan.cut_most = 0; });
}

void FaultyWire::stall() {
  change([](Plan& plan) { plan.stall_now = true; });
}

void FaultyWire::swallow(bool of_the_client) {
  change([&](Plan& plan) { (of_the_client ? plan.swallow_client_now : plan.swallow_server_now) = true; });
}

void FaultyWire::delay(std::chrono::milliseconds time) {
  change([&](Plan& plan) { plan.delay = time; });
}

}  // namespace agentroom::e2e
