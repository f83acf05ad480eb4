#define _GNU_SOURCE
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER = 8, VERSION_AT = 7, VERSION = 1 };

static const uint8_t header[HEADER] = {'a', 'r', 'l', 'o', 'g', 0, 0, VERSION};

ar_status fail(ar_error* error, ar_status status, const char* format, ...) {
  if (error == NULL) return status;
  error->status = status;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  return status;
}

static ar_status fail_of_system(ar_error* error, const struct log* self, const char* what) {
  return fail(error, AR_IO, "cannot %s %s: %s", what, self->name, strerror(errno));
}

static ar_status damaged(ar_error* error, const struct log* self, uint64_t at) {
  return fail(error, AR_CORRUPT, "%s is damaged at byte %llu", self->name, (unsigned long long)at);
}

static void put_number(uint8_t* out, uint64_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) out[i] = (uint8_t)(number >> (8 * i));
}

static uint64_t get_number(const uint8_t* in, int bytes) {
  uint64_t number = 0;
  for (int i = 0; i < bytes; ++i) number |= (uint64_t)in[i] << (8 * i);
  return number;
}

static uint32_t crc32_of(const uint8_t* data, size_t size) {
  static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                     0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                     0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
  uint32_t crc = 0xffffffff;
  for (size_t i = 0; i < size; ++i) {
    crc = table[(crc ^ data[i]) & 15] ^ (crc >> 4);
    crc = table[(crc ^ (data[i] >> 4)) & 15] ^ (crc >> 4);
  }
  return ~crc;
}

uint8_t* log_encode(uint8_t* out, const ar_store_op* op) {
  const size_t value_size = op->kind == AR_STORE_DELETE ? 0 : op->value.size;
  put_number(out, op->kind, 4);
  put_number(out + 4, op->key.size, 4);
  put_number(out + 8, value_size, 4);
  memcpy(out + LOG_OPERATION, op->key.data, op->key.size);
  out += LOG_OPERATION + op->key.size;
  if (value_size > 0) memcpy(out, op->value.data, value_size);
  return out + value_size;
}

int log_decode(ar_bytes* content, ar_store_op* op) {
  if (content->size == 0) return 0;
  if (content->size < LOG_OPERATION) return -1;
  const uint8_t* const at = content->data;
  op->kind = (uint32_t)get_number(at, 4);
  op->reserved = 0;
  op->key.size = (size_t)get_number(at + 4, 4);
  op->value.size = (size_t)get_number(at + 8, 4);
  const size_t rest = content->size - LOG_OPERATION;
  if (op->kind > AR_STORE_PUT_IF_ABSENT || op->key.size == 0 || op->key.size > AR_STORE_MAX_KEY ||
      op->value.size > AR_STORE_MAX_VALUE || op->key.size > rest || op->value.size > rest - op->key.size) {
    return -1;
  }
  op->key.data = at + LOG_OPERATION;
  op->value.data = op->key.data + op->key.size;
  content->data = op->value.data + op->value.size;
  content->size = rest - op->key.size - op->value.size;
  return 1;
}

static int write_all(int file, const uint8_t* data, size_t size, uint64_t at) {
  while (size > 0) {
    const ssize_t written = pwrite(file, data, size, (off_t)at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return 0;
    data += written;
    size -= (size_t)written;
    at += (uint64_t)written;
  }
  return 1;
}

static int read_all(int file, uint8_t* data, size_t size, uint64_t at) {
  while (size > 0) {
    const ssize_t got = pread(file, data, size, (off_t)at);
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = EIO; /* it was longer a moment ago */
    if (got <= 0) return 0;
    data += got;
    size -= (size_t)got;
    at += (uint64_t)got;
  }
  return 1;
}

/* Whether a frame of the place `at` begins here. */
static int is_frame(const uint8_t frame[LOG_FRAME], uint64_t at) {
  return get_number(frame, 8) == at && get_number(frame + 16, 4) == crc32_of(frame, 16) &&
         get_number(frame + 8, 4) <= LOG_MAX_CONTENT;
}

/* The bytes from `at`, or NULL. */
static uint8_t* read_part(const struct log* self, uint64_t at, size_t size, ar_error* error) {
  uint8_t* const part = malloc(size);
  if (part == NULL) {
    fail(error, AR_IO, "out of memory");
  } else if (!read_all(self->file, part, size, at)) {
    fail_of_system(error, self, "read");
    free(part);
    return NULL;
  }
  return part;
}

/* Something does not check. It is the end of a write that was cut short, unless another frame follows. */
static ar_status judge_rest(const struct log* self, uint64_t at, uint64_t size, ar_error* error) {
  const uint64_t rest = size - at;
  if (rest > (uint64_t)LOG_FRAME + LOG_MAX_CONTENT) return damaged(error, self, at);
  uint8_t* const part = read_part(self, at, (size_t)rest, error);
  if (part == NULL) return AR_IO;
  int follows = 0;
  for (uint64_t i = 1; i + LOG_FRAME <= rest && !follows; ++i) follows = is_frame(part + i, at + i);
  free(part);
  return follows ? damaged(error, self, at) : AR_OK;
}

static ar_status replay_content(const struct log* self, ar_bytes content, log_replay replay, void* ctx,
                                ar_error* error) {
  ar_store_op op;
  int more;
  while ((more = log_decode(&content, &op)) > 0) {
    const ar_status status = replay(ctx, &op);
    if (status == AR_INTERNAL) return fail(error, AR_IO, "out of memory");
    if (status != AR_OK) return damaged(error, self, self->end);
  }
  if (more < 0) return damaged(error, self, self->end);
  replay(ctx, NULL);
  return AR_OK;
}

/* Moves `end` behind the next frame. Leaves it where it is when the rest of the file is none. */
static ar_status replay_frame(struct log* self, uint64_t size, log_replay replay, void* ctx, ar_error* error) {
  uint8_t frame[LOG_FRAME];
  const uint64_t rest = size - self->end;
  if (rest < LOG_FRAME) return AR_OK;
  if (!read_all(self->file, frame, sizeof frame, self->end)) return fail_of_system(error, self, "read");
  const uint64_t content_size = get_number(frame + 8, 4);
  if (!is_frame(frame, self->end) || content_size == 0 || content_size > rest - LOG_FRAME) {
    return judge_rest(self, self->end, size, error);
  }
  uint8_t* const data = read_part(self, self->end + LOG_FRAME, (size_t)content_size, error);
  if (data == NULL) return AR_IO;
  ar_status status;
  if (crc32_of(data, (size_t)content_size) != get_number(frame + 12, 4)) {
    status = judge_rest(self, self->end, size, error);
  } else {
    const ar_bytes content = {data, (size_t)content_size};
    status = replay_content(self, content, replay, ctx, error);
    if (status == AR_OK) self->end += LOG_FRAME + content_size;
  }
  free(data);
  return status;
}

/* What was never finished being made is made anew. */
static ar_status check_header(struct log* self, uint64_t size, ar_error* error) {
  uint8_t found[HEADER];
  const size_t have = size < HEADER ? (size_t)size : HEADER;
  if (!read_all(self->file, found, have, 0)) return fail_of_system(error, self, "read");
  const size_t same = have < VERSION_AT ? have : VERSION_AT;
  if (memcmp(found, header, same) != 0) {
    return fail(error, AR_CORRUPT, "%s is no file of this plugin", self->name);
  }
  if (have == HEADER && found[VERSION_AT] != VERSION) {
    return fail(error, AR_UNSUPPORTED, "%s has version %d; expected %d", self->name, found[VERSION_AT], VERSION);
  }
  return AR_OK;
}

static ar_status replay_all(struct log* self, log_replay replay, void* ctx, ar_error* error) {
  struct stat status;
  if (fstat(self->file, &status) != 0) return fail_of_system(error, self, "read");
  const uint64_t size = (uint64_t)status.st_size;
  ar_status result = check_header(self, size, error);
  self->end = size < HEADER ? size : HEADER;
  uint64_t before = 0;
  while (result == AR_OK && self->end < size && self->end != before) {
    before = self->end;
    result = replay_frame(self, size, replay, ctx, error);
  }
  self->torn = size - self->end;
  return result;
}

static int sync_folder(const char* path, const char* name) {
  char* const folder = strndup(path, (size_t)(name - path));
  if (folder == NULL) return 0;
  const int file = open(*folder == '\0' ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  free(folder);
  if (file < 0) return 0;
  const int synced = fsync(file) == 0;
  close(file);
  return synced;
}

/* What a process that was killed wrote may be seen before it is durable; and a file is durable once its folder is. */
static ar_status make_durable(struct log* self, const char* path, ar_error* error) {
  if (self->end < HEADER) {
    if (!write_all(self->file, header, sizeof header, 0)) return fail_of_system(error, self, "make");
    self->end = HEADER;
  }
  const ar_status status = log_cut(self, error);
  if (status != AR_OK) return status;
  return sync_folder(path, self->name) ? AR_OK : fail_of_system(error, self, "sync the folder of");
}

ar_status log_open(struct log* self, const char* path, log_replay replay, void* ctx, ar_error* error) {
  const char* const slash = strrchr(path, '/');
  self->name = slash == NULL ? path : slash + 1;
  self->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (self->file < 0) {
    const int refused = errno == EACCES || errno == EPERM;
    const ar_status status = fail_of_system(error, self, "open");
    if (refused && error != NULL) error->status = AR_PERMISSION;
    return refused ? AR_PERMISSION : status;
  }
  ar_status status = AR_OK;
  if (flock(self->file, LOCK_EX | LOCK_NB) != 0) {
    status = errno == EWOULDBLOCK
                 ? fail(error, AR_IN_USE, "%s is open already; expected to be the only one", self->name)
                 : fail_of_system(error, self, "lock");
  }
  if (status == AR_OK) status = replay_all(self, replay, ctx, error);
  if (status == AR_OK) status = make_durable(self, path, error);
  if (status != AR_OK) log_close(self);
  return status;
}

ar_status log_append(struct log* self, uint8_t* frame, size_t content, ar_error* error) {
  put_number(frame, self->end, 8);
  put_number(frame + 8, content, 4);
  put_number(frame + 12, crc32_of(frame + LOG_FRAME, content), 4);
  put_number(frame + 16, crc32_of(frame, 16), 4);
  if (!write_all(self->file, frame, LOG_FRAME + content, self->end) || fdatasync(self->file) != 0) {
    const ar_status status = fail_of_system(error, self, "write");
    self->has_litter = 1;
    log_cut(self, NULL); /* `resume` tries again */
    return status;
  }
  self->end += LOG_FRAME + content;
  return AR_OK;
}

ar_status log_cut(struct log* self, ar_error* error) {
  if (ftruncate(self->file, (off_t)self->end) != 0 || fdatasync(self->file) != 0) {
    return fail_of_system(error, self, "cut back");
  }
  self->has_litter = 0;
  return AR_OK;
}

void log_close(struct log* self) {
  close(self->file);
}
