// Which relay a client talks to.
#pragma once

#include <optional>
#include <string>

#include "agentroom/result.hpp"
#include "config/environment.hpp"

namespace agentroom::config {

class Home;

inline constexpr const char* kDefaultServer = "ws://localhost:8787/ws";

/// Empty when `url` can be a relay's; else what is wrong, to stand after "`server` ". Which schemes work is the
/// transport's to say; http:// and https:// are refused here, because they are a mistake with every transport, and a
/// user name or password, which would end in invites.
std::string what_is_wrong_with_server_url(const std::string& url);

struct ServerChoice {
  std::string url;
  std::string origin;  ///< "--server", "AGENTROOM_SERVER", the file's name, "default"
  bool known = false;  ///< false: nobody named one and `url` is the default
  bool flag = false;   ///< `--server` was given
};

/// Flag, then AGENTROOM_SERVER, then the configuration, then `<home>/server_url`, then the default.
/// Errors: kUsage (flag or variable), kConfig (the file under the home).
Result<ServerChoice> choose_server(const std::optional<std::string>& flag, const Environment& environment,
                                   const std::optional<std::string>& configured, const Home& home);

}  // namespace agentroom::config
