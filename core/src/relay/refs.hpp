// Small names for things that live in the relay's tables: an index costs 4 bytes in a queued message, a pointer 8, a
// key 32.
#pragma once

#include <cstdint>

namespace agentroom::relay {

using AgentRef = std::uint32_t;
using RowId = std::uint32_t;

/// No agent, no row, no slot.
inline constexpr std::uint32_t kNone = 0xffff'ffff;

}  // namespace agentroom::relay
