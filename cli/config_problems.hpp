// All that is wrong with a configuration.
#pragma once

#include "config/problem.hpp"
#include "context.hpp"

namespace agentroom::cli {

/// Checks the tables of all plugins too, and that the ones that are named are there; a handler only where one is named,
/// because `serve` may name it by a flag. To be called once.
config::Problems check_all(Context& context);

/// The file that was read: of `--config`, else the home's when it is there.
std::optional<std::filesystem::path> file_of(const Context& context);

}  // namespace agentroom::cli
