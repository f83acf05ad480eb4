// The relay's plain HTTP answers.
#pragma once

#include <string>
#include <vector>

#include "agentroom/relay_engine.hpp"
#include "agentroom/transport.hpp"
#include "host/plugin_host.hpp"

namespace agentroom::runtime {

struct RelayHttp {
  std::string version;
  Duration uptime{};
  bool metrics = true;  ///< whether `/metrics` is there

  /// `GET /health`: JSON, 503 while the store fails. `GET /metrics`: Prometheus text format 0.0.4. Anything else: 404,
  /// or 405 with another method, as JSON.
  HttpResponse answer(const HttpRequest& request, const RelayStatus& status,
                      const std::vector<host::PluginMetric>& plugins = {}) const;
};

}  // namespace agentroom::runtime
