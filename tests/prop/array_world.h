/* SPDX-License-Identifier: MIT */
/*
 * The world of array_model_prop.c: arrays beside naive lists, what may never change, faults to come, and what arguments may
 * point into. Elements, allocator and their checks are those of the unit tests.
 */
#ifndef ARRAY_WORLD_H
#define ARRAY_WORLD_H

#include "tests/unit/model_element.h"

#include "rapidcheck-c/rapidcheck_c.h"

enum { LIVE = 3, KEPT = 3, LENT = 6, LONGEST = 40, MANY = 10 };

/* The naive list. Copied by assignment. */
typedef struct naive {
    int v[LONGEST];
    size_t n;
} naive;

typedef struct live {
    elems a;
    naive is;
} live;

/* A copy or a slice, and all there is to know about it from the moment it was made. */
typedef struct kept {
    elems a, was;
    elem bytes[LONGEST];
    naive is;
} kept;

/* Faults of one kind: each `every`th call fails, counted over the whole list; 0 is never. */
typedef struct faults {
    size_t every, calls;
} faults;

static struct {
    live live[LIVE];
    kept kept[KEPT];
    kept lent; /* `a` borrows `storage` */
    elem storage[LENT];
    elems_iter walk; /* a walk under way, over what `walked` was */
    naive walked;
    size_t walked_to;
    faults allocations, copies;
    live before;   /* the subject of the command, as it was */
    live *subject; /* NULL when the command has none */
    bool injected_allocation, injected_copy;
    size_t failed; /* operations that said false because of a fault */
    bool froze;    /* immortals were made: no leak check */
} world;

/* ---- The naive side ---- */

static void splice(naive *is, size_t at, size_t remove, const int *values, size_t count) {
    rc_assert(at + remove <= is->n && is->n - remove + count <= LONGEST);
    memmove(is->v + at + count, is->v + at + remove, (is->n - at - remove) * sizeof *is->v);
    if (count) memcpy(is->v + at, values, count * sizeof *is->v);
    is->n = is->n - remove + count;
}

static naive part(const naive *is, size_t begin, size_t end) {
    naive out = {{0}, end - begin};
    memcpy(out.v, is->v + begin, out.n * sizeof *out.v);
    return out;
}

static int order(const naive *a, const naive *b) {
    for (size_t i = 0; i < a->n && i < b->n; i++)
        if (a->v[i] != b->v[i]) return a->v[i] < b->v[i] ? -1 : 1;
    return (a->n > b->n) - (a->n < b->n);
}

static int sign(int x) { return (x > 0) - (x < 0); }

static int by_int(const void *a, const void *b) {
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static void agrees(const elems *a, const naive *is) {
    rc_assert_equal(a->n, is->n);
    for (size_t i = 0; i < is->n; i++)
        rc_assertf(elem_value(a->p + i) == is->v[i], "element %zu is %d, not %d", i, elem_value(a->p + i), is->v[i]);
}

/* ---- One operation on a live array: subject(), the call, then worked() or refused() ---- */

static size_t next_fault(const faults *f) { return f->every ? f->every - f->calls % f->every : 0; }

/* From here to worked() or refused(), calls may fail. */
static live *subject(int64_t which) {
    world.subject = &world.live[which];
    world.before = *world.subject;
    kit_fail(next_fault(&world.allocations), false);
    tracked_fail(next_fault(&world.copies), false);
    return world.subject;
}

static void faults_end(void) {
    world.injected_allocation = kit.injected > 0;
    world.injected_copy = lives.injected > 0;
    world.allocations.calls += kit.calls;
    world.copies.calls += lives.calls;
    kit_fail_none();
    tracked_fail_none();
}

static bool untouched(void) {
    const elems *is = &world.subject->a, *was = &world.before.a;
    return is->p == was->p && is->n == was->n && is->h == was->h;
}

/* Whether it worked. It may say false only because a fault was injected. */
static bool worked(bool said) {
    cow_error_code why = cow_error();
    faults_end();
    if (said) return true;
    rc_assertf(world.injected_allocation || world.injected_copy, "false without a fault: %s", cow_error_text(why));
    rc_assert((why == COW_NOMEM && world.injected_allocation) || (why == COW_HOOK && world.injected_copy));
    rc_assert(untouched());
    world.failed++;
    return false;
}

/* It must say false because of its arguments, whatever else may fail. */
static void refused(bool said, cow_error_code expected) {
    cow_error_code why = cow_error();
    faults_end();
    rc_assert(!said && untouched());
    rc_assertf(why == expected, "%s", cow_error_text(why));
}

/* An index that may be one too far, so that both sides of the bound are met. */
static size_t index_of(int64_t at, size_t n) { return (size_t)at % (n + 2); }

/* [begin, end) of n from two numbers. */
static void bounds(int64_t from, int64_t to, size_t n, size_t *begin, size_t *end) {
    *begin = (size_t)from % (n + 1);
    *end = *begin + (size_t)to % (n - *begin + 1);
}

/* ---- Sources: what arguments point into ---- */

enum { SOURCES = 1 + LIVE + KEPT };

static const elems *source(int64_t which, const naive **is) {
    size_t i = (size_t)which;
    if (i > LIVE) {
        *is = &world.kept[i - LIVE - 1].is;
        return &world.kept[i - LIVE - 1].a;
    }
    if (i > 0) {
        *is = &world.live[i - 1].is;
        return &world.live[i - 1].a;
    }
    *is = &world.lent.is;
    return &world.lent.a;
}

/* Up to `count` elements of a source, and a copy of their values from before the change. */
static const elem *run_of(int64_t which, int64_t from, int64_t count, naive *values) {
    const naive *is;
    const elems *a = source(which, &is);
    size_t begin, end;
    bounds(from, count, is->n, &begin, &end);
    if (end - begin > MANY) end = begin + MANY;
    *values = part(is, begin, end);
    return a->n ? a->p + begin : NULL;
}

/* One element of a source; a lent one if the source is empty. */
static const elem *one_of(int64_t which, int64_t from, int *value) {
    const naive *is;
    const elems *a = source(which, &is);
    if (!is->n) a = source(0, &is);
    *value = is->v[(size_t)from % is->n];
    return a->p + (size_t)from % is->n;
}

#endif
