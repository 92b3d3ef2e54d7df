/* SPDX-License-Identifier: MIT */
/*
 * What always holds of strings, however they are stored: searches and splits agree with naive ones, what is printed reads back,
 * code points go both ways, and what undoes each other does. Long lists of operations are str_model_prop.c.
 */
#define _POSIX_C_SOURCE 200809L /* kit_files.h */
#include "tests/unit/kit_files.h"

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#include "str_naive.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <unistd.h>

/* Dropped when a check fails, too. */
#define STR __attribute__((cleanup(cow_str_drop))) cow_str

/* ---- Drawing texts ---- */

#define LETTERS "abAB"
#define WORDS "ab ,\n\r\t-"
#define UTF8 "a\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xe1\xed\xef\xf0\xf1\xf4\xf5\xff"

/* A short text, or one that is repeated up to a length at a border, with a byte of it changed: periods are what searches and
   caches stumble over. */
static naive drawn(const char *name, const char *alphabet) {
    static const int64_t lengths[] = {21, 22, 23, 47, 48, 63, 64, 65, 130, 511, 512, 513, 1000};
    naive is = {0, {0}};
    is.n = rc_text(name, alphabet, is.v, 40);
    size_t length = rc_choice("length", 26);
    if (length < 13 || !is.n) return is;
    size_t n = (size_t)lengths[length - 13], at = rc_choice("changed at", 1000);
    size_t period = 1 + (is.n - 1) % 7;
    for (is.n = period; is.n < n; is.n++) is.v[is.n] = is.v[is.n - period];
    if (at < n) is.v[at] = alphabet[0];
    return is;
}

static void release_nothing(void *ctx, const void *p, size_t n) { (void)ctx, (void)p, (void)n; }

/* A string of these bytes, in storage of any kind. What is borrowed lies in a block of its very size, so that ASan sees who reads
   beyond; it goes with the child that the case runs in. */
static cow_str stored(const naive *is) {
    cow_str s = {0}, whole = {0};
    size_t kind = rc_choice("stored", 5);
    char *block = malloc(is->n ? is->n : 1);
    rc_assert(block != NULL);
    memcpy(block, is->v, is->n);
    switch (kind) {
    case 0: rc_assert(cow_str_from_bytes(&s, block, is->n)); break;
    case 1: return cow_str_borrow(block, is->n);
    case 2: rc_assert(cow_str_adopt(&s, block, is->n, release_nothing, NULL)); return s;
    case 3: rc_assert(cow_str_new_in(&s, is->n + 30, NULL) && cow_str_append_bytes(&s, block, is->n)); break;
    default:
        rc_assert(cow_str_from_format(&whole, "%*d", LONGEST, 0));
        rc_assert(cow_str_replace_bytes(&whole, 7, 7 + is->n, block, is->n));
        s = cow_str_slice(&whole, 7, 7 + is->n);
        cow_str_drop(&whole);
    }
    free(block);
    return s;
}

static void agrees(const cow_str *s, const naive *is) {
    rc_assert_equal(cow_str_len(s), is->n);
    rc_assert(cow_str_is_bytes(s, is->v, is->n));
}

/* A part of the text, perhaps with a byte changed, or a text of its own. */
static naive drawn_needle(const naive *hay, const char *alphabet) {
    size_t begin = rc_choice("begin", hay->n + 1), n = rc_choice("n", hay->n - begin + 1);
    if (rc_choice("needle is drawn", 4) == 3) return drawn("needle", alphabet);
    naive is = part(hay, begin, begin + n);
    size_t at = rc_choice("needle changed at", 100);
    if (at < n) is.v[at] = alphabet[1];
    return is;
}

/* ---- Searching ---- */

static void searches_agree_with_naive_ones(void *ctx) {
    (void)ctx;
    naive hay = drawn("hay", LETTERS), needle = drawn_needle(&hay, LETTERS);
    STR s = stored(&hay);
    STR t = stored(&needle);
    size_t from = rc_choice("from", hay.n + 2), first = naive_find(&hay, &needle, from);
    rc_label(first == COW_NPOS ? "not there" : "there");
    rc_assert_equal(cow_str_find_str(&s, &t, from), first);
    rc_assert_equal(cow_str_rfind_str(&s, &t, from), naive_rfind(&hay, &needle, from));
    rc_assert_equal(cow_str_rfind_str(&s, &t, COW_NPOS), naive_rfind(&hay, &needle, COW_NPOS));
    rc_assert_equal(cow_str_count_str(&s, &t), naive_count(&hay, &needle));
    rc_assert(cow_str_contains_str(&s, &t) == (naive_find(&hay, &needle, 0) != COW_NPOS));
    rc_assert(cow_str_starts_with_str(&s, &t) == lies_at(&hay, 0, &needle));
    rc_assert(cow_str_ends_with_str(&s, &t) == (needle.n <= hay.n && lies_at(&hay, hay.n - needle.n, &needle)));
}

static void searches_for_sets_agree_with_naive_ones(void *ctx) {
    (void)ctx;
    char set[6] = "";
    naive is = drawn("text", WORDS);
    set[rc_text("set", WORDS, set, 5)] = '\0';
    STR s = stored(&is);
    size_t from = rc_choice("from", is.n + 2), any = from, not_any = from;
    while (any < is.n && !strchr(set, is.v[any])) any++;
    while (not_any < is.n && strchr(set, is.v[not_any])) not_any++;
    rc_assert_equal(cow_str_find_any(&s, set, from), any < is.n ? any : COW_NPOS);
    rc_assert_equal(cow_str_find_not_any(&s, set, from), not_any < is.n ? not_any : COW_NPOS);
}

static void replacing_all_agrees_with_a_naive_one(void *ctx) {
    (void)ctx;
    naive is = drawn("text", LETTERS), what = drawn_needle(&is, LETTERS), by = {0, {0}};
    by.n = rc_text("by", LETTERS, by.v, 30);
    STR s = stored(&is);
    STR w = stored(&what);
    STR b = stored(&by);
    rc_require(what.n && naive_replace_all(&is, &what, &by));
    rc_assert(cow_str_replace_all_str(&s, &w, &b));
    agrees(&s, &is);
}

/* There and back: the second text has a letter that the first has not. */
static void replacing_all_can_be_undone(void *ctx) {
    (void)ctx;
    naive is = drawn("text", LETTERS), what = drawn_needle(&is, LETTERS);
    rc_require(what.n > 0);
    STR s = stored(&is);
    STR w = stored(&what);
    rc_assert(cow_str_replace_all_str(&s, &w, &w));
    agrees(&s, &is);
    size_t n = cow_str_count_str(&s, &w);
    rc_assert(cow_str_replace_all_bytes(&s, what.v, what.n, "<>", 2));
    rc_assert_equal(cow_str_len(&s), is.n + 2 * n - n * what.n);
    rc_assert_equal(cow_str_count(&s, "<>"), n);
    rc_assert(cow_str_replace_all_bytes(&s, "<>", 2, what.v, what.n));
    agrees(&s, &is);
}

/* ---- Splitting and joining ---- */

static cow_str_split split_of(const cow_str *s, separation kind, const naive *by) {
    char c_string[LONGEST + 1];
    memcpy(c_string, by->v, by->n);
    c_string[by->n] = '\0';
    switch (kind) {
    case AT_BYTE: return cow_str_split_byte(s, by->v[0]);
    case AT_BYTES: return cow_str_split_by_bytes(s, by->v, by->n);
    case AT_ANY: return cow_str_split_any(s, c_string);
    case AT_LINES: return cow_str_split_lines(s);
    case AT_SPACE: break;
    }
    return cow_str_split_space(s);
}

static void splits_agree_with_naive_ones(void *ctx) {
    (void)ctx;
    static fields f;
    naive is = drawn("text", WORDS), by = drawn_needle(&is, WORDS);
    separation kind = (separation)rc_choice("kind", 5);
    if (!by.n) by.v[0] = ',';
    STR s = stored(&is);
    STR field = {0};
    cow_str_split it __attribute__((cleanup(cow_str_split_drop))) = split_of(&s, kind, &by);
    naive_split(&f, &is, kind, &by);
    for (size_t i = 0; i < f.n; i++) {
        naive expected = field_of(&f, i);
        rc_assertf(cow_str_split_next(&it, &field), "%zu fields, not %zu", i, f.n);
        agrees(&field, &expected);
        rc_assert_equal(cow_str_split_ended_by(&it), f.at[i].ended_by);
    }
    rc_assert(!cow_str_split_next(&it, &field) && cow_str_is_empty(&field));
}

static void joining_what_was_split_is_the_identity(void *ctx) {
    (void)ctx;
    static cow_str found[LONGEST + 1];
    naive is = drawn("text", WORDS), by = drawn_needle(&is, WORDS);
    STR s = stored(&is);
    STR separator = stored(&by);
    STR joined = {0};
    size_t n = 0;
    cow_str_split it = cow_str_split_by_str(&s, &separator);
    while (n < LONGEST && cow_str_split_next(&it, &found[n])) n++;
    bool ok = cow_str_join_str(&joined, found, n, &separator);
    for (size_t i = 0; i < n; i++) cow_str_drop(&found[i]);
    rc_assert(ok && n == cow_str_count_str(&s, &separator) + 1);
    agrees(&joined, &is);
}

/* ---- Slices and ends ---- */

static void slices_put_together_are_the_string(void *ctx) {
    (void)ctx;
    naive is = drawn("text", LETTERS);
    STR s = stored(&is);
    STR joined = {0};
    for (size_t at = 0; at < is.n;) {
        size_t next = at + 1 + rc_choice("length - 1", is.n - at);
        STR part = cow_str_slice(&s, at, next);
        rc_assert_equal(cow_str_len(&part), next - at);
        rc_assert(cow_str_append_str(&joined, &part));
        at = next;
    }
    rc_assert(cow_str_equal(&s, &joined));
}

static void prefix_and_suffix_are_the_string(void *ctx) {
    (void)ctx;
    naive is = drawn("text", LETTERS);
    STR s = stored(&is);
    size_t at = rc_choice("at", is.n + 1);
    STR head = cow_str_prefix(&s, at);
    STR tail = cow_str_suffix(&s, is.n - at);
    rc_assert(cow_str_starts_with_str(&s, &head) && cow_str_ends_with_str(&s, &tail));
    rc_assert(cow_str_prepend_str(&tail, &head) && cow_str_equal(&s, &tail));
}

static void trimming_leaves_no_space_and_no_more(void *ctx) {
    (void)ctx;
    naive is = drawn("text", " \t\n\v\f\r\bab");
    STR s = stored(&is);
    STR both = cow_str_trim(&s);
    STR start = cow_str_trim_start(&s);
    STR start_end = cow_str_trim_end(&start);
    STR end = cow_str_trim_end(&s);
    STR again = cow_str_trim(&both);
    naive expected = naive_trim(&is, true, true), at_end = naive_trim(&is, false, true);
    agrees(&both, &expected);
    agrees(&end, &at_end);
    rc_assert(cow_str_equal(&both, &start_end) && cow_str_equal(&both, &again));
    rc_assert(cow_str_ends_with_str(&s, &start) && cow_str_contains_str(&s, &both));
}

/* ---- Comparing ---- */

static void order_equality_and_hash_agree(void *ctx) {
    (void)ctx;
    naive a = drawn("a", UTF8), b = drawn_needle(&a, UTF8);
    if (rc_bool("b is a")) b = a;
    STR s = stored(&a);
    STR t = stored(&b);
    int expected = order(&a, &b);
    uint64_t seed = rc_bool("seed of the process") ? cow_seed() : 7;
    rc_label(expected ? "different" : "equal");
    rc_assert_equal(sign(cow_str_compare(&s, &t)), expected);
    rc_assert_equal(sign(cow_str_compare(&t, &s)), -expected);
    rc_assert(cow_str_equal(&s, &t) == (expected == 0));
    for (int again = 0; again < 2; again++)
        rc_assert((cow_str_hash(&s, seed) == cow_str_hash(&t, seed)) == (expected == 0));
    rc_assert(cow_str_hash(&s, seed) == cow_hash_bytes(a.v, a.n, seed));
}

static void comparing_is_a_total_order(void *ctx) {
    (void)ctx;
    naive a = drawn("a", UTF8), b = drawn_needle(&a, UTF8), c = drawn_needle(&b, UTF8);
    STR x = stored(&a);
    STR y = stored(&b);
    STR z = stored(&c);
    int xy = sign(cow_str_compare(&x, &y)), yz = sign(cow_str_compare(&y, &z)), xz = sign(cow_str_compare(&x, &z));
    if (xy == yz) rc_assert_equal(xz, xy);
    if (xy == 0) rc_assert_equal(xz, yz);
    if (yz == 0) rc_assert_equal(xz, xy);
}

static void changing_case_changes_letters_only(void *ctx) {
    (void)ctx;
    naive is = drawn("text", "azAZ@[`{09\xc1\xe1\xc3\xa9"), up = is, down = is;
    for (size_t i = 0; i < is.n; i++) up.v[i] = upper(is.v[i]), down.v[i] = lower(is.v[i]);
    STR s = stored(&is);
    STR t = cow_str_copy(&s);
    rc_assert(cow_str_to_upper(&s) && cow_str_equal_ignoring_case(&s, &t));
    agrees(&s, &up);
    rc_assert(cow_str_to_lower(&s) && cow_str_to_lower(&t) && cow_str_equal(&s, &t));
    agrees(&t, &down);
    STR shorter = cow_str_prefix(&s, is.n ? is.n - 1 : 0);
    rc_assert(cow_str_equal_ignoring_case(&s, &shorter) == !is.n);
}

/* ---- Formats and files ---- */

static void formats_print_what_printf_prints(void *ctx) {
    (void)ctx;
    char text[LONGEST + 1], expected[2 * LONGEST];
    naive is = drawn("text", WORDS);
    int width = (int)rc_int("width", -600, 600);
    memcpy(text, is.v, is.n);
    text[is.n] = '\0';
    (void)snprintf(expected, sizeof expected, "%*s|%d", width, text, width);
    STR s = {0};
    STR t = stored(&is);
    rc_assert(cow_str_from_format(&s, "%*s|%d", width, text, width) && cow_str_is(&s, expected));
    rc_assert(cow_str_append_format(&t, "%*s|%d", width, text, width));
    rc_assert_equal(cow_str_len(&t), is.n + strlen(expected));
    rc_assert(cow_str_starts_with_bytes(&t, is.v, is.n) && cow_str_ends_with(&t, expected));
}

static void a_file_reads_as_it_was_written(void *ctx) {
    (void)ctx;
    char path[KIT_PATH];
    naive is = drawn("text", UTF8);
    size_t times = rc_choice("times", 100), written = 0;
    int file = kit_file(path);
    STR s = stored(&is);
    STR all = {0};
    STR read = {0};
    for (size_t i = 0; i < times; i++) rc_assert(cow_str_append_str(&all, &s));
    if (times) written = (size_t)write(file, cow_str_data(&all), cow_str_len(&all));
    bool ok = cow_str_from_file(&read, path);
    (void)close(file);
    (void)unlink(path);
    rc_assert(ok && written == cow_str_len(&all) && cow_str_equal(&read, &all));
    rc_assert(!cow_str_from_file(&read, path) && cow_error() == COW_ABSENT);
}

/* ---- Numbers ---- */

static void printed_integers_read_back(void *ctx) {
    (void)ctx;
    int64_t x = rc_int("x", INT64_MIN, INT64_MAX), back = 0;
    int base = (int)rc_int("base", 2, 36);
    uint64_t u = 0, left = x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
    char digits[70], *p = digits + sizeof digits - 1;
    *p = '\0';
    do *--p = "0123456789abcdefghijklmnopqrstuvwxyz"[left % (uint64_t)base];
    while (left /= (uint64_t)base);
    if (x < 0) *--p = '-';
    STR s = {0};
    STR t = {0};
    STR in_base = {0};
    rc_assert(cow_str_append_int(&s, x) && cow_str_append_uint(&t, (uint64_t)x) && cow_str_from(&in_base, p));
    rc_assert(cow_str_parse_int(&s, 10, &back, NULL) && back == x);
    rc_assert(cow_str_parse_uint(&t, 10, &u, NULL) && u == (uint64_t)x);
    rc_assert(cow_str_parse_int(&in_base, base, &back, NULL) && back == x);
    rc_assert(cow_str_to_upper(&in_base) && cow_str_parse_int(&in_base, base, &back, NULL) && back == x);
}

/* strtoll reads the same, if nothing stands there that only it understands: white space, or 0x in base 16. */
static void integers_read_as_by_strtoll(void *ctx) {
    (void)ctx;
    naive is = {0, {0}};
    is.n = rc_text("text", "0179azAZ+-.", is.v, 25);
    int base = (int)rc_int("base", 2, 36);
    is.v[is.n] = '\0';
    char *end;
    errno = 0;
    int64_t x = 42, expected = strtoll(is.v, &end, base);
    bool range = errno == ERANGE, any = end > is.v;
    size_t stopped = 0;
    STR s = stored(&is);
    rc_label(range ? "too large" : any ? "a number" : "no number");
    rc_assert(cow_str_parse_int(&s, base, &x, &stopped) == (any && !range));
    rc_assert(any && !range ? x == expected : x == 42 && cow_error() == (any ? COW_RANGE : COW_INVALID));
    rc_assert_equal(stopped, end - is.v);
    rc_assert(cow_str_parse_int(&s, base, &x, NULL) == (any && !range && stopped == is.n));
}

static double drawn_double(void) {
    int64_t bits = rc_int("bits", INT64_MIN, INT64_MAX);
    double x;
    if (rc_bool("few digits")) return (double)(bits % 100000) / (double)(1 + rc_choice("divisor - 1", 1000));
    memcpy(&x, &bits, sizeof x);
    return x;
}

static bool same_double(double a, double b) { return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0; }

/* How many significant digits a printed number has. */
static size_t digits_of(const char *text) {
    size_t n = 0, zeros = 0;
    for (const char *p = text; *p && *p != 'e'; p++) {
        if (*p < '0' || *p > '9' || (!n && *p == '0')) continue;
        zeros = *p == '0' ? zeros + 1 : 0;
        n++;
    }
    return n - zeros;
}

static void printed_doubles_read_back_and_are_the_shortest(void *ctx) {
    (void)ctx;
    double x = drawn_double(), back = 0;
    STR s = {0};
    rc_assert(cow_str_append_double(&s, x) && cow_str_parse_double(&s, &back, NULL));
    rc_log("%.17g is printed as " COW_STR_FMT, x, COW_STR_ARG(&s));
    rc_assert(same_double(x, back) && same_double(x, strtod(cow_str_cstr(&s), NULL)));
    int shortest = 1;
    char text[40];
    do (void)snprintf(text, sizeof text, "%.*e", shortest - 1, x);
    while (!same_double(strtod(text, NULL), x) && ++shortest <= 17);
    if (!isfinite(x) || !(fabs(x) > 0)) return;
    /* Below a power of two, doubles lie closer: there the nearest decimal may not read back, and the next one with a digit less does. */
    int exponent;
    bool power = fabs(frexp(x, &exponent)) <= 0.5;
    rc_assert(digits_of(cow_str_cstr(&s)) == digits_of(text) ||
              (power && digits_of(cow_str_cstr(&s)) < digits_of(text)));
}

/* Digits of any length, also those between two doubles that lie next to each other. */
static void doubles_read_as_by_strtod(void *ctx) {
    (void)ctx;
    naive is = {0, {0}};
    if (rc_bool("half-way")) {
        double x = drawn_double();
        rc_require(isfinite(x) && fabs(x) < 1e200 && fabs(x) > 1e-100);
        long double middle = ((long double)x + (long double)nextafter(x, 2 * x)) / 2;
        is.n = (size_t)snprintf(is.v, LONGEST, "%.800Lf", middle);
        is.v[is.n - 1] = (char)('0' + rc_choice("last digit", 10));
    } else {
        is.n = rc_text("text", "0159.+-eE", is.v, 40);
    }
    is.v[is.n] = '\0';
    char *end;
    double x = 42, expected = strtod(is.v, &end);
    size_t stopped = 0;
    STR s = stored(&is);
    bool any = end > is.v, fits = fabs(expected) <= DBL_MAX;
    rc_assert(cow_str_parse_double(&s, &x, &stopped) == (any && fits));
    rc_assert_equal(stopped, end - is.v);
    rc_assert(any && fits ? same_double(x, expected) : cow_error() == (any ? COW_RANGE : COW_INVALID));
}

/* ---- UTF-8 ---- */

static void code_points_go_both_ways(void *ctx) {
    (void)ctx;
    int64_t list[50];
    size_t n = rc_ints("code points", 0, 0x10ffff, list, 50), at = 0, kept = 0;
    uint32_t c;
    STR s = {0};
    for (size_t i = 0; i < n; i++) {
        bool surrogate = list[i] >= 0xd800 && list[i] <= 0xdfff;
        rc_assert(cow_str_append_code_point(&s, (uint32_t)list[i]) == !surrogate);
        if (!surrogate) list[kept++] = list[i];
    }
    rc_assert(cow_str_is_utf8(&s, NULL));
    rc_assert_equal(cow_str_count_code_points(&s), kept);
    for (size_t i = 0; i < kept; i++) {
        rc_assert(cow_str_next_code_point(&s, &at, &c));
        rc_assert_equal(c, list[i]);
    }
    rc_assert(at == cow_str_len(&s) && !cow_str_next_code_point(&s, &at, &c));
    while (kept > 0) {
        rc_assert(cow_str_prev_code_point(&s, &at, &c));
        rc_assert_equal(c, list[--kept]);
    }
    rc_assert(at == 0 && !cow_str_prev_code_point(&s, &at, &c));
}

/* A text of bytes that mean something to UTF-8, and where its code points begin. */
typedef struct utf8_text {
    naive is;
    bool begins[LONGEST + 1];
    size_t points, valid;
} utf8_text;

static void drawn_utf8(utf8_text *t) {
    uint32_t c;
    bool well, all_well = true;
    memset(t, 0, sizeof *t);
    t->is = drawn("text", UTF8);
    for (size_t at = 0; at < t->is.n; t->points++) {
        t->begins[at] = true;
        at += naive_decode(&t->is, at, &c, &well);
        all_well = all_well && well;
        if (all_well) t->valid = at;
    }
    t->begins[t->is.n] = true;
}

/* Forwards as a table of the standard has it, and backwards the same. */
static void any_bytes_decode_as_the_standard_says(void *ctx) {
    (void)ctx;
    static utf8_text t;
    drawn_utf8(&t);
    STR s = stored(&t.is);
    size_t end = 0, at = 0, i = 0;
    uint32_t c, expected;
    bool well;
    rc_assert(cow_str_is_utf8(&s, &end) == (t.valid == t.is.n));
    rc_assert_equal(end, t.valid);
    rc_assert_equal(cow_str_count_code_points(&s), t.points);
    while (i < t.is.n) {
        i += naive_decode(&t.is, i, &expected, &well);
        rc_assert(cow_str_next_code_point(&s, &at, &c));
        rc_assert_equal(at, i);
        rc_assert_equal(c, expected);
    }
    while (i > 0) {
        do i--;
        while (!t.begins[i]);
        (void)naive_decode(&t.is, i, &expected, &well);
        rc_assert(cow_str_prev_code_point(&s, &at, &c));
        rc_assert_equal(at, i);
        rc_assert_equal(c, expected);
    }
}

static void boundaries_are_where_code_points_begin(void *ctx) {
    (void)ctx;
    static utf8_text t;
    drawn_utf8(&t);
    STR s = stored(&t.is);
    for (size_t i = 0, before = 0; i <= t.is.n; i++) {
        size_t after = i;
        while (!t.begins[after]) after++;
        if (t.begins[i]) before = i;
        rc_assertf(cow_str_is_boundary(&s, i) == t.begins[i], "at %zu", i);
        rc_assert_equal(cow_str_boundary_before(&s, i), before);
        rc_assert_equal(cow_str_boundary_after(&s, i), after);
    }
    rc_assert(!cow_str_is_boundary(&s, t.is.n + 1) && cow_str_boundary_before(&s, t.is.n + 1) == t.is.n);
}

/* ---- Running them ---- */

typedef struct named {
    const char *name;
    void (*property)(void *ctx);
} named;

static const named properties[] = {
    {"searches agree with naive ones", searches_agree_with_naive_ones},
    {"searches for sets agree with naive ones", searches_for_sets_agree_with_naive_ones},
    {"replacing all agrees with a naive one", replacing_all_agrees_with_a_naive_one},
    {"replacing all can be undone", replacing_all_can_be_undone},
    {"splits agree with naive ones", splits_agree_with_naive_ones},
    {"joining what was split is the identity", joining_what_was_split_is_the_identity},
    {"slices put together are the string", slices_put_together_are_the_string},
    {"prefix and suffix are the string", prefix_and_suffix_are_the_string},
    {"trimming leaves no space, and no more", trimming_leaves_no_space_and_no_more},
    {"order, equality and hash agree", order_equality_and_hash_agree},
    {"comparing is a total order", comparing_is_a_total_order},
    {"changing case changes letters only", changing_case_changes_letters_only},
    {"formats print what printf prints", formats_print_what_printf_prints},
    {"a file reads as it was written", a_file_reads_as_it_was_written},
    {"printed integers read back", printed_integers_read_back},
    {"integers read as by strtoll", integers_read_as_by_strtoll},
    {"printed doubles read back and are the shortest", printed_doubles_read_back_and_are_the_shortest},
    {"doubles read as by strtod", doubles_read_as_by_strtod},
    {"code points go both ways", code_points_go_both_ways},
    {"any bytes decode as the standard says", any_bytes_decode_as_the_standard_says},
    {"boundaries are where code points begin", boundaries_are_where_code_points_begin},
};

/* In a child of its own, so a case starts with nothing; and it leaves nothing. */
static void and_nothing_is_left(void *row) {
    ((const named *)row)->property(NULL);
    rc_assert_equal(kit_lost_blocks(), 0);
}

int main(void) {
    cow_seed_set(42);
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
        named row = properties[i];
        rc_check_isolated(row.name, and_nothing_is_left, &row);
    }
    return rc_summary("string properties");
}
