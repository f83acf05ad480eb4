// The relay's figures in Prometheus' text format.
#pragma once

#include <string>
#include <vector>

#include "agentroom/relay_status.hpp"
#include "agentroom/time.hpp"
#include "host/plugin_host.hpp"

namespace agentroom::runtime {

struct RelayMetrics {
  const RelayStatus& status;
  const std::vector<host::PluginMetric>& plugins;
  Duration uptime{};
  std::uint64_t file_limit = 0;

  /// Version 0.0.4. Every label value stands there from the start, so that rates begin at nothing.
  std::string text() const;
};

}  // namespace agentroom::runtime
