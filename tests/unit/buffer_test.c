/* SPDX-License-Identifier: MIT */
/*
 * buffer: the protocol of header, used mark and limit, seen from inside. What the marks must be after each kind of step is
 * the file comment of the part; here a few steps are followed one by one, with tracked elements as witnesses.
 */
#include "arrays.h"

static char *used_of(const tracks *a) { return a->h->used.v; }
static char *limit_of(const tracks *a) { return a->h->limit.v; }
static char *end_of(const tracks *a) { return (char *)(a->p + a->n); }

static void a_fresh_buffer_remembers_nothing(void **state) {
    (void)state;
    tracks a = tracks_run(0, 3);
    assert_ptr_equal(limit_of(&a), a.h->end);
    assert_true(used_of(&a) <= (char *)a.p);
    assert_ptr_equal(a.h->begin, (char *)a.p);
    tracks_drop(&a);
}

static void a_copy_raises_the_used_mark_to_the_sources_end(void **state) {
    (void)state;
    tracks a = tracks_run(0, 3), b = tracks_copy(&a);
    assert_ptr_equal(used_of(&a), end_of(&a));
    assert_null(limit_of(&a));
    tracks_drop(&a);
    tracks_drop(&b);
}

static void a_slice_raises_it_to_the_sources_end_too(void **state) {
    (void)state;
    tracks a = tracks_run(0, 5), part = tracks_slice(&a, 1, 2);
    assert_ptr_equal(used_of(&part), end_of(&a));
    assert_true(tracks_reserve(&part, 2));
    tracks_drop(&a);
    tracks_drop(&part);
}

static void a_unique_push_settles_the_tail(void **state) {
    (void)state;
    tracks a = tracks_run(0, 3);
    assert_true(tracks_reserve(&a, 20));
    tracks b = tracks_copy(&a);
    assert_true(tracks_push(&b, tracked_make(10)) && tracks_push(&b, tracked_make(11)));
    tracks_drop(&b);
    assert_int_equal(lives.alive, 5); /* the dropped branch's leftovers live on ... */
    assert_null(limit_of(&a));
    assert_true(tracks_push(&a, tracked_make(20)));
    assert_int_equal(lives.alive, 4); /* ... until the next unique push */
    assert_ptr_equal(limit_of(&a), a.h->end);
    CHECK_TRACKS(&a, 0, 1, 2, 20);
    tracks_drop(&a);
}

static void death_takes_the_leftovers_along(void **state) {
    (void)state;
    tracks a = tracks_run(0, 3);
    assert_true(tracks_reserve(&a, 20));
    tracks b = tracks_copy(&a), c = tracks_slice(&a, 1, 2);
    assert_true(tracks_push(&b, tracked_make(10)));
    tracks_drop(&b);
    tracks_drop(&a);
    assert_int_equal(lives.alive, 4);
    tracks_drop(&c); /* the last owner sees one element; all four die */
    assert_int_equal(lives.alive, 0);
}

static void pushes_made_while_unique_die_with_the_last_owner(void **state) {
    (void)state;
    /* `used` lags behind a unique push; the owner's own end counts at its death. */
    tracks a = tracks_run(0, 3), b = tracks_copy(&a);
    tracks_drop(&b);
    assert_true(tracks_push(&a, tracked_make(9)));
    tracks_drop(&a);
    assert_int_equal(lives.alive, 0);
}

static void pop_while_unique_after_sharing(void **state) {
    (void)state;
    tracks a = tracks_run(0, 5), b = tracks_copy(&a);
    tracks_drop(&b);
    tracked e;
    assert_true(tracks_pop(&a, &e)); /* the mark stood above: the popped element must not be destroyed again */
    tracked_drop(&e);
    assert_int_equal(lives.alive, 4);
    assert_true(tracks_push(&a, tracked_make(9)));
    tracks_drop(&a);
    assert_int_equal(lives.alive, 0);
}

static void front_and_back_leave_nothing_twice(void **state) {
    (void)state;
    for (int order = 0; order < 4; order++) {
        tracks a = tracks_run(0, 6), b = tracks_copy(&a);
        tracked e;
        if (order & 1) tracks_drop(&b);
        assert_true(tracks_pop_front(&a, &e));
        tracked_drop(&e);
        if (!(order & 1)) tracks_drop(&b);
        assert_true(tracks_push_front(&a, tracked_make(8)));
        assert_true(tracks_pop(&a, NULL) && tracks_pop_front(&a, NULL));
        if (order & 2) assert_true(tracks_erase(&a, 1) && tracks_insert(&a, 1, tracked_make(7)));
        size_t n = tracks_len(&a);
        assert_int_equal(lives.alive, n);
        tracks_drop(&a);
        assert_int_equal(lives.alive, 0);
    }
}

static void a_claim_that_lost_copies(void **state) {
    (void)state;
    tracks a = tracks_run(0, 2);
    assert_true(tracks_reserve(&a, 3)); /* room for one more */
    size_t room = tracks_capacity(&a) - 2;
    tracks b = tracks_copy(&a);
    char *block = a.h->block;
    for (size_t i = 0; i < room; i++) assert_true(tracks_push(&a, tracked_make(50)));
    assert_ptr_equal(a.h->block, block);
    assert_true(tracks_push(&a, tracked_make(51))); /* full: moves to a buffer of its own */
    assert_ptr_not_equal(a.h->block, block);
    assert_ptr_equal(b.h->block, block);
    CHECK_TRACKS(&b, 0, 1);
    tracks_drop(&a);
    assert_true(tracks_push(&b, tracked_make(60)));
    CHECK_TRACKS(&b, 0, 1, 60);
    assert_int_equal(lives.alive, 3);
    tracks_drop(&b);
}

static void settle_clears_both_sides(void **state) {
    (void)state;
    tracks a = tracks_run(0, 9), part = tracks_slice(&a, 3, 6);
    tracks_drop(&a);
    assert_int_equal(lives.alive, 9);
    assert_true(tracks_erase(&part, 1));
    assert_int_equal(lives.alive, 2);
    assert_ptr_equal(part.h->begin, (char *)part.p);
    assert_true(tracks_push_front(&part, tracked_make(30))); /* into the room that was freed in front */
    assert_true(tracks_push_front(&part, tracked_make(31)));
    CHECK_TRACKS(&part, 31, 30, 3, 5);
    tracks_drop(&part);
}

static void the_dead_of_a_popped_front_are_not_resurrected_by_growth(void **state) {
    (void)state;
    tracks a = tracks_run(0, 8), b = tracks_copy(&a);
    assert_true(tracks_pop_front(&a, NULL));
    tracks_drop(&b); /* now alone, with one leftover in front */
    for (int i = 0; i < 100; i++) assert_true(tracks_push(&a, tracked_make(i)));
    assert_int_equal(lives.alive, 107);
    tracks_drop(&a);
    assert_int_equal(lives.alive, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(a_fresh_buffer_remembers_nothing),
        UNIT(a_copy_raises_the_used_mark_to_the_sources_end),
        UNIT(a_slice_raises_it_to_the_sources_end_too),
        UNIT(a_unique_push_settles_the_tail),
        UNIT(death_takes_the_leftovers_along),
        UNIT(pushes_made_while_unique_die_with_the_last_owner),
        UNIT(pop_while_unique_after_sharing),
        UNIT(front_and_back_leave_nothing_twice),
        UNIT(a_claim_that_lost_copies),
        UNIT(settle_clears_both_sides),
        UNIT(the_dead_of_a_popped_front_are_not_resurrected_by_growth),
    };
    return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
