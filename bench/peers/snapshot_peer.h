/* SPDX-License-Identifier: MIT */
/* What each peer of suite `snapshot` provides: one growing list of words in one shared variable.
 *
 * The rule of publication is the same for all: an append is done when a snapshot taken from now on shows it. The peers
 * that live in this process keep the list in a variable guarded by a pthread rwlock; the writer appends to it in place
 * under the write lock, a reader takes its snapshot under the read lock and scans it without any lock. Nobody has to
 * copy for the sake of publishing. */
#ifndef BENCH_SNAPSHOT_PEER_H
#define BENCH_SNAPSHOT_PEER_H

#include "../harness.h"
#include "../words.h"

#include <pthread.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The lock of the shared variable. Without writer preference two overlapping readers of a slow peer would starve the
 * writer. */
#define SNAPSHOT_LOCK_INITIALIZER PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP

/* Room for any peer's snapshot. */
typedef struct snapshot_handle {
    union {
        void *pointer;
        uint64_t bits;
        unsigned char bytes[64];
    } as;
} snapshot_handle;

typedef struct snapshot_scan {
    uint64_t checksum;
    size_t count;
    uint64_t wall_ns, cpu_ns; /* filled in only by a peer that scans in another process */
} snapshot_scan;

typedef struct snapshot_peer {
    const char *name;
    /* Replaces the list by the first n words. Not timed. */
    void (*fill)(const bench_word *words, size_t n);
    /* Appends words[0..n) one by one, each published before the next; stops when *phase is no longer `while_phase`.
     * Returns how many are in. The loop stands here so that only one call per thousand goes through a pointer. */
    size_t (*append)(const bench_word *words, size_t n, const int *phase, int while_phase);
    void (*take)(snapshot_handle *snapshot);
    snapshot_scan (*scan)(snapshot_handle *snapshot);
    void (*drop)(snapshot_handle *snapshot);
    uint64_t (*bytes_copied)(void); /* so far, in this process */
} snapshot_peer;

extern const snapshot_peer snapshot_cow, snapshot_rwlock, snapshot_qt, snapshot_fork;

static inline bool snapshot_goes_on(const int *phase, int while_phase) {
    return __atomic_load_n(phase, __ATOMIC_RELAXED) == while_phase;
}

#ifdef __cplusplus
}
#endif
#endif
