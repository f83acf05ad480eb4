// Maps a shared library into the process, for good.
#pragma once

#include <filesystem>

#include "agentroom/abi/entry.h"
#include "agentroom/result.hpp"

namespace agentroom::host {

/// The entry symbol of the library. It is never unmapped: code of a plugin may be on a stack or in a table for as long
/// as the process lives. Errors: kPlugin, with the reason of the dynamic linker.
Result<ar_plugin_entry_fn> map_library(const std::filesystem::path& file);

}  // namespace agentroom::host
