#include "specimen.h"

static ar_status refuse(const ar_host* host, ar_error* error) {
  (void)host;
  zoo_error(error, AR_UNSUPPORTED, "this machine has no flux capacitor");
  strcpy(error->hint, "install one");
  return AR_UNSUPPORTED;
}

static const ar_store_interface store = ZOO_STORE;
ZOO_GET_INTERFACE(store)
static const ar_plugin plugin = {sizeof(ar_plugin), AR_ABI_MAJOR, AR_ABI_MINOR,      ZOO_ID,    "1.0.0",
                                 "store",           refuse,       zoo_get_interface, zoo_deinit};
ZOO_ENTRY(plugin)
