/* SPDX-License-Identifier: MIT */
/*
 * refcount: sharing is counted, a count past half its range sticks, and immortal buffers are never unique nor freed.
 * Each test runs while the process has one thread, and again while it has two: the library counts differently then.
 * Nobody can make two billion copies in a test, so these tests set the count of a live buffer by hand.
 */
#include "arrays.h"

#include <pthread.h>

#define COW_ARRAY local_ints, int
#define COW_NONATOMIC
#include "cow/cow.h"

static uint32_t count_of(const ints *a) { return a->h->rc.v; }

static void copies_count_up_and_drops_count_down(void **state) {
    (void)state;
    ints a = INTS(1, 2), copies[50];
    assert_int_equal(count_of(&a), 1);
    for (uint32_t i = 0; i < 50; i++) {
        copies[i] = ints_copy(&a);
        assert_int_equal(count_of(&a), i + 2);
    }
    for (uint32_t i = 50; i-- > 0;) {
        ints_drop(&copies[i]);
        assert_int_equal(count_of(&a), i + 1);
    }
    assert_false(ints_is_shared(&a));
    ints_drop(&a);
}

static void moves_and_swaps_do_not_count(void **state) {
    (void)state;
    ints a = INTS(1), b = ints_move(&a), c = {0};
    ints_swap(&b, &c);
    assert_int_equal(count_of(&c), 1);
    ints_drop(&c);
}

static void a_count_at_half_its_range_sticks(void **state) {
    (void)state;
    ints a = INTS(1, 2, 3), copies[16];
    a.h->rc.v = 0x7ffffff8u;
    for (int i = 0; i < 16; i++) copies[i] = ints_copy(&a);
    uint32_t stuck = count_of(&a);
    assert_true(stuck >= 0x80000000u);
    for (int i = 0; i < 16; i++) ints_drop(&copies[i]);
    assert_true(count_of(&a) >= 0x80000000u); /* it does not come back down */
    assert_true(ints_is_shared(&a));
    const int *where = ints_data(&a);
    ints b = ints_copy(&a);
    assert_true(ints_set(&a, 0, 9));
    assert_ptr_not_equal(ints_data(&a), where); /* immortal: written by copying */
    CHECK_INTS(&a, 9, 2, 3);
    CHECK_INTS(&b, 1, 2, 3);
    ints_drop(&a);
    ints_drop(&b);
    assert_int_equal(where[1], 2);
    assert_int_equal(kit.blocks, 1);
    kit_give_up_immortals();
}

static void a_stuck_count_survives_any_number_of_drops(void **state) {
    (void)state;
    ints a = INTS(1, 2, 3);
    a.h->rc.v = 0x80000000u;
    for (int i = 0; i < 100000; i++) {
        ints twin =
            a; /* a bitwise copy on purpose: more drops than copies, as when a leaked handle saturated the count */
        ints_drop(&twin);
    }
    assert_true(count_of(&a) >= 0x80000000u);
    CHECK_INTS(&a, 1, 2, 3);
    kit_give_up_immortals();
}

static void the_count_never_wraps_to_a_live_value(void **state) {
    (void)state;
    ints a = INTS(1);
    a.h->rc.v = UINT32_MAX - 3;
    for (int i = 0; i < 10; i++) (void)ints_copy(&a);
    assert_true(count_of(&a) >= 0x80000000u);
    assert_true(ints_is_shared(&a));
    kit_give_up_immortals();
}

static void a_frozen_handle_is_not_counted(void **state) {
    (void)state;
    ints a = INTS(1, 2, 3), keeper = ints_copy(&a);
    ints_freeze(&a);
    assert_true(count_of(&keeper) >= 0x80000000u);
    uint32_t before = count_of(&keeper);
    for (int i = 0; i < 100; i++) (void)ints_copy(&a); /* NULL header: nothing to count, nothing to drop */
    assert_int_equal(count_of(&keeper), before);
    ints_drop(&keeper);
    CHECK_INTS(&a, 1, 2, 3);
    kit_give_up_immortals();
}

static void local_types_count_too(void **state) {
    (void)state;
    local_ints a = {0};
    assert_true(local_ints_push(&a, 1));
    local_ints b = local_ints_copy(&a);
    assert_true(local_ints_is_shared(&a));
    assert_true(local_ints_set(&b, 0, 2));
    assert_int_equal(local_ints_at(&a, 0), 1);
    a.h->rc.v = 0x7fffffffu;
    local_ints c = local_ints_copy(&a);
    local_ints_drop(&c);
    local_ints_drop(&a);
    assert_int_equal(kit.blocks, 2);
    local_ints_drop(&b);
    kit_give_up_immortals();
}

/* Keeps a second thread alive while the tests run again. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static void *wait_at_gate(void *unused) {
    (void)unused;
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    return NULL;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(copies_count_up_and_drops_count_down),
        UNIT(moves_and_swaps_do_not_count),
        UNIT(a_count_at_half_its_range_sticks),
        UNIT(a_stuck_count_survives_any_number_of_drops),
        UNIT(the_count_never_wraps_to_a_live_value),
        UNIT(a_frozen_handle_is_not_counted),
        UNIT(local_types_count_too),
    };
    int failed = cmocka_run_group_tests_name("refcount, one thread", tests, NULL, NULL);
    pthread_t second;
    pthread_mutex_lock(&gate);
    if (pthread_create(&second, NULL, wait_at_gate, NULL) != 0) return 1;
    failed += cmocka_run_group_tests_name("refcount, two threads", tests, NULL, NULL);
    pthread_mutex_unlock(&gate);
    pthread_join(second, NULL);
    return failed;
}
