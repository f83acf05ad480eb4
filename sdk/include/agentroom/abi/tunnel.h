/* agentroom.tunnel/1: gives a local listener a public URL. */
#ifndef AGENTROOM_ABI_TUNNEL_H
#define AGENTROOM_ABI_TUNNEL_H

#include "agentroom/abi/host.h"
#include "agentroom/abi/types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ar_tunnel ar_tunnel; /* the plugin's own */

/* [any], but never two at once for one tunnel, never from inside `open` or `close`. Views valid during the call. */
typedef struct ar_tunnel_events {
  uint32_t struct_size;
  void* ctx;
  /* `state`: one stable word in lower case ("downloading", "ready"); `detail`: for people, may be empty. */
  void (*progress)(void* ctx, ar_string state, ar_string detail);
  /* The public URL of the channel endpoint ("wss://name.example/ws"). May come again, with the same or another URL. */
  void (*ready)(void* ctx, ar_string url);
  void (*lost)(void* ctx, ar_string reason);
} ar_tunnel_events;

typedef struct ar_tunnel_open_params {
  uint32_t struct_size;
  ar_string config;               /* TOML: the table [tunnel.<plugin>], paths made absolute; may be empty */
  ar_string local_address;        /* host:port of the listener */
  ar_string health_path;          /* "/health": answers 200 once the relay is reachable */
  const ar_tunnel_events* events; /* stays valid until close */
} ar_tunnel_open_params;

/* Required: all. */
typedef struct ar_tunnel_interface {
  uint32_t struct_size;
  /* Starts; returns at once. What happens next comes as events. [owner] */
  ar_status (*open)(const ar_host* host, const ar_tunnel_open_params* params, ar_tunnel** out, ar_error* error);
  /* Takes the tunnel down, ends its processes and threads, frees. No event follows its return. [owner] */
  void (*close)(ar_tunnel* self);
} ar_tunnel_interface;

#ifdef __cplusplus
}
#endif
#endif
