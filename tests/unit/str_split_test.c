/* SPDX-License-Identifier: MIT */
/* str_split: fields, lines and words against a naive loop; iterators that outlive a change of what they walk over; joining. */
#include "kit.h"
#include "strs.h"

/* The fields an iterator yields, between bars: "|a||b|". The iterator is used up. */
static const char *fields_of(cow_str_split it) {
    static char out[4096];
    size_t n = 0;
    cow_str field = {0};
    out[n++] = '|';
    while (cow_str_split_next(&it, &field)) {
        KIT_CHECK(n + cow_str_len(&field) + 2 < sizeof out);
        memcpy(out + n, cow_str_data(&field), cow_str_len(&field));
        n += cow_str_len(&field);
        out[n++] = '|';
    }
    KIT_CHECK(str_is_zero(&field) && "at the end the field is empty");
    KIT_CHECK(!cow_str_split_next(&it, &field) && "and stays at the end");
    out[n] = 0;
    return out;
}

static const char *space_of(const char *sample) {
    cow_str s = str_of(sample, strlen(sample));
    cow_str_split it = cow_str_split_space(&s);
    cow_str_drop(&s); /* the iterator holds its own copy */
    return fields_of(it);
}

static const char *lines_of(const char *sample) {
    cow_str s = str_of(sample, strlen(sample));
    cow_str_split it = cow_str_split_lines(&s);
    cow_str_drop(&s);
    return fields_of(it);
}

static void separators_of_one_byte(void **state) {
    (void)state;
    static const char *const samples[][2] = {
        {"", "||"},           {",", "|||"},
        {"a", "|a|"},         {"a,b", "|a|b|"},
        {"a,,b", "|a||b|"},   {",a", "||a|"},
        {"a,", "|a||"},       {",,,", "|||||"},
        {"a b;c", "|a b;c|"}, {"one,a field of more than 22 bytes,three", "|one|a field of more than 22 bytes|three|"},
    };
    for (size_t i = 0; i < LENGTH(samples); i++) {
        cow_str s = str_of(samples[i][0], strlen(samples[i][0])), comma = STR_OF(",");
        assert_string_equal(fields_of(cow_str_split_byte(&s, ',')), samples[i][1]);
        assert_string_equal(fields_of(cow_str_split_by(&s, ",")), samples[i][1]);
        assert_string_equal(fields_of(cow_str_split_by_bytes(&s, ",x", 1)), samples[i][1]);
        assert_string_equal(fields_of(cow_str_split_by_str(&s, &comma)), samples[i][1]);
        assert_string_equal(fields_of(cow_str_split_any(&s, ",\x01")), samples[i][1]);
        cow_str_drop(&s);
    }
    cow_str zero = str_of("a\0b", 3);
    assert_string_equal(fields_of(cow_str_split_byte(&zero, 0)), "|a|b|");
}

static void longer_separators(void **state) {
    (void)state;
    static const char *const samples[][3] = {
        {"a--b--c", "--", "|a|b|c|"},
        {"a---b", "--", "|a|-b|"},
        {"----", "--", "||||"},
        {"-", "--", "|-|"},
        {"", "--", "||"},
        {"abc", "", "|abc|"},
        {"", "", "||"},
        {"aXYbXYZ", "XYZ", "|aXYb||"},
        {"left, right", ", ", "|left|right|"},
        {"a separator longer than the text", "a separator that is longer than the text",
         "|a separator longer than the text|"},
    };
    for (size_t i = 0; i < LENGTH(samples); i++) {
        cow_str s = str_of(samples[i][0], strlen(samples[i][0]));
        cow_str by = str_of(samples[i][1], strlen(samples[i][1]));
        assert_string_equal(fields_of(cow_str_split_by(&s, samples[i][1])), samples[i][2]);
        assert_string_equal(fields_of(cow_str_split_by_str(&s, &by)), samples[i][2]);
        cow_str_split it = cow_str_split_by_bytes(&s, cow_str_data(&by), cow_str_len(&by));
        cow_str_drop(&by); /* the separator is copied */
        assert_string_equal(fields_of(it), samples[i][2]);
        cow_str_drop(&s);
    }
}

static void a_set_of_separators(void **state) {
    (void)state;
    cow_str s = STR_OF("a,b;c,;d");
    assert_string_equal(fields_of(cow_str_split_any(&s, ",;")), "|a|b|c||d|");
    assert_string_equal(fields_of(cow_str_split_any(&s, "")), "|a,b;c,;d|");
    cow_str high = STR_OF("a\xff"
                          "b\x80"
                          "c");
    assert_string_equal(fields_of(cow_str_split_any(&high, "\x80\xff")), "|a|b|c|");
    char set[] = ";,";
    cow_str_split it = cow_str_split_any(&s, set);
    memset(set, 'x', 2); /* the set is copied, too */
    assert_string_equal(fields_of(it), "|a|b|c||d|");
}

/* What ended each field, as text: '$' for the end of the whole. The iterator is used up. */
static const char *ends_of(cow_str_split it) {
    static char out[100];
    size_t n = 0;
    cow_str field = {0};
    while (cow_str_split_next(&it, &field)) {
        int by = cow_str_split_ended_by(&it);
        KIT_CHECK(n + 1 < sizeof out);
        out[n++] = by == -1 ? '$' : (char)by;
    }
    KIT_CHECK(cow_str_split_ended_by(&it) == -1);
    out[n] = 0;
    return out;
}

static void what_ended_a_field_can_be_told(void **state) {
    (void)state;
    for (int counted = 0; counted < 2; counted++) { /* short fields of counted texts are given by a shorter path */
        static const char long_tail[] = " and a tail that makes it far without any separator";
        cow_str s = STR_OF("a,b\nc,,d"), lines = STR_OF("a\nb\r\n\nc"), words = STR_OF(" a b\tc\n"),
                high = STR_OF("a\xff"
                              "b");
        if (counted) {
            assert_true(cow_str_append(&s, long_tail) && cow_str_append(&lines, long_tail));
            assert_true(cow_str_append(&high, long_tail));
        }
        assert_string_equal(ends_of(cow_str_split_any(&s, ",\n")), ",\n,,$");
        assert_string_equal(ends_of(cow_str_split_byte(&s, ',')), ",,,$");
        assert_string_equal(ends_of(cow_str_split_by(&s, "b\n")), "\n$");
        assert_string_equal(ends_of(cow_str_split_by(&s, "")), "$");
        assert_string_equal(ends_of(cow_str_split_lines(&lines)), "\n\n\n$");
        assert_string_equal(ends_of(cow_str_split_space(&words)), " \t\n");
        assert_string_equal(ends_of(cow_str_split_byte(&high, '\xff')), "\xff$"); /* a byte, not a negative number */
        cow_str_drop(&s);
        cow_str_drop(&lines);
        cow_str_drop(&high);
    }
    cow_str last = STR_OF("a,");
    assert_string_equal(ends_of(cow_str_split_byte(&last, ',')), ",$");
}

static void lines_end_in_two_ways(void **state) {
    (void)state;
    assert_string_equal(lines_of(""), "|");
    assert_string_equal(lines_of("a"), "|a|");
    assert_string_equal(lines_of("a\n"), "|a|");
    assert_string_equal(lines_of("a\r\n"), "|a|");
    assert_string_equal(lines_of("a\nb"), "|a|b|");
    assert_string_equal(lines_of("\n"), "||");
    assert_string_equal(lines_of("\r\n"), "||");
    assert_string_equal(lines_of("\n\n"), "|||");
    assert_string_equal(lines_of("a\n\nb\r\n\r\nc"), "|a||b||c|");
    assert_string_equal(lines_of("a\rb\n"), "|a\rb|"); /* a lone \r is data */
    assert_string_equal(lines_of("a\r\r\n"), "|a\r|"); /* one of them belongs to the end */
    assert_string_equal(lines_of("a\r"), "|a\r|");
    assert_string_equal(lines_of("a line of more than 22 bytes\nand another that is just as long\n"),
                        "|a line of more than 22 bytes|and another that is just as long|");
}

static void words_are_runs_between_white_space(void **state) {
    (void)state;
    assert_string_equal(space_of(""), "|");
    assert_string_equal(space_of(" \t\n\v\f\r"), "|");
    assert_string_equal(space_of("a"), "|a|");
    assert_string_equal(space_of("  a \t b\n\nc  "), "|a|b|c|");
    assert_string_equal(space_of("a\vb\fc\rd"), "|a|b|c|d|");
    assert_string_equal(space_of("\xc2\xa0 x"), "|\xc2\xa0|x|");
}

/* Random texts over a few bytes; splitting by hand, and joining gives the text back. */
static void splitting_agrees_with_a_naive_loop_and_joins_back(void **state) {
    (void)state;
    unsigned random = 3;
    for (int round = 0; round < 3000; round++) {
        char bytes[1300];
        size_t n = (random >> 8) % (round % 10 ? 60 : 1300), separator = 1 + (size_t)round % 3;
        for (size_t i = 0; i < n; i++) bytes[i] = "abc--"[((random = random * 1664525u + 1013904223u) >> 16) % 5];
        random = random * 1664525u + 1013904223u;
        cow_str s = str_of(bytes, n), field = {0}, parts[1400];
        memset(parts, 0, sizeof parts);
        cow_str_split it = cow_str_split_by_bytes(&s, "---", separator);
        size_t begin = 0, count = 0;
        for (bool more = true; more;) {
            size_t end = begin;
            while (end + separator <= n && memcmp(bytes + end, "---", separator) != 0) end++;
            more = end + separator <= n;
            if (!more) end = n;
            assert_true(cow_str_split_next(&it, &field));
            CHECK_BYTES(&field, bytes + begin, end - begin);
            parts[count++] = cow_str_copy(&field);
            begin = end + separator;
        }
        assert_false(cow_str_split_next(&it, &field));
        cow_str joined = {0};
        assert_true(cow_str_join_bytes(&joined, parts, count, "---", separator));
        CHECK_BYTES(&joined, bytes, n);
        for (size_t i = 0; i < count; i++) cow_str_drop(&parts[i]);
        cow_str_drop(&joined);
        cow_str_drop(&s);
    }
}

static void an_iterator_sees_the_text_as_it_was(void **state) {
    (void)state;
    cow_str s = str_of(prose(), 600), field = {0};
    cow_str_split it = cow_str_split_byte(&s, ' ');
    size_t begin = 0;
    while (cow_str_split_next(&it, &field)) {
        size_t end = begin;
        while (end < 600 && prose()[end] != ' ') end++;
        CHECK_BYTES(&field, prose() + begin, end - begin);
        begin = end + 1;
        assert_true(cow_str_prepend(&s, "changed ") && cow_str_append(&s, " changed"));
    }
    assert_int_equal(begin, 601);
    cow_str_drop(&s);
}

static void leaving_early_drops_the_iterator(void **state) {
    (void)state;
    cow_str s = str_of(prose(), 600), field = STR_OF("a field that is there already, and far");
    cow_str_split it = cow_str_split_by(&s, " and a separator that does not fit into a handle ");
    cow_str_split_drop(&it);
    cow_str_split_drop(&it);
    assert_false(cow_str_split_next(&it, &field));
    assert_true(str_is_zero(&field)); /* dropped, not lost */
    it = cow_str_split_lines(&s);
    assert_true(cow_str_split_next(&it, &field) && cow_str_split_next(&it, &field));
    cow_str_split_drop(&it);
    cow_str kept = cow_str_move(&field);
    cow_str_drop(&s);
    assert_true(cow_str_starts_with(&kept, "One of them"));
    cow_str_drop(&kept);
    cow_str_split zero;
    memset(&zero, 0, sizeof zero);
    cow_str_split_drop(&zero);
}

/* The field may be the very string that is split. */
static void the_field_may_be_the_source(void **state) {
    (void)state;
    cow_str s = STR_OF("first field of some length;second field of some length;third");
    cow_str_split it = cow_str_split_byte(&s, ';');
    assert_true(cow_str_split_next(&it, &s));
    CHECK_TEXT(&s, "first field of some length");
    assert_true(cow_str_split_next(&it, &s));
    CHECK_TEXT(&s, "second field of some length");
    assert_true(cow_str_split_next(&it, &s));
    CHECK_TEXT(&s, "third");
    assert_false(cow_str_split_next(&it, &s));
    assert_true(str_is_zero(&s));
}

static void a_separator_without_memory_yields_nothing(void **state) {
    (void)state;
    cow_str s = str_of(prose(), 100), field = {0};
    kit_fail(1, true);
    cow__set_error(COW_OK);
    cow_str_split it = cow_str_split_by(&s, "a separator that does not fit into a handle");
    assert_int_equal(cow_error(), COW_NOMEM);
    assert_false(cow_str_split_next(&it, &field));
    kit_fail_none();
    cow_str_split_drop(&it);
    cow_str_drop(&s);
}

/* A field that nobody kept lends its buffer to the next one, if that fits. */
static void fields_of_every_length_follow_each_other(void **state) {
    (void)state;
    for (int falling = 0; falling < 2; falling++) {
        static char bytes[200000];
        size_t n = 0, count = 0, at = 0;
        for (size_t length = 1; length < 620; length++) {
            size_t this_one = falling ? 620 - length : length;
            for (size_t i = 0; i < this_one; i++) bytes[n++] = (char)('a' + (i + this_one) % 26);
            bytes[n++] = ',';
        }
        char *block = exact_block(bytes, n);
        for (int counted = 0; counted < 2; counted++) {
            cow_str s = counted ? str_of(bytes, n) : cow_str_borrow(block, n), field = {0}, kept = {0};
            cow_str_split it = cow_str_split_byte(&s, ',');
            for (count = at = 0; cow_str_split_next(&it, &field); count++) {
                const char *end = memchr(bytes + at, ',', n - at);
                size_t length = end ? (size_t)(end - bytes) - at : n - at;
                CHECK_BYTES(&field, bytes + at, length);
                if (length > COPIED_MOST) assert_ptr_equal(cow_str_data(&field), cow_str_data(&s) + at);
                if (count % 50 == 0) cow_str_assign(&kept, &field);
                if (count % 50 == 1 && count > 1)
                    assert_true(cow_str_is_bytes(&kept, bytes + at - cow_str_len(&kept) - 1, cow_str_len(&kept)));
                at += length + 1;
            }
            assert_int_equal(count, 620);
            cow_str_drop(&kept);
            cow_str_drop(&s);
        }
        free(block);
    }
}

/* Such a buffer must not pin more than a field needs. */
static void a_field_does_not_keep_a_large_buffer(void **state) {
    (void)state;
    cow_str s = str_of(prose(), 700), field = {0};
    assert_true(cow_str_with_capacity(&field, 50000));
    cow_str_split it = cow_str_split_lines(&s);
    assert_true(cow_str_split_next(&it, &field));
    assert_true(cow_str_retained_bytes(&field) < 1000);
    cow_str_split_drop(&it);
    cow_str_drop(&field);
    cow_str_drop(&s);
}

/* The byte in front of a text is not the text's. */
static void a_line_end_needs_its_return_inside_the_text(void **state) {
    (void)state;
    static const char bytes[] = "\r\nx\r\n";
    cow_str s = cow_str_borrow(bytes + 1, 4);
    cow__set_error(COW_OK);
    assert_string_equal(fields_of(cow_str_split_lines(&s)), "||x|");
    assert_int_equal(cow_error(), COW_OK);
}

static void long_fields_are_shared(void **state) {
    (void)state;
    char bytes[1300];
    memset(bytes, 'x', sizeof bytes);
    bytes[600] = ',';
    cow_str s = str_of(bytes, sizeof bytes), field = {0};
    cow_str_split it = cow_str_split_byte(&s, ',');
    kit_fail_none();
    assert_true(cow_str_split_next(&it, &field));
    assert_ptr_equal(cow_str_data(&field), cow_str_data(&s));
    assert_true(cow_str_split_next(&it, &field));
    assert_ptr_equal(cow_str_data(&field), cow_str_data(&s) + 601);
    assert_int_equal(kit.calls, 0);
    cow_str_split_drop(&it);
    cow_str_drop(&field);
    cow_str_drop(&s);
}

/* ---- join ---- */

static void joining(void **state) {
    (void)state;
    cow_str parts[3] = {COW_STR("one"), COW_STR(""), COW_STR("a part that is longer than 22 bytes")}, out,
            comma = COW_STR(", ");
    memset(&out, 0xa5, sizeof out); /* written, never read */
    assert_true(cow_str_join(&out, parts, 3, ", "));
    CHECK_TEXT(&out, "one, , a part that is longer than 22 bytes");
    cow_str_drop(&out);
    assert_true(cow_str_join_str(&out, parts, 2, &comma));
    CHECK_TEXT(&out, "one, ");
    assert_true(cow_str_join(&out, parts, 1, ", "));
    CHECK_TEXT(&out, "one");
    assert_true(cow_str_join(&out, NULL, 0, ", "));
    CHECK_TEXT(&out, "");
    assert_true(cow_str_join_bytes(&out, parts, 2, NULL, 0));
    CHECK_TEXT(&out, "one");
    assert_true(cow_str_join_bytes(&out, parts, 2, "\0", 1));
    CHECK_BYTES(&out, "one\0", 4);
    assert_true(FAILS(cow_str_join_bytes(&out, parts, 3, "x", SIZE_MAX), COW_RANGE));
    assert_true(FAILS(cow_str_join_bytes(&out, parts, 3, "x", SIZE_MAX / 2 + 1), COW_RANGE));
    CHECK_BYTES(&out, "one\0", 4);
}

/* The result may be one of the parts: it is written last. */
static void the_result_may_be_a_part(void **state) {
    (void)state;
    cow_str parts[2] = {COW_STR("left"), COW_STR("right")};
    assert_true(cow_str_join(&parts[0], parts, 2, " and "));
    CHECK_TEXT(&parts[0], "left and right");
}

/* The short way through next must not read a text that is gone. */
static void a_dropped_iterator_has_no_fields(void **state) {
    (void)state;
    cow_str s, field = {0};
    KIT_CHECK(cow_str_from(&s, "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z"));
    cow_str_split it = cow_str_split_byte(&s, ',');
    KIT_CHECK(cow_str_split_next(&it, &field));
    cow_str_split_drop(&it);
    KIT_CHECK(!cow_str_split_next(&it, &field) && cow_str_split_ended_by(&it) == -1);
    cow_str_split_drop(&it);
    cow_str_drop(&s);
}

/* The buffer of a field that came from an allocator instance is not used for fields of another text. */
static void a_field_does_not_take_a_strange_allocator(void **state) {
    (void)state;
    cow_str csv, first, second = {0};
    KIT_CHECK(cow_str_from_format(&csv, "%030d,x,%0100d,end", 1, 2) && cow_str_new_in(&first, 600, &instance));
    KIT_CHECK(cow_str_append(&first, "a scratch text of more than twenty-two bytes"));
    cow_str_split it = cow_str_split_byte(&csv, ',');
    KIT_CHECK(cow_str_split_next(&it, &first) && cow_str_split_next(&it, &first));
    KIT_CHECK(cow_str_split_next(&it, &second) && cow_str_len(&second) == 100);
    KIT_CHECK(second.cow__h->alloc == NULL);
    cow_str_split_drop(&it);
    cow_str_drop(&first);
    cow_str_drop(&second);
    cow_str_drop(&csv);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(separators_of_one_byte),
        UNIT(longer_separators),
        UNIT(a_set_of_separators),
        UNIT(what_ended_a_field_can_be_told),
        UNIT(lines_end_in_two_ways),
        UNIT(words_are_runs_between_white_space),
        UNIT(splitting_agrees_with_a_naive_loop_and_joins_back),
        UNIT(an_iterator_sees_the_text_as_it_was),
        UNIT(leaving_early_drops_the_iterator),
        UNIT(a_dropped_iterator_has_no_fields),
        UNIT(a_field_does_not_take_a_strange_allocator),
        UNIT(the_field_may_be_the_source),
        UNIT(a_separator_without_memory_yields_nothing),
        UNIT(fields_of_every_length_follow_each_other),
        UNIT(a_field_does_not_keep_a_large_buffer),
        UNIT(a_line_end_needs_its_return_inside_the_text),
        UNIT(long_fields_are_shared),
        UNIT(joining),
        UNIT(the_result_may_be_a_part),
    };
    return cmocka_run_group_tests_name("str_split", tests, NULL, NULL);
}
