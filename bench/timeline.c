/* SPDX-License-Identifier: MIT */
#include "timeline.h"
#include "harness.h"

#include <stdlib.h>
#include <string.h>

enum { USUAL_BATCHES = 8, SWITCH_NS = 200000 };

timeline timeline_of(size_t room) {
    timeline t = {.ends = malloc(room * sizeof *t.ends), .room = room};
    if (t.ends == NULL) {
        bench_die("out of memory for the times of %zu batches", room);
    }
    memset(t.ends, 0, room * sizeof *t.ends); /* so that no page is missing later */
    return t;
}

void timeline_free(timeline *t) { free(t->ends); }

static uint64_t begin_of(const timeline *t, size_t i) { return i == 0 ? t->from : t->ends[i - 1]; }

static int compare(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* A batch that takes longer was interrupted. What is usual a few thousand of them tell. */
static uint64_t limit_of(const timeline *t) {
    enum { SOME = 4096 };
    static uint64_t took[SOME];
    size_t count = 0;
    for (size_t i = 0; i < t->count; i += t->count / SOME + 1) {
        took[count++] = t->ends[i] - begin_of(t, i);
    }
    qsort(took, count, sizeof *took, compare);
    uint64_t usual = count > 0 ? took[count / 2] : 0;
    return USUAL_BATCHES * usual > SWITCH_NS ? USUAL_BATCHES * usual : SWITCH_NS;
}

/* Whether the thread was at work all the time from `from` to `to`. Batch *i is the first that may reach into it, for
 * this call and, as time goes on, for the next one. */
static bool at_work(const timeline *t, uint64_t limit, uint64_t from, uint64_t to, size_t *i) {
    while (*i < t->count && t->ends[*i] <= from) {
        ++*i;
    }
    for (size_t j = *i; j < t->count; j++) {
        if (begin_of(t, j) > from && j == *i) {
            return false; /* it had not begun */
        }
        if (t->ends[j] - begin_of(t, j) > limit) {
            return false;
        }
        if (t->ends[j] >= to) {
            return true;
        }
    }
    return false; /* it had ended */
}

timeline_part timeline_common(timeline *const *all, int count, int which) {
    enum { MOST = 16 };
    uint64_t limits[MOST];
    size_t at[MOST] = {0};
    timeline_part part = {0, 0};
    const timeline *own = all[which];
    for (int k = 0; k < count; k++) {
        limits[k] = limit_of(all[k]);
    }
    for (size_t i = 0; i < own->count; i++) {
        uint64_t from = begin_of(own, i);
        bool common = true;
        for (int k = 0; k < count; k++) {
            common &= at_work(all[k], limits[k], from, own->ends[i], &at[k]);
        }
        if (common) {
            part.ns += own->ends[i] - from;
            part.batches++;
        }
    }
    return part;
}
