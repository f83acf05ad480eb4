#include "specimen.h"

const ar_plugin* agentroom_plugin_entry(void) {
  return NULL;
}
