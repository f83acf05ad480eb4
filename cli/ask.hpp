// From a command to the agent of its home.
#pragma once

#include "context.hpp"
#include "one_shot.hpp"

namespace agentroom::cli {

struct AskOptions {
  OneShot::Options alone;   ///< how an agent of this process is to connect
  bool same_server = true;  ///< `--server` has to be the owner's own; false: it is an argument of the request
  Duration more_time{};     ///< that the answer may take beyond the usual
  std::string waiting = "waiting for the relay";  ///< what a person is told meanwhile
  std::string waiting_on{};                       ///< the same after progress; empty: no change
  AgentRequests::Progress progress = [](const boost::json::object&) {};
};

/// Has a request carried out: by the process that serves the home when there is one, else by an agent of this process.
/// A request that an owner did not begin before it went away is made again. Errors: the request's; kHomeInUse;
/// kInvalid (an argument is not UTF-8), kCancelled (the owner went away half-way), kTimeout (the owner does not
/// answer), kPlugin, kConfig, kIo.
Result<boost::json::object> ask_agent(Context& context, const runtime::ControlRequest& request,
                                      AskOptions options = {});

}  // namespace agentroom::cli
