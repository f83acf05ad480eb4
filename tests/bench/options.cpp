#include "options.hpp"

#include <CLI/CLI.hpp>

namespace agentroom::bench {
namespace {

constexpr const char* kAbout =
    "Measures a relay, or a message server beside it, with a driver that prints what it used itself.\n"
    "\n"
    "  route    messages between connected pairs, acknowledged end to end; with --rate an open loop\n"
    "  queue    messages to recipients that are away, each acknowledged once the server keeps it\n"
    "  drain    recipients come back to what was queued\n"
    "  start    a relay that has kept messages is started again\n"
    "  idle     memory of connections that say nothing\n"
    "  connect  connections made, authenticated and ended\n"
    "  crypto   a step of the ratchet beside the primitives that it is made of\n"
    "  agent    whole agents with their stores, one pair\n"
    "  cli      whole processes of the program\n"
    "\n"
    "With another --server, which route, queue, drain, idle and connect know, that one has to be installed; see "
    "tests/bench/compare.sh.\n"
    "Example: agentroom-bench route --pairs 100 --window 64 --seconds 5 --json\n";

/// This program's own folder has `agentroom` too, installed or not.
std::filesystem::path beside(const char* name) {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / name;
}

}  // namespace

std::optional<Options> parse_options(int argc, char** argv, int& exit_code) {
  Options options;
  options.agentroom = beside("agentroom");
  options.folder = "/var/tmp";  // on a disk, where /tmp may be memory
  std::string server = "relay";
  CLI::App app(kAbout, "agentroom-bench");
  app.add_option("MODE", options.mode)
      ->required()
      ->check(CLI::IsMember({"route", "queue", "drain", "start", "idle", "connect", "crypto", "agent", "cli"}));
  app.add_option("--server", server, "what to measure")
      ->check(CLI::IsMember({"relay", "mosquitto", "nats"}))
      ->capture_default_str();
  app.add_option("--pairs", options.pairs, "sender and recipient each")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--window", options.window, "unacknowledged messages of a pair")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--payload", options.payload, "bytes of a message")
      ->check(CLI::Range(16, 131'072))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "of a run")->check(CLI::Range(0.0, 3600.0))->capture_default_str();
  app.add_option("--warm-up", options.warm_up, "seconds before it")
      ->check(CLI::Range(0.0, 60.0))
      ->capture_default_str();
  app.add_option("--messages", options.messages, "of drain and start")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app.add_option("--rate", options.rate, "messages a second, whatever becomes of them")
      ->check(CLI::Range(1, 10'000'000));
  app.add_option("--connections", options.connections, "of idle")
      ->check(CLI::Range(20, 1'000'000))
      ->capture_default_str();
  app.add_option("--most-bytes", options.most_bytes, "idle fails when a connection takes more");
  app.add_option("--runs", options.runs, "each with a server of its own; their medians are told")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--agentroom", options.agentroom, "the program to measure")->capture_default_str();
  app.add_option("--folder", options.folder, "where the servers keep their files")->capture_default_str();
  app.add_flag("--system-calls", options.system_calls,
               "of route and queue: count those of the server too, which root may");
  app.add_flag("--json", options.json, "one JSON object a result");
  try {
    app.parse(argc, argv);
    if (server == "mosquitto") options.server = ServerKind::kMosquitto;
    if (server == "nats") options.server = ServerKind::kJetStream;
    const bool is_ours =
        options.mode == "start" || options.mode == "crypto" || options.mode == "agent" || options.mode == "cli";
    if (is_ours && server != "relay") throw CLI::ValidationError("--server", "mode " + options.mode + " has no other");
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error) == 0 ? 0 : 2;
    return std::nullopt;
  }
  return options;
}

}  // namespace agentroom::bench
