/* Types shared by every agentroom plugin interface.
 *
 * Conventions of the whole boundary
 *
 * - C11. No C++ type, exception, allocator or library object crosses; a plugin may be written in any language that can
 *   export a C symbol and call C function pointers.
 * - Text is UTF-8, never NUL-terminated unless the member says so. Data is untrusted unless the member says so.
 * - Views (ar_bytes, ar_string, ar_mut_bytes) and structs belong to whoever made them and are valid for the duration of
 *   the call, unless the method says otherwise. Who needs them longer copies them.
 * - A struct that may grow begins with `struct_size`, set by whoever makes it to sizeof(the struct as it was compiled).
 *   Members are only ever appended. A reader looks at no member that lies beyond `struct_size`; what version 1.0 has is
 *   there, but for optional methods. No such struct ends in padding, so what is appended lies beyond the older size.
 * - A struct that the callee fills comes with `struct_size` set and the rest zero. What the callee does not fill stays
 *   zero, so zero means for every member that is appended: not told.
 * - A struct without `struct_size` never changes: the views, ar_buffer, ar_store_op.
 * - Enumerations only name values; what crosses is an integer of the width that its member says.
 * - An instance or a channel is written to `out` when the method returns AR_OK, and only then.
 * - Thread tags: [engine] the one engine thread; [worker] a handler worker, any of several; [any] any thread at any
 *   time; [owner] whichever single thread manages the instance, calls never overlap. A method may be called only where
 *   its tag says. A plugin calls back only where the callback's tag says.
 */
#ifndef AGENTROOM_ABI_TYPES_H
#define AGENTROOM_ABI_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this boundary. Host and plugin have the same major; either may have the newer minor. */
#define AR_ABI_MAJOR 1
#define AR_ABI_MINOR 0

/* True when the struct that `p` points to is large enough to hold `member`. */
#define AR_HAS_MEMBER(p, type, member) ((p)->struct_size >= offsetof(type, member) + sizeof(((const type*)0)->member))

/* Outcomes. New ones may be added; a reader treats an unknown one as AR_INTERNAL. */
typedef int32_t ar_status;
enum {
  AR_OK = 0,
  AR_INTERNAL = 1,    /* a bug in the callee */
  AR_INVALID = 2,     /* an argument or a configuration value is wrong */
  AR_UNSUPPORTED = 3, /* the callee does not do this */
  AR_NOT_FOUND = 4,
  AR_CONFLICT = 5, /* a put-if-absent found its key present */
  AR_IO = 6,       /* disk or system: full, read-only, failing */
  AR_CORRUPT = 7,  /* stored data that does not check */
  AR_ABORTED = 8,  /* not done because something before it failed */
  AR_TOO_LARGE = 9,
  AR_TIMEOUT = 10,
  AR_CANCELLED = 11,
  AR_NETWORK = 12, /* unreachable, refused, reset */
  AR_PERMISSION = 13,
  AR_IN_USE = 14 /* an address, a file */
};

typedef struct ar_bytes {
  const uint8_t* data; /* may be NULL when size is 0 */
  size_t size;
} ar_bytes;

typedef struct ar_mut_bytes {
  uint8_t* data;
  size_t size;
} ar_mut_bytes;

typedef struct ar_string {
  const char* data; /* UTF-8, not terminated; may be NULL when size is 0 */
  size_t size;
} ar_string;

/* Told to a person. The caller owns the struct; the callee fills it when it returns anything but AR_OK. Never holds a
 * secret. A callee may be given NULL and then fills nothing. */
typedef struct ar_error {
  uint32_t struct_size;
  ar_status status;
  char message[512]; /* NUL-terminated UTF-8: what was tried, what was expected */
  char hint[256];    /* NUL-terminated UTF-8: what to do next; may be empty */
} ar_error;

/* A block of bytes that changes hands; never grows. It has exactly one holder at a time, named by the method that
 * passes it on; the holder calls `release` once, from any thread. Members but `size` and the bytes are fixed at
 * allocation. */
typedef struct ar_buffer {
  uint8_t* data;
  size_t size; /* bytes in use, at most capacity */
  size_t capacity;
  void (*release)(struct ar_buffer* self); /* [any] */
} ar_buffer;

#ifdef __cplusplus
}
#endif
#endif
