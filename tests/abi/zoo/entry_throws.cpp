#include <stdexcept>

#include "agentroom/abi/entry.h"

extern "C" AR_EXPORT const ar_plugin* agentroom_plugin_entry() {
  throw std::runtime_error("the entry went wrong");
}
