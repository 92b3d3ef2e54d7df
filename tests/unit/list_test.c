/* SPDX-License-Identifier: MIT */
/* list: reading and changing, kinds of elements, cells of strings. What is copied, hooks that use the list and failures
   are in list_share_test.c, iterators, writers and sub-lists in list_view_test.c, Java's peculiarities in
   java_table_test.c. One thread at a time here; tests/stress has them all at once. */
#define _GNU_SOURCE
#include "lists.h"

#include <pthread.h>

#define COW_LIST texts, cow_str
#include "cow/cow.h"
#define COW_LIST rows, numbers_array
#include "cow/cow.h"

/* Elements on cache lines of their own. */
typedef struct line {
    int64_t value[8];
} line;
static bool line_equal(const line *a, const line *b) { return a->value[0] == b->value[0]; }
#define COW_LIST lines, line
#define COW_EQUAL line_equal
#define COW_ALIGN 64
#include "cow/cow.h"

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
#define COW_LIST pooled, int
#define COW_ALLOC &pool
#include "cow/cow.h"

/* ---- making and reading ---- */

static bool never(const int *e, void *ctx) {
    (void)e, (void)ctx;
    KIT_CHECK(false && "there is no element");
    return false;
}
static bool number_text(cow_str *out, const int *e, void *ctx) {
    (void)ctx;
    return cow_str_append_format(out, "%d", *e);
}

static void all_zero_is_an_empty_list(void **state) {
    (void)state;
    numbers l, other = {0};
    memset(&l, 0, sizeof l);
    int out = 3, one = 1;
    size_t n = 7;
    cow_str text = {0};
    assert_true(numbers_is_empty(&l) && numbers_len(&l) == 0);
    assert_true(FAILS(numbers_get(&l, 0, &out), COW_RANGE) && out == 3);
    assert_true(numbers_copy_to(&l, NULL, 0, &n) && n == 0);
    assert_true(numbers_index_of(&l, &one) == COW_NPOS && numbers_index_of_from(&l, &one, 3) == COW_NPOS);
    assert_true(numbers_last_index_of(&l, &one) == COW_NPOS && numbers_last_index_of_from(&l, &one, 3) == COW_NPOS);
    assert_true(!numbers_contains(&l, &one) && !numbers_contains_all(&l, &one, 1) && numbers_contains_all(&l, NULL, 0));
    assert_true(numbers_for_each(&l, never, NULL));
    assert_true(numbers_equal(&l, &l) && numbers_equal(&l, &other) && numbers_hash(&l, 5) == numbers_hash(&other, 5));
    assert_true(numbers_print(&l, &text, number_text, NULL));
    assert_string_equal(cow_str_cstr(&text), "[]");
    assert_int_equal(numbers_version(&l), 0);
    numbers_drop(&l);
    numbers_drop(&l);
    assert_int_equal(kit.calls, 0);
}

/* What was never filled, what was cleared, and what was made of nothing are the same. */
static void an_empty_list_is_changed_like_any_other(void **state) {
    (void)state;
    list l = {0}, made;
    tracked v = tracked_make(1), out = {0, 7};
    size_t removed = 9;
    assert_true(list_from(&made, NULL, 0) && list_equal(&l, &made));
    assert_true(FAILS(list_remove_at(&l, 0, &out), COW_ABSENT) && FAILS(list_remove(&l, &v), COW_ABSENT) &&
                out.id == 0);
    assert_true(FAILS(list_set(&l, 0, v, NULL), COW_RANGE) && FAILS(list_add_at(&l, 1, v), COW_RANGE));
    assert_true(FAILS(list_add_all_at(&l, 1, &v, 1), COW_RANGE));
    assert_true(list_add_all(&l, NULL, 0) && list_add_all_at(&l, 0, NULL, 0) && list_remove_all(&l, &v, 1, &removed));
    assert_int_equal(removed, 0);
    assert_int_equal(list_version(&l), 0); /* nothing was published */
    assert_true(list_sort(&l) && list_replace_all(&l, NULL, NULL) && list_assign(&l, &made));
    list_clear(&l);
    assert_true(list_is_empty(&l) && list_equal(&l, &made));
    assert_true(list_add_at(&l, 0, v) && list_has(&l, 1));
    list_drop(&l);
    list_drop(&made);
}

static void from_copies_the_elements(void **state) {
    (void)state;
    tracked src[3] = {tracked_make(1), tracked_make(2), tracked_make(3)};
    list l;
    assert_true(list_from(&l, src, 3));
    assert_int_equal(lives.copied, 3);
    CHECK_LIST(&l, 1, 2, 3);
    list_drop(&l);
    memset((void *)&l, 0xa5, sizeof l);
    list rubbish = l;
    for (size_t at = 1; at <= 2; at++) {
        kit_fail(at, false);
        assert_true(FAILS(list_from(&l, src, 3), COW_NOMEM));
    }
    kit_fail_none();
    for (size_t at = 1; at <= 3; at++) {
        tracked_fail(at, false);
        assert_true(FAILS(list_from(&l, src, 3), COW_HOOK));
    }
    tracked_fail_none();
    assert_memory_equal(&l, &rubbish, sizeof l);
    assert_int_equal(lives.alive, 3);
    for (size_t i = 0; i < 3; i++) tracked_drop(&src[i]);
}

static void get_gives_a_copy(void **state) {
    (void)state;
    list l = {0};
    tracked out = {0, 7};
    list_run(&l, 1, 3);
    assert_true(list_get(&l, 2, &out) && tracked_value(&out) == 3);
    assert_int_equal(lives.alive, 4);
    list_drop(&l);
    assert_int_equal(tracked_value(&out), 3);
    tracked_drop(&out);
    list_run(&l, 1, 3);
    out = (tracked){0, 7};
    assert_true(FAILS(list_get(&l, 3, &out), COW_RANGE) && FAILS(list_get(&l, SIZE_MAX, &out), COW_RANGE));
    tracked_fail(1, true);
    assert_true(FAILS(list_get(&l, 0, &out), COW_HOOK));
    assert_true(out.id == 0 && out.value == 7);
    list_drop(&l);
}

static void copy_to_wants_room_for_all(void **state) {
    (void)state;
    list l = {0};
    tracked out[3] = {{0, 7}, {0, 7}, {0, 7}};
    size_t n = 0;
    list_run(&l, 1, 3);
    assert_true(FAILS(list_copy_to(&l, out, 2, &n), COW_RANGE) && n == 3 && out[0].id == 0);
    tracked_fail(3, false);
    assert_true(FAILS(list_copy_to(&l, out, 3, &n), COW_HOOK));
    tracked_fail_none();
    assert_int_equal(lives.alive, 3);
    assert_true(list_copy_to(&l, out, 3, &n) && n == 3);
    list_drop(&l);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(tracked_value(&out[i]), i + 1);
        tracked_drop(&out[i]);
    }
}

static void searching_finds_the_first_and_the_last(void **state) {
    (void)state;
    numbers l;
    numbers_make(&l, SOME(5, 1, 5, 2, 5));
    const int five = 5, two = 2, nine = 9, some[] = {2, 5, 2}, others[] = {1, 9};
    assert_int_equal(numbers_index_of(&l, &five), 0);
    assert_int_equal(numbers_index_of_from(&l, &five, 1), 2);
    assert_int_equal(numbers_index_of_from(&l, &five, 4), 4);
    assert_true(numbers_index_of_from(&l, &five, 5) == COW_NPOS && numbers_index_of(&l, &nine) == COW_NPOS);
    assert_int_equal(numbers_last_index_of(&l, &five), 4);
    assert_int_equal(numbers_last_index_of_from(&l, &five, 3), 2);
    assert_int_equal(numbers_last_index_of_from(&l, &five, 100), 4);
    assert_int_equal(numbers_last_index_of_from(&l, &two, 3), 3);
    assert_true(numbers_last_index_of_from(&l, &two, 2) == COW_NPOS);
    assert_true(numbers_contains(&l, &two) && !numbers_contains(&l, &nine));
    assert_true(numbers_contains_all(&l, some, 3) && !numbers_contains_all(&l, others, 2));
    numbers_drop(&l);
}

static bool stop_at_three(const tracked *e, void *count) {
    ++*(int *)count;
    return tracked_value(e) != 3;
}

static bool add_a_copy(const tracked *e, void *l) { return list_add((list *)l, tracked_make(10 + tracked_value(e))); }
static bool clear_all(const tracked *e, void *l) {
    list_clear((list *)l);
    return tracked_value(e) > 0;
}

static void for_each_walks_one_version(void **state) {
    (void)state;
    list l = {0};
    int count = 0;
    list_run(&l, 1, 4);
    assert_false(list_for_each(&l, stop_at_three, &count));
    assert_int_equal(count, 3);
    assert_true(list_for_each(&l, add_a_copy, &l));
    CHECK_LIST(&l, 1, 2, 3, 4, 11, 12, 13, 14);
    assert_true(list_for_each(&l, clear_all, &l));
    assert_true(list_is_empty(&l) && lives.alive == 0);
    list_drop(&l);
}

static bool text_of(cow_str *out, const tracked *e, void *most) {
    return tracked_value(e) <= *(int *)most && cow_str_append_format(out, "%d", tracked_value(e));
}

static void print_appends_all_or_nothing(void **state) {
    (void)state;
    list l = {0};
    int most = 3;
    cow_str out = {0};
    list_run(&l, 1, 3);
    assert_true(cow_str_append(&out, "all: ") && list_print(&l, &out, text_of, &most));
    assert_string_equal(cow_str_cstr(&out), "all: [1, 2, 3]");
    most = 2;
    assert_false(list_print(&l, &out, text_of, &most));
    assert_string_equal(cow_str_cstr(&out), "all: [1, 2, 3]");
    most = 3;
    kit_fail(1, true);
    assert_true(FAILS(list_print(&l, &out, text_of, &most), COW_NOMEM));
    kit_fail_none();
    assert_string_equal(cow_str_cstr(&out), "all: [1, 2, 3]");
    cow_str_drop(&out);
    list_drop(&l);
}

static void equal_lists_have_equal_elements_in_the_same_order(void **state) {
    (void)state;
    list a = {0}, b = {0};
    list_run(&a, 1, 3);
    list_run(&b, 1, 2);
    assert_true(list_equal(&a, &a) && !list_equal(&a, &b));
    list_run(&b, 3, 1);
    assert_true(list_equal(&a, &b) && list_hash(&a, 1) == list_hash(&b, 1) && list_hash(&a, 1) != list_hash(&a, 2));
    assert_true(list_set(&b, 1, tracked_make(9), NULL) && !list_equal(&a, &b));
    list_drop(&a);
    list_drop(&b);
}

/* ---- what a list has of a cell ---- */

static void guards_snapshots_readers_and_loads_keep_what_they_saw(void **state) {
    (void)state;
    list l = {0};
    list_guard g = {0};
    list_snapshot s = {NULL}, t = {NULL};
    list_reader r = {NULL};
    list_array a = {0};
    list_run(&l, 1, 2);
    assert_true(list_borrow(&l, &g) && list_snapshot_of(&l, &s) && list_load(&l, &a));
    const list_array *cached = list_cached(&l, &r);
    assert_true(cached && list_cached(&l, &r) == cached);
    t = list_snapshot_copy(&s);
    list_run(&l, 3, 1);
    assert_true(list_set(&l, 0, tracked_make(9), NULL));
    list_clear(&l);
    CHECK_ELEMENTS(g.value, 1, 2);
    CHECK_ELEMENTS(list_snapshot_value(&s), 1, 2);
    CHECK_ELEMENTS(list_snapshot_value(&t), 1, 2);
    CHECK_ELEMENTS(cached, 1, 2);
    CHECK_ELEMENTS(&a, 1, 2);
    assert_int_equal(list_cached(&l, &r)->n, 0);
    list_idle(&r);
    list_snapshot_drop(&s);
    list_snapshot_drop(&t);
    list_end(&g);
    CHECK_ELEMENTS(&a, 1, 2);
    list_array_drop(&a);
    assert_int_equal(lives.alive, 0);
    list_drop(&l);
}

static void *add_later(void *l) {
    usleep(20000);
    KIT_CHECK(numbers_add(l, 1));
    return NULL;
}

static void wait_returns_when_the_list_is_changed(void **state) {
    (void)state;
    numbers l = {0};
    pthread_t thread;
    assert_false(numbers_wait(&l, 0, 0));
    assert_false(numbers_wait(&l, 0, 1000000));
    assert_true(pthread_create(&thread, NULL, add_later, &l) == 0);
    assert_true(numbers_wait(&l, 0, UINT64_MAX));
    assert_int_equal(numbers_version(&l), 1);
    pthread_join(thread, NULL);
    numbers_drop(&l);
}

static void *first_time_without_memory(void *l) {
    tracked v = tracked_make(7), out;
    list_guard g = {0};
    cow_str text = {0};
    size_t n = 0;
    kit_fail(1, true);
    KIT_CHECK(FAILS(list_borrow(l, &g), COW_NOMEM) && FAILS(list_get(l, 0, &out), COW_NOMEM));
    KIT_CHECK(FAILS(list_len(l), COW_NOMEM) && FAILS(list_copy_to(l, NULL, 0, &n), COW_NOMEM));
    cow__set_error(COW_OK);
    KIT_CHECK(list_index_of(l, &v) == COW_NPOS && cow_error() == COW_NOMEM);
    cow__set_error(COW_OK);
    KIT_CHECK(list_last_index_of(l, &v) == COW_NPOS && cow_error() == COW_NOMEM);
    KIT_CHECK(FAILS(list_contains_all(l, &v, 1), COW_NOMEM) && FAILS(list_equal(l, l), COW_NOMEM));
    KIT_CHECK(FAILS(list_for_each(l, is_even, NULL), COW_NOMEM) && FAILS(list_print(l, &text, NULL, NULL), COW_NOMEM));
    KIT_CHECK(list_hash(l, 5) == 5 && FAILS(list_add_if_absent(l, v), COW_NOMEM));
    KIT_CHECK(FAILS(list_assign(l, l), COW_NOMEM));
    kit_fail_none();
    tracked_drop(&v);
    return NULL;
}

static void only_the_first_read_of_a_thread_needs_memory(void **state) {
    (void)state;
    list l = {0};
    pthread_t thread;
    list_run(&l, 2, 1);
    assert_true(pthread_create(&thread, NULL, first_time_without_memory, &l) == 0);
    pthread_join(thread, NULL);
    kit_fail(1, true);
    assert_true(list_len(&l) == 1 && list_has(&l, 2) && list_for_each(&l, is_even, NULL));
    kit_fail_none();
    list_drop(&l);
}

/* ---- changing ---- */

static void adding_inserts_where_it_is_told(void **state) {
    (void)state;
    list l = {0};
    tracked v = tracked_make(9), more[2] = {tracked_make(7), tracked_make(8)};
    list_run(&l, 1, 2);
    assert_true(list_add_at(&l, 0, tracked_make(0)) && list_add_at(&l, 3, tracked_make(4)) &&
                list_add_at(&l, 3, tracked_make(3)));
    CHECK_LIST(&l, 0, 1, 2, 3, 4);
    assert_true(FAILS(list_add_at(&l, 6, v), COW_RANGE) && FAILS(list_add_all_at(&l, 6, more, 2), COW_RANGE));
    assert_true(list_add_all(&l, more, 2) && list_add_all_at(&l, 1, more, 1));
    CHECK_LIST(&l, 0, 7, 1, 2, 3, 4, 7, 8);
    tracked_drop(&v);
    for (size_t i = 0; i < 2; i++) tracked_drop(&more[i]);
    list_drop(&l);
}

static void set_gives_the_old_element_or_drops_it(void **state) {
    (void)state;
    list l = {0};
    tracked old = {0, 7}, v = tracked_make(9);
    list_run(&l, 1, 3);
    assert_true(list_set(&l, 1, tracked_make(5), &old) && tracked_value(&old) == 2);
    tracked_drop(&old);
    assert_true(list_set(&l, 2, tracked_make(6), NULL));
    CHECK_LIST(&l, 1, 5, 6);
    assert_int_equal(lives.alive, 4);
    old = (tracked){0, 7};
    assert_true(FAILS(list_set(&l, 3, v, &old), COW_RANGE) && old.id == 0);
    tracked_drop(&v);
    list_drop(&l);
}

static void set_publishes_always_and_copies_only_what_differs(void **state) {
    (void)state;
    numbers l;
    numbers_snapshot first = {NULL}, second = {NULL}, third = {NULL};
    int old = 0;
    numbers_make(&l, SOME(1, 2, 3));
    assert_true(numbers_snapshot_of(&l, &first) && numbers_set(&l, 1, 2, &old) && old == 2);
    assert_true(numbers_snapshot_of(&l, &second) && numbers_version(&l) == 2);
    assert_true(first.v != second.v &&
                numbers_array_same(numbers_snapshot_value(&first), numbers_snapshot_value(&second)));
    assert_true(numbers_set(&l, 1, 4, &old) && old == 2 && numbers_snapshot_of(&l, &third));
    assert_false(numbers_array_same(numbers_snapshot_value(&second), numbers_snapshot_value(&third)));
    assert_int_equal(numbers_version(&l), 3);
    CHECK_NUMBERS(&l, 1, 4, 3);
    numbers_snapshot_drop(&first);
    numbers_snapshot_drop(&second);
    numbers_snapshot_drop(&third);
    numbers_drop(&l);
}

static void removing_gives_the_element_or_drops_it(void **state) {
    (void)state;
    list l = {0};
    tracked out = {0, 7}, four = tracked_make(4);
    list_run(&l, 1, 5);
    assert_true(FAILS(list_remove_at(&l, 5, &out), COW_RANGE) && out.id == 0);
    assert_true(list_remove_at(&l, 1, &out) && tracked_value(&out) == 2);
    CHECK_LIST(&l, 1, 3, 4, 5);
    assert_int_equal(lives.alive, 6); /* and two keys */
    tracked_drop(&out);
    assert_true(list_remove(&l, &four) && FAILS(list_remove(&l, &four), COW_ABSENT));
    CHECK_LIST(&l, 1, 3, 5);
    assert_true(list_remove_at(&l, 0, &out) && tracked_value(&out) == 1);
    tracked_drop(&out);
    assert_true(list_remove_at(&l, 1, NULL));
    CHECK_LIST(&l, 3);
    assert_true(list_remove_at(&l, 0, NULL) && list_is_empty(&l));
    tracked_drop(&four);
    list_drop(&l);
}

static void the_last_one_is_removed_in_one_step(void **state) {
    (void)state;
    list l = {0};
    tracked out = {0, 7};
    assert_true(FAILS(list_pop(&l, &out), COW_ABSENT) && out.id == 0);
    list_run(&l, 1, 3);
    assert_true(list_pop(&l, &out) && tracked_value(&out) == 3);
    tracked_drop(&out);
    CHECK_LIST(&l, 1, 2);
    assert_true(list_pop(&l, NULL));
    CHECK_LIST(&l, 1);
    assert_int_equal(lives.alive, 1);
    list_drop(&l);
}

static void removing_many_says_how_many(void **state) {
    (void)state;
    list l = {0};
    tracked some[2] = {tracked_make(2), tracked_make(5)};
    size_t removed = 9;
    list_run(&l, 1, 6);
    list_run(&l, 1, 2);
    assert_true(list_remove_all(&l, some, 2, &removed) && removed == 3);
    CHECK_LIST(&l, 1, 3, 4, 6, 1);
    assert_true(list_remove_if(&l, is_even, NULL, &removed) && removed == 2);
    CHECK_LIST(&l, 1, 3, 1);
    size_t version = list_version(&l);
    assert_true(list_remove_if(&l, is_even, NULL, &removed) && removed == 0 && list_version(&l) == version);
    list_run(&l, 4, 3);
    assert_true(list_retain_all(&l, some, 2, &removed) && removed == 5);
    CHECK_LIST(&l, 5);
    assert_true(list_retain_all(&l, some, 2, NULL) && list_remove_all(&l, some, 2, NULL) && list_is_empty(&l));
    list_run(&l, 1, 2);
    assert_true(list_retain_all(&l, some, 0, &removed) && removed == 2 && list_is_empty(&l));
    for (size_t i = 0; i < 2; i++) tracked_drop(&some[i]);
    list_drop(&l);
}

static void adding_what_is_absent(void **state) {
    (void)state;
    list l = {0};
    tracked two = tracked_make(2), some[5];
    size_t added = 9;
    for (size_t i = 0; i < 5; i++) some[i] = tracked_make((const int[]){4, 1, 5, 4, 5}[i]);
    list_run(&l, 1, 3);
    assert_true(FAILS(list_add_if_absent(&l, two), COW_EXISTS) && list_version(&l) == 3);
    tracked_drop(&two);
    assert_true(list_add_all_absent(&l, some, 5, &added) && added == 2);
    CHECK_LIST(&l, 1, 2, 3, 4, 5);
    size_t version = list_version(&l);
    assert_true(list_add_all_absent(&l, some, 5, &added) && added == 0 && list_version(&l) == version);
    assert_true(list_add_all_absent(&l, some, 5, NULL) && list_add_if_absent(&l, tracked_make(6)));
    CHECK_LIST(&l, 1, 2, 3, 4, 5, 6);
    for (size_t i = 0; i < 5; i++) tracked_drop(&some[i]);
    list_drop(&l);
}

static bool negate_until(tracked *e, void *most) {
    e->value = -e->value;
    return e->value >= -*(int *)most;
}

static void replace_all_changes_copies(void **state) {
    (void)state;
    list l = {0};
    list_snapshot before = {NULL};
    int most = 3;
    list_run(&l, 1, 3);
    assert_true(list_snapshot_of(&l, &before) && list_replace_all(&l, negate_until, &most));
    CHECK_LIST(&l, -1, -2, -3);
    CHECK_ELEMENTS(list_snapshot_value(&before), 1, 2, 3);
    list_snapshot_drop(&before);
    list_run(&l, 4, 1);
    most = -1;
    assert_true(FAILS(list_replace_all(&l, negate_until, &most), COW_HOOK));
    CHECK_LIST(&l, -1, -2, -3, 4);
    list_drop(&l);
}

static void fail_at_dropping(int value) {
    (void)value;
    (void)cow__fail(COW_ABSENT);
}

/* What a failed change gives up may have drop hooks that fail in something of their own. */
static void a_failure_keeps_its_reason(void **state) {
    (void)state;
    list l = {0};
    tracked out = {0, 7};
    int most = -1;
    list_run(&l, 1, 3);
    spy.drop = fail_at_dropping;
    assert_true(FAILS(list_replace_all(&l, negate_until, &most), COW_HOOK));
    size_t failed = 0;
    for (kit_fail(1, false); !list_remove_at(&l, 1, &out); kit_fail(++failed + 1, false))
        assert_true((cow_error() == COW_NOMEM || cow_error() == COW_HOOK) && out.id == 0);
    kit_fail_none();
    assert_true(failed > 0 && tracked_value(&out) == 2);
    spy.drop = NULL;
    tracked_drop(&out);
    CHECK_LIST(&l, 1, 3);
    list_drop(&l);
}

static void sorting_publishes_one_version(void **state) {
    (void)state;
    list l = {0};
    int compared = 0;
    tracked some[4];
    for (size_t i = 0; i < 4; i++) some[i] = tracked_make((const int[]){3, 1, 4, 2}[i]);
    assert_true(list_add_all(&l, some, 4) && list_sort(&l));
    CHECK_LIST(&l, 1, 2, 3, 4);
    assert_true(list_sort_by(&l, backwards, &compared) && compared > 0);
    CHECK_LIST(&l, 4, 3, 2, 1);
    const tracked *at = list_storage(&l);
    assert_true(list_sort_by(&l, backwards, &compared) && list_storage(&l) == at);
    assert_int_equal(list_version(&l), 4);
    for (size_t i = 0; i < 4; i++) tracked_drop(&some[i]);
    list_drop(&l);
}

static void update_publishes_all_or_nothing(void **state) {
    (void)state;
    list l = {0};
    bool allowed = false;
    list_run(&l, 1, 2);
    assert_true(FAILS(list_update(&l, push_two_and_drop_the_first, &allowed), COW_HOOK));
    CHECK_LIST(&l, 1, 2);
    assert_int_equal(list_version(&l), 2);
    allowed = true;
    assert_true(list_update(&l, push_two_and_drop_the_first, &allowed));
    CHECK_LIST(&l, 2, 8, 9);
    assert_int_equal(list_version(&l), 3);
    list_clear(&l);
    assert_true(list_update(&l, push_two_and_drop_the_first, &allowed));
    CHECK_LIST(&l, 9);
    list_drop(&l);
}

static void storing_replaces_all(void **state) {
    (void)state;
    list l = {0};
    list_snapshot old = {NULL}, now = {NULL};
    list_run(&l, 1, 1);
    assert_true(list_store(&l, array_of_two(2, 3)));
    CHECK_LIST(&l, 2, 3);
    assert_true(list_exchange(&l, array_of_two(4, 5), &old));
    CHECK_ELEMENTS(list_snapshot_value(&old), 2, 3);
    list_array refused = array_of_two(6, 7);
    assert_true(FAILS(list_compare_exchange(&l, &old, refused), COW_CONFLICT));
    CHECK_LIST(&l, 4, 5);
    assert_true(list_snapshot_of(&l, &now) && list_compare_exchange(&l, &now, refused));
    CHECK_LIST(&l, 6, 7);
    CHECK_ELEMENTS(list_snapshot_value(&now), 4, 5);
    list_snapshot_drop(&old);
    list_snapshot_drop(&now);
    list_clear(&l);
    assert_true(list_snapshot_of(&l, &now) && !now.v && list_compare_exchange(&l, &now, array_of_two(8, 9)));
    CHECK_LIST(&l, 8, 9);
    list_drop(&l);
    assert_int_equal(lives.alive, 0);
}

/* A list that is stored in goes on as any other: also when its storage is somebody else's. */
static void stored_arrays_may_be_borrowed_or_frozen(void **state) {
    (void)state;
    static const int table[3] = {1, 2, 3};
    numbers l = {0};
    assert_true(numbers_store(&l, numbers_array_borrow(table, 3)) && numbers_add(&l, 4) && numbers_set(&l, 0, 9, NULL));
    CHECK_NUMBERS(&l, 9, 2, 3, 4);
    numbers_array frozen = {0};
    assert_true(numbers_load(&l, &frozen));
    numbers_array_freeze(&frozen);
    assert_true(numbers_store(&l, frozen) && numbers_add(&l, 5) && numbers_remove_at(&l, 0, NULL));
    CHECK_NUMBERS(&l, 2, 3, 4, 5);
    assert_int_equal(frozen.n, 4);
    numbers_drop(&l);
    kit_give_up_immortals();
}

static void assign_shares_the_elements(void **state) {
    (void)state;
    list a = {0}, b = {0};
    list_run(&a, 1, 3);
    list_run(&b, 7, 2);
    assert_true(list_assign(&b, &a) && list_storage(&a) == list_storage(&b));
    list_run(&a, 4, 1);
    list_run(&b, 5, 1); /* of the two, the second finds the tail taken */
    CHECK_LIST(&a, 1, 2, 3, 4);
    CHECK_LIST(&b, 1, 2, 3, 5);
    assert_true(list_assign(&a, &a));
    CHECK_LIST(&a, 1, 2, 3, 4);
    list_drop(&a);
    CHECK_LIST(&b, 1, 2, 3, 5);
    list_drop(&b);
}

/* ---- its own elements ---- */

static void a_list_may_be_given_its_own_elements(void **state) {
    (void)state;
    for (int n = 1; n <= 9; n++) { /* with room behind them, and without */
        list l = {0};
        list_guard g = {0};
        size_t count = 0;
        list_run(&l, 1, n);
        assert_true(list_borrow(&l, &g) && list_add_all(&l, g.value->p, g.value->n));
        assert_true(list_add_all_at(&l, 1, g.value->p, g.value->n));
        assert_int_equal(list_len(&l), 3 * n);
        assert_true(list_contains_all(&l, g.value->p, g.value->n));
        assert_true(list_add_all_absent(&l, g.value->p, g.value->n, &count) && count == 0);
        list_end(&g);
        for (int i = 0; i < 3 * n; i++) {
            tracked e = {0, 0};
            assert_true(list_get(&l, (size_t)i, &e));
            assert_int_equal(tracked_value(&e), i == 0 ? 1 : i <= n ? i : i < 2 * n ? i - n + 1 : i - 2 * n + 1);
            tracked_drop(&e);
        }
        assert_true(list_borrow(&l, &g) && list_retain_all(&l, g.value->p, 1, &count) && count == (size_t)(3 * n - 3));
        assert_true(list_remove_all(&l, g.value->p, g.value->n, &count) && count == 3 && list_is_empty(&l));
        list_end(&g);
        list_drop(&l);
        assert_int_equal(lives.alive, 0);
    }
}

static void one_element_of_its_own_may_be_given_back(void **state) {
    (void)state;
    list l = {0};
    list_guard g = {0};
    tracked own = {0, 0};
    list_array all = {NULL, 0, NULL};
    list_run(&l, 1, 3);
    assert_true(list_get(&l, 1, &own) && list_set(&l, 1, own, NULL));
    assert_true(list_get(&l, 2, &own) && list_add(&l, own) && list_get(&l, 0, &own) && list_add_at(&l, 0, own));
    CHECK_LIST(&l, 1, 1, 2, 3, 3);
    assert_true(list_borrow(&l, &g) && list_remove(&l, &g.value->p[4]));
    list_end(&g);
    CHECK_LIST(&l, 1, 1, 2, 3);
    assert_true(list_load(&l, &all) && list_store(&l, all));
    CHECK_LIST(&l, 1, 1, 2, 3);
    list_drop(&l);
}

/* A string's copy has the same bytes. */
static void a_string_may_be_replaced_by_itself(void **state) {
    (void)state;
    texts l = {0};
    cow_str text = {0}, old = {0};
    assert_true(cow_str_from(&text, "a text that is too long for the handle") && texts_add(&l, text));
    assert_true(texts_get(&l, 0, &text) && texts_set(&l, 0, text, NULL));
    assert_true(texts_get(&l, 0, &text) && texts_set(&l, 0, text, &old));
    cow_str_drop(&old);
    assert_true(texts_get(&l, 0, &text) && cow_str_len(&text) == 38 && cow_str_is_shared(&text));
    texts_drop(&l);
    assert_false(cow_str_is_shared(&text));
    cow_str_drop(&text);
}

/* ---- kinds of elements ---- */

static cow_str text(int i) {
    cow_str t;
    assert_true(cow_str_from_format(&t, "text number %d, too long for the handle", i));
    return t;
}
static bool copy_text(cow_str *out, const cow_str *e, void *ctx) {
    (void)ctx;
    return cow_str_append_str(out, e);
}

static void lists_of_strings_need_no_hooks(void **state) {
    (void)state;
    texts l = {0};
    cow_str two = text(2), printed = {0}, words[3] = {COW_STR("c"), COW_STR("a"), COW_STR("b")};
    for (int i = 0; i < 20; i++) assert_true(texts_add_if_absent(&l, text(i)));
    assert_true(FAILS(texts_add_if_absent(&l, two), COW_EXISTS));
    assert_true(texts_index_of(&l, &two) == 2 && texts_last_index_of(&l, &two) == 2 && texts_remove(&l, &two));
    assert_true(!texts_contains(&l, &two) && texts_len(&l) == 19);
    cow_str_drop(&two);
    texts_clear(&l);
    assert_true(texts_add_all(&l, words, 3) && texts_sort(&l) && texts_print(&l, &printed, copy_text, NULL));
    assert_string_equal(cow_str_cstr(&printed), "[a, b, c]");
    texts other;
    assert_true(texts_from(&other, words, 3) && texts_sort(&other) && texts_equal(&l, &other));
    assert_true(texts_hash(&l, 1) == texts_hash(&other, 1));
    cow_str_drop(&printed);
    texts_drop(&other);
    texts_drop(&l);
}

static void lists_of_arrays_need_no_hooks(void **state) {
    (void)state;
    rows l = {0};
    numbers_array row = {0}, out = {0};
    for (int i = 0; i < 12; i++) assert_true(numbers_array_push(&row, i) && rows_add(&l, numbers_array_copy(&row)));
    assert_true(rows_index_of(&l, &row) == 11 && rows_get(&l, 3, &out) && out.n == 4);
    numbers_array_drop(&out);
    assert_true(rows_set(&l, 3, row, &out) && out.n == 4 && rows_index_of(&l, &out) == COW_NPOS);
    numbers_array_drop(&out);
    rows_drop(&l);
}

static bool is_aligned(const line *e, void *ctx) {
    (void)ctx;
    return (uintptr_t)e % 64 == 0;
}

static void elements_may_be_aligned(void **state) {
    (void)state;
    lines l = {0};
    line e = {{0}};
    for (int64_t i = 0; i < 40; i++) {
        e.value[0] = e.value[7] = i;
        assert_true(lines_add(&l, e) && lines_for_each(&l, is_aligned, NULL));
    }
    e.value[0] = 17;
    assert_true(lines_contains(&l, &e) && lines_add_at(&l, 0, e) && lines_remove_at(&l, 5, &e) && e.value[7] == 4);
    assert_true(lines_for_each(&l, is_aligned, NULL) && lines_len(&l) == 40);
    lines_drop(&l);
}

static void an_allocator_instance_serves_elements_and_versions(void **state) {
    (void)state;
    pooled l = {0};
    pooled_snapshot s = {NULL};
    kit_fail_none();
    for (int i = 0; i < 100; i++) assert_true(pooled_add(&l, i));
    assert_int_equal(pool_blocks, 3); /* the elements, their version, and one for the next change */
    assert_true(pooled_snapshot_of(&l, &s) && pooled_remove_at(&l, 50, NULL) && pooled_len(&l) == 99);
    assert_int_equal(kit.blocks, pool_blocks + kit.given_up);
    pooled_drop(&l);
    assert_int_equal(pooled_snapshot_value(&s)->n, 100);
    assert_int_equal(pool_blocks, 2);
    pooled_snapshot_drop(&s);
    assert_int_equal(pool_blocks, 0);
}

/* ---- cells of strings: they come along with every include that makes no other cell or list ---- */

static bool append_x(cow_str *value, void *ctx) { return cow_str_append(value, (const char *)ctx); }

static void cells_of_strings_come_along(void **state) {
    (void)state;
    cow_str_cell c = {0};
    cow_str_cell_guard g = {0};
    cow_str_cell_snapshot old = {NULL}, now, other;
    cow_str_cell_reader r = {NULL};
    cow_str t = {0}, refused = text(9);
    assert_true(cow_str_cell_load(&c, &t) && cow_str_is_empty(&t));
    assert_true(cow_str_cell_store(&c, text(1)) && cow_str_cell_borrow(&c, &g));
    const cow_str *cached = cow_str_cell_cached(&c, &r);
    assert_true(cached == g.value && cow_str_cell_exchange(&c, text(2), &old));
    assert_true(cow_str_cell_snapshot_value(&old) == g.value);
    assert_true(FAILS(cow_str_cell_compare_exchange(&c, &old, refused), COW_CONFLICT));
    assert_true(cow_str_cell_snapshot_of(&c, &now) && cow_str_cell_compare_exchange(&c, &now, refused));
    other = cow_str_cell_snapshot_copy(&now);
    char x[] = "x";
    assert_true(cow_str_cell_update(&c, append_x, x) && cow_str_cell_load(&c, &t) && cow_str_cell_version(&c) == 4);
    assert_string_equal(cow_str_cstr(&t), "text number 9, too long for the handlex");
    assert_false(cow_str_cell_wait(&c, 4, 0));
    cow_str_cell_end(&g);
    cow_str_cell_idle(&r);
    cow_str_cell_snapshot_drop(&old);
    cow_str_cell_snapshot_drop(&now);
    cow_str_cell_snapshot_drop(&other);
    cow_str_drop(&t);
    cow_str_cell_drop(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        LIST_UNIT(all_zero_is_an_empty_list),
        LIST_UNIT(an_empty_list_is_changed_like_any_other),
        LIST_UNIT(from_copies_the_elements),
        LIST_UNIT(get_gives_a_copy),
        LIST_UNIT(copy_to_wants_room_for_all),
        LIST_UNIT(searching_finds_the_first_and_the_last),
        LIST_UNIT(for_each_walks_one_version),
        LIST_UNIT(print_appends_all_or_nothing),
        LIST_UNIT(equal_lists_have_equal_elements_in_the_same_order),
        LIST_UNIT(guards_snapshots_readers_and_loads_keep_what_they_saw),
        LIST_UNIT(wait_returns_when_the_list_is_changed),
        LIST_UNIT(only_the_first_read_of_a_thread_needs_memory),
        LIST_UNIT(adding_inserts_where_it_is_told),
        LIST_UNIT(set_gives_the_old_element_or_drops_it),
        LIST_UNIT(set_publishes_always_and_copies_only_what_differs),
        LIST_UNIT(removing_gives_the_element_or_drops_it),
        LIST_UNIT(the_last_one_is_removed_in_one_step),
        LIST_UNIT(a_failure_keeps_its_reason),
        LIST_UNIT(removing_many_says_how_many),
        LIST_UNIT(adding_what_is_absent),
        LIST_UNIT(replace_all_changes_copies),
        LIST_UNIT(sorting_publishes_one_version),
        LIST_UNIT(update_publishes_all_or_nothing),
        LIST_UNIT(storing_replaces_all),
        LIST_UNIT(stored_arrays_may_be_borrowed_or_frozen),
        LIST_UNIT(assign_shares_the_elements),
        LIST_UNIT(a_list_may_be_given_its_own_elements),
        LIST_UNIT(one_element_of_its_own_may_be_given_back),
        LIST_UNIT(a_string_may_be_replaced_by_itself),
        LIST_UNIT(lists_of_strings_need_no_hooks),
        LIST_UNIT(lists_of_arrays_need_no_hooks),
        LIST_UNIT(elements_may_be_aligned),
        LIST_UNIT(an_allocator_instance_serves_elements_and_versions),
        LIST_UNIT(cells_of_strings_come_along),
    };
    return cmocka_run_group_tests_name("list", tests, lists_begin, NULL);
}
