/* SPDX-License-Identifier: MIT */
/* list_view: iterators, writers and sub-lists. */
#define _GNU_SOURCE
#include "lists.h"

#include <pthread.h>

/* ---- iterators ---- */

static bool next_is(numbers_iter *it, int value) {
    const int *e = NULL;
    return numbers_iter_next(it, &e) && *e == value;
}
static bool prev_is(numbers_iter *it, int value) {
    const int *e = NULL;
    return numbers_iter_prev(it, &e) && *e == value;
}

static void iterators_walk_in_both_directions(void **state) {
    (void)state;
    numbers l;
    numbers_iter it = {{NULL}, 0};
    const int *e = NULL;
    numbers_make(&l, SOME(1, 2, 3));
    assert_true(numbers_iter_of(&l, &it) && !numbers_iter_prev(&it, &e) && numbers_iter_index(&it) == 0);
    for (int i = 1; i <= 3; i++) assert_true(next_is(&it, i) && numbers_iter_index(&it) == (size_t)i);
    assert_true(!numbers_iter_next(&it, &e) && !numbers_iter_next(&it, &e) && !e && numbers_iter_index(&it) == 3);
    for (int i = 3; i >= 1; i--) assert_true(prev_is(&it, i) && numbers_iter_index(&it) == (size_t)i - 1);
    assert_true(!numbers_iter_prev(&it, &e) && next_is(&it, 1) && prev_is(&it, 1) && next_is(&it, 1) &&
                next_is(&it, 2));
    numbers_iter_drop(&it);
    numbers_drop(&l);
}

static void iterators_begin_anywhere(void **state) {
    (void)state;
    numbers l;
    numbers_iter it = {{NULL}, 0}, rubbish;
    numbers_make(&l, SOME(1, 2, 3));
    assert_true(numbers_iter_at(&l, 1, &it) && next_is(&it, 2));
    numbers_iter_drop(&it);
    assert_true(numbers_iter_at(&l, 1, &it) && prev_is(&it, 1));
    numbers_iter_drop(&it);
    assert_true(numbers_iter_at(&l, 3, &it) && prev_is(&it, 3));
    numbers_iter_drop(&it);
    assert_true(numbers_iter_at(&l, COW_NPOS, &it) && numbers_iter_index(&it) == 3 && prev_is(&it, 3));
    numbers_iter_drop(&it);
    memset(&it, 0xa5, sizeof it);
    rubbish = it;
    assert_true(FAILS(numbers_iter_at(&l, 4, &it), COW_RANGE));
    assert_memory_equal(&it, &rubbish, sizeof it);
    numbers_clear(&l);
    assert_true(numbers_iter_at(&l, COW_NPOS, &it) && numbers_iter_index(&it) == 0);
    numbers_iter_drop(&it);
    numbers_drop(&l);
}

static void iterators_keep_their_version(void **state) {
    (void)state;
    list l = {0};
    list_iter it = {{NULL}, 0};
    const tracked *e = NULL;
    list_run(&l, 1, 3);
    assert_true(list_iter_of(&l, &it) && list_iter_next(&it, &e));
    list_run(&l, 4, 1);
    assert_true(list_remove_at(&l, 0, NULL) && tracked_value(e) == 1);
    list_drop(&l);
    assert_true(list_iter_next(&it, &e) && tracked_value(e) == 2 && list_iter_next(&it, &e) && tracked_value(e) == 3);
    assert_false(list_iter_next(&it, &e));
    assert_true(lives.alive > 0);
    list_iter_drop(&it);
    assert_int_equal(lives.alive, 0);
    list_iter_drop(&it);
    assert_true(!list_iter_next(&it, &e) && !list_iter_prev(&it, &e) && list_iter_index(&it) == 0);
}

/* ---- writers ---- */

static bool writer_next_is(list_writer *w, int value) {
    const tracked *e = NULL;
    return list_writer_next(w, &e) && tracked_value(e) == value;
}
static bool writer_prev_is(list_writer *w, int value) {
    const tracked *e = NULL;
    return list_writer_prev(w, &e) && tracked_value(e) == value;
}

static void writers_publish_all_their_changes_at_once(void **state) {
    (void)state;
    list l = {0};
    list_writer w = {{NULL}, {NULL, 0, NULL}, 0, 0};
    const tracked *e = NULL;
    list_run(&l, 1, 4);
    assert_true(list_writer_of(&l, &w) && writer_next_is(&w, 1) && list_writer_set(&w, tracked_make(10)));
    assert_true(writer_next_is(&w, 2) && list_writer_remove(&w) && list_writer_add(&w, tracked_make(20)));
    assert_true(writer_next_is(&w, 3) && writer_next_is(&w, 4) && !list_writer_next(&w, &e));
    assert_true(list_writer_add(&w, tracked_make(50)) && !list_writer_next(&w, &e));
    CHECK_LIST(&l, 1, 2, 3, 4);
    size_t version = list_version(&l);
    assert_true(list_writer_commit(&l, &w) && list_version(&l) == version + 1);
    CHECK_LIST(&l, 10, 20, 3, 4, 50);
    assert_int_equal(lives.alive, 5); /* it is given up */
    list_writer_drop(&w);
    list_drop(&l);
}

/* As Java's ListIterator: set and remove are for what was given last, add goes between the two neighbours. */
static void writers_know_what_they_gave_last(void **state) {
    (void)state;
    list l = {0};
    list_writer w = {{NULL}, {NULL, 0, NULL}, 0, 0};
    tracked v = tracked_make(9);
    list_run(&l, 1, 3);
    assert_true(list_writer_of(&l, &w));
    assert_true(FAILS(list_writer_set(&w, v), COW_ABSENT) && FAILS(list_writer_remove(&w), COW_ABSENT));
    assert_true(list_writer_add(&w, tracked_make(0)) && FAILS(list_writer_set(&w, v), COW_ABSENT));
    assert_true(writer_prev_is(&w, 0) && writer_next_is(&w, 0) && writer_next_is(&w, 1));
    assert_true(list_writer_set(&w, tracked_make(11)) && list_writer_set(&w, tracked_make(12)));
    assert_true(list_writer_remove(&w) && FAILS(list_writer_remove(&w), COW_ABSENT) &&
                FAILS(list_writer_set(&w, v), COW_ABSENT));
    assert_true(writer_next_is(&w, 2) && writer_prev_is(&w, 2) && list_writer_remove(&w) && writer_next_is(&w, 3));
    assert_true(list_writer_add(&w, tracked_make(4)) && FAILS(list_writer_set(&w, v), COW_ABSENT) &&
                FAILS(list_writer_remove(&w), COW_ABSENT) && writer_prev_is(&w, 4) && list_writer_remove(&w));
    assert_true(writer_prev_is(&w, 3) && list_writer_set(&w, v) && writer_prev_is(&w, 0) && !writer_prev_is(&w, 0));
    assert_true(list_writer_commit(&l, &w));
    CHECK_LIST(&l, 0, 9);
    list_drop(&l);
}

static void a_writer_conflicts_with_every_other_change(void **state) {
    (void)state;
    list l = {0};
    list_writer w = {{NULL}, {NULL, 0, NULL}, 0, 0}, other = w;
    list_run(&l, 1, 2);
    assert_true(list_writer_of(&l, &w) && writer_next_is(&w, 1) && list_writer_set(&w, tracked_make(10)));
    assert_true(list_writer_of(&l, &other) && list_writer_add(&other, tracked_make(0)));
    assert_true(list_writer_commit(&l, &other));
    assert_true(FAILS(list_writer_commit(&l, &w), COW_CONFLICT));
    CHECK_LIST(&l, 0, 1, 2);
    assert_true(writer_prev_is(&w, 10) && writer_next_is(&w, 10) && writer_next_is(&w, 2)); /* it is as it was */
    assert_true(FAILS(list_writer_commit(&l, &w), COW_CONFLICT));
    list_writer_drop(&w);
    assert_int_equal(lives.alive, 3);
    list_drop(&l);
}

static void a_writer_that_is_dropped_changes_nothing(void **state) {
    (void)state;
    list l = {0};
    list_writer w = {{NULL}, {NULL, 0, NULL}, 0, 0};
    const tracked *e = NULL;
    list_run(&l, 1, 2);
    assert_true(list_writer_of(&l, &w) && list_writer_add(&w, tracked_make(9)) && writer_next_is(&w, 1));
    list_writer_drop(&w);
    list_writer_drop(&w);
    assert_true(!list_writer_next(&w, &e) && !list_writer_prev(&w, &e) && FAILS(list_writer_remove(&w), COW_ABSENT));
    CHECK_LIST(&l, 1, 2);
    assert_int_equal(list_version(&l), 2);
    list_drop(&l);
}

static void a_writer_may_fill_an_empty_list(void **state) {
    (void)state;
    list l = {0};
    list_writer w = {{NULL}, {NULL, 0, NULL}, 0, 0};
    assert_true(list_writer_of(&l, &w));
    for (int i = 0; i < 20; i++) assert_true(list_writer_add(&w, tracked_make(i)));
    assert_true(list_writer_commit(&l, &w) && list_len(&l) == 20 && list_has(&l, 19));
    assert_true(list_writer_of(&l, &w));
    for (int i = 0; i < 20; i++) assert_true(writer_next_is(&w, i) && list_writer_remove(&w));
    assert_true(list_writer_commit(&l, &w) && list_is_empty(&l) && lives.alive == 0);
    list_drop(&l);
}

/* At the ends, too, where an array alone would keep it until its storage is copied. */
static void what_a_writer_removes_dies(void **state) {
    (void)state;
    list l = {0};
    list_writer w = {{NULL}, {NULL, 0, NULL}, 0, 0};
    list_run(&l, 1, 4);
    assert_true(list_writer_of(&l, &w) && writer_next_is(&w, 1) && list_writer_remove(&w));
    assert_true(list_writer_commit(&l, &w) && lives.alive == 3);
    assert_true(list_writer_of(&l, &w));
    for (int i = 2; i <= 4; i++) assert_true(writer_next_is(&w, i));
    assert_true(list_writer_remove(&w) && list_writer_commit(&l, &w));
    CHECK_LIST(&l, 2, 3);
    assert_int_equal(lives.alive, 2);
    list_drop(&l);
}

/* ---- sub-lists ---- */

static void check_sublist(const list_sublist *s, const int *values, size_t n) {
    list_array part = {0};
    size_t count = n + 1;
    assert_true(list_sublist_len(s, &count) && count == n);
    assert_true(list_sublist_load(s, &part));
    check_elements(&part, values, n);
    list_array_drop(&part);
    for (size_t i = 0; i < n; i++) {
        tracked e = {0, 0};
        assert_true(list_sublist_get(s, i, &e) && tracked_value(&e) == values[i]);
        tracked_drop(&e);
    }
}
#define CHECK_SUBLIST(s, ...) check_sublist(s, SOME(__VA_ARGS__))

static bool sort_part(list_array *part, void *ctx) {
    (void)ctx;
    return list_array_sort(part);
}
static bool reverse_part(list_array *part, void *ctx) {
    (void)ctx;
    return list_array_reverse(part);
}
static bool retain_even(list_array *part, void *ctx) { return list_array_retain_if(part, is_even, ctx); }
static bool pop_and_refuse(list_array *part, void *ctx) {
    (void)ctx;
    return list_array_pop(part, NULL) && false;
}

static void a_sublist_changes_its_part_of_the_list(void **state) {
    (void)state;
    list l = {0};
    list_sublist s = {NULL, {NULL}, 0, 0};
    list_run(&l, 0, 8);
    assert_true(list_sublist_of(&l, 2, 5, &s));
    CHECK_SUBLIST(&s, 2, 3, 4);
    assert_true(list_sublist_set(&s, 1, tracked_make(30)));
    CHECK_LIST(&l, 0, 1, 2, 30, 4, 5, 6, 7);
    assert_true(list_sublist_add(&s, tracked_make(40)) && list_sublist_add_at(&s, 0, tracked_make(20)));
    CHECK_LIST(&l, 0, 1, 20, 2, 30, 4, 40, 5, 6, 7);
    CHECK_SUBLIST(&s, 20, 2, 30, 4, 40);
    assert_true(list_sublist_update(&s, sort_part, NULL));
    CHECK_LIST(&l, 0, 1, 2, 4, 20, 30, 40, 5, 6, 7);
    assert_true(list_sublist_remove_at(&s, 4) && list_sublist_erase_range(&s, 0, 2) &&
                list_sublist_erase_range(&s, 1, 1));
    CHECK_LIST(&l, 0, 1, 20, 30, 5, 6, 7);
    CHECK_SUBLIST(&s, 20, 30);
    assert_true(list_sublist_clear(&s) && list_sublist_add(&s, tracked_make(9)));
    CHECK_LIST(&l, 0, 1, 9, 5, 6, 7);
    CHECK_SUBLIST(&s, 9);
    list_sublist_drop(&s);
    list_sublist_drop(&s);
    assert_int_equal(lives.alive, 6);
    list_drop(&l);
}

static void a_sublist_refuses_what_is_outside(void **state) {
    (void)state;
    list l = {0};
    list_sublist s = {NULL, {NULL}, 0, 0}, rubbish;
    tracked v = tracked_make(9), out = {0, 7};
    list_run(&l, 0, 4);
    memset(&s, 0xa5, sizeof s);
    rubbish = s;
    assert_true(FAILS(list_sublist_of(&l, 3, 2, &s), COW_RANGE) && FAILS(list_sublist_of(&l, 0, 5, &s), COW_RANGE));
    assert_memory_equal(&s, &rubbish, sizeof s);
    assert_true(list_sublist_of(&l, 1, 3, &s));
    assert_true(FAILS(list_sublist_get(&s, 2, &out), COW_RANGE) && out.id == 0);
    assert_true(FAILS(list_sublist_set(&s, 2, v), COW_RANGE) && FAILS(list_sublist_add_at(&s, 3, v), COW_RANGE));
    assert_true(FAILS(list_sublist_remove_at(&s, 2), COW_RANGE) &&
                FAILS(list_sublist_remove_at(&s, SIZE_MAX), COW_RANGE));
    assert_true(FAILS(list_sublist_erase_range(&s, 0, 3), COW_RANGE) &&
                FAILS(list_sublist_erase_range(&s, 2, 1), COW_RANGE));
    assert_true(FAILS(list_sublist_update(&s, pop_and_refuse, NULL), COW_HOOK));
    CHECK_LIST(&l, 0, 1, 2, 3);
    assert_int_equal(list_version(&l), 4);
    tracked_drop(&v);
    list_sublist_drop(&s);
    list_drop(&l);
}

static void a_sublist_conflicts_with_every_other_change(void **state) {
    (void)state;
    list l = {0};
    list_sublist s = {NULL, {NULL}, 0, 0}, other = s;
    tracked v = tracked_make(9), out = {0, 7};
    list_array part = {0};
    size_t n = 77;
    list_run(&l, 0, 4);
    assert_true(list_sublist_of(&l, 1, 3, &s) && list_sublist_of(&l, 0, 4, &other));
    assert_true(list_sublist_set(&other, 0, tracked_make(10)));
    assert_true(FAILS(list_sublist_len(&s, &n), COW_CONFLICT) && FAILS(list_sublist_load(&s, &part), COW_CONFLICT));
    assert_true(FAILS(list_sublist_get(&s, 0, &out), COW_CONFLICT) && FAILS(list_sublist_set(&s, 0, v), COW_CONFLICT));
    assert_true(FAILS(list_sublist_add(&s, v), COW_CONFLICT) && FAILS(list_sublist_add_at(&s, 0, v), COW_CONFLICT));
    assert_true(FAILS(list_sublist_remove_at(&s, 0), COW_CONFLICT) &&
                FAILS(list_sublist_remove_at(&s, 9), COW_CONFLICT));
    assert_true(FAILS(list_sublist_erase_range(&s, 0, 1), COW_CONFLICT) && FAILS(list_sublist_clear(&s), COW_CONFLICT));
    assert_true(FAILS(list_sublist_update(&s, sort_part, NULL), COW_CONFLICT));
    assert_true(n == 77 && out.id == 0 && !part.p);
    CHECK_LIST(&l, 10, 1, 2, 3);
    assert_true(list_sublist_remove_at(&other, 3)); /* its own changes are no conflict */
    CHECK_LIST(&l, 10, 1, 2);
    tracked_drop(&v);
    list_sublist_drop(&s);
    list_sublist_drop(&other);
    assert_int_equal(lives.alive, 3);
    list_drop(&l);
}

static void a_loaded_sublist_shares_the_elements(void **state) {
    (void)state;
    list l = {0};
    list_sublist s = {NULL, {NULL}, 0, 0};
    list_array part = {0};
    list_run(&l, 0, 5);
    assert_true(list_sublist_of(&l, 1, 3, &s) && list_sublist_load(&s, &part));
    assert_true(part.p == list_storage(&l) + 1 && lives.copied == 0);
    list_sublist_drop(&s);
    list_drop(&l);
    CHECK_ELEMENTS(&part, 1, 2);
    list_array_drop(&part);
}

static void an_empty_sublist_is_a_place_to_insert(void **state) {
    (void)state;
    list l = {0};
    list_sublist s = {NULL, {NULL}, 0, 0};
    assert_true(list_sublist_of(&l, 0, 0, &s) && list_sublist_add(&s, tracked_make(5)) && list_sublist_clear(&s));
    list_sublist_drop(&s);
    list_run(&l, 0, 2);
    for (size_t at = 0; at <= 6; at += 3) {
        assert_true(list_sublist_of(&l, at, at, &s) && list_sublist_update(&s, sort_part, NULL));
        assert_true(list_sublist_add(&s, tracked_make(7)) && list_sublist_add(&s, tracked_make(8)));
        list_sublist_drop(&s);
    }
    CHECK_LIST(&l, 7, 8, 0, 7, 8, 1, 7, 8);
    list_drop(&l);
}

/* What is not changed is not copied either, where it is at the front. */
static void updating_a_part_splices_the_rest(void **state) {
    (void)state;
    for (size_t begin = 0; begin <= 6; begin++) {
        for (size_t end = begin; end <= 6; end++) {
            list l = {0};
            list_sublist s = {NULL, {NULL}, 0, 0};
            int sorted[6];
            list_run(&l, 1, 6);
            assert_true(list_sublist_of(&l, begin, end, &s) && list_sublist_update(&s, reverse_part, NULL));
            for (size_t i = 0; i < 6; i++) sorted[i] = (int)(i < begin || i >= end ? i + 1 : begin + end - i);
            check_list(&l, sorted, 6);
            check_sublist(&s, sorted + begin, end - begin);
            assert_true(list_sublist_update(&s, retain_even, NULL));
            size_t n = 0;
            assert_true(list_sublist_len(&s, &n) && n == end / 2 - begin / 2 && list_len(&l) == 6 - (end - begin) + n);
            assert_int_equal(lives.alive, list_len(&l));
            list_sublist_drop(&s);
            list_drop(&l);
        }
    }
}

/* ---- failures, hooks, threads ---- */

static bool write_all_ways(list *l) {
    list_writer w = {{NULL}, {NULL, 0, NULL}, 0, 0};
    tracked added = tracked_make(9), set = tracked_make(10);
    if (!list_writer_of(l, &w)) return false;
    bool ok = writer_next_is(&w, 1) && list_writer_add(&w, added);
    if (!ok) tracked_drop(&added);
    bool was_set = ok && writer_next_is(&w, 2) && list_writer_set(&w, set);
    if (!was_set) tracked_drop(&set);
    ok = was_set && writer_next_is(&w, 3) && list_writer_remove(&w) && list_writer_commit(l, &w);
    list_writer_drop(&w);
    return ok;
}
static bool with_part(list *l, bool (*change)(list_sublist *s)) {
    list_sublist s = {NULL, {NULL}, 0, 0};
    if (!list_sublist_of(l, 2, 6, &s)) return false;
    bool ok = change(&s);
    list_array part = {NULL, 0, NULL};
    if (!ok && list_sublist_load(&s, &part)) CHECK_ELEMENTS(&part, 3, 4, 5, 6);
    list_array_drop(&part);
    list_sublist_drop(&s);
    return ok;
}
static bool set_in(list_sublist *s) {
    tracked v = tracked_make(9);
    return given(list_sublist_set(s, 1, v), &v);
}
static bool add_in(list_sublist *s) {
    tracked v = tracked_make(9);
    return given(list_sublist_add(s, v), &v);
}
static bool remove_in(list_sublist *s) { return list_sublist_remove_at(s, 1); }
static bool reverse_in(list_sublist *s) { return list_sublist_update(s, reverse_part, NULL); }
static bool set_in_part(list *l) { return with_part(l, set_in); }
static bool add_in_part(list *l) { return with_part(l, add_in); }
static bool remove_in_part(list *l) { return with_part(l, remove_in); }
static bool clear_part(list *l) { return with_part(l, list_sublist_clear); }

static void a_change_that_fails_changes_nothing(void **state) {
    (void)state;
    fail_everywhere(write_all_ways);
    fail_everywhere(set_in_part);
    fail_everywhere(add_in_part);
    fail_everywhere(remove_in_part);
    fail_everywhere(clear_part);
}

/* What fails in the function is COW_HOOK, whatever that is; what fails afterwards is told apart. */
static void an_update_that_fails_changes_nothing(void **state) {
    (void)state;
    size_t failed = 0;
    for (int way = 0; way < 2; way++) {
        for (size_t at = 1, injected = 1; injected; at++) {
            list l = full_list();
            list_sublist s = {NULL, {NULL}, 0, 0};
            assert_true(list_sublist_of(&l, 2, 6, &s));
            way ? tracked_fail(at, false) : kit_fail(at, false);
            bool ok = reverse_in(&s);
            injected = way ? lives.injected : kit.injected;
            tracked_fail_none();
            kit_fail_none();
            assert_true(ok == (injected == 0) && (ok || cow_error() == COW_HOOK || cow_error() == COW_NOMEM));
            if (!ok) {
                CHECK_LIST(&l, 1, 2, 3, 4, 5, 6, 7, 8);
                CHECK_SUBLIST(&s, 3, 4, 5, 6);
                failed++;
            }
            list_sublist_drop(&s);
            assert_int_equal(lives.alive, 8);
            list_drop(&l);
        }
    }
    assert_true(failed > 8);
}

static list *changed_by_drops;
static int drops_left;
static void add_when_dropped(int value) {
    if (drops_left == 0) return;
    drops_left--;
    KIT_CHECK(list_add(changed_by_drops, tracked_make(100 + value)));
}

static void drop_hooks_may_change_the_list(void **state) {
    (void)state;
    list l = {0};
    list_sublist s = {NULL, {NULL}, 0, 0};
    list_writer w = {{NULL}, {NULL, 0, NULL}, 0, 0};
    changed_by_drops = &l;
    list_run(&l, 0, 4);
    assert_true(list_sublist_of(&l, 1, 3, &s));
    spy.drop = add_when_dropped;
    drops_left = 1;
    assert_true(list_sublist_update(&s, reverse_part, NULL) && drops_left == 0);
    assert_int_equal(list_len(&l), 5);
    list_sublist_drop(&s);
    assert_true(list_sublist_of(&l, 1, 3, &s));
    drops_left = 1;
    assert_true(list_sublist_set(&s, 0, tracked_make(9)) && drops_left == 0 && list_has(&l, 9));
    list_sublist_drop(&s);
    drops_left = 1;
    assert_true(list_sublist_of(&l, 1, 3, &s) && list_sublist_clear(&s) && drops_left == 0);
    list_sublist_drop(&s);
    drops_left = 1;
    assert_true(list_writer_of(&l, &w) && writer_next_is(&w, 0) && list_writer_remove(&w) &&
                list_writer_commit(&l, &w));
    assert_true(drops_left == 0 && list_len(&l) == 5);
    spy.drop = NULL;
    list_drop(&l);
}

static void *first_time_without_memory(void *l) {
    list_iter it = {{NULL}, 7};
    list_writer w = {{NULL}, {NULL, 7, NULL}, 7, 7};
    list_sublist s = {NULL, {NULL}, 7, 7};
    kit_fail(1, true);
    KIT_CHECK(FAILS(list_iter_of(l, &it), COW_NOMEM) && it.i == 7);
    KIT_CHECK(FAILS(list_writer_of(l, &w), COW_NOMEM) && w.i == 7);
    KIT_CHECK(FAILS(list_sublist_of(l, 0, 1, &s), COW_NOMEM) && s.n == 7);
    kit_fail_none();
    return NULL;
}

static void beginning_may_be_the_first_read_of_a_thread(void **state) {
    (void)state;
    list l = {0};
    pthread_t thread;
    list_run(&l, 1, 1);
    assert_true(pthread_create(&thread, NULL, first_time_without_memory, &l) == 0);
    pthread_join(thread, NULL);
    list_drop(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        LIST_UNIT(iterators_walk_in_both_directions),
        LIST_UNIT(iterators_begin_anywhere),
        LIST_UNIT(iterators_keep_their_version),
        LIST_UNIT(writers_publish_all_their_changes_at_once),
        LIST_UNIT(writers_know_what_they_gave_last),
        LIST_UNIT(a_writer_conflicts_with_every_other_change),
        LIST_UNIT(a_writer_that_is_dropped_changes_nothing),
        LIST_UNIT(a_writer_may_fill_an_empty_list),
        LIST_UNIT(what_a_writer_removes_dies),
        LIST_UNIT(a_sublist_changes_its_part_of_the_list),
        LIST_UNIT(a_sublist_refuses_what_is_outside),
        LIST_UNIT(a_sublist_conflicts_with_every_other_change),
        LIST_UNIT(a_loaded_sublist_shares_the_elements),
        LIST_UNIT(an_empty_sublist_is_a_place_to_insert),
        LIST_UNIT(updating_a_part_splices_the_rest),
        LIST_UNIT(a_change_that_fails_changes_nothing),
        LIST_UNIT(an_update_that_fails_changes_nothing),
        LIST_UNIT(drop_hooks_may_change_the_list),
        LIST_UNIT(beginning_may_be_the_first_read_of_a_thread),
    };
    return cmocka_run_group_tests_name("list_view", tests, lists_begin, NULL);
}
