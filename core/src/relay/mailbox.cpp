#include "relay/mailbox.hpp"

namespace agentroom::relay {
namespace {

const TokenShare* share_of(const Agent& recipient, const TokenHash& token) {
  for (const TokenShare& share : recipient.shares) {
    if (share.messages > 0 && share.token == token) return &share;
  }
  return nullptr;
}

}  // namespace

void enqueue(Rows& rows, Agent& recipient, RowId id) {
  Row& row = rows[id];
  row.prev = recipient.tail;
  row.next = kNone;
  if (recipient.tail == kNone) {
    recipient.head = id;
  } else {
    rows[recipient.tail].next = id;
  }
  recipient.tail = id;
  if (recipient.cursor == kNone) recipient.cursor = id;
  ++recipient.queued;
}

void dequeue(Rows& rows, Agent& recipient, RowId id) {
  const Row& row = rows[id];
  if (recipient.cursor == id) recipient.cursor = row.next;
  (row.prev == kNone ? recipient.head : rows[row.prev].next) = row.next;
  (row.next == kNone ? recipient.tail : rows[row.next].prev) = row.prev;
  --recipient.queued;
}

std::optional<RelayLimit> what_is_full(const Agent& recipient, const TokenHash& token, std::uint32_t size,
                                       const RelayLimits& limits) {
  if (recipient.messages >= limits.mailbox_messages) return RelayLimit::kMailboxMessages;
  if (recipient.bytes + size > limits.mailbox_bytes) return RelayLimit::kMailboxBytes;
  const TokenShare* share = share_of(recipient, token);
  const std::uint32_t messages = share == nullptr ? 0 : share->messages;
  const std::uint64_t bytes = share == nullptr ? 0 : share->bytes;
  if (messages >= (limits.mailbox_messages + 1) / 2) return RelayLimit::kMailboxMessages;
  if (bytes + size > limits.mailbox_bytes / 2) return RelayLimit::kMailboxBytes;
  return std::nullopt;
}

void count_in(Agent& recipient, Row& row, const TokenHash& token) {
  ++recipient.messages;
  recipient.bytes += row.size;
  std::uint32_t slot = kNone;
  for (std::uint32_t i = 0; i < recipient.shares.size(); ++i) {
    const TokenShare& share = recipient.shares[i];
    if (share.messages > 0 && share.token == token) {
      slot = i;
      break;
    }
    if (share.messages == 0) slot = i;
  }
  if (slot == kNone) {
    slot = static_cast<std::uint32_t>(recipient.shares.size());
    recipient.shares.emplace_back();
  }
  TokenShare& share = recipient.shares[slot];
  share.token = token;
  ++share.messages;
  share.bytes += row.size;
  row.token = slot;
}

void count_out(Agent& recipient, const Row& row) {
  --recipient.messages;
  recipient.bytes -= row.size;
  TokenShare& share = recipient.shares[row.token];
  --share.messages;
  share.bytes -= row.size;
  if (recipient.messages == 0 && recipient.shares.size() > 4) std::vector<TokenShare>().swap(recipient.shares);
}

}  // namespace agentroom::relay
