// Behaves as cloudflared does: its arguments, its log, its signals. Its edge is a port on loopback, from which it
// carries connections to the relay. Installed nowhere.
//
// Variables, of the kind that tunnel-cloudflared hands on:
//   LC_STANDIN_MODE    words, separated by commas:
//     crashes       ends by itself once it carried a connection
//     silent        gets no tunnel, and waits
//     fails         gets no tunnel, and ends
//     unreachable   tells a URL that nobody answers
//     forgotten     is told by Cloudflare that its tunnel is unknown, once it carried a connection, and runs on
//     asked         logs the request of a stranger who asks for what the plugin looks for, once it carried a connection
//     stubborn      ignores SIGTERM and SIGINT
//     parent        has a child that ignores them
//   LC_STANDIN_PORT    of its edge; without it any
//   LC_STANDIN_RECORD  a folder: PID is written there, with the arguments and the variables that it should not need
// SIGUSR1 ends it like a crash.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool mode(const std::string& word) {
  return ("," + variable("LC_STANDIN_MODE") + ",").find("," + word + ",") != std::string::npos;
}

void log(const std::string& level, const std::string& text) {
  std::array<char, 32> now{};
  const std::time_t seconds = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::strftime(now.data(), now.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  const std::string line = std::string(now.data()) + " " + level + " " + text + "\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

struct Edge {
  int socket = -1;
  int port = 0;
};

Edge open_edge() {
  const std::string wanted = variable("LC_STANDIN_PORT");
  Edge edge{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int yes = 1;
  ::setsockopt(edge.socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address = loopback(wanted.empty() ? 0 : std::stoi(wanted));
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(edge.socket, any, size) != 0 || ::listen(edge.socket, 128) != 0 ||
      ::getsockname(edge.socket, any, &size) != 0) {
    log("ERR", "no edge");
    ::_exit(1);
  }
  edge.port = ntohs(address.sin_port);
  return edge;
}

void copy(int from, int to) {
  std::array<char, 65'536> block{};
  while (true) {
    const ssize_t got = ::read(from, block.data(), block.size());
    if (got <= 0) break;
    for (ssize_t at = 0; at < got;) {
      const ssize_t sent = ::send(to, block.data() + at, static_cast<std::size_t>(got - at), MSG_NOSIGNAL);
      if (sent <= 0) return;
      at += sent;
    }
  }
  ::shutdown(to, SHUT_WR);
}

void carry(int peer, int origin_port) {
  const int origin = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(origin_port);
  if (::connect(origin, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    std::thread up(copy, peer, origin);
    copy(origin, peer);
    ::shutdown(peer, SHUT_RD);
    up.join();
  }
  ::close(origin);
  ::close(peer);
  if (mode("crashes")) ::_exit(1);
  if (mode("asked")) {
    for (const char* wanted : {R"(Register tunnel error from server side error=\"Unauthorized: Tunnel not found\")",
                               "|  http://127.0.0.1:1  |"}) {
      log("ERR",
          "Request failed error=\"Incoming request ended abruptly\" connIndex=0 dest=\"https://a.example/x INF " +
              std::string(wanted) + "\" event=0 type=http");
    }
  }
  if (mode("forgotten")) {
    log("ERR",
        "Register tunnel error from server side error=\"Unauthorized: Tunnel not found\" connIndex=0 event=0 "
        "ip=198.41.200.53");
  }
}

void box(const std::vector<std::string>& lines) {
  std::size_t widest = 0;
  for (const std::string& line : lines) widest = std::max(widest, line.size());
  const std::string border = "+" + std::string(widest + 4, '-') + "+";
  log("INF", border);
  for (const std::string& line : lines) log("INF", "|  " + line + std::string(widest - line.size(), ' ') + "  |");
  log("INF", border);
}

/// With these alone a program cannot do any harm to its owner.
bool is_of_any_machine(std::string_view variable) {
  constexpr std::array<std::string_view, 14> kBeginnings{
      "PATH=",         "HOME=",       "TMPDIR=",     "LANG=",        "LC_",          "TZ=",       "SSL_CERT_FILE=",
      "SSL_CERT_DIR=", "HTTP_PROXY=", "http_proxy=", "HTTPS_PROXY=", "https_proxy=", "NO_PROXY=", "no_proxy="};
  return std::any_of(kBeginnings.begin(), kBeginnings.end(),
                     [&](std::string_view beginning) { return variable.starts_with(beginning); });
}

void record(int argc, char** argv, char** env) {
  const std::string folder = variable("LC_STANDIN_RECORD");
  if (folder.empty()) return;
  const std::string name = folder + "/" + std::to_string(::getpid());
  {
    std::ofstream out(name + ".new");
    for (int i = 1; i < argc; ++i) out << "argument " << argv[i] << '\n';
    for (char** each = env; *each != nullptr; ++each) {
      if (!is_of_any_machine(*each)) out << "variable " << *each << '\n';
    }
  }
  std::rename((name + ".new").c_str(), name.c_str());
}

[[noreturn]] void sleep_for_ever() {
  while (true) ::pause();
}

void begin_child() {
  if (::fork() != 0) return;
  std::signal(SIGTERM, SIG_IGN);
  std::signal(SIGINT, SIG_IGN);
  const std::string folder = variable("LC_STANDIN_RECORD");
  if (!folder.empty()) std::ofstream(folder + "/child") << ::getpid() << '\n';
  sleep_for_ever();
}

/// As the real one: it says so and goes.
void on_signal(int signal) {
  constexpr std::string_view kInterrupt = "INF Initiating graceful shutdown due to signal interrupt ...\n";
  constexpr std::string_view kTerminated = "INF Initiating graceful shutdown due to signal terminated ...\n";
  const std::string_view text = signal == SIGINT ? kInterrupt : kTerminated;
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
  ::_exit(0);
}

int port_of(const std::string& url) {
  return std::atoi(url.substr(url.rfind(':') + 1).c_str());
}

}  // namespace

int main(int argc, char** argv, char** env) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool named = std::find(arguments.begin(), arguments.end(), "run") != arguments.end();
  const auto url = std::find(arguments.begin(), arguments.end(), "--url");
  if (arguments.empty() || arguments.front() != "tunnel" || url == arguments.end() || url + 1 == arguments.end()) {
    std::fputs("usage: cloudflared tunnel [run] --url URL\n", stderr);
    return 1;
  }
  std::signal(SIGTERM, mode("stubborn") ? SIG_IGN : on_signal);
  std::signal(SIGINT, mode("stubborn") ? SIG_IGN : on_signal);
  std::signal(SIGUSR1, [](int) { ::_exit(1); });
  record(argc, argv, env);
  if (mode("parent")) begin_child();

  if (!named) {
    log("INF",
        "Thank you for trying Cloudflare Tunnel. Doing so, without a Cloudflare account, is a quick way to "
        "experiment and try it out. (https://www.cloudflare.com/website-terms/)");
    log("INF", "Requesting new quick Tunnel on trycloudflare.com...");
  }
  if (mode("silent")) sleep_for_ever();
  if (mode("fails")) {
    log("ERR",
        "failed to request quick Tunnel: Post \"https://api.trycloudflare.com/tunnel\": dial tcp: lookup "
        "api.trycloudflare.com: no such host");
    return 1;
  }
  const Edge edge = open_edge();
  if (!named) {
    const int told = mode("unreachable") ? 1 : edge.port;
    box({"Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):",
         "http://127.0.0.1:" + std::to_string(told)});
  } else {
    log("INF", "Starting tunnel tunnelID=6ff42ae2-765d-4adf-8112-31c55c1551ef");
  }
  log("ERR", "Configuration file /dev/null was empty");
  log("INF", "Version 2026.5.2 (Checksum 5286698547f03df745adb2355f04c12dde52ef425491e81f433642d695521886)");
  log("INF", "GOOS: linux, GOVersion: go1.24.13, GoArch: amd64");
  log("INF",
      "Settings: map[config:/dev/null ha-connections:1 no-autoupdate:true protocol:quic url:" + *(url + 1) + "]");
  log("INF", "Initial protocol quic");
  log("INF",
      "Registered tunnel connection connIndex=0 connection=bb527b3a-8a27-467b-9fca-84972898be5c event=0 "
      "ip=198.41.200.53 location=del04 protocol=quic");
  while (true) {
    const int peer = ::accept4(edge.socket, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer >= 0) std::thread(carry, peer, port_of(*(url + 1))).detach();
  }
}
