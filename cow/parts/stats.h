/* SPDX-License-Identifier: MIT */
/* stats: counters of the whole program, in COW_STATS builds. Floor 1.

   Off by default: counters that all threads share would ruin the scaling they are meant to show. */
#ifndef COW__STATS_H
#define COW__STATS_H

#include "atomic.h"
#include "error.h"

/* What the library did since the start or the last reset. Bytes are element bytes, headers not counted. */
typedef struct cow_stats {
    size_t retains;          /* copies of values: one increment each */
    size_t buffers_new;      /* buffers allocated */
    size_t buffers_freed;    /* buffers freed */
    size_t bytes_allocated;  /* bytes of storage in those buffers, growth included */
    size_t copies;           /* real copies: a shared or borrowed buffer had to be duplicated */
    size_t bytes_copied;     /* bytes those copies duplicated */
    size_t tail_claims;      /* appends to a shared buffer that copied nothing */
    size_t tail_claims_lost; /* appends that found the tail taken by another branch */
    size_t grown_in_place;   /* growth of a unique buffer by the allocator's resize */
} cow_stats;

COW__BEGIN_C
/* Reads the counters; false with COW_UNSUPPORTED unless the program is built with COW_STATS. Any thread. */
COW__API bool cow_stats_get(cow_stats *out);
/* Sets all counters to zero. */
COW__API void cow_stats_reset(void);
COW__END_C

/* One counter for each member of cow_stats, in its order. */
enum cow__counter {
    COW__COUNT_RETAINS,
    COW__COUNT_BUFFERS_NEW,
    COW__COUNT_BUFFERS_FREED,
    COW__COUNT_BYTES_ALLOCATED,
    COW__COUNT_COPIES,
    COW__COUNT_BYTES_COPIED,
    COW__COUNT_TAIL_CLAIMS,
    COW__COUNT_TAIL_CLAIMS_LOST,
    COW__COUNT_GROWN_IN_PLACE,
    COW__COUNTERS
};

#if COW__STATS
COW__BEGIN_C
COW__API void cow__count(enum cow__counter which, size_t by);
COW__END_C
#define COW__COUNT(which, by) cow__count(COW__COUNT_##which, (by))
#else
#define COW__COUNT(which, by) ((void)0)
#endif

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__STATS_BODY)
#define COW__STATS_BODY
COW__BEGIN_C

#if COW__STATS
static cow__atomic_size cow__counters[COW__COUNTERS];

COW__API void cow__count(enum cow__counter which, size_t by) {
    (void)COW__ADD(&cow__counters[which], by, COW__RELAXED);
}

COW__API bool cow_stats_get(cow_stats *out) {
    size_t *to[COW__COUNTERS] = {&out->retains,         &out->buffers_new,      &out->buffers_freed,
                                 &out->bytes_allocated, &out->copies,           &out->bytes_copied,
                                 &out->tail_claims,     &out->tail_claims_lost, &out->grown_in_place};
    for (int i = 0; i < COW__COUNTERS; i++) *to[i] = COW__LOAD(&cow__counters[i], COW__RELAXED);
    return true;
}

COW__API void cow_stats_reset(void) {
    for (int i = 0; i < COW__COUNTERS; i++) COW__STORE(&cow__counters[i], (size_t)0, COW__RELAXED);
}
#else
COW__API bool cow_stats_get(cow_stats *out) {
    (void)out;
    return cow__fail(COW_UNSUPPORTED);
}

COW__API void cow_stats_reset(void) {}
#endif

COW__END_C
#endif
