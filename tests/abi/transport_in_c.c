/* A transport written in C against nothing but the headers. Every channel leads to an echo: what is sent on it comes
 * back in the next turn. It keeps one channel, and one message of it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agentroom/abi/entry.h"
#include "agentroom/abi/transport.h"

AR_EXPORT const ar_plugin* agentroom_plugin_entry(void);

struct ar_transport {
  const ar_channel_events* events;
  ar_channel channel; /* the last one */
  int opening, open, closing;
  uint16_t code;
  ar_buffer* message;
};

static void drop_message(ar_transport* self) {
  if (self->message != NULL) self->message->release(self->message);
  self->message = NULL;
}

static ar_status open_transport(const ar_host* host, const ar_transport_open_params* params, ar_transport** out,
                                ar_error* error) {
  (void)host, (void)params;
  ar_transport* self = calloc(1, sizeof *self);
  if (self == NULL) {
    if (error != NULL) snprintf(error->message, sizeof error->message, "out of memory");
    return AR_INTERNAL;
  }
  *out = self;
  return AR_OK;
}

static void close_transport(ar_transport* self) {
  drop_message(self);
  free(self);
}

static ar_status listen_nowhere(ar_transport* self, const ar_listen_params* params, ar_listening* out,
                                ar_error* error) {
  (void)self, (void)params, (void)out;
  if (error != NULL) snprintf(error->message, sizeof error->message, "this transport does not listen");
  return AR_UNSUPPORTED;
}

static void stop_listening(ar_transport* self) {
  (void)self;
}

static ar_status connect_to_echo(ar_transport* self, const ar_connect_params* params, ar_channel* out,
                                 ar_error* error) {
  if (self->opening || self->open) {
    if (error != NULL) snprintf(error->message, sizeof error->message, "there is a channel already");
    return AR_IN_USE;
  }
  self->events = params->events;
  self->opening = 1;
  *out = ++self->channel;
  return AR_OK;
}

static uint64_t send_message(ar_transport* self, ar_channel channel, ar_buffer* message) {
  if (channel != self->channel || !self->open || self->closing) {
    message->release(message);
    return 0;
  }
  drop_message(self);
  self->message = message;
  return message->size;
}

static void leave(ar_transport* self, ar_channel channel) {
  (void)self, (void)channel;
}

static void close_channel(ar_transport* self, ar_channel channel, uint16_t code, ar_string reason) {
  (void)reason;
  if (channel != self->channel || !self->open) return;
  self->closing = 1;
  self->code = code;
}

static void turn(ar_transport* self, uint64_t timeout_us) {
  (void)timeout_us;
  const ar_channel_events* events = self->events;
  if (self->opening) {
    const ar_peer_info peer = {.struct_size = sizeof peer, .address = {"127.0.0.1", 9}};
    self->opening = 0;
    self->open = 1;
    events->opened(events->ctx, self->channel, &peer);
  }
  if (self->message != NULL) {
    ar_buffer* message = self->message;
    self->message = NULL;
    const ar_mut_bytes bytes = {message->data, message->size};
    events->message(events->ctx, self->channel, bytes);
    message->release(message);
  }
  if (self->closing) {
    const ar_close_info why = {.struct_size = sizeof why, .code = self->code, .reason = {"as you wish", 11}};
    self->open = self->closing = 0;
    events->closed(events->ctx, self->channel, &why);
  }
}

static void wake(ar_transport* self) {
  (void)self;
}

static ar_status reload(ar_transport* self, ar_error* error) {
  (void)self, (void)error;
  return AR_OK;
}

static const ar_transport_interface transport = {
    .struct_size = sizeof transport,
    .open = open_transport,
    .close = close_transport,
    .listen = listen_nowhere,
    .stop_listening = stop_listening,
    .connect = connect_to_echo,
    .send = send_message,
    .pause = leave,
    .resume = leave,
    .close_channel = close_channel,
    .turn = turn,
    .wake = wake,
    .reload = reload,
};

static ar_status init(const ar_host* host, ar_error* error) {
  (void)host, (void)error;
  return AR_OK;
}

static const void* get_interface(const char* name) {
  return strcmp(name, AR_INTERFACE_TRANSPORT) == 0 ? &transport : NULL;
}

static void deinit(void) {}

static const ar_plugin plugin = {
    .struct_size = sizeof plugin,
    .abi_major = AR_ABI_MAJOR,
    .abi_minor = AR_ABI_MINOR,
    .id = "transport-in-c",
    .version = "0.9.0",
    .kinds = "transport",
    .init = init,
    .get_interface = get_interface,
    .deinit = deinit,
};

const ar_plugin* agentroom_plugin_entry(void) {
  return &plugin;
}
