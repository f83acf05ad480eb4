/* handler-shout: a plugin in C11, against nothing but the headers of the boundary. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agentroom/abi/entry.h"
#include "agentroom/abi/handler.h"

/* An instance. Several threads are in `handle` at the same time: what it holds is read alone. */
struct ar_handler {
  const ar_host* host;
};

/* Tells the caller, who may have given no place for it; the status to return. */
static ar_status fail(ar_error* error, ar_status status, const char* message, const char* hint) {
  if (error != NULL) {
    error->status = status;
    snprintf(error->message, sizeof error->message, "%s", message);
    snprintf(error->hint, sizeof error->hint, "%s", hint);
  }
  return status;
}

static int is_blank(ar_string text) {
  for (size_t i = 0; i < text.size; ++i) {
    if (memchr(" \t\r\n", text.data[i], 4) == NULL) return 0;
  }
  return 1;
}

static ar_status open_handler(const ar_host* host, const ar_handler_open_params* params, ar_handler** out,
                              ar_error* error) {
  /* The manifest has no keys, so there is nothing that the table could say. */
  if (!is_blank(params->config)) {
    return fail(error, AR_INVALID, "handler-shout has no configuration", "empty [handler.shout]");
  }
  ar_handler* const self = malloc(sizeof *self);
  if (self == NULL) return fail(error, AR_INTERNAL, "out of memory", "");
  self->host = host;
  *out = self;
  return AR_OK;
}

static void close_handler(ar_handler* self) {
  free(self);
}

/* The letters of ASCII; everything else, the parts of longer characters among it, is left as it is. */
static void shout(char* out, ar_string text) {
  for (size_t i = 0; i < text.size; ++i) {
    const char c = text.data[i];
    out[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
  }
}

static ar_status handle(ar_handler* self, const ar_message* message, const ar_reply_sink* sink, const ar_cancel* cancel,
                        ar_error* error) {
  if (cancel->cancelled(cancel->ctx)) return fail(error, AR_CANCELLED, "cancelled", "");
  if (message->text.size == 0) { /* an empty reply is none */
    sink->none(sink->ctx);
    return AR_OK;
  }
  char* const text = malloc(message->text.size);
  if (text == NULL) return fail(error, AR_INTERNAL, "out of memory", "");
  shout(text, message->text);
  const ar_string reply = {text, message->text.size};
  sink->reply(sink->ctx, reply); /* copies it */
  free(text);
  const ar_string metric = {"shout_answers", strlen("shout_answers")};
  self->host->metric(self->host->ctx, metric, AR_METRIC_COUNTER, 1);
  return AR_OK;
}

static const ar_handler_interface handler = {sizeof handler, open_handler, close_handler, handle};

static ar_status init(const ar_host* host, ar_error* error) {
  (void)host;
  (void)error;
  return AR_OK;
}

static const void* get_interface(const char* name) {
  return strcmp(name, AR_INTERFACE_HANDLER) == 0 ? &handler : NULL;
}

static void deinit(void) {}

static const ar_plugin plugin = {sizeof plugin, AR_ABI_MAJOR, AR_ABI_MINOR,  "handler-shout", "1.0.0",
                                 "handler",     init,         get_interface, deinit};

AR_EXPORT const ar_plugin* agentroom_plugin_entry(void);

const ar_plugin* agentroom_plugin_entry(void) {
  return &plugin;
}
