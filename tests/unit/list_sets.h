/* SPDX-License-Identifier: MIT */
/* The sets that most tests of list_set use: ints, strings, and tracked keys whose every copy and death is counted and whose hooks can
   be made to do something else, too. With -DORDERED they keep the order of insertion, and each walk must show it. */
#ifndef LIST_SETS_H
#define LIST_SETS_H

#include "kit.h"

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define FAILS(call, code) (cow__set_error(COW_OK), !(call) && cow_error() == (code))
#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define SOME(...) ((const int[]){__VA_ARGS__}), LENGTH(((const int[]){__VA_ARGS__}))

/* The value of the cell: what it is, the set in it, and how many copies of each key it holds. */
#ifdef ORDERED
#define IN_ORDER true
#define VALUE(x) x##_ordered
#define DROP_VALUE(x) x##_ordered_drop
#define SET_IN(value) (&(value)->set)
#define COPIES 2
#else
#define IN_ORDER false
#define VALUE(x) x##_set
#define DROP_VALUE(x) x##_set_drop
#define SET_IN(value) (value)
#define COPIES 1
#endif

/* What the hooks of `marks` do besides; NULL: nothing. The hash of every key is the same when they collide. */
static struct {
    void (*look)(void);
    void (*drop)(int value);
    bool collide;
} spy;

static inline bool key_copy(tracked *copy, const tracked *k) {
    if (spy.look) spy.look();
    return tracked_copy(copy, k);
}
/* The key is gone when the spy is told. */
static inline void key_drop(tracked *k) {
    int value = tracked_value(k);
    tracked_drop(k);
    if (spy.drop) spy.drop(value);
}
static inline bool key_equal(const tracked *a, const tracked *b) {
    if (spy.look) spy.look();
    return tracked_equal(a, b);
}
static inline uint64_t key_hash(const tracked *k, uint64_t seed) {
    if (spy.look) spy.look();
    return cow_hash_u64(spy.collide ? 0 : (uint64_t)tracked_value(k), seed);
}

#ifdef ORDERED
#define COW_KEEP_ORDER
#endif
#define COW_LIST_SET marks, tracked
#define COW_COPY key_copy
#define COW_DROP key_drop
#define COW_EQUAL key_equal
#define COW_HASH key_hash
#include "cow/cow.h"
#ifdef ORDERED
#define COW_KEEP_ORDER
#endif
#define COW_LIST_SET numbers, int
#include "cow/cow.h"
#ifdef ORDERED
#define COW_KEEP_ORDER
#endif
#define COW_LIST_SET words, cow_str
#include "cow/cow.h"

/* ---- what a set holds ---- */

static inline int by_value(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

/* The keys that a walk met are these; in this order, if there is one. */
static inline void check_values(const int *met, size_t n, const int *values, size_t count) {
    int *got = calloc(2 * count + 1, sizeof *got), *wanted = got + count;
    assert_int_equal(n, count);
    for (size_t i = 0; i < count; i++) got[i] = met[i], wanted[i] = values[i];
    if (!IN_ORDER) qsort(got, count, sizeof *got, by_value), qsort(wanted, count, sizeof *wanted, by_value);
    assert_memory_equal(got, wanted, count * sizeof *got);
    free(got);
}

enum { MOST = 4096 };
typedef struct met {
    int value[MOST];
    size_t n;
} met;
static inline void meet(met *m, int value) {
    KIT_CHECK(m->n < MOST);
    m->value[m->n++] = value;
}

static inline bool meet_key(const tracked *k, void *m) { return meet(m, tracked_value(k)), true; }
static inline bool meet_number(const int *k, void *m) { return meet(m, *k), true; }

static inline void check_value(const VALUE(marks) * all, const int *values, size_t n) {
    met m = {{0}, 0};
    COW_MAP_EACH (marks_set, it, SET_IN(all)) meet(&m, tracked_value(it));
    assert_int_equal(m.n, n);
    qsort(m.value, n, sizeof *m.value, by_value);
    for (size_t i = 0; i < n; i++) assert_non_null(bsearch(values + i, m.value, n, sizeof *m.value, by_value));
#ifdef ORDERED
    size_t count;
    const tracked *order = marks_ordered_keys(all, &count);
    m.n = 0;
    for (size_t i = 0; i < count; i++) meet(&m, tracked_value(order + i));
    check_values(m.value, m.n, values, n);
#endif
}
#define CHECK_VALUE(all, ...) check_value(all, SOME(__VA_ARGS__))

static inline void check_iterator(marks_iter *it, const int *values, size_t n) {
    met m = {{0}, 0};
    const tracked *k;
    while (marks_iter_next(it, &k)) meet(&m, tracked_value(k));
    assert_false(marks_iter_next(it, &k) || marks_iter_next(it, &k));
    check_values(m.value, m.n, values, n);
}

/* However one looks. */
static inline void check_keys(const marks *s, const int *values, size_t n) {
    met m = {{0}, 0};
    marks_iter it;
    marks_guard g;
    assert_int_equal(marks_len(s), n);
    assert_true(marks_is_empty(s) == (n == 0) && marks_for_each(s, meet_key, &m));
    check_values(m.value, m.n, values, n);
    assert_true(marks_iter_of(s, &it));
    check_iterator(&it, values, n);
    marks_iter_drop(&it);
    assert_true(marks_borrow(s, &g));
    check_value(g.value, values, n);
    marks_end(&g);
}
#define CHECK_KEYS(s, ...) check_keys(s, SOME(__VA_ARGS__))

static inline void check_numbers(const numbers *s, const int *values, size_t n) {
    static int out[MOST];
    met m = {{0}, 0};
    numbers_iter it;
    const int *k;
    size_t count = MOST + 1;
    assert_true(numbers_copy_to(s, out, MOST, &count));
    check_values(out, count, values, n);
    assert_true(numbers_for_each(s, meet_number, &m));
    check_values(m.value, m.n, values, n);
    assert_true(numbers_iter_of(s, &it));
    for (m.n = 0; numbers_iter_next(&it, &k);) meet(&m, *k);
    numbers_iter_drop(&it);
    check_values(m.value, m.n, values, n);
    for (size_t i = 0; i < n; i++) assert_true(numbers_contains(s, values + i));
    assert_true(numbers_contains_all(s, values, n));
}
#define CHECK_NUMBERS(s, ...) check_numbers(s, SOME(__VA_ARGS__))

/* ---- keys ---- */

/* Adds first, first + 1, ... */
static inline void run(marks *s, int first, int n) {
    for (int i = 0; i < n; i++) assert_true(marks_add(s, tracked_make(first + i)));
}

/* Keys to give by pointer. */
typedef struct bunch {
    tracked k[8];
    size_t n;
} bunch;
static inline bunch bunch_of(const int *values, size_t n) {
    bunch b = {.n = n};
    KIT_CHECK(n <= LENGTH(b.k));
    for (size_t i = 0; i < n; i++) b.k[i] = tracked_make(values[i]);
    return b;
}
static inline void bunch_drop(bunch *b) {
    for (size_t i = 0; i < b->n; i++) tracked_drop(&b->k[i]);
}

static inline bool has(const marks *s, int value) {
    tracked k = tracked_make(value);
    bool found = marks_contains(s, &k);
    tracked_drop(&k);
    return found;
}
static inline bool erase(marks *s, int value) {
    tracked k = tracked_make(value);
    bool removed = marks_remove(s, &k);
    tracked_drop(&k);
    return removed;
}
/* A key passed by value is still ours when that failed. */
static inline bool add(marks *s, int value) {
    tracked k = tracked_make(value);
    bool added = marks_add(s, k);
    if (!added) tracked_drop(&k);
    return added;
}

static inline bool is_even(const tracked *k, void *ctx) {
    (void)ctx;
    return tracked_value(k) % 2 == 0;
}
static inline bool is_small(const tracked *k, void *bound) { return tracked_value(k) < *(int *)bound; }
static inline bool everything(const tracked *k, void *ctx) {
    (void)ctx;
    return tracked_value(k) >= 0;
}
static inline bool nothing(const tracked *k, void *ctx) { return !everything(k, ctx); }

/* The other set of a transaction. */
static inline marks_set other_set(const int *values, size_t n) {
    marks_set s = {0};
    for (size_t i = 0; i < n; i++) KIT_CHECK(marks_set_put(&s, tracked_make(values[i])));
    return s;
}
static inline bool unite(marks_set *all, void *with) { return marks_set_union(all, with); }

/* ---- the program ---- */

/* The record of the main thread stays for the whole process. */
static inline int list_sets_begin(void **state) {
    numbers s = {0};
    numbers_guard g;
    (void)state;
    bool ok = numbers_borrow(&s, &g);
    numbers_end(&g);
    kit_leave();
    return ok ? 0 : -1;
}

#endif
