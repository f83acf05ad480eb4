// agentroom-bench: what the relay, and a message server beside it, costs and does. See options.cpp for its modes.
#include <csignal>
#include <cstdio>
#include <exception>
#include <map>

#include "loop.hpp"
#include "modes.hpp"
#include "runtime/file_limit.hpp"

namespace {

using namespace agentroom::bench;

const std::map<std::string, void (*)(const Options&, Report&)> kModes{
    {"route", run_route},     {"queue", run_queue},   {"drain", run_drain}, {"idle", run_idle},  {"start", run_start},
    {"connect", run_connect}, {"crypto", run_crypto}, {"cli", run_cli},     {"agent", run_agent}};

}  // namespace

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto options = parse_options(argc, argv, exit_code);
  if (!options) return exit_code;
  agentroom::runtime::raise_file_limit();
  // So that servers are ended and their folders removed.
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { Loop::stop(); });
  try {
    Report report(*options);
    for (std::size_t run = 0; run < options->runs; ++run) kModes.at(options->mode)(*options, report);
    report.print();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "agentroom-bench: %s\n", error.what());
    return 1;
  }
}
