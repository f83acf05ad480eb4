// How long a relay takes to be there again, by what it has kept, and what it keeps takes.
#include <stdexcept>

#include "meter.hpp"
#include "modes.hpp"
#include "servers.hpp"
#include "traffic.hpp"

namespace agentroom::bench {
namespace {

double milliseconds(Nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

void add(Report& report, const std::string& name, const Start& start) {
  report.add(name + "_ms", milliseconds(start.time), "ms");
  report.add(name + "_cpu_ms", milliseconds(start.cpu), "ms");
  report.add(name + "_rss", static_cast<double>(start.resident), "bytes");
}

std::uint64_t size_of(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

}  // namespace

void run_start(const Options& options, Report& report) {
  Server server(options, 2 * options.pairs);
  const Start empty = server.restart();
  const std::uint64_t disk = size_of(server.folder());
  std::uint64_t queued = 0;
  {
    const auto fleet = make_fleet(options, server.port());
    fleet->open(options.pairs);
    fleet->away();
    const Interval interval(server.pid());
    queued = queue_messages(*fleet, options);
    report.add("kept_cpu_us", interval.server_cpu_us() / static_cast<double>(queued), "us");
  }
  const Start start = server.restart();
  if (server.metric("agentroom_relay_queued_messages") != static_cast<double>(queued)) {
    throw std::runtime_error("the relay does not have the messages that it has kept");
  }
  const auto grown = [&](std::uint64_t before, std::uint64_t after) {
    return (static_cast<double>(after) - static_cast<double>(before)) / static_cast<double>(queued);
  };
  add(report, "start_empty", empty);
  add(report, "start", start);
  report.add("kept_bytes", grown(empty.resident, start.resident), "bytes");
  report.add("kept_disk_bytes", grown(disk, size_of(server.folder())), "bytes");
}

}  // namespace agentroom::bench
