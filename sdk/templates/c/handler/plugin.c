/* A handler that answers with what it was told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agentroom/abi/entry.h"
#include "agentroom/abi/handler.h"

AR_EXPORT const ar_plugin* agentroom_plugin_entry(void);

struct ar_handler {
  const ar_host* host;
};

static ar_status fail(ar_error* error, ar_status status, const char* message) {
  if (error == NULL) return status;
  error->status = status;
  snprintf(error->message, sizeof error->message, "%s", message);
  return status;
}

static ar_status open_handler(const ar_host* host, const ar_handler_open_params* params, ar_handler** out,
                              ar_error* error) {
  (void)params; /* its configuration is TOML; this one has no keys */
  ar_handler* self = malloc(sizeof *self);
  if (self == NULL) return fail(error, AR_INTERNAL, "out of memory");
  self->host = host;
  *out = self;
  return AR_OK;
}

static void close_handler(ar_handler* self) {
  free(self);
}

/* Called by several threads at once, though never by two for one peer. Whatever takes long asks
 * cancel->cancelled(cancel->ctx) and returns AR_CANCELLED within two seconds of a yes. */
static ar_status handle(ar_handler* self, const ar_message* message, const ar_reply_sink* sink, const ar_cancel* cancel,
                        ar_error* error) {
  (void)self;
  if (cancel->cancelled(cancel->ctx)) return fail(error, AR_CANCELLED, "cancelled");
  if (message->text.size == 0) {
    sink->none(sink->ctx);
  } else {
    sink->reply(sink->ctx, message->text);
  }
  return AR_OK;
}

static const ar_handler_interface handler = {
    .struct_size = sizeof handler,
    .open = open_handler,
    .close = close_handler,
    .handle = handle,
};

static ar_status init(const ar_host* host, ar_error* error) {
  (void)host, (void)error;
  return AR_OK;
}

static const void* get_interface(const char* name) {
  return strcmp(name, AR_INTERFACE_HANDLER) == 0 ? &handler : NULL;
}

static void deinit(void) {}

static const ar_plugin plugin = {
    .struct_size = sizeof plugin,
    .abi_major = AR_ABI_MAJOR,
    .abi_minor = AR_ABI_MINOR,
    .id = "@ID@",
    .version = "0.1.0",
    .kinds = "handler",
    .init = init,
    .get_interface = get_interface,
    .deinit = deinit,
};

const ar_plugin* agentroom_plugin_entry(void) {
  return &plugin;
}
