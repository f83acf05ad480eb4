// An agent of this process for one request.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent_requests.hpp"
#include "context.hpp"
#include "runtime/home_lock.hpp"

namespace agentroom::cli {

/// Owns the home while it lives: connects where needed, and goes. What arrives meanwhile is kept in the inbox; nothing
/// is handed on.
class OneShot {
 public:
  struct Options {
    std::optional<std::string> server;  ///< stay connected to this relay; nothing: only where work waits
    bool server_overrides = false;
  };

  /// Errors: kPlugin, kConfig, kCorrupt, kIo.
  static Result<std::unique_ptr<OneShot>> open(Context& context, runtime::HomeLock lock, Options options);
  ~OneShot();
  OneShot(const OneShot&) = delete;
  OneShot& operator=(const OneShot&) = delete;

  /// Runs until the answer. Errors: the request's, kCancelled (a signal came).
  Result<boost::json::object> ask(const runtime::ControlRequest& request, AgentRequests::Progress progress);

 private:
  OneShot() = default;

  std::unique_ptr<runtime::Process> process_;
  std::unique_ptr<runtime::AgentService> agent_;
  std::unique_ptr<AgentRequests> requests_;
};

}  // namespace agentroom::cli
