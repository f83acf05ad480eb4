#include "runtime/relay_http.hpp"

#include <boost/json.hpp>
#include <string_view>

namespace agentroom::runtime {
namespace {

HttpResponse json_response(unsigned status, const boost::json::object& body) {
  return {status, "application/json", boost::json::serialize(body) + "\n"};
}

HttpResponse refuse(unsigned status, std::string_view error) {
  return json_response(status, {{"ok", false}, {"error", error}});
}

void metric(std::string& out, std::string_view name, std::string_view type, std::string_view help,
            std::uint64_t value) {
  out.append("# HELP agentroom_relay_").append(name).append(" ").append(help).append("\n");
  out.append("# TYPE agentroom_relay_").append(name).append(" ").append(type).append("\n");
  out.append("agentroom_relay_").append(name).append(" ").append(std::to_string(value)).append("\n");
}

std::string metrics(const RelayStatus& s, Duration uptime) {
  std::string out;
  metric(out, "connections", "gauge", "Open connections.", s.connections);
  metric(out, "agents", "gauge", "Authenticated connections.", s.agents);
  metric(out, "queued_messages", "gauge", "Messages that wait for their recipient.", s.pending);
  metric(out, "queued_bytes", "gauge", "Envelope bytes that wait for their recipient.", s.pending_bytes);
  metric(out, "open_invites", "gauge", "Invites that can be claimed.", s.invites);
  metric(out, "delivered_total", "counter", "Messages that a recipient receipted as stored.", s.delivered);
  metric(out, "queued_total", "counter", "Messages that were made durable here.", s.queued);
  metric(out, "rejected_total", "counter", "Messages and requests that were refused.", s.rejected);
  metric(out, "expired_total", "counter", "Queued messages that were dropped at the end of their life.", s.expired);
  metric(out, "handshake_failures_total", "counter", "Connections that did not authenticate.", s.handshake_failures);
  metric(out, "rate_limited_total", "counter", "Times that a connection was refused or slowed by a limit.",
         s.rate_limited);
  metric(out, "store_ok", "gauge", "1 while the store takes commits.", s.store_ok ? 1 : 0);
  metric(out, "uptime_seconds", "gauge", "Seconds since the relay started.",
         static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(uptime).count()));
  return out;
}

}  // namespace

HttpResponse RelayHttp::answer(const HttpRequest& request, const RelayStatus& status) const {
  const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
  if (path != "/health" && path != "/metrics") return refuse(404, "not found");
  if (request.method != "GET" && request.method != "HEAD") return refuse(405, "method not allowed");
  if (path == "/metrics") return {200, "text/plain; version=0.0.4; charset=utf-8", metrics(status, uptime)};
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
