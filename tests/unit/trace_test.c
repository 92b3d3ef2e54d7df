/* SPDX-License-Identifier: MIT */
/*
 * trace: in a COW_TRACE build a hook sees every real copy, with its type, size and reason, and the site leads to the line of
 * the user's code that caused it. This test asks addr2line -i for that line, so it is linked without PIE and with -g.
 */
#define _POSIX_C_SOURCE 200809L /* popen, getpid */
#ifndef COW_TRACE
#define COW_TRACE
#endif
#ifndef COW_STATS
#define COW_STATS
#endif
#include "arrays.h"

#include <unistd.h>

static struct {
    cow_trace_event last;
    size_t events;
} seen;

static void remember(void *context, const cow_trace_event *event) {
    assert_ptr_equal(context, &seen);
    seen.last = *event;
    seen.events++;
}

static int start_tracing(void **state) {
    kit_setup(state);
    memset(&seen, 0, sizeof seen);
    cow_trace_set(remember, &seen);
    return 0;
}

static int stop_tracing(void **state) {
    cow_trace_set(NULL, NULL);
    return kit_teardown(state);
}

/* One event happened, with this type, number of elements and reason. */
static void check_event(const char *type, size_t elements, size_t size, cow_reason reason) {
    assert_int_equal(seen.events, 1);
    assert_string_equal(seen.last.type, type);
    assert_int_equal(seen.last.elements, elements);
    assert_int_equal(seen.last.bytes, elements * size);
    if (seen.last.reason != reason) fail_msg("reason: %s", cow_reason_text(seen.last.reason));
    seen.events = 0;
}

/* The chain of inlined calls at the site has this file's line in it. */
static void check_site(int line) {
    char command[512], text[1024], wanted[64];
    bool there = false;
    /* A return address lies behind its call: one byte back is inside it. */
    snprintf(command, sizeof command, "addr2line -i -e /proc/%ld/exe %p", (long)getpid(),
             (const void *)((const char *)seen.last.site - 1));
    snprintf(wanted, sizeof wanted, "trace_test.c:%d", line);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    while (fgets(text, sizeof text, pipe)) {
        const char *at = strstr(text, wanted);
        char after = at ? at[strlen(wanted)] : 'x';
        there |= at && (after == '\n' || after == ' ');
    }
    assert_int_equal(pclose(pipe), 0);
    if (!there) fail_msg("%s does not lead to %s", command, wanted);
}

static void a_write_to_a_shared_value(void **state) {
    (void)state;
    ints a = INTS(1, 2, 3), b = ints_copy(&a);
    assert_int_equal(seen.events, 0);
    assert_true(ints_set(&b, 0, 9));
    check_event("ints", 3, sizeof(int), COW_REASON_SHARED);
    assert_true(ints_set(&b, 0, 8));
    assert_int_equal(seen.events, 0); /* alone: no copy */
    ints_drop(&a);
    ints_drop(&b);
}

static void an_append_without_room(void **state) {
    (void)state;
    ints a = INTS(1, 2, 3);
    assert_true(ints_shrink(&a));
    ints b = ints_copy(&a);
    assert_true(ints_push(&b, 4));
    check_event("ints", 3, sizeof(int), COW_REASON_TAIL_FULL);
    ints_drop(&a);
    ints_drop(&b);
}

static void an_append_that_lost_the_tail(void **state) {
    (void)state;
    ints a = INTS(1, 2, 3);
    assert_true(ints_reserve(&a, 10));
    ints b = ints_copy(&a);
    assert_true(ints_push(&a, 4));
    assert_int_equal(seen.events, 0);
    assert_true(ints_push(&b, 5));
    check_event("ints", 3, sizeof(int), COW_REASON_TAIL_TAKEN);
    ints_drop(&a);
    ints_drop(&b);
}

static void a_write_to_a_borrowed_value(void **state) {
    (void)state;
    static const int literal[] = {1, 2, 3, 4, 5};
    ints a = ints_borrow(literal, 5);
    assert_non_null(ints_mut(&a, 2));
    check_event("ints", 5, sizeof(int), COW_REASON_BORROWED);
    ints_drop(&a);
}

static void an_insertion_of_its_own_elements(void **state) {
    (void)state;
    tracks a = tracks_run(0, 3);
    assert_true(tracks_insert_n(&a, 1, a.p, 3)); /* alone, but its own elements are read while they would move */
    check_event("tracks", 3, sizeof(tracked), COW_REASON_ALIAS);
    CHECK_TRACKS(&a, 0, 0, 1, 2, 1, 2);
    tracks_drop(&a);
}

static void what_copies_nothing_is_not_seen(void **state) {
    (void)state;
    tracks a = tracks_run(0, 50), b = tracks_copy(&a), c = tracks_slice(&a, 1, 3);
    assert_true(tracks_pop(&a, NULL) && tracks_truncate(&b, 3) && tracks_pop_front(&c, NULL));
    tracks_drop(&b);
    tracks_drop(&c);
    assert_true(tracks_erase(&a, 3) && tracks_insert(&a, 2, tracked_make(1)) && tracks_sort(&a) && tracks_reverse(&a));
    tracks_drop(&a);
    assert_int_equal(seen.events, 0);
}

/* The call stands on the line that the macro is used on. */
#define CHECK_SITE(call)      \
    do {                      \
        bool said = (call);   \
        assert_true(said);    \
        check_site(__LINE__); \
        ints_assign(&b, &a);  \
    } while (0)

static void the_site_is_the_line_of_the_call(void **state) {
    (void)state;
    ints a = INTS(3, 2, 1), b = ints_copy(&a);
    CHECK_SITE(ints_set(&b, 0, 9));
    CHECK_SITE(ints_push(&b, 4));
    CHECK_SITE(ints_insert(&b, 1, 4));
    CHECK_SITE(ints_sort(&b));
    CHECK_SITE(ints_mut(&b, 1) != NULL);
    CHECK_SITE(ints_edit(&b) != NULL);
    CHECK_SITE(ints_reverse(&b));
    CHECK_SITE(ints_resize(&b, 5, NULL));
    CHECK_SITE(ints_erase(&b, 1));
    ints_drop(&a);
    ints_drop(&b);
}

/* A site inside a helper names the helper's line, and the inlined chain its caller when the helper was inlined. */
static bool helper(ints *a) { return ints_set(a, 0, 1); }
static const int helper_line = __LINE__ - 1;

static void the_site_may_lie_in_a_helper(void **state) {
    (void)state;
    ints a = INTS(1, 2, 3), b = ints_copy(&a);
    assert_true(helper(&b));
    check_site(helper_line);
    ints_drop(&a);
    ints_drop(&b);
}

/* A callback that works on another container, whose calls have sites of their own. */
static bool keep_and_note(const int *e, void *context) {
    assert_true(ints_push(context, *e));
    return *e != 2;
}

static void the_site_is_not_in_a_callback(void **state) {
    (void)state;
    ints a = INTS(3, 2, 1), b = ints_copy(&a), noted = {0};
    CHECK_SITE(ints_retain_if(&b, keep_and_note, &noted));
    assert_int_equal(seen.events, 1);
    assert_int_equal(seen.last.reason, COW_REASON_SHARED);
    CHECK_INTS(&noted, 3, 2, 1);
    ints_drop(&a);
    ints_drop(&b);
    ints_drop(&noted);
}

#define COW_ARRAY recursives, long
#define COW_RECURSIVE
#include "cow/cow.h"

/* Room or not, tail taken or not: such a type never claims, so nothing was lost and nothing was full. */
static void an_append_of_a_recursive_type(void **state) {
    (void)state;
    recursives a = {0};
    assert_true(recursives_push(&a, 1));
    for (int room = 0; room < 2; room++) {
        assert_true(room ? recursives_reserve(&a, 10) : recursives_shrink(&a));
        recursives b = recursives_copy(&a), c = recursives_copy(&a);
        cow_stats_reset();
        assert_true(recursives_push(&b, 2));
        check_event("recursives", 1, sizeof(long), COW_REASON_SHARED);
        assert_true(recursives_push(&c, 3));
        check_event("recursives", 1, sizeof(long), COW_REASON_SHARED);
        cow_stats stats;
        assert_true(cow_stats_get(&stats));
        assert_int_equal(stats.tail_claims, 0);
        assert_int_equal(stats.tail_claims_lost, 0);
        recursives_drop(&b);
        recursives_drop(&c);
    }
    recursives_drop(&a);
}

/* ---- strings ---- */

static const char long_text[] = "a text that is too long to live in the handle itself";
enum { LONG = sizeof long_text - 1 };

static void a_write_to_a_shared_string(void **state) {
    (void)state;
    cow_str a = {0};
    assert_true(cow_str_from(&a, long_text));
    cow_str b = cow_str_copy(&a);
    assert_true(cow_str_reserve(&b, 100));
    check_event("cow_str", LONG, 1, COW_REASON_SHARED);
    assert_true(cow_str_append(&b, "!") && cow_str_insert(&b, 3, "!") && cow_str_set(&a, 0, 'A'));
    assert_int_equal(seen.events, 0); /* both are alone */
    cow_str_drop(&a);
    cow_str_drop(&b);
}

static void a_write_to_a_literal(void **state) {
    (void)state;
    cow_str s = COW_STR("a literal that is too long to live in the handle"), t = cow_str_borrow(long_text, LONG);
    assert_non_null(cow_str_edit(&s));
    check_event("cow_str", 48, 1, COW_REASON_BORROWED);
    assert_true(cow_str_append(&t, "!"));
    check_event("cow_str", LONG, 1, COW_REASON_BORROWED);
    cow_str_drop(&s);
    cow_str_drop(&t);
}

static void a_string_inserted_into_itself(void **state) {
    (void)state;
    cow_str s = {0};
    assert_true(cow_str_from(&s, long_text) && cow_str_insert_str(&s, 2, &s));
    check_event("cow_str", LONG, 1, COW_REASON_ALIAS);
    cow_str_drop(&s);
}

static void strings_that_copy_nothing_are_not_seen(void **state) {
    (void)state;
    cow_str s = {0}, small = {0};
    assert_true(cow_str_from(&s, long_text) && cow_str_from(&small, "in the handle"));
    cow_str copy = cow_str_copy(&small), other = cow_str_copy(&s);
    assert_true(cow_str_append(&copy, "!") && cow_str_set(&small, 0, 'I'));
    cow_str_drop(&other);
    for (int i = 0; i < 100; i++) assert_true(cow_str_append(&s, "growing"));
    assert_true(cow_str_to_upper(&s) && cow_str_reverse(&s) && cow_str_erase(&s, 5) && cow_str_truncate(&s, 30));
    assert_int_equal(seen.events, 0);
    cow_str_drop(&s);
}

#define CHECK_STR_SITE(call)    \
    do {                        \
        bool said = (call);     \
        assert_true(said);      \
        check_site(__LINE__);   \
        cow_str_assign(&b, &a); \
    } while (0)

static void the_site_of_a_string_is_the_line_of_the_call(void **state) {
    (void)state;
    cow_str a = {0};
    assert_true(cow_str_from(&a, long_text));
    cow_str b = cow_str_copy(&a);
    CHECK_STR_SITE(cow_str_set(&b, 0, 'x'));
    CHECK_STR_SITE(cow_str_append(&b, "x"));
    CHECK_STR_SITE(cow_str_append_byte(&b, 'x'));
    CHECK_STR_SITE(cow_str_append_str(&b, &a));
    CHECK_STR_SITE(cow_str_append_int(&b, 5));
    CHECK_STR_SITE(cow_str_append_format(&b, "%d", 5));
    CHECK_STR_SITE(cow_str_prepend(&b, "x"));
    CHECK_STR_SITE(cow_str_insert(&b, 1, "x"));
    CHECK_STR_SITE(cow_str_erase(&b, 1));
    CHECK_STR_SITE(cow_str_replace(&b, 1, 2, "x"));
    CHECK_STR_SITE(cow_str_replace_all(&b, "l", "L"));
    CHECK_STR_SITE(cow_str_edit(&b) != NULL);
    CHECK_STR_SITE(cow_str_reverse(&b));
    CHECK_STR_SITE(cow_str_fill(&b, '.'));
    CHECK_STR_SITE(cow_str_to_upper(&b));
    CHECK_STR_SITE(cow_str_resize(&b, 100, '.'));
    CHECK_STR_SITE(cow_str_reserve(&b, 100));
    CHECK_STR_SITE(cow_str_append_code_point(&b, 0x20ac));
    cow_str_drop(&a);
    cow_str_drop(&b);
}

#define TRACED(test) cmocka_unit_test_setup_teardown(test, start_tracing, stop_tracing)

int main(void) {
    const struct CMUnitTest tests[] = {
        TRACED(a_write_to_a_shared_value),
        TRACED(an_append_without_room),
        TRACED(an_append_that_lost_the_tail),
        TRACED(a_write_to_a_borrowed_value),
        TRACED(an_insertion_of_its_own_elements),
        TRACED(what_copies_nothing_is_not_seen),
        TRACED(the_site_is_the_line_of_the_call),
        TRACED(the_site_may_lie_in_a_helper),
        TRACED(the_site_is_not_in_a_callback),
        TRACED(an_append_of_a_recursive_type),
        TRACED(a_write_to_a_shared_string),
        TRACED(a_write_to_a_literal),
        TRACED(a_string_inserted_into_itself),
        TRACED(strings_that_copy_nothing_are_not_seen),
        TRACED(the_site_of_a_string_is_the_line_of_the_call),
    };
    return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
