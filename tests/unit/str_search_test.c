/* SPDX-License-Identifier: MIT */
/*
 * str_search: finding, counting and comparing against naive loops. All short strings over two letters; long ones whose needles
 * cross every border a vector has, in blocks that end where the text does; and the inputs that make naive search quadratic.
 */
#include "kit.h"
#include "strs.h"

#include <time.h>

/* ---- the naive side ---- */

static bool at_place(const char *h, const char *p, size_t n, size_t i) { return n == 0 || memcmp(h + i, p, n) == 0; }

static size_t naive_find(const char *h, size_t len, const char *p, size_t n, size_t from) {
    for (size_t i = from; i <= len && n <= len - i; i++)
        if (at_place(h, p, n, i)) return i;
    return COW_NPOS;
}

static size_t naive_rfind(const char *h, size_t len, const char *p, size_t n, size_t from) {
    if (n > len) return COW_NPOS;
    for (size_t i = (from < len - n ? from : len - n) + 1; i-- > 0;)
        if (at_place(h, p, n, i)) return i;
    return COW_NPOS;
}

static size_t naive_count(const char *h, size_t len, const char *p, size_t n) {
    size_t count = 0;
    for (size_t i = 0; n && (i = naive_find(h, len, p, n, i)) != COW_NPOS; i += n) count++;
    return count;
}

/* ---- one pair of texts, asked everything ---- */

static void check_pair_from(const cow_str *h, const cow_str *needle, size_t from) {
    const char *b = cow_str_data(h), *p = cow_str_data(needle);
    size_t len = cow_str_len(h), n = cow_str_len(needle);
    size_t first = naive_find(b, len, p, n, from), last = naive_rfind(b, len, p, n, from);
    KIT_CHECK(cow_str_find_bytes(h, p, n, from) == first);
    KIT_CHECK(cow_str_rfind_bytes(h, p, n, from) == last);
    KIT_CHECK(cow_str_find_str(h, needle, from) == first);
    KIT_CHECK(cow_str_rfind_str(h, needle, from) == last);
    if (n != 1) return;
    KIT_CHECK(cow_str_find_byte(h, *p, from) == first);
    KIT_CHECK(cow_str_rfind_byte(h, *p, from) == last);
}

static void check_pair(const cow_str *h, const cow_str *needle) {
    const char *b = cow_str_data(h), *p = cow_str_data(needle);
    size_t len = cow_str_len(h), n = cow_str_len(needle), count = naive_count(b, len, p, n);
    KIT_CHECK(cow_str_count_bytes(h, p, n) == count && cow_str_count_str(h, needle) == count);
    bool inside = naive_find(b, len, p, n, 0) != COW_NPOS;
    KIT_CHECK(cow_str_contains_bytes(h, p, n) == inside && cow_str_contains_str(h, needle) == inside);
    bool starts = n <= len && at_place(b, p, n, 0), ends = n <= len && at_place(b, p, n, len - n);
    KIT_CHECK(cow_str_starts_with_bytes(h, p, n) == starts && cow_str_starts_with_str(h, needle) == starts);
    KIT_CHECK(cow_str_ends_with_bytes(h, p, n) == ends && cow_str_ends_with_str(h, needle) == ends);
    KIT_CHECK(cow_str_is_bytes(h, p, n) == (len == n && starts) && cow_str_equal(h, needle) == (len == n && starts));
}

/* The variants that take C strings. */
static void check_c_strings(const cow_str *h, const char *needle) {
    const char *b = cow_str_data(h);
    size_t len = cow_str_len(h), n = strlen(needle);
    KIT_CHECK(cow_str_find(h, needle, 0) == naive_find(b, len, needle, n, 0));
    KIT_CHECK(cow_str_rfind(h, needle, COW_NPOS) == naive_rfind(b, len, needle, n, COW_NPOS));
    KIT_CHECK(cow_str_contains(h, needle) == (naive_find(b, len, needle, n, 0) != COW_NPOS));
    KIT_CHECK(cow_str_count(h, needle) == naive_count(b, len, needle, n));
    bool starts = n <= len && at_place(b, needle, n, 0);
    KIT_CHECK(cow_str_starts_with(h, needle) == starts);
    KIT_CHECK(cow_str_ends_with(h, needle) == (n <= len && at_place(b, needle, n, len - n)));
    KIT_CHECK(cow_str_is(h, needle) == (n == len && starts));
}

/* Word number k over {a, b}, of this length. */
static void spell(char *out, size_t length, size_t k) {
    for (size_t i = 0; i < length; i++) out[i] = (char)('a' + (k >> i) % 2);
    out[length] = 0;
}

static void all_short_strings_over_two_letters(void **state) {
    (void)state;
    char h[16], p[16];
    cow__set_error(COW_OK);
    for (size_t len = 0; len <= 10; len++) {
        for (size_t i = 0; i < (size_t)1 << len; i++) {
            spell(h, len, i);
            char *block = exact_block(h, len);
            cow_str s = cow_str_borrow(block, len), small = str_of(h, len);
            for (size_t n = 0; n <= 4; n++) {
                for (size_t k = 0; k < (size_t)1 << n; k++) {
                    spell(p, n, k);
                    cow_str needle = str_of(p, n);
                    check_pair(&s, &needle);
                    check_c_strings(&small, p);
                    for (size_t from = 0; from <= len + 1; from++)
                        check_pair_from(from % 2 ? &s : &small, &needle, from);
                    check_pair_from(&s, &needle, COW_NPOS);
                }
            }
            free(block);
        }
    }
    assert_int_equal(cow_error(), COW_OK); /* not finding is no error */
}

/* ---- long ones, in blocks of exactly their size ---- */

static unsigned random_state = 7;
static size_t below(size_t n) {
    random_state = random_state * 1664525u + 1013904223u;
    return n ? (random_state >> 8) % n : 0;
}

/* From few letters, so that near misses are common. */
static void fill_random(char *to, size_t n, size_t letters) {
    for (size_t i = 0; i < n; i++) to[i] = letters == 256 ? (char)below(256) : (char)('a' + below(letters));
}

static void long_texts_in_exact_blocks(void **state) {
    (void)state;
    static const size_t letters[] = {1, 2, 3, 26, 256};
    for (int round = 0; round < 6000; round++) {
        size_t len = below(round % 4 ? 130 : 700), lead = below(16), n = below(round % 3 ? 9 : 70);
        char *block = malloc(lead + len + 1), *needle_block = malloc(n + 1);
        assert_true(block && needle_block);
        block = realloc(block, lead + len ? lead + len : 1); /* ends where the text does, whatever its alignment */
        needle_block = realloc(needle_block, n ? n : 1);
        fill_random(block + lead, len, letters[round % 5]);
        fill_random(needle_block, n, letters[round % 5]);
        if (n <= len && below(3)) memcpy(needle_block, block + lead + below(len - n + 1), n);
        if (n && below(4) == 0) needle_block[below(n)] ^= 1;
        cow_str h = cow_str_borrow(block + lead, len), needle = cow_str_borrow(needle_block, n);
        snprintf(kit_context, sizeof kit_context, "round %d: %zu bytes in %zu", round, n, len);
        check_pair(&h, &needle);
        check_pair_from(&h, &needle, 0);
        check_pair_from(&h, &needle, below(len + 2));
        check_pair_from(&h, &needle, COW_NPOS);
        free(block);
        free(needle_block);
    }
}

/* One needle, put at every place of a text: it crosses each border of 8, 16, 32 and 64 bytes. */
static void a_needle_at_every_place(void **state) {
    (void)state;
    enum { LONG = 160 };
    static const size_t needles[] = {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 22, 23, 31, 32, 33, 64, 65};
    for (size_t k = 0; k < LENGTH(needles); k++) {
        size_t n = needles[k];
        for (size_t at = 0; at + n <= LONG; at++) {
            char *block = malloc(LONG), *p = malloc(n);
            assert_true(block && p);
            memset(block, 'x', LONG);
            for (size_t i = 0; i < n; i++) p[i] = (char)(i % 3 ? 'x' : 'y');
            memcpy(block + at, p, n);
            cow_str h = cow_str_borrow(block, LONG), needle = cow_str_borrow(p, n);
            check_pair(&h, &needle);
            check_pair_from(&h, &needle, 0);
            check_pair_from(&h, &needle, at);
            check_pair_from(&h, &needle, at + 1);
            check_pair_from(&h, &needle, COW_NPOS);
            free(block);
            free(p);
        }
    }
}

static void a_string_is_found_in_itself(void **state) {
    (void)state;
    for (size_t n = 0; n <= 100; n += 11) {
        cow_str s = str_of(prose(), n);
        assert_int_equal(cow_str_find_str(&s, &s, 0), 0);
        assert_int_equal(cow_str_rfind_str(&s, &s, COW_NPOS), 0);
        assert_int_equal(cow_str_count_str(&s, &s), n > 0);
        assert_true(cow_str_starts_with_str(&s, &s) && cow_str_ends_with_str(&s, &s) && cow_str_contains_str(&s, &s));
        cow_str_drop(&s);
    }
}

/* ---- inputs made against naive search ---- */

/* CPU seconds that one check may take. Each takes milliseconds when it is linear, and more than twice this when it is not. */
enum { SECONDS = 2 };

static void check_time(clock_t start, const char *what, size_t n) {
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    if (seconds > SECONDS) fail_msg("%g seconds for %s of %zu bytes", seconds, what, n);
}

static void check_fast(const cow_str *h, const char *p, size_t n, size_t count) {
    clock_t start = clock();
    assert_int_equal(cow_str_find_bytes(h, p, n, 0) == COW_NPOS, count == 0);
    check_time(start, "find", n);
    assert_int_equal(cow_str_rfind_bytes(h, p, n, COW_NPOS) == COW_NPOS, count == 0);
    check_time(start, "rfind", n);
    assert_int_equal(cow_str_count_bytes(h, p, n), count);
    check_time(start, "count", n);
    cow_str s = cow_str_copy(h);
    assert_true(cow_str_replace_all_bytes(&s, p, n, "", 0));
    assert_int_equal(cow_str_len(&s), cow_str_len(h) - count * n);
    cow_str_drop(&s);
    check_time(start, "replace_all", n);
}

static void periodic_texts_take_linear_time(void **state) {
    (void)state;
    enum { LONG = 1 << 20, HALF = 1 << 13, FITS = LONG / (2 * HALF) };
    char *text_bytes = malloc(LONG), *p = malloc(2 * HALF + 1);
    assert_true(text_bytes && p);
    memset(text_bytes, 'a', LONG);
    cow_str h = cow_str_borrow(text_bytes, LONG);
    memset(p, 'a', 2 * HALF + 1);
    p[HALF] = 'b'; /* a..aba..a */
    check_fast(&h, p, 2 * HALF + 1, 0);
    p[HALF] = 'a';
    p[0] = 'b'; /* ba..a */
    check_fast(&h, p, 2 * HALF, 0);
    p[0] = 'a';
    p[2 * HALF] = 'b'; /* a..ab */
    check_fast(&h, p, 2 * HALF + 1, 0);
    check_fast(&h, p, 2 * HALF, FITS); /* a..a: overlaps everywhere, counted without overlap */
    for (size_t i = 0; i < LONG; i++) text_bytes[i] = i % 2 ? 'b' : 'a';
    for (size_t i = 0; i < 2 * HALF; i++) p[i] = i % 2 ? 'b' : 'a';
    p[HALF] = 'c';
    check_fast(&h, p, 2 * HALF, 0);
    p[HALF] = 'a';
    check_fast(&h, p, 2 * HALF, FITS);
    p[HALF + 2] = 'b'; /* one letter off, in the middle of a period */
    check_fast(&h, p, 2 * HALF, 0);
    free(text_bytes);
    free(p);
}

/* Repeated words with a letter changed here and there, in text and needle: so many near misses that the search changes its
   method on the way, and then shifts by periods. */
static void almost_periodic_texts(void **state) {
    (void)state;
    enum { MOST = 5000 };
    static char word[16], needle_bytes[400];
    char *block = malloc(MOST);
    assert_non_null(block);
    for (int round = 0; round < 1500; round++) {
        size_t period = 1 + below(12), n = period + below(sizeof needle_bytes - period), len = 500 + below(MOST - 500);
        fill_random(word, period, 2);
        for (size_t i = 0; i < n; i++) needle_bytes[i] = word[i % period];
        for (size_t flips = below(3); flips > 0; flips--) needle_bytes[below(n)] ^= 3;
        for (size_t i = 0, phase = 0; i < len; i++, phase++) {
            if (below(700) == 0) phase = below(period);
            block[i] = word[phase % period];
            if (below(1 + 2 * n) == 0) block[i] ^= 3;
        }
        for (size_t copies = below(4); copies > 0 && n < len; copies--) memcpy(block + below(len - n), needle_bytes, n);
        cow_str h = cow_str_borrow(block, len), needle = cow_str_borrow(needle_bytes, n);
        snprintf(kit_context, sizeof kit_context, "round %d: %zu bytes in %zu, period %zu", round, n, len, period);
        check_pair(&h, &needle);
        check_pair_from(&h, &needle, below(len));
        check_pair_from(&h, &needle, COW_NPOS);
        for (size_t at = naive_find(block, len, needle_bytes, n, 0); at != COW_NPOS;) {
            size_t next = naive_find(block, len, needle_bytes, n, at + 1);
            KIT_CHECK(cow_str_find_bytes(&h, needle_bytes, n, at + 1) == next);
            at = next == COW_NPOS || next < at + 40 ? COW_NPOS : next;
        }
    }
    free(block);
}

/* Two letters off, one period apart from each other or nearly: what was seen to match before a shift, and only that, may be
   taken for granted after it. */
static void two_wrong_letters_around_a_shift(void **state) {
    (void)state;
    enum { LEAD = 4000, MOST = LEAD + 1000 };
    static const char *const words[] = {"ab", "aab", "abb", "abaab", "aabab", "abcabd"};
    char *block = malloc(MOST);
    assert_non_null(block);
    for (size_t w = 0; w < LENGTH(words); w++) {
        size_t period = strlen(words[w]), n = 20 * period + w % 3;
        char needle_bytes[200];
        for (size_t i = 0; i < n; i++) needle_bytes[i] = words[w][i % period];
        /* The lead is near misses enough for the search to change its method. */
        for (size_t i = 0; i < MOST; i++) block[i] = words[w][i % period];
        for (size_t i = n - 1; i < LEAD; i += n - 1) block[i] = '!';
        size_t begin = (LEAD / period + 1) * period, len = begin + n + 2 * period;
        block[begin - 1] = '!';
        for (size_t first = 0; first < 2 * period; first++) {
            for (size_t second = n - period; second < n + 2 * period; second++) {
                block[begin + first] ^= 1;
                block[begin + second] ^= 1;
                cow_str h = cow_str_borrow(block, len), needle = cow_str_borrow(needle_bytes, n);
                snprintf(kit_context, sizeof kit_context, "word %zu, letters %zu and %zu", w, first, second);
                check_pair(&h, &needle);
                check_pair_from(&h, &needle, 0);
                check_pair_from(&h, &needle, COW_NPOS);
                block[begin + first] ^= 1;
                block[begin + second] ^= 1;
            }
        }
    }
    free(block);
}

/* Short needles full of almost-matches, where a filter on two bytes fires at every place. */
static void short_periodic_needles(void **state) {
    (void)state;
    enum { LONG = 1 << 20 };
    char *text_bytes = malloc(LONG), p[200];
    assert_non_null(text_bytes);
    memset(text_bytes, 'a', LONG);
    cow_str h = cow_str_borrow(text_bytes, LONG);
    for (size_t n = 2; n <= sizeof p; n += 33) {
        memset(p, 'a', sizeof p);
        p[n / 2] = 'b';
        check_fast(&h, p, n, 0);
        text_bytes[LONG - n + n / 2] = 'b';
        check_fast(&h, p, n, 1);
        text_bytes[LONG - n + n / 2] = 'a';
    }
    free(text_bytes);
}

/* ---- sets of bytes ---- */

static void any_and_not_any_of_a_set(void **state) {
    (void)state;
    static const char *const sets[] = {"", "a", "aeiou", "\xff\x80", " \t\r\n", "zyxwvutsrqponmlkjihgfedcba"};
    for (size_t len = 0; len <= 200; len += len < 40 ? 1 : 20) {
        char *block = malloc(len ? len : 1);
        assert_non_null(block);
        for (int round = 0; round < 6; round++) {
            fill_random(block, len, round % 2 ? 256 : 3);
            for (size_t k = 0; k < LENGTH(sets); k++) {
                cow_str h = cow_str_borrow(block, len);
                for (size_t from = 0; from <= len + 1; from += 1 + len / 7) {
                    size_t any = from, none = from, n = strlen(sets[k]);
                    while (any < len && !(n && memchr(sets[k], block[any], n))) any++;
                    while (none < len && n && memchr(sets[k], block[none], n)) none++;
                    KIT_CHECK(cow_str_find_any(&h, sets[k], from) == (any < len ? any : COW_NPOS));
                    KIT_CHECK(cow_str_find_not_any(&h, sets[k], from) == (none < len ? none : COW_NPOS));
                }
            }
        }
        free(block);
    }
}

static void every_byte_is_found(void **state) {
    (void)state;
    char all[256];
    for (int i = 0; i < 256; i++) all[i] = (char)i;
    for (size_t n = 1; n <= 256; n += n < 22 ? 1 : 39) {
        cow_str s = str_of(all + 256 - n, n);
        for (size_t i = 0; i < 256; i++) {
            size_t at = i + n >= 256 ? i + n - 256 : COW_NPOS;
            assert_true(cow_str_find_byte(&s, (char)i, 0) == at && cow_str_rfind_byte(&s, (char)i, COW_NPOS) == at);
            if (at != COW_NPOS) assert_true(cow_str_find_byte(&s, (char)i, at + 1) == COW_NPOS);
            if (at != COW_NPOS && at > 0) assert_true(cow_str_rfind_byte(&s, (char)i, at - 1) == COW_NPOS);
        }
        cow_str_drop(&s);
    }
}

/* ---- comparing ---- */

static int sign(int x) { return (x > 0) - (x < 0); }

static void bytes_compare_as_unsigned(void **state) {
    (void)state;
    static const char *const sorted[] = {"",
                                         "\x01",
                                         "A",
                                         "AA",
                                         "AB",
                                         "B",
                                         "a",
                                         "a text of more than 22 bytes",
                                         "a text of more than 22 bytes!",
                                         "b",
                                         "\x7f",
                                         "\x80",
                                         "\x80\x01",
                                         "\xff",
                                         "\xff\xff"};
    for (size_t i = 0; i < LENGTH(sorted); i++) {
        for (size_t k = 0; k < LENGTH(sorted); k++) {
            cow_str a = str_of(sorted[i], strlen(sorted[i])), b = cow_str_borrow(sorted[k], strlen(sorted[k]));
            assert_int_equal(sign(cow_str_compare(&a, &b)), (i > k) - (i < k));
            assert_int_equal(cow_str_equal(&a, &b), i == k);
            cow_str_drop(&a);
        }
    }
    cow_str a = str_of("a\0b", 3), b = str_of("a\0c", 3), c = str_of("a", 1), d = str_of("a\0", 2);
    assert_true(cow_str_compare(&a, &b) < 0 && cow_str_compare(&c, &a) < 0 && cow_str_compare(&d, &a) < 0);
    assert_true(!cow_str_equal(&c, &d) && cow_str_compare(&c, &d) < 0);
    assert_true(cow_str_is(&c, "a") && !cow_str_is(&d, "a") && cow_str_is_bytes(&d, "a\0", 2));
}

static void one_byte_of_difference_is_seen_everywhere(void **state) {
    (void)state;
    for (size_t n = 1; n <= 130; n++) {
        char *x = exact_block(prose(), n), *y = exact_block(prose(), n);
        cow_str a = cow_str_borrow(x, n), b = cow_str_borrow(y, n);
        assert_true(cow_str_equal(&a, &b) && cow_str_compare(&a, &b) == 0);
        for (size_t i = 0; i < n; i++) {
            y[i] ^= (char)0x80;
            bool less = (unsigned char)x[i] < (unsigned char)y[i];
            assert_true(!cow_str_equal(&a, &b) && (cow_str_compare(&a, &b) < 0) == less &&
                        (cow_str_compare(&b, &a) > 0) == less);
            y[i] ^= (char)0x80;
        }
        free(x);
        free(y);
    }
}

static void case_is_ignored_for_ascii_letters_only(void **state) {
    (void)state;
    for (int x = 0; x < 256; x++) {
        for (int y = 0; y < 256; y++) {
            char p[40], q[40];
            memset(p, 'k', sizeof p);
            memset(q, 'K', sizeof q);
            p[31] = (char)x;
            q[31] = (char)y;
            cow_str a = cow_str_borrow(p, 40), b = cow_str_borrow(q, 40);
            int low_x = x >= 'A' && x <= 'Z' ? x + 32 : x, low_y = y >= 'A' && y <= 'Z' ? y + 32 : y;
            assert_int_equal(cow_str_equal_ignoring_case(&a, &b), low_x == low_y);
        }
    }
    cow_str a = COW_STR("abc"), b = COW_STR("ABCD"), c = COW_STR("");
    assert_false(cow_str_equal_ignoring_case(&a, &b));
    assert_false(cow_str_equal_ignoring_case(&a, &c));
    assert_true(cow_str_equal_ignoring_case(&c, &c));
}

/* ---- hashing ---- */

static void the_hash_is_that_of_the_bytes_in_every_form(void **state) {
    (void)state;
    static subject of;
    static const size_t sizes[] = {0, 1, 22, 23, 100, 600};
    const uint64_t seeds[] = {cow_seed(), 0, 1, UINT64_MAX, cow_seed()};
    for (form which = 0; which < FORMS; which++) {
        for (size_t i = 0; i < LENGTH(sizes); i++) {
            if (!form_fits(which, sizes[i])) continue;
            subject_set(&of, which, prose(), sizes[i]);
            for (size_t k = 0; k < LENGTH(seeds); k++)
                KIT_CHECK(cow_str_hash(&of.s, seeds[k]) == cow_hash_bytes(prose(), sizes[i], seeds[k]));
            subject_strike(&of, which);
        }
    }
}

/* A C string may be asked for between edit and the writes through its pointer. */
static void an_edited_slice_is_hashed_anew(void **state) {
    (void)state;
    cow_str s;
    KIT_CHECK(cow_str_from_format(&s, "%01000d", 7));
    cow_str part = cow_str_prefix(&s, 600);
    cow_str_drop(&s);
    char *p = cow_str_edit(&part);
    KIT_CHECK(p && strlen(cow_str_cstr(&part)) == 600);
    uint64_t before = cow_str_hash(&part, cow_seed());
    p[0] = '!';
    KIT_CHECK(cow_str_hash(&part, cow_seed()) != before);
    cow_str_drop(&part);
}

/* Two libraries that each embed cow have seeds of their own, and a text may cross between them with its cached hash. */
static void a_cached_hash_is_that_of_its_seed(void **state) {
    (void)state;
    uint64_t before = cow_seed();
    cow_str s;
    KIT_CHECK(cow_str_from(&s, "a key that is longer than twenty-two bytes"));
    KIT_CHECK(cow_str_hash(&s, before) == cow_hash_bytes(cow_str_data(&s), cow_str_len(&s), before));
    cow_seed_set(5);
    KIT_CHECK(cow_seed() != before);
    for (int i = 0; i < 2; i++) {
        KIT_CHECK(cow_str_hash(&s, cow_seed()) == cow_hash_bytes(cow_str_data(&s), cow_str_len(&s), cow_seed()));
        KIT_CHECK(cow_str_hash(&s, before) == cow_hash_bytes(cow_str_data(&s), cow_str_len(&s), before));
    }
    cow_str_drop(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(all_short_strings_over_two_letters),
        UNIT(long_texts_in_exact_blocks),
        UNIT(a_needle_at_every_place),
        UNIT(a_string_is_found_in_itself),
        UNIT(periodic_texts_take_linear_time),
        UNIT(almost_periodic_texts),
        UNIT(two_wrong_letters_around_a_shift),
        UNIT(short_periodic_needles),
        UNIT(any_and_not_any_of_a_set),
        UNIT(every_byte_is_found),
        UNIT(bytes_compare_as_unsigned),
        UNIT(one_byte_of_difference_is_seen_everywhere),
        UNIT(case_is_ignored_for_ascii_letters_only),
        UNIT(the_hash_is_that_of_the_bytes_in_every_form),
        UNIT(a_cached_hash_is_that_of_its_seed),
        UNIT(an_edited_slice_is_hashed_anew),
    };
    return cmocka_run_group_tests_name("str_search", tests, NULL, NULL);
}
