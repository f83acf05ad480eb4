// The plugins that a configuration names, where they are installed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "agentroom/result.hpp"
#include "config/load.hpp"

namespace agentroom::home {

/// Checks the tables of plugins; those of the kinds in `needed` must be there. To be called once, before their
/// configuration is used. Errors: kConfig, kPlugin (a default one that is missing; names where it was looked for).
Result<void> need_plugins(config::Configuration& configuration, const std::vector<std::filesystem::path>& search_path,
                          const std::vector<std::string>& needed);

}  // namespace agentroom::home
