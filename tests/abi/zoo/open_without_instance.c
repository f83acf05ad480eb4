#include "specimen.h"

static ar_status pretend(const ar_host* host, const ar_store_open_params* params, ar_store** out, ar_error* error) {
  (void)host, (void)params, (void)out, (void)error;
  return AR_OK;
}

static const ar_store_interface store = {
    sizeof(ar_store_interface), pretend, zoo_close, zoo_get, zoo_scan, zoo_commit, zoo_resume, NULL, NULL, NULL, NULL};
ZOO_GET_INTERFACE(store)
static const ar_plugin plugin = ZOO_PLUGIN;
ZOO_ENTRY(plugin)
