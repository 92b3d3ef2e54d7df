/* SPDX-License-Identifier: MIT */
/* array_fuzz: an input is a program of operations over six arrays that share buffers; after each operation every array is
   compared with a naive copy of what it should hold. Elements own heap memory, so that the sanitizers see an element
   lost, dropped twice or used after its drop. Allocations and copy hooks fail when the input says so. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long failures_in = -1; /* allocations and hooks until one fails; negative: none will */
static long failures;

static bool fails_now(void) {
    if (failures_in < 0 || failures_in-- > 0) return false;
    failures++;
    return true;
}

static void *fuzz_malloc(size_t size) { return fails_now() ? NULL : malloc(size); }
static void *fuzz_realloc(void *p, size_t size) { return fails_now() ? NULL : realloc(p, size); }

#define COW_MALLOC(size) fuzz_malloc(size)
#define COW_REALLOC(p, old_size, new_size) ((void)(old_size), fuzz_realloc((p), (new_size)))
#define COW_FREE(p, size) ((void)(size), free(p))

typedef struct box {
    int *held;
} box;

static box box_of(int value) {
    box b = {malloc(sizeof *b.held)};
    if (!b.held) abort();
    *b.held = value;
    return b;
}

static bool box_copy(box *to, const box *from) {
    if (fails_now()) return false;
    *to = box_of(*from->held);
    return true;
}

static void box_drop(box *b) { free(b->held); }

/* Tens order the boxes, units tell them apart, so that stability shows. */
static int box_compare(const box *a, const box *b) { return *a->held / 10 - *b->held / 10; }
static bool box_equal(const box *a, const box *b) { return *a->held == *b->held; }

#define COW_STATIC
#define COW_ARRAY boxes, box
#define COW_COPY box_copy
#define COW_DROP box_drop
#define COW_EQUAL box_equal
#define COW_COMPARE box_compare
#include "cow/cow.h"

enum { ARRAYS = 6, MOST = 96 };

typedef struct naive {
    int v[MOST];
    size_t n;
} naive;

static boxes arrays[ARRAYS];
static naive models[ARRAYS];

static const uint8_t *input;
static size_t input_left;

static unsigned next_byte(void) {
    if (!input_left) return 0;
    input_left--;
    return *input++;
}

static size_t below(size_t bound) { return bound ? next_byte() % bound : 0; }

static void check(bool ok, const char *what) {
    if (ok) return;
    fprintf(stderr, "array_fuzz: %s\n", what);
    abort();
}

static void check_all(void) {
    for (int i = 0; i < ARRAYS; i++) {
        check(arrays[i].n == models[i].n, "a length differs from the model");
        for (size_t k = 0; k < models[i].n; k++)
            check(*arrays[i].p[k].held == models[i].v[k], "an element differs from the model");
    }
}

static void naive_splice(naive *m, size_t at, size_t removed, const int *src, size_t k) {
    int copy[MOST];
    if (k) memcpy(copy, src, k * sizeof *src);
    memmove(m->v + at + k, m->v + at + removed, (m->n - at - removed) * sizeof *m->v);
    memcpy(m->v + at, copy, k * sizeof *copy);
    m->n += k - removed;
}

/* A call may only fail when a failure was injected during it. */
static bool agreed(bool ok, long failures_before) {
    check(ok || failures > failures_before, "a call failed for no reason");
    check(ok || cow_error() == COW_NOMEM || cow_error() == COW_HOOK, "a failure without its reason");
    return ok;
}

static bool keep_even(const box *b, void *ctx) {
    (void)ctx;
    return *b->held % 2 == 0;
}

static size_t naive_filter(naive *m, bool dedup) {
    size_t kept = 0;
    for (size_t i = 0; i < m->n; i++)
        if (dedup ? !kept || m->v[kept - 1] != m->v[i] : m->v[i] % 2 == 0) m->v[kept++] = m->v[i];
    return kept;
}

static void naive_sort(naive *m) {
    for (size_t i = 1; i < m->n; i++)
        for (size_t k = i; k && m->v[k] / 10 < m->v[k - 1] / 10; k--) {
            int t = m->v[k];
            m->v[k] = m->v[k - 1];
            m->v[k - 1] = t;
        }
}

/* An unstable sort may order equal boxes differently: take over its order, after a check that it is a sorted permutation. */
static void adopt_sorted(const boxes *a, naive *m) {
    unsigned seen[256] = {0};
    check(boxes_is_sorted(a), "not sorted");
    for (size_t i = 0; i < m->n; i++) seen[m->v[i] & 255]++;
    for (size_t i = 0; i < m->n; i++) check(seen[*a->p[i].held & 255]-- > 0, "sorting lost an element");
    for (size_t i = 0; i < m->n; i++) m->v[i] = *a->p[i].held;
}

static void add_one(boxes *a, naive *m, unsigned op) {
    if (m->n + 1 > MOST) return;
    int value = (int)(next_byte() % 100);
    size_t at = op == 0 ? m->n : op == 1 ? 0 : below(m->n + 1);
    long before = failures;
    box b = box_of(value);
    bool ok = op == 0 ? boxes_push(a, b) : op == 1 ? boxes_push_front(a, b) : boxes_insert(a, at, b);
    if (agreed(ok, before))
        naive_splice(m, at, 0, &value, 1);
    else
        box_drop(&b);
}

static void remove_one(boxes *a, naive *m, unsigned op) {
    if (!m->n) {
        check(!boxes_pop(a, NULL) && cow_error() == COW_ABSENT, "popped an empty array");
        return;
    }
    size_t at = op == 3 ? m->n - 1 : op == 4 ? 0 : below(m->n);
    box out = {NULL}, *to = next_byte() & 1 ? &out : NULL;
    long before = failures;
    bool ok = op == 3   ? boxes_pop(a, to)
              : op == 4 ? boxes_pop_front(a, to)
              : op == 5 ? boxes_take(a, at, to)
                        : boxes_swap_remove(a, at, to);
    if (!agreed(ok, before)) return;
    if (to) check(*out.held == m->v[at], "took another element");
    if (to) box_drop(&out);
    if (op == 6) {
        m->v[at] = m->v[--m->n];
    } else {
        naive_splice(m, at, 1, NULL, 0);
    }
}

static void add_many(boxes *a, naive *m, unsigned op) {
    size_t from = below(ARRAYS), begin = below(models[from].n + 1), k = below(models[from].n - begin + 1), at = m->n;
    if (m->n + k > MOST) return;
    const box *src = begin < models[from].n ? arrays[from].p + begin : NULL;
    long before = failures;
    bool ok;
    if (op == 7) {
        ok = boxes_push_n(a, src, k);
    } else if (op == 8) {
        at = below(m->n + 1);
        ok = boxes_insert_n(a, at, src, k);
    } else {
        boxes slice = boxes_slice(&arrays[from], begin, begin + k);
        ok = boxes_concat(a, &slice);
        boxes_drop(&slice);
    }
    if (agreed(ok, before)) naive_splice(m, at, 0, models[from].v + begin, k);
}

static void change_size(boxes *a, naive *m, unsigned op) {
    size_t n = below(MOST), from = below(ARRAYS);
    long before = failures;
    const box *fill = models[from].n ? arrays[from].p : NULL;
    switch (op) {
    case 10:
        if (n > m->n && !fill) return;
        if (!agreed(boxes_resize(a, n, fill), before)) return;
        for (size_t i = m->n; i < n; i++) m->v[i] = models[from].v[0];
        m->n = n;
        return;
    case 11:
        n = below(m->n + 1);
        if (agreed(boxes_truncate(a, n), before)) m->n = n;
        return;
    case 12: (void)agreed(boxes_reserve(a, n), before); return;
    case 13: (void)agreed(boxes_shrink(a), before); return;
    default: boxes_clear(a); m->n = 0;
    }
}

static void share(boxes *a, naive *m, unsigned op) {
    size_t from = below(ARRAYS), begin = below(models[from].n + 1), k = below(models[from].n - begin + 1);
    naive old = models[from];
    if (op == 15) {
        boxes_assign(a, &arrays[from]);
        *m = old;
    } else if (op == 16) {
        boxes slice = boxes_slice(&arrays[from], begin, begin + k);
        boxes_drop(a);
        *a = slice;
        memmove(m->v, old.v + begin, k * sizeof *old.v);
        m->n = k;
    } else if (op == 17) {
        boxes_drop(a);
        m->n = 0;
    } else {
        boxes_swap(a, &arrays[from]);
        models[from] = *m;
        *m = old;
    }
}

static void write_one(boxes *a, naive *m) {
    if (!m->n) return;
    size_t at = below(m->n);
    int value = (int)(next_byte() % 100);
    long before = failures;
    if (next_byte() & 1) {
        box *b = boxes_mut(a, at);
        if (agreed(b != NULL, before)) *b->held = m->v[at] = value;
    } else {
        box b = box_of(value);
        if (agreed(boxes_set(a, at, b), before))
            m->v[at] = value;
        else
            box_drop(&b);
    }
}

static void reorder(boxes *a, naive *m, unsigned op) {
    long before = failures;
    size_t by = below(m->n + 1);
    naive old = *m;
    switch (op) {
    case 20:
        if (agreed(boxes_sort(a), before)) adopt_sorted(a, m);
        return;
    case 21:
        if (agreed(boxes_sort_stable(a), before)) naive_sort(m);
        return;
    case 22:
        if (agreed(boxes_reverse(a), before))
            for (size_t i = 0; i < m->n; i++) m->v[i] = old.v[m->n - 1 - i];
        return;
    default:
        if (agreed(boxes_rotate(a, by), before))
            for (size_t i = 0; i < m->n; i++) m->v[i] = old.v[(i + by) % m->n];
    }
}

static void change_many(boxes *a, naive *m, unsigned op) {
    long before = failures;
    size_t begin = below(m->n + 1), k = below(m->n - begin + 1);
    switch (op) {
    case 24:
        if (agreed(boxes_erase_range(a, begin, begin + k), before)) naive_splice(m, begin, k, NULL, 0);
        return;
    case 25:
        if (agreed(boxes_retain_if(a, keep_even, NULL), before)) m->n = naive_filter(m, false);
        return;
    case 26:
        if (agreed(boxes_dedup(a), before)) m->n = naive_filter(m, true);
        return;
    default:
        if (!m->n || !agreed(boxes_fill(a, a->p + begin % m->n), before)) return;
        int value = m->v[begin % m->n];
        for (size_t i = 0; i < m->n; i++) m->v[i] = value;
    }
}

static void run_operation(void) {
    unsigned op = next_byte() % 29;
    size_t which = below(ARRAYS);
    boxes *a = &arrays[which];
    naive *m = &models[which];
    if (op <= 2)
        add_one(a, m, op);
    else if (op <= 6)
        remove_one(a, m, op);
    else if (op <= 9)
        add_many(a, m, op);
    else if (op <= 14)
        change_size(a, m, op);
    else if (op <= 18)
        share(a, m, op);
    else if (op == 19)
        write_one(a, m);
    else if (op <= 23)
        reorder(a, m, op);
    else if (op <= 27)
        change_many(a, m, op);
    else
        failures_in = (long)below(8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input = data;
    input_left = size;
    failures_in = -1;
    while (input_left) {
        run_operation();
        check_all();
    }
    failures_in = -1;
    for (int i = 0; i < ARRAYS; i++) {
        boxes_drop(&arrays[i]);
        models[i].n = 0;
    }
    return 0;
}
