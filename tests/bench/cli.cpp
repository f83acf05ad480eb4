// Whole processes of the program: `version`, and `send` with and without another one that owns the home.
#include <algorithm>
#include <boost/json.hpp>
#include <stdexcept>
#include <thread>

#include "modes.hpp"
#include "servers.hpp"

namespace agentroom::bench {
namespace {

namespace fs = std::filesystem;

constexpr int kProcesses = 30;

/// One who has a home beside the relay's.
class Person {
 public:
  Person(const Options& options, const Server& server, const std::string& name)
      : agentroom_(options.agentroom),
        folder_(server.folder()),
        home_(folder_ / name),
        url_("ws://127.0.0.1:" + std::to_string(server.port()) + "/ws") {}

  const fs::path& home() const { return home_; }

  Command command(std::vector<std::string> words) const {
    Command made{{agentroom_, "--home", home_, "--server", url_, "--json"},
                 {"HOME=" + folder_.string()},
                 folder_ / (home_.filename().string() + "." + words.front())};
    made.words.insert(made.words.end(), words.begin(), words.end());
    return made;
  }

  /// A member of what a command answers.
  std::string ask(const std::vector<std::string>& words, const char* member) const {
    return std::string(boost::json::parse(run_to_end(command(words)).output).at(member).as_string());
  }

 private:
  const std::string agentroom_;
  const fs::path folder_;
  const fs::path home_;
  const std::string url_;
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// Reports the medians of time, CPU and memory as NAME_ms, NAME_cpu_ms and NAME_rss.
void measure(const std::string& name, const Command& command, Report& report) {
  std::vector<double> ms;
  std::vector<double> cpu_ms;
  std::vector<double> resident;
  for (int i = 0; i < kProcesses; ++i) {
    const Used used = run_to_end(command);
    ms.push_back(std::chrono::duration<double, std::milli>(used.time).count());
    cpu_ms.push_back(std::chrono::duration<double, std::milli>(used.cpu).count());
    resident.push_back(static_cast<double>(used.most_resident));
  }
  report.add(name + "_ms", median(ms), "ms");
  report.add(name + "_cpu_ms", median(cpu_ms), "ms");
  report.add(name + "_rss", median(resident), "bytes");
}

void wait_for_file(const fs::path& file) {
  const auto until = Clock::now() + std::chrono::seconds(10);
  while (!fs::exists(file)) {
    if (Clock::now() > until) throw std::runtime_error("no " + file.filename().string() + " appears");
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace

void run_cli(const Options& options, Report& report) {
  const Server server(options, 100);
  const Person alice(options, server, "alice");
  const Person bob(options, server, "bob");
  measure("cli_version", alice.command({"version"}), report);

  const std::string invite = bob.ask({"invite", "create"}, "url");
  const ChildProcess bob_listens(bob.command({"listen"}));
  const std::string peer = alice.ask({"invite", "accept", invite}, "peer_pk");
  const Command send = alice.command({"send", peer, "--", std::string(options.payload, 'x')});
  measure("cli_send_alone", send, report);

  const ChildProcess alice_listens(alice.command({"listen"}));
  wait_for_file(alice.home() / "control.sock");
  run_to_end(send);  // by now it is connected
  measure("cli_send_owner", send, report);
}

}  // namespace agentroom::bench
