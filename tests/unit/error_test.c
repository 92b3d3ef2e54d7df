/* SPDX-License-Identifier: MIT */
/* error: the reason of the last failure belongs to the thread, and every reason has a text. */
#define _POSIX_C_SOURCE 200809L
#include "kit.h"

#define COW_IMPLEMENTATION
#include "cow/cow.h"
#define COW_ARRAY ints, int
#include "cow/cow.h"

#include <pthread.h>

static const cow_error_code all_codes[] = {
    COW_OK, COW_ABSENT, COW_EXISTS, COW_RANGE, COW_NOMEM, COW_HOOK, COW_CONFLICT, COW_UNSUPPORTED,
};
enum { CODES = sizeof all_codes / sizeof *all_codes };

static void every_code_has_its_own_text(void **state) {
    (void)state;
    for (size_t i = 0; i < CODES; i++) {
        const char *text = cow_error_text(all_codes[i]);
        assert_non_null(text);
        assert_true(strlen(text) > 3);
        for (size_t j = 0; j < i; j++) assert_string_not_equal(text, cow_error_text(all_codes[j]));
    }
}

static void a_code_nobody_knows_has_a_text_too(void **state) {
    (void)state;
    assert_non_null(cow_error_text((cow_error_code)99));
    assert_true(strlen(cow_error_text((cow_error_code)99)) > 3);
}

static void a_failure_says_why(void **state) {
    (void)state;
    ints a = {0};
    assert_null(ints_get(&a, 0));
    assert_int_equal(cow_error(), COW_RANGE);
    assert_false(ints_pop(&a, NULL));
    assert_int_equal(cow_error(), COW_ABSENT);
    kit_fail(1, false);
    assert_false(ints_push(&a, 1));
    assert_int_equal(cow_error(), COW_NOMEM);
}

static void success_leaves_the_reason_alone(void **state) {
    (void)state;
    ints a = {0};
    assert_null(ints_get(&a, 5));
    assert_true(ints_push(&a, 1));
    assert_int_equal(ints_at(&a, 0), 1);
    assert_int_equal(cow_error(), COW_RANGE);
    ints_drop(&a);
}

static void *other_thread(void *result) {
    ints a = {0};
    cow_error_code at_first = cow_error();
    (void)ints_pop(&a, NULL);
    *(int *)result = at_first == COW_OK && cow_error() == COW_ABSENT;
    return NULL;
}

static void each_thread_has_its_own(void **state) {
    (void)state;
    ints a = {0};
    assert_null(ints_get(&a, 0));
    int as_expected = 0;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, other_thread, &as_expected), 0);
    pthread_join(thread, NULL);
    assert_true(as_expected);
    assert_int_equal(cow_error(), COW_RANGE);
}

static void every_reason_of_a_copy_has_its_own_text(void **state) {
    (void)state;
    for (int r = COW_REASON_SHARED; r <= COW_REASON_ALIAS; r++) {
        assert_true(strlen(cow_reason_text((cow_reason)r)) > 3);
        for (int q = COW_REASON_SHARED; q < r; q++)
            assert_string_not_equal(cow_reason_text((cow_reason)q), cow_reason_text((cow_reason)r));
    }
    assert_non_null(cow_reason_text((cow_reason)99));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(every_code_has_its_own_text), UNIT(a_code_nobody_knows_has_a_text_too),
        UNIT(a_failure_says_why),          UNIT(success_leaves_the_reason_alone),
        UNIT(each_thread_has_its_own),     UNIT(every_reason_of_a_copy_has_its_own_text),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
