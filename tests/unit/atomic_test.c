/* SPDX-License-Identifier: MIT */
/*
 * atomic: the six operations on the three types do what their names say, alone and under two threads. Memory orders are
 * the model tests' business. Built with the builtins and, by -DCOW_ATOMICS_C11, with <stdatomic.h>. The header takes its
 * private macros away at its end, so this test includes the part itself.
 */
#define _POSIX_C_SOURCE 200809L
#include "kit.h"

#include "cow/parts/atomic.h"

#include <pthread.h>

static void numbers(void **state) {
    (void)state;
    cow__atomic_u32 a = {0};
    assert_int_equal(COW__LOAD(&a, COW__RELAXED), 0);
    COW__STORE(&a, 5u, COW__RELEASE);
    assert_int_equal(COW__ADD(&a, 3u, COW__RELAXED), 5);
    assert_int_equal(COW__SUB(&a, 1u, COW__ACQ_REL), 8);
    assert_int_equal(COW__SWAP(&a, 100u, COW__SEQ_CST), 7);
    assert_int_equal(COW__LOAD(&a, COW__ACQUIRE), 100);
}

static void numbers_wrap(void **state) {
    (void)state;
    cow__atomic_u32 a = {0};
    assert_int_equal(COW__SUB(&a, 1u, COW__RELAXED), 0);
    assert_true(COW__LOAD(&a, COW__RELAXED) == UINT32_MAX);
    assert_true(COW__ADD(&a, 1u, COW__RELAXED) == UINT32_MAX);
    assert_int_equal(COW__LOAD(&a, COW__RELAXED), 0);
}

static void sizes(void **state) {
    (void)state;
    cow__atomic_size a = {0};
    COW__STORE(&a, SIZE_MAX - 1, COW__RELAXED);
    assert_true(COW__ADD(&a, (size_t)1, COW__RELAXED) == SIZE_MAX - 1);
    assert_true(COW__LOAD(&a, COW__RELAXED) == SIZE_MAX);
    size_t expected = 3;
    assert_false(COW__CAS(&a, &expected, (size_t)4, COW__RELAXED, COW__RELAXED));
    assert_true(expected == SIZE_MAX);
    assert_true(COW__CAS(&a, &expected, (size_t)4, COW__ACQ_REL, COW__ACQUIRE));
    assert_int_equal(COW__LOAD(&a, COW__RELAXED), 4);
}

static void pointers(void **state) {
    (void)state;
    int x = 0, y = 0;
    cow__atomic_ptr a = {NULL};
    assert_null(COW__LOAD(&a, COW__ACQUIRE));
    COW__STORE(&a, (void *)&x, COW__RELEASE);
    void *expected = &y;
    assert_false(COW__CAS(&a, &expected, (void *)&y, COW__ACQUIRE, COW__RELAXED));
    assert_ptr_equal(expected, &x);
    assert_true(COW__CAS(&a, &expected, (void *)&y, COW__ACQUIRE, COW__RELAXED));
    assert_ptr_equal(COW__SWAP(&a, (void *)NULL, COW__ACQ_REL), &y);
}

enum { TURNS = 100000 };
static cow__atomic_u32 shared_number;
static cow__atomic_size shared_size;

static void *count_up(void *unused) {
    (void)unused;
    for (int i = 0; i < TURNS; i++) {
        COW__ADD(&shared_number, 2u, COW__RELAXED);
        COW__SUB(&shared_number, 1u, COW__RELAXED);
        size_t old = COW__LOAD(&shared_size, COW__RELAXED);
        while (!COW__CAS(&shared_size, &old, old + 1, COW__RELAXED, COW__RELAXED)) {
        }
    }
    return NULL;
}

static void nothing_is_lost_between_threads(void **state) {
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, count_up, NULL), 0);
    count_up(NULL);
    pthread_join(thread, NULL);
    assert_int_equal(COW__LOAD(&shared_number, COW__RELAXED), 2 * TURNS);
    assert_int_equal(COW__LOAD(&shared_size, COW__RELAXED), 2 * TURNS);
}

static void single_threaded_is_never_claimed_with_two(void **state) {
    (void)state;
    /* The test before has started a thread; glibc may say "single" again only after it is gone, and never has to. */
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, count_up, NULL), 0);
    assert_false(COW__SINGLE_THREADED());
    pthread_join(thread, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(numbers),
        UNIT(numbers_wrap),
        UNIT(sizes),
        UNIT(pointers),
        UNIT(nothing_is_lost_between_threads),
        UNIT(single_threaded_is_never_claimed_with_two),
    };
    return cmocka_run_group_tests_name("atomic", tests, NULL, NULL);
}
