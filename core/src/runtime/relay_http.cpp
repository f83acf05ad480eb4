#include "runtime/relay_http.hpp"

#include <boost/json.hpp>
#include <string_view>

#include "runtime/file_limit.hpp"
#include "runtime/relay_metrics.hpp"

namespace agentroom::runtime {
namespace {

HttpResponse json_response(unsigned status, const boost::json::object& body) {
  return {status, "application/json", boost::json::serialize(body) + "\n"};
}

HttpResponse refuse(unsigned status, std::string_view error) {
  return json_response(status, {{"ok", false}, {"error", error}});
}

}  // namespace

HttpResponse RelayHttp::answer(const HttpRequest& request, const RelayStatus& status,
                               const std::vector<host::PluginMetric>& plugins) const {
  const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
  if (path != "/health" && (path != "/metrics" || !metrics)) return refuse(404, "not found");
  if (request.method != "GET" && request.method != "HEAD") return refuse(405, "method not allowed");
  if (path == "/metrics") {
    const RelayMetrics page{status, plugins, uptime, file_limit()};
    return {200, "text/plain; version=0.0.4; charset=utf-8", page.text()};
  }
  return json_response(status.store_ok ? 200 : 503,
                       {{"ok", status.store_ok},
                        {"store", status.store_ok ? "ok" : "failing"},
                        {"agents", status.agents},
                        {"connections", status.connections},
                        {"pending", status.pending},
                        {"invites", status.invites},
                        {"uptime_s", std::chrono::duration_cast<std::chrono::seconds>(uptime).count()},
                        {"version", version}});
}

}  // namespace agentroom::runtime
