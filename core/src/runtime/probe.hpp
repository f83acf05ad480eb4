// Is there a relay, and which one?
#pragma once

#include <string>

#include "agentroom/ids.hpp"
#include "runtime/process.hpp"

namespace agentroom::runtime {

struct ProbeAnswer {
  RelayId relay;
  Duration took{};
};

/// Connects to the relay at `url`, reads its challenge, verifies it and leaves without a word of the agent's own.
/// Errors: kNetwork (unreachable), kTimeout, kInvalid and kBadSignature (something else answers there); with `hint`
/// where nothing better is known.
Result<ProbeAnswer> probe_relay(Process& process, const std::string& url, Duration timeout, const std::string& hint);

}  // namespace agentroom::runtime
