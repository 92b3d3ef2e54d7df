/* SPDX-License-Identifier: MIT */
/* str: what a string is made of and how it is made: layout, the border between inline and far, literals, borrowed and adopted
   bytes, formats, files, allocator instances. */
#define _POSIX_C_SOURCE 200809L /* kit_files.h, mkfifo */
#include "kit.h"
#include "kit_files.h"
#include "strs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- layout ---- */

static void a_string_is_24_bytes_and_zero_is_empty(void **state) {
    (void)state;
    assert_int_equal(sizeof(cow_str), 24);
    cow_str s;
    memset(&s, 0, sizeof s);
    CHECK_TEXT(&s, "");
    assert_string_equal(cow_str_cstr(&s), "");
    assert_non_null(cow_str_data(&s));
    assert_int_equal(cow_str_capacity(&s), INLINE_MOST);
    assert_false(cow_str_is_shared(&s));
    assert_int_equal(cow_str_retained_bytes(&s), 0);
    assert_true(FAILS(cow_str_get(&s, 0) != NULL, COW_RANGE));
    cow_str t = cow_str_copy(&s);
    assert_true(str_is_zero(&t));
    cow_str_drop(&s);
    cow_str_drop(&s);
    assert_true(str_is_zero(&s));
}

static void up_to_22_bytes_live_in_the_handle(void **state) {
    (void)state;
    for (size_t n = 0; n <= 60; n++) {
        kit_fail_none();
        cow_str s = str_of(prose(), n);
        assert_int_equal(kit.calls, n > INLINE_MOST);
        CHECK_BYTES(&s, prose(), n);
        const char *p = cow_str_data(&s);
        bool inside = p >= (const char *)&s && p < (const char *)(&s + 1);
        assert_int_equal(inside, n <= INLINE_MOST);
        assert_int_equal(p[n], 0); /* terminated without being asked */
        assert_ptr_equal(cow_str_cstr(&s), p);
        assert_true(cow_str_capacity(&s) >= n && cow_str_capacity(&s) >= INLINE_MOST);
        if (n <= INLINE_MOST) assert_int_equal(cow_str_capacity(&s), INLINE_MOST);
        for (size_t i = 0; i < n; i++) {
            assert_ptr_equal(cow_str_get(&s, i), p + i);
            assert_int_equal(cow_str_at(&s, i), prose()[i]);
        }
        assert_true(FAILS(cow_str_get(&s, n) != NULL, COW_RANGE));
        assert_true(cow_str_retained_bytes(&s) >= (n > INLINE_MOST ? n + 1 : 0));
        if (n <= INLINE_MOST) assert_int_equal(cow_str_retained_bytes(&s), 0);
        cow_str_drop(&s);
        assert_true(str_is_zero(&s));
    }
}

/* A handle is plain bytes: it may be moved by memcpy, and its inline text goes along. */
static void a_handle_may_be_moved_as_bytes(void **state) {
    (void)state;
    for (size_t n = 0; n <= 30; n++) {
        cow_str s = str_of(prose(), n), moved;
        memcpy(&moved, &s, sizeof s);
        memset(&s, 0xdd, sizeof s);
        CHECK_BYTES(&moved, prose(), n);
        cow_str_drop(&moved);
    }
}

static void a_full_inline_string_is_terminated_within_itself(void **state) {
    (void)state;
    struct {
        cow_str s;
        unsigned char behind[8];
    } pair;
    memset(&pair, 0xee, sizeof pair);
    pair.s = str_of(prose() + 30, INLINE_MOST);
    assert_int_equal(cow_str_cstr(&pair.s)[INLINE_MOST], 0);
    CHECK_BYTES(&pair.s, prose() + 30, INLINE_MOST);
    for (size_t i = 0; i < sizeof pair.behind; i++) assert_int_equal(pair.behind[i], 0xee);
    cow_str_drop(&pair.s);
}

/* Bytes that could be taken for the mark that tells inline from far. */
static void no_last_byte_confuses_a_string(void **state) {
    (void)state;
    for (int c = 0; c < 256; c++) {
        for (size_t n = 1; n <= 24; n++) {
            char bytes[24];
            memset(bytes, c, n);
            cow_str s = str_of(bytes, n), t = cow_str_copy(&s);
            CHECK_BYTES(&t, bytes, n);
            assert_true(cow_str_append_byte(&t, (char)~c));
            CHECK_BYTES(&s, bytes, n);
            assert_int_equal(cow_str_at(&t, n), (char)~c);
            cow_str_drop(&s);
            cow_str_drop(&t);
        }
    }
}

/* ---- literals ---- */

static const cow_str table[] = {COW_STR_INIT("one"), COW_STR_INIT(""), COW_STR_INIT("a literal of more than 22 bytes"),
                                COW_STR_INIT("with\0zero")};

static void literals_cost_nothing_and_need_no_drop(void **state) {
    (void)state;
    kit_fail_none();
    cow_str s = COW_STR("hello"), t = COW_STR("a literal that is longer than 22 bytes"), u = COW_STR("");
    CHECK_TEXT(&s, "hello");
    CHECK_TEXT(&t, "a literal that is longer than 22 bytes");
    CHECK_TEXT(&u, "");
    CHECK_TEXT(&table[0], "one");
    CHECK_TEXT(&table[1], "");
    CHECK_TEXT(&table[2], "a literal of more than 22 bytes");
    CHECK_TEXT(&table[3], "with\0zero");
    cow_str copy = cow_str_copy(&t), slice = cow_str_slice(&t, 2, 30);
    CHECK_TEXT(&slice, "literal that is longer than ");
    assert_true(cow_str_same(&copy, &t));
    assert_int_equal(cow_str_retained_bytes(&t), 0);
    assert_int_equal(cow_str_capacity(&t), 0);
    assert_true(cow_str_is_shared(&t));
    assert_int_equal(kit.calls, 0);
    cow_str_drop(&copy);
    cow_str_drop(&slice);
}

static void a_change_of_a_literal_copies_it(void **state) {
    (void)state;
    cow_str t = cow_str_copy(&table[2]);
    kit_fail_none();
    assert_true(cow_str_append(&t, "!"));
    assert_int_equal(kit.calls, 1);
    CHECK_TEXT(&t, "a literal of more than 22 bytes!");
    CHECK_TEXT(&table[2], "a literal of more than 22 bytes");
    cow_str_drop(&t);
    t = cow_str_copy(&table[0]);
    kit_fail_none();
    assert_true(cow_str_append(&t, "-two"));
    assert_int_equal(kit.calls, 0); /* the result has at most 22 bytes: inline */
    assert_int_equal(cow_str_capacity(&t), INLINE_MOST);
    CHECK_TEXT(&t, "one-two");
    CHECK_TEXT(&table[0], "one");
}

static void a_literal_works_as_an_expression(void **state) {
    (void)state;
    cow_str s = STR_OF("key=value");
    cow_str key = COW_STR("key=");
    assert_true(cow_str_starts_with_str(&s, &key));
    char line[40];
    int n = snprintf(line, sizeof line, "[" COW_STR_FMT "]", COW_STR_ARG(&s));
    assert_int_equal(n, 11);
    assert_string_equal(line, "[key=value]");
    cow_str_drop(&s);
}

/* ---- made from text, bytes, formats ---- */

static void from_text_and_bytes(void **state) {
    (void)state;
    cow_str s = {0};
    assert_true(cow_str_from(&s, ""));
    CHECK_TEXT(&s, "");
    assert_true(cow_str_from(&s, "short"));
    CHECK_TEXT(&s, "short");
    assert_true(cow_str_from_bytes(&s, "zero\0inside", 11));
    CHECK_TEXT(&s, "zero\0inside");
    assert_true(cow_str_from_bytes(&s, NULL, 0));
    CHECK_TEXT(&s, "");
    assert_true(cow_str_from(&s, "a text that does not fit into a handle"));
    CHECK_TEXT(&s, "a text that does not fit into a handle");
    cow_str_drop(&s);
}

static bool from_list(cow_str *out, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    bool said = cow_str_from_vformat(out, format, arguments);
    va_end(arguments);
    return said;
}
static bool append_list(cow_str *s, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    bool said = cow_str_append_vformat(s, format, arguments);
    va_end(arguments);
    return said;
}

static void formats_print_like_printf(void **state) {
    (void)state;
    for (int width = 0; width < 700; width += width < 40 ? 1 : 97) {
        char line[1024];
        int n = snprintf(line, sizeof line, "%s|%*d|%c", "x", width, 42, 0);
        assert_true(n > 0);
        cow_str s = {0}, t = {0};
        assert_true(cow_str_from_format(&s, "%s|%*d|%c", "x", width, 42, 0));
        assert_true(from_list(&t, "%s|%*d|%c", "x", width, 42, 0));
        CHECK_BYTES(&s, line, (size_t)n);
        CHECK_BYTES(&t, line, (size_t)n);
        assert_true(append_list(&s, "%.*s", width, "0123456789"));
        assert_int_equal(cow_str_len(&s), (size_t)n + (size_t)(width < 10 ? width : 10));
        cow_str_drop(&s);
        cow_str_drop(&t);
    }
    cow_str s = {0};
    assert_true(cow_str_from_format(&s, "%s", ""));
    CHECK_TEXT(&s, "");
}

static void a_format_that_cannot_be_printed(void **state) {
    (void)state;
    cow_str s = STR_OF("as before"), out, before;
    memset(&out, 0xa5, sizeof out);
    before = out;
    const wchar_t impossible[] = {(wchar_t)0x7fffff00, 0}; /* no multibyte sequence in any locale */
    assert_true(FAILS(cow_str_from_format(&out, "%ls", impossible), COW_INVALID));
    assert_memory_equal(&out, &before, sizeof out);
    assert_true(FAILS(cow_str_append_format(&s, "more %ls", impossible), COW_INVALID));
    CHECK_TEXT(&s, "as before");
    assert_string_equal(cow_str_cstr(&s), "as before");
    cow_str_drop(&s);
}

/* Printed in place when there is room: what was there must not be lost while it is being measured. */
static void formats_append_across_the_borders(void **state) {
    (void)state;
    for (size_t n = 0; n <= 30; n++) {
        for (int more = 0; more <= 30; more++) {
            cow_str s = str_of(prose() + 60, n);
            char line[80];
            memcpy(line, prose() + 60, n);
            memset(line + n, ' ', (size_t)more);
            if (more) line[n + (size_t)more - 1] = '7';
            assert_true(more ? cow_str_append_format(&s, "%*d", more, 7) : cow_str_append_format(&s, "%s", ""));
            CHECK_BYTES(&s, line, n + (size_t)more);
            assert_int_equal(cow_str_cstr(&s)[n + (size_t)more], 0);
            cow_str_drop(&s);
        }
    }
}

/* ---- capacity and allocator instances ---- */

static void capacity_is_room_without_allocation(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 22, 23, 24, 100, 4096};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        cow_str s = {0};
        assert_true(cow_str_with_capacity(&s, sizes[i]));
        CHECK_TEXT(&s, "");
        size_t room = cow_str_capacity(&s);
        assert_true(room >= sizes[i] && room >= INLINE_MOST);
        kit_fail_none();
        for (size_t n = 0; n < room; n++) assert_true(cow_str_append_byte(&s, 'x'));
        assert_int_equal(kit.calls, 0);
        assert_int_equal(cow_str_capacity(&s), room);
        assert_true(cow_str_append_byte(&s, 'y'));
        assert_int_equal(kit.calls, 1);
        cow_str_drop(&s);
    }
}

static struct { size_t allocs, resizes, releases; } used;
static void *counted_alloc(void *context, size_t size) {
    assert_ptr_equal(context, &used);
    used.allocs++;
    return kit_malloc(size);
}
static void *counted_resize(void *context, void *p, size_t old_size, size_t new_size) {
    assert_ptr_equal(context, &used);
    used.resizes++;
    return kit_realloc(p, old_size, new_size);
}
static void counted_release(void *context, void *p, size_t size) {
    assert_ptr_equal(context, &used);
    used.releases++;
    kit_free(p, size);
}
static const cow_alloc counted = {counted_alloc, counted_resize, counted_release, &used};

static void an_instance_serves_even_short_strings(void **state) {
    (void)state;
    memset(&used, 0, sizeof used);
    cow_str s = {0};
    assert_true(cow_str_new_in(&s, 3, &counted));
    assert_int_equal(used.allocs, 1);
    CHECK_TEXT(&s, "");
    assert_true(cow_str_append(&s, "abc"));
    assert_int_equal(used.allocs, 1);
    assert_int_equal(used.resizes, 0);
    CHECK_TEXT(&s, "abc");
    /* Growth and copies stay with the instance, as long as the text is too long for the handle. */
    assert_true(cow_str_reserve(&s, 30) && cow_str_append(&s, "a text that is too long for the handle"));
    for (int i = 0; i < 100; i++) assert_true(cow_str_append(&s, "defg"));
    size_t allocs = used.allocs;
    cow_str t = cow_str_copy(&s);
    assert_true(cow_str_set(&t, 0, 'x'));
    assert_int_equal(used.allocs, allocs + 1);
    cow_str_drop(&s);
    cow_str_drop(&t);
    assert_int_equal(used.releases, used.allocs);
}

/* ---- borrowed ---- */

static void borrowed_bytes_are_read_where_they_are(void **state) {
    (void)state;
    char *block = exact_block("borrowed without an end", 23);
    kit_fail_none();
    cow_str s = cow_str_borrow(block, 23), short_one = cow_str_borrow(block, 3), nothing = cow_str_borrow(NULL, 0);
    CHECK_TEXT(&nothing, "");
    assert_string_equal(cow_str_cstr(&nothing), "");
    assert_ptr_equal(cow_str_data(&s), block);
    assert_ptr_equal(cow_str_data(&short_one), block);
    assert_int_equal(cow_str_capacity(&s), 0);
    assert_int_equal(cow_str_retained_bytes(&s), 0);
    assert_true(cow_str_is_shared(&s));
    assert_int_equal(kit.calls, 0);
    assert_string_equal(cow_str_cstr(&short_one), "bor");
    assert_int_equal(kit.calls, 0); /* short enough for the handle */
    assert_string_equal(cow_str_cstr(&s), "borrowed without an end");
    assert_int_equal(kit.calls, 1); /* nobody may write behind what is lent */
    assert_ptr_not_equal(cow_str_data(&s), block);
    cow_str_drop(&s);
    cow_str_drop(&short_one);
    assert_memory_equal(block, "borrowed without an end", 23);
    free(block);
}

/* ---- adopted ---- */

static struct {
    size_t calls;
    const void *p;
    size_t n;
} released;

static void release_it(void *context, const void *p, size_t n) {
    assert_ptr_equal(context, &released);
    released.calls++;
    released.p = p;
    released.n = n;
}

static void adopted_bytes_are_released_once_by_the_last(void **state) {
    (void)state;
    static const size_t sizes[] = {23, 40, 512, 513, 700};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        for (int order = 0; order < 6; order++) {
            size_t n = sizes[i];
            char *block = exact_block(prose(), n);
            memset(&released, 0, sizeof released);
            cow_str s = {0};
            assert_true(cow_str_adopt(&s, block, n, release_it, &released));
            assert_ptr_equal(cow_str_data(&s), block);
            assert_int_equal(cow_str_capacity(&s), 0);
            if (!KIT_KEEPS_DEAD) assert_int_equal(cow_str_retained_bytes(&s), kit.bytes + n);
            cow_str all[3] = {s, cow_str_copy(&s), cow_str_slice(&s, 1, n)};
            bool shares = cow_str_data(&all[2]) == block + 1;
            assert_int_equal(shares, n - 1 > COPIED_MOST);
            static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
            for (int k = 0; k < 3; k++) {
                CHECK_BYTES(&all[orders[order][k]], orders[order][k] == 2 ? prose() + 1 : prose(),
                            orders[order][k] == 2 ? n - 1 : n);
                cow_str_drop(&all[orders[order][k]]);
                if (k < 2 && shares) assert_int_equal(released.calls, 0);
            }
            assert_int_equal(released.calls, 1);
            assert_ptr_equal(released.p, block);
            assert_int_equal(released.n, n);
            free(block);
        }
    }
}

static void short_adopted_bytes_are_released_at_once(void **state) {
    (void)state;
    for (size_t n = 0; n <= INLINE_MOST; n++) {
        char *block = exact_block(prose(), n);
        memset(&released, 0, sizeof released);
        kit_fail_none();
        cow_str s = {0};
        assert_true(cow_str_adopt(&s, block, n, release_it, &released));
        assert_int_equal(released.calls, 1);
        assert_ptr_equal(released.p, block);
        assert_int_equal(released.n, n);
        assert_int_equal(kit.calls, 0);
        memset(block, 0xdd, n ? n : 1);
        free(block);
        CHECK_BYTES(&s, prose(), n);
        cow_str_drop(&s);
        assert_int_equal(released.calls, 1);
    }
}

static void a_change_of_an_adopted_string_copies_and_releases(void **state) {
    (void)state;
    char *block = exact_block(prose(), 100);
    memset(&released, 0, sizeof released);
    cow_str s = {0};
    assert_true(cow_str_adopt(&s, block, 100, release_it, &released));
    assert_int_equal(released.calls, 0);
    assert_true(cow_str_append(&s, "x"));
    assert_int_equal(released.calls, 1);
    assert_memory_equal(block, prose(), 100);
    cow_str_drop(&s);
    assert_int_equal(released.calls, 1);
    free(block);
}

static void a_failed_adoption_leaves_the_bytes_with_the_caller(void **state) {
    (void)state;
    char *block = exact_block(prose(), 100);
    memset(&released, 0, sizeof released);
    cow_str s = {0};
    kit_fail(1, true);
    assert_true(FAILS(cow_str_adopt(&s, block, 100, release_it, &released), COW_NOMEM));
    kit_fail_none();
    assert_true(str_is_zero(&s));
    assert_int_equal(released.calls, 0);
    free(block);
}

/* ---- files ---- */

static char path[64];

static void write_file(const void *p, size_t n) {
    int file = kit_file(path);
    assert_true(write(file, p, n) == (ssize_t)n);
    close(file);
}

static void files_of_every_size(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 22, 23, 511, 512, 4095, 4096, 4097, 65536, 300001};
    char *bytes = malloc(300001);
    assert_non_null(bytes);
    for (size_t i = 0; i < 300001; i++) bytes[i] = (char)(i * i >> 3);
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        write_file(bytes, sizes[i]);
        cow_str s = {0};
        assert_true(cow_str_from_file(&s, path));
        CHECK_BYTES(&s, bytes, sizes[i]);
        assert_int_equal(cow_str_cstr(&s)[sizes[i]], 0);
        cow_str_drop(&s);
        unlink(path);
    }
    free(bytes);
}

static void files_that_are_not_there(void **state) {
    (void)state;
    cow_str out, before;
    memset(&out, 0xa5, sizeof out);
    before = out;
    assert_true(FAILS(cow_str_from_file(&out, "/no such folder/no such file"), COW_ABSENT));
    assert_true(FAILS(cow_str_from_file(&out, ""), COW_ABSENT));
    assert_true(FAILS(cow_str_from_file(&out, "/tmp"), COW_IO)); /* a folder opens, but has no bytes to read */
    assert_int_equal(errno, EISDIR);
    assert_memory_equal(&out, &before, sizeof out);
}

/* A pipe does not say its size, and gives what it has in pieces. */
static void *feed_pipe(void *name) {
    int end = open(name, O_WRONLY);
    if (end < 0) return NULL;
    for (size_t i = 0; i < 100; i++) {
        static char piece[1000];
        memset(piece, (int)('a' + i % 26), sizeof piece);
        if (write(end, piece, sizeof piece) != (ssize_t)sizeof piece) break;
    }
    close(end);
    return NULL;
}

static void a_file_that_does_not_know_its_size(void **state) {
    (void)state;
    snprintf(path, sizeof path, "/tmp/cow_str_test.%ld", (long)getpid());
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    pthread_t feeder;
    assert_int_equal(pthread_create(&feeder, NULL, feed_pipe, path), 0);
    cow_str s = {0};
    assert_true(cow_str_from_file(&s, path));
    pthread_join(feeder, NULL);
    unlink(path);
    assert_int_equal(cow_str_len(&s), 100000);
    for (size_t i = 0; i < 100000; i++) assert_int_equal(cow_str_at(&s, i), 'a' + (int)(i / 1000 % 26));
    cow_str_drop(&s);
}

/* ---- errors have texts ---- */

static void the_new_errors_have_texts(void **state) {
    (void)state;
    assert_true(COW_IO == 8 && COW_INVALID == 9);
    assert_string_not_equal(cow_error_text(COW_IO), cow_error_text(COW_INVALID));
    assert_string_not_equal(cow_error_text(COW_IO), cow_error_text(COW_NOMEM));
    assert_string_not_equal(cow_error_text(COW_IO), cow_error_text((cow_error_code)99));
    assert_string_not_equal(cow_error_text(COW_INVALID), cow_error_text((cow_error_code)99));
}

/* The handle is not touched before all is printed, also when the result does not fit the first try. */
static void a_format_may_print_the_very_string(void **state) {
    (void)state;
    cow_str s;
    KIT_CHECK(cow_str_from(&s, "abc"));
    KIT_CHECK(cow_str_from_format(&s, "%s%300d", cow_str_cstr(&s), 1));
    KIT_CHECK(cow_str_len(&s) == 303 && cow_str_starts_with(&s, "abc  ") && cow_str_ends_with(&s, "1"));
    cow_str_drop(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(a_string_is_24_bytes_and_zero_is_empty),
        UNIT(up_to_22_bytes_live_in_the_handle),
        UNIT(a_handle_may_be_moved_as_bytes),
        UNIT(a_full_inline_string_is_terminated_within_itself),
        UNIT(no_last_byte_confuses_a_string),
        UNIT(literals_cost_nothing_and_need_no_drop),
        UNIT(a_change_of_a_literal_copies_it),
        UNIT(a_literal_works_as_an_expression),
        UNIT(from_text_and_bytes),
        UNIT(formats_print_like_printf),
        UNIT(a_format_that_cannot_be_printed),
        UNIT(formats_append_across_the_borders),
        UNIT(capacity_is_room_without_allocation),
        UNIT(an_instance_serves_even_short_strings),
        UNIT(borrowed_bytes_are_read_where_they_are),
        UNIT(adopted_bytes_are_released_once_by_the_last),
        UNIT(short_adopted_bytes_are_released_at_once),
        UNIT(a_change_of_an_adopted_string_copies_and_releases),
        UNIT(a_failed_adoption_leaves_the_bytes_with_the_caller),
        UNIT(files_of_every_size),
        UNIT(files_that_are_not_there),
        UNIT(a_format_may_print_the_very_string),
        UNIT(a_file_that_does_not_know_its_size),
        UNIT(the_new_errors_have_texts),
    };
    return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
