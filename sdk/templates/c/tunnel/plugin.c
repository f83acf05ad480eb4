/* A tunnel that is none: it tells the relay's own address. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agentroom/abi/entry.h"
#include "agentroom/abi/tunnel.h"

AR_EXPORT const ar_plugin* agentroom_plugin_entry(void);

struct ar_tunnel {
  const ar_tunnel_events* events;
  pthread_t thread;
  char url[512];
  char https[512];
};

static ar_string string_of(const char* text) {
  const ar_string view = {text, strlen(text)};
  return view;
}

static ar_status fail(ar_error* error, ar_status status, const char* message) {
  if (error == NULL) return status;
  error->status = status;
  snprintf(error->message, sizeof error->message, "%s", message);
  return status;
}

/* Events never come from inside `open` or `close`, and one at a time. */
static void* tell(void* arg) {
  const ar_tunnel* self = arg;
  const ar_tunnel_progress progress = {.struct_size = sizeof progress, .state = string_of("ready")};
  self->events->progress(self->events->ctx, &progress);
  const ar_tunnel_address address = {
      .struct_size = sizeof address, .url = string_of(self->url), .https = string_of(self->https)};
  self->events->ready(self->events->ctx, &address);
  return NULL;
}

static ar_status open_tunnel(const ar_host* host, const ar_tunnel_open_params* params, ar_tunnel** out,
                             ar_error* error) {
  (void)host;
  const ar_string at = params->local_address;
  const ar_string scheme = params->scheme;
  ar_tunnel* self = calloc(1, sizeof *self);
  if (self == NULL) return fail(error, AR_INTERNAL, "out of memory");
  const int url =
      snprintf(self->url, sizeof self->url, "%.*s://%.*s/ws", (int)scheme.size, scheme.data, (int)at.size, at.data);
  const int https = snprintf(self->https, sizeof self->https, "%s://%.*s", scheme.size == 3 ? "https" : "http",
                             (int)at.size, at.data);
  if (url < 0 || https < 0 || (size_t)url >= sizeof self->url || (size_t)https >= sizeof self->https) {
    free(self);
    return fail(error, AR_INVALID, "the relay's address is too long");
  }
  self->events = params->events;
  if (pthread_create(&self->thread, NULL, tell, self) != 0) {
    free(self);
    return fail(error, AR_INTERNAL, "cannot start a thread");
  }
  *out = self;
  return AR_OK;
}

/* Within a few seconds in every state; no event follows its return. */
static void close_tunnel(ar_tunnel* self) {
  pthread_join(self->thread, NULL);
  free(self);
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
    .id = "@ID@",
    .version = "0.1.0",
    .kinds = "tunnel",
    .init = init,
    .get_interface = get_interface,
    .deinit = deinit,
};

const ar_plugin* agentroom_plugin_entry(void) {
  return &plugin;
}
