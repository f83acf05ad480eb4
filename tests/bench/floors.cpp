#include "floors.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

#include "child_process.hpp"
#include "loop.hpp"

namespace agentroom::bench {
namespace {

/// What frame and box take.
constexpr std::size_t kAround = 80;
constexpr std::size_t kReceipt = 81;
constexpr std::size_t kAck = 43;
constexpr int kMessages = 5'000;

/// Counts what comes, and sends bytes.
class Side final : public Connection {
 public:
  explicit Side(std::function<void()> came) : came_(std::move(came)) {}
  void send(Loop& loop, std::size_t bytes) {
    due_ += bytes;
    loop.mark(*this);
  }

 private:
  std::size_t take(MutableByteView input) override {
    came_();
    return input.size();
  }
  void pack(Bytes& unsent) override { unsent.resize(unsent.size() + std::exchange(due_, 0)); }

  std::function<void()> came_;
  std::size_t due_ = 0;
};

/// Passes on what the first connection brings to the second, and answers the first for what the second brings.
int pass_on(int listener, std::size_t message) {
  const int sender = ::accept(listener, nullptr, nullptr);
  const int recipient = ::accept(listener, nullptr, nullptr);
  const int ready = ::epoll_create1(0);
  for (const int each : {sender, recipient}) {
    const int one = 1;
    ::setsockopt(each, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = each;
    if (::epoll_ctl(ready, EPOLL_CTL_ADD, each, &event) != 0) return 1;
  }
  const Bytes bytes(message);
  std::array<std::byte, 65'536> buffer{};
  for (std::array<epoll_event, 2> events{};;) {
    const int count = ::epoll_wait(ready, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int from = events[static_cast<std::size_t>(i)].data.fd;
      if (::recv(from, buffer.data(), buffer.size(), 0) <= 0) return 0;
      const bool is_message = from == sender;
      if (::send(is_message ? recipient : sender, bytes.data(), is_message ? message : kAck, MSG_NOSIGNAL) < 0)
        return 0;
    }
  }
}

}  // namespace

Latency measure_fdatasync(const std::filesystem::path& folder) {
  constexpr int kWrites = 300;
  const std::string page(4096, 'x');
  const int file = ::open((folder / "fdatasync").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  Latency latency;
  for (int i = 0; i < kWrites; ++i) {
    const auto begin = Clock::now();
    if (::write(file, page.data(), page.size()) < 0 || ::fdatasync(file) != 0) {
      throw std::runtime_error("cannot write in " + folder.string());
    }
    latency.add(Clock::now() - begin);
  }
  ::close(file);
  return latency;
}

Latency measure_receipts(std::size_t message) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  if (listener < 0 || ::bind(listener, plain, size) != 0 || ::listen(listener, 2) != 0 ||
      ::getsockname(listener, plain, &size) != 0) {
    throw std::runtime_error("cannot listen on loopback");
  }
  const ChildProcess other([&] { return pass_on(listener, message + kAround); });
  ::close(listener);

  Loop loop;
  Latency latency;
  bool acknowledged = false;
  Side sender([&] { acknowledged = true; });
  Side recipient([&] { recipient.send(loop, kReceipt); });
  loop.connect(sender, ntohs(address.sin_port));
  loop.connect(recipient, ntohs(address.sin_port));
  for (int i = 0; i < kMessages; ++i) {
    const auto begin = Clock::now();
    acknowledged = false;
    sender.send(loop, message + kAround);
    while (!acknowledged) loop.turn(std::chrono::seconds(1));
    latency.add(Clock::now() - begin);
  }
  return latency;
}

}  // namespace agentroom::bench
