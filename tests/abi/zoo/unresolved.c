/* Needs a symbol that nobody has. */
#include "specimen.h"

void agentroom_zoo_symbol_that_nobody_has(void);

static ar_status call_it(const ar_host* host, ar_error* error) {
  (void)host, (void)error;
  agentroom_zoo_symbol_that_nobody_has();
  return AR_OK;
}

static const ar_store_interface store = ZOO_STORE;
ZOO_GET_INTERFACE(store)
static const ar_plugin plugin = {sizeof(ar_plugin), AR_ABI_MAJOR, AR_ABI_MINOR,      ZOO_ID,    "1.0.0",
                                 "store",           call_it,      zoo_get_interface, zoo_deinit};
ZOO_ENTRY(plugin)
