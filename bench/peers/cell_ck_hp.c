/* SPDX-License-Identifier: MIT */
/* Peer `ck_hp`: hazard pointers of Concurrency Kit. The writer looks for what it can free when it has kept back twice
 * as many arrays as there are hazard pointers, as Michael's paper does. */
#include "cell_peer.h"

#include <ck_hp.h>
#include <stdlib.h>
#include <string.h>

typedef struct array {
    ck_hp_hazard_t hazard;
    size_t n;
    uint64_t at[];
} array;

static ck_hp_t hazards;
static array *cell;
static size_t n;

static array *array_new(const uint64_t *source) {
    array *a = malloc(sizeof *a + n * sizeof *source);
    cell_must(a != NULL);
    a->n = n;
    memcpy(a->at, source, n * sizeof *source);
    return a;
}

static void open_cell(size_t length, int threads) {
    n = length;
    ck_hp_init(&hazards, 1, 2 * (unsigned)threads, free);
    cell = array_new(cell_source(0));
}

/* The record is large, because it has room for a copy of all hazard pointers; the pointer itself has lines of its
 * own. */
typedef struct thread_record {
    ck_hp_record_t record;
    _Alignas(128) void *pointer;
} thread_record;

static void *join(void) {
    thread_record *r = aligned_alloc(_Alignof(thread_record), sizeof *r);
    cell_must(r != NULL);
    r->pointer = NULL;
    ck_hp_register(&hazards, &r->record, &r->pointer);
    return &r->record;
}

/* Records are never freed, but used again. */
static void leave(void *me) { ck_hp_unregister(me); }

static inline uint64_t borrow_one(void *me) {
    ck_hp_record_t *record = me;
    array *a = ck_pr_load_ptr(&cell);
    for (;;) {
        ck_hp_set_fence(record, 0, a);
        array *now = ck_pr_load_ptr(&cell);
        if (now == a) {
            break;
        }
        a = now;
    }
    uint64_t sum = cell_sum(a->at, a->n);
    ck_pr_fence_release();
    ck_hp_set(record, 0, NULL);
    return sum;
}

static inline void replace_one(void *me, const uint64_t *source) {
    array *fresh = array_new(source);
    ck_pr_fence_store();
    array *old = ck_pr_fas_ptr(&cell, fresh);
    ck_hp_free(me, &old->hazard, old, old);
}

CELL_READS(borrow, borrow_one)
CELL_WRITES(replace, replace_one)

static void drain(void *me) { ck_hp_purge(me); }

const cell_peer cell_ck_hp = {
    .name = "ck_hp",
    .borrow = borrow,
    .replace = replace,
    .hooks = {.open = open_cell, .join = join, .leave = leave, .drain = drain},
    .patience = 1,
};
