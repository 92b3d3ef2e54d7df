/* SPDX-License-Identifier: MIT */
/* array: writing, both ends, splicing, sizes, slices. Randomised runs and faults at every call are elsewhere; here each
   function meets its edges, and the promises about what is copied and what is not. */
#include "arrays.h"

/* COW_DEBUG keeps dead blocks for a while, so only other builds can tell what is in use. */
static void check_bytes_below(size_t limit) {
#ifdef COW_DEBUG
    (void)limit;
#else
    assert_true(kit.bytes < limit);
#endif
}

static void mut_detaches_for_one_element(void **state) {
    (void)state;
    ints a = INTS(1, 2, 3), b = ints_copy(&a);
    int *p = ints_mut(&a, 1);
    assert_non_null(p);
    *p = 9;
    CHECK_INTS(&a, 1, 9, 3);
    CHECK_INTS(&b, 1, 2, 3);
    ints before = a;
    assert_null(ints_mut(&a, 3));
    assert_int_equal(cow_error(), COW_RANGE);
    assert_null(ints_mut(&a, SIZE_MAX));
    assert_true(SAME_HANDLE(a, before));
    ints_drop(&a);
    ints_drop(&b);
}

static void out_of_range_detaches_nothing(void **state) {
    (void)state;
    ints a = INTS(1, 2, 3), b = ints_copy(&a);
    kit_fail_none();
    int out = 77;
    assert_null(ints_mut(&a, 3));
    assert_false(ints_set(&a, 3, 1));
    assert_int_equal(cow_error(), COW_RANGE);
    assert_false(ints_insert(&a, 4, 1));
    assert_int_equal(cow_error(), COW_RANGE);
    assert_false(ints_insert_n(&a, 4, b.p, 1));
    assert_false(ints_erase(&a, 3));
    assert_int_equal(cow_error(), COW_RANGE);
    assert_false(ints_erase_range(&a, 2, 4));
    assert_false(ints_erase_range(&a, 3, 2));
    assert_false(ints_take(&a, 3, &out));
    assert_false(ints_swap_remove(&a, 3, &out));
    assert_int_equal(out, 77);
    assert_true(ints_same(&a, &b));
    assert_int_equal(kit.calls, 0);
    ints_drop(&a);
    ints_drop(&b);
}

static void edit_detaches_once(void **state) {
    (void)state;
    ints a = INTS(1, 2, 3), b = ints_copy(&a), none = {0};
    int *p = ints_edit(&a);
    assert_ptr_equal(p, ints_data(&a));
    for (int i = 0; i < 3; i++) p[i] *= 10;
    CHECK_INTS(&a, 10, 20, 30);
    CHECK_INTS(&b, 1, 2, 3);
    assert_ptr_equal(ints_edit(&a), p);
    assert_null(ints_edit(&none));
    assert_int_equal(cow_error(), COW_ABSENT);
    ints_drop(&a);
    ints_drop(&b);
}

static void set_drops_the_old_element(void **state) {
    (void)state;
    tracks a = tracks_run(0, 3);
    assert_true(tracks_set(&a, 1, tracked_make(9)));
    assert_int_equal(lives.alive, 3);
    CHECK_TRACKS(&a, 0, 9, 2);
    tracked mine = tracked_make(8);
    assert_false(tracks_set(&a, 3, mine));
    assert_int_equal(tracked_value(&mine), 8); /* still ours */
    tracked_drop(&mine);
    tracks_drop(&a);
}

static void pushes_grow_geometrically(void **state) {
    (void)state;
    ints a = {0};
    kit_fail_none();
    for (int i = 0; i < 100000; i++) assert_true(ints_push(&a, i));
    assert_true(kit.calls < 60);
    for (int i = 0; i < 100000; i++) assert_int_equal(ints_at(&a, (size_t)i), i);
    assert_true(ints_capacity(&a) <= 400000);
    ints_drop(&a);
}

static void growing_alone_moves_elements_without_copies(void **state) {
    (void)state;
    tracks a = tracks_run(0, 1000);
    assert_int_equal(lives.copied, 0);
    assert_int_equal(lives.dropped, 0);
    tracks_drop(&a);
    assert_int_equal(lives.dropped, 1000);
}

static void appending_to_a_shared_array_copies_nothing(void **state) {
    (void)state;
    enum { APPENDS = 1000 };
    tracks log = {0}, *kept = calloc(APPENDS, sizeof *kept);
    assert_non_null(kept);
    assert_true(tracks_reserve(&log, APPENDS));
    kit_fail_none();
    for (int i = 0; i < APPENDS; i++) {
        assert_true(tracks_push(&log, tracked_make(i)));
        kept[i] = tracks_copy(&log);
    }
    assert_int_equal(lives.copied, 0);
    assert_int_equal(kit.calls, 0);
    for (size_t i = 0; i < APPENDS; i++) {
        assert_int_equal(tracks_len(&kept[i]), i + 1);
        assert_ptr_equal(tracks_data(&kept[i]), tracks_data(&log));
        assert_int_equal(tracked_value(tracks_back(&kept[i])), (int)i);
        tracks_drop(&kept[i]);
    }
    tracks_drop(&log);
    free(kept);
}

static void of_two_branches_that_append_the_second_copies(void **state) {
    (void)state;
    tracks a = tracks_run(0, 3);
    assert_true(tracks_reserve(&a, 10));
    tracks b = tracks_copy(&a);
    assert_true(tracks_push(&a, tracked_make(30)));
    assert_int_equal(lives.copied, 0);
    assert_true(tracks_push(&b, tracked_make(40)));
    assert_int_equal(lives.copied, 3);
    CHECK_TRACKS(&a, 0, 1, 2, 30);
    CHECK_TRACKS(&b, 0, 1, 2, 40);
    assert_true(tracks_push(&a, tracked_make(31)));
    CHECK_TRACKS(&a, 0, 1, 2, 30, 31);
    tracks_drop(&a);
    tracks_drop(&b);
}

static void a_popped_shared_element_is_not_built_over(void **state) {
    (void)state;
    tracks a = tracks_run(0, 3);
    assert_true(tracks_reserve(&a, 10));
    tracks b = tracks_copy(&a);
    assert_true(tracks_pop(&a, NULL));
    assert_true(tracks_push(&a, tracked_make(30)));
    CHECK_TRACKS(&b, 0, 1, 2);
    CHECK_TRACKS(&a, 0, 1, 30);
    tracks_drop(&b);
    CHECK_TRACKS(&a, 0, 1, 30);
    tracks_drop(&a);
}

static void push_n_of_everything(void **state) {
    (void)state;
    ints a = INTS(1, 2), none = {0};
    assert_true(ints_push_n(&a, a.p, 2));
    CHECK_INTS(&a, 1, 2, 1, 2);
    assert_true(ints_push_n(&a, a.p + 1, 3));
    CHECK_INTS(&a, 1, 2, 1, 2, 2, 1, 2);
    assert_true(ints_push_n(&a, NULL, 0));
    assert_true(ints_push_n(&none, NULL, 0));
    assert_true(ints_is_empty(&none));
    ints before = a;
    assert_false(ints_push_n(&a, a.p, SIZE_MAX));
    assert_int_equal(cow_error(), COW_RANGE);
    assert_false(ints_push_n(&a, a.p, SIZE_MAX - 6)); /* n + 7 wraps to 0 */
    assert_false(ints_push_n(&a, a.p, SIZE_MAX / sizeof(int)));
    assert_true(SAME_HANDLE(a, before));
    ints_drop(&a);
}

static void push_n_of_a_shared_value_into_itself(void **state) {
    (void)state;
    tracks a = tracks_run(0, 3);
    assert_true(tracks_reserve(&a, 4)); /* too little room: the source moves while it is read */
    tracks b = tracks_copy(&a);
    assert_true(tracks_push_n(&a, a.p, 3));
    CHECK_TRACKS(&a, 0, 1, 2, 0, 1, 2);
    assert_true(tracks_push_n(&b, a.p, 6));
    CHECK_TRACKS(&b, 0, 1, 2, 0, 1, 2, 0, 1, 2);
    tracks_drop(&a);
    tracks_drop(&b);
}

static void push_n_undoes_its_claim(void **state) {
    (void)state;
    tracked source[3] = {tracked_make(7), tracked_make(8), tracked_make(9)};
    tracks a = tracks_run(0, 3);
    assert_true(tracks_reserve(&a, 10));
    tracks b = tracks_copy(&a), before = a;
    for (size_t at = 1; at <= 3; at++) {
        tracked_fail(at, false);
        assert_false(tracks_push_n(&a, source, 3));
        assert_int_equal(cow_error(), COW_HOOK);
        assert_true(SAME_HANDLE(a, before));
        assert_int_equal(lives.alive, 6);
    }
    tracked_fail_none();
    size_t copied = lives.copied;
    assert_true(tracks_push_n(&b, source, 3)); /* the tail is free again: only the three new ones are copied */
    assert_int_equal(lives.copied - copied, 3);
    CHECK_TRACKS(&b, 0, 1, 2, 7, 8, 9);
    tracks_drop(&a);
    tracks_drop(&b);
    for (int i = 0; i < 3; i++) tracked_drop(&source[i]);
}

static void pop_moves_out_or_copies_out(void **state) {
    (void)state;
    tracks a = tracks_run(0, 3), b = tracks_copy(&a);
    tracked e;
    assert_true(tracks_pop(&a, &e)); /* shared: the others keep theirs */
    assert_int_equal(tracked_value(&e), 2);
    tracked_drop(&e);
    CHECK_TRACKS(&b, 0, 1, 2);
    tracks_drop(&b);
    size_t copied = lives.copied;
    assert_true(tracks_pop(&a, &e)); /* alone: a move */
    assert_int_equal(tracked_value(&e), 1);
    assert_int_equal(lives.copied, copied);
    tracked_drop(&e);
    assert_true(tracks_pop(&a, NULL));
    assert_int_equal(lives.alive, 0);
    assert_false(tracks_pop(&a, &e));
    assert_int_equal(cow_error(), COW_ABSENT);
    assert_false(tracks_pop(&a, NULL));
    tracks_drop(&a);
}

static void pop_of_a_shared_value_needs_no_memory(void **state) {
    (void)state;
    ints a = INTS(1, 2, 3), b = ints_copy(&a);
    kit_fail(1, true);
    int out = 0;
    assert_true(ints_pop(&a, &out) && out == 3);
    assert_true(ints_pop_front(&a, &out) && out == 1);
    assert_true(ints_truncate(&a, 0));
    ints_clear(&b);
    assert_int_equal(kit.calls, 0);
    ints_drop(&a);
    ints_drop(&b);
}

static void push_front_is_amortised(void **state) {
    (void)state;
    ints a = {0};
    kit_fail_none();
    for (int i = 0; i < 50000; i++) assert_true(ints_push_front(&a, i));
    assert_true(kit.calls < 100);
    for (int i = 0; i < 50000; i++) assert_int_equal(ints_at(&a, (size_t)i), 49999 - i);
    int out;
    for (int i = 49999; i >= 0; i--) assert_true(ints_pop_front(&a, &out) && out == i);
    assert_false(ints_pop_front(&a, &out));
    assert_int_equal(cow_error(), COW_ABSENT);
    ints_drop(&a);
}

static void a_queue_does_not_grow_without_end(void **state) {
    (void)state;
    ints a = {0};
    int out;
    for (int i = 0; i < 100; i++) assert_true(ints_push(&a, i));
    for (int i = 0; i < 100000; i++) assert_true(ints_push(&a, i) && ints_pop_front(&a, &out));
    check_bytes_below(100 * sizeof(int) * 16 + 4096);
    for (int i = 0; i < 100000; i++) assert_true(ints_push_front(&a, i) && ints_pop(&a, &out));
    check_bytes_below(100 * sizeof(int) * 16 + 4096);
    ints_drop(&a);
}

static void both_ends_of_a_shared_value(void **state) {
    (void)state;
    tracks a = tracks_run(0, 3), b = tracks_copy(&a);
    assert_true(tracks_push_front(&a, tracked_make(50)));
    CHECK_TRACKS(&a, 50, 0, 1, 2);
    CHECK_TRACKS(&b, 0, 1, 2);
    tracked e;
    tracks c = tracks_copy(&b);
    assert_true(tracks_pop_front(&b, &e));
    assert_int_equal(tracked_value(&e), 0);
    tracked_drop(&e);
    assert_true(tracks_push_front(&b, tracked_make(60)));
    CHECK_TRACKS(&b, 60, 1, 2);
    CHECK_TRACKS(&c, 0, 1, 2);
    tracks_drop(&a);
    tracks_drop(&b);
    tracks_drop(&c);
}

static void insert_anywhere(void **state) {
    (void)state;
    ints a = {0};
    assert_true(ints_insert(&a, 0, 2));
    assert_true(ints_insert(&a, 0, 1));
    assert_true(ints_insert(&a, 2, 4));
    assert_true(ints_insert(&a, 2, 3));
    CHECK_INTS(&a, 1, 2, 3, 4);
    assert_true(ints_insert_n(&a, 1, a.p, 4));
    CHECK_INTS(&a, 1, 1, 2, 3, 4, 2, 3, 4);
    assert_true(ints_insert_n(&a, 3, a.p + 2, 3)); /* the source straddles the place */
    CHECK_INTS(&a, 1, 1, 2, 2, 3, 4, 3, 4, 2, 3, 4);
    assert_true(ints_insert_n(&a, 11, NULL, 0));
    assert_false(ints_insert_n(&a, 0, a.p, SIZE_MAX));
    assert_int_equal(cow_error(), COW_RANGE);
    assert_false(ints_insert_n(&a, 0, a.p, SIZE_MAX - 10));
    assert_int_equal(ints_len(&a), 11);
    ints_drop(&a);
}

static void insert_into_a_shared_value_copies_each_element_once(void **state) {
    (void)state;
    tracks a = tracks_run(0, 10), b = tracks_copy(&a);
    kit_fail_none();
    assert_true(tracks_insert(&a, 5, tracked_make(50)));
    assert_int_equal(lives.copied, 10);
    assert_int_equal(kit.calls, 1); /* the result is built in one pass, in one block */
    CHECK_TRACKS(&a, 0, 1, 2, 3, 4, 50, 5, 6, 7, 8, 9);
    CHECK_TRACKS(&b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    tracks_drop(&a);
    tracks_drop(&b);
}

static void inserting_at_the_end_is_appending(void **state) {
    (void)state;
    tracks a = tracks_run(0, 3);
    assert_true(tracks_reserve(&a, 10));
    tracks b = tracks_copy(&a), c = tracks_copy(&a);
    assert_true(tracks_insert(&a, 3, tracked_make(30))); /* claims the tail */
    assert_true(tracks_insert_n(&b, 1, a.p, 0));         /* nothing to insert: nothing to copy */
    assert_int_equal(lives.copied, 0);
    assert_true(tracks_same(&b, &c));
    CHECK_TRACKS(&a, 0, 1, 2, 30);
    tracks_drop(&a);
    tracks_drop(&b);
    tracks_drop(&c);
}

static void erase_from_a_shared_value_copies_only_what_stays(void **state) {
    (void)state;
    tracks a = tracks_run(0, 10), b = tracks_copy(&a);
    assert_true(tracks_erase_range(&a, 2, 8));
    assert_in_range(lives.copied, 0, 4);
    CHECK_TRACKS(&a, 0, 1, 8, 9);
    CHECK_TRACKS(&b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    tracks_drop(&a);
    tracks_drop(&b);
}

static void erasing_at_an_end_of_a_shared_value_copies_nothing(void **state) {
    (void)state;
    tracks a = tracks_run(0, 10), b = tracks_copy(&a);
    assert_true(tracks_erase_range(&a, 0, 3) && tracks_erase_range(&a, 5, 7) && tracks_erase(&a, 0) &&
                tracks_erase(&a, 3));
    assert_int_equal(lives.copied, 0);
    CHECK_TRACKS(&a, 4, 5, 6);
    assert_true(tracks_push(&a, tracked_make(70)));
    CHECK_TRACKS(&a, 4, 5, 6, 70);
    CHECK_TRACKS(&b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    tracks_drop(&a);
    tracks_drop(&b);
}

static void erase_at_every_place(void **state) {
    (void)state;
    for (size_t begin = 0; begin <= 5; begin++) {
        for (size_t end = begin; end <= 5; end++) {
            tracks a = tracks_run(0, 5);
            assert_true(tracks_erase_range(&a, begin, end));
            assert_int_equal(tracks_len(&a), 5 - (end - begin));
            for (size_t i = 0; i < a.n; i++)
                assert_int_equal(tracked_value(&a.p[i]), (int)(i < begin ? i : i + end - begin));
            assert_int_equal(lives.alive, a.n);
            tracks_drop(&a);
        }
    }
    ints a = INTS(1, 2, 3);
    assert_true(ints_erase(&a, 1));
    CHECK_INTS(&a, 1, 3);
    assert_true(ints_erase_range(&a, 0, 0) && ints_erase_range(&a, 2, 2));
    ints_drop(&a);
}

static void take_and_swap_remove(void **state) {
    (void)state;
    tracks a = tracks_run(0, 5), b = tracks_copy(&a);
    tracked e;
    assert_true(tracks_take(&a, 1, &e));
    assert_int_equal(tracked_value(&e), 1);
    tracked_drop(&e);
    CHECK_TRACKS(&a, 0, 2, 3, 4);
    assert_true(tracks_swap_remove(&a, 0, &e));
    assert_int_equal(tracked_value(&e), 0);
    tracked_drop(&e);
    CHECK_TRACKS(&a, 4, 2, 3);
    assert_true(tracks_swap_remove(&a, 2, NULL));
    CHECK_TRACKS(&a, 4, 2);
    assert_true(tracks_take(&a, 1, NULL));
    CHECK_TRACKS(&a, 4);
    assert_true(tracks_swap_remove(&a, 0, &e));
    tracked_drop(&e);
    assert_true(tracks_is_empty(&a));
    assert_false(tracks_swap_remove(&a, 0, &e));
    assert_int_equal(cow_error(), COW_ABSENT);
    assert_false(tracks_take(&a, 0, &e));
    assert_int_equal(cow_error(), COW_ABSENT);
    CHECK_TRACKS(&b, 0, 1, 2, 3, 4);
    tracks_drop(&b);
    tracks_drop(&a);
}

static void resize_fills_with_zero_bytes_or_copies(void **state) {
    (void)state;
    ints a = INTS(1, 2);
    assert_true(ints_resize(&a, 4, NULL));
    CHECK_INTS(&a, 1, 2, 0, 0);
    int nine = 9;
    assert_true(ints_resize(&a, 5, &nine));
    assert_true(ints_resize(&a, 6, &a.p[1]));
    CHECK_INTS(&a, 1, 2, 0, 0, 9, 2);
    assert_true(ints_resize(&a, 1, NULL));
    CHECK_INTS(&a, 1);
    assert_true(ints_resize(&a, 3, NULL)); /* what was cut off does not come back */
    CHECK_INTS(&a, 1, 0, 0);
    assert_true(ints_resize(&a, 0, NULL));
    assert_true(ints_is_empty(&a));
    assert_false(ints_resize(&a, SIZE_MAX, NULL));
    assert_int_equal(cow_error(), COW_RANGE);
    assert_false(ints_resize(&a, SIZE_MAX / 4, &nine));
    ints_drop(&a);
}

static void resize_down_destroys(void **state) {
    (void)state;
    tracks a = tracks_run(0, 5);
    assert_true(tracks_resize(&a, 2, NULL));
    assert_int_equal(lives.alive, 2);
    tracks b = tracks_copy(&a);
    assert_true(tracks_resize(&b, 1, NULL));
    assert_true(tracks_resize(&b, 3, &b.p[0]));
    CHECK_TRACKS(&b, 0, 0, 0);
    CHECK_TRACKS(&a, 0, 1);
    tracks_drop(&a);
    tracks_drop(&b);
}

static void truncate_and_clear(void **state) {
    (void)state;
    tracks a = tracks_run(0, 5), b = tracks_copy(&a);
    assert_true(tracks_truncate(&a, 2));
    CHECK_TRACKS(&a, 0, 1);
    CHECK_TRACKS(&b, 0, 1, 2, 3, 4);
    tracks_drop(&b);
    assert_true(tracks_truncate(&a, 2));
    assert_true(tracks_truncate(&a, 1));
    assert_true(tracks_push(&a, tracked_make(9)));
    CHECK_TRACKS(&a, 0, 9);
    assert_int_equal(lives.alive, 2); /* pushing alone has destroyed the leftovers */
    tracks_clear(&a);
    assert_int_equal(lives.alive, 0);
    assert_true(tracks_is_empty(&a));
    tracks_clear(&a);
    tracks_drop(&a);
}

static void truncate_beyond_the_end(void **state) {
    (void)state;
    ints a = INTS(1, 2);
    ints before = a;
    assert_false(ints_truncate(&a, 3));
    assert_int_equal(cow_error(), COW_RANGE);
    assert_true(SAME_HANDLE(a, before));
    ints_drop(&a);
}

static void clear_keeps_the_room(void **state) {
    (void)state;
    ints a = {0};
    for (int i = 0; i < 100; i++) assert_true(ints_push(&a, i));
    ints_clear(&a);
    kit_fail(1, true);
    for (int i = 0; i < 100; i++) assert_true(ints_push(&a, i));
    ints_drop(&a);
}

static void reserve_and_shrink(void **state) {
    (void)state;
    ints a = INTS(1, 2, 3);
    assert_true(ints_reserve(&a, 1000));
    assert_true(ints_capacity(&a) >= 1000);
    size_t bytes = kit.bytes;
    kit_fail(1, true);
    assert_true(ints_reserve(&a, 10) && ints_reserve(&a, ints_capacity(&a))); /* there is room: nothing to ask for */
    kit_fail_none();
    assert_int_equal(kit.bytes, bytes);
    assert_true(ints_shrink(&a));
    check_bytes_below(bytes / 4);
    CHECK_INTS(&a, 1, 2, 3);
    ints before = a;
    assert_false(ints_reserve(&a, SIZE_MAX));
    assert_int_equal(cow_error(), COW_RANGE);
    assert_false(ints_reserve(&a, SIZE_MAX / 4));
    assert_true(SAME_HANDLE(a, before));
    ints_clear(&a);
    assert_true(ints_shrink(&a));
    ints_drop(&a);
}

static void shrinking_a_slice_lets_the_rest_go(void **state) {
    (void)state;
    tracks a = tracks_run(0, 100), part = tracks_slice(&a, 40, 43);
    tracks_drop(&a);
    assert_true(tracks_shrink(&part));
    assert_int_equal(lives.alive, 3);
    CHECK_TRACKS(&part, 40, 41, 42);
    tracks_drop(&part);
}

static void slices_share(void **state) {
    (void)state;
    tracks a = tracks_run(0, 10);
    kit_fail(1, true);
    tracks part = tracks_slice(&a, 2, 6), inner = tracks_slice(&part, 1, 3), all = tracks_slice(&a, 0, 10);
    assert_int_equal(kit.calls, 0);
    kit_fail_none();
    CHECK_TRACKS(&part, 2, 3, 4, 5);
    CHECK_TRACKS(&inner, 3, 4);
    assert_true(tracks_same(&all, &a));
    assert_ptr_equal(inner.p, a.p + 3);
    assert_null(tracks_front(&(tracks){0})); /* leaves COW_ABSENT behind */
    tracks none = tracks_slice(&a, 4, 4), at_end = tracks_slice(&a, 10, 10);
    assert_true(tracks_is_empty(&none) && tracks_is_empty(&at_end));
    assert_int_equal(cow_error(), COW_ABSENT); /* an empty slice is no failure */
    assert_true(tracks_set(&part, 0, tracked_make(90)));
    CHECK_TRACKS(&part, 90, 3, 4, 5);
    assert_int_equal(lives.alive, 14); /* only the visible part was copied */
    tracks_drop(&a);
    tracks_drop(&all);
    CHECK_TRACKS(&inner, 3, 4);
    tracks_drop(&inner);
    tracks_drop(&part);
    tracks_drop(&none);
}

static void slices_out_of_range_are_empty(void **state) {
    (void)state;
    ints a = INTS(1, 2, 3);
    const size_t bad[][2] = {{0, 4}, {4, 4}, {2, 1}, {SIZE_MAX, 0}, {0, SIZE_MAX}, {SIZE_MAX, SIZE_MAX}};
    for (size_t i = 0; i < LENGTH(bad); i++) {
        (void)ints_pop(&(ints){0}, NULL);
        ints part = ints_slice(&a, bad[i][0], bad[i][1]);
        assert_true(ints_is_empty(&part));
        assert_int_equal(cow_error(), COW_RANGE);
        ints_drop(&part);
    }
    assert_false(ints_is_shared(&a));
    ints_drop(&a);
}

static void a_slice_that_ends_early_never_claims_the_tail(void **state) {
    (void)state;
    tracks a = tracks_run(0, 5);
    assert_true(tracks_reserve(&a, 20));
    tracks head = tracks_slice(&a, 0, 3), tail = tracks_slice(&a, 2, 5);
    assert_true(tracks_push(&head, tracked_make(70)));
    CHECK_TRACKS(&a, 0, 1, 2, 3, 4);
    CHECK_TRACKS(&head, 0, 1, 2, 70);
    size_t copied = lives.copied;
    assert_true(tracks_push(&tail, tracked_make(80))); /* this one ends where the buffer's used part ends */
    assert_int_equal(lives.copied, copied);
    CHECK_TRACKS(&tail, 2, 3, 4, 80);
    CHECK_TRACKS(&a, 0, 1, 2, 3, 4);
    tracks_drop(&a);
    tracks_drop(&head);
    tracks_drop(&tail);
}

static void a_slice_left_alone_pushes_over_what_nobody_sees(void **state) {
    (void)state;
    tracks a = tracks_run(0, 6), part = tracks_slice(&a, 2, 4);
    tracks_drop(&a);
    assert_int_equal(lives.alive, 6);
    assert_true(tracks_push(&part, tracked_make(70)));
    CHECK_TRACKS(&part, 2, 3, 70);
    assert_true(tracks_push_front(&part, tracked_make(60)));
    CHECK_TRACKS(&part, 60, 2, 3, 70);
    assert_int_equal(lives.alive, 4);
    tracks_drop(&part);
}

static void concat_appends(void **state) {
    (void)state;
    ints a = INTS(1, 2), b = INTS(3, 4), none = {0};
    assert_true(ints_concat(&a, &b));
    CHECK_INTS(&a, 1, 2, 3, 4);
    CHECK_INTS(&b, 3, 4);
    assert_true(ints_concat(&a, &a));
    CHECK_INTS(&a, 1, 2, 3, 4, 1, 2, 3, 4);
    assert_true(ints_concat(&a, &none));
    assert_int_equal(ints_len(&a), 8);
    assert_true(ints_concat(&none, &b));
    CHECK_INTS(&none, 3, 4);
    ints part = ints_slice(&b, 0, 1);
    assert_true(ints_concat(&b, &part));
    CHECK_INTS(&b, 3, 4, 3);
    ints_drop(&a);
    ints_drop(&b);
    ints_drop(&none);
    ints_drop(&part);
}

static void appending_to_nothing_may_share(void **state) {
    (void)state;
    tracks a = tracks_run(0, 3), none = {0};
    assert_true(tracks_concat(&none, &a)); /* it must not lose or double anything */
    CHECK_TRACKS(&none, 0, 1, 2);
    assert_true(tracks_set(&none, 0, tracked_make(9)));
    CHECK_TRACKS(&a, 0, 1, 2);
    tracks_drop(&a);
    tracks_drop(&none);
}

static void neighbouring_slices_are_joined_without_a_copy(void **state) {
    (void)state;
    tracks a = tracks_run(0, 6), left = tracks_slice(&a, 1, 3), right = tracks_slice(&a, 3, 5);
    kit_fail(1, true);
    assert_true(tracks_concat(&left, &right));
    kit_fail_none();
    assert_int_equal(lives.copied, 0);
    CHECK_TRACKS(&left, 1, 2, 3, 4);
    tracks_drop(&right);
    assert_true(tracks_push(&left, tracked_make(70))); /* not over the element that a still has there */
    CHECK_TRACKS(&left, 1, 2, 3, 4, 70);
    CHECK_TRACKS(&a, 0, 1, 2, 3, 4, 5);
    tracks_drop(&a);
    tracks_drop(&left);
}

static void joined_slices_may_be_all_that_is_left(void **state) {
    (void)state;
    tracks a = tracks_run(0, 6), left = tracks_slice(&a, 1, 3), right = tracks_slice(&a, 3, 5);
    tracks_drop(&a);
    assert_true(tracks_concat(&left, &right));
    tracks_drop(&right);
    assert_true(tracks_push(&left, tracked_make(70)) && tracks_pop_front(&left, NULL));
    CHECK_TRACKS(&left, 2, 3, 4, 70);
    tracks_drop(&left);
}

static void shrinking_leaves_shared_storage_alone(void **state) {
    (void)state;
    tracks a = tracks_run(0, 6), b = tracks_slice(&a, 0, 2), before = b;
    assert_true(tracks_shrink(&b));
    assert_true(SAME_HANDLE(b, before));
    assert_int_equal(lives.copied, 0);
    tracks_drop(&a);
    tracks_drop(&b);
}

static void set_writes_over_its_own_element_by_copy(void **state) {
    (void)state;
    ints a = INTS(5, 6, 7);
    assert_true(ints_set(&a, 0, ints_at(&a, 2)));
    assert_true(ints_push(&a, ints_at(&a, 0)));
    assert_true(ints_insert(&a, 0, ints_at(&a, 1)));
    CHECK_INTS(&a, 6, 7, 6, 7, 7);
    ints_drop(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(mut_detaches_for_one_element),
        UNIT(out_of_range_detaches_nothing),
        UNIT(edit_detaches_once),
        UNIT(set_drops_the_old_element),
        UNIT(pushes_grow_geometrically),
        UNIT(growing_alone_moves_elements_without_copies),
        UNIT(appending_to_a_shared_array_copies_nothing),
        UNIT(of_two_branches_that_append_the_second_copies),
        UNIT(a_popped_shared_element_is_not_built_over),
        UNIT(push_n_of_everything),
        UNIT(push_n_of_a_shared_value_into_itself),
        UNIT(push_n_undoes_its_claim),
        UNIT(pop_moves_out_or_copies_out),
        UNIT(pop_of_a_shared_value_needs_no_memory),
        UNIT(push_front_is_amortised),
        UNIT(a_queue_does_not_grow_without_end),
        UNIT(both_ends_of_a_shared_value),
        UNIT(insert_anywhere),
        UNIT(insert_into_a_shared_value_copies_each_element_once),
        UNIT(inserting_at_the_end_is_appending),
        UNIT(erase_from_a_shared_value_copies_only_what_stays),
        UNIT(erasing_at_an_end_of_a_shared_value_copies_nothing),
        UNIT(erase_at_every_place),
        UNIT(take_and_swap_remove),
        UNIT(resize_fills_with_zero_bytes_or_copies),
        UNIT(resize_down_destroys),
        UNIT(truncate_and_clear),
        UNIT(truncate_beyond_the_end),
        UNIT(clear_keeps_the_room),
        UNIT(reserve_and_shrink),
        UNIT(shrinking_a_slice_lets_the_rest_go),
        UNIT(slices_share),
        UNIT(slices_out_of_range_are_empty),
        UNIT(a_slice_that_ends_early_never_claims_the_tail),
        UNIT(a_slice_left_alone_pushes_over_what_nobody_sees),
        UNIT(concat_appends),
        UNIT(appending_to_nothing_may_share),
        UNIT(neighbouring_slices_are_joined_without_a_copy),
        UNIT(joined_slices_may_be_all_that_is_left),
        UNIT(shrinking_leaves_shared_storage_alone),
        UNIT(set_writes_over_its_own_element_by_copy),
    };
    return cmocka_run_group_tests_name("array: writing", tests, NULL, NULL);
}
