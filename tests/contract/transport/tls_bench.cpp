// transport_tls_bench --plugin=/path/transport-ws.so [--idle=1000] [--channels=100] [--window=64] [--messages=400000]
//
// What TLS costs a listener, in a process of its own: resident bytes of an idle channel, and CPU time of a message of
// 256 B that it sends back. ws:// and wss:// take turns, three times; one JSON object a result, medians at the end.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "certificates/authority.hpp"
#include "temporary_folder.hpp"
#include "transport_under_test.hpp"

namespace agentroom::conformance {
namespace {

/// What the listener's process has used so far.
struct Usage {
  std::uint64_t resident = 0;  // bytes
  std::uint64_t cpu_us = 0;
};

Usage usage_of_this_process() {
  Usage usage;
  std::ifstream statm("/proc/self/statm");
  std::uint64_t pages = 0;
  statm >> pages >> usage.resident;
  usage.resident *= static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  rusage spent{};
  ::getrusage(RUSAGE_SELF, &spent);
  for (const timeval& part : {spent.ru_utime, spent.ru_stime}) {
    usage.cpu_us += static_cast<std::uint64_t>(part.tv_sec) * 1'000'000U + static_cast<std::uint64_t>(part.tv_usec);
  }
  return usage;
}

/// Sends every message back; answers each byte on `control` with its usage, until the other side is gone.
void be_listener(int control) {
  PluginUnderTest plugin(SuiteArguments::instance().plugin());
  TransportUnderTest listener(plugin);
  listener.keep_messages = false;
  listener.message_hook = [&](ar_channel channel, ar_mut_bytes message) {
    listener.send(channel, std::string_view(reinterpret_cast<const char*>(message.data), message.size));
  };
  const std::string url = listener.listen();
  bool told = ::write(control, url.data(), url.size()) > 0;
  while (told) {
    listener.turn(std::chrono::milliseconds(5));
    char byte = 0;
    const ssize_t got = ::recv(control, &byte, 1, MSG_DONTWAIT);
    if (got == 0) break;
    if (got < 0) continue;
    const Usage usage = usage_of_this_process();
    told = ::write(control, &usage, sizeof usage) == sizeof usage;
  }
}

class Listener {
 public:
  explicit Listener(const std::string& config) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends.data()) != 0) throw std::runtime_error("no pair");
    ::fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    // A process of its own from the start: memory that this one has freed would hide what a channel takes.
    const std::string plugin = "--plugin=" + SuiteArguments::instance().plugin();
    const std::string table = "--config=" + config;
    const std::string control = "--listener=" + std::to_string(ends[1]);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::execl("/proc/self/exe", "transport_tls_bench", plugin.c_str(), table.c_str(), control.c_str(), nullptr);
      std::_Exit(127);
    }
    ::close(ends[1]);
    control_ = ends[0];
    std::array<char, 256> text{};
    const ssize_t size = ::read(control_, text.data(), text.size());
    if (size <= 0) throw std::runtime_error("the listener did not start");
    url_.assign(text.data(), static_cast<std::size_t>(size));
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() {
    ::close(control_);
    ::waitpid(pid_, nullptr, 0);
  }

  const std::string& url() const { return url_; }
  Usage usage() const {
    Usage usage;
    if (::write(control_, "?", 1) != 1 || ::read(control_, &usage, sizeof usage) != sizeof usage) {
      throw std::runtime_error("the listener is gone");
    }
    return usage;
  }

 private:
  pid_t pid_ = -1;
  int control_ = -1;
  std::string url_;
};

std::size_t number(const char* name, std::size_t otherwise) {
  const std::string given = SuiteArguments::instance().value(name);
  return given.empty() ? otherwise : std::stoul(given);
}

void open_channels(TransportUnderTest& client, const std::string& url, std::size_t count) {
  std::vector<ar_channel> opening;
  const auto opened = [&] {
    return std::ranges::all_of(opening, [&](ar_channel id) { return client.channel(id).opened; });
  };
  for (std::size_t done = 0; done < count; done += opening.size()) {
    opening.clear();
    for (std::size_t i = done; i < std::min(done + 50, count); ++i) opening.push_back(client.connect(url));
    if (!drive({&client}, opened)) throw std::runtime_error("a channel did not open");
  }
}

struct Costs {
  double idle_bytes = 0;
  double message_us = 0;
};

Costs measure(PluginUnderTest& plugin, const std::string& server_config, const std::string& client_config) {
  const std::size_t idle = number("idle", 1'000);
  const std::size_t channels = number("channels", 100);
  const std::size_t window = number("window", 64);
  const std::size_t messages = number("messages", 400'000);
  Costs costs;
  const Listener listener(server_config);
  {
    TransportUnderTest client(plugin, client_config);
    open_channels(client, listener.url(), 1);  // what a first channel needs once
    const Usage before = listener.usage();
    open_channels(client, listener.url(), idle);
    const Usage after = listener.usage();
    costs.idle_bytes = static_cast<double>(after.resident - before.resident) / static_cast<double>(idle);
  }
  TransportUnderTest client(plugin, client_config);
  client.keep_messages = false;
  open_channels(client, listener.url(), channels);
  const std::string message(256, 'm');
  std::size_t received = 0;
  std::size_t left = messages;
  const auto send = [&](ar_channel channel) {
    if (left == 0) return;
    --left;
    client.send(channel, message);
  };
  client.message_hook = [&](ar_channel channel, ar_mut_bytes) {
    ++received;
    send(channel);
  };
  const Usage before = listener.usage();
  for (const auto& [channel, record] : client.channels()) {
    for (std::size_t i = 0; i < window; ++i) send(channel);
  }
  if (!drive({&client}, [&] { return received == messages; }, std::chrono::minutes(5))) {
    throw std::runtime_error("messages are missing");
  }
  costs.message_us = static_cast<double>(listener.usage().cpu_us - before.cpu_us) / static_cast<double>(messages);
  return costs;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void print(const char* scheme, const char* run, const Costs& costs) {
  std::printf(R"({"scheme":"%s","run":"%s","idle_bytes":%.0f,"message_cpu_us":%.3f})"
              "\n",
              scheme, run, costs.idle_bytes, costs.message_us);
  std::fflush(stdout);
}

void raise_limits() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

void run() {
  const TemporaryFolder folder;
  const test::Authority authority;
  authority.issue().write(folder.path());
  test::write_text(folder.path() / "ca.pem", authority.certificate());
  const std::string with_tls =
      "cert_file = '" + folder.file("relay.pem") + "'\nkey_file = '" + folder.file("relay.key") + "'\n";
  const std::string trusting = "ca_file = '" + folder.file("ca.pem") + "'\n";

  PluginUnderTest plugin(SuiteArguments::instance().plugin());
  std::map<std::string, std::vector<Costs>> all;
  for (int i = 1; i <= 3; ++i) {
    for (const char* scheme : {"ws", "wss"}) {
      const bool tls = std::string_view(scheme) == "wss";
      const Costs costs = measure(plugin, tls ? with_tls : "", tls ? trusting : "");
      print(scheme, std::to_string(i).c_str(), costs);
      all[scheme].push_back(costs);
    }
  }
  for (const auto& [scheme, runs] : all) {
    std::vector<double> idle;
    std::vector<double> message;
    for (const Costs& costs : runs) {
      idle.push_back(costs.idle_bytes);
      message.push_back(costs.message_us);
    }
    print(scheme.c_str(), "median", {median(idle), median(message)});
  }
}

}  // namespace
}  // namespace agentroom::conformance

int main(int argc, char** argv) {
  try {
    auto& arguments = agentroom::conformance::SuiteArguments::instance();
    arguments.parse(argc, argv);
    agentroom::conformance::raise_limits();
    if (arguments.has("listener")) {
      agentroom::conformance::be_listener(std::stoi(arguments.value("listener")));
    } else {
      agentroom::conformance::run();
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
