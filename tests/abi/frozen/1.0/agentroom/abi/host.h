/* What the host does for a plugin. */
#ifndef AGENTROOM_ABI_HOST_H
#define AGENTROOM_ABI_HOST_H

#include "agentroom/abi/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The host takes a level that it does not know for AR_LOG_ERROR. */
enum { AR_LOG_DEBUG = 0, AR_LOG_INFO = 1, AR_LOG_WARN = 2, AR_LOG_ERROR = 3 };

enum {
  AR_METRIC_COUNTER = 0, /* `value` is added; never negative */
  AR_METRIC_GAUGE = 1    /* `value` replaces */
};

/* Valid from the plugin's `init` until its `deinit` returned. Nothing in it may be written. */
typedef struct ar_host {
  uint32_t struct_size;
  uint16_t abi_major; /* AR_ABI_MAJOR of the host */
  uint16_t abi_minor; /* AR_ABI_MINOR of the host */
  void* ctx;          /* to be passed as the first argument of every method below */

  /* Writes one line to the host's log, escaped by the host. Never pass a secret. [any] */
  void (*log)(void* ctx, int32_t level, ar_string message);

  /* A block of `capacity` bytes with size 0, or NULL when there is no memory. The caller is its holder. [any] */
  ar_buffer* (*allocate)(void* ctx, size_t capacity);

  /* Runs `run(arg)` once on the engine thread, in order of the calls. After the instance that posted was closed it may
   * still come: `arg` must outlive that. Returns AR_ABORTED when the host is stopping; `run` is then not called. A host
   * that stops may also drop what it accepted, so `run` must not be the only owner of `arg`. AR_INVALID: `run` is NULL.
   * [any] */
  ar_status (*post)(void* ctx, void (*run)(void* arg), void* arg);

  /* Counts or sets `agentroom_plugin_<name>`; name: [a-z0-9_]{1,64}, at most 256 of them. Anything else is dropped.
   * [any] */
  void (*metric)(void* ctx, ar_string name, int32_t kind, double value);
} ar_host;

#ifdef __cplusplus
}
#endif
#endif
