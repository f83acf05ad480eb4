/* A store in C that is right in everything and does nothing; each specimen of the zoo spoils one thing.
 *
 * ZOO_ID is the id that the build gives the specimen. */
#ifndef AGENTROOM_TESTS_ABI_ZOO_SPECIMEN_H
#define AGENTROOM_TESTS_ABI_ZOO_SPECIMEN_H

#include <string.h>

#include "agentroom/abi/entry.h"
#include "agentroom/abi/store.h"

#ifdef __cplusplus
extern "C" {
#endif

AR_EXPORT const ar_plugin* agentroom_plugin_entry(void);

static inline void zoo_error(ar_error* error, ar_status status, const char* message) {
  if (error == NULL) return;
  error->status = status;
  strncpy(error->message, message, sizeof error->message - 1);
}

static inline ar_status zoo_open(const ar_host* host, const ar_store_open_params* params, ar_store** out,
                                 ar_error* error) {
  static char instance;
  (void)host, (void)params, (void)error;
  *out = (ar_store*)&instance;
  return AR_OK;
}

static inline void zoo_close(ar_store* self) {
  (void)self;
}

static inline ar_status zoo_get(ar_store* self, ar_bytes key, ar_store_visit visit, void* ctx, ar_error* error) {
  (void)self, (void)key, (void)visit, (void)ctx, (void)error;
  return AR_NOT_FOUND;
}

static inline ar_status zoo_scan(ar_store* self, ar_bytes prefix, ar_bytes after, uint64_t limit, ar_store_visit visit,
                                 void* ctx, ar_error* error) {
  (void)self, (void)prefix, (void)after, (void)limit, (void)visit, (void)ctx, (void)error;
  return AR_OK;
}

static inline ar_status zoo_commit(ar_store* self, const ar_store_op* ops, size_t count, ar_store_done done, void* ctx,
                                   ar_error* error) {
  (void)self, (void)ops, (void)count, (void)done, (void)ctx;
  zoo_error(error, AR_UNSUPPORTED, "this store keeps nothing");
  return AR_UNSUPPORTED;
}

static inline ar_status zoo_resume(ar_store* self, ar_error* error) {
  (void)self, (void)error;
  return AR_OK;
}

static inline ar_status zoo_init(const ar_host* host, ar_error* error) {
  (void)host, (void)error;
  return AR_OK;
}

static inline void zoo_deinit(void) {}

#define ZOO_STORE \
  {sizeof(ar_store_interface), zoo_open, zoo_close, zoo_get, zoo_scan, zoo_commit, zoo_resume, NULL, NULL, NULL, NULL}

#define ZOO_GET_INTERFACE(table)                                                 \
  static const void* zoo_get_interface(const char* name) {                       \
    return strcmp(name, AR_INTERFACE_STORE) == 0 ? (const void*)&(table) : NULL; \
  }

#define ZOO_PLUGIN \
  {sizeof(ar_plugin), AR_ABI_MAJOR, AR_ABI_MINOR, ZOO_ID, "1.0.0", "store", zoo_init, zoo_get_interface, zoo_deinit}

#define ZOO_ENTRY(plugin)                         \
  const ar_plugin* agentroom_plugin_entry(void) { \
    return &(plugin);                             \
  }

#ifdef __cplusplus
}
#endif
#endif
