/* SPDX-License-Identifier: MIT */
/*
 * str_write: every change of a string, on every form a string can have, against a splice of plain bytes. After each call: the
 * text, the hash (which may be cached), the C string, and what it shared with must be right.
 */
#include "kit.h"
#include "strs.h"

/* ---- the changes that are a splice ---- */

typedef struct change {
    size_t begin, end; /* what goes */
    const void *p;     /* what comes */
    size_t n;
} change;

typedef enum place { AT_END, AT_START, AT_INDEX, OVER_ONE, OVER_RANGE, FROM_INDEX, OVER_ALL } place;
typedef enum payload { NOTHING, ONE_BYTE, C_STRING, BYTES } payload;

typedef struct splicer {
    const char *name;
    bool (*run)(cow_str *s, const change *c);
    place where;
    payload what;
} splicer;

#define SPLICE(name) static bool run_##name(cow_str *s, const change *c)
#define AS_TEXT ((const char *)c->p)

SPLICE(append) { return cow_str_append(s, AS_TEXT); }
SPLICE(append_bytes) { return cow_str_append_bytes(s, c->p, c->n); }
SPLICE(append_byte) { return cow_str_append_byte(s, *AS_TEXT); }
SPLICE(append_format) { return cow_str_append_format(s, "%s", AS_TEXT); }
SPLICE(prepend) { return cow_str_prepend(s, AS_TEXT); }
SPLICE(prepend_bytes) { return cow_str_prepend_bytes(s, c->p, c->n); }
SPLICE(insert) { return cow_str_insert(s, c->begin, AS_TEXT); }
SPLICE(insert_bytes) { return cow_str_insert_bytes(s, c->begin, c->p, c->n); }
SPLICE(erase) { return cow_str_erase(s, c->begin); }
SPLICE(erase_range) { return cow_str_erase_range(s, c->begin, c->end); }
SPLICE(replace) { return cow_str_replace(s, c->begin, c->end, AS_TEXT); }
SPLICE(replace_bytes) { return cow_str_replace_bytes(s, c->begin, c->end, c->p, c->n); }
SPLICE(truncate) { return cow_str_truncate(s, c->begin); }
SPLICE(resize_down) { return cow_str_resize(s, c->begin, '#'); }
SPLICE(clear) {
    (void)c;
    cow_str_clear(s);
    return true;
}

/* The variants that take a string get one of their own. */
static bool with_str(cow_str *s, const change *c, bool (*call)(cow_str *s, const change *c, const cow_str *t)) {
    cow_str t = str_of(c->p, c->n);
    bool said = call(s, c, &t);
    CHECK_BYTES(&t, c->p, c->n);
    cow_str_drop(&t);
    return said;
}
static bool call_append(cow_str *s, const change *c, const cow_str *t) { return (void)c, cow_str_append_str(s, t); }
static bool call_prepend(cow_str *s, const change *c, const cow_str *t) { return (void)c, cow_str_prepend_str(s, t); }
static bool call_insert(cow_str *s, const change *c, const cow_str *t) { return cow_str_insert_str(s, c->begin, t); }
static bool call_replace(cow_str *s, const change *c, const cow_str *t) {
    return cow_str_replace_str(s, c->begin, c->end, t);
}
SPLICE(append_str) { return with_str(s, c, call_append); }
SPLICE(prepend_str) { return with_str(s, c, call_prepend); }
SPLICE(insert_str) { return with_str(s, c, call_insert); }
SPLICE(replace_str) { return with_str(s, c, call_replace); }

#define SPLICER(name, where, what) \
    { #name, run_##name, where, what }
static const splicer splicers[] = {
    SPLICER(append, AT_END, C_STRING),         SPLICER(append_bytes, AT_END, BYTES),
    SPLICER(append_str, AT_END, BYTES),        SPLICER(append_byte, AT_END, ONE_BYTE),
    SPLICER(append_format, AT_END, C_STRING),  SPLICER(prepend, AT_START, C_STRING),
    SPLICER(prepend_bytes, AT_START, BYTES),   SPLICER(prepend_str, AT_START, BYTES),
    SPLICER(insert, AT_INDEX, C_STRING),       SPLICER(insert_bytes, AT_INDEX, BYTES),
    SPLICER(insert_str, AT_INDEX, BYTES),      SPLICER(erase, OVER_ONE, NOTHING),
    SPLICER(erase_range, OVER_RANGE, NOTHING), SPLICER(replace, OVER_RANGE, C_STRING),
    SPLICER(replace_bytes, OVER_RANGE, BYTES), SPLICER(replace_str, OVER_RANGE, BYTES),
    SPLICER(truncate, FROM_INDEX, NOTHING),    SPLICER(resize_down, FROM_INDEX, NOTHING),
    SPLICER(clear, OVER_ALL, NOTHING),
};

/* ---- after a change ---- */

static void check_hash(const cow_str *s) {
    uint64_t seed = cow_seed();
    KIT_CHECK(cow_str_hash(s, seed) == cow_hash_bytes(cow_str_data(s), cow_str_len(s), seed));
}

static void check_result(subject *of, const text *expected, const void *p, size_t n) {
    CHECK_BYTES(&of->s, expected->b, expected->n);
    check_hash(&of->s);
    check_hash(&of->keeper);
    const char *c = cow_str_cstr(&of->s);
    KIT_CHECK(c && memcmp(c, expected->b, expected->n) == 0 && c[expected->n] == 0);
    CHECK_BYTES(&of->s, expected->b, expected->n);
    subject_check_others(of, p, n);
    check_hash(&of->keeper);
}

/* Caches the hashes, so that one that goes stale is seen. */
static void hash_before(const subject *of) {
    check_hash(&of->s);
    check_hash(&of->keeper);
}

static const size_t lengths[] = {0, 1, 2, 21, 22, 23, 24, 40, 512, 513, 600};
static const size_t extras[] = {0, 1, 2, 20, 21, 22, 23, 64, 700};

static text expected;

static void run_splice(const splicer *how, form which, const char *p, size_t n, const change *c) {
    snprintf(kit_context, sizeof kit_context, "%s, %s, %zu bytes, [%zu, %zu) by %zu", how->name, form_names[which], n,
             c->begin, c->end, c->n);
    static subject of;
    subject_set(&of, which, p, n);
    hash_before(&of);
    text_set(&expected, p, n);
    text_splice(&expected, c->begin, c->end, c->p, c->n);
    KIT_CHECK(how->run(&of.s, c));
    check_result(&of, &expected, p, n);
    subject_strike(&of, which);
}

/* Begin and end number k of the places to try; false when there is none. */
static bool nth_place(place where, size_t n, size_t k, size_t *begin, size_t *end) {
    const size_t at[] = {0, 1, n / 2, n > 0 ? n - 1 : 0, n};
    switch (where) {
    case AT_END: return *begin = *end = n, k == 0;
    case AT_START: return *begin = *end = 0, k == 0;
    case OVER_ALL: return *begin = 0, *end = n, k == 0;
    case AT_INDEX: return k < 5 && (*begin = *end = at[k]) <= n;
    case FROM_INDEX: return *end = n, k < 5 && (*begin = at[k]) <= n;
    case OVER_ONE: return k < 4 && (*end = (*begin = at[k]) + 1) <= n;
    case OVER_RANGE: return k < 25 && (*begin = at[k / 5]) <= (*end = at[k % 5]) && *end <= n;
    }
    return false;
}

static size_t places_of(place where) {
    return where == OVER_RANGE ? 25 : where == AT_INDEX || where == FROM_INDEX || where == OVER_ONE ? 5 : 1;
}

static void run_payloads(const splicer *how, form which, size_t n, size_t begin, size_t end) {
    static char filler[1024];
    for (size_t i = 0; i < sizeof filler; i++) filler[i] = (char)(i * 7 + 1);
    for (size_t x = 0; x < LENGTH(extras); x++) {
        change c = {begin, end, filler, extras[x]};
        char c_string[1024];
        if ((how->what == NOTHING && x > 0) || (how->what == ONE_BYTE && c.n != 1)) continue;
        if (how->what == NOTHING) c.p = NULL;
        if (how->what == C_STRING) {
            for (size_t i = 0; i < c.n; i++) c_string[i] = (char)('a' + i % 23);
            c_string[c.n] = 0;
            c.p = c_string;
        }
        run_splice(how, which, prose(), n, &c);
    }
}

static void every_splice_on_every_form(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(splicers); i++) {
        for (size_t l = 0; l < LENGTH(lengths); l++) {
            for (size_t k = 0; k < places_of(splicers[i].where); k++) {
                size_t begin, end;
                if (!nth_place(splicers[i].where, lengths[l], k, &begin, &end)) continue;
                for (form which = 0; which < FORMS; which++)
                    if (form_fits(which, lengths[l])) run_payloads(&splicers[i], which, lengths[l], begin, end);
            }
        }
    }
}

/* ---- arguments that point into the string itself ---- */

static void run_alias(const splicer *how, form which, size_t n, size_t begin, size_t end, size_t from, size_t count) {
    snprintf(kit_context, sizeof kit_context, "%s, %s, %zu bytes, [%zu, %zu) by its own [%zu, +%zu)", how->name,
             form_names[which], n, begin, end, from, count);
    static subject of;
    subject_set(&of, which, prose(), n);
    hash_before(&of);
    text_set(&expected, prose(), n);
    text_splice(&expected, begin, end, prose() + from, count);
    change c = {begin, end, cow_str_data(&of.s) + from, count};
    KIT_CHECK(how->run(&of.s, &c));
    check_result(&of, &expected, prose(), n);
    subject_strike(&of, which);
}

/* Every stretch of a short text; of longer ones, stretches that touch the ends. */
static void alias_everywhere(const splicer *how, form which, size_t n, size_t begin, size_t end) {
    const size_t step = n <= 8 ? 1 : n <= 24 ? 3 : n / 3;
    for (size_t from = 0; from <= n; from += step)
        for (size_t count = 0; from + count <= n; count += step) run_alias(how, which, n, begin, end, from, count);
    run_alias(how, which, n, begin, end, 0, n);
    if (n) run_alias(how, which, n, begin, end, n - 1, 1);
}

static void arguments_may_point_into_the_string_itself(void **state) {
    (void)state;
    static const splicer own[] = {
        SPLICER(append_bytes, AT_END, BYTES),
        SPLICER(prepend_bytes, AT_START, BYTES),
        SPLICER(insert_bytes, AT_INDEX, BYTES),
        SPLICER(replace_bytes, OVER_RANGE, BYTES),
    };
    static const size_t sizes[] = {1, 2, 5, 8, 11, 12, 21, 22, 23, 24, 45, 600};
    for (size_t i = 0; i < LENGTH(own); i++) {
        for (size_t l = 0; l < LENGTH(sizes); l++) {
            for (size_t k = 0; k < places_of(own[i].where); k++) {
                size_t begin, end;
                if (!nth_place(own[i].where, sizes[l], k, &begin, &end)) continue;
                for (form which = 0; which < FORMS; which++)
                    if (form_fits(which, sizes[l])) alias_everywhere(&own[i], which, sizes[l], begin, end);
            }
        }
    }
}

/* The C string variants: the argument is the string's own tail, up to its own terminator. */
static void a_c_string_may_be_the_strings_own_tail(void **state) {
    (void)state;
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
    for (size_t n = 0; n <= 52; n++) {
        for (size_t from = 0; from <= n; from++) {
            for (int how = 0; how < 5; how++) {
                for (int shared = 0; shared < 2; shared++) {
                    cow_str s = str_of(letters, n), other = {0};
                    if (shared) other = cow_str_copy(&s);
                    text_set(&expected, letters, n);
                    const char *tail = cow_str_cstr(&s) + from;
                    size_t at = how == 0 || how == 3 ? n : how == 1 ? 0 : n / 2, end = how == 4 ? n : at;
                    bool said = how == 0   ? cow_str_append(&s, tail)
                                : how == 1 ? cow_str_prepend(&s, tail)
                                : how == 2 ? cow_str_insert(&s, at, tail)
                                : how == 3 ? cow_str_append_format(&s, "%s", tail)
                                           : cow_str_replace(&s, at, end, tail);
                    assert_true(said);
                    text_splice(&expected, at, end, letters + from, n - from);
                    CHECK_BYTES(&s, expected.b, expected.n);
                    if (shared) CHECK_BYTES(&other, letters, n);
                    cow_str_drop(&s);
                    cow_str_drop(&other);
                }
            }
        }
    }
}

/* The terminator is a byte of the string's own, too. */
static void the_argument_may_be_the_terminator(void **state) {
    (void)state;
    for (size_t n = 0; n <= 60; n++) {
        for (int how = 0; how < 4; how++) {
            cow_str s = str_of(prose() + 40, n);
            if (how == 3) assert_true(cow_str_shrink(&s)); /* growth moves the bytes */
            text_set(&expected, prose() + 40, n);
            const char *end = cow_str_cstr(&s) + n;
            size_t at = how == 0 ? 0 : how == 1 ? n / 2 : n;
            text_splice(&expected, at, at, "", 1);
            assert_true(cow_str_insert_bytes(&s, at, end, 1));
            CHECK_BYTES(&s, expected.b, expected.n);
            cow_str_drop(&s);
        }
    }
}

/* A string as its own argument, and as that of its copies and slices. */
static void a_string_may_be_put_into_itself(void **state) {
    (void)state;
    static subject of;
    for (form which = 0; which < FORMS; which++) {
        for (size_t l = 0; l < LENGTH(lengths); l++) {
            size_t n = lengths[l];
            for (int how = 0; form_fits(which, n) && how < 8; how++) {
                snprintf(kit_context, sizeof kit_context, "way %d, %s, %zu bytes", how, form_names[which], n);
                subject_set(&of, which, prose(), n);
                cow_str part = how >= 4 ? cow_str_slice(&of.s, n / 3, n) : (cow_str){0};
                const cow_str *t = how >= 4 ? &part : &of.s;
                size_t from = how >= 4 ? n / 3 : 0, at = how % 4 == 0 ? n : how % 4 == 1 ? 0 : n / 2;
                size_t end = how % 4 == 3 ? n : at;
                bool said = how % 4 == 0   ? cow_str_append_str(&of.s, t)
                            : how % 4 == 1 ? cow_str_prepend_str(&of.s, t)
                            : how % 4 == 2 ? cow_str_insert_str(&of.s, at, t)
                                           : cow_str_replace_str(&of.s, at, end, t);
                KIT_CHECK(said);
                text_set(&expected, prose(), n);
                text_splice(&expected, at, end, prose() + from, n - from);
                if (how >= 4) CHECK_BYTES(&part, prose() + from, n - from);
                cow_str_drop(&part);
                check_result(&of, &expected, prose(), n);
                subject_strike(&of, which);
            }
        }
    }
}

static void format_arguments_may_be_the_string_itself(void **state) {
    (void)state;
    cow_str s = STR_OF("abc");
    text_set(&expected, "abc", 3);
    for (int i = 0; i < 6; i++) {
        size_t n = expected.n;
        static char twice[TEXT_MOST];
        memcpy(twice, expected.b, n);
        twice[n] = '-';
        memcpy(twice + n + 1, expected.b + 1, n - 1);
        cow_str keeper = i % 2 ? cow_str_copy(&s) : (cow_str){0};
        assert_true(cow_str_append_format(&s, "%s-%s", cow_str_cstr(&s), cow_str_cstr(&s) + 1));
        text_splice(&expected, n, n, twice, 2 * n);
        CHECK_BYTES(&s, expected.b, expected.n);
        cow_str_drop(&keeper);
    }
    cow_str_drop(&s);
}

/* ---- changes that keep their length, or find their place themselves ---- */

typedef struct other_change {
    const char *name;
    bool (*run)(cow_str *s);
    void (*naive)(text *t);
} other_change;

static bool run_set(cow_str *s) { return cow_str_set(s, cow_str_len(s) / 2, '!'); }
static void naive_set(text *t) { t->b[t->n / 2] = '!'; }
static bool run_set_first(cow_str *s) { return cow_str_set(s, 0, '\0'); }
static void naive_set_first(text *t) { t->b[0] = 0; }
static bool run_fill(cow_str *s) { return cow_str_fill(s, '\xfe'); }
static void naive_fill(text *t) { memset(t->b, 0xfe, t->n); }
static bool run_reverse(cow_str *s) { return cow_str_reverse(s); }
static void naive_reverse(text *t) {
    for (size_t i = 0; i < t->n / 2; i++) {
        char c = t->b[i];
        t->b[i] = t->b[t->n - 1 - i];
        t->b[t->n - 1 - i] = c;
    }
}
static bool run_edit(cow_str *s) {
    char *p = cow_str_edit(s);
    if (!p) return false;
    memset(p, '=', cow_str_len(s));
    return true;
}
static void naive_edit(text *t) { memset(t->b, '=', t->n); }
static bool run_lower(cow_str *s) { return cow_str_to_lower(s); }
static void naive_lower(text *t) {
    for (size_t i = 0; i < t->n; i++)
        if (t->b[i] >= 'A' && t->b[i] <= 'Z') t->b[i] = (char)(t->b[i] + 32);
}
static bool run_upper(cow_str *s) { return cow_str_to_upper(s); }
static void naive_upper(text *t) {
    for (size_t i = 0; i < t->n; i++)
        if (t->b[i] >= 'a' && t->b[i] <= 'z') t->b[i] = (char)(t->b[i] - 32);
}
static bool run_grow(cow_str *s) { return cow_str_resize(s, cow_str_len(s) + 30, '\0'); }
static void naive_grow(text *t) {
    static const char zeros[30];
    text_splice(t, t->n, t->n, zeros, 30);
}
static bool run_grow_by_one(cow_str *s) { return cow_str_resize(s, cow_str_len(s) + 1, '#'); }
static void naive_grow_by_one(text *t) { text_splice(t, t->n, t->n, "#", 1); }
static bool run_reserve(cow_str *s) { return cow_str_reserve(s, cow_str_len(s) + 100) && !cow_str_is_shared(s); }
static bool run_shrink(cow_str *s) { return cow_str_shrink(s); }
static bool run_compact(cow_str *s) { return cow_str_compact(s); }
static void naive_nothing(text *t) { (void)t; }
static bool run_int(cow_str *s) { return cow_str_append_int(s, INT64_MIN); }
static void naive_int(text *t) { text_splice(t, t->n, t->n, "-9223372036854775808", 20); }
static bool run_uint(cow_str *s) { return cow_str_append_uint(s, UINT64_MAX); }
static void naive_uint(text *t) { text_splice(t, t->n, t->n, "18446744073709551615", 20); }
static bool run_double(cow_str *s) { return cow_str_append_double(s, -0.1); }
static void naive_double(text *t) { text_splice(t, t->n, t->n, "-0.1", 4); }
static bool run_code_point(cow_str *s) { return cow_str_append_code_point(s, 0x1f600); }
static void naive_code_point(text *t) { text_splice(t, t->n, t->n, "\xf0\x9f\x98\x80", 4); }
static bool run_long_format(cow_str *s) { return cow_str_append_format(s, "%0300d|%c|%s", 7, 0, "x"); }
static void naive_long_format(text *t) {
    char long_one[305];
    memset(long_one, '0', 300);
    memcpy(long_one + 299, "7|\0|x", 5);
    text_splice(t, t->n, t->n, long_one, 304);
}

#define OTHER(name) \
    { #name, run_##name, naive_##name }
static const other_change others[] = {
    OTHER(set),
    OTHER(set_first),
    OTHER(fill),
    OTHER(reverse),
    OTHER(edit),
    OTHER(lower),
    OTHER(upper),
    OTHER(grow),
    OTHER(grow_by_one),
    OTHER(int),
    OTHER(uint),
    OTHER(double),
    OTHER(code_point),
    OTHER(long_format),
    {"reserve", run_reserve, naive_nothing},
    {"shrink", run_shrink, naive_nothing},
    {"compact", run_compact, naive_nothing},
};

/* set and edit have nothing to change in an empty string. */
static bool refuses_empty(const other_change *how) {
    return how->run == run_set || how->run == run_set_first || how->run == run_edit;
}

static void every_other_change_on_every_form(void **state) {
    (void)state;
    static subject of;
    for (size_t i = 0; i < LENGTH(others); i++) {
        for (form which = 0; which < FORMS; which++) {
            for (size_t l = 0; l < LENGTH(lengths); l++) {
                size_t n = lengths[l];
                if (!form_fits(which, n) || (n == 0 && refuses_empty(&others[i]))) continue;
                snprintf(kit_context, sizeof kit_context, "%s, %s, %zu bytes", others[i].name, form_names[which], n);
                subject_set(&of, which, prose(), n);
                hash_before(&of);
                text_set(&expected, prose(), n);
                others[i].naive(&expected);
                KIT_CHECK(others[i].run(&of.s));
                check_result(&of, &expected, prose(), n);
                subject_strike(&of, which);
            }
        }
    }
}

/* ---- replace_all ---- */

static void naive_replace_all(text *t, const char *what, size_t what_n, const char *by, size_t by_n) {
    for (size_t i = 0; i + what_n <= t->n;) {
        if (memcmp(t->b + i, what, what_n) == 0) {
            text_splice(t, i, i + what_n, by, by_n);
            i += by_n;
        } else {
            i++;
        }
    }
}

static bool replace_all(int how, cow_str *s, const char *what, size_t what_n, const char *by, size_t by_n) {
    if (how == 0) return cow_str_replace_all(s, what, by);
    if (how == 1) return cow_str_replace_all_bytes(s, what, what_n, by, by_n);
    cow_str w = str_of(what, what_n), b = str_of(by, by_n);
    bool said = cow_str_replace_all_str(s, &w, &b);
    cow_str_drop(&w);
    cow_str_drop(&b);
    return said;
}

static void replace_all_on_every_form(void **state) {
    (void)state;
    static subject of;
    static const char *const pairs[][2] = {
        {"e", ""},        {"e", "E"},      {"e", "<ee>"},  {"th", "e"},
        {" ", "   "},     {"zz", "never"}, {"The ", "An"}, {"l", "llllll"},
        {"a list", "it"}, {"ee", "eeee"},  {"\xff", "?"},  {"q", "0123456789012345678901234"},
    };
    for (form which = 0; which < FORMS; which++) {
        for (size_t l = 0; l < LENGTH(lengths); l++) {
            for (size_t i = 0; i < LENGTH(pairs); i++) {
                for (int how = 0; form_fits(which, lengths[l]) && how < 3; how++) {
                    size_t n = lengths[l], what_n = strlen(pairs[i][0]), by_n = strlen(pairs[i][1]);
                    snprintf(kit_context, sizeof kit_context, "replace_all %zu, way %d, %s, %zu bytes", i, how,
                             form_names[which], n);
                    subject_set(&of, which, prose(), n);
                    hash_before(&of);
                    text_set(&expected, prose(), n);
                    naive_replace_all(&expected, pairs[i][0], what_n, pairs[i][1], by_n);
                    KIT_CHECK(replace_all(how, &of.s, pairs[i][0], what_n, pairs[i][1], by_n));
                    check_result(&of, &expected, prose(), n);
                    subject_strike(&of, which);
                }
            }
        }
    }
}

/* Both arguments are stretches of the string itself, which is short enough to try them all. */
static void replace_all_by_its_own_stretches(void **state) {
    (void)state;
    static const char samples[][40] = {"abcabcab", "aabaabaaab", "abababababababababababababababab"};
    for (size_t k = 0; k < LENGTH(samples); k++) {
        size_t n = strlen(samples[k]), step = n > 10 ? 5 : 1;
        for (size_t from = 0; from < n; from += step) {
            for (size_t count = 1; from + count <= n; count += step) {
                for (size_t by = 0; by <= n; by += step) {
                    for (size_t by_n = 0; by + by_n <= n; by_n += step) {
                        cow_str s = str_of(samples[k], n);
                        const char *p = cow_str_data(&s);
                        text_set(&expected, samples[k], n);
                        naive_replace_all(&expected, samples[k] + from, count, samples[k] + by, by_n);
                        assert_true(cow_str_replace_all_bytes(&s, p + from, count, p + by, by_n));
                        CHECK_BYTES(&s, expected.b, expected.n);
                        cow_str_drop(&s);
                    }
                }
            }
        }
    }
    cow_str s = STR_OF("abab");
    assert_true(cow_str_replace_all_str(&s, &s, &s));
    CHECK_TEXT(&s, "abab");
    cow_str_drop(&s);
}

static void replace_all_goes_left_to_right(void **state) {
    (void)state;
    cow_str s = STR_OF("aaaaa");
    assert_true(cow_str_replace_all(&s, "aa", "b"));
    CHECK_TEXT(&s, "bba");
    assert_true(FAILS(cow_str_replace_all(&s, "", "x"), COW_RANGE));
    assert_true(FAILS(cow_str_replace_all_bytes(&s, NULL, 0, "x", 1), COW_RANGE));
    CHECK_TEXT(&s, "bba");
    assert_true(cow_str_replace_all_bytes(&s, "b", 1, NULL, 0));
    CHECK_TEXT(&s, "a");
    cow_str_drop(&s);
}

/* ---- what changes nothing copies nothing ---- */

static void nothing_to_change_copies_nothing(void **state) {
    (void)state;
    static subject of;
    for (form which = 0; which < FORMS; which++) {
        /* No letters at all in these bytes. */
        char plain[600];
        memset(plain, '.', sizeof plain);
        if (!form_fits(which, which == INLINE ? 20 : 600) || which == LITERAL) continue;
        subject_set(&of, which, plain, which == INLINE ? 20 : 600);
        cow_str before = of.s;
        kit_fail_none();
        KIT_CHECK(cow_str_to_lower(&of.s) && cow_str_to_upper(&of.s));
        KIT_CHECK(cow_str_replace_all(&of.s, "x", "y"));
        KIT_CHECK(cow_str_append(&of.s, "") && cow_str_insert(&of.s, 5, "") && cow_str_prepend_bytes(&of.s, NULL, 0));
        KIT_CHECK(cow_str_erase_range(&of.s, 7, 7) && cow_str_replace_bytes(&of.s, 7, 7, NULL, 0));
        KIT_CHECK(cow_str_truncate(&of.s, cow_str_len(&of.s)));
        KIT_CHECK(kit.calls == 0 && memcmp(&before, &of.s, sizeof before) == 0);
        subject_strike(&of, which);
    }
}

static void an_append_to_a_string_with_room_allocates_nothing(void **state) {
    (void)state;
    cow_str s = {0};
    assert_true(cow_str_with_capacity(&s, 1000));
    assert_true(cow_str_capacity(&s) >= 1000);
    kit_fail_none();
    for (int i = 0; i < 1000; i++) assert_true(cow_str_append_byte(&s, (char)('a' + i % 26)));
    assert_int_equal(kit.calls, 0);
    for (int i = 0; i < 1000; i++) assert_int_equal(cow_str_at(&s, (size_t)i), 'a' + i % 26);
    cow_str_drop(&s);
}

/* At the end, in the middle and at the front; with an allocator that can resize and with one that cannot. */
static void growth_is_geometric(void **state) {
    (void)state;
    for (int how = 0; how < 6; how++) {
        cow_str s = {0};
        if (how % 2) assert_true(cow_str_new_in(&s, 30, &instance));
        assert_true(cow_str_append(&s, "a text of more than 22 bytes"));
        kit_fail_none();
        for (int i = 0; i < 3000; i++) {
            assert_true(how < 2   ? cow_str_append(&s, "xyz")
                        : how < 4 ? cow_str_insert(&s, 2, "xyz")
                                  : cow_str_prepend(&s, "xyz"));
        }
        assert_true(kit.calls < 20);
        assert_int_equal(cow_str_len(&s), 9028);
        cow_str_drop(&s);
    }
}

/* ---- calls that are refused ---- */

typedef bool (*refused)(cow_str *s, size_t n);
static bool bad_set(cow_str *s, size_t n) { return cow_str_set(s, n, 'x'); }
static bool bad_set_far(cow_str *s, size_t n) { return (void)n, cow_str_set(s, SIZE_MAX, 'x'); }
static bool bad_insert(cow_str *s, size_t n) { return cow_str_insert(s, n + 1, "x"); }
static bool bad_insert_bytes(cow_str *s, size_t n) { return (void)n, cow_str_insert_bytes(s, SIZE_MAX, "x", 1); }
static bool bad_insert_nothing(cow_str *s, size_t n) { return cow_str_insert_bytes(s, n + 1, NULL, 0); }
static bool bad_insert_str(cow_str *s, size_t n) { return cow_str_insert_str(s, n + 1, s); }
static bool bad_erase(cow_str *s, size_t n) { return cow_str_erase(s, n); }
static bool bad_erase_far(cow_str *s, size_t n) { return (void)n, cow_str_erase(s, SIZE_MAX); }
static bool bad_range_end(cow_str *s, size_t n) { return cow_str_erase_range(s, 0, n + 1); }
static bool bad_range_far(cow_str *s, size_t n) { return cow_str_erase_range(s, n, SIZE_MAX); }
static bool bad_range_order(cow_str *s, size_t n) { return cow_str_erase_range(s, n + 1, n); }
static bool bad_range_back(cow_str *s, size_t n) {
    return n == 0 ? cow_str_erase(s, 0) : cow_str_erase_range(s, n, n - 1);
}
static bool bad_replace(cow_str *s, size_t n) { return cow_str_replace(s, 0, n + 1, "x"); }
static bool bad_replace_bytes(cow_str *s, size_t n) { return cow_str_replace_bytes(s, n + 1, n + 1, "x", 1); }
static bool bad_replace_str(cow_str *s, size_t n) { return cow_str_replace_str(s, 1, 0, s) || n == SIZE_MAX; }
static bool bad_truncate(cow_str *s, size_t n) { return cow_str_truncate(s, n + 1); }
static bool bad_truncate_far(cow_str *s, size_t n) { return (void)n, cow_str_truncate(s, SIZE_MAX); }
static bool bad_surrogate(cow_str *s, size_t n) { return (void)n, cow_str_append_code_point(s, 0xd800); }
static bool bad_code_point(cow_str *s, size_t n) { return (void)n, cow_str_append_code_point(s, 0x110000); }
static bool bad_what(cow_str *s, size_t n) { return (void)n, cow_str_replace_all(s, "", "x"); }
static bool bad_get(cow_str *s, size_t n) { return cow_str_get(s, n) != NULL; }
static bool bad_get_far(cow_str *s, size_t n) { return (void)n, cow_str_get(s, SIZE_MAX) != NULL; }

/* Sizes that no memory has: the sum with what is there must not wrap around. Volatile, because compilers refuse the ones they
   see. */
static volatile size_t unbelievable = SIZE_MAX, enormous = PTRDIFF_MAX;
static bool huge_append(cow_str *s, size_t n) { return (void)n, cow_str_append_bytes(s, "x", unbelievable); }
static bool huge_append_wraps(cow_str *s, size_t n) { return cow_str_append_bytes(s, "x", unbelievable - n + 1); }
static bool huge_prepend(cow_str *s, size_t n) { return cow_str_prepend_bytes(s, "x", unbelievable - n); }
static bool huge_insert(cow_str *s, size_t n) { return cow_str_insert_bytes(s, n, "x", unbelievable - 5); }
static bool huge_replace(cow_str *s, size_t n) { return cow_str_replace_bytes(s, 0, n, "x", unbelievable); }
static bool huge_replace_all(cow_str *s, size_t n) {
    return (void)n, cow_str_replace_all_bytes(s, "T", 1, "x", unbelievable);
}
static bool large_replace_all(cow_str *s, size_t n) {
    return (void)n, cow_str_replace_all_bytes(s, "T", 1, "x", enormous);
}
static bool huge_reserve(cow_str *s, size_t n) { return (void)n, cow_str_reserve(s, unbelievable); }
static bool huge_reserve_wraps(cow_str *s, size_t n) { return (void)n, cow_str_reserve(s, unbelievable - 40); }
static bool huge_resize(cow_str *s, size_t n) { return (void)n, cow_str_resize(s, unbelievable, 'x'); }
static bool huge_resize_wraps(cow_str *s, size_t n) { return (void)n, cow_str_resize(s, unbelievable - 40, 'x'); }
static bool large_append(cow_str *s, size_t n) { return (void)n, cow_str_append_bytes(s, "x", enormous); }
static bool large_insert(cow_str *s, size_t n) { return cow_str_insert_bytes(s, n, "x", enormous); }
static bool large_replace(cow_str *s, size_t n) { return cow_str_replace_bytes(s, 0, n, "x", enormous); }
static bool large_reserve(cow_str *s, size_t n) { return (void)n, cow_str_reserve(s, enormous); }
static bool large_resize(cow_str *s, size_t n) { return (void)n, cow_str_resize(s, enormous, 'x'); }
static bool large_resize_less(cow_str *s, size_t n) { return (void)n, cow_str_resize(s, enormous - 10, 'x'); }

static const refused refusals[] = {
    huge_replace_all,   large_replace_all, bad_set,           bad_set_far,       bad_insert,    bad_insert_bytes,
    bad_insert_nothing, bad_insert_str,    bad_erase,         bad_erase_far,     bad_range_end, bad_range_far,
    bad_range_order,    bad_range_back,    bad_replace,       bad_replace_bytes, bad_truncate,  bad_truncate_far,
    bad_replace_str,    bad_surrogate,     bad_code_point,    bad_what,          bad_get,       bad_get_far,
    huge_append,        huge_append_wraps, huge_prepend,      huge_insert,       huge_replace,  huge_reserve,
    huge_reserve_wraps, huge_resize,       huge_resize_wraps, large_append,      large_insert,  large_replace,
    large_reserve,      large_resize,      large_resize_less,
};

/* Wrapping needs something there to add to. */
static bool needs_length(refused call) {
    return call == huge_append_wraps || call == bad_replace_str || call == huge_replace_all ||
           call == large_replace_all;
}

static void a_refused_call_changes_nothing(void **state) {
    (void)state;
    static subject of;
    for (size_t i = 0; i < LENGTH(refusals); i++) {
        for (form which = 0; which < FORMS; which++) {
            for (size_t l = 0; l < LENGTH(lengths); l++) {
                size_t n = lengths[l];
                if (!form_fits(which, n) || (n == 0 && needs_length(refusals[i]))) continue;
                snprintf(kit_context, sizeof kit_context, "refusal %zu, %s, %zu bytes", i, form_names[which], n);
                subject_set(&of, which, prose(), n);
                cow_str before = of.s;
                kit_fail_none();
                KIT_CHECK(FAILS(refusals[i](&of.s, n), COW_RANGE));
                KIT_CHECK(kit.calls == 0 && "a size that cannot be is refused before the allocator is asked");
                KIT_CHECK(memcmp(&before, &of.s, sizeof before) == 0);
                text_set(&expected, prose(), n);
                check_result(&of, &expected, prose(), n);
                subject_strike(&of, which);
            }
        }
    }
}

static void makers_refuse_sizes_that_cannot_be(void **state) {
    (void)state;
    cow_str out;
    memset(&out, 0xa5, sizeof out);
    cow_str before = out;
    kit_fail_none();
    static volatile size_t sizes[] = {SIZE_MAX,   SIZE_MAX - 1, SIZE_MAX - 23, SIZE_MAX - 64, (size_t)PTRDIFF_MAX + 1,
                                      PTRDIFF_MAX};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        assert_true(FAILS(cow_str_from_bytes(&out, prose(), sizes[i]), COW_RANGE));
        assert_true(FAILS(cow_str_with_capacity(&out, sizes[i]), COW_RANGE));
        assert_true(FAILS(cow_str_new_in(&out, sizes[i], &instance), COW_RANGE));
        assert_true(FAILS(cow_str_new_in(&out, sizes[i], NULL), COW_RANGE));
    }
    assert_memory_equal(&out, &before, sizeof out);
    assert_int_equal(kit.calls, 0);
}

static void an_empty_string_has_nothing_to_edit(void **state) {
    (void)state;
    cow_str s = {0}, t = COW_STR("");
    assert_true(FAILS(cow_str_edit(&s) != NULL, COW_ABSENT));
    assert_true(FAILS(cow_str_edit(&t) != NULL, COW_ABSENT));
    assert_true(cow_str_fill(&s, 'x') && cow_str_reverse(&s) && cow_str_to_upper(&s));
    assert_true(cow_str_is_empty(&s));
}

/* ---- the hash that is kept ---- */

/* A pointer from edit stays good until the next change or copy, and asking for the hash is neither. */
static void the_hash_is_right_while_somebody_edits(void **state) {
    (void)state;
    cow_str s = str_of(prose(), 100);
    char *p = cow_str_edit(&s);
    for (int i = 0; i < 5; i++) {
        check_hash(&s);
        p[i] = '#';
        check_hash(&s);
    }
    cow_str t = cow_str_copy(&s);
    check_hash(&s);
    check_hash(&t);
    cow_str_drop(&t);
    p = cow_str_edit(&s);
    p[50] = '#';
    check_hash(&s);
    cow_str_drop(&s);
}

/* One buffer, values of many lengths: whatever is kept for one of them is not handed to another. */
static void values_of_one_buffer_have_their_own_hashes(void **state) {
    (void)state;
    cow_str whole = roomy(prose(), 700), longer = cow_str_copy(&whole), other = cow_str_copy(&whole);
    assert_true(cow_str_append(&longer, " and more") && cow_str_append(&other, " or less"));
    /* First one that does not begin where the buffer does, then one that is as long and does. */
    cow_str rest = cow_str_suffix(&whole, 650), front = cow_str_prefix(&whole, 650);
    check_hash(&rest);
    check_hash(&front);
    cow_str_drop(&rest);
    cow_str_drop(&front);
    for (int round = 0; round < 3; round++) {
        for (size_t n = 690; n <= 700; n++) {
            cow_str part = cow_str_prefix(&whole, n), tail = cow_str_suffix(&whole, n);
            check_hash(&part);
            check_hash(&tail);
            check_hash(&whole);
            check_hash(&longer);
            check_hash(&other);
            assert_true(cow_str_hash(&whole, 5) == cow_hash_bytes(cow_str_data(&whole), 700, 5));
            cow_str_drop(&part);
            cow_str_drop(&tail);
        }
        assert_true(cow_str_truncate(&longer, 705));
    }
    cow_str_drop(&longer);
    cow_str_drop(&other);
    check_hash(&whole);
    assert_true(cow_str_set(&whole, 3, 'Q'));
    check_hash(&whole);
    cow_str_drop(&whole);
}

/* ---- long runs of random changes on several strings that share ---- */

static unsigned random_state = 1;
static size_t below(size_t n) {
    random_state = random_state * 1664525u + 1013904223u;
    return n ? (random_state >> 8) % n : 0;
}

enum { HANDLES = 6 };
static cow_str handles[HANDLES];
static text models[HANDLES];

static void random_change(size_t i) {
    cow_str *s = &handles[i];
    text *t = &models[i];
    size_t begin = below(t->n + 1), end = begin + below(t->n - begin + 1), count = below(60), other = below(HANDLES);
    static char payload_bytes[64];
    for (size_t k = 0; k < count; k++) payload_bytes[k] = (char)('a' + below(26));
    bool said = true;
    switch (below(12)) {
    case 0:
        text_splice(t, t->n, t->n, payload_bytes, count), said = cow_str_append_bytes(s, payload_bytes, count);
        break;
    case 1:
        text_splice(t, begin, begin, payload_bytes, count), said = cow_str_insert_bytes(s, begin, payload_bytes, count);
        break;
    case 2:
        text_splice(t, begin, end, payload_bytes, count),
            said = cow_str_replace_bytes(s, begin, end, payload_bytes, count);
        break;
    case 3: text_splice(t, begin, end, NULL, 0), said = cow_str_erase_range(s, begin, end); break;
    case 4: text_set(t, models[other].b, models[other].n), cow_str_assign(s, &handles[other]); break;
    case 5: text_splice(t, begin, t->n, NULL, 0), said = cow_str_truncate(s, begin); break;
    case 6:
        if (t->n) t->b[begin % t->n] = '!', said = cow_str_set(s, begin % t->n, '!');
        break;
    case 7:
        text_splice(t, 0, 0, payload_bytes, count % 9), said = cow_str_prepend_bytes(s, payload_bytes, count % 9);
        break;
    case 8: said = cow_str_reserve(s, t->n + count); break;
    case 9: said = cow_str_shrink(s) && cow_str_compact(s); break;
    case 10: said = cow_str_cstr(s)[t->n] == 0; break;
    default: {
        cow_str part = cow_str_slice(s, begin, end);
        memmove(t->b, t->b + begin, t->n = end - begin);
        cow_str_drop(s);
        *s = cow_str_move(&part);
    }
    }
    KIT_CHECK(said);
}

static void random_changes_of_strings_that_share(void **state) {
    (void)state;
    for (int step = 0; step < 40000; step++) {
        size_t i = below(HANDLES);
        if (models[i].n > 1500) cow_str_clear(&handles[i]), models[i].n = 0;
        random_change(i);
        for (size_t k = 0; k < HANDLES; k++) {
            CHECK_BYTES(&handles[k], models[k].b, models[k].n);
            if (step % 16 == 0) check_hash(&handles[k]);
        }
    }
    for (size_t k = 0; k < HANDLES; k++) cow_str_drop(&handles[k]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(every_splice_on_every_form),
        UNIT(arguments_may_point_into_the_string_itself),
        UNIT(a_c_string_may_be_the_strings_own_tail),
        UNIT(the_argument_may_be_the_terminator),
        UNIT(a_string_may_be_put_into_itself),
        UNIT(format_arguments_may_be_the_string_itself),
        UNIT(every_other_change_on_every_form),
        UNIT(replace_all_on_every_form),
        UNIT(replace_all_by_its_own_stretches),
        UNIT(replace_all_goes_left_to_right),
        UNIT(nothing_to_change_copies_nothing),
        UNIT(an_append_to_a_string_with_room_allocates_nothing),
        UNIT(growth_is_geometric),
        UNIT(a_refused_call_changes_nothing),
        UNIT(makers_refuse_sizes_that_cannot_be),
        UNIT(an_empty_string_has_nothing_to_edit),
        UNIT(the_hash_is_right_while_somebody_edits),
        UNIT(values_of_one_buffer_have_their_own_hashes),
        UNIT(random_changes_of_strings_that_share),
    };
    return cmocka_run_group_tests_name("str_write", tests, NULL, NULL);
}
