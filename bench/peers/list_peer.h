/* SPDX-License-Identifier: MIT */
/* What each peer of suite `list` provides: one whole timed loop per case, over a list of uint64_t that many threads might
 * read and change. The cases:
 *
 *   add        append to a list of n elements until it has 2 n; nobody holds a snapshot
 *   add_1      the same with one snapshot alive: from time to time it is dropped and a new one taken
 *   add_4      the same with four, of different age
 *   iterate    add up all n elements of a version that stays the same meanwhile
 *   set        replace an element at a random index
 *
 * Peers that copy the list for each add time a sample of the adds, spread evenly over the growth. */
#ifndef BENCH_LIST_PEER_H
#define BENCH_LIST_PEER_H

#include "../harness.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct list_peer {
    const char *name;
    bool shares_adds; /* an add copies nothing: all of them can be timed */
    bench_loop add, add_1, add_4, iterate, set;
} list_peer;

extern const list_peer list_cow, list_std, list_rwlock, list_cowal;

/* Peer `cowal`, CopyOnWriteArrayList, is a Java program that waits for questions. */
void list_java_start(const char *class_path);
void list_java_stop(void);
/* Asks for one sample of a case that takes about sample_ns. */
bench_sample list_java_measure(const char *loop, size_t n, uint64_t sample_ns);

#ifdef __cplusplus
}
#endif
#endif
