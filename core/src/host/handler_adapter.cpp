#include <utility>

#include "agentroom/abi/handler.h"
#include "base/base64url.hpp"
#include "base/text.hpp"
#include "base/uuid.hpp"
#include "host/abi_view.hpp"
#include "host/adapters.hpp"
#include "host/call.hpp"

namespace agentroom::host {

namespace {

constexpr std::size_t kMaxText = 131'072;  // protocol section 8

/// Takes what the plugin says about one message and judges it afterwards. Nothing is copied that is too long.
class ReplySink {
 public:
  explicit ReplySink(const std::string& plugin) : plugin_(plugin) {
    abi_.struct_size = sizeof abi_;
    abi_.ctx = this;
    abi_.reply = [](void* ctx, ar_string text) { self(ctx).take_reply(text); };
    abi_.none = [](void* ctx) { ++self(ctx).calls_; };
    abi_.fail = [](void* ctx, const ar_error* error) { self(ctx).take_failure(error); };
  }
  ReplySink(const ReplySink&) = delete;
  ReplySink& operator=(const ReplySink&) = delete;

  const ar_reply_sink* abi() const { return &abi_; }

  HandlerOutcome outcome() {
    if (calls_ != 1) {
      return fault("handle answered " + std::to_string(calls_) + " times; expected exactly one reply, none or fail");
    }
    if (failure_) return std::unexpected(std::move(*failure_));
    return std::move(reply_);
  }

 private:
  static ReplySink& self(void* ctx) { return *static_cast<ReplySink*>(ctx); }

  std::unexpected<Error> fault(std::string what) const {
    return agentroom::fail(ErrorCode::kHandler, plugin_ + ": " + std::move(what));
  }

  void take_reply(ar_string text) noexcept {
    ++calls_;
    try {
      if (text.size > kMaxText) {
        failure_ = fault("the reply of " + std::to_string(text.size) + " bytes is longer than 131,072").error();
      } else if (text.size == 0 || text.data == nullptr) {
        failure_ = fault("the reply is empty; a handler that has nothing to say calls `none`").error();
      } else if (!is_utf8(view_of(text))) {
        failure_ = fault("the reply is not UTF-8").error();
      } else {
        reply_ = std::string(view_of(text));
      }
    } catch (...) {
      failure_ = Error{ErrorCode::kHandler, "out of memory", {}};
    }
  }

  void take_failure(const ar_error* error) noexcept {
    ++calls_;
    try {
      const ar_error& said = said_by_plugin(error);
      failure_ = plugin_error(plugin_, "handle", said.status, said);
      if (failure_->code != ErrorCode::kTimeout) failure_->code = ErrorCode::kHandler;
    } catch (...) {
      failure_ = Error{ErrorCode::kHandler, "out of memory", {}};
    }
  }

  const std::string& plugin_;
  ar_reply_sink abi_{};
  std::size_t calls_ = 0;
  std::optional<std::string> reply_;
  std::optional<Error> failure_;
};

ar_cancel abi_cancel(const CancelFlag& cancel) {
  ar_cancel abi{};
  abi.struct_size = sizeof abi;
  abi.ctx = const_cast<CancelFlag*>(&cancel);  // only read again, by the line below
  abi.cancelled = [](void* ctx) -> std::int32_t { return static_cast<const CancelFlag*>(ctx)->cancelled() ? 1 : 0; };
  abi.descriptor = cancel.descriptor();
  return abi;
}

class HandlerAdapter final : public Handler {
 public:
  HandlerAdapter(std::shared_ptr<Library> library, const ar_handler_interface& interface, ar_handler* handler)
      : library_(std::move(library)), interface_(interface), handler_(handler) {}

  ~HandlerAdapter() override {
    const auto closed = call_plugin(library_->id(), "close", [&] { return interface_.close(handler_), true; });
    if (!closed) library_->services().log(LogLevel::kError, closed.error().message);
  }

  HandlerAdapter(const HandlerAdapter&) = delete;
  HandlerAdapter& operator=(const HandlerAdapter&) = delete;

  HandlerOutcome handle(const HandlerMessage& message, const CancelFlag& cancel) override {
    const std::string from = base64url(message.from.view());
    const std::string self = base64url(message.self.view());
    const std::string msg_id = uuid_text(message.msg_id.view());
    const std::string conversation_id = uuid_text(message.conversation_id.view());
    ar_message abi{};
    abi.struct_size = sizeof abi;
    abi.text = abi_string(message.text);
    abi.from = abi_string(from);
    abi.from_name = abi_string(message.from_name);
    abi.self = abi_string(self);
    abi.msg_id = abi_string(msg_id);
    abi.conversation_id = abi_string(conversation_id);
    abi.attempt = message.attempt;
    abi.hops = message.hops;
    abi.sent_at_ms = message.sent_at;

    ReplySink sink(library_->id());
    const ar_cancel abi_flag = abi_cancel(cancel);
    auto handled = call_for_status(library_->id(), "handle", [&](ar_error* error) {
      return interface_.handle(handler_, &abi, sink.abi(), &abi_flag, error);
    });
    if (handled) return sink.outcome();
    Error error = std::move(handled.error());
    if (error.code != ErrorCode::kTimeout && error.code != ErrorCode::kCancelled) error.code = ErrorCode::kHandler;
    return std::unexpected(std::move(error));
  }

 private:
  const std::shared_ptr<Library> library_;
  const ar_handler_interface& interface_;
  ar_handler* const handler_;
};

}  // namespace

Result<std::unique_ptr<Handler>> adapt_handler(std::shared_ptr<Library> library, std::string_view config) {
  auto interface = library->interface_as<ar_handler_interface>(PluginKind::kHandler);
  if (!interface) return pass(interface);
  const ar_handler_open_params params{sizeof params, abi_string(config)};
  ar_handler* handler = nullptr;
  auto opened = call_for_status(library->id(), "open", [&](ar_error* error) {
    return (*interface)->open(library->host(), &params, &handler, error);
  });
  if (!opened) return std::unexpected(open_error(std::move(opened.error())));
  if (handler == nullptr) return no_instance(*library);
  return std::make_unique<HandlerAdapter>(std::move(library), **interface, handler);
}

}  // namespace agentroom::host
