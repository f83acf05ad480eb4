#include "servers.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "loop.hpp"
#include "meter.hpp"
#include "runtime/file_limit.hpp"

namespace agentroom::bench {
namespace {

namespace fs = std::filesystem;

/// Of this process, beside its connections.
constexpr std::uint64_t kOtherFiles = 100;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// A socket that closes with it.
struct Socket {
  int number = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Socket() = default;
  ~Socket() { ::close(number); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  bool connect(std::uint16_t port) const {
    const sockaddr_in address = loopback(port);
    return ::connect(number, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
};

/// One that was free a moment ago: mosquitto does not tell which one it picked.
std::uint16_t free_port() {
  const Socket socket;
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(socket.number, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket.number, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no free port");
  }
  return ntohs(address.sin_port);
}

/// By the relay's event `listening`; 0 before it.
std::uint16_t port_told_in(const std::string& output) {
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line) && !lines.eof();) {
    boost::system::error_code error;
    const auto event = boost::json::parse(line, error);
    if (error || !event.is_object()) continue;
    const auto* type = event.as_object().if_contains("type");
    if (type != nullptr && *type == "listening") return event.at("port").to_number<std::uint16_t>();
  }
  return 0;
}

std::string relay_configuration(std::uint64_t connections) {
  const std::string many = std::to_string(connections + 100);
  return "[relay]\n"
         "shared_addresses = [\"127.0.0.1\"]\n"
         "[relay.limits]\n"
         "connections = " +
         many +
         "\n"
         "unauthenticated = " +
         many +
         "\n"
         "frames_per_second = 1000000\n"
         "frame_burst = 1000000\n"
         "mailbox_messages = 1000000\n"
         "mailbox_bytes = \"2GiB\"\n"
         "queued_bytes = \"64GiB\"\n"
         "newcomer_percent = 100\n"
         "[log]\n"
         "level = \"warn\"\n";
}

/// Everything is allowed and nothing is bounded; Nagle's algorithm is off as it is with the others. A plain listener
/// has to stand beside the WebSocket one. It stays the user that it was started as: the folder is that user's alone.
std::string mosquitto_configuration(std::uint16_t port) {
  return "user root\n"
         "allow_anonymous true\n"
         "set_tcp_nodelay true\n"
         "max_inflight_messages 0\n"
         "max_queued_messages 0\n"
         "log_type error\n"
         "log_dest stderr\n"
         "listener " +
         std::to_string(free_port()) +
         " 127.0.0.1\n"
         "listener " +
         std::to_string(port) +
         " 127.0.0.1\n"
         "protocol websockets\n";
}

std::string find_program(const std::string& name) {
  // Where Debian puts servers is not on everybody's PATH.
  for (const char* folder : {"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/"}) {
    if (::access((folder + name).c_str(), X_OK) == 0) return folder + name;
  }
  throw std::runtime_error(name + " is not installed; scripts/install-packages scripts/packages-bench.txt does it");
}

}  // namespace

Server::Server(const Options& options, std::uint64_t connections)
    : folder_(options.folder),
      port_(options.server == ServerKind::kRelay ? 0 : free_port()),
      command_{.words = prepare(options, connections),
               .environment = {"HOME=" + folder_.path().string(), "HMAC_SECRET=agentroom-bench-has-no-secrets-to-keep"},
               .output = folder_.path() / "output"} {
  if (runtime::file_limit() < connections + kOtherFiles) {
    throw std::runtime_error("may open " + std::to_string(runtime::file_limit()) + " files only; see `ulimit -n`");
  }
  process_.emplace(command_);
  wait_until_it_listens();
}

Start Server::restart() {
  process_.reset();
  fs::remove(command_.output);  // it tells the port that was
  port_ = 0;
  const auto begin = Clock::now();
  process_.emplace(command_);
  wait_until_it_listens();
  return {.time = Clock::now() - begin, .cpu = cpu_time(pid()), .resident = resident(pid())};
}

std::vector<std::string> Server::prepare(const Options& options, std::uint64_t connections) const {
  const fs::path& folder = folder_.path();
  const fs::path configuration = folder / "configuration";
  switch (options.server) {
    case ServerKind::kMosquitto:
      std::ofstream(configuration) << mosquitto_configuration(port_);
      return {find_program("mosquitto"), "-c", configuration};
    case ServerKind::kJetStream:
      return {find_program("nats-server"), "-js", "-sd", folder, "-a", "127.0.0.1", "-p", std::to_string(port_)};
    case ServerKind::kRelay:
      break;
  }
  std::ofstream(configuration) << relay_configuration(connections);
  return {options.agentroom, "--home", folder / "home", "--config", configuration, "--json", "relay", "--port", "0"};
}

void Server::wait_until_it_listens() {
  const auto until = Clock::now() + std::chrono::minutes(1);
  const fs::path& output = command_.output;
  while (true) {
    if (port_ == 0) port_ = port_told_in(text_of(output));
    if (port_ != 0 && Socket().connect(port_)) return;
    if (process_->has_ended() || Clock::now() > until) {
      throw std::runtime_error("the server does not listen; it said:\n" + text_of(output));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

double Server::metric(const std::string& name) const {
  const Socket socket;
  constexpr std::string_view kRequest = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  if (!socket.connect(port_) || ::send(socket.number, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) < 0) {
    throw std::runtime_error("the relay does not answer /metrics");
  }
  std::string page;
  char part[4096];
  for (ssize_t got = 0; (got = ::recv(socket.number, part, sizeof part, 0)) > 0;) {
    page.append(part, static_cast<std::size_t>(got));
  }
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name)) continue;
    const char next = line.size() > name.size() ? line[name.size()] : '\0';
    if (next == ' ' || next == '{') return std::stod(line.substr(line.rfind(' ') + 1));
  }
  throw std::runtime_error("the relay has no metric " + name);
}

}  // namespace agentroom::bench
