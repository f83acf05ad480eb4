/* LAYOUT_FUNCTION is one of those that layout.h declares, by the headers that this is compiled against. */
#include "layout.h"

#include "agentroom/abi/entry.h"
#include "agentroom/abi/handler.h"
#include "agentroom/abi/host.h"
#include "agentroom/abi/store.h"
#include "agentroom/abi/transport.h"
#include "agentroom/abi/tunnel.h"

size_t LAYOUT_FUNCTION(const struct layout_row** rows) {
  static const struct layout_row table[] = {LAYOUT_ROWS};
  *rows = table;
  return sizeof table / sizeof *table;
}
