// Messages between connected pairs: `Send`, `Delivery`, `Receipt`, `Ack DELIVERED`, and what stands for them elsewhere.
#include <iostream>

#include "floors.hpp"
#include "meter.hpp"
#include "modes.hpp"
#include "servers.hpp"
#include "traffic.hpp"

namespace agentroom::bench {

void run_route(const Options& options, Report& report) {
  const Server server(options, 2 * options.pairs);
  const auto fleet = make_fleet(options, server.port());
  fleet->open(options.pairs);
  Traffic traffic(*fleet, options.pairs, Traffic::Goal::kAcceptedAndReceived);
  const bool is_open = options.rate > 0;
  const auto rate = static_cast<double>(options.rate);
  if (is_open) {
    traffic.run_at(rate, options.warm_up);
  } else {
    traffic.begin(options.window);
    traffic.run(options.warm_up);
  }
  traffic.start_counting();
  std::optional<SystemCalls> calls;
  if (options.system_calls) calls.emplace(server.pid());
  const Interval interval(server.pid());
  if (is_open) {
    traffic.run_at(rate, options.seconds);
  } else {
    traffic.run(options.seconds);
  }
  const double count = traffic.count();
  const std::string name = is_open ? "open_" : "route_";
  report.add(name + "per_s", count / interval.seconds(), "messages/s");
  report.add(name + "cpu_us", interval.server_cpu_us() / count, "us");
  report.add(name + "driver_cpu_us", interval.driver_cpu_us() / count, "us");
  if (calls) report.add(name + "system_calls", calls->count() / count, "calls");
  if (interval.driver_was_the_limit()) report.warn_of_driver();
  traffic.settle();
  report.add(is_open ? "open_p50_us" : "route_p50_us", traffic.to_arrival().percentile(50), "us");
  report.add(is_open ? "open_p99_us" : "route_p99_us", traffic.to_arrival().percentile(99), "us");
  report.add(is_open ? "open_ack_p50_us" : "ack_p50_us", traffic.to_ack().percentile(50), "us");
  const bool is_lone = options.pairs == 1 && options.window == 1 && !is_open;
  if (is_lone && options.server == ServerKind::kRelay) {
    report.add("ack_floor_p50_us", measure_receipts(options.payload).percentile(50), "us");
  }
  if (traffic.kept() > 0) {
    std::cerr << "agentroom-bench: " << traffic.kept()
              << " messages were queued on their way: more than a recipient's window\n";
  }
}

}  // namespace agentroom::bench
