/* Of the next major version; what lies behind the versions is anything. */
#include "specimen.h"

static const struct {
  uint32_t struct_size;
  uint16_t abi_major;
  uint16_t abi_minor;
  const char* other[8];
} plugin = {sizeof plugin, AR_ABI_MAJOR + 1, 3, {"?"}};

const ar_plugin* agentroom_plugin_entry(void) {
  return (const ar_plugin*)(const void*)&plugin;
}
