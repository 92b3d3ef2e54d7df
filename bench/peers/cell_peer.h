/* SPDX-License-Identifier: MIT */
/* What each peer of suite `cell` provides: one variable that holds an array of n 64-bit numbers, which threads read and
 * replace at the same time. Loops are whole batches, compiled inside the peer's own file; NULL where it cannot do that.
 *
 *   borrow    read once: get at the current array, add up its elements, let go of it
 *   strong    the same with something that could be kept, and handed to another thread
 *   cached    the same by a thread that remembers what it read last
 *   replace   make a new array, a copy of cell_source(), and put it in the place of the old one, which goes
 *
 * crowd.h says what the hooks are, and how threads run the loops. */
#ifndef BENCH_CELL_PEER_H
#define BENCH_CELL_PEER_H

#include "../crowd.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cell_peer {
    const char *name;
    crowd_read borrow, strong, cached;
    crowd_write replace;
    crowd_hooks hooks;
    bool only_writes; /* it reads as another peer does */
    int patience; /* its samples of writing are so many times as long: it frees from time to time, in another thread */
} cell_peer;

extern const cell_peer cell_cow, cell_plain, cell_std, cell_rwlock, cell_urcu, cell_urcu_call, cell_qsbr,
    cell_qsbr_call, cell_ck_epoch, cell_ck_hp, cell_arcswap, cell_java, cell_cowal;

/* The peers in Java are one program that waits for questions. Started before the first sample, so that every sample
 * finds it warm; told to end after the last. Of a case it is told the peer's name, the loop's, n, and how many
 * threads do what. */
void cell_java_start(const char *class_path, const bench_plan *plan);
void cell_java_stop(void);
typedef struct cell_question {
    const char *peer, *loop;
    size_t n;
    int readers, writers;
    enum crowd_figure figure;
    uint64_t window_ns, pace_ns;
} cell_question;
bench_sample cell_java_measure(const cell_question *question);

/* ---- the arrays ---- */

enum { CELL_KINDS = 61 };

/* Version v is a copy of the n numbers that begin here: those of cell_numbers, which is 1, 2, 3 and so on. */
extern const uint64_t *cell_numbers;
static inline const uint64_t *cell_source(uint64_t version) { return cell_numbers + version % CELL_KINDS; }

/* Two numbers at once and two sums, as compilers do it that vectorize where gcc -O2 does not: peers of several
 * compilers are compared here, and it is not summing in which they should differ. */
typedef uint64_t cell_pair __attribute__((vector_size(16), aligned(8), may_alias));
static inline uint64_t cell_sum(const uint64_t *p, size_t n) {
    cell_pair a = {0, 0}, b = {0, 0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        a += *(const cell_pair *)(const void *)(p + i);
        b += *(const cell_pair *)(const void *)(p + i + 2);
    }
    a += b;
    uint64_t sum = a[0] + a[1];
    for (; i < n; i++) {
        sum += p[i];
    }
    return sum;
}

/* A batch of reads by the function `one`, which gets what join() returned. */
#define CELL_READS(loop, one)                      \
    static uint64_t loop(void *me, size_t count) { \
        uint64_t sum = 0;                          \
        for (size_t i = 0; i < count; i++) {       \
            sum += one(me);                        \
        }                                          \
        return sum;                                \
    }

/* A batch of replacements by the function `one`, which gets the numbers to copy. */
#define CELL_WRITES(loop, one)                                               \
    static void loop(void *me, uint64_t begin, size_t count) {               \
        for (uint64_t version = begin; version < begin + count; version++) { \
            one(me, cell_source(version));                                   \
        }                                                                    \
    }

static inline void cell_must(bool ok) {
    if (!ok) {
        bench_die("out of memory");
    }
}

#ifdef __cplusplus
}
#endif
#endif
