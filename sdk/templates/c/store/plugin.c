/* A store that keeps its records in memory and each batch in an append-only file, from which it is filled at the start.
 *
 *   commit --queue--> commit thread: plan, write what waits as one frame, sync once --> done, in order
 *
 * It is a beginning: the file is never written anew, so what was deleted stays in it, and it only grows. A store for
 * daily use has `size`, `check`, `compact` and `backup`, and can be opened to be read only. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agentroom/abi/entry.h"
#include "agentroom/abi/store.h"
#include "log.h"
#include "records.h"

AR_EXPORT const ar_plugin* agentroom_plugin_entry(void);

/* Batches are written together up to this size; one alone may be larger. */
enum { GROUP_BYTES = 4 * 1024 * 1024 };

/* What was accepted and not completed. */
struct batch {
  struct batch* next;
  ar_store_done done;
  void* ctx;
  ar_error error; /* how it ended */
  size_t size;
  uint8_t content[]; /* as the log has it */
};

struct ar_store {
  char* path;
  struct log log; /* the commit thread's; `resume` has it while nothing is outstanding */
  pthread_t thread;
  pthread_cond_t queued;
  pthread_mutex_t mutex; /* of all that follows */
  struct batch* first;
  struct batch** last; /* the link behind the last one */
  int closing;
  int failed; /* until `resume` */
  struct records records;
};

/* ---- The commit thread ---- */

static ar_status plan(struct records* records, struct batch* batch) {
  const size_t before = records->change_count;
  ar_bytes content = {batch->content, batch->size};
  ar_store_op op;
  ar_status status = AR_OK;
  while (status == AR_OK && log_decode(&content, &op) > 0) status = records_plan(records, &op);
  if (status == AR_OK) return AR_OK;
  records_undo(records, before); /* the whole batch, and no other */
  return status == AR_CONFLICT ? fail(&batch->error, status, "a key is there already")
                               : fail(&batch->error, AR_IO, "out of memory");
}

/* All that has to be written of the group, or NULL: then a batch has failed, or there is no memory. */
static uint8_t* plan_group(ar_store* self, struct batch* group, size_t count, size_t* size) {
  size_t planned = 0;
  *size = 0;
  for (struct batch* batch = group; planned < count; batch = batch->next, ++planned) {
    batch->error.status = AR_OK;
    const ar_status status = plan(&self->records, batch);
    if (status == AR_IO) return NULL;
    if (status == AR_OK) *size += batch->size;
  }
  uint8_t* const frame = malloc(LOG_FRAME + *size);
  if (frame == NULL) {
    fail(&group->error, AR_IO, "out of memory");
    return NULL;
  }
  uint8_t* to = frame + LOG_FRAME;
  struct batch* batch = group;
  for (size_t i = 0; i < count; ++i, batch = batch->next) {
    if (batch->error.status != AR_OK) continue;
    memcpy(to, batch->content, batch->size);
    to += batch->size;
  }
  return frame;
}

/* Writes the batches together, or none of them. */
static int write_group(ar_store* self, struct batch* group, size_t count) {
  size_t size;
  pthread_mutex_lock(&self->mutex);
  uint8_t* const frame = plan_group(self, group, count, &size);
  pthread_mutex_unlock(&self->mutex);
  const int written = frame != NULL && (size == 0 || log_append(&self->log, frame, size, &group->error) == AR_OK);
  free(frame);
  pthread_mutex_lock(&self->mutex);
  if (written) {
    records_keep(&self->records);
  } else {
    records_undo(&self->records, 0);
  }
  pthread_mutex_unlock(&self->mutex);
  return written;
}

static int has_failed(ar_store* self) {
  pthread_mutex_lock(&self->mutex);
  const int failed = self->failed;
  pthread_mutex_unlock(&self->mutex);
  return failed;
}

static void write_alone(ar_store* self, struct batch* batch) {
  if (has_failed(self)) {
    fail(&batch->error, AR_ABORTED, "a batch before it failed");
  } else if (!write_group(self, batch, 1)) {
    pthread_mutex_lock(&self->mutex);
    self->failed = 1;
    pthread_mutex_unlock(&self->mutex);
  }
}

/* When they cannot be written together, one by one, so that it is the one that does not fit that fails. */
static void commit_group(ar_store* self, struct batch* group, size_t count) {
  if (count == 1 || has_failed(self) || !write_group(self, group, count)) {
    struct batch* batch = group;
    for (size_t i = 0; i < count; ++i, batch = batch->next) write_alone(self, batch);
  }
  for (size_t i = 0; i < count; ++i) {
    struct batch* const batch = group;
    group = batch->next;
    batch->done(batch->ctx, batch->error.status, batch->error.status == AR_OK ? NULL : &batch->error);
    free(batch);
  }
}

/* Waits for batches, at least one and as many as make a group. NULL: the store is closed and none is left. */
static struct batch* take_group(ar_store* self, size_t* count) {
  pthread_mutex_lock(&self->mutex);
  while (self->first == NULL && !self->closing) pthread_cond_wait(&self->queued, &self->mutex);
  struct batch* const group = self->first;
  size_t size = 0;
  *count = 0;
  while (self->first != NULL && (*count == 0 || self->first->size <= GROUP_BYTES - size)) {
    size += self->first->size < GROUP_BYTES - size ? self->first->size : GROUP_BYTES - size;
    self->first = self->first->next;
    ++*count;
  }
  if (self->first == NULL) self->last = &self->first;
  pthread_mutex_unlock(&self->mutex);
  return group;
}

static void* run(void* arg) {
  ar_store* const self = arg;
  size_t count;
  for (struct batch* group; (group = take_group(self, &count)) != NULL;) commit_group(self, group, count);
  return NULL;
}

/* ---- The interface ---- */

static ar_status replay(void* ctx, const ar_store_op* op) {
  struct records* const records = ctx;
  if (op != NULL) return records_plan(records, op);
  records_keep(records);
  return AR_OK;
}

static int is_blank(ar_string text) {
  for (size_t i = 0; i < text.size; ++i) {
    if (memchr(" \t\r\n", text.data[i], 4) == NULL) return 0;
  }
  return 1;
}

static void free_store(ar_store* self) {
  records_free(&self->records);
  free(self->path);
  free(self);
}

static ar_status begin(ar_store* self, const ar_host* host, ar_error* error) {
  const ar_status status = log_open(&self->log, self->path, replay, &self->records, error);
  if (status != AR_OK) return status;
  if (self->log.torn > 0) {
    static const char text[] = "what was being written when the process ended is cut off";
    const ar_string message = {text, sizeof text - 1};
    host->log(host->ctx, AR_LOG_WARN, message);
  }
  pthread_mutex_init(&self->mutex, NULL);
  pthread_cond_init(&self->queued, NULL);
  if (pthread_create(&self->thread, NULL, run, self) == 0) return AR_OK;
  pthread_cond_destroy(&self->queued);
  pthread_mutex_destroy(&self->mutex);
  log_close(&self->log);
  return fail(error, AR_INTERNAL, "cannot start a thread");
}

static ar_status open_store(const ar_host* host, const ar_store_open_params* params, ar_store** out, ar_error* error) {
  if (!is_blank(params->config)) return fail(error, AR_INVALID, "there are no keys; expected an empty table");
  if ((params->flags & AR_STORE_OPEN_READ_ONLY) != 0) {
    return fail(error, AR_UNSUPPORTED, "this store cannot be opened to be read only");
  }
  if (params->location.size == 0) return fail(error, AR_INVALID, "the store needs a location for its file");
  ar_store* const self = calloc(1, sizeof *self);
  if (self == NULL) return fail(error, AR_INTERNAL, "out of memory");
  self->last = &self->first;
  static const char suffix[] = ".log";
  self->path = malloc(params->location.size + sizeof suffix);
  if (self->path == NULL) {
    free(self);
    return fail(error, AR_INTERNAL, "out of memory");
  }
  if (params->location.size > 0) memcpy(self->path, params->location.data, params->location.size);
  memcpy(self->path + params->location.size, suffix, sizeof suffix);
  const ar_status status = begin(self, host, error);
  if (status != AR_OK) {
    free_store(self);
    return status;
  }
  *out = self;
  return AR_OK;
}

static void close_store(ar_store* self) {
  pthread_mutex_lock(&self->mutex);
  self->closing = 1;
  pthread_cond_signal(&self->queued);
  pthread_mutex_unlock(&self->mutex);
  pthread_join(self->thread, NULL); /* completes what was accepted */
  pthread_cond_destroy(&self->queued);
  pthread_mutex_destroy(&self->mutex);
  log_close(&self->log);
  free_store(self);
}

static ar_status get(ar_store* self, ar_bytes key, ar_store_visit visit, void* ctx, ar_error* error) {
  pthread_mutex_lock(&self->mutex);
  const struct record* const record = records_from(&self->records, key, 0);
  const int found = record != NULL && record->value != NULL && equal(record->key, key);
  if (found) {
    const ar_bytes value = {record->value->data, record->value->size};
    visit(ctx, record->key, value);
  }
  pthread_mutex_unlock(&self->mutex);
  return found ? AR_OK : fail(error, AR_NOT_FOUND, "the key is not there");
}

static ar_status scan(ar_store* self, ar_bytes prefix, ar_bytes after, uint64_t limit, ar_store_visit visit, void* ctx,
                      ar_error* error) {
  (void)error;
  uint64_t visits = 0;
  pthread_mutex_lock(&self->mutex);
  const struct record* record = records_from(&self->records, prefix, 0);
  if (after.size > 0 && record != NULL && compare(record->key, after) <= 0) {
    record = records_from(&self->records, after, 1);
  }
  for (; record != NULL && starts_with(record->key, prefix); record = record->next[0]) {
    if (record->value == NULL) continue; /* planned and not yet written */
    if (limit != 0 && visits++ == limit) break;
    const ar_bytes value = {record->value->data, record->value->size};
    if (visit(ctx, record->key, value) == 0) break;
  }
  pthread_mutex_unlock(&self->mutex);
  return AR_OK;
}

/* The room that a batch takes in the log. */
static ar_status measure(const ar_store_op* ops, size_t count, size_t* size, ar_error* error) {
  *size = 0;
  for (size_t i = 0; i < count; ++i) {
    const ar_store_op* const op = &ops[i];
    if (op->kind > AR_STORE_PUT_IF_ABSENT) return fail(error, AR_INVALID, "expected an operation of a known kind");
    if (op->key.size == 0 || op->key.size > AR_STORE_MAX_KEY) {
      return fail(error, AR_INVALID, "expected a key of 1 to %u bytes", AR_STORE_MAX_KEY);
    }
    const size_t value = op->kind == AR_STORE_DELETE ? 0 : op->value.size;
    if (value > AR_STORE_MAX_VALUE) {
      return fail(error, AR_TOO_LARGE, "expected a value of at most %u bytes", AR_STORE_MAX_VALUE);
    }
    *size += LOG_OPERATION + op->key.size + value;
    if (*size > LOG_MAX_CONTENT) {
      return fail(error, AR_TOO_LARGE, "expected a batch of at most %u bytes", LOG_MAX_CONTENT);
    }
  }
  return AR_OK;
}

static ar_status commit(ar_store* self, const ar_store_op* ops, size_t count, ar_store_done done, void* ctx,
                        ar_error* error) {
  size_t size;
  const ar_status status = measure(ops, count, &size, error);
  if (status != AR_OK) return status;
  struct batch* const batch = malloc(sizeof *batch + size);
  if (batch == NULL) return fail(error, AR_INTERNAL, "out of memory");
  memset(batch, 0, sizeof *batch);
  batch->error.struct_size = sizeof batch->error;
  batch->done = done;
  batch->ctx = ctx;
  batch->size = size;
  uint8_t* to = batch->content;
  for (size_t i = 0; i < count; ++i) to = log_encode(to, &ops[i]);

  pthread_mutex_lock(&self->mutex);
  *self->last = batch;
  self->last = &batch->next;
  pthread_cond_signal(&self->queued);
  pthread_mutex_unlock(&self->mutex);
  return AR_OK;
}

static ar_status resume(ar_store* self, ar_error* error) {
  if (self->log.has_litter && log_cut(&self->log, error) != AR_OK) return AR_IO;
  pthread_mutex_lock(&self->mutex);
  self->failed = 0;
  pthread_mutex_unlock(&self->mutex);
  return AR_OK;
}

/* What comes behind `resume` is optional, and NULL here. */
static const ar_store_interface store = {
    .struct_size = sizeof store,
    .open = open_store,
    .close = close_store,
    .get = get,
    .scan = scan,
    .commit = commit,
    .resume = resume,
};

static ar_status init(const ar_host* host, ar_error* error) {
  (void)host, (void)error;
  return AR_OK;
}

static const void* get_interface(const char* name) {
  return strcmp(name, AR_INTERFACE_STORE) == 0 ? &store : NULL;
}

static void deinit(void) {}

static const ar_plugin plugin = {
    .struct_size = sizeof plugin,
    .abi_major = AR_ABI_MAJOR,
    .abi_minor = AR_ABI_MINOR,
    .id = "@ID@",
    .version = "0.1.0",
    .kinds = "store",
    .init = init,
    .get_interface = get_interface,
    .deinit = deinit,
};

const ar_plugin* agentroom_plugin_entry(void) {
  return &plugin;
}
