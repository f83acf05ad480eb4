// An agent's queue as a list, and the room in it.
#pragma once

#include "agentroom/relay_engine.hpp"
#include "relay/agents.hpp"
#include "relay/rows.hpp"

namespace agentroom::relay {

/// Puts the row at the end of its recipient's queue.
void enqueue(Rows& rows, Agent& recipient, RowId id);
/// Takes it out, from wherever it stands.
void dequeue(Rows& rows, Agent& recipient, RowId id);

/// What stands against one more message of `size` bytes that presents `token`: messages and bytes of the whole mailbox,
/// and of each at most half for one token.
std::optional<RelayLimit> what_is_full(const Agent& recipient, const TokenHash& token, std::uint32_t size,
                                       const RelayLimits& limits);
/// Counts a row, in flight or queued, against its recipient and its token. Sets `row.token`.
void count_in(Agent& recipient, Row& row, const TokenHash& token);
void count_out(Agent& recipient, const Row& row);

}  // namespace agentroom::relay
