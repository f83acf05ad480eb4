/* A library like any other. */
#include "agentroom/abi/entry.h"

AR_EXPORT int agentroom_plugin_entrance(void);
int agentroom_plugin_entrance(void) {
  return 1;
}
