// What a process that serves a home does for the commands of others.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "agent_requests.hpp"
#include "event_stream.hpp"
#include "runtime/control_server.hpp"

namespace agentroom::cli {

/// Answers the control socket: the requests of `AgentRequests`, and
///
///   events   progress: first `about`, then every event of `stream` as it happens; never answered
///   status   answer: `about`
///
/// Thread: the engine's.
class OwnerControl {
 public:
  /// All outlive it. `about` tells this process: pid, command, pk, server. Errors: kPermission, kIo.
  static Result<std::unique_ptr<OwnerControl>> open(const std::filesystem::path& home, runtime::EventLoop& loop,
                                                    AgentRequests& requests, EventStream& stream,
                                                    boost::json::object about);
  ~OwnerControl();
  OwnerControl(const OwnerControl&) = delete;
  OwnerControl& operator=(const OwnerControl&) = delete;

  /// From now on requests are told that they were not begun.
  void take_no_more() { stopping_ = true; }

 private:
  using Exchange = std::shared_ptr<runtime::ControlExchange>;

  OwnerControl(AgentRequests& requests, EventStream& stream, boost::json::object about);
  void on_request(const runtime::ControlRequest& request, const Exchange& exchange);
  void on_gone(const Exchange& exchange);
  void mirror(const boost::json::object& event);

  AgentRequests& requests_;
  EventStream& stream_;
  const boost::json::object about_;
  bool stopping_ = false;
  std::map<Exchange, AgentRequests::Id> asked_;  // bounded by the server's connections, as is the next
  std::mutex mutex_;
  std::set<Exchange> mirrors_;  // guarded by mutex_: events come from handler threads too
  std::unique_ptr<runtime::ControlServer> server_;
};

}  // namespace agentroom::cli
