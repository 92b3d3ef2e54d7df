/* SPDX-License-Identifier: MIT */
/* The instances most list tests use: plain ints, and tracked elements whose every copy and death is counted and whose
   hooks can be made to do something else, too. And a sweep that fails a change at each allocation and each copy. The
   including file asks for _GNU_SOURCE first. */
#ifndef LISTS_H
#define LISTS_H

#include "kit.h"

#include <unistd.h>

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* Says yes to a call that failed for `code`; the reason of an earlier failure does not count. */
#define FAILS(call, code) (cow__set_error(COW_OK), !(call) && cow_error() == (code))

#define COW_LIST numbers, int
#include "cow/cow.h"

/* What the hooks of `list` do before their work; NULL: nothing. */
static struct {
    void (*copy)(void);
    void (*drop)(int value);
    void (*equal)(void);
    void (*compare)(void);
} spy;

static inline bool spied_copy(tracked *copy, const tracked *e) {
    if (spy.copy) spy.copy();
    return tracked_copy(copy, e);
}
/* The element is gone when the spy is told. */
static inline void spied_drop(tracked *e) {
    int value = tracked_value(e);
    tracked_drop(e);
    if (spy.drop) spy.drop(value);
}
static inline bool spied_equal(const tracked *a, const tracked *b) {
    if (spy.equal) spy.equal();
    return tracked_equal(a, b);
}
static inline int spied_compare(const tracked *a, const tracked *b) {
    if (spy.compare) spy.compare();
    return tracked_compare(a, b);
}
static inline uint64_t tracked_hash(const tracked *e, uint64_t seed) {
    return cow_hash_u64((uint64_t)tracked_value(e), seed);
}

#define COW_LIST list, tracked
#define COW_COPY spied_copy
#define COW_DROP spied_drop
#define COW_EQUAL spied_equal
#define COW_COMPARE spied_compare
#define COW_HASH tracked_hash
#include "cow/cow.h"

#define SOME(...) ((const int[]){__VA_ARGS__}), LENGTH(((const int[]){__VA_ARGS__}))

/* ---- lists of ints ---- */

static inline void numbers_make(numbers *l, const int *values, size_t n) {
    memset(l, 0, sizeof *l);
    assert_true(numbers_add_all(l, values, n));
}

static inline void check_numbers(const numbers *l, const int *values, size_t n) {
    int got[64];
    size_t count = LENGTH(got) + 1;
    assert_true(numbers_copy_to(l, got, LENGTH(got), &count));
    assert_int_equal(count, n);
    for (size_t i = 0; i < n; i++) assert_int_equal(got[i], values[i]);
}
#define CHECK_NUMBERS(l, ...) check_numbers(l, SOME(__VA_ARGS__))

/* ---- lists of tracked elements ---- */

/* Adds first, first + 1, ... */
static inline void list_run(list *l, int first, int n) {
    for (int i = 0; i < n; i++) assert_true(list_add(l, tracked_make(first + i)));
}

static inline void check_elements(const list_array *a, const int *values, size_t n) {
    assert_int_equal(a->n, n);
    for (size_t i = 0; i < n; i++) assert_int_equal(tracked_value(&a->p[i]), values[i]);
}
#define CHECK_ELEMENTS(a, ...) check_elements(a, SOME(__VA_ARGS__))

static inline void check_list(const list *l, const int *values, size_t n) {
    list_guard g;
    assert_true(list_borrow(l, &g));
    check_elements(g.value, values, n);
    list_end(&g);
}
#define CHECK_LIST(l, ...) check_list(l, SOME(__VA_ARGS__))

/* Where the elements are: the same pointer means that nothing was copied. */
static inline const tracked *list_storage(const list *l) {
    list_guard g;
    assert_true(list_borrow(l, &g));
    const tracked *p = g.value->p;
    list_end(&g);
    return p;
}

/* Whether an element has the value. */
static inline bool list_has(const list *l, int value) {
    tracked wanted = tracked_make(value);
    bool found = list_contains(l, &wanted);
    tracked_drop(&wanted);
    return found;
}

static inline list_array array_of_two(int first, int second) {
    list_array a = {0};
    KIT_CHECK(list_array_push(&a, tracked_make(first)) && list_array_push(&a, tracked_make(second)));
    return a;
}

/* ---- functions that are given to changes ---- */

static inline bool is_even(const tracked *e, void *ctx) {
    (void)ctx;
    return tracked_value(e) % 2 == 0;
}
static inline int backwards(const tracked *a, const tracked *b, void *compared) {
    ++*(int *)compared;
    return tracked_compare(b, a);
}
static inline bool push_two_and_drop_the_first(list_array *all, void *allowed) {
    return list_array_push(all, tracked_make(8)) && list_array_push(all, tracked_make(9)) &&
           list_array_pop_front(all, NULL) && *(bool *)allowed;
}

/* ---- failing changes ---- */

/* Gives up an element that was passed by value to a change that failed. */
static inline bool given(bool ok, tracked *v) {
    if (!ok) tracked_drop(v);
    return ok;
}

/* A change of a list of 1 to 8, which gives up what it has made when it fails. */
typedef bool (*change_fn)(list *l);

/* A list of 1 to 8 whose storage is full, and which keeps no version for the next change. */
static inline list full_list(void) {
    list l = {0};
    list_snapshot held;
    list_run(&l, 1, 7);
    assert_true(list_snapshot_of(&l, &held));
    list_run(&l, 8, 1);
    list_snapshot_drop(&held);
    return l;
}

/* Runs `change` with its `at`th allocation or copy failing, and all later ones when `sticky`. Whether a fault was
   injected. */
static inline bool fail_once(change_fn change, bool hook, size_t at, bool sticky) {
    list l = full_list();
    list_snapshot before = {NULL}, after = {NULL};
    assert_true(list_snapshot_of(&l, &before));
    size_t alive = lives.alive, version = list_version(&l);
    cow__set_error(COW_OK);
    hook ? tracked_fail(at, sticky) : kit_fail(at, sticky);
    bool ok = change(&l);
    size_t injected = hook ? lives.injected : kit.injected;
    tracked_fail_none();
    kit_fail_none();
    assert_true(ok == (injected == 0));
    assert_true(list_snapshot_of(&l, &after));
    if (!ok) {
        assert_int_equal(cow_error(), hook ? COW_HOOK : COW_NOMEM);
        assert_true(after.v == before.v && list_version(&l) == version);
        assert_int_equal(lives.alive, alive);
    }
    CHECK_ELEMENTS(list_snapshot_value(&before), 1, 2, 3, 4, 5, 6, 7, 8);
    list_snapshot_drop(&before);
    list_snapshot_drop(&after);
    list_drop(&l);
    assert_int_equal(lives.alive, 0);
    return injected > 0;
}

/* Fails `change` at each place where it can fail. */
static inline void fail_everywhere(change_fn change) {
    for (int way = 0; way < 4; way++) {
        size_t at = 1;
        while (fail_once(change, way & 1, at, way >> 1)) at++;
    }
}

/* ---- the program ---- */

/* The record of the main thread stays for the whole process. A thread that waits for itself waits for ever: not here. */
static inline int lists_begin(void **state) {
    numbers l = {0};
    numbers_guard g;
    (void)state;
    (void)alarm(300);
    bool ok = numbers_borrow(&l, &g);
    numbers_end(&g);
    kit_leave();
    return ok ? 0 : -1;
}

/* What the hooks of a test that failed do is over with it. */
static inline int lists_setup(void **state) {
    memset(&spy, 0, sizeof spy);
    return kit_setup(state);
}

#define LIST_UNIT(test) cmocka_unit_test_setup_teardown(test, lists_setup, kit_teardown)

#endif
