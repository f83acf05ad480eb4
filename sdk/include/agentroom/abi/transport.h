/* agentroom.transport/1: ordered, reliable, message-oriented channels, and plain HTTP requests on a listener.
 *
 * The engine thread drives a transport: nothing is read, written or called back outside `turn`. A transport with
 * threads of its own queues what they bring (bounded) and hands it over in `turn`.
 *
 * A channel:
 *
 *   connect ----> [connecting] --opened--> [open] --closed--> [ended]
 *                      |                    ^
 *   accepted by a listener -----opened------+       connecting --closed--> [ended]
 */
#ifndef AGENTROOM_ABI_TRANSPORT_H
#define AGENTROOM_ABI_TRANSPORT_H

#include "agentroom/abi/host.h"
#include "agentroom/abi/types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ar_transport ar_transport; /* the plugin's own */

/* Names a channel for the life of its instance. Never reused; 0 names none. */
typedef uint64_t ar_channel;

/* Unsent bytes of one channel above which the host stops sending until `drained`. */
#define AR_TRANSPORT_HIGH_WATER 1048576u

#define AR_CLOSE_NORMAL 1000
#define AR_CLOSE_GOING_AWAY 1001
#define AR_CLOSE_ABNORMAL 1006 /* the connection broke, or was never there; only received */
#define AR_CLOSE_POLICY 1008
#define AR_CLOSE_TOO_LARGE 1009

/* Who is at the other end. Untrusted text, each at most 1,024 bytes; empty where unknown. */
typedef struct ar_peer_info {
  uint32_t struct_size;
  ar_string address;          /* numeric IP address without port */
  ar_string forwarded_for;    /* value of X-Forwarded-For */
  ar_string cf_connecting_ip; /* value of CF-Connecting-IP */
} ar_peer_info;

/* Why a channel ended. The texts are for people and untrusted, each at most 1,024 bytes. */
typedef struct ar_close_info {
  uint32_t struct_size;
  uint16_t code;
  ar_string reason;
  ar_string hint; /* what to do about it; may be empty */
} ar_close_info;

/* Events of channels. All [engine], inside `turn`; a callback may call every method but turn and close. */
typedef struct ar_channel_events {
  uint32_t struct_size;
  void* ctx;
  void (*opened)(void* ctx, ar_channel channel, const ar_peer_info* peer);
  /* One whole message. The host may overwrite its bytes during the call. */
  void (*message)(void* ctx, ar_channel channel, ar_mut_bytes message);
  /* All queued bytes went to the system, after `send` had reported more than AR_TRANSPORT_HIGH_WATER. */
  void (*drained)(void* ctx, ar_channel channel);
  /* The last event of a channel; also for a connection attempt that failed, then without `opened`. */
  void (*closed)(void* ctx, ar_channel channel, const ar_close_info* why);
} ar_channel_events;

typedef struct ar_http_request {
  uint32_t struct_size;
  ar_string method;
  ar_string target; /* untrusted */
} ar_http_request;

/* Filled in by the host during `request`: `body` comes from ar_host.allocate and the transport releases it. */
typedef struct ar_http_response {
  uint32_t struct_size;
  uint32_t status;
  ar_string content_type; /* valid until the transport is closed */
  ar_buffer* body;        /* NULL: empty */
} ar_http_response;

typedef struct ar_listen_params {
  uint32_t struct_size;
  ar_string address;               /* host:port, "[::1]:0"; port 0 picks a free one */
  uint64_t max_message;            /* bytes; a larger message closes its channel with 1009 before it is read */
  const ar_channel_events* events; /* stays valid until close */
  /* A plain request that asks for no channel. [engine] */
  void (*request)(void* ctx, const ar_http_request* request, ar_http_response* response);
  void* request_ctx;
} ar_listen_params;

/* What `listen` bound. */
typedef struct ar_listening {
  uint32_t struct_size;
  uint16_t port;
  ar_string scheme; /* static, not empty: how URLs that reach the listener begin, "ws" or "wss" */
} ar_listening;

typedef struct ar_connect_params {
  uint32_t struct_size;
  ar_string url;
  uint64_t max_message;
  uint64_t timeout_us;             /* until `opened`, then the attempt is closed */
  const ar_channel_events* events; /* stays valid until close */
} ar_connect_params;

typedef struct ar_transport_open_params {
  uint32_t struct_size;
  ar_string config; /* TOML: the table [transport.<plugin>], paths made absolute; may be empty */
} ar_transport_open_params;

/* Required: all. A method that is given a channel that has ended, or never was, does nothing. */
typedef struct ar_transport_interface {
  uint32_t struct_size;

  /* Makes an instance. Errors: AR_INVALID (configuration), any other. [owner] */
  ar_status (*open)(const ar_host* host, const ar_transport_open_params* params, ar_transport** out, ar_error* error);

  /* Ends every channel without events, joins its threads, frees. No callback follows its return. [owner] */
  void (*close)(ar_transport* self);

  /* Binds and listens; `out` tells where. Errors: AR_IN_USE, AR_INVALID (address), AR_PERMISSION, AR_IO. [engine] */
  ar_status (*listen)(ar_transport* self, const ar_listen_params* params, ar_listening* out, ar_error* error);

  /* Stops accepting and frees the port; open channels stay. [engine] */
  void (*stop_listening)(ar_transport* self);

  /* Starts to connect. The outcome comes in a later turn. Errors: AR_INVALID (URL), AR_UNSUPPORTED (scheme). [engine]
   */
  ar_status (*connect)(ar_transport* self, const ar_connect_params* params, ar_channel* out, ar_error* error);

  /* Queues one message and becomes the holder of the buffer. Never blocks. Returns the bytes of this channel that the
   * system has not taken yet, this message included; 0 when the channel has ended (the message is dropped). [engine] */
  uint64_t (*send)(ar_transport* self, ar_channel channel, ar_buffer* message);

  /* Stops and restarts reading. A message that was read already may still come. What the peer sends meanwhile ends no
   * wait of `turn`. [engine] */
  void (*pause)(ar_transport* self, ar_channel channel);
  void (*resume)(ar_transport* self, ar_channel channel);

  /* Sends what is queued (for at most 5 s), then closes. Only `closed` follows. `reason`: ASCII, at most 120 bytes.
   * [engine] */
  void (*close_channel)(ar_transport* self, ar_channel channel, uint16_t code, ar_string reason);

  /* Flushes what was sent since the last turn, each channel once; waits at most `timeout_us` for something to happen
   * (0: does not wait); reads, and calls back with all that came. [engine] */
  void (*turn)(ar_transport* self, uint64_t timeout_us);

  /* Makes the running or the next `turn` return without waiting. [any] */
  void (*wake)(ar_transport* self);

  /* Reads again what the configuration names by path, such as certificates and keys: channels that begin from now on
   * use the new, open ones go on. When anything is wrong with the new, all of the old stays in use. A transport that
   * has no such files does nothing. Errors: AR_INVALID (content), AR_PERMISSION, AR_IO. [engine] */
  ar_status (*reload)(ar_transport* self, ar_error* error);
} ar_transport_interface;

#ifdef __cplusplus
}
#endif
#endif
