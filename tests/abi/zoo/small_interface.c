/* Its store ends before commit. */
#include "specimen.h"

static const ar_store_interface store = {offsetof(ar_store_interface, commit),
                                         zoo_open,
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
