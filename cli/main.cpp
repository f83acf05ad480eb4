// agentroom: the client and the relay in one program.
#include <csignal>
#include <exception>
#include <iostream>

#include "arguments.hpp"
#include "commands.hpp"
#include "output.hpp"

namespace {

using namespace agentroom;

int stop(const cli::Stop& why) {
  if (why.error) return cli::Output(why.json, why.quiet).error(*why.error);
  std::cout << why.help << std::flush;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    // A reader of stdout that goes away is noticed by the write.
    std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c)
    // So is a file that may not grow any further.
    std::signal(SIGXFSZ, SIG_IGN);  // NOLINT(cert-err33-c)
    const auto invocation = cli::parse_arguments({argv + 1, argv + argc});
    if (!invocation) return stop(invocation.error());
    const cli::GlobalOptions& globals = invocation->globals;
    cli::Output out(globals.json, globals.quiet);
    const int code =
        std::visit([&](const auto& command) { return cli::run(command, globals, out); }, invocation->command);
    return out.alive() || code != 0 ? code : 1;
  } catch (const std::exception& error) {
    std::cerr << "error: agentroom has a bug: " << error.what() << '\n';
    return 1;
  }
}
