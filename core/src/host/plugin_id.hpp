// How plugins are named.
#pragma once

#include <algorithm>
#include <string_view>

namespace agentroom::host {

/// [a-z0-9-]{1,64}
inline bool is_plugin_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 &&
         std::ranges::all_of(id, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

/// [a-z0-9_]{1,64}: a key of a configuration, a metric.
inline bool is_key_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace agentroom::host
