/* SPDX-License-Identifier: MIT */
/* Peer `cow`: a cell of a typed array. */
#include "cell_peer.h"

#define COW_ARRAY numbers, uint64_t
#include "cow/cow.h"
#define COW_CELL numbers_cell, numbers
#include "cow/cow.h"

static numbers_cell cell;
static size_t n;

static void put(const uint64_t *source) {
    numbers fresh;
    cell_must(numbers_from(&fresh, source, n) && numbers_cell_store(&cell, fresh));
}

static void open_cell(size_t length, int threads) {
    (void)threads;
    n = length;
    put(cell_source(0));
}

/* A thread's own: what `cached` remembers. */
static _Thread_local numbers_cell_reader mine;

static void *join(void) { return &mine; }

static void leave(void *me) { numbers_cell_idle(me); }

static uint64_t sum_of(const numbers *a) { return cell_sum(numbers_data(a), numbers_len(a)); }

static inline uint64_t borrow_one(void *me) {
    numbers_cell_guard g;
    (void)me;
    cell_must(numbers_cell_borrow(&cell, &g));
    uint64_t sum = sum_of(g.value);
    numbers_cell_end(&g);
    return sum;
}

static inline uint64_t strong_one(void *me) {
    numbers_cell_snapshot s;
    (void)me;
    cell_must(numbers_cell_snapshot_of(&cell, &s));
    uint64_t sum = sum_of(numbers_cell_snapshot_value(&s));
    numbers_cell_snapshot_drop(&s);
    return sum;
}

static inline uint64_t cached_one(void *me) {
    const numbers *now = numbers_cell_cached(&cell, me);
    cell_must(now != NULL);
    return sum_of(now);
}

static inline void replace_one(void *me, const uint64_t *source) {
    (void)me;
    put(source);
}

CELL_READS(borrow, borrow_one)
CELL_READS(strong, strong_one)
CELL_READS(cached, cached_one)
CELL_WRITES(replace, replace_one)

const cell_peer cell_cow = {
    .name = "cow",
    .borrow = borrow,
    .strong = strong,
    .cached = cached,
    .replace = replace,
    .hooks = {.open = open_cell, .join = join, .leave = leave},
    .patience = 1,
};
