// Whether a plugin loads, found out without risk.
#pragma once

#include <chrono>

#include "host/manifest.hpp"
#include "host/plugin_host.hpp"

namespace agentroom::cli {

/// Loads the plugin as far as its interfaces and opens nothing, in a process of its own: one that crashes or hangs
/// takes nobody along. What it prints goes to stderr. To be called while this process has one thread.
///
/// Errors: kPlugin (also when it crashes, or is not done in time), kInternal.
Result<host::LoadedInfo> try_to_load(const host::Manifest& manifest,
                                     std::chrono::milliseconds deadline = std::chrono::seconds(10));

}  // namespace agentroom::cli
