/* SPDX-License-Identifier: MIT */
/* What units need of cmocka, for machines that are emulated and have none. A test that fails ends the program. */
#ifndef CMOCKA_H
#define CMOCKA_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int (*cmocka_fixture)(void **state);

struct CMUnitTest {
    const char *name;
    void (*run)(void **state);
    cmocka_fixture set_up, tear_down;
    void *state;
};

static inline void cmocka_check(int holds, const char *what, const char *file, int line) {
    if (holds) return;
    fprintf(stderr, "%s:%d: FAILED: %s\n", file, line, what);
    fflush(NULL);
    abort();
}

#define CMOCKA_CHECK(holds, what) cmocka_check((holds) ? 1 : 0, what, __FILE__, __LINE__)
#define assert_true(a) CMOCKA_CHECK(a, #a)
#define assert_false(a) CMOCKA_CHECK(!(a), "not " #a)
#define assert_null(a) CMOCKA_CHECK((a) == NULL, #a " is NULL")
#define assert_non_null(a) CMOCKA_CHECK((a) != NULL, #a " is not NULL")
#define assert_ptr_equal(a, b) CMOCKA_CHECK((const void *)(a) == (const void *)(b), #a " is " #b)
#define assert_int_equal(a, b) CMOCKA_CHECK((uintmax_t)(a) == (uintmax_t)(b), #a " is " #b)
#define assert_int_not_equal(a, b) CMOCKA_CHECK((uintmax_t)(a) != (uintmax_t)(b), #a " is not " #b)
#define assert_memory_equal(a, b, n) CMOCKA_CHECK(memcmp(a, b, n) == 0, #a " holds what " #b " does")

#define cmocka_unit_test_prestate_setup_teardown(test, set_up, tear_down, state) \
    { #test, test, set_up, tear_down, state }
#define cmocka_unit_test_setup_teardown(test, set_up, tear_down) \
    { #test, test, set_up, tear_down, NULL }
#define cmocka_unit_test_prestate(test, state) \
    { #test, test, NULL, NULL, state }
#define cmocka_unit_test(test) \
    { #test, test, NULL, NULL, NULL }

static inline int cmocka_run(const struct CMUnitTest *tests, size_t n, cmocka_fixture begin, cmocka_fixture end) {
    void *group = NULL;
    if (begin) CMOCKA_CHECK(begin(&group) == 0, "the set-up of the group");
    for (size_t i = 0; i < n; i++) {
        void *state = tests[i].state;
        if (tests[i].set_up) CMOCKA_CHECK(tests[i].set_up(&state) == 0, tests[i].name);
        tests[i].run(&state);
        if (tests[i].tear_down) CMOCKA_CHECK(tests[i].tear_down(&state) == 0, tests[i].name);
    }
    if (end) CMOCKA_CHECK(end(&group) == 0, "the tear-down of the group");
    printf("[  PASSED  ] %zu test(s).\n", n);
    return 0;
}

#define cmocka_run_group_tests_name(name, tests, begin, end) \
    cmocka_run(tests, sizeof(tests) / sizeof *(tests), begin, end)

#endif
