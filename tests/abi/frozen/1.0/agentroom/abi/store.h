/* agentroom.store/1: an ordered map from bytes to bytes with atomic, durable batches.
 *
 * Keys are ordered as unsigned byte strings, a prefix before its extensions. Values are sealed by the host: a store
 * sees ciphertext, and keys that reveal nothing. One instance is used by one process at a time.
 */
#ifndef AGENTROOM_ABI_STORE_H
#define AGENTROOM_ABI_STORE_H

#include "agentroom/abi/host.h"
#include "agentroom/abi/types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AR_STORE_MAX_KEY 1024u
#define AR_STORE_MAX_VALUE (16u * 1024u * 1024u)

typedef struct ar_store ar_store; /* the plugin's own */

enum {
  AR_STORE_PUT = 0,          /* writes, replacing */
  AR_STORE_DELETE = 1,       /* removes; an absent key is no error; value ignored */
  AR_STORE_PUT_IF_ABSENT = 2 /* writes; a present key fails the whole batch with AR_CONFLICT */
};

/* Handed over in arrays, so it never grows. */
typedef struct ar_store_op {
  uint32_t kind;     /* AR_STORE_PUT, ... */
  uint32_t reserved; /* the host sets 0, the store ignores it */
  ar_bytes key;      /* 1 to AR_STORE_MAX_KEY bytes */
  ar_bytes value;    /* at most AR_STORE_MAX_VALUE bytes */
} ar_store_op;

enum {
  AR_STORE_OPEN_READ_ONLY = 1 /* for inspection: see `open` */
};

typedef struct ar_store_open_params {
  uint32_t struct_size;
  uint32_t flags;     /* AR_STORE_OPEN_...; unknown ones are ignored */
  ar_string config;   /* TOML: the table [store.<plugin>] of the configuration, paths made absolute; may be empty */
  ar_string location; /* absolute path without extension where the instance keeps its data, e.g. /home/a/x/store: the
                         plugin appends its own suffix (".db"). Its folder exists with mode 0700. A plugin without files
                         ignores it */
} ar_store_open_params;

/* Called once for each accepted commit, in the order of the commits. `error` is NULL when status is AR_OK, else valid
 * during the call. [any], never from inside `commit` */
typedef void (*ar_store_done)(void* ctx, ar_status status, const ar_error* error);

/* Called once for each record found. Views valid during the call. A return of 0 ends the scan. Must not call the store.
 */
typedef int32_t (*ar_store_visit)(void* ctx, ar_bytes key, ar_bytes value);

/* How much room the data takes. */
typedef struct ar_store_size {
  uint32_t struct_size;
  uint64_t bytes;        /* on disk, everything included */
  uint64_t unused_bytes; /* of these: what `compact` would about give back */
} ar_store_size;

/* Required: all up to `resume`. */
typedef struct ar_store_interface {
  uint32_t struct_size;

  /* Opens or creates. Checks what it finds: a damaged or foreign file is AR_CORRUPT and is left as it is. Other errors:
   * AR_INVALID (configuration), AR_UNSUPPORTED (a newer version wrote it), AR_IN_USE, AR_PERMISSION, AR_IO.
   *
   * With AR_STORE_OPEN_READ_ONLY nothing is made and nothing of what lies there is changed, neither now nor by `close`:
   * without data AR_NOT_FOUND; `commit` is refused with AR_UNSUPPORTED. `get`, `scan`, `check`, `size` and `backup`
   * work. [owner] */
  ar_status (*open)(const ar_host* host, const ar_store_open_params* params, ar_store** out, ar_error* error);

  /* Finishes and completes every accepted commit, joins its threads, frees. No callback follows its return. [owner] */
  void (*close)(ar_store* self);

  /* Calls `visit` once when the key is present, AR_NOT_FOUND without a call when it is not. Sees committed data only.
   * Errors: AR_IO, AR_CORRUPT. [engine] */
  ar_status (*get)(ar_store* self, ar_bytes key, ar_store_visit visit, void* ctx, ar_error* error);

  /* Visits, in key order, at most `limit` (0: all) records whose key begins with `prefix` (empty: any) and is greater
   * than `after` (empty: from the first). Sees committed data only. Errors: AR_IO, AR_CORRUPT. [engine] */
  ar_status (*scan)(ar_store* self, ar_bytes prefix, ar_bytes after, uint64_t limit, ar_store_visit visit, void* ctx,
                    ar_error* error);

  /* Accepts a batch: copies what it needs and returns; `done` is called once all of it is durable (it survives the loss
   * of power), or with the reason why nothing of it was written. Later operations of a batch see earlier ones. Batches
   * that wait may be written together. Anything but AR_OK: not accepted, `done` is not called.
   *
   * After a failure other than AR_CONFLICT every batch behind it and every later one fails with AR_ABORTED until
   * `resume`, so that nothing lands behind a gap. Errors by `done`: AR_CONFLICT, AR_IO, AR_ABORTED. Returned:
   * AR_INVALID (sizes, kinds), AR_TOO_LARGE. [engine] */
  ar_status (*commit)(ar_store* self, const ar_store_op* ops, size_t count, ar_store_done done, void* ctx,
                      ar_error* error);

  /* Accepts batches again after a failure. The host calls it when no `done` is outstanding. Errors: AR_IO. [engine] */
  ar_status (*resume)(ar_store* self, ar_error* error);

  /* ---- Optional from here on: what an owner does to the data once in a while. A store whose struct ends before such a
   * method, or has NULL there, does not support it; so does one that returns AR_UNSUPPORTED. ---- */

  /* Reads all of the data and tells whether it is whole, however long that takes and whatever the configuration says
   * about checks. Changes nothing. No `done` is outstanding. Errors: AR_CORRUPT with the first finding, AR_IO. [engine]
   */
  ar_status (*check)(ar_store* self, ar_error* error);

  /* Fills `out`. A store that keeps data beyond the process has it: the host guards only such a store against an older
   * copy in its place. No `done` is outstanding. Errors: AR_IO, AR_CORRUPT. [engine] */
  ar_status (*size)(ar_store* self, ar_store_size* out, ar_error* error);

  /* Writes the data anew without what was deleted, and gives the room back: what was deleted is in none of the store's
   * files then. Takes effect whole or not at all, whatever happens on the way. May take long. No `done` is outstanding.
   * Errors: AR_IO, AR_CORRUPT, AR_IN_USE. [engine] */
  ar_status (*compact)(ar_store* self, ar_error* error);

  /* Writes a copy of everything that was committed at one moment of the call, as one file: put under the name of the
   * store's own file while that is closed, it is the store. `path` is the name of the copy, absolute, in a folder that
   * exists. A file of that name is AR_CONFLICT and left as it is. The copy has mode 0600 and is durable on return;
   * after an error there is nothing left of it. Other methods but `close` go on beside it. `cancelled` (may be NULL) is
   * asked once in a while; not 0 ends it with AR_CANCELLED. May take long. Errors: AR_IO, AR_CORRUPT. [any], one call
   * at a time */
  ar_status (*backup)(ar_store* self, ar_string path, int32_t (*cancelled)(void* ctx), void* ctx, ar_error* error);
} ar_store_interface;

#ifdef __cplusplus
}
#endif
#endif
