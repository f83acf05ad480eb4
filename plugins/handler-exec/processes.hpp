// What runs the commands: plugins/process, by the names of this plugin.
#pragma once

#include "command_process.hpp"
#include "descriptor.hpp"
#include "guard.hpp"
#include "signal_mask.hpp"

namespace agentroom::handler_exec {

using process::BrokenPipeBlocked;
using process::Command;
using process::CommandProcess;
using process::Descriptor;
using process::ExitStatus;
using process::Guard;

}  // namespace agentroom::handler_exec
