// Environment variables as configuration sees them.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace agentroom::config {

/// The value of a variable, or nothing when it is not set. Tests hand in a table.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The environment of this process.
Environment process_environment();

/// A variable that is set to something; an empty one counts as not set.
std::optional<std::string> non_empty(const Environment& environment, const std::string& name);

}  // namespace agentroom::config
