/* Nothing is wrong with it: what the others would be. */
#include "specimen.h"

static const ar_store_interface store = ZOO_STORE;
ZOO_GET_INTERFACE(store)
static const ar_plugin plugin = ZOO_PLUGIN;
ZOO_ENTRY(plugin)
