/* SPDX-License-Identifier: MIT */
/* stats: the counters of a COW_STATS build say what happened; without COW_STATS they are refused. Built both ways. */
#include "arrays.h"

#ifdef COW_STATS

static cow_stats now(void) {
    cow_stats s;
    assert_true(cow_stats_get(&s));
    return s;
}

static void counters_start_at_zero_after_a_reset(void **state) {
    (void)state;
    ints a = INTS(1, 2, 3);
    ints_drop(&a);
    cow_stats_reset();
    cow_stats zero = {0}, s = now();
    assert_memory_equal(&zero, &s, sizeof s);
}

static void copies_of_values_are_retains(void **state) {
    (void)state;
    ints a = INTS(1, 2, 3);
    cow_stats_reset();
    ints b = ints_copy(&a), c = ints_slice(&a, 0, 1);
    assert_int_equal(now().retains, 2);
    assert_int_equal(now().copies, 0);
    assert_int_equal(now().buffers_new, 0);
    ints_drop(&b);
    ints_drop(&c);
    assert_int_equal(now().buffers_freed, 0);
    ints_drop(&a);
    assert_int_equal(now().buffers_freed, 1);
}

static void a_write_to_a_shared_buffer_is_a_real_copy(void **state) {
    (void)state;
    ints a = INTS(1, 2, 3, 4), b = ints_copy(&a);
    cow_stats_reset();
    assert_true(ints_set(&b, 0, 9));
    assert_int_equal(now().copies, 1);
    assert_int_equal(now().bytes_copied, 4 * sizeof(int));
    assert_int_equal(now().buffers_new, 1);
    assert_true(now().bytes_allocated >= 4 * sizeof(int));
    assert_true(ints_set(&b, 1, 9) && ints_set(&a, 1, 9)); /* both alone now */
    assert_int_equal(now().copies, 1);
    ints_drop(&a);
    ints_drop(&b);
    assert_int_equal(now().buffers_freed, 2);
}

static void growth_alone_is_no_copy(void **state) {
    (void)state;
    ints a = {0};
    cow_stats_reset();
    for (int i = 0; i < 1000; i++) assert_true(ints_push(&a, i));
    assert_int_equal(now().copies, 0);
    assert_true(now().grown_in_place >= 5);
    assert_int_equal(now().tail_claims, 0);
    ints_drop(&a);
}

static void tail_claims_won_and_lost(void **state) {
    (void)state;
    ints a = INTS(1, 2);
    assert_true(ints_reserve(&a, 10));
    ints b = ints_copy(&a);
    cow_stats_reset();
    assert_true(ints_push(&a, 3));
    assert_int_equal(now().tail_claims, 1);
    assert_int_equal(now().copies, 0);
    assert_true(ints_push(&b, 4));
    assert_int_equal(now().tail_claims_lost, 1);
    assert_int_equal(now().copies, 1);
    ints_drop(&a);
    ints_drop(&b);
}

static void as_many_freed_as_made(void **state) {
    (void)state;
    cow_stats_reset();
    for (int i = 0; i < 50; i++) {
        tracks a = tracks_run(0, 20), b = tracks_slice(&a, 3, 9);
        assert_true(tracks_insert(&b, 1, tracked_make(5)) && tracks_concat(&a, &b) && tracks_sort(&a));
        tracks_drop(&a);
        tracks_drop(&b);
    }
    assert_int_equal(now().buffers_new, now().buffers_freed);
}

#else

static void a_build_without_counters_says_so(void **state) {
    (void)state;
    cow_stats s;
    assert_false(cow_stats_get(&s));
    assert_int_equal(cow_error(), COW_UNSUPPORTED);
    cow_stats_reset();
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
#ifdef COW_STATS
        UNIT(counters_start_at_zero_after_a_reset),
        UNIT(copies_of_values_are_retains),
        UNIT(a_write_to_a_shared_buffer_is_a_real_copy),
        UNIT(growth_alone_is_no_copy),
        UNIT(tail_claims_won_and_lost),
        UNIT(as_many_freed_as_made),
#else
        UNIT(a_build_without_counters_says_so),
#endif
    };
    return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
