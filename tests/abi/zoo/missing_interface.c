#include "specimen.h"

static const void* nothing(const char* name) {
  (void)name;
  return NULL;
}
static const ar_plugin plugin = {sizeof(ar_plugin), AR_ABI_MAJOR, AR_ABI_MINOR, ZOO_ID,    "1.0.0",
                                 "store",           zoo_init,     nothing,      zoo_deinit};
ZOO_ENTRY(plugin)
