/* Of a later minor version: its structs have grown. */
#include "specimen.h"

typedef struct grown_store {
  ar_store_interface known;
  void (*compact)(ar_store* self);
} grown_store;

static const grown_store store = {
    {sizeof(grown_store), zoo_open, zoo_close, zoo_get, zoo_scan, zoo_commit, zoo_resume, NULL, NULL, NULL, NULL},
    zoo_close};
ZOO_GET_INTERFACE(store)

static const struct {
  ar_plugin known;
  void (*more)(void);
} plugin = {
    {sizeof plugin, AR_ABI_MAJOR, AR_ABI_MINOR + 7, ZOO_ID, "1.0.0", "store", zoo_init, zoo_get_interface, zoo_deinit},
    zoo_deinit};

const ar_plugin* agentroom_plugin_entry(void) {
  return &plugin.known;
}
