/* SPDX-License-Identifier: MIT */
/* A list of times, for medians and percentiles. */
#ifndef BENCH_TIMES_H
#define BENCH_TIMES_H

#include <stddef.h>
#include <stdint.h>

/* Beyond its room it keeps the newest. */
typedef struct times {
    uint64_t *ns;
    size_t room, count;
} times;

/* Stops the program when there is no memory. */
times times_of(size_t room);

static inline void times_add(times *t, uint64_t ns) { t->ns[t->count++ % t->room] = ns; }

void times_add_all(times *to, const times *from);

/* Puts them in order; returns how many there are. */
size_t times_sort(times *t);

/* Of times in order; NaN when there are none. */
double times_quantile(const times *t, size_t count, double quantile);

double times_median(times *t);

#endif
