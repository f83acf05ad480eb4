// Messages to recipients that are away, and what happens when these come back.
#include <algorithm>
#include <stdexcept>

#include "floors.hpp"
#include "meter.hpp"
#include "modes.hpp"
#include "servers.hpp"
#include "traffic.hpp"

namespace agentroom::bench {
namespace {

constexpr std::uint64_t kFirstMessages = 5'000;
constexpr std::uint64_t kManyMessages = 20'000;

/// How many rows and messages a transaction took, of a relay.
struct Commits {
  double messages = 0;
  double batches = 0;
  double rows = 0;
  double transactions = 0;

  static Commits of(const Server& server) {
    return {server.metric("agentroom_relay_commit_messages_sum"),
            server.metric("agentroom_relay_commit_messages_count"), server.metric("agentroom_plugin_store_sqlite_rows"),
            server.metric("agentroom_plugin_store_sqlite_transactions")};
  }
};

/// The last to come, and when.
class Arrivals final : public FleetEvents {
 public:
  void on_accepted(std::size_t /*pair*/, std::uint64_t /*id*/, bool /*kept*/) override {}
  void on_received(std::size_t /*pair*/, std::uint64_t /*id*/) override {
    last = Clock::now();
    if (count++ == 0) first = last;
  }

  std::uint64_t count = 0;
  Clock::time_point first;
  Clock::time_point last;
};

}  // namespace

void run_queue(const Options& options, Report& report) {
  const Server server(options, 2 * options.pairs);
  const auto fleet = make_fleet(options, server.port());
  fleet->open(options.pairs);
  fleet->away();
  const bool is_relay = options.server == ServerKind::kRelay;
  // The others acknowledge before they sync.
  if (is_relay) report.add("fdatasync_p50_us", measure_fdatasync(server.folder()).percentile(50), "us");
  std::optional<SystemCalls> syncs;
  if (is_relay && options.system_calls) syncs.emplace(server.pid(), SystemCalls::kSyncs);
  const Commits before = is_relay ? Commits::of(server) : Commits{};
  Traffic traffic(*fleet, options.pairs, Traffic::Goal::kAccepted);
  traffic.begin(options.window);
  // What the first messages bring with them is no cost of the others.
  const Interval warming(server.pid());
  while (traffic.arrived() < kFirstMessages && warming.seconds() < options.warm_up) traffic.turn();
  const std::uint64_t memory = resident(server.pid());
  const std::uint64_t first = traffic.arrived();
  traffic.run(std::max(0.0, options.warm_up - warming.seconds()));
  const std::uint64_t warm = traffic.arrived();
  traffic.start_counting();
  std::optional<SystemCalls> calls;
  if (options.system_calls) calls.emplace(server.pid());
  const Interval interval(server.pid());
  traffic.run(options.seconds);
  const double count = traffic.count();
  report.add("queue_per_s", count / interval.seconds(), "messages/s");
  report.add("queue_cpu_us", interval.server_cpu_us() / count, "us");
  report.add("queue_driver_cpu_us", interval.driver_cpu_us() / count, "us");
  if (calls) report.add("queue_system_calls", calls->count() / count, "calls");
  if (interval.driver_was_the_limit()) report.warn_of_driver();
  traffic.settle();
  report.add("queue_ack_p50_us", traffic.to_ack().percentile(50), "us");
  const auto grown = static_cast<double>(resident(server.pid())) - static_cast<double>(memory);
  const std::uint64_t kept = warm + traffic.arrived() - first;
  // Pages of fewer messages say nothing about one.
  if (kept >= kManyMessages) report.add("queue_bytes", grown / static_cast<double>(kept), "bytes");
  if (!is_relay) return;
  if (traffic.kept() != traffic.arrived())
    throw std::runtime_error("the relay does not say QUEUED of a queued message");
  const Commits after = Commits::of(server);
  report.add("queue_messages_a_commit", (after.messages - before.messages) / (after.batches - before.batches),
             "messages");
  report.add("queue_rows_a_transaction", (after.rows - before.rows) / (after.transactions - before.transactions),
             "rows");
  if (syncs) {
    report.add("queue_syncs_a_transaction", syncs->count() / (after.transactions - before.transactions), "calls");
  }
}

void run_drain(const Options& options, Report& report) {
  const Server server(options, 2 * options.pairs);
  const auto fleet = make_fleet(options, server.port());
  fleet->open(options.pairs);
  fleet->away();
  const std::uint64_t queued = queue_messages(*fleet, options);
  Arrivals arrivals;
  fleet->listen(&arrivals);
  const Interval interval(server.pid());
  fleet->back();
  const auto until = Clock::now() + std::chrono::minutes(1);
  while (arrivals.count < queued) {
    if (Clock::now() > until)
      throw std::runtime_error(std::to_string(queued - arrivals.count) + " messages do not come");
    fleet->turn(std::chrono::milliseconds(100));
  }
  if (interval.driver_was_the_limit()) report.warn_of_driver();
  const auto count = static_cast<double>(queued);
  const double seconds = std::chrono::duration<double>(arrivals.last - arrivals.first).count();
  report.add("drain_per_s", count / seconds, "messages/s");
  report.add("drain_cpu_us", interval.server_cpu_us() / count, "us");
  report.add("drain_driver_cpu_us", interval.driver_cpu_us() / count, "us");
  fleet->listen(nullptr);
}

}  // namespace agentroom::bench
