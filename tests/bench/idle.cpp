// What an idle connection costs a relay: starts one, connects so many agents to it, and prints one JSON object.
//
//   agentroom-idle [--connections N] [--seconds S] [--most-bytes B]
//
// Exit code 1 when a connection takes more than B bytes of the relay's resident memory, or anything fails.
#include <unistd.h>

#include <boost/json.hpp>
#include <charconv>
#include <fstream>
#include <iostream>

#include "crypto/primitives.hpp"
#include "idle_agents.hpp"
#include "room.hpp"
#include "runtime/file_limit.hpp"

namespace agentroom::bench {
namespace {

struct Options {
  std::uint64_t connections = 10'000;
  std::uint64_t seconds = 30;
  std::uint64_t most_bytes = UINT64_MAX;
};

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    std::uint64_t* const number = name == "--connections"  ? &options.connections
                                  : name == "--seconds"    ? &options.seconds
                                  : name == "--most-bytes" ? &options.most_bytes
                                                           : nullptr;
    if (number == nullptr || i + 1 == argc) return false;
    const std::string_view text = argv[i + 1];
    if (std::from_chars(text.data(), text.data() + text.size(), *number).ptr != text.data() + text.size()) return false;
  }
  return true;
}

/// In bytes, of VmRSS.
std::uint64_t resident(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string word; status >> word;) {
    if (word != "VmRSS:") continue;
    std::uint64_t kib = 0;
    status >> kib;
    return kib * 1024;
  }
  return 0;
}

/// User and system time so far, in seconds.
double cpu_seconds(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  fields >> user >> system;
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

/// Everybody here has one address.
std::string limits_for(std::uint64_t connections) {
  const std::string number = std::to_string(connections + 100);
  return "[relay.limits]\nconnections = " + number + "\nnewcomer_percent = 100\nconnections_per_address = " + number +
         "\nhandshakes_per_minute = 1000000\nhandshake_burst = 1000000\n";
}

int fail(const std::string& why) {
  std::cerr << "agentroom-idle: " << why << "\n";
  return 1;
}

int run(const Options& options) {
  runtime::raise_file_limit();
  if (runtime::file_limit() < options.connections + 100) {
    return fail("may open " + std::to_string(runtime::file_limit()) + " files only; see `ulimit -n`");
  }
  const e2e::Home home;
  const std::string config = home.write("relay.toml", limits_for(options.connections)).string();
  const e2e::Relay relay(home, 0, {"--config", config});
  if (relay.port == 0) return fail(relay.child->errors());
  auto process = runtime::Process::open({.plugin_path = {PLUGIN_FOLDER}, .transport = "ws", .transport_config = {}});
  if (!process) return fail(process.error().message);

  bool held = false;
  std::uint64_t bytes = 0;
  {
    IdleAgents agents(**process, relay.url());
    // What the first connections bring with them is no cost of the others.
    if (!agents.connect(std::min<std::uint64_t>(options.connections / 10, 16))) return fail(agents.why());
    const std::size_t first = agents.authenticated();
    const std::uint64_t before = resident(relay.child->pid());
    if (!agents.connect(options.connections)) return fail(agents.why());
    const double cpu_before = cpu_seconds(relay.child->pid());
    held = agents.stay(std::chrono::seconds(options.seconds));
    const double cpu = cpu_seconds(relay.child->pid()) - cpu_before;
    if (!held) return fail(agents.why());
    const std::uint64_t after = resident(relay.child->pid());
    bytes = (after - std::min(before, after)) / (agents.authenticated() - first);
    const boost::json::object report{
        {"connections", agents.authenticated()},
        {"relay_rss_at_rest", before},
        {"relay_rss", after},
        {"bytes_a_connection", bytes},
        {"idle_seconds", options.seconds},
        {"pings_answered", agents.pings()},
        {"relay_cpu_percent", options.seconds == 0 ? 0 : 100 * cpu / static_cast<double>(options.seconds)}};
    std::cout << boost::json::serialize(report) << std::endl;
  }
  return bytes <= options.most_bytes
             ? 0
             : fail("a connection takes more than " + std::to_string(options.most_bytes) + " bytes");
}

}  // namespace
}  // namespace agentroom::bench

int main(int argc, char** argv) {
  agentroom::bench::Options options;
  if (!agentroom::bench::parse(argc, argv, options) || options.connections < 20) {
    std::cerr << "usage: agentroom-idle [--connections N] [--seconds S] [--most-bytes B]\n";
    return 2;
  }
  agentroom::crypto::init();
  return agentroom::bench::run(options);
}
