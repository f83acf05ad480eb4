// The table [tunnel.exec].
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agentroom/sdk/result.hpp"
#include "settings.hpp"
#include "url_pattern.hpp"

namespace agentroom::tunnel_exec {

struct Options {
  tunnel::Settings settings;
  std::vector<std::string> argv;  ///< with placeholders, unless it is a line for the shell
  bool is_shell = false;
  std::vector<std::string> env;  ///< "NAME=value"
  std::string cwd;
  tunnel::UrlPattern pattern;
};

/// Errors: AR_INVALID.
sdk::Result<Options> parse_options(std::string_view config);

}  // namespace agentroom::tunnel_exec
