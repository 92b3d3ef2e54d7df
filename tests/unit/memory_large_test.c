/* SPDX-License-Identifier: MIT */
/* memory: blocks of 4 MiB and more under the default allocator, so this test does not take COW_MALLOC over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#define COW_IMPLEMENTATION
#include "cow/cow.h"
#define COW_ARRAY numbers, uint64_t
#include "cow/cow.h"

static numbers counting_to(size_t n) {
    numbers a = {0};
    for (size_t i = 0; i < n; i++) assert_true(numbers_push(&a, i));
    return a;
}

static void check_counting(const numbers *a, size_t n) {
    assert_int_equal(numbers_len(a), n);
    for (size_t i = 0; i < n; i++) {
        if (a->p[i] != i) fail_msg("element %zu is %llu", i, (unsigned long long)a->p[i]);
    }
}

enum { MIB = 1 << 20, HUGE_PAGE = 2 * MIB };

static void a_large_detach_starts_on_a_huge_page(void **state) {
    (void)state;
    numbers a = counting_to(MIB), b = numbers_copy(&a); /* 8 MiB */
    assert_non_null(numbers_edit(&b));
    assert_int_equal((uintptr_t)b.h->block % HUGE_PAGE, 0);
    check_counting(&a, MIB);
    check_counting(&b, MIB);
    numbers_drop(&a);
    numbers_drop(&b);
}

static void a_large_block_can_do_all_that_a_small_one_can(void **state) {
    (void)state;
    numbers a = counting_to(MIB), b = numbers_copy(&a);
    assert_non_null(numbers_edit(&b));
    for (size_t i = MIB; i < 2 * MIB; i++) assert_true(numbers_push(&b, i)); /* grows by resize */
    check_counting(&b, 2 * MIB);
    assert_true(numbers_truncate(&b, 1000) && numbers_shrink(&b));
    check_counting(&b, 1000);
    assert_true(numbers_concat(&b, &a));
    assert_int_equal(numbers_len(&b), MIB + 1000);
    assert_int_equal(numbers_at(&b, MIB + 999), MIB - 1);
    numbers_drop(&a);
    numbers_drop(&b);
}

static void sizes_around_the_threshold(void **state) {
    (void)state;
    numbers all = counting_to(5 * MIB / 8);
    for (size_t bytes = 4 * MIB - 256; bytes <= 4 * MIB + 256; bytes += 8) {
        numbers a = numbers_slice(&all, 0, bytes / 8);
        uint64_t *p = numbers_edit(&a);
        assert_non_null(p);
        assert_int_equal(p[0], 0);
        assert_int_equal(p[bytes / 8 - 1], bytes / 8 - 1);
        p[bytes / 8 - 1] = 7;
        numbers_drop(&a);
    }
    check_counting(&all, 5 * MIB / 8);
    numbers_drop(&all);
}

static size_t live_blocks;
static void *own_alloc(void *context, size_t size) {
    ++*(size_t *)context;
    return malloc(size);
}
static void own_release(void *context, void *p, size_t size) {
    (void)size;
    --*(size_t *)context;
    free(p);
}
static const cow_alloc own = {own_alloc, NULL, own_release, &live_blocks};

static void huge_pages_are_for_the_default_allocator_only(void **state) {
    (void)state;
    numbers a = {0};
    assert_true(numbers_new_in(&a, MIB, &own));
    for (size_t i = 0; i < MIB; i++) assert_true(numbers_push(&a, i));
    numbers b = numbers_copy(&a);
    assert_non_null(numbers_edit(&b)); /* 8 MiB, from the value's own allocator like any other block */
    assert_int_equal(live_blocks, 2);
    check_counting(&b, MIB);
    numbers_drop(&a);
    numbers_drop(&b);
    assert_int_equal(live_blocks, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_detach_starts_on_a_huge_page),
        cmocka_unit_test(a_large_block_can_do_all_that_a_small_one_can),
        cmocka_unit_test(sizes_around_the_threshold),
        cmocka_unit_test(huge_pages_are_for_the_default_allocator_only),
    };
    return cmocka_run_group_tests_name("memory: large blocks", tests, NULL, NULL);
}
