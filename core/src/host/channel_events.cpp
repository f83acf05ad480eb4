#include "host/channel_events.hpp"

#include <algorithm>
#include <utility>

#include "host/abi_view.hpp"
#include "host/owned_buffer.hpp"

namespace agentroom::host {

namespace {

constexpr std::size_t kMaxPeerText = 1024;

std::string bounded(ar_string text) {
  return std::string(view_of(text).substr(0, kMaxPeerText));
}

}  // namespace

template <class Body>
void EventTable::deliver(Body&& body) noexcept {
  if (thrown_) return;
  try {
    std::forward<Body>(body)();
  } catch (...) {
    thrown_ = std::current_exception();
  }
}

void EventTable::rethrow() {
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
}

const ar_channel_events* EventTable::of(ChannelEvents& receiver) {
  auto& entry = entries_[&receiver];
  if (entry) return &entry->abi;
  entry = std::make_unique<Entry>();
  entry->table = this;
  entry->receiver = &receiver;
  entry->abi.struct_size = sizeof(ar_channel_events);
  entry->abi.ctx = entry.get();
  entry->abi.opened = [](void* ctx, ar_channel channel, const ar_peer_info* peer) {
    const auto& self = *static_cast<Entry*>(ctx);
    self.table->deliver([&] {
      self.receiver->on_opened(channel,
                               {bounded(peer->address), bounded(peer->forwarded_for), bounded(peer->cf_connecting_ip)});
    });
  };
  entry->abi.message = [](void* ctx, ar_channel channel, ar_mut_bytes message) {
    const auto& self = *static_cast<Entry*>(ctx);
    const MutableByteView bytes(reinterpret_cast<std::byte*>(message.data), message.size);
    self.table->deliver([&] { self.receiver->on_message(channel, bytes); });
  };
  entry->abi.drained = [](void* ctx, ar_channel channel) {
    const auto& self = *static_cast<Entry*>(ctx);
    self.table->deliver([&] { self.receiver->on_drained(channel); });
  };
  entry->abi.closed = [](void* ctx, ar_channel channel, const ar_close_info* why) {
    const auto& self = *static_cast<Entry*>(ctx);
    self.table->deliver(
        [&] { self.receiver->on_closed(channel, {why->code, bounded(why->reason), bounded(why->hint)}); });
  };
  return &entry->abi;
}

void* EventTable::request_ctx(ListenerEvents& receiver) {
  auto& entry = listeners_[&receiver];
  if (!entry) entry = std::make_unique<ListenerEntry>(ListenerEntry{this, &receiver});
  return entry.get();
}

void EventTable::request(void* ctx, const ar_http_request* request, ar_http_response* response) noexcept {
  const auto& self = *static_cast<ListenerEntry*>(ctx);
  response->status = 500;
  self.table->deliver([&] {
    HttpResponse answer =
        self.receiver->on_request({std::string(view_of(request->method)), std::string(view_of(request->target))});
    response->content_type = self.table->keep_content_type(answer.content_type);
    if (!answer.body.empty()) response->body = OwnedBuffer<std::string>::make(std::move(answer.body));
    response->status = answer.status;
  });
}

ar_string EventTable::keep_content_type(const std::string& type) {
  return abi_string(content_types_.try_emplace(type, true).first->first);
}

}  // namespace agentroom::host
