#include "specimen.h"

static const ar_store_interface store = ZOO_STORE;
ZOO_GET_INTERFACE(store)
static const ar_plugin plugin = {sizeof(ar_plugin), AR_ABI_MAJOR,      AR_ABI_MINOR, NULL, NULL, NULL,
                                 zoo_init,          zoo_get_interface, zoo_deinit};
ZOO_ENTRY(plugin)
