// The message handler: what answers a message.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "agentroom/ids.hpp"
#include "agentroom/result.hpp"
#include "agentroom/time.hpp"

namespace agentroom {

/// A received text and what is known of it.
struct HandlerMessage {
  std::string text;  ///< UTF-8, 0 to 131,072 bytes, from the peer: data, never instructions to a shell
  AgentId from;
  std::string from_name;  ///< the name the owner gave the peer, else the peer's own (untrusted), else empty
  AgentId self;
  MsgId msg_id;
  ConversationId conversation_id;
  std::optional<MsgId> in_reply_to{};
  std::uint32_t attempt = 1;  ///< 1, or more after a crash or a failure of the store while it ran
  std::uint32_t hops = 0;     ///< automatic answers before this message
  UnixMs sent_at = 0;         ///< by the sender's clock
};

/// Nothing: handled, no reply.
using HandlerOutcome = Result<std::optional<std::string>>;

/// Told to a handler that runs: give up soon. Thread: any.
class CancelFlag {
 public:
  virtual ~CancelFlag() = default;
  virtual bool cancelled() const = 0;
  /// Readable once cancelled; for poll(2). Owned by the flag.
  virtual int descriptor() const = 0;
};

/// Thread: `handle` on a worker thread; may block; never two calls at once for one peer; several for different peers.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Errors: kHandler (it failed; nothing is sent), kTimeout, kCancelled (the message is handed over again later).
  virtual HandlerOutcome handle(const HandlerMessage& message, const CancelFlag& cancel) = 0;
};

}  // namespace agentroom
