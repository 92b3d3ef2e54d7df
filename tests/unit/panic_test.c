/* SPDX-License-Identifier: MIT */
/* debug: a program may bring its own COW_PANIC, and hears the whole sentence: the mistake, the type, and what to do. */
#define _POSIX_C_SOURCE 200809L
#include "kit.h"

#include <sys/wait.h>
#include <unistd.h>

static int channel[2];
static void own_panic(const char *message) { _exit(write(channel[1], message, strlen(message) + 1) > 0 ? 42 : 1); }
#define COW_PANIC(message) own_panic(message)
#ifndef COW_DEBUG
#define COW_DEBUG
#endif
#define COW_IMPLEMENTATION
#include "cow/cow.h"
#define COW_ARRAY numbers, int
#include "cow/cow.h"

static void the_programs_own_panic_is_called(void **state) {
    (void)state;
    char message[512] = "";
    int status = 0;
    assert_int_equal(pipe(channel), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        numbers a = {0};
        (void)numbers_push(&a, 1);
        (void)numbers_at(&a, 1);
        _exit(0);
    }
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    assert_true(read(channel[0], message, sizeof message - 1) > 0);
    assert_non_null(strstr(message, "index out of range"));
    assert_non_null(strstr(message, "numbers"));
    close(channel[0]);
    close(channel[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {UNIT(the_programs_own_panic_is_called)};
    return cmocka_run_group_tests_name("panic", tests, NULL, NULL);
}
