/* SPDX-License-Identifier: MIT */
/* list_set: reading and changing, what holds versions, transactions, kinds of keys. What is copied, hooks that use the set and failures are
   in list_set_share_test.c. One thread at a time here; tests/stress has them all at once. -DORDERED: with the order of insertion. */
#define _GNU_SOURCE
#include "list_sets.h"

#include <pthread.h>
#include <unistd.h>

/* ---- reading ---- */

static bool never(const int *k, void *ctx) {
    (void)k, (void)ctx;
    KIT_CHECK(false && "there is no key");
    return false;
}
static bool number_text(cow_str *out, const int *k, void *ctx) {
    (void)ctx;
    return cow_str_append_format(out, "%d", *k);
}

static void all_zero_is_an_empty_set(void **state) {
    (void)state;
    numbers s, other = {0};
    memset(&s, 0, sizeof s);
    int one = 1;
    size_t n = 7;
    cow_str text = {0};
    numbers_iter it;
    VALUE(numbers) all;
    const int *k;
    assert_true(numbers_is_empty(&s) && numbers_len(&s) == 0 && !numbers_contains(&s, &one));
    assert_true(!numbers_contains_all(&s, &one, 1) && numbers_contains_all(&s, NULL, 0));
    assert_true(numbers_for_each(&s, never, NULL) && numbers_copy_to(&s, NULL, 0, &n) && n == 0);
    assert_true(numbers_equal(&s, &s) && numbers_equal(&s, &other) && numbers_hash(&s, 5) == numbers_hash(&other, 5));
    assert_true(numbers_iter_of(&s, &it) && !numbers_iter_next(&it, &k) && !numbers_iter_next(&it, &k));
    numbers_iter_drop(&it);
    numbers_iter_drop(&it);
    assert_true(numbers_load(&s, &all) && numbers_set_is_empty(SET_IN(&all)));
#ifdef ORDERED
    n = 7;
    (void)numbers_ordered_keys(&all, &n);
    assert_int_equal(n, 0);
#endif
    DROP_VALUE(numbers)(&all);
    assert_true(FAILS(numbers_remove(&s, &one), COW_ABSENT));
    assert_true(numbers_print(&s, &text, number_text, NULL));
    assert_string_equal(cow_str_cstr(&text), "[]");
    assert_int_equal(numbers_version(&s), 0);
    numbers_clear(&s);
    numbers_drop(&s);
    numbers_drop(&s);
    assert_int_equal(kit.calls, 0);
}

static const int sizes[] = {0, 1, 2, 5, 31, 32, 33, 100, 700};

static void what_is_added_is_there(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        int n = sizes[i], values[MOST];
        numbers s = {0};
        for (int k = 0; k < n; k++) assert_true(numbers_add(&s, values[k] = 7 * k % 701 * 3));
        check_numbers(&s, values, (size_t)n);
        for (int k = 0; k < n; k++) assert_true(FAILS(numbers_add(&s, values[k]), COW_EXISTS));
        assert_int_equal(numbers_version(&s), n);
        for (int k = 0; k < 3 * 701; k++) assert_true(k % 3 == 0 || !numbers_contains(&s, &k));
        for (int k = 0; k < n; k++) {
            int absent = values[k] + 1;
            assert_true(numbers_remove(&s, &values[k]) && FAILS(numbers_remove(&s, &values[k]), COW_ABSENT));
            assert_true(FAILS(numbers_remove(&s, &absent), COW_ABSENT));
            if (k % 50 == 0) check_numbers(&s, values + k + 1, (size_t)(n - k - 1));
        }
        assert_true(numbers_is_empty(&s));
        assert_int_equal(numbers_version(&s), 2 * n);
        numbers_drop(&s);
    }
}

static void copy_to_wants_room_for_all(void **state) {
    (void)state;
    marks s = {0};
    tracked out[3] = {{0, 7}, {0, 7}, {0, 7}};
    met m = {{0}, 0};
    size_t n = 0;
    run(&s, 1, 3);
    assert_true(FAILS(marks_copy_to(&s, out, 2, &n), COW_RANGE) && n == 3 && out[0].id == 0);
    for (size_t at = 1; at <= 3; at++) {
        tracked_fail(at, false);
        assert_true(FAILS(marks_copy_to(&s, out, 3, &n), COW_HOOK));
        tracked_fail_none();
        assert_int_equal(lives.alive, 3 * COPIES);
    }
    assert_true(marks_copy_to(&s, out, 3, &n) && n == 3);
    marks_drop(&s);
    for (int i = 0; i < 3; i++) meet_key(&out[i], &m), tracked_drop(&out[i]);
    check_values(m.value, m.n, SOME(1, 2, 3));
}

static bool meet_two(const tracked *k, void *m) { return meet_key(k, m) && ((met *)m)->n < 2; }
static bool replace_by_a_tenfold(const tracked *k, void *s) {
    return add(s, 10 * tracked_value(k)) && erase(s, tracked_value(k));
}
static bool clear_all(const tracked *k, void *s) {
    marks_clear(s);
    return tracked_value(k) > 0;
}

static void for_each_walks_one_version(void **state) {
    (void)state;
    marks s = {0};
    met m = {{0}, 0};
    run(&s, 1, 4);
    assert_false(marks_for_each(&s, meet_two, &m));
    assert_int_equal(m.n, 2);
    assert_true(marks_for_each(&s, replace_by_a_tenfold, &s));
    assert_int_equal(marks_len(&s), 4);
    if (IN_ORDER) CHECK_KEYS(&s, 10, 20, 30, 40);
    assert_true(has(&s, 10) && has(&s, 40) && !has(&s, 1));
    assert_true(marks_for_each(&s, clear_all, &s));
    assert_int_equal(lives.alive, 0);
    marks_drop(&s);
}

static void equal_sets_have_equal_keys_in_any_order(void **state) {
    (void)state;
    marks a = {0}, b = {0};
    run(&a, 1, 40);
    for (int k = 40; k > 1; k--) run(&b, k, 1);
    assert_true(marks_equal(&a, &a) && !marks_equal(&a, &b) && !marks_equal(&b, &a));
    run(&b, 1, 1);
    assert_true(marks_equal(&a, &b) && marks_hash(&a, 1) == marks_hash(&b, 1) &&
                marks_hash(&a, 1) != marks_hash(&a, 2));
    assert_true(erase(&b, 7) && add(&b, 77) && !marks_equal(&a, &b));
    marks_drop(&a);
    marks_drop(&b);
}

static bool text_of(cow_str *out, const tracked *k, void *most) {
    return tracked_value(k) <= *(int *)most && cow_str_append_format(out, "%d", tracked_value(k) % 10);
}

static void print_appends_all_or_nothing(void **state) {
    (void)state;
    marks s = {0};
    cow_str out = {0}, shared;
    int most = 21;
    run(&s, 1, 1);
    run(&s, 11, 1);
    run(&s, 21, 1);
    assert_true(cow_str_append(&out, "all: ") && marks_print(&s, &out, text_of, &most));
    assert_string_equal(cow_str_cstr(&out), "all: [1, 1, 1]");
    shared = cow_str_copy(&out);
    for (most = 0; most < 21; most += 10) {
        assert_true(FAILS(marks_print(&s, &out, text_of, &most), COW_HOOK));
        assert_string_equal(cow_str_cstr(&out), "all: [1, 1, 1]");
    }
    for (size_t at = 1; kit_fail(at, true), !marks_print(&s, &out, text_of, &most); at++) {
        assert_true(cow_error() == COW_NOMEM || cow_error() == COW_HOOK);
        assert_string_equal(cow_str_cstr(&out), "all: [1, 1, 1]");
    }
    kit_fail_none();
    assert_string_equal(cow_str_cstr(&out), "all: [1, 1, 1][1, 1, 1]");
    assert_string_equal(cow_str_cstr(&shared), "all: [1, 1, 1]");
    cow_str_drop(&out);
    cow_str_drop(&shared);
    marks_drop(&s);
}

/* ---- what holds a version keeps it ---- */

static void iterators_outlive_changes(void **state) {
    (void)state;
    marks s = {0};
    marks_iter first, second, half = {0};
    const tracked *k;
    run(&s, 1, 3);
    assert_true(marks_iter_of(&s, &first) && marks_iter_of(&s, &half) && marks_iter_next(&half, &k));
    assert_true(erase(&s, 2));
    run(&s, 4, 1);
    assert_true(marks_iter_of(&s, &second));
    marks_drop(&s);
    check_iterator(&first, SOME(1, 2, 3));
    check_iterator(&second, SOME(1, 3, 4));
    marks_iter_drop(&first);
    marks_iter_drop(&first);
    marks_iter_drop(&second);
    marks_iter_drop(&half);
    assert_int_equal(lives.alive, 0);
    assert_false(marks_iter_next(&half, &k) || marks_iter_next(&first, &k));
}

/* As Java's iterators cannot: each key is removed while the set is walked, by the very pointer that the iterator gave. */
static void marks_are_removed_while_they_are_walked(void **state) {
    (void)state;
    marks s = {0};
    marks_iter it;
    const tracked *k;
    run(&s, 0, 100);
    assert_true(marks_iter_of(&s, &it));
    for (size_t left = 100; marks_iter_next(&it, &k); left--) {
        assert_int_equal(marks_len(&s), left);
        assert_true(marks_remove(&s, k) && !marks_contains(&s, k));
    }
    assert_true(marks_is_empty(&s));
    marks_iter_drop(&it);
    marks_drop(&s);
}

static void guards_snapshots_readers_and_loads_keep_what_they_saw(void **state) {
    (void)state;
    marks s = {0};
    marks_guard g;
    marks_snapshot a, b;
    marks_reader r = {NULL};
    VALUE(marks) mine;
    run(&s, 1, 2);
    assert_true(marks_borrow(&s, &g) && marks_snapshot_of(&s, &a) && marks_load(&s, &mine));
    const VALUE(marks) *cached = marks_cached(&s, &r);
    assert_true(cached && marks_cached(&s, &r) == cached);
    b = marks_snapshot_copy(&a);
    run(&s, 3, 1);
    assert_true(erase(&s, 1));
    marks_clear(&s);
    CHECK_VALUE(g.value, 1, 2);
    CHECK_VALUE(marks_snapshot_value(&a), 1, 2);
    CHECK_VALUE(marks_snapshot_value(&b), 1, 2);
    CHECK_VALUE(cached, 1, 2);
    CHECK_VALUE(&mine, 1, 2);
    assert_true(marks_set_is_empty(SET_IN(marks_cached(&s, &r))));
    marks_idle(&r);
    marks_snapshot_drop(&a);
    marks_snapshot_drop(&b);
    marks_end(&g);
    CHECK_VALUE(&mine, 1, 2);
    DROP_VALUE(marks)(&mine);
    DROP_VALUE(marks)(&mine);
    assert_int_equal(lives.alive, 0);
    marks_drop(&s);
}

static void loads_share_and_outlive_the_set(void **state) {
    (void)state;
    enum { MANY = 200 };
    marks s = {0};
    VALUE(marks) first, last;
    int values[MANY];
    for (int i = 0; i < MANY; i++) values[i] = i;
    run(&s, 0, MANY);
    size_t copied = lives.copied, alive = lives.alive;
    assert_true(marks_load(&s, &first));
    assert_true(lives.copied == copied && lives.alive == alive);
    run(&s, MANY, 50);
    assert_true(erase(&s, 0) && marks_load(&s, &last));
    marks_drop(&s);
    check_value(&first, values, MANY);
    assert_int_equal(marks_set_len(SET_IN(&last)), MANY + 49);
    DROP_VALUE(marks)(&last);
    check_value(&first, values, MANY);
    DROP_VALUE(marks)(&first);
    assert_int_equal(lives.alive, 0);
}

static void *add_later(void *s) {
    int one = 1;
    usleep(20000);
    KIT_CHECK(numbers_add_all(s, &one, 1, NULL)); /* which does not read: the thread makes no record */
    return NULL;
}

static void wait_returns_when_the_set_is_changed(void **state) {
    (void)state;
    numbers s = {0};
    pthread_t thread;
    assert_false(numbers_wait(&s, 0, 0));
    assert_false(numbers_wait(&s, 0, 1000000));
    assert_true(pthread_create(&thread, NULL, add_later, &s) == 0);
    assert_true(numbers_wait(&s, 0, UINT64_MAX));
    assert_int_equal(numbers_version(&s), 1);
    pthread_join(thread, NULL);
    numbers_drop(&s);
}

/* ---- changing ---- */

static void a_key_that_is_there_is_not_added(void **state) {
    (void)state;
    marks s = {0};
    tracked two = tracked_make(2);
    run(&s, 1, 3);
    assert_true(FAILS(marks_add(&s, two), COW_EXISTS));
    assert_int_equal(tracked_value(&two), 2);
    assert_int_equal(lives.alive, 3 * COPIES + 1);
    assert_int_equal(marks_version(&s), 3);
    tracked_drop(&two);
    CHECK_KEYS(&s, 1, 2, 3);
    marks_drop(&s);
}

static void what_is_added_again_goes_to_the_end(void **state) {
    (void)state;
    marks s = {0};
    bunch b = bunch_of(SOME(2, 9, 1));
    run(&s, 1, 5);
    assert_true(erase(&s, 3) && add(&s, 3));
    CHECK_KEYS(&s, 1, 2, 4, 5, 3);
    assert_true(erase(&s, 1) && add(&s, 1));
    CHECK_KEYS(&s, 2, 4, 5, 3, 1);
    assert_true(erase(&s, 1) && add(&s, 1));
    CHECK_KEYS(&s, 2, 4, 5, 3, 1);
    assert_true(!add(&s, 4) && add(&s, 0));
    CHECK_KEYS(&s, 2, 4, 5, 3, 1, 0);
    assert_true(erase(&s, 2) && marks_add_all(&s, b.k, b.n, NULL));
    CHECK_KEYS(&s, 4, 5, 3, 1, 0, 2, 9);
    bunch_drop(&b);
    marks_drop(&s);
}

static void adding_many_adds_what_is_absent_once(void **state) {
    (void)state;
    marks s = {0};
    bunch b = bunch_of(SOME(4, 1, 5, 4, 5, 6));
    size_t added = 9;
    run(&s, 1, 3);
    assert_true(marks_add_all(&s, b.k, b.n, &added) && added == 3);
    CHECK_KEYS(&s, 1, 2, 3, 4, 5, 6);
    assert_int_equal(marks_version(&s), 4);
    assert_true(marks_add_all(&s, b.k, b.n, &added) && added == 0);
    assert_true(marks_add_all(&s, b.k, b.n, NULL) && marks_add_all(&s, NULL, 0, &added) && added == 0);
    assert_int_equal(marks_version(&s), 4);
    bunch_drop(&b);
    assert_int_equal(lives.alive, 6 * COPIES);
    marks_drop(&s);
}

static void removing_many_says_how_many(void **state) {
    (void)state;
    marks s = {0};
    bunch b = bunch_of(SOME(2, 5, 2, 77)), few = bunch_of(SOME(6, 3));
    size_t removed = 9;
    run(&s, 1, 6);
    assert_true(marks_remove_all(&s, b.k, b.n, &removed) && removed == 2);
    CHECK_KEYS(&s, 1, 3, 4, 6);
    size_t version = marks_version(&s);
    assert_true(marks_remove_all(&s, b.k, b.n, &removed) && removed == 0 && marks_remove_all(&s, NULL, 0, &removed));
    assert_true(marks_remove_if(&s, nothing, NULL, &removed) && removed == 0 && marks_version(&s) == version);
    assert_true(marks_retain_all(&s, few.k, few.n, &removed) && removed == 2);
    CHECK_KEYS(&s, 3, 6);
    assert_true(marks_retain_all(&s, few.k, few.n, &removed) && removed == 0 && marks_version(&s) == version + 1);
    run(&s, 7, 4);
    assert_true(marks_remove_if(&s, is_even, NULL, &removed) && removed == 3);
    CHECK_KEYS(&s, 3, 7, 9);
    assert_true(marks_remove_if(&s, is_even, NULL, NULL) && marks_remove_all(&s, few.k, few.n, NULL));
    CHECK_KEYS(&s, 7, 9);
    assert_true(marks_retain_all(&s, NULL, 0, &removed) && removed == 2 && marks_is_empty(&s));
    assert_true(marks_retain_all(&s, b.k, b.n, &removed) && removed == 0);
    bunch_drop(&b);
    bunch_drop(&few);
    marks_drop(&s);
}

static void contains_all_looks_in_one_version(void **state) {
    (void)state;
    marks s = {0};
    bunch b = bunch_of(SOME(2, 2, 1)), other = bunch_of(SOME(1, 4));
    run(&s, 1, 3);
    assert_true(marks_contains_all(&s, b.k, b.n) && !marks_contains_all(&s, other.k, other.n));
    assert_true(marks_contains_all(&s, other.k, 1) && marks_contains_all(&s, NULL, 0));
    bunch_drop(&b);
    bunch_drop(&other);
    marks_drop(&s);
}

/* Large sets, sifted to all sizes: a new tree is made of what stays. */
static void sifting_keeps_the_order(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        int n = sizes[i];
        for (int bound = 0; bound <= n; bound += n / 7 + 1) {
            marks s = {0};
            met stays = {{0}, 0};
            size_t removed = 0;
            for (int k = 0; k < n; k++) {
                int value = k * 7 % 701;
                run(&s, value, 1);
                if (value >= bound) meet(&stays, value);
            }
            assert_true(marks_remove_if(&s, is_small, &bound, &removed));
            assert_int_equal(removed + stays.n, n);
            check_keys(&s, stays.value, stays.n);
            marks_drop(&s);
            assert_int_equal(lives.alive, 0);
        }
    }
}

static void clear_removes_all(void **state) {
    (void)state;
    marks s = {0};
    run(&s, 1, 100);
    marks_clear(&s);
    assert_true(marks_is_empty(&s) && lives.alive == 0 && marks_version(&s) == 101);
    run(&s, 3, 2);
    CHECK_KEYS(&s, 3, 4);
    marks_drop(&s);
    run(&s, 5, 1);
    CHECK_KEYS(&s, 5);
    marks_drop(&s);
}

static void from_copies_the_keys(void **state) {
    (void)state;
    bunch b = bunch_of(SOME(3, 1, 3, 2));
    marks s, rubbish, none;
    assert_true(marks_from(&s, b.k, b.n));
    CHECK_KEYS(&s, 3, 1, 2);
    run(&s, 9, 1);
    assert_true(erase(&s, 3));
    CHECK_KEYS(&s, 1, 2, 9);
    marks_drop(&s);
    memset(&s, 0xa5, sizeof s);
    rubbish = s;
    for (int way = 0; way < 4; way++) {
        for (size_t at = 1;; at++) {
            way & 1 ? tracked_fail(at, way >> 1) : kit_fail(at, way >> 1);
            bool made = marks_from(&s, b.k, b.n);
            tracked_fail_none();
            kit_fail_none();
            if (made) break;
            assert_int_equal(cow_error(), way & 1 ? COW_HOOK : COW_NOMEM);
            assert_memory_equal(&s, &rubbish, sizeof s);
            assert_int_equal(lives.alive, b.n);
        }
        marks_drop(&s);
        memset(&s, 0xa5, sizeof s);
    }
    assert_true(marks_from(&none, NULL, 0) && marks_is_empty(&none) && add(&none, 5));
    marks_drop(&none);
    bunch_drop(&b);
}

/* ---- transactions ---- */

static void transact(marks *s, bool (*fn)(marks_set *all, void *ctx), const int *values, size_t n) {
    marks_set with = other_set(values, n);
    size_t version = marks_version(s);
    assert_true(marks_update(s, fn, &with));
    assert_int_equal(marks_version(s), version + 1);
    marks_set_drop(&with);
}
#define TRANSACT(s, fn, ...) transact(s, fn, SOME(__VA_ARGS__))

static bool intersect(marks_set *all, void *with) { return marks_set_intersection(all, with); }
static bool subtract(marks_set *all, void *with) { return marks_set_difference(all, with); }
static bool differ(marks_set *all, void *with) { return marks_set_symmetric_difference(all, with); }
static bool exchange(marks_set *all, void *with) { return marks_set_swap(all, with), true; }
static bool assign(marks_set *all, void *with) { return marks_set_assign(all, with), true; }
static bool keep_the_even(marks_set *all, void *ctx) { return marks_set_retain_if(all, is_even, ctx); }
static bool leave(marks_set *all, void *ctx) { return all != ctx; }
static bool empty(marks_set *all, void *ctx) { return marks_set_clear(all), all != ctx; }
static bool replace_all(marks_set *all, void *ctx) {
    (void)ctx;
    marks_set_drop(all);
    return marks_set_put(all, tracked_make(8));
}
static bool put_and_erase(marks_set *all, void *ctx) {
    tracked k = tracked_make(500), taken;
    (void)ctx;
    bool ok = marks_set_put(all, tracked_make(500)) && marks_set_put_if_absent(all, tracked_make(501)) &&
              marks_set_take(all, &k, &taken);
    tracked_drop(&taken);
    tracked_drop(&k);
    return ok;
}

/* What stays keeps its place, one new key follows; several would in no specified order. */
static void update_may_use_the_whole_set(void **state) {
    (void)state;
    marks s = {0};
    run(&s, 1, 6);
    TRANSACT(&s, unite, 3, 7, 1);
    CHECK_KEYS(&s, 1, 2, 3, 4, 5, 6, 7);
    TRANSACT(&s, subtract, 2, 9);
    CHECK_KEYS(&s, 1, 3, 4, 5, 6, 7);
    TRANSACT(&s, intersect, 9, 7, 5, 4, 3, 1);
    CHECK_KEYS(&s, 1, 3, 4, 5, 7);
    TRANSACT(&s, differ, 1, 20, 4);
    CHECK_KEYS(&s, 3, 5, 7, 20);
    TRANSACT(&s, leave, 1);
    CHECK_KEYS(&s, 3, 5, 7, 20);
    TRANSACT(&s, put_and_erase, 1);
    CHECK_KEYS(&s, 3, 5, 7, 20, 501);
    TRANSACT(&s, exchange, 20, 5, 3);
    CHECK_KEYS(&s, 3, 5, 20);
    TRANSACT(&s, assign, 6, 20);
    CHECK_KEYS(&s, 20, 6);
    run(&s, 7, 2);
    TRANSACT(&s, keep_the_even, 1);
    CHECK_KEYS(&s, 20, 6, 8);
    TRANSACT(&s, replace_all, 1);
    CHECK_KEYS(&s, 8);
    TRANSACT(&s, empty, 1);
    assert_true(marks_is_empty(&s));
    TRANSACT(&s, unite, 4);
    CHECK_KEYS(&s, 4);
    assert_int_equal(lives.alive, COPIES);
    marks_drop(&s);
}

/* A union with a larger set begins from that one; 300 new keys follow the old ones. */
static void update_may_bring_many_keys(void **state) {
    (void)state;
    marks s = {0};
    marks_set with = {0};
    run(&s, 50, 3);
    for (int k = 0; k < 303; k++) assert_true(marks_set_put(&with, tracked_make(k)));
    assert_true(marks_update(&s, unite, &with));
    assert_int_equal(marks_len(&s), 303);
    met m = {{0}, 0};
    assert_true(marks_for_each(&s, meet_key, &m));
    if (IN_ORDER) assert_true(m.value[0] == 50 && m.value[1] == 51 && m.value[2] == 52);
    qsort(m.value, m.n, sizeof *m.value, by_value);
    for (int k = 0; k < 303; k++) assert_int_equal(m.value[k], k);
    marks_set_drop(&with);
    marks_drop(&s);
}

static bool change_and_refuse(marks_set *all, void *with) {
    (void)marks_set_symmetric_difference(all, with);
    return false;
}

static void update_publishes_all_or_nothing(void **state) {
    (void)state;
    marks s = {0};
    marks_set with = other_set(SOME(1, 50, 51));
    marks_snapshot before, after;
    run(&s, 1, 3);
    assert_true(marks_snapshot_of(&s, &before) && FAILS(marks_update(&s, change_and_refuse, &with), COW_HOOK));
    assert_true(marks_snapshot_of(&s, &after) && after.v == before.v && marks_version(&s) == 3);
    CHECK_KEYS(&s, 1, 2, 3);
    marks_snapshot_drop(&before);
    marks_snapshot_drop(&after);
    marks_set_drop(&with);
    assert_int_equal(lives.alive, 3 * COPIES);
    marks_drop(&s);
}

/* ---- kinds of keys ---- */

static void colliding_keys_stand_in_one_tree(void **state) {
    (void)state;
    marks s = {0};
    int values[100];
    size_t removed = 0;
    for (int i = 0; i < 100; i++) values[i] = 99 - i;
    spy.collide = true;
    for (int i = 0; i < 100; i++) run(&s, values[i], 1);
    check_keys(&s, values, 100);
    assert_true(marks_remove_if(&s, is_even, NULL, &removed) && removed == 50);
    for (int i = 0; i < 50; i++) values[i] = 99 - 2 * i;
    check_keys(&s, values, 50);
    for (int i = 0; i < 45; i++) assert_true(erase(&s, values[i]));
    check_keys(&s, values + 45, 5);
    marks_drop(&s);
    spy.collide = false;
}

static cow_str word(const char *text) {
    cow_str s = {0};
    KIT_CHECK(cow_str_from(&s, text));
    return s;
}
static bool word_text(cow_str *out, const cow_str *k, void *ctx) {
    (void)ctx;
    return cow_str_append_str(out, k);
}
static bool begins_with(const cow_str *k, void *letter) { return cow_str_data(k)[0] == *(const char *)letter; }
static bool count_word(const cow_str *k, void *n) { return ++*(size_t *)n, cow_str_len(k) > 0; }
static bool put_word(words_set *all, void *text) { return words_set_put(all, word(text)); }

static void check_words(const words *s, const char *expected) {
    cow_str out = {0};
    assert_true(words_print(s, &out, word_text, NULL));
    if (IN_ORDER) assert_string_equal(cow_str_cstr(&out), expected);
    assert_int_equal(cow_str_len(&out), strlen(expected));
    cow_str_drop(&out);
}

static void strings_are_keys(void **state) {
    (void)state;
    cow_str list[] = {word("ash"), word("a birch that is too long for the handle"), word("cedar"), word("ash")}, out[8];
    words s, t = {0};
    size_t n = 0, met_words = 0;
    words_iter it;
    VALUE(words) all;
    const cow_str *k;
    char a = 'a';
    assert_true(words_from(&s, list, LENGTH(list)) && words_len(&s) == 3);
    assert_true(words_add_all(&t, list + 1, 2, &n) && n == 2 && !words_equal(&s, &t));
    assert_true(FAILS(words_add(&t, list[1]), COW_EXISTS) && words_add(&t, word("ash")) && words_equal(&s, &t));
    assert_true(words_hash(&s, 3) == words_hash(&t, 3) && words_contains_all(&t, list, LENGTH(list)));
    check_words(&s, "[ash, a birch that is too long for the handle, cedar]");
    check_words(&t, "[a birch that is too long for the handle, cedar, ash]");
    assert_true(words_remove(&s, &list[1]) && !words_contains(&s, &list[1]) && words_update(&s, put_word, "yew"));
    check_words(&s, "[ash, cedar, yew]");
    assert_true(words_copy_to(&s, out, LENGTH(out), &n) && n == 3);
    for (size_t i = 0; i < n; i++) cow_str_drop(&out[i]);
    assert_true(words_for_each(&s, count_word, &met_words) && met_words == 3 && words_load(&s, &all));
    assert_true(words_iter_of(&s, &it) && words_remove_if(&s, begins_with, &a, &n) && n == 1);
    check_words(&s, "[cedar, yew]");
    assert_true(words_retain_all(&s, list, LENGTH(list), &n) && n == 1 && words_remove_all(&t, list, 1, &n) && n == 1);
    check_words(&s, "[cedar]");
    check_words(&t, "[a birch that is too long for the handle, cedar]");
    for (met_words = 0; words_iter_next(&it, &k);) met_words += cow_str_len(k);
    assert_true(met_words == strlen("ashcedaryew") && words_set_len(SET_IN(&all)) == 3);
    words_iter_drop(&it);
    DROP_VALUE(words)(&all);
    for (size_t i = 0; i < LENGTH(list); i++) cow_str_drop(&list[i]);
    words_clear(&t);
    assert_true(words_is_empty(&t));
    words_drop(&s);
    words_drop(&t);
}

/* A key of more than a page, which is not kept on the stack; with stored hashes, and an order instead of an equality. */
typedef struct page {
    int64_t number, rest[700];
} page;
static int page_compare(const page *a, const page *b) { return (a->number > b->number) - (a->number < b->number); }
static uint64_t page_hash(const page *p, uint64_t seed) { return cow_hash_u64((uint64_t)p->number, seed); }

static size_t pool_blocks;
static void *pool_alloc(void *context, size_t size) {
    void *p = kit_malloc(size);
    if (p) ++*(size_t *)context;
    return p;
}
static void pool_release(void *context, void *p, size_t size) {
    --*(size_t *)context;
    kit_free(p, size);
}
static const cow_alloc pool = {pool_alloc, NULL, pool_release, &pool_blocks};

#ifdef ORDERED
#define COW_KEEP_ORDER
#endif
#define COW_LIST_SET pages, page
#define COW_COMPARE page_compare
#define COW_HASH page_hash
#define COW_STORE_HASH
#define COW_ALLOC &pool
#include "cow/cow.h"

static void large_keys_from_a_pool(void **state) {
    (void)state;
    pages s = {0};
    static page all[50], out[50];
    size_t n = 0, blocks = kit.blocks;
    for (size_t i = 0; i < LENGTH(all); i++) all[i].number = all[i].rest[699] = (int64_t)i;
    assert_true(pages_add_all(&s, all, 20, &n) && n == 20 && pages_add(&s, all[20]));
    assert_int_equal(kit.blocks - blocks, pool_blocks);
    assert_true(pages_add_all(&s, all, LENGTH(all), &n) && n == 29 && pages_remove(&s, &all[3]));
    assert_true(pages_remove_all(&s, all, 10, &n) && n == 9 && pages_copy_to(&s, out, LENGTH(out), &n) && n == 40);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(out[i].number, out[i].rest[699]);
        if (IN_ORDER) assert_int_equal(out[i].number, i + 10);
    }
    assert_int_equal(kit.blocks - blocks, pool_blocks);
    pages_drop(&s);
    assert_int_equal(pool_blocks, 0);
}

/* Containers are keys by their own hooks. */
#ifdef ORDERED
#define COW_KEEP_ORDER
#endif
#define COW_LIST_SET groups, numbers_set
#include "cow/cow.h"

static void sets_are_keys(void **state) {
    (void)state;
    groups s = {0};
    numbers_set a, b;
    assert_true(numbers_set_from(&a, SOME(1, 2)) && numbers_set_from(&b, SOME(2, 1)));
    assert_true(groups_add(&s, numbers_set_copy(&a)) && FAILS(groups_add(&s, b), COW_EXISTS));
    assert_true(numbers_set_put(&b, 3) && groups_add(&s, numbers_set_copy(&b)) && groups_len(&s) == 2);
    assert_true(groups_contains(&s, &a) && groups_remove(&s, &a) && !groups_contains(&s, &a));
    groups_drop(&s);
    numbers_set_drop(&a);
    numbers_set_drop(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(all_zero_is_an_empty_set),
        UNIT(what_is_added_is_there),
        UNIT(copy_to_wants_room_for_all),
        UNIT(for_each_walks_one_version),
        UNIT(equal_sets_have_equal_keys_in_any_order),
        UNIT(print_appends_all_or_nothing),
        UNIT(iterators_outlive_changes),
        UNIT(marks_are_removed_while_they_are_walked),
        UNIT(guards_snapshots_readers_and_loads_keep_what_they_saw),
        UNIT(loads_share_and_outlive_the_set),
        UNIT(wait_returns_when_the_set_is_changed),
        UNIT(a_key_that_is_there_is_not_added),
        UNIT(what_is_added_again_goes_to_the_end),
        UNIT(adding_many_adds_what_is_absent_once),
        UNIT(removing_many_says_how_many),
        UNIT(contains_all_looks_in_one_version),
        UNIT(sifting_keeps_the_order),
        UNIT(clear_removes_all),
        UNIT(from_copies_the_keys),
        UNIT(update_may_use_the_whole_set),
        UNIT(update_may_bring_many_keys),
        UNIT(update_publishes_all_or_nothing),
        UNIT(colliding_keys_stand_in_one_tree),
        UNIT(strings_are_keys),
        UNIT(large_keys_from_a_pool),
        UNIT(sets_are_keys),
    };
    return cmocka_run_group_tests_name(IN_ORDER ? "list_set, ordered" : "list_set", tests, list_sets_begin, NULL);
}
