#include "records.h"

#include <stdlib.h>
#include <string.h>

int compare(ar_bytes a, ar_bytes b) {
  const size_t common = a.size < b.size ? a.size : b.size;
  const int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
  return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

int equal(ar_bytes a, ar_bytes b) {
  return compare(a, b) == 0;
}

int starts_with(ar_bytes key, ar_bytes prefix) {
  return key.size >= prefix.size && (prefix.size == 0 || memcmp(key.data, prefix.data, prefix.size) == 0);
}

/* Fills in, for each level, the link that leads to `key`, or to what comes after the place where it would be; with
 * `behind`, the link that leads to what is greater. */
static void find_links(struct records* self, ar_bytes key, int behind, struct record** links[MAX_HEIGHT]) {
  struct record** level = self->first;
  for (int height = MAX_HEIGHT - 1; height >= 0; --height) {
    while (level[height] != NULL && compare(level[height]->key, key) < behind) level = level[height]->next;
    links[height] = &level[height];
  }
}

struct record* records_from(struct records* self, ar_bytes key, int behind) {
  struct record** links[MAX_HEIGHT];
  find_links(self, key, behind ? 1 : 0, links);
  return *links[0];
}

/* One level for every record, two for every fourth, three for every sixteenth. */
static int throw_dice(struct records* self) {
  self->dice = self->dice * 6364136223846793005u + 1442695040888963407u;
  int height = 1;
  for (uint64_t bits = self->dice >> 24; height < MAX_HEIGHT && (bits & 3) == 0; bits >>= 2) ++height;
  return height;
}

static struct record* insert(struct records* self, ar_bytes key) {
  const int height = throw_dice(self);
  const size_t links_size = (size_t)height * sizeof(struct record*);
  struct record* const record = calloc(1, sizeof *record + links_size + key.size);
  if (record == NULL) return NULL;
  uint8_t* const copy = (uint8_t*)record->next + links_size;
  memcpy(copy, key.data, key.size);
  record->key.data = copy;
  record->key.size = key.size;
  struct record** links[MAX_HEIGHT];
  find_links(self, key, 0, links);
  for (int level = 0; level < height; ++level) {
    record->next[level] = *links[level];
    *links[level] = record;
  }
  return record;
}

static void erase(struct records* self, struct record* record) {
  struct record** links[MAX_HEIGHT];
  find_links(self, record->key, 0, links);
  for (int level = 0; level < MAX_HEIGHT && *links[level] == record; ++level) *links[level] = record->next[level];
  free(record);
}

/* Makes room for one more change. */
static int make_room(struct records* self) {
  if (self->change_count < self->change_capacity) return 1;
  const size_t capacity = self->change_capacity == 0 ? 64 : self->change_capacity * 2;
  struct change* const changes = realloc(self->changes, capacity * sizeof *changes);
  if (changes == NULL) return 0;
  self->changes = changes;
  self->change_capacity = capacity;
  return 1;
}

static struct value* copy_of(ar_bytes bytes) {
  struct value* const value = malloc(sizeof *value + bytes.size);
  if (value == NULL) return NULL;
  value->size = bytes.size;
  if (bytes.size > 0) memcpy(value->data, bytes.data, bytes.size);
  return value;
}

ar_status records_plan(struct records* self, const ar_store_op* op) {
  struct record* record = records_from(self, op->key, 0);
  if (record != NULL && !equal(record->key, op->key)) record = NULL;
  const struct value* before = record == NULL ? NULL : record->is_planned ? record->planned : record->value;
  if (op->kind == AR_STORE_PUT_IF_ABSENT && before != NULL) return AR_CONFLICT;
  if (op->kind == AR_STORE_DELETE && before == NULL) return AR_OK;

  struct value* const value = op->kind == AR_STORE_DELETE ? NULL : copy_of(op->value);
  const int has_value = value != NULL || op->kind == AR_STORE_DELETE;
  if (has_value && make_room(self) && record == NULL) record = insert(self, op->key);
  if (!has_value || self->change_count == self->change_capacity || record == NULL) {
    free(value);
    return AR_INTERNAL;
  }
  const struct change change = {record, record->planned, record->is_planned};
  self->changes[self->change_count++] = change;
  record->planned = value;
  record->is_planned = 1;
  return AR_OK;
}

void records_undo(struct records* self, size_t count) {
  while (self->change_count > count) {
    const struct change change = self->changes[--self->change_count];
    free(change.record->planned);
    change.record->planned = change.before;
    change.record->is_planned = change.was_planned;
    if (!change.was_planned && change.record->value == NULL) erase(self, change.record);
  }
}

void records_keep(struct records* self) {
  for (size_t i = 0; i < self->change_count; ++i) {
    const struct change change = self->changes[i];
    free(change.before);
    if (change.was_planned) continue; /* its first change has put the last one in place, and may have erased it */
    free(change.record->value);
    change.record->value = change.record->planned;
    change.record->planned = NULL;
    change.record->is_planned = 0;
    if (change.record->value == NULL) erase(self, change.record);
  }
  self->change_count = 0;
}

void records_free(struct records* self) {
  records_undo(self, 0);
  for (struct record *record = self->first[0], *next; record != NULL; record = next) {
    next = record->next[0];
    free(record->value);
    free(record);
  }
  free(self->changes);
}
