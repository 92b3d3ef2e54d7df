/* SPDX-License-Identifier: MIT */
/* Peer `ck_epoch`: epochs of Concurrency Kit. The writer leaves the old array to be freed, and frees after each
 * replacement what no reader can hold any more. */
#include "cell_peer.h"

#include <ck_epoch.h>
#include <stdlib.h>
#include <string.h>

typedef struct array {
    ck_epoch_entry_t entry;
    size_t n;
    uint64_t at[];
} array;

static ck_epoch_t epoch;
static array *cell;
static size_t n;

static array *array_new(const uint64_t *source) {
    array *a = malloc(sizeof *a + n * sizeof *source);
    cell_must(a != NULL);
    a->n = n;
    memcpy(a->at, source, n * sizeof *source);
    return a;
}

static void array_free(ck_epoch_entry_t *entry) { free((char *)entry - offsetof(array, entry)); }

static void open_cell(size_t length, int threads) {
    (void)threads;
    n = length;
    ck_epoch_init(&epoch);
    cell = array_new(cell_source(0));
}

static void *join(void) {
    ck_epoch_record_t *record = aligned_alloc(128, (sizeof *record + 127) / 128 * 128);
    cell_must(record != NULL);
    ck_epoch_register(&epoch, record, NULL);
    return record;
}

/* Records are never freed, but used again. */
static void leave(void *me) { ck_epoch_unregister(me); }

static inline uint64_t borrow_one(void *me) {
    ck_epoch_begin(me, NULL);
    const array *a = ck_pr_load_ptr(&cell);
    uint64_t sum = cell_sum(a->at, a->n);
    ck_epoch_end(me, NULL);
    return sum;
}

static inline void replace_one(void *me, const uint64_t *source) {
    array *fresh = array_new(source);
    ck_pr_fence_store();
    array *old = ck_pr_fas_ptr(&cell, fresh);
    ck_epoch_call(me, &old->entry, array_free);
    ck_epoch_poll(me);
}

CELL_READS(borrow, borrow_one)
CELL_WRITES(replace, replace_one)

static void drain(void *me) { ck_epoch_barrier(me); }

const cell_peer cell_ck_epoch = {
    .name = "ck_epoch",
    .borrow = borrow,
    .replace = replace,
    .hooks = {.open = open_cell, .join = join, .leave = leave, .drain = drain},
    .patience = 1,
};
