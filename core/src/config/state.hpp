// What a Configuration holds. Private to this layer: it names toml++.
#pragma once

#include <toml++/toml.h>

#include "config/load.hpp"
#include "config/section.hpp"

namespace agentroom::config {

struct Configuration::State {
  toml::table root;
  Reading reading;
  Settings settings;
};

}  // namespace agentroom::config
