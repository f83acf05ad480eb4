#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agentroom/abi/transport.h"
#include "defect.hpp"

namespace agentroom::defects {
namespace {

const ar_transport_interface& inner() {
  return sound<ar_transport_interface>(AR_INTERFACE_TRANSPORT);
}

/// Stands between a sound instance and its host. All on one thread.
struct Instance {
  ar_transport* transport = nullptr;
  const ar_channel_events* host = nullptr;
  ar_channel_events events{};
  std::map<ar_channel, std::string> held;
  unsigned sent = 0;
  bool paused = false;
};

Instance& of(void* ctx) {
  return *static_cast<Instance*>(ctx);
}

Instance& of(ar_transport* self) {
  return *reinterpret_cast<Instance*>(self);
}

void hand_over(Instance& self, ar_channel channel, std::string text) {
  self.host->message(self.host->ctx, channel, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

void message(void* ctx, ar_channel channel, ar_mut_bytes bytes) {
  Instance& self = of(ctx);
  std::string text(reinterpret_cast<const char*>(bytes.data), bytes.size);
  if constexpr (has("cuts-messages")) text.resize(text.size() > 100'000 ? 100'000 : text.size());
  if constexpr (has("changes-the-order")) {
    const auto before = self.held.find(channel);
    if (before == self.held.end()) {
      self.held.emplace(channel, std::move(text));
      return;
    }
    std::string first = std::move(before->second);
    self.held.erase(before);
    hand_over(self, channel, std::move(text));
    text = std::move(first);
  }
  hand_over(self, channel, text);
  if constexpr (has("delivers-twice")) hand_over(self, channel, text);
}

void drained(void* ctx, ar_channel channel) {
  if constexpr (!has("never-tells-drained")) of(ctx).host->drained(of(ctx).host->ctx, channel);
}

void closed(void* ctx, ar_channel channel, const ar_close_info* why) {
  const Instance& self = of(ctx);
  ar_close_info told = *why;
  if constexpr (has("tells-a-wrong-code")) told.code = AR_CLOSE_NORMAL;
  self.host->closed(self.host->ctx, channel, &told);
  if constexpr (has("tells-the-end-twice")) self.host->closed(self.host->ctx, channel, &told);
}

const ar_channel_events* in_front_of(Instance& self, const ar_channel_events* host) {
  self.host = host;
  self.events = *host;
  self.events.ctx = &self;
  self.events.opened = [](void* ctx, ar_channel channel, const ar_peer_info* peer) {
    of(ctx).host->opened(of(ctx).host->ctx, channel, peer);
  };
  self.events.message = message;
  self.events.drained = drained;
  self.events.closed = closed;
  return &self.events;
}

ar_status open(const ar_host* host, const ar_transport_open_params* params, ar_transport** out, ar_error* error) {
  leak();
  auto self = std::make_unique<Instance>();
  const ar_status status = inner().open(host, params, &self->transport, error);
  if (status == AR_OK) *out = reinterpret_cast<ar_transport*>(self.release());
  return status;
}

void close(ar_transport* self) {
  const std::unique_ptr<Instance> own(&of(self));
  inner().close(own->transport);
}

ar_status listen(ar_transport* self, const ar_listen_params* params, ar_listening* out, ar_error* error) {
  ar_listen_params changed = *params;
  changed.events = in_front_of(of(self), params->events);
  return inner().listen(of(self).transport, &changed, out, error);
}

ar_status connect(ar_transport* self, const ar_connect_params* params, ar_channel* out, ar_error* error) {
  ar_connect_params changed = *params;
  changed.events = in_front_of(of(self), params->events);
  if constexpr (has("waits-for-ever")) changed.timeout_us = 3'600'000'000;
  return inner().connect(of(self).transport, &changed, out, error);
}

std::uint64_t send(ar_transport* self, ar_channel channel, ar_buffer* message) {
  if (has("loses-messages") && ++of(self).sent % 50 == 0) {
    message->release(message);
    return 0;
  }
  return inner().send(of(self).transport, channel, message);
}

void close_channel(ar_transport* self, ar_channel channel, std::uint16_t code, ar_string reason) {
  inner().close_channel(of(self).transport, channel, code, reason);
  if constexpr (has("calls-back-outside-turn")) {
    const ar_close_info why{sizeof(ar_close_info), code, reason, {}};
    of(self).host->closed(of(self).host->ctx, channel, &why);
  }
}

const void* transport_interface() {
  static const ar_transport_interface transport{
      sizeof(ar_transport_interface),
      open,
      close,
      listen,
      [](ar_transport* self) { inner().stop_listening(of(self).transport); },
      connect,
      send,
      [](ar_transport* self, ar_channel channel) {
        of(self).paused = true;
        inner().pause(of(self).transport, channel);
      },
      [](ar_transport* self, ar_channel channel) {
        of(self).paused = false;
        inner().resume(of(self).transport, channel);
      },
      close_channel,
      [](ar_transport* self, std::uint64_t timeout_us) {
        inner().turn(of(self).transport, has("spins-while-paused") && of(self).paused ? 0 : timeout_us);
      },
      [](ar_transport* self) { inner().wake(of(self).transport); },
      [](ar_transport* self, ar_error* error) { return inner().reload(of(self).transport, error); }};
  return &transport;
}

}  // namespace
}  // namespace agentroom::defects

DEFECTIVE_PLUGIN("transport", AR_INTERFACE_TRANSPORT, agentroom::defects::transport_interface)
