// What connections cost that say nothing, and what it costs to make one.
#include <stdexcept>

#include "meter.hpp"
#include "modes.hpp"
#include "servers.hpp"
#include "wire/fleet.hpp"

namespace agentroom::bench {
namespace {

/// What the first connections bring with them is no cost of the others.
constexpr std::uint64_t kFirst = 16;

}  // namespace

void run_idle(const Options& options, Report& report) {
  const Server server(options, options.connections);
  report.add("rest_bytes", static_cast<double>(resident(server.pid())), "bytes");
  const auto fleet = make_fleet(options, server.port());
  fleet->hold(kFirst);
  const auto before = static_cast<double>(resident(server.pid()));
  fleet->hold(options.connections - kFirst);
  const Interval interval(server.pid());
  const auto until =
      Clock::now() + std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(options.seconds));
  while (Clock::now() < until)
    fleet->turn(std::min(Nanoseconds(std::chrono::seconds(1)), Nanoseconds(until - Clock::now())));
  const double percent = interval.server_cpu_us() / interval.seconds() / 1e4;
  const double bytes =
      (static_cast<double>(resident(server.pid())) - before) / static_cast<double>(options.connections - kFirst);
  report.add("idle_bytes", bytes, "bytes");
  report.add("idle_cpu_percent", percent, "%");
  if (options.most_bytes > 0 && bytes > static_cast<double>(options.most_bytes)) {
    throw std::runtime_error("a connection takes more than " + std::to_string(options.most_bytes) + " bytes");
  }
}

void run_connect(const Options& options, Report& report) {
  constexpr std::size_t kAtOnce = 500;
  const Server server(options, 2 * kAtOnce);
  const auto fleet = make_fleet(options, server.port());
  // Keys are made before, not meanwhile.
  fleet->hold(kAtOnce);
  fleet->release();
  const Interval interval(server.pid());
  double count = 0;
  while (interval.seconds() < options.seconds) {
    fleet->hold(kAtOnce);
    fleet->release();
    count += kAtOnce;
  }
  report.add("connect_per_s", count / interval.seconds(), "connections/s");
  report.add("connect_cpu_us", interval.server_cpu_us() / count, "us");
  report.add("connect_driver_cpu_us", interval.driver_cpu_us() / count, "us");
  if (interval.driver_was_the_limit()) report.warn_of_driver();
}

}  // namespace agentroom::bench
