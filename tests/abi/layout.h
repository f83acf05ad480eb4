/* Sizes and offsets of the boundary, the same list for C and for C++. */
#ifndef AGENTROOM_TESTS_ABI_LAYOUT_H
#define AGENTROOM_TESTS_ABI_LAYOUT_H

#include <stddef.h>

struct layout_row {
  const char* what;
  size_t value;
};

#define LAYOUT_SIZE(type) {#type, sizeof(type)}
#define LAYOUT_OFFSET(type, member) {#type "." #member, offsetof(type, member)}

#define LAYOUT_ROWS                                                                                                   \
  LAYOUT_SIZE(ar_bytes), LAYOUT_SIZE(ar_string), LAYOUT_SIZE(ar_error), LAYOUT_SIZE(ar_buffer), LAYOUT_SIZE(ar_host), \
      LAYOUT_SIZE(ar_plugin), LAYOUT_SIZE(ar_store_op), LAYOUT_SIZE(ar_store_interface),                              \
      LAYOUT_SIZE(ar_transport_interface), LAYOUT_SIZE(ar_tunnel_interface), LAYOUT_SIZE(ar_handler_interface),       \
      LAYOUT_SIZE(ar_message), LAYOUT_SIZE(ar_reply_sink), LAYOUT_SIZE(ar_cancel), LAYOUT_SIZE(ar_listen_params),     \
      LAYOUT_SIZE(ar_listening), LAYOUT_SIZE(ar_close_info), LAYOUT_SIZE(ar_connect_params),                          \
      LAYOUT_SIZE(ar_tunnel_open_params), LAYOUT_SIZE(ar_tunnel_events), LAYOUT_SIZE(ar_tunnel_progress),             \
      LAYOUT_SIZE(ar_tunnel_address), LAYOUT_OFFSET(ar_tunnel_open_params, folder),                                   \
      LAYOUT_OFFSET(ar_plugin, abi_major), LAYOUT_OFFSET(ar_plugin, abi_minor), LAYOUT_OFFSET(ar_plugin, deinit),     \
      LAYOUT_OFFSET(ar_error, hint), LAYOUT_OFFSET(ar_message, sent_at_ms), LAYOUT_OFFSET(ar_listening, scheme),      \
      LAYOUT_OFFSET(ar_transport_interface, reload)

#ifdef __cplusplus
extern "C"
#endif
    /* The number of rows. */
    size_t
    layout_in_c(const struct layout_row** rows);

#endif
