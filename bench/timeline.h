/* SPDX-License-Identifier: MIT */
/* When a thread was at work: the ends of its batches. From the timelines of threads that should have run at the same
 * time follows in which batches they did. */
#ifndef BENCH_TIMELINE_H
#define BENCH_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct timeline {
    uint64_t from; /* when the first batch began */
    uint64_t *ends;
    size_t count, room;
} timeline;

/* A timeline with room for `room` batches; what comes later is not noted. Stops the program when there is no memory. */
timeline timeline_of(size_t room);
void timeline_free(timeline *t);

static inline void timeline_begin(timeline *t, uint64_t now) {
    t->from = now;
    t->count = 0;
}

static inline void timeline_mark(timeline *t, uint64_t now) {
    if (t->count < t->room) {
        t->ends[t->count++] = now;
    }
}

/* What of one thread's time counts. */
typedef struct timeline_part {
    uint64_t ns;
    size_t batches;
} timeline_part;

/* The batches of thread `which` in which all `count` threads had a CPU from begin to end, as far as one can see: when a
 * batch takes as long as eight usual ones of its thread, and at least 200 us, the kernel let somebody else run. */
timeline_part timeline_common(timeline *const *all, int count, int which);

#endif
