/* agentroom.tunnel/1: gives a local listener a public URL. */
#ifndef AGENTROOM_ABI_TUNNEL_H
#define AGENTROOM_ABI_TUNNEL_H

#include "agentroom/abi/host.h"
#include "agentroom/abi/types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ar_tunnel ar_tunnel; /* the plugin's own */

typedef struct ar_tunnel_progress {
  uint32_t struct_size;
  ar_string state;  /* one stable word in lower case: "downloading", "starting" */
  ar_string detail; /* for people; may be empty */
  uint64_t bytes;   /* of a transfer: done so far */
  uint64_t total;   /* of a transfer: all of it; 0: there is none, or its size is unknown */
} ar_tunnel_progress;

typedef struct ar_tunnel_address {
  uint32_t struct_size;
  int32_t reachable; /* 1: the health path answered 200 through it; 0: that is not known */
  ar_string url;     /* of the channel endpoint: "wss://name.example/ws" */
  ar_string https;   /* what plain requests go to, without a slash at its end: "https://name.example" */
} ar_tunnel_address;

/* What happens to a tunnel, in this order:
 *
 *   progress* --> ready --> ready* --> lost --> progress* --> ready ...
 *      |                                            |
 *      +--> failed (it tries again) ----------------+
 *      +--> failed (given up): no event follows
 *
 * [any], but never two at once for one tunnel, never from inside `open` or `close`. Structs and views valid during the
 * call. */
typedef struct ar_tunnel_events {
  uint32_t struct_size;
  void* ctx;
  void (*progress)(void* ctx, const ar_tunnel_progress* progress);
  /* There is a public URL. Comes again when the URL or `reachable` has changed. */
  void (*ready)(void* ctx, const ar_tunnel_address* address);
  /* What was ready is so no more; the tunnel is opened again by itself, maybe with another URL. */
  void (*lost)(void* ctx, ar_string reason);
  /* It did not become ready. `given_up` 0: it tries again by itself. */
  void (*failed)(void* ctx, const ar_error* why, int32_t given_up);
} ar_tunnel_events;

typedef struct ar_tunnel_open_params {
  uint32_t struct_size;
  ar_string config;               /* TOML: the table [tunnel.<plugin>], paths made absolute; may be empty */
  ar_string local_address;        /* host:port of the listener; the host may stand for all addresses ("0.0.0.0") */
  ar_string scheme;               /* of the listener's own URL: "ws", or "wss" where it speaks TLS */
  ar_string health_path;          /* "/health": answers 200 once the relay is reachable */
  ar_string folder;               /* absolute path of a folder for what the plugin keeps, such as programs that it
                                     downloads; it makes the folder when it needs it. Empty: it keeps nothing */
  const ar_tunnel_events* events; /* stays valid until close */
} ar_tunnel_open_params;

/* Required: all. */
typedef struct ar_tunnel_interface {
  uint32_t struct_size;
  /* Starts; returns at once. What happens next comes as events. Errors: AR_INVALID (configuration), any other. [owner]
   */
  ar_status (*open)(const ar_host* host, const ar_tunnel_open_params* params, ar_tunnel** out, ar_error* error);
  /* Whatever the tunnel is doing, ends it, its processes and threads, and frees. Takes a few seconds at most. No event
   * follows its return. [owner] */
  void (*close)(ar_tunnel* self);
} ar_tunnel_interface;

#ifdef __cplusplus
}
#endif
#endif
