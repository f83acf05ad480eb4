#include <stdexcept>
#include <string>

#include "agentroom/abi/handler.h"
#include "defect.hpp"

struct ar_handler {};

namespace agentroom::defects {
namespace {

ar_status open(const ar_host* /*host*/, const ar_handler_open_params* /*params*/, ar_handler** out,
               ar_error* /*error*/) {
  leak();
  *out = new ar_handler;
  return AR_OK;
}

void close(ar_handler* self) {
  delete self;
}

void reply(const ar_reply_sink* sink, std::string_view text) {
  sink->reply(sink->ctx, {text.data(), text.size()});
}

ar_status handle(ar_handler* /*self*/, const ar_message* message, const ar_reply_sink* sink,
                 const ar_cancel* /*cancel*/, ar_error* /*error*/) {
  const std::string_view text(message->text.data, message->text.size);
  if constexpr (has("throws")) throw std::runtime_error("out of ideas");
  if constexpr (has("never-answers")) return AR_OK;
  if constexpr (has("ignores-cancel")) std::this_thread::sleep_for(std::chrono::milliseconds(2'500));
  if constexpr (has("takes-the-text-for-a-format")) {
    if (text.find("%n") != std::string_view::npos) __builtin_trap();
  }
  if constexpr (has("answers-from-another-thread")) {
    std::thread([&] { reply(sink, "hello"); }).join();
    return AR_OK;
  }
  if constexpr (has("fails-without-a-word")) return AR_IO;
  if constexpr (has("answers-with-nothing")) {
    reply(sink, "");
    return AR_OK;
  }
  reply(sink, "hello");
  if constexpr (has("answers-twice")) reply(sink, "hello again");
  return AR_OK;
}

const void* handler_interface() {
  static const ar_handler_interface handler{sizeof(ar_handler_interface), open, close, handle};
  return &handler;
}

}  // namespace
}  // namespace agentroom::defects

DEFECTIVE_PLUGIN("handler", AR_INTERFACE_HANDLER, agentroom::defects::handler_interface)
