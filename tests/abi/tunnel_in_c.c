/* A tunnel written in C against nothing but the headers. Its public URL is the local one; it is ready as soon as the
 * engine thread has time. A process opens one at a time. */
#include <stdio.h>
#include <string.h>

#include "agentroom/abi/entry.h"
#include "agentroom/abi/tunnel.h"

AR_EXPORT const ar_plugin* agentroom_plugin_entry(void);

struct ar_tunnel {
  const ar_tunnel_events* events; /* NULL: closed */
  char url[128];
  char https[128];
};

/* Static, because a posted task may come after `close`. */
static ar_tunnel only;

static ar_string string_of(const char* text) {
  const ar_string view = {text, strlen(text)};
  return view;
}

static void tell_ready(void* arg) {
  const ar_tunnel* self = arg;
  if (self->events == NULL) return;
  const ar_tunnel_address address = {
      .struct_size = sizeof address, .url = string_of(self->url), .https = string_of(self->https), .reachable = 1};
  self->events->ready(self->events->ctx, &address);
}

static ar_status open_tunnel(const ar_host* host, const ar_tunnel_open_params* params, ar_tunnel** out,
                             ar_error* error) {
  if (only.events != NULL) {
    if (error != NULL) snprintf(error->message, sizeof error->message, "there is a tunnel already");
    return AR_IN_USE;
  }
  snprintf(only.url, sizeof only.url, "%.*s://%.*s/ws", (int)params->scheme.size, params->scheme.data,
           (int)params->local_address.size, params->local_address.data);
  snprintf(only.https, sizeof only.https, "http://%.*s", (int)params->local_address.size, params->local_address.data);
  only.events = params->events;
  const ar_status posted = host->post(host->ctx, tell_ready, &only);
  if (posted != AR_OK) {
    only.events = NULL;
    return posted;
  }
  *out = &only;
  return AR_OK;
}

static void close_tunnel(ar_tunnel* self) {
  self->events = NULL;
}

static const ar_tunnel_interface tunnel = {.struct_size = sizeof tunnel, .open = open_tunnel, .close = close_tunnel};

static ar_status init(const ar_host* host, ar_error* error) {
  (void)host, (void)error;
  return AR_OK;
}

static const void* get_interface(const char* name) {
  return strcmp(name, AR_INTERFACE_TUNNEL) == 0 ? &tunnel : NULL;
}

static void deinit(void) {}

static const ar_plugin plugin = {
    .struct_size = sizeof plugin,
    .abi_major = AR_ABI_MAJOR,
    .abi_minor = AR_ABI_MINOR,
    .id = "tunnel-in-c",
    .version = "0.9.0",
    .kinds = "tunnel",
    .init = init,
    .get_interface = get_interface,
    .deinit = deinit,
};

const ar_plugin* agentroom_plugin_entry(void) {
  return &plugin;
}
