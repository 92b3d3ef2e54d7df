/* SPDX-License-Identifier: MIT */
/*
 * utf8: every code point, every sequence of up to three bytes and the four-byte ones at every border, against Unicode's table
 * of well-formed sequences (Table 3-7), written down here as a table. Malformed input is replaced by maximal subparts
 * (Unicode 3.9), forwards and backwards alike.
 */
#include "kit.h"
#include "strs.h"

/* ---- Table 3-7 ---- */

typedef struct line {
    unsigned char first_low, first_high, second_low, second_high;
    size_t length;
} line;

static const line table_3_7[] = {
    {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

/* What a decoder says of p[0, n): the length of the sequence or of its maximal subpart, and the code point. */
static size_t reference(const unsigned char *p, size_t n, uint32_t *c, bool *well) {
    *c = 0xfffd;
    *well = false;
    if (n == 0) return 0;
    for (size_t i = 0; i < LENGTH(table_3_7); i++) {
        const line *l = &table_3_7[i];
        if (p[0] < l->first_low || p[0] > l->first_high) continue;
        size_t used = 1;
        if (l->length > 1 && n > 1 && p[1] >= l->second_low && p[1] <= l->second_high) used = 2;
        while (used >= 2 && used < l->length && used < n && p[used] >= 0x80 && p[used] <= 0xbf) used++;
        if (used < l->length) return used;
        static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
        uint32_t value = p[0] & first_bits[l->length];
        for (size_t k = 1; k < l->length; k++) value = value << 6 | (p[k] & 0x3fu);
        *c = value;
        *well = true;
        return used;
    }
    return 1;
}

/* All that can be asked about a few bytes; they stand in a block that ends where they do. */
static void check_bytes(const unsigned char *bytes, size_t n) {
    static unsigned char *block;
    static size_t block_n = 99;
    if (block_n != n) {
        free(block);
        block = malloc(n ? n : 1);
        block_n = n;
    }
    if (n) memcpy(block, bytes, n);
    uint32_t right, c = 1;
    bool well;
    size_t used = reference(bytes, n, &right, &well);
    KIT_CHECK(cow_utf8_decode(block, n, &c) == used);
    KIT_CHECK(n == 0 || c == right);
    size_t valid = 0;
    while (valid < n) {
        used = reference(bytes + valid, n - valid, &right, &well);
        if (!well) break;
        valid += used;
    }
    KIT_CHECK(cow_utf8_valid_prefix(block, n) == valid);
}

static void release_block(void) {
    static const unsigned char none[1];
    check_bytes(none, 0); /* check_bytes keeps one block of the last size */
}

/* ---- code points ---- */

static void every_code_point_goes_round(void **state) {
    (void)state;
    for (uint32_t c = 0; c < 0x110000 + 0x1000; c++) {
        char out[4] = {'?', '?', '?', '?'};
        cow__set_error(COW_OK);
        size_t n = cow_utf8_encode(c, out);
        if ((c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff) {
            assert_true(n == 0 && cow_error() == COW_RANGE);
            continue;
        }
        assert_int_equal(n, c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4);
        uint32_t again = 0, by_table = 0;
        bool well = false;
        assert_int_equal(reference((const unsigned char *)out, n, &by_table, &well), n);
        assert_true(well && by_table == c);
        assert_int_equal(cow_utf8_decode(out, n, &again), n);
        assert_int_equal(again, c);
        assert_int_equal(cow_utf8_valid_prefix(out, n), n);
        for (size_t i = n; i < 4; i++) assert_int_equal(out[i], '?');
    }
    char out[4];
    assert_true(cow_utf8_encode(UINT32_MAX, out) == 0 && cow_utf8_encode(0x80000041, out) == 0);
    assert_int_equal(cow_utf8_valid_prefix(NULL, 0), 0);
}

static void strings_take_code_points(void **state) {
    (void)state;
    cow_str s = {0};
    static const uint32_t points[] = {0x41,    0,        0xe4,  0x20ac, 0xfffd, 0xffff,
                                      0x1f600, 0x10ffff, 0x7ff, 0x800,  0x7f,   0x80};
    for (size_t i = 0; i < LENGTH(points); i++) assert_true(cow_str_append_code_point(&s, points[i]));
    assert_true(FAILS(cow_str_append_code_point(&s, 0xdfff), COW_RANGE));
    assert_true(FAILS(cow_str_append_code_point(&s, UINT32_MAX), COW_RANGE));
    assert_int_equal(cow_str_count_code_points(&s), LENGTH(points));
    size_t at = 0;
    uint32_t c = 0;
    for (size_t i = 0; i < LENGTH(points); i++) assert_true(cow_str_next_code_point(&s, &at, &c) && c == points[i]);
    assert_false(cow_str_next_code_point(&s, &at, &c));
    assert_int_equal(at, cow_str_len(&s));
    for (size_t i = LENGTH(points); i-- > 0;) assert_true(cow_str_prev_code_point(&s, &at, &c) && c == points[i]);
    assert_false(cow_str_prev_code_point(&s, &at, &c));
    assert_int_equal(at, 0);
    cow_str_drop(&s);
}

/* ---- sequences ---- */

static void all_sequences_of_up_to_three_bytes(void **state) {
    (void)state;
    unsigned char p[3] = {0};
    check_bytes(p, 0);
    for (unsigned a = 0; a < 256; a++) {
        p[0] = (unsigned char)a;
        check_bytes(p, 1);
    }
    for (unsigned a = 0; a < 65536; a++) {
        p[0] = (unsigned char)(a >> 8);
        p[1] = (unsigned char)a;
        check_bytes(p, 2);
    }
    for (unsigned a = 0; a < 1u << 24; a++) {
        p[0] = (unsigned char)(a >> 16);
        p[1] = (unsigned char)(a >> 8);
        p[2] = (unsigned char)a;
        /* ASCII in the first place makes it a shorter one, seen already. */
        if (p[0] < 0x80 && p[0] != 'a')
            a |= 0xffff;
        else
            check_bytes(p, 3);
    }
    release_block();
}

/* Bytes at which the table's lines begin and end, and their neighbours. */
static const unsigned char borders[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0,
                                        0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xfe, 0xff};

static void sequences_of_border_bytes(void **state) {
    (void)state;
    enum { N = sizeof borders };
    unsigned char p[5];
    for (size_t i = 0; i < (size_t)N * N * N * N; i++) {
        p[0] = borders[i % N];
        p[1] = borders[i / N % N];
        p[2] = borders[i / N / N % N];
        p[3] = borders[i / N / N / N];
        check_bytes(p, 4);
    }
    for (size_t i = 0; i < (size_t)N * N * N; i++) { /* all behind the leads of four bytes, with something after it */
        for (unsigned lead = 0xf0; lead <= 0xf5; lead++) {
            p[0] = (unsigned char)lead;
            p[1] = borders[i % N];
            p[2] = borders[i / N % N];
            p[3] = borders[i / N / N];
            p[4] = 'x';
            check_bytes(p, 5);
        }
    }
    release_block();
}

static void what_is_malformed(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t n, used;
    } bad[] = {
        {"\xc0\x80", 2, 1},
        {"\xc1\xbf", 2, 1},
        {"\xe0\x80\x80", 3, 1},
        {"\xe0\x9f\xbf", 3, 1},
        {"\xf0\x80\x80\x80", 4, 1},
        {"\xf0\x8f\xbf\xbf", 4, 1},
        {"\xed\xa0\x80", 3, 1},
        {"\xed\xbf\xbf", 3, 1},
        {"\xf4\x90\x80\x80", 4, 1},
        {"\xf5\x80\x80\x80", 4, 1},
        {"\xf8\x88\x80\x80", 4, 1},
        {"\x80", 1, 1},
        {"\xe2\x82", 2, 2},
        {"\xe2\x82x", 3, 2},
        {"\xf0\x9f\x98", 3, 3},
        {"\xf0\x9f\x98x", 4, 3},
        {"\xf0\x9fx", 3, 2},
        {"\xc3", 1, 1},
        {"\xc3x", 2, 1},
        {"\xfe\xff", 2, 1},
    };
    for (size_t i = 0; i < LENGTH(bad); i++) {
        uint32_t c = 0;
        assert_int_equal(cow_utf8_decode(bad[i].bytes, bad[i].n, &c), bad[i].used);
        assert_int_equal(c, 0xfffd);
        assert_int_equal(cow_utf8_valid_prefix(bad[i].bytes, bad[i].n), 0);
        cow_str s = str_of(bad[i].bytes, bad[i].n);
        size_t end = 99;
        assert_true(FAILS(cow_str_is_utf8(&s, &end), COW_INVALID));
        assert_int_equal(end, 0);
        assert_true(FAILS(cow_str_is_utf8(&s, NULL), COW_INVALID));
    }
}

/* ---- longer texts ---- */

static unsigned random_state = 11;
static unsigned next_random(void) { return (random_state = random_state * 1664525u + 1013904223u) >> 8; }

/* Mostly pieces of sequences, so that many begin well and end badly. */
static size_t random_bytes(unsigned char *p, size_t room) {
    size_t n = 0;
    while (n + 4 <= room) {
        char out[4];
        unsigned kind = next_random() % 8;
        size_t length;
        if (kind == 0) {
            length = 1, out[0] = (char)borders[next_random() % sizeof borders];
        } else if (kind < 3) {
            length = 1, out[0] = (char)('a' + next_random() % 26);
        } else {
            static const uint32_t from[] = {0x80, 0x800, 0x10000, 0xe000, 0xff00};
            length = cow_utf8_encode(from[kind - 3] + next_random() % 0x700, out);
            if (next_random() % 5 == 0) length -= 1;
        }
        memcpy(p + n, out, length);
        n += length;
        if (next_random() % 40 == 0) break;
    }
    return n;
}

/* Steps through the text both ways, by the table and by the string, and asks for the boundaries. */
static void check_walk(const cow_str *s) {
    enum { MOST = 600 };
    const unsigned char *p = (const unsigned char *)cow_str_data(s);
    size_t n = cow_str_len(s), at = 0, mine = 0, count = 0, starts[MOST];
    uint32_t points[MOST], c, right;
    static bool inside[MOST];
    memset(inside, 0, sizeof inside);
    bool well;
    while (mine < n) {
        size_t used = reference(p + mine, n - mine, &right, &well);
        KIT_CHECK(cow_str_next_code_point(s, &at, &c) && c == right && at == mine + used);
        starts[count] = mine;
        points[count++] = right;
        for (size_t i = 1; i < used; i++) inside[mine + i] = true;
        mine += used;
    }
    KIT_CHECK(!cow_str_next_code_point(s, &at, &c) && at == n);
    KIT_CHECK(cow_str_count_code_points(s) == count);
    for (size_t i = count; i-- > 0;)
        KIT_CHECK(cow_str_prev_code_point(s, &at, &c) && at == starts[i] && c == points[i]);
    KIT_CHECK(!cow_str_prev_code_point(s, &at, &c) && at == 0);
    for (size_t i = 0; i <= n; i++) {
        size_t before = i, after = i;
        while (before > 0 && before < n && inside[before]) before--;
        while (after < n && inside[after]) after++;
        KIT_CHECK(cow_str_is_boundary(s, i) == (i == n || !inside[i])); /* a maximal subpart is not cut either */
        KIT_CHECK(cow_str_boundary_before(s, i) == before && cow_str_boundary_after(s, i) == after);
    }
    KIT_CHECK(!cow_str_is_boundary(s, n + 1) && !cow_str_is_boundary(s, SIZE_MAX));
    KIT_CHECK(cow_str_boundary_before(s, n + 5) == n && cow_str_boundary_before(s, SIZE_MAX) == n);
}

static void walking_back_is_walking_forward_reversed(void **state) {
    (void)state;
    cow__set_error(COW_OK);
    for (int round = 0; round < 20000; round++) {
        unsigned char bytes[500];
        size_t n = random_bytes(bytes, round % 20 ? 40 : 500);
        char *block = exact_block(bytes, n);
        cow_str s = cow_str_borrow(block, n);
        snprintf(kit_context, sizeof kit_context, "round %d", round);
        check_walk(&s);
        free(block);
    }
    assert_int_equal(cow_error(), COW_OK);
}

static void bytes_without_any_sense(void **state) {
    (void)state;
    for (int round = 0; round < 20000; round++) {
        unsigned char bytes[30];
        size_t n = next_random() % 31;
        for (size_t i = 0; i < n; i++)
            bytes[i] = round % 2 ? borders[next_random() % sizeof borders] : (unsigned char)next_random();
        cow_str s = str_of(bytes, n);
        check_walk(&s);
        cow_str_drop(&s);
    }
}

/* One bad byte at every place of a long text: fast paths take whole words at a time. */
static void the_valid_prefix_ends_at_the_first_bad_byte(void **state) {
    (void)state;
    static const char *const good[] = {"a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    static const unsigned char bad[] = {0x80, 0xff, 0xc0, 0xf5, 0xed};
    for (size_t g = 0; g < LENGTH(good); g++) {
        size_t length = strlen(good[g]);
        for (size_t n = 0; n <= 70; n++) {
            char *block = malloc(n * length + 1);
            assert_non_null(block);
            for (size_t i = 0; i < n; i++) memcpy(block + i * length, good[g], length);
            cow_str s = cow_str_borrow(block, n * length);
            size_t end = 99999;
            cow__set_error(COW_OK);
            assert_true(cow_str_is_utf8(&s, &end) && end == n * length && cow_error() == COW_OK);
            assert_int_equal(cow_str_count_code_points(&s), n);
            for (size_t i = 0; i < n * length; i++) {
                char kept = block[i];
                block[i] = (char)bad[i % LENGTH(bad)];
                uint32_t c;
                bool well = true;
                size_t valid = 0;
                while (valid < n * length) {
                    size_t used = reference((unsigned char *)block + valid, n * length - valid, &c, &well);
                    if (!well) break;
                    valid += used;
                }
                assert_int_equal(cow_utf8_valid_prefix(block, n * length), valid);
                assert_int_equal(cow_str_is_utf8(&s, &end), valid == n * length);
                assert_int_equal(end, valid);
                block[i] = kept;
            }
            free(block);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(every_code_point_goes_round),
        UNIT(strings_take_code_points),
        UNIT(all_sequences_of_up_to_three_bytes),
        UNIT(sequences_of_border_bytes),
        UNIT(what_is_malformed),
        UNIT(walking_back_is_walking_forward_reversed),
        UNIT(bytes_without_any_sense),
        UNIT(the_valid_prefix_ends_at_the_first_bad_byte),
    };
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
