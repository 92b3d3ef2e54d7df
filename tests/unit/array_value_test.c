/* SPDX-License-Identifier: MIT */
/* array: making, sharing, giving up and reading values. */
#include "arrays.h"

static void all_zero_is_an_empty_value(void **state) {
    (void)state;
    ints a = {0};
    assert_int_equal(ints_len(&a), 0);
    assert_true(ints_is_empty(&a));
    assert_false(ints_is_shared(&a));
    assert_int_equal(ints_capacity(&a), 0);
    assert_null(ints_front(&a));
    assert_int_equal(cow_error(), COW_ABSENT);
    assert_null(ints_back(&a));
    assert_null(ints_get(&a, 0));
    assert_int_equal(cow_error(), COW_RANGE);
    ints b = ints_copy(&a);
    assert_true(ints_equal(&a, &b));
    ints_drop(&b);
    ints_drop(&a);
    ints_drop(&a);
    assert_true(IS_ZERO(a));
    assert_int_equal(kit.calls, 0);
}

static void from_copies_through_the_hook(void **state) {
    (void)state;
    tracked source[3] = {tracked_make(1), tracked_make(2), tracked_make(3)};
    tracks a = {0};
    assert_true(tracks_from(&a, source, 3));
    assert_int_equal(lives.copied, 3);
    for (int i = 0; i < 3; i++) tracked_drop(&source[i]);
    CHECK_TRACKS(&a, 1, 2, 3);
    tracks_drop(&a);
}

static void from_nothing_is_empty(void **state) {
    (void)state;
    ints a = {0};
    assert_true(ints_from(&a, NULL, 0));
    assert_true(ints_is_empty(&a));
    ints_drop(&a);
}

static void from_too_much_fails_without_reading(void **state) {
    (void)state;
    ints a = {0};
    int one = 1;
    assert_false(ints_from(&a, &one, SIZE_MAX));
    assert_int_equal(cow_error(), COW_RANGE);
    assert_false(ints_from(&a, &one, SIZE_MAX / sizeof(int)));
    assert_false(ints_from(&a, &one, SIZE_MAX / sizeof(int) + 2));
    assert_true(IS_ZERO(a));
    assert_int_equal(kit.calls, 0);
}

static void from_with_a_hook_failing_at_each_call(void **state) {
    (void)state;
    tracked source[4];
    for (int i = 0; i < 4; i++) source[i] = tracked_make(i);
    for (size_t at = 1; at <= 4; at++) {
        tracks a = {0};
        tracked_fail(at, false);
        assert_false(tracks_from(&a, source, 4));
        assert_int_equal(cow_error(), COW_HOOK);
        assert_true(IS_ZERO(a));
        assert_int_equal(lives.alive, 4);
        assert_int_equal(kit_lost_blocks(), 0);
    }
    tracked_fail_none();
    for (int i = 0; i < 4; i++) tracked_drop(&source[i]);
}

static void borrow_costs_nothing_and_is_never_written(void **state) {
    (void)state;
    static const int literal[4] = {1, 2, 3, 4};
    ints a = ints_borrow(literal, 4);
    assert_ptr_equal(ints_data(&a), literal);
    assert_int_equal(kit.calls, 0);
    ints b = ints_copy(&a);
    assert_ptr_equal(ints_data(&b), literal);
    assert_true(ints_set(&a, 0, 9));
    assert_int_equal(literal[0], 1);
    CHECK_INTS(&a, 9, 2, 3, 4);
    CHECK_INTS(&b, 1, 2, 3, 4);
    assert_true(ints_push(&b, 5));
    CHECK_INTS(&b, 1, 2, 3, 4, 5);
    ints_drop(&a);
    ints_drop(&b);
}

static void a_dropped_borrowed_value_keeps_its_elements(void **state) {
    (void)state;
    tracked source[2] = {tracked_make(1), tracked_make(2)};
    tracks a = tracks_borrow(source, 2);
    tracks_drop(&a);
    assert_int_equal(lives.alive, 2);
    a = tracks_borrow(source, 2);
    assert_true(tracks_pop(&a, NULL));
    tracks_clear(&a);
    assert_int_equal(lives.alive, 2);
    tracks_drop(&a);
    tracked_drop(&source[0]);
    tracked_drop(&source[1]);
}

static void with_capacity_reserves(void **state) {
    (void)state;
    ints a = {0};
    assert_true(ints_with_capacity(&a, 100));
    assert_true(ints_is_empty(&a) && ints_capacity(&a) >= 100);
    size_t calls = kit.calls;
    for (int i = 0; i < 100; i++) assert_true(ints_push(&a, i));
    assert_int_equal(kit.calls, calls);
    ints_drop(&a);
    assert_true(ints_with_capacity(&a, 0));
    assert_true(ints_is_empty(&a));
    ints_drop(&a);
    assert_false(ints_with_capacity(&a, SIZE_MAX));
    assert_int_equal(cow_error(), COW_RANGE);
    assert_false(ints_with_capacity(&a, SIZE_MAX / 4));
    assert_true(IS_ZERO(a));
}

static void copies_share_and_part_on_the_first_write(void **state) {
    (void)state;
    tracks a = tracks_run(0, 5), b = tracks_copy(&a);
    assert_int_equal(lives.copied, 0);
    assert_true(tracks_same(&a, &b) && tracks_is_shared(&a) && tracks_is_shared(&b));
    assert_ptr_equal(tracks_data(&a), tracks_data(&b));
    tracked e = tracked_make(70);
    assert_true(tracks_set(&b, 2, e));
    assert_false(tracks_same(&a, &b));
    assert_false(tracks_is_shared(&a));
    assert_false(tracks_is_shared(&b));
    CHECK_TRACKS(&a, 0, 1, 2, 3, 4);
    CHECK_TRACKS(&b, 0, 1, 70, 3, 4);
    assert_in_range(lives.copied, 4, 5);
    tracks_drop(&a);
    CHECK_TRACKS(&b, 0, 1, 70, 3, 4);
    tracks_drop(&b);
}

static void a_value_alone_again_is_written_in_place(void **state) {
    (void)state;
    ints a = INTS(1, 2, 3), b = ints_copy(&a);
    ints_drop(&b);
    const int *where = ints_data(&a);
    assert_true(ints_set(&a, 1, 7));
    assert_ptr_equal(ints_data(&a), where);
    ints_drop(&a);
}

static void drop_may_be_repeated(void **state) {
    (void)state;
    tracks a = tracks_run(0, 3);
    tracks_drop(&a);
    assert_true(IS_ZERO(a));
    tracks_drop(&a);
    assert_int_equal(lives.dropped, 3);
    assert_true(tracks_push(&a, tracked_make(1)));
    tracks_drop(&a);
}

static void move_leaves_empty(void **state) {
    (void)state;
    ints a = INTS(1, 2), b = ints_move(&a);
    assert_true(IS_ZERO(a));
    CHECK_INTS(&b, 1, 2);
    assert_false(ints_is_shared(&b));
    ints_drop(&b);
}

static void swap_exchanges(void **state) {
    (void)state;
    ints a = INTS(1, 2), b = {0};
    ints_swap(&a, &b);
    assert_true(IS_ZERO(a));
    CHECK_INTS(&b, 1, 2);
    ints_swap(&b, &b);
    CHECK_INTS(&b, 1, 2);
    ints_drop(&b);
}

static void assign_drops_the_old_value(void **state) {
    (void)state;
    tracks a = tracks_run(0, 3), b = tracks_run(10, 2);
    tracks_assign(&a, &b);
    assert_int_equal(lives.alive, 2);
    assert_true(tracks_same(&a, &b));
    tracks_assign(&a, &a);
    CHECK_TRACKS(&a, 10, 11);
    tracks_drop(&b);
    tracks_assign(&a, &b);
    assert_true(tracks_is_empty(&a));
}

static void assign_of_its_own_slice(void **state) {
    (void)state;
    tracks a = tracks_run(0, 5), part = tracks_slice(&a, 1, 3);
    tracks_assign(&a, &part);
    tracks_drop(&part);
    CHECK_TRACKS(&a, 1, 2);
    tracks_drop(&a);
}

static void a_frozen_value_is_never_written_again(void **state) {
    (void)state;
    tracks a = tracks_run(0, 4);
    tracks_freeze(&a);
    assert_null(a.h);
    tracks before = a, b = tracks_copy(&a);
    assert_true(SAME_HANDLE(a, b));
    assert_true(tracks_set(&b, 0, tracked_make(50)));
    CHECK_TRACKS(&a, 0, 1, 2, 3);
    CHECK_TRACKS(&b, 50, 1, 2, 3);
    tracks_drop(&b);
    tracks_drop(&a);
    CHECK_TRACKS(&before, 0, 1, 2, 3); /* immortal: the storage is still there */
    kit_give_up_immortals();
}

static void freeze_of_a_shared_value_leaves_the_others_usable(void **state) {
    (void)state;
    tracks a = tracks_run(0, 4), b = tracks_copy(&a), c = tracks_slice(&a, 1, 3);
    tracks_freeze(&a);
    assert_true(tracks_push(&b, tracked_make(9)));
    assert_true(tracks_set(&c, 0, tracked_make(8)));
    CHECK_TRACKS(&a, 0, 1, 2, 3);
    CHECK_TRACKS(&b, 0, 1, 2, 3, 9);
    CHECK_TRACKS(&c, 8, 2);
    tracks_drop(&b);
    tracks_drop(&c);
    CHECK_TRACKS(&a, 0, 1, 2, 3);
    tracks_freeze(&a);
    kit_give_up_immortals();
}

static void freeze_of_empty_and_borrowed(void **state) {
    (void)state;
    static const int literal[] = {1, 2};
    ints a = {0}, b = ints_borrow(literal, 2);
    ints_freeze(&a);
    ints_freeze(&b);
    CHECK_INTS(&b, 1, 2);
    assert_true(ints_push(&a, 1));
    ints_drop(&a);
    kit_give_up_immortals(); /* freezing a borrowed value may or may not copy it */
}

static void reading_borrows(void **state) {
    (void)state;
    ints a = INTS(4, 5, 6);
    assert_int_equal(*ints_get(&a, 0), 4);
    assert_int_equal(ints_at(&a, 2), 6);
    assert_ptr_equal(ints_front(&a), ints_data(&a));
    assert_ptr_equal(ints_back(&a), ints_data(&a) + 2);
    assert_null(ints_get(&a, 3));
    assert_int_equal(cow_error(), COW_RANGE);
    assert_null(ints_get(&a, SIZE_MAX));
    assert_null(ints_get(&a, SIZE_MAX / sizeof(int) + 1));
    ints b = ints_copy(&a), before = a;
    kit_fail_none();
    (void)ints_get(&a, 1);
    (void)ints_at(&a, 1);
    (void)ints_back(&a);
    assert_true(SAME_HANDLE(a, before));
    assert_int_equal(kit.calls, 0);
    ints_drop(&a);
    ints_drop(&b);
}

static void same_means_the_same_elements_in_the_same_place(void **state) {
    (void)state;
    ints a = INTS(1, 2, 3), b = INTS(1, 2, 3), c = ints_copy(&a), d = ints_slice(&a, 0, 2), e = {0}, f = {0};
    assert_true(ints_same(&a, &a) && ints_same(&a, &c));
    assert_false(ints_same(&a, &b));
    assert_false(ints_same(&a, &d));
    assert_true(ints_same(&e, &f));
    ints_drop(&a);
    ints_drop(&b);
    ints_drop(&c);
    ints_drop(&d);
}

static struct { size_t allocs, resizes, releases; } arena_calls;
static void *arena_alloc(void *context, size_t size) {
    (void)context;
    arena_calls.allocs++;
    return kit_malloc(size);
}
static void *arena_resize(void *context, void *p, size_t old_size, size_t new_size) {
    (void)context;
    arena_calls.resizes++;
    return kit_realloc(p, old_size, new_size);
}
static void arena_release(void *context, void *p, size_t size) {
    assert_ptr_equal(context, &arena_calls);
    arena_calls.releases++;
    kit_free(p, size);
}
static const cow_alloc arena = {arena_alloc, arena_resize, arena_release, &arena_calls};
static const cow_alloc arena_without_resize = {arena_alloc, NULL, arena_release, &arena_calls};

static void new_in_keeps_its_allocator(void **state) {
    (void)state;
    const cow_alloc *both[] = {&arena, &arena_without_resize};
    for (size_t i = 0; i < 2; i++) {
        memset(&arena_calls, 0, sizeof arena_calls);
        kit_fail_none();
        ints a = {0};
        assert_true(ints_new_in(&a, 2, both[i]));
        for (int v = 0; v < 100; v++) assert_true(ints_push(&a, v));
        ints b = ints_copy(&a);
        assert_true(ints_set(&b, 0, 7)); /* the detached copy comes from the same allocator */
        assert_true(ints_shrink(&b));
        ints_drop(&a);
        assert_int_equal(ints_at(&b, 99), 99);
        ints_drop(&b);
        assert_int_equal(kit.calls, arena_calls.allocs + arena_calls.resizes); /* nothing came from elsewhere */
        assert_int_equal(arena_calls.releases, arena_calls.allocs);
#ifndef COW_DEBUG /* which never resizes, so that stale handles find a dead header */
        assert_true(i == 1 || arena_calls.resizes > 0);
#endif
        assert_int_equal(kit_lost_blocks(), 0);
    }
}

static void new_in_that_fails(void **state) {
    (void)state;
    ints a = {0};
    kit_fail(1, false);
    assert_false(ints_new_in(&a, 5, &arena));
    assert_int_equal(cow_error(), COW_NOMEM);
    assert_true(IS_ZERO(a));
    assert_false(ints_new_in(&a, SIZE_MAX / 2, &arena));
    assert_int_equal(cow_error(), COW_RANGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(all_zero_is_an_empty_value),
        UNIT(from_copies_through_the_hook),
        UNIT(from_nothing_is_empty),
        UNIT(from_too_much_fails_without_reading),
        UNIT(from_with_a_hook_failing_at_each_call),
        UNIT(borrow_costs_nothing_and_is_never_written),
        UNIT(a_dropped_borrowed_value_keeps_its_elements),
        UNIT(with_capacity_reserves),
        UNIT(copies_share_and_part_on_the_first_write),
        UNIT(a_value_alone_again_is_written_in_place),
        UNIT(drop_may_be_repeated),
        UNIT(move_leaves_empty),
        UNIT(swap_exchanges),
        UNIT(assign_drops_the_old_value),
        UNIT(assign_of_its_own_slice),
        UNIT(a_frozen_value_is_never_written_again),
        UNIT(freeze_of_a_shared_value_leaves_the_others_usable),
        UNIT(freeze_of_empty_and_borrowed),
        UNIT(reading_borrows),
        UNIT(same_means_the_same_elements_in_the_same_place),
        UNIT(new_in_keeps_its_allocator),
        UNIT(new_in_that_fails),
    };
    return cmocka_run_group_tests_name("array: values", tests, NULL, NULL);
}
