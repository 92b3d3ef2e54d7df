/* SPDX-License-Identifier: MIT */
/* What each peer of suite `array` provides: one whole timed loop per case, over arrays of uint64_t. The cases:
 *
 *   push                   build an array of n by n appends without reserving, free it
 *   set                    store at a random index, the index checked every time
 *   set_hoisted            the same stores through a pointer fetched once
 *   sum                    add up all n
 *   copy_drop              make a copy of the array and drop it, nothing written
 *   push_front             n live: one in at the front, one out at the back
 *   detach                 copy an array of n, write one element of it, drop the copy
 *   append_snapshot        append, then keep a snapshot; every snapshot stays until the end
 *   append_snapshot_latest the same, only the newest snapshot stays
 *   set_snapshot           take a snapshot, store one element, drop the snapshot
 *
 * A peer without sharing takes a snapshot the only way it can: it copies everything. */
#ifndef BENCH_ARRAY_PEER_H
#define BENCH_ARRAY_PEER_H

#include "../harness.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct array_peer {
    const char *name;
    bool shares_appends; /* append_snapshot copies nothing: all n appends can be timed, not a sample of them */
    bench_loop push, set, set_hoisted, sum, copy_drop, push_front, detach, append_snapshot, append_snapshot_latest,
        set_snapshot;
} array_peer;

extern const array_peer array_cow, array_raw, array_std, array_qt, array_stb;

#ifdef __cplusplus
}
#endif
#endif
