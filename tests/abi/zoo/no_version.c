/* Its ar_plugin says that it is empty. */
#include "specimen.h"

static const ar_store_interface store = ZOO_STORE;
ZOO_GET_INTERFACE(store)
static const ar_plugin plugin = {0,       AR_ABI_MAJOR, AR_ABI_MINOR,      ZOO_ID,    "1.0.0",
                                 "store", zoo_init,     zoo_get_interface, zoo_deinit};
ZOO_ENTRY(plugin)
