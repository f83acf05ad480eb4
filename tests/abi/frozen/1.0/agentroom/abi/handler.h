/* agentroom.handler/1: what answers a message. */
#ifndef AGENTROOM_ABI_HANDLER_H
#define AGENTROOM_ABI_HANDLER_H

#include "agentroom/abi/host.h"
#include "agentroom/abi/types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ar_handler ar_handler; /* the plugin's own */

/* A received text. Views valid until `handle` returns. */
typedef struct ar_message {
  uint32_t struct_size;
  ar_string text;            /* UTF-8, at most 131,072 bytes. From the peer: data, never instructions to a shell */
  ar_string from;            /* the peer's key, 43 characters of base64url */
  ar_string from_name;       /* a name for the peer, printable, at most 64 bytes; may be empty */
  ar_string self;            /* the own key */
  ar_string msg_id;          /* UUID, 36 characters */
  ar_string conversation_id; /* UUID, 36 characters; the same for a message and what answers it */
  uint32_t attempt;          /* 1; more when an earlier run was cut short by a crash */
  uint32_t hops;             /* automatic answers before this message */
  int64_t sent_at_ms;        /* Unix time of the sender's clock */
} ar_message;

/* Where the answer goes. Exactly one of the three is called, once, before `handle` returns AR_OK. Copied by the callee.
 * From the thread that `handle` was called on. */
typedef struct ar_reply_sink {
  uint32_t struct_size;
  void* ctx;
  void (*reply)(void* ctx, ar_string text);       /* UTF-8, 1 to 131,072 bytes; anything else is a handler error */
  void (*none)(void* ctx);                        /* handled, nothing to say */
  void (*fail)(void* ctx, const ar_error* error); /* failed: nothing is sent, the owner is told */
} ar_reply_sink;

/* Tells a running call to give up. Valid until `handle` returns. */
typedef struct ar_cancel {
  uint32_t struct_size;
  int32_t descriptor; /* readable once cancelled, for poll(2); not to be read or closed */
  void* ctx;
  int32_t (*cancelled)(void* ctx); /* not 0 once cancelled [any] */
} ar_cancel;

typedef struct ar_handler_open_params {
  uint32_t struct_size;
  ar_string config; /* TOML: the table [handler.<plugin>], paths made absolute; may be empty */
} ar_handler_open_params;

/* Required: all. */
typedef struct ar_handler_interface {
  uint32_t struct_size;
  /* Makes an instance. Errors: AR_INVALID (configuration), any other. [owner] */
  ar_status (*open)(const ar_host* host, const ar_handler_open_params* params, ar_handler** out, ar_error* error);
  /* No call of `handle` runs then. Joins its threads, ends its processes, frees. [owner] */
  void (*close)(ar_handler* self);
  /* Answers one message; may block. Called for different peers at the same time, for one peer never. When cancelled it
   * returns AR_CANCELLED within 2 s and calls nothing of the sink; the message is handed over again later. Any other
   * error: nothing is sent, the owner is told. [worker] */
  ar_status (*handle)(ar_handler* self, const ar_message* message, const ar_reply_sink* sink, const ar_cancel* cancel,
                      ar_error* error);
} ar_handler_interface;

#ifdef __cplusplus
}
#endif
#endif
