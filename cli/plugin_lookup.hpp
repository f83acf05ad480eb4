// The plugin that a name on the command line means.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/discovery.hpp"

namespace agentroom::cli {

/// By id, by the name within a kind, or by the path of the library (it has a '/', or ends in .so). Errors: kPlugin
/// (none; tells where it was looked for, or what is wrong with the one of that name), kAmbiguous.
Result<host::FoundPlugin> find_plugin(const std::vector<std::filesystem::path>& path, const std::string& name);

}  // namespace agentroom::cli
