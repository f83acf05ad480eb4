/* The one symbol that a plugin library exports, and what it returns.
 *
 * Life of a plugin:
 *
 *   library mapped -> agentroom_plugin_entry() -> versions checked -> init(host) -> get_interface("agentroom.store/1")
 *   -> instances opened and closed through the interface -> deinit()
 *
 * The library stays mapped until the process ends. Every thread that it started has ended when the `close` of its
 * instance returns.
 */
#ifndef AGENTROOM_ABI_ENTRY_H
#define AGENTROOM_ABI_ENTRY_H

#include "agentroom/abi/host.h"
#include "agentroom/abi/types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AR_PLUGIN_ENTRY_SYMBOL "agentroom_plugin_entry"

#define AR_INTERFACE_TRANSPORT "agentroom.transport/1"
#define AR_INTERFACE_TUNNEL "agentroom.tunnel/1"
#define AR_INTERFACE_STORE "agentroom.store/1"
#define AR_INTERFACE_HANDLER "agentroom.handler/1"

#if defined(__GNUC__)
#define AR_EXPORT __attribute__((visibility("default")))
#else
#define AR_EXPORT
#endif

/* Static: the same address on every call, never changed, valid for the life of the process. */
typedef struct ar_plugin {
  uint32_t struct_size;
  uint16_t abi_major;  /* AR_ABI_MAJOR as compiled */
  uint16_t abi_minor;  /* AR_ABI_MINOR as compiled */
  const char* id;      /* NUL-terminated, [a-z0-9-]{1,64}, as in the manifest, e.g. "store-sqlite" */
  const char* version; /* NUL-terminated, of the plugin itself, e.g. "1.2.0" */
  const char* kinds;   /* NUL-terminated; kinds it implements, separated by one space: "store", "transport tunnel" */

  /* Called once by a host before anything else of the plugin. `host` stays valid until that host's deinit returned. A
   * process may hold several hosts, each with its own pair of init and deinit; what differs between them is kept in
   * instances. Anything but AR_OK: no method follows, `deinit` neither. Errors: any. [owner] */
  ar_status (*init)(const ar_host* host, ar_error* error);

  /* The vtable of that interface (static; ar_store_interface and so on), or NULL for one that it does not have. `name`
   * is NUL-terminated. [owner] */
  const void* (*get_interface)(const char* name);

  /* Called once by each host, after every instance of it was closed. [owner] */
  void (*deinit)(void);
} ar_plugin;

/* Signature of the exported symbol. Does nothing but return. [owner] */
typedef const ar_plugin* (*ar_plugin_entry_fn)(void);

#ifdef __cplusplus
}
#endif
#endif
