/* The file: a header, then one frame for each group of batches that was written together.
 *
 *   file    "arlog" 0 0, version (1 byte), frames
 *   frame   its place in the file (8 bytes), size of its content (4), CRC-32 of the content (4), CRC-32 of these 16
 *           bytes (4), the content
 *   content operations: kind (4), size of the key (4), size of the value (4), key, value
 *
 * Numbers are little-endian. One frame at most is not durable, the last: what is left of it after a crash is cut off. A
 * frame that does not check although another one follows is damage, and nothing is touched then. */
#ifndef LOG_H
#define LOG_H

#include "agentroom/abi/store.h"

#define LOG_MAX_CONTENT (256u * 1024u * 1024u)

enum { LOG_FRAME = 20, LOG_OPERATION = 12 };

struct log {
  const char* name; /* for messages: the file's without its folder */
  int file;
  uint64_t end;   /* of what is durable */
  uint64_t torn;  /* bytes that `log_open` cut off */
  int has_litter; /* there may be more behind `end` */
};

/* Fills `error`, which may be NULL; the status to return. */
ar_status fail(ar_error* error, ar_status status, const char* format, ...) __attribute__((format(printf, 3, 4)));

/* Called for each operation that the file holds, in order, and with NULL behind those that were written together. */
typedef ar_status (*log_replay)(void* ctx, const ar_store_op* op);

/* Opens the file, or makes it, and locks it against a second one who opens it. `path` stays valid until `log_close`. */
ar_status log_open(struct log* self, const char* path, log_replay replay, void* ctx, ar_error* error);

/* Writes the operation to `out`, LOG_OPERATION bytes and what it holds; returns the end. */
uint8_t* log_encode(uint8_t* out, const ar_store_op* op);

/* The next operation of a content; views of it. 0 when there is none, -1 when the content is damaged. */
int log_decode(ar_bytes* content, ar_store_op* op);

/* Durable on return. The content is at `frame + LOG_FRAME`, what is before it is filled in. After an error nothing was
 * written. */
ar_status log_append(struct log* self, uint8_t* frame, size_t content, ar_error* error);

/* Cuts off what a failed `log_append` may have left. */
ar_status log_cut(struct log* self, ar_error* error);

void log_close(struct log* self);

#endif
