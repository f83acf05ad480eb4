/* What version 1.0 of the boundary has: every struct with its members, every constant. One list, compiled in C and in
 * C++ against the current headers and in C against the frozen ones. */
#ifndef AGENTROOM_TESTS_ABI_LAYOUT_H
#define AGENTROOM_TESTS_ABI_LAYOUT_H

#include <stddef.h>

enum layout_kind { LAYOUT_CONSTANT, LAYOUT_FIXED_STRUCT, LAYOUT_GROWING_STRUCT, LAYOUT_MEMBER };

struct layout_row {
  const char* what;
  enum layout_kind kind;
  size_t value;     /* of a member its offset, of a struct 0 */
  size_t size;      /* of a constant 0 */
  const char* text; /* of a constant that is one, else "" */
};

#define LAYOUT_NUMBER(name) {#name, LAYOUT_CONSTANT, (size_t)(name), 0, ""}
#define LAYOUT_TEXT(name) {#name, LAYOUT_CONSTANT, 0, 0, name}
#define LAYOUT_FIXED(type) {#type, LAYOUT_FIXED_STRUCT, 0, sizeof(type), ""}
#define LAYOUT_GROWING(type) {#type, LAYOUT_GROWING_STRUCT, 0, sizeof(type), ""}
#define LAYOUT_1(type, member) \
  {#type "." #member, LAYOUT_MEMBER, offsetof(type, member), sizeof(((const type*)0)->member), ""}
#define LAYOUT_2(type, member, ...) LAYOUT_1(type, member), LAYOUT_1(type, __VA_ARGS__)
#define LAYOUT_3(type, member, ...) LAYOUT_1(type, member), LAYOUT_2(type, __VA_ARGS__)
#define LAYOUT_4(type, member, ...) LAYOUT_1(type, member), LAYOUT_3(type, __VA_ARGS__)
#define LAYOUT_5(type, member, ...) LAYOUT_1(type, member), LAYOUT_4(type, __VA_ARGS__)
#define LAYOUT_6(type, member, ...) LAYOUT_1(type, member), LAYOUT_5(type, __VA_ARGS__)
#define LAYOUT_7(type, member, ...) LAYOUT_1(type, member), LAYOUT_6(type, __VA_ARGS__)
#define LAYOUT_8(type, member, ...) LAYOUT_1(type, member), LAYOUT_7(type, __VA_ARGS__)
#define LAYOUT_9(type, member, ...) LAYOUT_1(type, member), LAYOUT_8(type, __VA_ARGS__)
#define LAYOUT_10(type, member, ...) LAYOUT_1(type, member), LAYOUT_9(type, __VA_ARGS__)
#define LAYOUT_11(type, member, ...) LAYOUT_1(type, member), LAYOUT_10(type, __VA_ARGS__)
#define LAYOUT_12(type, member, ...) LAYOUT_1(type, member), LAYOUT_11(type, __VA_ARGS__)
#define LAYOUT_13(type, member, ...) LAYOUT_1(type, member), LAYOUT_12(type, __VA_ARGS__)

/* clang-format off */
#define LAYOUT_ROWS \
  /* types.h */ \
  LAYOUT_NUMBER(AR_ABI_MAJOR), \
  LAYOUT_NUMBER(AR_OK), LAYOUT_NUMBER(AR_INTERNAL), LAYOUT_NUMBER(AR_INVALID), LAYOUT_NUMBER(AR_UNSUPPORTED), \
  LAYOUT_NUMBER(AR_NOT_FOUND), LAYOUT_NUMBER(AR_CONFLICT), LAYOUT_NUMBER(AR_IO), LAYOUT_NUMBER(AR_CORRUPT), \
  LAYOUT_NUMBER(AR_ABORTED), LAYOUT_NUMBER(AR_TOO_LARGE), LAYOUT_NUMBER(AR_TIMEOUT), LAYOUT_NUMBER(AR_CANCELLED), \
  LAYOUT_NUMBER(AR_NETWORK), LAYOUT_NUMBER(AR_PERMISSION), LAYOUT_NUMBER(AR_IN_USE), \
  LAYOUT_FIXED(ar_status), LAYOUT_FIXED(ar_bytes), LAYOUT_2(ar_bytes, data, size), \
  LAYOUT_FIXED(ar_mut_bytes), LAYOUT_2(ar_mut_bytes, data, size), \
  LAYOUT_FIXED(ar_string), LAYOUT_2(ar_string, data, size), \
  LAYOUT_GROWING(ar_error), LAYOUT_4(ar_error, struct_size, status, message, hint), \
  LAYOUT_FIXED(ar_buffer), LAYOUT_4(ar_buffer, data, size, capacity, release), \
  /* host.h */ \
  LAYOUT_NUMBER(AR_LOG_DEBUG), LAYOUT_NUMBER(AR_LOG_INFO), LAYOUT_NUMBER(AR_LOG_WARN), LAYOUT_NUMBER(AR_LOG_ERROR), \
  LAYOUT_NUMBER(AR_METRIC_COUNTER), LAYOUT_NUMBER(AR_METRIC_GAUGE), \
  LAYOUT_GROWING(ar_host), LAYOUT_8(ar_host, struct_size, abi_major, abi_minor, ctx, log, allocate, post, metric), \
  /* entry.h */ \
  LAYOUT_TEXT(AR_PLUGIN_ENTRY_SYMBOL), LAYOUT_TEXT(AR_INTERFACE_TRANSPORT), LAYOUT_TEXT(AR_INTERFACE_TUNNEL), \
  LAYOUT_TEXT(AR_INTERFACE_STORE), LAYOUT_TEXT(AR_INTERFACE_HANDLER), \
  LAYOUT_GROWING(ar_plugin), \
  LAYOUT_9(ar_plugin, struct_size, abi_major, abi_minor, id, version, kinds, init, get_interface, deinit), \
  /* handler.h */ \
  LAYOUT_GROWING(ar_message), \
  LAYOUT_10(ar_message, struct_size, text, from, from_name, self, msg_id, conversation_id, attempt, hops, sent_at_ms), \
  LAYOUT_GROWING(ar_reply_sink), LAYOUT_5(ar_reply_sink, struct_size, ctx, reply, none, fail), \
  LAYOUT_GROWING(ar_cancel), LAYOUT_4(ar_cancel, struct_size, descriptor, ctx, cancelled), \
  LAYOUT_GROWING(ar_handler_open_params), LAYOUT_2(ar_handler_open_params, struct_size, config), \
  LAYOUT_GROWING(ar_handler_interface), LAYOUT_4(ar_handler_interface, struct_size, open, close, handle), \
  /* store.h */ \
  LAYOUT_NUMBER(AR_STORE_MAX_KEY), LAYOUT_NUMBER(AR_STORE_MAX_VALUE), \
  LAYOUT_NUMBER(AR_STORE_PUT), LAYOUT_NUMBER(AR_STORE_DELETE), LAYOUT_NUMBER(AR_STORE_PUT_IF_ABSENT), \
  LAYOUT_NUMBER(AR_STORE_OPEN_READ_ONLY), \
  LAYOUT_FIXED(ar_store_op), LAYOUT_4(ar_store_op, kind, reserved, key, value), \
  LAYOUT_GROWING(ar_store_open_params), LAYOUT_4(ar_store_open_params, struct_size, flags, config, location), \
  LAYOUT_GROWING(ar_store_size), LAYOUT_3(ar_store_size, struct_size, bytes, unused_bytes), \
  LAYOUT_GROWING(ar_store_interface), \
  LAYOUT_11(ar_store_interface, struct_size, open, close, get, scan, commit, resume, check, size, compact, backup), \
  /* transport.h */ \
  LAYOUT_NUMBER(AR_TRANSPORT_HIGH_WATER), LAYOUT_NUMBER(AR_CLOSE_NORMAL), LAYOUT_NUMBER(AR_CLOSE_GOING_AWAY), \
  LAYOUT_NUMBER(AR_CLOSE_ABNORMAL), LAYOUT_NUMBER(AR_CLOSE_POLICY), LAYOUT_NUMBER(AR_CLOSE_TOO_LARGE), \
  LAYOUT_FIXED(ar_channel), \
  LAYOUT_GROWING(ar_peer_info), LAYOUT_4(ar_peer_info, struct_size, address, forwarded_for, cf_connecting_ip), \
  LAYOUT_GROWING(ar_close_info), LAYOUT_4(ar_close_info, struct_size, code, reason, hint), \
  LAYOUT_GROWING(ar_channel_events), LAYOUT_6(ar_channel_events, struct_size, ctx, opened, message, drained, closed), \
  LAYOUT_GROWING(ar_http_request), LAYOUT_3(ar_http_request, struct_size, method, target), \
  LAYOUT_GROWING(ar_http_response), LAYOUT_4(ar_http_response, struct_size, status, content_type, body), \
  LAYOUT_GROWING(ar_listen_params), \
  LAYOUT_6(ar_listen_params, struct_size, address, max_message, events, request, request_ctx), \
  LAYOUT_GROWING(ar_listening), LAYOUT_3(ar_listening, struct_size, port, scheme), \
  LAYOUT_GROWING(ar_connect_params), LAYOUT_5(ar_connect_params, struct_size, url, max_message, timeout_us, events), \
  LAYOUT_GROWING(ar_transport_open_params), LAYOUT_2(ar_transport_open_params, struct_size, config), \
  LAYOUT_GROWING(ar_transport_interface), \
  LAYOUT_13(ar_transport_interface, struct_size, open, close, listen, stop_listening, connect, send, pause, resume, \
            close_channel, turn, wake, reload), \
  /* tunnel.h */ \
  LAYOUT_GROWING(ar_tunnel_progress), LAYOUT_5(ar_tunnel_progress, struct_size, state, detail, bytes, total), \
  LAYOUT_GROWING(ar_tunnel_address), LAYOUT_4(ar_tunnel_address, struct_size, reachable, url, https), \
  LAYOUT_GROWING(ar_tunnel_events), LAYOUT_6(ar_tunnel_events, struct_size, ctx, progress, ready, lost, failed), \
  LAYOUT_GROWING(ar_tunnel_open_params), \
  LAYOUT_7(ar_tunnel_open_params, struct_size, config, local_address, scheme, health_path, folder, events), \
  LAYOUT_GROWING(ar_tunnel_interface), LAYOUT_3(ar_tunnel_interface, struct_size, open, close)
/* clang-format on */

#ifdef __cplusplus
extern "C" {
#endif

/* The number of rows: of the current headers in C, and of the frozen headers of 1.0. */
size_t layout_in_c(const struct layout_row** rows);
size_t layout_of_1_0(const struct layout_row** rows);

#ifdef __cplusplus
}
#endif
#endif
