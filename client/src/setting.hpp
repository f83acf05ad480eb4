// What a client is opened with, from its options, the environment, the configuration and the home.
#pragma once

#include <filesystem>
#include <vector>

#include "agentroom/client/client.hpp"
#include "agentroom/result.hpp"
#include "config/home.hpp"
#include "config/load.hpp"
#include "config/server_url.hpp"

namespace agentroom::client {

struct Setting {
  config::Home home;  ///< it exists
  config::Configuration configuration;
  std::vector<std::filesystem::path> plugin_path;
  config::ServerChoice server;
  bool trust_relay = false;
};

/// Makes the home when there is none. Errors: kUsage, kConfig, kPermission, kIo.
agentroom::Result<Setting> read_setting(const ClientOptions& options);

}  // namespace agentroom::client
