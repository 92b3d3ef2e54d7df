/* SPDX-License-Identifier: MIT */
/* live: COW_TRACE and COW_DEBUG builds list the buffers that are alive by type, and COW_TRACE builds do so at exit. */
#define _POSIX_C_SOURCE 200809L
#include "arrays.h"

#include <sys/wait.h>
#include <unistd.h>

static struct { size_t types, ints_buffers, ints_bytes, tracks_buffers, frozen; } listing;

static void look(void *context, const char *type, size_t buffers, size_t bytes) {
    assert_ptr_equal(context, &listing);
    listing.types++;
    if (strcmp(type, "ints") == 0) {
        listing.ints_buffers += buffers;
        listing.ints_bytes += bytes;
    }
    if (strcmp(type, "tracks") == 0) listing.tracks_buffers += buffers;
    if (strstr(type, "frozen")) listing.frozen += buffers;
}

static void list(void) {
    memset(&listing, 0, sizeof listing);
    cow_live_each(look, &listing);
}

static void nothing_is_listed_when_nothing_lives(void **state) {
    (void)state;
    list();
    assert_int_equal(listing.types, 0);
}

static void buffers_are_listed_by_type_until_they_die(void **state) {
    (void)state;
    ints a = INTS(1, 2, 3), b = INTS(4), c = ints_copy(&a);
    tracks t = tracks_run(0, 5);
    list();
    assert_int_equal(listing.types, 2);
    assert_int_equal(listing.ints_buffers, 2); /* a and c share one */
    assert_true(listing.ints_bytes >= 4 * sizeof(int));
    assert_int_equal(listing.tracks_buffers, 1);
    ints_drop(&a);
    list();
    assert_int_equal(listing.ints_buffers, 2);
    ints_drop(&c);
    tracks_drop(&t);
    list();
    assert_int_equal(listing.ints_buffers, 1);
    assert_int_equal(listing.tracks_buffers, 0);
    for (int i = 0; i < 1000; i++) assert_true(ints_push(&b, i)); /* the entry moves along when the buffer is resized */
    list();
    assert_int_equal(listing.ints_buffers, 1);
    assert_true(listing.ints_bytes >= 1001 * sizeof(int));
    ints_drop(&b);
    list();
    assert_int_equal(listing.types, 0);
}

/* What `run` prints to stderr in a child process, until the child's exit. */
static void output_of(void (*run)(void), char *text, size_t room) {
    int channel[2];
    assert_int_equal(pipe(channel), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(channel[1], 2);
        close(channel[0]);
        run();
        exit(0); /* atexit handlers run */
    }
    close(channel[1]);
    size_t n = 0;
    ssize_t got;
    while ((got = read(channel[0], text + n, room - 1 - n)) > 0) n += (size_t)got;
    text[n] = 0;
    close(channel[0]);
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static ints lost, kept_frozen;
static void lose_one(void) { lost = INTS(1, 2, 3); }
static void lose_none(void) {
    ints a = INTS(1, 2, 3);
    ints_drop(&a);
}
static void lose_only_frozen(void) {
    kept_frozen = INTS(1, 2, 3);
    ints_freeze(&kept_frozen);
}
static void report(void) {
    lose_one();
    lose_only_frozen();
    cow_live_report(stderr);
    ints_drop(&lost);
}

static void the_report_names_types_and_frozen_ones(void **state) {
    (void)state;
    char text[4096];
    output_of(report, text, sizeof text);
    assert_non_null(strstr(text, "ints"));
    assert_non_null(strstr(text, "frozen"));
}

static void what_is_lost_is_reported_at_exit(void **state) {
    (void)state;
    char text[4096];
    output_of(lose_one, text, sizeof text);
#ifdef COW_TRACE
    assert_non_null(strstr(text, "ints"));
#else
    assert_null(strstr(text, "ints"));
#endif
    output_of(lose_none, text, sizeof text);
    assert_null(strstr(text, "ints"));
    output_of(lose_only_frozen, text, sizeof text); /* immortal by wish, not lost */
    assert_null(strstr(text, "ints"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(nothing_is_listed_when_nothing_lives),
        UNIT(buffers_are_listed_by_type_until_they_die),
        UNIT(the_report_names_types_and_frozen_ones),
        UNIT(what_is_lost_is_reported_at_exit),
    };
    return cmocka_run_group_tests_name("live", tests, NULL, NULL);
}
