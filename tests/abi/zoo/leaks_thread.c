/* Its instance starts a thread and leaves it behind. */
#include <pthread.h>
#include <unistd.h>

#include "specimen.h"

static void* linger(void* unused) {
  for (;;) pause();
  return unused;
}

static ar_status open_and_start(const ar_host* host, const ar_store_open_params* params, ar_store** out,
                                ar_error* error) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, linger, NULL) != 0) return AR_IO;
  pthread_detach(thread);
  return zoo_open(host, params, out, error);
}

static const ar_store_interface store = {sizeof(ar_store_interface),
                                         open_and_start,
                                         zoo_close,
                                         zoo_get,
                                         zoo_scan,
                                         zoo_commit,
                                         zoo_resume,
                                         NULL,
                                         NULL,
                                         NULL,
                                         NULL};
ZOO_GET_INTERFACE(store)
static const ar_plugin plugin = ZOO_PLUGIN;
ZOO_ENTRY(plugin)
