/* SPDX-License-Identifier: MIT */
/* The loops of suite `list`. A peer's file defines these and includes this one:
 *
 *   PEER, PEER_SHARES_ADDS       its name; whether an add copies nothing
 *   LIST                         its type; all-zero, or without arguments, is an empty one
 *   peer_fill(list, n)           makes it 0, 1, 2, ..., n - 1 by adding one at a time
 *   peer_add(list, v), peer_set(list, i, v), peer_len(list), peer_drop(list)
 *   SNAPSHOT, peer_keep(snapshot, list), peer_count(snapshot), peer_forget(snapshot)
 *   peer_sum(list)               iterates over one version of it */
#include "list_peer.h"

#include <stddef.h>

enum { KEPT_MAX = 4, RENEWED_EVERY = 64 };

/* Appends run->block_len elements to a list of `begin`. Says whether the list and the snapshots were right. */
static bool add_block(bench_run *run, size_t begin, int keep) {
    LIST list = LIST();
    SNAPSHOT kept[KEPT_MAX];
    bool right = true;
    peer_fill(&list, begin);
    for (int i = 0; i < keep; i++) {
        peer_keep(&kept[i], &list);
    }
    bench_start(run);
    for (size_t j = 0; j < run->block_len; j++) {
        peer_add(&list, begin + j);
        if (keep > 0 && j % RENEWED_EVERY == 0) {
            SNAPSHOT *oldest = &kept[j / RENEWED_EVERY % (size_t)keep];
            peer_forget(oldest);
            peer_keep(oldest, &list);
        }
    }
    bench_stop(run);
    for (int i = 0; i < keep; i++) {
        right = right && peer_count(&kept[i]) <= begin + run->block_len && peer_count(&kept[i]) >= begin;
        peer_forget(&kept[i]);
    }
    right = right && peer_len(&list) == begin + run->block_len;
    peer_drop(&list);
    return right;
}

static void add_blocks(bench_run *run, int keep) {
    size_t good = 0, count = run->reps * run->blocks;
    for (size_t i = 0; i < count; i++) {
        good += add_block(run, run->n + bench_block_begin(run, i % run->blocks), keep);
    }
    run->operations = count * run->block_len;
    run->checksum = good == count;
}

static void loop_add(bench_run *run) { add_blocks(run, 0); }
static void loop_add_1(bench_run *run) { add_blocks(run, 1); }
static void loop_add_4(bench_run *run) { add_blocks(run, KEPT_MAX); }

static void loop_iterate(bench_run *run) {
    LIST list = LIST();
    uint64_t sum = 0;
    peer_fill(&list, run->n);
    bench_start(run);
    for (size_t rep = 0; rep < run->reps; rep++) {
        sum += peer_sum(&list);
        BENCH_USE(&sum);
    }
    bench_stop(run);
    run->operations = run->reps * run->n;
    run->checksum = sum == run->reps * (run->n * (run->n - 1) / 2);
    peer_drop(&list);
}

enum { SETS_PER_REP = 16 };

static void loop_set(bench_run *run) {
    LIST list = LIST();
    peer_fill(&list, run->n);
    bench_start(run);
    for (size_t rep = 0; rep < run->reps; rep++) {
        for (size_t i = 0; i < SETS_PER_REP; i++) {
            peer_set(&list, run->indices[(rep * SETS_PER_REP + i) % run->index_count], rep + i + run->n);
        }
    }
    bench_stop(run);
    run->operations = run->reps * SETS_PER_REP;
    run->checksum = peer_len(&list) == run->n && peer_sum(&list) > run->n * (run->n - 1) / 2;
    peer_drop(&list);
}

#define PEER_PASTE(a, b) a##b
#define PEER_SYMBOL(name) PEER_PASTE(list_, name)
#define PEER_QUOTE(name) #name
#define PEER_TEXT(name) PEER_QUOTE(name)

const list_peer PEER_SYMBOL(PEER) = {
    PEER_TEXT(PEER), PEER_SHARES_ADDS, loop_add, loop_add_1, loop_add_4, loop_iterate, loop_set,
};
