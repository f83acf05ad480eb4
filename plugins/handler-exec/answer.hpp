// What a run means: a reply, nothing, or why there is none.
#pragma once

#include "agentroom/sdk/handler.hpp"
#include "run.hpp"

namespace agentroom::handler_exec {

/// The reply is the output without one trailing newline; none when nothing is left. A failure quotes the end of
/// standard error; the host escapes it.
///
/// Errors: AR_TIMEOUT, AR_CANCELLED, AR_TOO_LARGE, AR_INVALID (no UTF-8), AR_ABORTED (exit code or signal).
sdk::Result<sdk::Reply> answer(RunResult result, const Limits& limits);

/// What the end of a command that should not have ended means: AR_ABORTED, AR_INTERNAL where it is unknown.
sdk::Error ended(const ExitStatus& exit, const std::string& errors_end);

/// AR_TIMEOUT.
sdk::Error timed_out(std::chrono::milliseconds timeout, const std::string& errors_end);

}  // namespace agentroom::handler_exec
