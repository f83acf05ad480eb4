// The interfaces of the boundary as data: their names, and the methods that must be there.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "agentroom/result.hpp"
#include "host/manifest.hpp"

namespace agentroom::host {

/// A function pointer of a struct that crosses the boundary.
struct Slot {
  const char* name;
  std::size_t offset;
};

/// "agentroom.store/1"
const char* interface_name(PluginKind kind);
std::span<const Slot> required_slots(PluginKind kind);

/// Every slot lies within the struct's own `struct_size` and is not null. Otherwise kPlugin, beginning with `what`.
Result<void> check_slots(const std::string& what, const void* table, std::span<const Slot> slots);

}  // namespace agentroom::host
