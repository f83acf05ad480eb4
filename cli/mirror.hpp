// `listen` beside a process that serves the home.
#pragma once

#include "context.hpp"
#include "event_stream.hpp"
#include "runtime/control_client.hpp"

namespace agentroom::cli {

/// Tells the events of the home's owner as they happen. A text that the owner tells as `received` is told to programs
/// as `message` too, the event that `listen` has without an owner. When the owner goes it waits for the next one: it
/// never takes the home, which would keep a restarted `serve` out. Ends when stdout is closed. Returns the exit code.
int mirror_owner(Context& context, runtime::ControlClient owner);

}  // namespace agentroom::cli
