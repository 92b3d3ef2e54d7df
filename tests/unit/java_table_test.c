/* SPDX-License-Identifier: MIT */
/* What CopyOnWriteArrayList and CopyOnWriteArraySet do in cases where one could do otherwise, one test each: the tables in
   docs/lists.md say how each of their methods is called here, and java_table_test.sh that they name all of them. */
#define _GNU_SOURCE
#include "lists.h"

#define COW_LIST_SET names, int
#include "cow/cow.h"
#define COW_LIST_SET queue, int
#define COW_KEEP_ORDER
#include "cow/cow.h"

/* Numbers whose tens alone are compared. */
static int by_tens(const int *a, const int *b, void *ctx) {
    (void)ctx;
    return *a / 10 - *b / 10;
}
static bool text_of(cow_str *out, const int *e, void *ctx) {
    (void)ctx;
    return cow_str_append_format(out, "%d", *e);
}
/* Notes what it is shown, one decimal digit each. */
static bool is_odd_and_note(const int *e, void *seen) {
    *(long *)seen = *(long *)seen * 10 + *e;
    return *e % 2 == 1;
}
static bool note(const int *e, void *seen) {
    *(long *)seen = *(long *)seen * 10 + *e;
    return true;
}
static bool double_and_note(int *e, void *seen) {
    *(long *)seen = *(long *)seen * 10 + *e;
    *e *= 2;
    return true;
}

/* ---- lists: iterating ---- */

static void an_iterator_is_a_snapshot_and_refuses_nothing(void **state) {
    (void)state;
    numbers l;
    numbers_iter it = {{NULL}, 0};
    const int *e = NULL;
    long seen = 0;
    numbers_make(&l, SOME(1, 2, 3));
    assert_true(numbers_iter_of(&l, &it));
    assert_true(numbers_add(&l, 4) && numbers_remove_at(&l, 0, NULL) && numbers_set(&l, 0, 9, NULL));
    while (numbers_iter_next(&it, &e)) note(e, &seen); /* no ConcurrentModificationException */
    assert_int_equal(seen, 123);
    numbers_clear(&l);
    while (numbers_iter_prev(&it, &e)) note(e, &seen);
    assert_int_equal(seen, 123321);
    numbers_iter_drop(&it);
    numbers_drop(&l);
}

static void a_list_iterator_begins_at_its_index(void **state) {
    (void)state;
    numbers l;
    numbers_iter it = {{NULL}, 0};
    const int *e = NULL;
    numbers_make(&l, SOME(1, 2, 3));
    assert_true(numbers_iter_at(&l, 3, &it) && !numbers_iter_next(&it, &e)); /* size() is allowed */
    assert_true(numbers_iter_prev(&it, &e) && *e == 3 && numbers_iter_index(&it) == 2);
    numbers_iter_drop(&it);
    assert_true(FAILS(numbers_iter_at(&l, 4, &it), COW_RANGE)); /* IndexOutOfBoundsException */
    numbers_drop(&l);
}

static void for_each_sees_one_version(void **state) {
    (void)state;
    numbers l;
    long seen = 0;
    numbers_make(&l, SOME(1, 2, 3));
    assert_true(numbers_for_each(&l, note, &seen) && seen == 123);
    numbers_drop(&l);
}

static void reversed_is_walking_backwards(void **state) {
    (void)state;
    numbers l;
    numbers_iter it = {{NULL}, 0};
    const int *e = NULL;
    long seen = 0;
    numbers_make(&l, SOME(1, 2, 3));
    assert_true(numbers_iter_at(&l, COW_NPOS, &it));
    while (numbers_iter_prev(&it, &e)) note(e, &seen);
    assert_int_equal(seen, 321);
    numbers_iter_drop(&it);
    numbers_drop(&l);
}

/* ---- lists: searching ---- */

static void index_of_searches_forwards_from_the_index(void **state) {
    (void)state;
    numbers l;
    const int five = 5;
    numbers_make(&l, SOME(5, 6, 5, 6));
    assert_true(numbers_index_of_from(&l, &five, 0) == 0 && numbers_index_of_from(&l, &five, 1) == 2);
    assert_true(numbers_index_of_from(&l, &five, 3) == COW_NPOS && numbers_index_of_from(&l, &five, 99) == COW_NPOS);
    numbers_drop(&l);
}

static void last_index_of_searches_backwards_from_the_index(void **state) {
    (void)state;
    numbers l;
    const int five = 5, six = 6;
    numbers_make(&l, SOME(5, 6, 5, 6));
    assert_true(numbers_last_index_of_from(&l, &five, 3) == 2 && numbers_last_index_of_from(&l, &five, 2) == 2);
    assert_true(numbers_last_index_of_from(&l, &five, 1) == 0 && numbers_last_index_of_from(&l, &six, 0) == COW_NPOS);
    numbers_drop(&l);
}

static void contains_all_ignores_how_often(void **state) {
    (void)state;
    numbers l;
    const int twice[2] = {1, 1};
    numbers_make(&l, SOME(1, 2));
    assert_true(numbers_contains_all(&l, twice, 2) && numbers_contains_all(&l, NULL, 0));
    numbers_drop(&l);
}

/* ---- lists: adding ---- */

static void add_all_at_an_index_keeps_the_order(void **state) {
    (void)state;
    numbers l;
    const int more[2] = {7, 8};
    numbers_make(&l, SOME(1, 2));
    assert_true(numbers_add_all_at(&l, 1, more, 2) && numbers_add_all_at(&l, 0, more, 1) &&
                numbers_add_all_at(&l, 5, more, 2));
    CHECK_NUMBERS(&l, 7, 1, 7, 8, 2, 7, 8);
    assert_true(FAILS(numbers_add_all_at(&l, 8, more, 2), COW_RANGE));
    numbers_drop(&l);
}

static void adding_nothing_publishes_nothing(void **state) {
    (void)state;
    numbers l;
    numbers_make(&l, SOME(1));
    assert_true(numbers_add_all(&l, NULL, 0) && numbers_add_all_at(&l, 1, NULL, 0) && numbers_version(&l) == 1);
    numbers_drop(&l);
}

static void add_if_absent_says_whether_it_added(void **state) {
    (void)state;
    numbers l = {0};
    assert_true(numbers_add_if_absent(&l, 1) && FAILS(numbers_add_if_absent(&l, 1), COW_EXISTS));
    CHECK_NUMBERS(&l, 1);
    numbers_drop(&l);
}

static void add_all_absent_ignores_duplicates_in_its_argument_and_counts(void **state) {
    (void)state;
    numbers l;
    const int more[6] = {3, 1, 4, 3, 4, 2};
    size_t added = 0;
    numbers_make(&l, SOME(1, 2));
    assert_true(numbers_add_all_absent(&l, more, 6, &added) && added == 2);
    CHECK_NUMBERS(&l, 1, 2, 3, 4);
    numbers_drop(&l);
}

/* Not by the length: another thread may change it in between. */
static void both_ends_are_taken_in_one_step(void **state) {
    (void)state;
    numbers l = {0};
    numbers_guard g = {0};
    int e = 0;
    assert_true(FAILS(numbers_get(&l, 0, &e), COW_RANGE)); /* NoSuchElementException */
    assert_true(FAILS(numbers_remove_at(&l, 0, &e), COW_ABSENT) && FAILS(numbers_pop(&l, &e), COW_ABSENT));
    assert_true(numbers_add(&l, 2) && numbers_add_at(&l, 0, 1) && numbers_add(&l, 3)); /* addLast, addFirst */
    assert_true(numbers_borrow(&l, &g) && *numbers_array_front(g.value) == 1 && *numbers_array_back(g.value) == 3);
    numbers_end(&g);
    assert_true(numbers_remove_at(&l, 0, &e) && e == 1 && numbers_pop(&l, &e) && e == 3);
    CHECK_NUMBERS(&l, 2);
    numbers_drop(&l);
}

/* ---- lists: replacing and removing ---- */

static void set_publishes_even_an_equal_element(void **state) {
    (void)state;
    numbers l;
    numbers_snapshot before = {NULL}, after = {NULL};
    int old = 0;
    numbers_make(&l, SOME(1, 2));
    assert_true(numbers_snapshot_of(&l, &before) && numbers_set(&l, 0, 1, &old) && old == 1);
    assert_true(numbers_snapshot_of(&l, &after) && numbers_version(&l) == 2 && before.v != after.v);
    assert_ptr_equal(numbers_snapshot_value(&before)->p, numbers_snapshot_value(&after)->p);
    numbers_snapshot_drop(&before);
    numbers_snapshot_drop(&after);
    numbers_drop(&l);
}

static void remove_takes_the_first_that_is_equal(void **state) {
    (void)state;
    numbers l;
    const int one = 1;
    numbers_make(&l, SOME(2, 1, 3, 1));
    assert_true(numbers_remove(&l, &one));
    CHECK_NUMBERS(&l, 2, 3, 1);
    assert_true(numbers_remove(&l, &one) && FAILS(numbers_remove(&l, &one), COW_ABSENT));
    numbers_drop(&l);
}

static void remove_if_sees_each_element_once_in_order(void **state) {
    (void)state;
    numbers l;
    long seen = 0;
    size_t removed = 0;
    numbers_make(&l, SOME(2, 1, 4, 3, 5, 6));
    assert_true(numbers_remove_if(&l, is_odd_and_note, &seen, &removed) && removed == 3 && seen == 214356);
    CHECK_NUMBERS(&l, 2, 4, 6);
    seen = 0;
    assert_true(numbers_remove_if(&l, is_odd_and_note, &seen, &removed) && removed == 0 && seen == 246);
    assert_int_equal(numbers_version(&l), 2); /* nothing was removed, nothing is published */
    numbers_drop(&l);
}

static void remove_all_removes_every_occurrence(void **state) {
    (void)state;
    numbers l;
    const int some[3] = {1, 9, 1};
    size_t removed = 0;
    numbers_make(&l, SOME(1, 2, 1, 3, 1));
    assert_true(numbers_remove_all(&l, some, 3, &removed) && removed == 3);
    CHECK_NUMBERS(&l, 2, 3);
    numbers_drop(&l);
}

static void retain_all_keeps_every_occurrence(void **state) {
    (void)state;
    numbers l;
    const int some[2] = {1, 9};
    size_t removed = 0;
    numbers_make(&l, SOME(1, 2, 1, 3));
    assert_true(numbers_retain_all(&l, some, 2, &removed) && removed == 2);
    CHECK_NUMBERS(&l, 1, 1);
    assert_true(numbers_retain_all(&l, some, 2, &removed) && removed == 0 && numbers_version(&l) == 2);
    assert_true(numbers_retain_all(&l, NULL, 0, &removed) && removed == 2 && numbers_is_empty(&l));
    numbers_drop(&l);
}

static void replace_all_goes_through_all_in_order(void **state) {
    (void)state;
    numbers l;
    long seen = 0;
    numbers_make(&l, SOME(3, 1, 2));
    assert_true(numbers_replace_all(&l, double_and_note, &seen) && seen == 312 && numbers_version(&l) == 2);
    CHECK_NUMBERS(&l, 6, 2, 4);
    numbers_drop(&l);
}

static void sort_is_stable(void **state) {
    (void)state;
    int mixed[60], sorted[60];
    numbers l;
    for (int i = 0; i < 60; i++) mixed[i] = (6 - i % 6) * 10 + i / 6;
    for (int i = 0; i < 60; i++) sorted[i] = (i / 10 + 1) * 10 + i % 10;
    numbers_make(&l, mixed, 60);
    assert_true(numbers_sort_by(&l, by_tens, NULL));
    check_numbers(&l, sorted, 60);
    numbers_clear(&l);
    assert_true(numbers_sort(&l)); /* of nothing */
    numbers_drop(&l);
}

/* ---- lists: the whole ---- */

static void to_array_is_safe_to_change(void **state) {
    (void)state;
    numbers l;
    int out[3];
    size_t n = 0;
    numbers_array copy = {0};
    numbers_make(&l, SOME(1, 2, 3));
    assert_true(numbers_copy_to(&l, out, 3, &n) && n == 3);
    out[0] = 9;
    assert_true(numbers_load(&l, &copy) && numbers_array_set(&copy, 1, 9));
    CHECK_NUMBERS(&l, 1, 2, 3);
    numbers_array_drop(&copy);
    numbers_drop(&l);
}

static void a_spliterator_is_a_slice_that_shares(void **state) {
    (void)state;
    numbers l;
    numbers_array all = {0};
    numbers_make(&l, SOME(1, 2, 3, 4));
    assert_true(numbers_load(&l, &all));
    numbers_array left = numbers_array_slice(&all, 0, 2), right = numbers_array_slice(&all, 2, all.n);
    assert_true(left.n == 2 && right.n == 2 && right.p == all.p + 2 && numbers_array_at(&right, 0) == 3);
    numbers_array_drop(&left);
    numbers_array_drop(&right);
    numbers_array_drop(&all);
    numbers_drop(&l);
}

static bool turn_round(numbers_array *all, void *ctx) {
    (void)ctx;
    return numbers_array_reverse(all);
}

static void a_list_may_be_turned_round(void **state) {
    (void)state;
    numbers l;
    numbers_make(&l, SOME(1, 2, 3));
    assert_true(numbers_update(&l, turn_round, NULL));
    CHECK_NUMBERS(&l, 3, 2, 1);
    numbers_drop(&l);
}

static void clone_is_a_list_of_its_own(void **state) {
    (void)state;
    numbers l, clone = {0};
    numbers_make(&l, SOME(1, 2));
    assert_true(numbers_assign(&clone, &l) && numbers_add(&l, 3) && numbers_set(&clone, 0, 9, NULL));
    CHECK_NUMBERS(&l, 1, 2, 3);
    CHECK_NUMBERS(&clone, 9, 2);
    numbers_drop(&l);
    numbers_drop(&clone);
}

static void equals_compares_the_order(void **state) {
    (void)state;
    numbers a, b;
    numbers_make(&a, SOME(1, 2));
    numbers_make(&b, SOME(2, 1));
    assert_false(numbers_equal(&a, &b));
    assert_true(numbers_sort(&b) && numbers_equal(&a, &b));
    numbers_drop(&a);
    numbers_drop(&b);
}

static void hash_codes_of_equal_lists_are_equal(void **state) {
    (void)state;
    numbers a, b;
    numbers_make(&a, SOME(1, 2, 3));
    assert_true(numbers_from(&b, SOME(1, 9, 2, 3)) && numbers_remove_at(&b, 1, NULL));
    assert_true(numbers_hash(&a, 7) == numbers_hash(&b, 7) && numbers_add(&b, 4));
    assert_true(numbers_hash(&a, 7) != numbers_hash(&b, 7));
    numbers_drop(&a);
    numbers_drop(&b);
}

static void to_string_is_in_brackets(void **state) {
    (void)state;
    numbers l = {0};
    cow_str text = {0};
    assert_true(numbers_print(&l, &text, text_of, NULL) && numbers_add(&l, 1) &&
                numbers_print(&l, &text, text_of, NULL));
    assert_true(numbers_add(&l, 2) && numbers_print(&l, &text, text_of, NULL));
    assert_string_equal(cow_str_cstr(&text), "[][1][1, 2]");
    cow_str_drop(&text);
    numbers_drop(&l);
}

/* ---- lists: sub-lists ---- */

static bool drop_first_and_sort(numbers_array *part, void *ctx) {
    (void)ctx;
    return numbers_array_pop_front(part, NULL) && numbers_array_sort(part);
}

static void a_sub_list_writes_through(void **state) {
    (void)state;
    numbers l;
    numbers_sublist s = {NULL, {NULL}, 0, 0};
    numbers_make(&l, SOME(5, 4, 3, 2, 1));
    assert_true(numbers_sublist_of(&l, 1, 4, &s) && numbers_sublist_set(&s, 0, 6) && numbers_sublist_add(&s, 0));
    assert_true(numbers_sublist_update(&s, drop_first_and_sort, NULL));
    CHECK_NUMBERS(&l, 5, 0, 2, 3, 1);
    assert_true(numbers_sublist_clear(&s));
    CHECK_NUMBERS(&l, 5, 1);
    numbers_sublist_drop(&s);
    numbers_drop(&l);
}

static void a_sub_list_is_refused_after_a_change_of_the_list(void **state) {
    (void)state;
    numbers l;
    numbers_sublist s = {NULL, {NULL}, 0, 0};
    size_t n = 0;
    numbers_make(&l, SOME(1, 2, 3));
    assert_true(numbers_sublist_of(&l, 0, 2, &s) && numbers_set(&l, 2, 3, NULL)); /* even by an equal one */
    assert_true(FAILS(numbers_sublist_len(&s, &n), COW_CONFLICT));                /* ConcurrentModificationException */
    assert_true(FAILS(numbers_sublist_add(&s, 9), COW_CONFLICT));
    CHECK_NUMBERS(&l, 1, 2, 3);
    numbers_sublist_drop(&s);
    numbers_drop(&l);
}

/* ---- sets ---- */

static void a_set_adds_what_is_absent(void **state) {
    (void)state;
    queue q = {0};
    const int more[5] = {5, 1, 3, 5, 3}, three = 3;
    int out[8];
    size_t n = 0;
    assert_true(queue_is_empty(&q) && queue_add(&q, 3) && FAILS(queue_add(&q, 3), COW_EXISTS) && queue_len(&q) == 1);
    assert_true(queue_add_all(&q, more, 5, &n) && n == 2 && queue_contains(&q, &three) &&
                queue_contains_all(&q, more, 5));
    assert_true(queue_copy_to(&q, out, 8, &n) && n == 3);
    assert_true(out[0] == 3 && out[1] == 5 && out[2] == 1); /* in the order of insertion */
    queue_drop(&q);
}

static void a_set_removes_as_a_list_does(void **state) {
    (void)state;
    queue q;
    const int one = 1, some[2] = {2, 3};
    size_t removed = 0;
    long seen = 0;
    assert_true(queue_from(&q, SOME(1, 2, 3, 4, 5)));
    assert_true(queue_remove(&q, &one) && FAILS(queue_remove(&q, &one), COW_ABSENT));
    assert_true(queue_remove_if(&q, is_odd_and_note, &seen, &removed) && removed == 2);
    assert_true(queue_retain_all(&q, some, 2, &removed) && removed == 1);
    seen = 0;
    assert_true(queue_for_each(&q, note, &seen) && seen == 2);
    assert_true(queue_remove_all(&q, some, 2, &removed) && removed == 1 && queue_is_empty(&q));
    assert_true(queue_add(&q, 1));
    queue_clear(&q);
    assert_true(queue_is_empty(&q));
    queue_drop(&q);
}

static void an_iterator_of_a_set_is_a_snapshot(void **state) {
    (void)state;
    queue q;
    queue_iter it;
    const int *e = NULL;
    long seen = 0;
    memset(&it, 0, sizeof it);
    assert_true(queue_from(&q, SOME(1, 2, 3)) && queue_iter_of(&q, &it) && queue_add(&q, 4));
    queue_clear(&q);
    while (queue_iter_next(&it, &e)) note(e, &seen);
    assert_int_equal(seen, 123);
    queue_iter_drop(&it);
    queue_drop(&q);
}

static void equal_sets_need_no_order(void **state) {
    (void)state;
    queue a, b;
    names x, y;
    cow_str text = {0};
    assert_true(queue_from(&a, SOME(1, 2, 3)) && queue_from(&b, SOME(3, 1, 2)));
    assert_true(queue_equal(&a, &b) && queue_hash(&a, 7) == queue_hash(&b, 7));
    assert_true(queue_print(&b, &text, text_of, NULL));
    assert_string_equal(cow_str_cstr(&text), "[3, 1, 2]");
    assert_true(names_from(&x, SOME(1, 2, 3)) && names_from(&y, SOME(3, 1, 2)));
    assert_true(names_equal(&x, &y) && names_hash(&x, 7) == names_hash(&y, 7) && names_add(&y, 4) &&
                !names_equal(&x, &y));
    cow_str_drop(&text);
    queue_drop(&a);
    queue_drop(&b);
    names_drop(&x);
    names_drop(&y);
}

static void to_array_of_a_set_is_safe_to_change(void **state) {
    (void)state;
    names x;
    names_set all = {0};
    const int nine = 9;
    assert_true(names_from(&x, SOME(1, 2)) && names_load(&x, &all) && names_set_put(&all, 9));
    assert_true(names_len(&x) == 2 && !names_contains(&x, &nine));
    names_set_drop(&all);
    names_drop(&x);
}

static void to_array_of_an_ordered_set_has_its_order(void **state) {
    (void)state;
    queue q;
    queue_ordered all;
    size_t n = 0;
    memset(&all, 0, sizeof all);
    assert_true(queue_from(&q, SOME(3, 1)) && queue_load(&q, &all) && queue_add(&q, 2));
    const int *keys = queue_ordered_keys(&all, &n);
    assert_true(n == 2 && keys[0] == 3 && keys[1] == 1);
    queue_ordered_drop(&all);
    queue_ordered_drop(&all);
    queue_drop(&q);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        LIST_UNIT(an_iterator_is_a_snapshot_and_refuses_nothing),
        LIST_UNIT(a_list_iterator_begins_at_its_index),
        LIST_UNIT(for_each_sees_one_version),
        LIST_UNIT(reversed_is_walking_backwards),
        LIST_UNIT(index_of_searches_forwards_from_the_index),
        LIST_UNIT(last_index_of_searches_backwards_from_the_index),
        LIST_UNIT(contains_all_ignores_how_often),
        LIST_UNIT(add_all_at_an_index_keeps_the_order),
        LIST_UNIT(adding_nothing_publishes_nothing),
        LIST_UNIT(add_if_absent_says_whether_it_added),
        LIST_UNIT(add_all_absent_ignores_duplicates_in_its_argument_and_counts),
        LIST_UNIT(both_ends_are_taken_in_one_step),
        LIST_UNIT(set_publishes_even_an_equal_element),
        LIST_UNIT(remove_takes_the_first_that_is_equal),
        LIST_UNIT(remove_if_sees_each_element_once_in_order),
        LIST_UNIT(remove_all_removes_every_occurrence),
        LIST_UNIT(retain_all_keeps_every_occurrence),
        LIST_UNIT(replace_all_goes_through_all_in_order),
        LIST_UNIT(sort_is_stable),
        LIST_UNIT(to_array_is_safe_to_change),
        LIST_UNIT(a_spliterator_is_a_slice_that_shares),
        LIST_UNIT(a_list_may_be_turned_round),
        LIST_UNIT(clone_is_a_list_of_its_own),
        LIST_UNIT(equals_compares_the_order),
        LIST_UNIT(hash_codes_of_equal_lists_are_equal),
        LIST_UNIT(to_string_is_in_brackets),
        LIST_UNIT(a_sub_list_writes_through),
        LIST_UNIT(a_sub_list_is_refused_after_a_change_of_the_list),
        LIST_UNIT(a_set_adds_what_is_absent),
        LIST_UNIT(a_set_removes_as_a_list_does),
        LIST_UNIT(an_iterator_of_a_set_is_a_snapshot),
        LIST_UNIT(equal_sets_need_no_order),
        LIST_UNIT(to_array_of_a_set_is_safe_to_change),
        LIST_UNIT(to_array_of_an_ordered_set_has_its_order),
    };
    return cmocka_run_group_tests_name("java_table", tests, lists_begin, NULL);
}
