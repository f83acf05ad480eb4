// What is installed beside the program.
#pragma once

#include <filesystem>
#include <string>

#include "agentroom/result.hpp"

namespace agentroom::cli {

/// `name`, such as "share/agentroom/templates", below the folder above the executable's, else below the prefix of the
/// installation. Errors: kNotFound.
Result<std::filesystem::path> installed_file(const std::string& name);

}  // namespace agentroom::cli
