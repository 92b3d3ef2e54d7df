/* SPDX-License-Identifier: MIT */
/* What a peer of suite `paged` does: memory that can be frozen while it is written. A process has one region of it, and one
 * snapshot at a time. */
#ifndef BENCH_PAGED_PEER_H
#define BENCH_PAGED_PEER_H

#include "../harness.h"

enum { PAGED_PAGE = 4096 };

/* Words of a stretch of memory, added up: the one at `offset`, and every `step` bytes behind it. */
typedef struct paged_scan {
    uint64_t sum;
    uint64_t ns; /* wall time, where the scan ran */
} paged_scan;

typedef struct paged_peer {
    const char *name;
    /* Memory of zero bytes. NULL when this system has none of the kind. */
    char *(*make)(size_t bytes);
    /* Freezes it; returns the wall time of that on this thread, without what was got ready before. */
    uint64_t (*take)(void);
    paged_scan (*scan)(size_t offset, size_t bytes, size_t step);
    void (*drop)(void);
    /* Announces a write. NULL: there is no such thing. */
    void (*will_write)(char *p, size_t bytes);
    /* CPU time of processes that have ended meanwhile. NULL: there are none. */
    uint64_t (*others_cpu)(void);
    /* Bytes that the snapshot says it holds. NULL: it does not know. */
    size_t (*held)(void);
    long (*other_process)(void); /* of the snapshot; NULL: it is in this one */
    bool fresh;                  /* what is written under a snapshot is not any more what the peer is called by */
} paged_peer;

extern const paged_peer paged_cow, paged_bare, paged_live, paged_memcpy, paged_fork, paged_fork_huge, paged_fork_split;

static inline uint64_t paged_sum(const char *p, size_t bytes, size_t step) {
    uint64_t sum = 0;
    for (const char *end = p + bytes; p < end; p += step) {
        sum += *(const uint64_t *)(const void *)p;
    }
    return sum;
}

static inline paged_scan paged_scan_here(const char *p, size_t bytes, size_t step) {
    uint64_t begin = bench_now();
    paged_scan s = {paged_sum(p, bytes, step), 0};
    BENCH_USE(&s);
    s.ns = bench_now() - begin;
    return s;
}

#endif
