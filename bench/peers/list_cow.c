/* SPDX-License-Identifier: MIT */
/* Peer `cow`: a list for many threads. */
#include "../harness.h"

#define COW_LIST numbers, uint64_t
#include "cow/cow.h"

#define PEER cow
#define PEER_SHARES_ADDS true
#define LIST() \
    { 0 }
typedef numbers LIST;
typedef numbers_snapshot SNAPSHOT;

static void must(bool ok) {
    if (!ok) {
        bench_die("out of memory");
    }
}

static inline void peer_add(LIST *list, uint64_t v) { must(numbers_add(list, v)); }

static void peer_fill(LIST *list, size_t n) {
    for (size_t i = 0; i < n; i++) {
        peer_add(list, i);
    }
}

static inline void peer_set(LIST *list, size_t i, uint64_t v) { must(numbers_set(list, i, v, NULL)); }
static size_t peer_len(const LIST *list) { return numbers_len(list); }
static void peer_drop(LIST *list) { numbers_drop(list); }

static inline void peer_keep(SNAPSHOT *s, const LIST *list) { must(numbers_snapshot_of(list, s)); }
static size_t peer_count(const SNAPSHOT *s) { return numbers_array_len(numbers_snapshot_value(s)); }
static inline void peer_forget(SNAPSHOT *s) { numbers_snapshot_drop(s); }

static uint64_t peer_sum(const LIST *list) {
    numbers_guard g;
    uint64_t sum = 0;
    must(numbers_borrow(list, &g));
    COW_EACH (uint64_t, it, g.value) {
        sum += *it;
    }
    numbers_end(&g);
    return sum;
}

#include "list_loops.h"
