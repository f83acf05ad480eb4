/* A handler written in C against nothing but the headers. It answers with the text in capitals; some texts make it
 * break the rules of the sink, one each. Its configuration is not read, but counted. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agentroom/abi/entry.h"
#include "agentroom/abi/handler.h"

AR_EXPORT const ar_plugin* agentroom_plugin_entry(void);

struct ar_handler {
  const ar_host* host;
  size_t config_size;
};

static ar_status open_handler(const ar_host* host, const ar_handler_open_params* params, ar_handler** out,
                              ar_error* error) {
  ar_handler* self = malloc(sizeof *self);
  if (self == NULL) {
    if (error != NULL) snprintf(error->message, sizeof error->message, "out of memory");
    return AR_INTERNAL;
  }
  self->host = host;
  self->config_size = params->config.size;
  *out = self;
  return AR_OK;
}

static void close_handler(ar_handler* self) {
  free(self);
}

static int is(ar_string text, const char* word) {
  return text.size == strlen(word) && memcmp(text.data, word, text.size) == 0;
}

static void reply_text(const ar_reply_sink* sink, const char* text) {
  const ar_string reply = {text, strlen(text)};
  sink->reply(sink->ctx, reply);
}

static ar_status shout(ar_handler* self, ar_string text, const ar_reply_sink* sink) {
  ar_buffer* buffer = self->host->allocate(self->host->ctx, text.size);
  if (buffer == NULL) return AR_INTERNAL;
  for (size_t i = 0; i < text.size; ++i) {
    const uint8_t c = (uint8_t)text.data[i];
    buffer->data[i] = c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
  }
  buffer->size = text.size;
  const ar_string reply = {(const char*)buffer->data, buffer->size};
  sink->reply(sink->ctx, reply);
  buffer->release(buffer);
  return AR_OK;
}

static ar_status too_long(const ar_reply_sink* sink) {
  const size_t size = 131073;
  char* text = malloc(size);
  if (text == NULL) return AR_INTERNAL;
  memset(text, 'a', size);
  const ar_string reply = {text, size};
  sink->reply(sink->ctx, reply);
  free(text);
  return AR_OK;
}

static ar_status handle(ar_handler* self, const ar_message* message, const ar_reply_sink* sink, const ar_cancel* cancel,
                        ar_error* error) {
  if (cancel->cancelled(cancel->ctx)) return AR_CANCELLED;
  if (is(message->text, "none")) {
    sink->none(sink->ctx);
  } else if (is(message->text, "silent")) {
    return AR_OK;
  } else if (is(message->text, "twice")) {
    reply_text(sink, "one");
    reply_text(sink, "two");
  } else if (is(message->text, "empty")) {
    reply_text(sink, "");
  } else if (is(message->text, "not utf-8")) {
    reply_text(sink, "\xc3\x28");
  } else if (is(message->text, "too long")) {
    return too_long(sink);
  } else if (is(message->text, "fail")) {
    ar_error why = {sizeof why, AR_IO, "the brain is\nout of order", "repair it"};
    sink->fail(sink->ctx, &why);
  } else if (is(message->text, "timeout")) {
    if (error != NULL) snprintf(error->message, sizeof error->message, "it took too long");
    return AR_TIMEOUT;
  } else if (is(message->text, "status")) {
    return 4711;
  } else if (is(message->text, "who")) {
    char text[256];
    snprintf(text, sizeof text, "%.*s %.*s %.*s attempt %u hops %u config %zu", (int)message->from.size,
             message->from.data, (int)message->from_name.size, message->from_name.data, (int)message->msg_id.size,
             message->msg_id.data, message->attempt, message->hops, self->config_size);
    reply_text(sink, text);
  } else {
    return shout(self, message->text, sink);
  }
  return AR_OK;
}

static const ar_handler_interface handler = {sizeof(ar_handler_interface), open_handler, close_handler, handle};

static ar_status init(const ar_host* host, ar_error* error) {
  (void)error;
  const ar_string line = {"written in C", 12};
  host->log(host->ctx, AR_LOG_INFO, line);
  return AR_OK;
}

static const void* get_interface(const char* name) {
  return strcmp(name, AR_INTERFACE_HANDLER) == 0 ? &handler : NULL;
}

static void deinit(void) {}

static const ar_plugin plugin = {sizeof(ar_plugin), AR_ABI_MAJOR, AR_ABI_MINOR,  "handler-in-c", "0.9.0",
                                 "handler",         init,         get_interface, deinit};

const ar_plugin* agentroom_plugin_entry(void) {
  return &plugin;
}
