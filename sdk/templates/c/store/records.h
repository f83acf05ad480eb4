/* An ordered map from bytes to bytes. A change is planned first: it is seen by later plans, by readers only once it is
 * kept. No function here takes a lock. */
#ifndef RECORDS_H
#define RECORDS_H

#include "agentroom/abi/store.h"

enum { MAX_HEIGHT = 20 };

struct value {
  size_t size;
  uint8_t data[];
};

struct record {
  struct value* value;   /* what readers see; NULL: nothing */
  struct value* planned; /* what it is to become, when `is_planned` */
  int is_planned;
  ar_bytes key;          /* lies behind `next` */
  struct record* next[]; /* as many as the record is high */
};

struct change {
  struct record* record;
  struct value* before; /* what was planned before */
  int was_planned;
};

/* A skip list: the records in order, each linked on the levels below its height. Zeroed, it is empty. */
struct records {
  struct record* first[MAX_HEIGHT];
  uint64_t dice;
  struct change* changes; /* the plan */
  size_t change_count;
  size_t change_capacity;
};

/* The first record whose key is not less than `key`, or greater when `behind` is set. NULL: there is none. */
struct record* records_from(struct records* self, ar_bytes key, int behind);

int starts_with(ar_bytes key, ar_bytes prefix);
int compare(ar_bytes a, ar_bytes b); /* less than, equal to or greater than 0, as memcmp */
int equal(ar_bytes a, ar_bytes b);

/* AR_OK, AR_CONFLICT, or AR_INTERNAL when there is no memory; then nothing was planned. */
ar_status records_plan(struct records* self, const ar_store_op* op);

/* Takes back what was planned behind the first `count` changes. */
void records_undo(struct records* self, size_t count);

/* What was planned is what readers see. Cannot fail. */
void records_keep(struct records* self);

void records_free(struct records* self);

#endif
