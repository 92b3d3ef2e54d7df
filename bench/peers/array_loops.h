/* SPDX-License-Identifier: MIT */
/* The timed loops of suite `array`, written once and compiled into each peer's own file, so that every peer runs the
 * same loop around its own inlined operations. The including file defines first:
 *
 *   ARRAY, ARRAY_EMPTY                         the type, and the initialiser of an empty one
 *   PEER (identifier), PEER_SHARES_APPENDS     array_<PEER> is what this file defines
 *   bool peer_push(ARRAY *, uint64_t)          append
 *   bool peer_push_front(ARRAY *, uint64_t)    prepend
 *   void peer_pop(ARRAY *)                     remove the last
 *   bool peer_set(ARRAY *, size_t, uint64_t)   checked store; false when out of range
 *   uint64_t *peer_edit(ARRAY *)               pointer for many stores
 *   const uint64_t *peer_data(const ARRAY *)   pointer for reading
 *   uint64_t peer_sum(const ARRAY *)           the idiomatic loop
 *   size_t peer_len(const ARRAY *), uint64_t peer_at(const ARRAY *, size_t)
 *   ARRAY peer_copy(const ARRAY *)             a snapshot as a local
 *   void peer_drop(ARRAY *)                    the last use of a local (C++: nothing, the destructor comes next)
 *   void peer_keep(ARRAY *slot, const ARRAY *) a snapshot in raw memory
 *   void peer_forget(ARRAY *slot)              its end
 *
 * The loops show the compiler the data through BENCH_USE, never the array variable itself, and hand its address to
 * inlined functions only: an address that escapes would forbid every peer to keep its fields in registers. */
#include <stdlib.h>

enum { EDITS_PER_REP = 16 };

/* Element i of every array that a case starts from. */
static inline uint64_t element(size_t i) { return (uint64_t)i * 2654435761U; }

static uint64_t checksum_of(const uint64_t *p, size_t n) {
    uint64_t checksum = n;
    for (size_t i = 0; i < n; i++) {
        checksum = (checksum ^ p[i]) * 0x9E3779B97F4A7C15U;
    }
    return checksum;
}

static ARRAY filled(size_t n) {
    ARRAY a = ARRAY_EMPTY;
    for (size_t i = 0; i < n; i++) {
        if (!peer_push(&a, element(i))) {
            bench_die("out of memory");
        }
    }
    return a;
}

static ARRAY *slots_of(size_t count) {
    ARRAY *slots = (ARRAY *)malloc(count * sizeof *slots);
    if (slots == NULL) {
        bench_die("out of memory");
    }
    return slots;
}

static void loop_push(bench_run *run) {
    size_t reps = run->reps;
    size_t n = run->n;
    bench_start(run);
    for (size_t rep = 0; rep < reps; rep++) {
        ARRAY a = ARRAY_EMPTY;
        for (size_t i = 0; i < n; i++) {
            if (!peer_push(&a, i)) {
                bench_die("out of memory");
            }
        }
        BENCH_USE(peer_data(&a));
        run->checksum = peer_len(&a) * 31 + peer_at(&a, n / 2) + peer_at(&a, n - 1);
        peer_drop(&a);
    }
    bench_stop(run);
    run->operations = reps * n;
}

static void loop_set(bench_run *run) {
    size_t reps = run->reps;
    const uint32_t *indices = run->indices;
    size_t count = run->index_count;
    ARRAY a = filled(run->n);
    bool ok = true;
    bench_start(run);
    for (size_t rep = 0; rep < reps; rep++) {
        for (size_t i = 0; i < count; i++) {
            ok &= peer_set(&a, indices[i], i);
        }
        BENCH_USE(peer_data(&a));
    }
    bench_stop(run);
    run->operations = reps * count;
    run->checksum = ok ? checksum_of(peer_data(&a), peer_len(&a)) : 0;
    peer_drop(&a);
}

static void loop_set_hoisted(bench_run *run) {
    size_t reps = run->reps;
    const uint32_t *indices = run->indices;
    size_t count = run->index_count;
    ARRAY a = filled(run->n);
    bench_start(run);
    for (size_t rep = 0; rep < reps; rep++) {
        uint64_t *p = peer_edit(&a);
        for (size_t i = 0; i < count; i++) {
            p[indices[i]] = i;
        }
        BENCH_USE(peer_data(&a));
    }
    bench_stop(run);
    run->operations = reps * count;
    run->checksum = checksum_of(peer_data(&a), peer_len(&a));
    peer_drop(&a);
}

static void loop_sum(bench_run *run) {
    size_t reps = run->reps;
    ARRAY a = filled(run->n);
    bench_start(run);
    for (size_t rep = 0; rep < reps; rep++) {
        BENCH_USE(peer_data(&a));
        run->checksum = peer_sum(&a);
    }
    bench_stop(run);
    run->operations = run->reps * run->n;
    peer_drop(&a);
}

static void loop_copy_drop(bench_run *run) {
    size_t reps = run->reps;
    ARRAY a = filled(run->n);
    uint64_t seen = 0;
    bench_start(run);
    for (size_t rep = 0; rep < reps; rep++) {
        ARRAY copy = peer_copy(&a);
        BENCH_USE(peer_data(&copy));
        seen += peer_len(&copy);
        peer_drop(&copy);
    }
    bench_stop(run);
    run->operations = run->reps;
    run->checksum = seen / run->reps * 31 + checksum_of(peer_data(&a), peer_len(&a));
    peer_drop(&a);
}

static void loop_push_front(bench_run *run) {
    size_t reps = run->reps;
    size_t n = run->n;
    ARRAY a = filled(run->n);
    bool ok = true;
    bench_start(run);
    for (size_t rep = 0; rep < reps; rep++) {
        for (size_t i = 0; i < n; i++) {
            ok &= peer_push_front(&a, i);
            peer_pop(&a);
        }
    }
    BENCH_USE(peer_data(&a));
    bench_stop(run);
    run->operations = run->reps * run->n;
    run->checksum = ok ? checksum_of(peer_data(&a), peer_len(&a)) : 0;
    peer_drop(&a);
}

static void loop_detach(bench_run *run) {
    size_t reps = run->reps;
    ARRAY a = filled(run->n);
    size_t middle = run->n / 2;
    bench_start(run);
    for (size_t rep = 0; rep < reps; rep++) {
        ARRAY copy = peer_copy(&a);
        if (!peer_set(&copy, middle, 7)) {
            bench_die("a copied array cannot be written");
        }
        BENCH_USE(peer_data(&copy));
        run->checksum = peer_at(&copy, middle) + peer_at(&copy, run->n - 1) * 31 + peer_at(&a, middle) * 17;
        peer_drop(&copy);
    }
    bench_stop(run);
    run->operations = run->reps;
    peer_drop(&a);
}

/* Counts the snapshots that hold what they should: length begin+j+1, last element begin+j. */
static size_t right_ones(const ARRAY *kept, size_t count, size_t begin) {
    size_t good = 0;
    for (size_t j = 0; j < count; j++) {
        good += peer_len(&kept[j]) == begin + j + 1 && peer_at(&kept[j], begin + j) == begin + j;
    }
    return good;
}

static size_t append_block(bench_run *run, size_t begin, ARRAY *kept) {
    ARRAY a = filled(begin);
    ARRAY before = peer_copy(&a); /* in the full run this one would be held too */
    bench_start(run);
    for (size_t j = 0; j < run->block_len; j++) {
        if (!peer_push(&a, begin + j)) {
            bench_die("out of memory");
        }
        peer_keep(&kept[j], &a);
    }
    bench_stop(run);
    size_t good = right_ones(kept, run->block_len, begin);
    bench_start(run);
    for (size_t j = 0; j < run->block_len; j++) {
        peer_forget(&kept[j]);
    }
    bench_stop(run);
    peer_drop(&before);
    peer_drop(&a);
    return good;
}

static void loop_append_snapshot(bench_run *run) {
    ARRAY *kept = slots_of(run->block_len);
    size_t good = 0;
    for (size_t block = 0; block < run->reps * run->blocks; block++) {
        good += append_block(run, bench_block_begin(run, block % run->blocks), kept);
    }
    run->operations = run->reps * run->blocks * run->block_len;
    run->checksum = good == run->operations;
    free(kept);
}

static size_t append_block_latest(bench_run *run, size_t begin, ARRAY *slot) {
    ARRAY a = filled(begin);
    peer_keep(&slot[1], &a);
    bench_start(run);
    for (size_t j = 0; j < run->block_len; j++) {
        if (!peer_push(&a, begin + j)) {
            bench_die("out of memory");
        }
        peer_keep(&slot[j % 2], &a);
        peer_forget(&slot[(j + 1) % 2]);
    }
    bench_stop(run);
    size_t last = run->block_len - 1;
    size_t good = right_ones(&slot[last % 2], 1, begin + last);
    peer_forget(&slot[last % 2]);
    peer_drop(&a);
    return good;
}

static void loop_append_snapshot_latest(bench_run *run) {
    ARRAY *slot = slots_of(2);
    size_t good = 0;
    for (size_t block = 0; block < run->reps * run->blocks; block++) {
        good += append_block_latest(run, bench_block_begin(run, block % run->blocks), slot);
    }
    run->operations = run->reps * run->blocks * run->block_len;
    run->checksum = good == run->reps * run->blocks;
    free(slot);
}

/* The value stored differs from what the snapshot holds at that place, whatever the repetition, and the last repetition
 * stores the same in every peer: so a snapshot that changes with the array is noticed. */
static void loop_set_snapshot(bench_run *run) {
    size_t reps = run->reps;
    const uint32_t *indices = run->indices;
    ARRAY a = filled(run->n);
    bool ok = true;
    bench_start(run);
    for (size_t rep = 0; rep < reps; rep++) {
        for (size_t i = 0; i < EDITS_PER_REP; i++) {
            uint64_t value = 2 * i + 2 + (reps - 1 - rep) % 2;
            ARRAY snapshot = peer_copy(&a);
            ok &= peer_set(&a, indices[i], value);
            BENCH_USE(peer_data(&a));
            ok &= peer_at(&snapshot, indices[i]) != value;
            peer_drop(&snapshot);
        }
    }
    bench_stop(run);
    run->operations = reps * EDITS_PER_REP;
    run->checksum = ok ? checksum_of(peer_data(&a), peer_len(&a)) : 0;
    peer_drop(&a);
}

#define PEER_PASTE(a, b) a##b
#define PEER_SYMBOL(name) PEER_PASTE(array_, name)
#define PEER_QUOTE(name) #name
#define PEER_TEXT(name) PEER_QUOTE(name)

const array_peer PEER_SYMBOL(PEER) = {
    PEER_TEXT(PEER),
    PEER_SHARES_APPENDS,
    loop_push,
    loop_set,
    loop_set_hoisted,
    loop_sum,
    loop_copy_drop,
    loop_push_front,
    loop_detach,
    loop_append_snapshot,
    loop_append_snapshot_latest,
    loop_set_snapshot,
};
