#include <memory>

#include "agentroom/abi/tunnel.h"
#include "defect.hpp"

namespace agentroom::defects {
namespace {

using std::chrono::milliseconds;

const ar_tunnel_interface& inner() {
  return sound<ar_tunnel_interface>(AR_INTERFACE_TUNNEL);
}

struct Instance {
  ar_tunnel* tunnel = nullptr;
  const ar_tunnel_events* host = nullptr;
  ar_tunnel_events events{};
};

ar_string text(std::string_view text) {
  return {text.data(), text.size()};
}

void tell_progress(const ar_tunnel_events* events) {
  ar_tunnel_progress progress{};
  progress.struct_size = sizeof progress;
  progress.state = text("still_here");
  events->progress(events->ctx, &progress);
}

void ready(void* ctx, const ar_tunnel_address* address) {
  const Instance& self = *static_cast<Instance*>(ctx);
  ar_tunnel_address told = *address;
  if constexpr (has("tells-a-url-of-another-scheme")) told.url = text("http://127.0.0.1:1/ws");
  self.host->ready(self.host->ctx, &told);
}

ar_status open(const ar_host* host, const ar_tunnel_open_params* params, ar_tunnel** out, ar_error* error) {
  leak();
  if constexpr (has("calls-back-from-open")) tell_progress(params->events);
  auto self = std::make_unique<Instance>();
  self->host = params->events;
  self->events = *params->events;
  self->events.ctx = self.get();
  self->events.progress = [](void* ctx, const ar_tunnel_progress* it) {
    const Instance& own = *static_cast<Instance*>(ctx);
    own.host->progress(own.host->ctx, it);
  };
  self->events.ready = ready;
  ar_tunnel_open_params changed = *params;
  changed.events = &self->events;
  const ar_status status = inner().open(host, &changed, &self->tunnel, error);
  if (status == AR_OK) *out = reinterpret_cast<ar_tunnel*>(self.release());
  return status;
}

void close(ar_tunnel* tunnel) {
  const std::unique_ptr<Instance> self(reinterpret_cast<Instance*>(tunnel));
  inner().close(self->tunnel);
  if constexpr (has("calls-back-after-close")) {
    std::thread([events = self->host] {
      std::this_thread::sleep_for(milliseconds(20));
      tell_progress(events);
    }).detach();
  }
}

const void* tunnel_interface() {
  static const ar_tunnel_interface tunnel{sizeof(ar_tunnel_interface), open, close};
  return &tunnel;
}

}  // namespace
}  // namespace agentroom::defects

DEFECTIVE_PLUGIN("tunnel", AR_INTERFACE_TUNNEL, agentroom::defects::tunnel_interface)
