#include "specimen.h"

static const ar_store_interface store = {
    sizeof(ar_store_interface), zoo_open, zoo_close, zoo_get, zoo_scan, NULL, zoo_resume, NULL, NULL, NULL, NULL};
ZOO_GET_INTERFACE(store)
static const ar_plugin plugin = ZOO_PLUGIN;
ZOO_ENTRY(plugin)
