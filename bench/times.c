/* SPDX-License-Identifier: MIT */
#include "times.h"
#include "harness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

times times_of(size_t room) {
    times t = {malloc(room * sizeof *t.ns), room, 0};
    if (t.ns == NULL) {
        bench_die("out of memory for the times");
    }
    memset(t.ns, 0, room * sizeof *t.ns); /* no page faults later, among what is measured */
    return t;
}

static int compare_times(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

size_t times_sort(times *t) {
    size_t count = t->count < t->room ? t->count : t->room;
    qsort(t->ns, count, sizeof *t->ns, compare_times);
    return count;
}

double times_quantile(const times *t, size_t count, double quantile) {
    if (count == 0) {
        return NAN;
    }
    size_t rank = (size_t)ceil(quantile * (double)count);
    return (double)t->ns[rank == 0 ? 0 : rank - 1];
}

void times_add_all(times *to, const times *from) {
    for (size_t i = 0; i < from->count && i < from->room; i++) {
        times_add(to, from->ns[i]);
    }
}

double times_median(times *t) { return times_quantile(t, times_sort(t), 0.5); }
