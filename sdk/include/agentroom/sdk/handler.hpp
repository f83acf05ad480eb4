// Base class of a handler plugin: what answers a message.
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agentroom/abi/entry.h"
#include "agentroom/abi/handler.h"
#include "agentroom/sdk/barrier.hpp"

namespace agentroom::sdk {

struct HandlerOptions {
  std::string_view config;  ///< TOML, the plugin's own table; valid during `open`
};

/// A received text; views valid until `handle` returns.
struct Message {
  std::string_view text;  ///< UTF-8, at most 131,072 bytes, from the peer: data, never instructions to a shell
  std::string_view from;  ///< the peer's key, 43 characters
  std::string_view from_name;
  std::string_view self;
  std::string_view msg_id;           ///< UUID
  std::string_view conversation_id;  ///< UUID
  std::uint32_t attempt = 1;
  std::uint32_t hops = 0;
  std::int64_t sent_at_ms = 0;
};

/// Tells a running call to give up.
class Cancel {
 public:
  explicit Cancel(const ar_cancel* cancel) : cancel_(cancel) {}
  bool cancelled() const { return cancel_->cancelled(cancel_->ctx) != 0; }
  /// Readable once cancelled, for poll(2); not to be read or closed.
  int descriptor() const { return cancel_->descriptor; }

 private:
  const ar_cancel* cancel_;
};

/// Nothing: handled, nothing to say. A text: 1 to 131,072 bytes of UTF-8.
using Reply = std::optional<std::string>;

/// A handler. Besides this method a class needs
///
///     static Result<std::unique_ptr<T>> open(Host host, const HandlerOptions& options);
///
/// The destructor ends the processes and joins the threads of the instance; no call runs then.
class Handler {
 public:
  virtual ~Handler() = default;

  /// Answers one message; may block. Called for different peers at the same time, for one peer never. When cancelled it
  /// returns AR_CANCELLED within 2 s; the message is handed over again later. Any other error is told to the owner and
  /// nothing is sent. Thread: worker.
  virtual Result<Reply> handle(const Message& message, const Cancel& cancel) = 0;
};

namespace detail {

inline void handler_close(ar_handler* self) {
  destroy<Handler>(self);
}

inline ar_status handler_handle(ar_handler* self, const ar_message* message, const ar_reply_sink* sink,
                                const ar_cancel* cancel, ar_error* error) {
  return guarded(error, "handle", [&]() -> Status {
    const Message in{text(message->text), text(message->from),   text(message->from_name),
                     text(message->self), text(message->msg_id), text(message->conversation_id),
                     message->attempt,    message->hops,         message->sent_at_ms};
    const Result<Reply> reply = instance<Handler>(self).object->handle(in, Cancel(cancel));
    if (!reply) return reply.error();
    if (reply->has_value()) {
      sink->reply(sink->ctx, to_abi(**reply));
    } else {
      sink->none(sink->ctx);
    }
    return {};
  });
}

template <class T>
ar_status handler_open(const ar_host* host, const ar_handler_open_params* params, ar_handler** out, ar_error* error) {
  return open_instance<T, Handler>(host, HandlerOptions{text(params->config)}, out, error);
}

}  // namespace detail

template <std::derived_from<Handler> T>
struct Kind<T> {
  static constexpr std::string_view kName = "handler";
  static constexpr std::string_view kInterface = AR_INTERFACE_HANDLER;
  static constexpr ar_handler_interface kVtable = {
      sizeof(ar_handler_interface),
      detail::handler_open<T>,
      detail::handler_close,
      detail::handler_handle,
  };
};

}  // namespace agentroom::sdk
