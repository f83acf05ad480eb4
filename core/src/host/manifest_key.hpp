// One key of a plugin's configuration as its manifest describes it. For manifest.cpp; the only header here that
// includes toml++.
#pragma once

#include <toml++/toml.h>

#include <functional>
#include <string_view>

#include "host/manifest.hpp"

namespace agentroom::host {

using Complain = std::function<void(const toml::node& at, const std::string& why)>;

/// Reads `[config.<name>]`. What is wrong goes to `complain`; the outcome then counts for nothing.
ConfigKey read_config_key(std::string_view name, const toml::table& table, const Complain& complain);

}  // namespace agentroom::host
