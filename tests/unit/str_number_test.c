/* SPDX-License-Identifier: MIT */
/*
 * str_number: numbers in text, both ways. Whole numbers at the border of every base; floating point against the C library's
 * strtod and printf, which are correctly rounded, on hard cases: halfway points, long inputs, the ends of the range. All of it
 * again in a locale whose decimal point is a comma: a string must not notice.
 */
#define _POSIX_C_SOURCE 200809L /* setenv, kit_files.h */
#include "kit.h"
#include "kit_files.h"
#include "strs.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <unistd.h>

/* ---- whole numbers ---- */

/* The digits of x in this base, in front of `end`; returns where they begin. */
static char *digits_of(uint64_t x, int base, char *end) {
    *end = 0;
    do {
        *--end = "0123456789abcdefghijklmnopqrstuvwxyz"[x % (unsigned)base];
        x /= (unsigned)base;
    } while (x);
    return end;
}

/* The text of the next number: like an odometer. There is room for one more digit in front. */
static char *plus_one(char *digits, int base) {
    char last = "0123456789abcdefghijklmnopqrstuvwxyz"[base - 1];
    char *p = digits + strlen(digits) - 1;
    while (p >= digits && *p == last) *p-- = '0';
    if (p < digits) {
        *--digits = '1';
        return digits;
    }
    *p = *p == '9' ? 'a' : (char)(*p + 1);
    return digits;
}

typedef struct answer {
    bool said;
    cow_error_code why;
    size_t end;
    int64_t i;
    uint64_t u;
    double d;
} answer;

enum { UNTOUCHED = 77 };

static answer parse_int_of(const char *text_bytes, int base, bool whole) {
    cow_str s = str_of(text_bytes, strlen(text_bytes));
    answer a = {false, COW_OK, 999, UNTOUCHED, UNTOUCHED, UNTOUCHED};
    cow__set_error(COW_OK);
    a.said = cow_str_parse_int(&s, base, &a.i, whole ? NULL : &a.end);
    a.why = cow_error();
    cow_str_drop(&s);
    if (!a.said) KIT_CHECK(a.i == UNTOUCHED);
    return a;
}
static answer parse_uint_of(const char *text_bytes, int base, bool whole) {
    cow_str s = str_of(text_bytes, strlen(text_bytes));
    answer a = {false, COW_OK, 999, UNTOUCHED, UNTOUCHED, UNTOUCHED};
    cow__set_error(COW_OK);
    a.said = cow_str_parse_uint(&s, base, &a.u, whole ? NULL : &a.end);
    a.why = cow_error();
    cow_str_drop(&s);
    if (!a.said) KIT_CHECK(a.u == UNTOUCHED);
    return a;
}

static void expect_int(const char *t, int base, int64_t value) {
    snprintf(kit_context, sizeof kit_context, "int '%s' base %d", t, base);
    answer whole = parse_int_of(t, base, true), part = parse_int_of(t, base, false);
    KIT_CHECK(whole.said && whole.i == value && whole.why == COW_OK);
    KIT_CHECK(part.said && part.i == value && part.end == strlen(t));
}
static void expect_uint(const char *t, int base, uint64_t value) {
    snprintf(kit_context, sizeof kit_context, "uint '%s' base %d", t, base);
    answer whole = parse_uint_of(t, base, true), part = parse_uint_of(t, base, false);
    KIT_CHECK(whole.said && whole.u == value && whole.why == COW_OK);
    KIT_CHECK(part.said && part.u == value && part.end == strlen(t));
}
static void refuse_int(const char *t, int base, cow_error_code why) {
    snprintf(kit_context, sizeof kit_context, "int '%s' base %d", t, base);
    answer whole = parse_int_of(t, base, true);
    KIT_CHECK(!whole.said && whole.why == why);
    if (why != COW_RANGE) return;
    answer part = parse_int_of(t, base, false);
    KIT_CHECK(!part.said && part.why == why && part.end == strlen(t));
}
static void refuse_uint(const char *t, int base, cow_error_code why) {
    snprintf(kit_context, sizeof kit_context, "uint '%s' base %d", t, base);
    answer whole = parse_uint_of(t, base, true);
    KIT_CHECK(!whole.said && whole.why == why);
    if (why != COW_RANGE) return;
    answer part = parse_uint_of(t, base, false);
    KIT_CHECK(!part.said && part.why == why && part.end == strlen(t));
}

/* A minus in front of a number's text. */
static const char *minus(const char *digits) {
    static char out[100];
    snprintf(out, sizeof out, "-%s", digits);
    return out;
}

static void the_borders_of_every_base(void **state) {
    (void)state;
    for (int base = 2; base <= 36; base++) {
        char room[100], *end = room + 99, *p = digits_of(UINT64_MAX, base, end);
        expect_uint(p, base, UINT64_MAX);
        refuse_int(p, base, COW_RANGE);
        p = plus_one(p, base);
        refuse_uint(p, base, COW_RANGE);
        refuse_int(minus(p), base, COW_RANGE);
        p = digits_of(INT64_MAX, base, end);
        expect_int(p, base, INT64_MAX);
        expect_int(minus(p), base, -INT64_MAX);
        expect_uint(p, base, INT64_MAX);
        p = plus_one(p, base);
        refuse_int(p, base, COW_RANGE);
        expect_int(minus(p), base, INT64_MIN);
        p = plus_one(p, base);
        refuse_int(minus(p), base, COW_RANGE);
        for (uint64_t x = 0; x < 3000; x += 1 + x / 7) {
            p = digits_of(x, base, end);
            expect_int(p, base, (int64_t)x);
            expect_int(minus(p), base, -(int64_t)x);
            expect_uint(p, base, x);
            memmove(p - 3, p, strlen(p) + 1);
            memset(end - 3, '0', 3); /* the same, times base to the third */
            uint64_t cube = (uint64_t)base * (uint64_t)base * (uint64_t)base;
            expect_uint(p - 3, base, x * cube);
        }
    }
}

/* Many digits more than fit, where a running product has wrapped around many times. */
static void numbers_far_too_long(void **state) {
    (void)state;
    char t[200];
    for (size_t n = 20; n < 190; n++) {
        memset(t, '9', n);
        t[n] = 0;
        if (n > 20) refuse_uint(t, 10, COW_RANGE);
        refuse_int(t, 10, COW_RANGE);
        memset(t, '1', n);
        t[0] = 'z';
        if (n > 13) refuse_uint(t, 36, COW_RANGE);
        memset(t, '0', n); /* leading zeros are no size */
        t[n - 1] = '7';
        expect_uint(t, 10, 7);
        expect_int(t, 36, 7);
    }
}

static void signs_prefixes_and_letters(void **state) {
    (void)state;
    expect_int("+5", 10, 5);
    expect_uint("+5", 10, 5);
    expect_int("-0", 10, 0);
    expect_int("zZ", 36, 35 * 36 + 35);
    expect_uint("DeadBeef", 16, 0xdeadbeef);
    expect_int("0x1F", 0, 31);
    expect_int("0X1f", 0, 31);
    expect_int("-0x10", 0, -16);
    expect_int("+0b101", 0, 5);
    expect_int("0B11", 0, 3);
    expect_int("0o17", 0, 15);
    expect_int("0O17", 0, 15);
    expect_int("017", 0, 17); /* no prefix: ten */
    expect_int("0", 0, 0);
    expect_uint("0xffffffffffffffff", 0, UINT64_MAX);
    refuse_uint("0x10000000000000000", 0, COW_RANGE);
    expect_int("-0x8000000000000000", 0, INT64_MIN);
    expect_uint("0b1", 16, 0xb1); /* digits, in this base */
    expect_int("b", 16, 11);
    static const char *const bad[] = {"",      "+",   "-",    "+-1",   "--1",  " 1",   "1 ",  "\t1",
                                      "x",     "0x",  "0b",   "0o",    "0xg",  "0b2",  "0o8", "1_000",
                                      "1,000", "1.0", "0x-1", "1\xff", "\xff", "0x0x1"};
    for (size_t i = 0; i < LENGTH(bad); i++) {
        refuse_int(bad[i], 0, COW_INVALID);
        refuse_uint(bad[i], 0, COW_INVALID);
    }
    refuse_uint("-1", 10, COW_INVALID);
    refuse_uint("-0", 10, COW_INVALID);
    refuse_int("2", 2, COW_INVALID);
    refuse_int("a", 10, COW_INVALID);
    refuse_int("0x1", 16, COW_INVALID); /* a prefix is for base 0 alone */
    static const int bases[] = {1, 37, -1, -10, 100, 1000000};
    for (size_t i = 0; i < LENGTH(bases); i++) {
        answer a = parse_int_of("1", bases[i], true), b = parse_uint_of("1", bases[i], true);
        assert_true(!a.said && a.why == COW_RANGE && !b.said && b.why == COW_RANGE);
    }
    cow_str zero = str_of("12\0"
                          "3",
                          4);
    int64_t x = UNTOUCHED;
    size_t end = 999;
    assert_true(FAILS(cow_str_parse_int(&zero, 10, &x, NULL), COW_INVALID));
    assert_true(cow_str_parse_int(&zero, 10, &x, &end) && x == 12 && end == 2);
}

static void the_end_is_where_the_number_stops(void **state) {
    (void)state;
    static const struct {
        const char *t;
        int base;
        int64_t value;
        size_t end;
    } good[] = {
        {"0x", 0, 0, 1},   {"-0xg", 0, 0, 2},    {"0b2", 0, 0, 1},       {"0o8", 0, 0, 1},
        {"0x1", 16, 0, 1}, {"12abc", 10, 12, 2}, {"-12 34", 10, -12, 3}, {"0x1g", 0, 1, 3},
        {"0b12", 0, 1, 3}, {"7\xff", 10, 7, 1},  {"1.5", 10, 1, 1},
    };
    for (size_t i = 0; i < LENGTH(good); i++) {
        answer a = parse_int_of(good[i].t, good[i].base, false);
        assert_true(a.said && a.i == good[i].value && a.end == good[i].end);
    }
    answer a = parse_int_of("99999999999999999999x", 10, false);
    assert_true(!a.said && a.why == COW_RANGE && a.end == 20);
    a = parse_int_of("x12", 10, false);
    assert_true(!a.said && a.why == COW_INVALID && a.end == 0);
    a = parse_int_of("", 10, false);
    assert_true(!a.said && a.why == COW_INVALID && a.end == 0);
    a = parse_uint_of("-12", 10, false);
    assert_true(!a.said && a.why == COW_INVALID && a.end == 0);
}

static void whole_numbers_go_round(void **state) {
    (void)state;
    uint64_t x = 1;
    for (int i = 0; i < 3000; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        uint64_t u = x >> (i % 64);
        int64_t v = (int64_t)u;
        char line[64];
        cow_str s = {0}, t = {0};
        assert_true(cow_str_append_uint(&s, u) && cow_str_append_int(&t, v));
        int n = snprintf(line, sizeof line, "%llu", (unsigned long long)u);
        CHECK_BYTES(&s, line, (size_t)n);
        n = snprintf(line, sizeof line, "%lld", (long long)v);
        CHECK_BYTES(&t, line, (size_t)n);
        uint64_t u2 = 0;
        int64_t v2 = 0;
        assert_true(cow_str_parse_uint(&s, 10, &u2, NULL) && u2 == u && cow_str_parse_int(&t, 0, &v2, NULL) && v2 == v);
        cow_str_drop(&s);
        cow_str_drop(&t);
    }
    static const int64_t edges[] = {0, 1, -1, 9, 10, 99, 100, -9, -10, INT64_MAX, INT64_MIN, INT64_MIN + 1};
    for (size_t i = 0; i < LENGTH(edges); i++) {
        char line[64];
        int n = snprintf(line, sizeof line, "%lld", (long long)edges[i]);
        cow_str s = {0};
        assert_true(cow_str_append_int(&s, edges[i]));
        CHECK_BYTES(&s, line, (size_t)n);
        cow_str_drop(&s);
    }
}

/* ---- floating point ---- */

static answer parse_double_of(const char *t, size_t n, bool whole) {
    char *block = exact_block(t, n); /* not terminated: nothing may be read behind it */
    cow_str s = cow_str_borrow(block, n);
    answer a = {false, COW_OK, 999, UNTOUCHED, UNTOUCHED, UNTOUCHED};
    cow__set_error(COW_OK);
    a.said = cow_str_parse_double(&s, &a.d, whole ? NULL : &a.end);
    a.why = cow_error();
    free(block);
    if (!a.said) KIT_CHECK(a.d == UNTOUCHED);
    return a;
}

static uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
static double double_of(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The locale is "C" while the C library is asked for the right answer. */
static double library_value(const char *t) {
    char locale[100];
    snprintf(locale, sizeof locale, "%s", setlocale(LC_NUMERIC, NULL));
    setlocale(LC_NUMERIC, "C");
    double x = strtod(t, NULL);
    setlocale(LC_NUMERIC, locale);
    return x;
}

/* Reads t whole and with more behind it; the bits are those of strtod. */
static void expect_double(const char *t) {
    snprintf(kit_context, sizeof kit_context, "double '%.200s'", t);
    double right = library_value(t);
    size_t n = strlen(t);
    answer whole = parse_double_of(t, n, true), part = parse_double_of(t, n, false);
    if (isinf(right) && strchr("0123456789.", t[t[0] == '-' || t[0] == '+'])) {
        KIT_CHECK(!whole.said && whole.why == COW_RANGE && !part.said && part.why == COW_RANGE && part.end == n);
        return;
    }
    KIT_CHECK(whole.said && whole.why == COW_OK && part.said && part.end == n);
    if (isnan(right)) {
        KIT_CHECK(isnan(whole.d) && isnan(part.d));
        return;
    }
    KIT_CHECK(bits_of(whole.d) == bits_of(right) && bits_of(part.d) == bits_of(right));
}

static void refuse_double(const char *t, size_t end) {
    snprintf(kit_context, sizeof kit_context, "double '%s'", t);
    answer whole = parse_double_of(t, strlen(t), true), part = parse_double_of(t, strlen(t), false);
    KIT_CHECK(!whole.said && whole.why == COW_INVALID && !part.said && part.why == COW_INVALID);
    KIT_CHECK(part.end <= end);
}

static void the_grammar_of_floating_point(void **state) {
    (void)state;
    static const char *const good[] = {
        "0",    "-0",   "+0",      "1",         "1.",           ".5",  "5.e1",     "1e5",
        "1E+5", "1e-5", "123.456", "00012.500", "inf",          "INF", "Infinity", "-infinity",
        "+inf", "nan",  "NaN",     "-nan",      "1e0000000001", "0e5", "0.0",      "9007199254740993",
        "1e22", "1e23",
    };
    for (size_t i = 0; i < LENGTH(good); i++) expect_double(good[i]);
    static const char *const bad[] = {"",   "+",   "-",  ".",  "+.", "-.e5", "e5", "x",
                                      " 1", "\t1", "in", "na", "i",  "+-1",  ",5", ".e1"};
    for (size_t i = 0; i < LENGTH(bad); i++) refuse_double(bad[i], 2);
    static const struct {
        const char *t;
        double value;
        size_t end;
    } part[] = {
        {"1x", 1, 1},       {"1.5.5", 1.5, 3}, {"1e", 1, 1},     {"1e+", 1, 1}, {"1ex", 1, 1},
        {"1,5", 1, 1},      {"0x10", 0, 1},    {"1 ", 1, 1},     {"5.x", 5, 2}, {".5.", .5, 2},
        {"-2e1e1", -20, 4}, {"1_0", 1, 1},     {"1e5-", 1e5, 3}, {"1f", 1, 1},
    };
    for (size_t i = 0; i < LENGTH(part); i++) {
        snprintf(kit_context, sizeof kit_context, "double '%s'", part[i].t);
        answer a = parse_double_of(part[i].t, strlen(part[i].t), false);
        KIT_CHECK(a.said && a.d == part[i].value && a.end == part[i].end);
        a = parse_double_of(part[i].t, strlen(part[i].t), true);
        KIT_CHECK(!a.said && a.why == COW_INVALID);
    }
    answer a = parse_double_of("infinit", 7, false);
    assert_true(a.said && isinf(a.d) && a.end == 3);
    a = parse_double_of("nan(1)", 6, false);
    assert_true(a.said && isnan(a.d) && a.end == 3);
    assert_true(signbit(parse_double_of("-0", 2, true).d) && signbit(parse_double_of("-0.000e9", 8, true).d));
    a = parse_double_of("1\0", 2, false);
    assert_true(a.said && a.d == 1 && a.end == 1);
}

static void hard_decimals_are_rounded_correctly(void **state) {
    (void)state;
    static const char *const hard[] = {
        /* the ends of the range, and the halfway points beyond them */
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.797693134862315807e308",
        "1.797693134862315808e308",
        "1.7976931348623159e308",
        "1.8e308",
        "1e309",
        "-1e309",
        "1e400",
        "2.2250738585072014e-308",
        "2.2250738585072011e-308",
        "2.2250738585072012e-308",
        "2."
        "22507385850720113605740979670913197593481954635164564802342610972482222202107694551652952390813508791414915891"
        "30396211068700864386945946455276572074078206217433799881410632673292535522868813721490129811224514518898490572"
        "22307285255133155755015914397476397983411801999323962548289017107081850690630666655994938275772572015763062690"
        "66333264756530000924588831643303777979186961204949739037782970490505108060994073026293712895895000358379996720"
        "72543043602840788957717961509455167482434710307026091446215722898802581825451803257070188608721131280795122334"
        "26288368622321503775666622503982534335974568884423900265498198385487948292206894721689831099698365846814022854"
        "24333066033985088644580400103493397042756718644338377048603786162277173854562306587467901408672332763671875123"
        "4567890123456789012345678901e-308",
        "4.9406564584124654e-324",
        "5e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.47032822920623272088e-324",
        "2.47032822920623272089e-324",
        "1e-323",
        "1e-324",
        "1e-400",
        "-1e-400",
        "7."
        "41098468761869816264853189302332058547589703921487146638378523751013260905313127797949754542453988569694847043"
        "16857659638998506553390969459816219401617281718945106978546710679176872575177347315553307795408549809608457500"
        "95811137303474765809687100959097544227100475730780971111893578483867565399878350301522805593404659373979179073"
        "87238682993958184816601691220194564999312897984113620624844986787135721803522090170239032857917325202205289740"
        "20802906854021606612375549983402671300035812486479041385743401875520901590172592547146296175134159774938718574"
        "73787096164563890871811984127167305601704549300470526959016576377688490826798697257336652176556794107250876433"
        "7560846003984904972149117463085539556354188641513168478436313080237596295773983001708984375e-324",
        /* 2^53 and what lies between its neighbours */
        "9007199254740992",
        "9007199254740993",
        "9007199254740994",
        "9007199254740995",
        "9007199254740993.0000000000000000000001",
        "9007199254740992.9999999999999999999999",
        "90071992547409930000000000000001e-16",
        "9007199254740991.5",
        "4503599627370496.5",
        "4503599627370497.5",
        /* known for having broken parsers */
        "0.1",
        "0.2",
        "0.3",
        "3.14159265358979323846",
        "6.02214076e23",
        "1.00000000000000011102230246251565404236316680908203125",
        "1.00000000000000011102230246251565404236316680908203124",
        "1.00000000000000011102230246251565404236316680908203126",
        "1090544144181609348835077142190",
        "9214843084008499",
        "0.500000000000000166533453693773481063544750213623046875",
        "30078505129381147446200",
        "1777820000000000000001",
        "0.500000000000000166547006220929549868969843373633921146392822265625",
        "0.3932922657273",
        "3.518437208883201171875e13",
        "62.5364939768271845828",
        "8.10109172351e-10",
        "1.50000000000000011102230246251565",
        "17976931348623158079372897140530341507993413271003782693617377898044496829276475094664901797758720709633028641"
        "66928879109465555478519404026306574886715058206819089020007083836762738548458177115317644757302700698555713669"
        "59622842914819860834936475292719074168444365510704342711559699508093042880e0",
        "18446744073709551615",
        "18446744073709551616",
        "18446744073709551617",
        "184467440737095516150",
        "36893488147419103231",
        "36893488147419103233",
        "7.2057594037927933e16",
        "7.2057594037927935e16",
        "123456789012345678e-5",
        "1e-300",
        "1e300",
        "123e-320",
        "99999999999999999999e-330",
        "1e23",
        "8.5e22",
        "9.5e-23",
        "8.41e21",
        "5e-20",
        "67902e8",
        "6.7902e12",
        "2.5e-324",
        "0.000000000000000000000000000001",
    };
    for (size_t i = 0; i < LENGTH(hard); i++) expect_double(hard[i]);
}

/* Exactly between two neighbours, and by one digit in the thousandth place to either side of that. */
static void halfway_points(void **state) {
    (void)state;
#if LDBL_MANT_DIG > DBL_MANT_DIG
    uint64_t x = 99;
    static char t[4096], near[4096];
    for (int i = 0; i < 1500; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        double a = double_of(x & 0x7fffffffffffffffu);
        if (i % 3 == 0) a = double_of(x & 0x000fffffffffffffu); /* subnormal */
        if (!isfinite(a)) continue;
        double b = double_of(bits_of(a) + 1);
        if (!isfinite(b)) continue;
        long double middle = ((long double)a + (long double)b) / 2;
        int n = snprintf(t, sizeof t, "%.1100Le", middle);
        assert_true(n > 1100 && n < (int)sizeof t);
        expect_double(t);
        char *e = strchr(t, 'e');
        snprintf(near, sizeof near, "%.*s1%s", (int)(e - t), t, e); /* a little more */
        expect_double(near);
        char *p = e - 1;
        while (*p == '0' || *p == '.') *p = *p == '.' ? '.' : '9', p--; /* a little less */
        --*p;
        expect_double(t);
    }
#else
    /* No type here holds the middle between two neighbouring doubles. The code under test is the same on every machine, and those
       with a wider long double run this; the borders that are written out are in hard_decimals_are_rounded_correctly. */
    skip();
#endif
}

static void random_decimals(void **state) {
    (void)state;
    unsigned random = 5;
#define NEXT() ((random = random * 1664525u + 1013904223u) >> 8)
    for (int i = 0; i < 60000; i++) {
        char t[1100];
        size_t n = 0, whole = NEXT() % 25, fraction = NEXT() % 25;
        if (i % 50 == 0) whole = NEXT() % 500, fraction = NEXT() % 500;
        if (NEXT() % 3 == 0) t[n++] = NEXT() % 2 ? '-' : '+';
        if (whole + fraction == 0) whole = 1;
        for (size_t k = 0; k < whole; k++) t[n++] = (char)('0' + NEXT() % 10);
        if (fraction || NEXT() % 4 == 0) t[n++] = '.';
        for (size_t k = 0; k < fraction; k++) t[n++] = (char)('0' + NEXT() % 10);
        if (NEXT() % 3) n += (size_t)snprintf(t + n, 20, "e%d", (int)(NEXT() % 700) - 350);
        t[n] = 0;
        expect_double(t);
    }
#undef NEXT
}

static void long_inputs(void **state) {
    (void)state;
    static char t[5000];
    static const char digits[] = "1234567890";
    for (size_t n = 20; n <= 2000; n += 33) {
        /* 123...e-n, 0.000...123, and 1 followed by zeros that the exponent takes back */
        for (size_t i = 0; i < n; i++) t[i] = digits[i % 10];
        snprintf(t + n, 20, "e-%zu", n);
        expect_double(t);
        memset(t, '0', n + 2);
        t[1] = '.';
        snprintf(t + n + 2, 40, "12345678901234567e%zu", n);
        expect_double(t);
        memset(t, '0', n);
        t[0] = '1';
        snprintf(t + n, 20, "e-%zu", n - 1);
        expect_double(t);
        memset(t, '0', n);
        snprintf(t + n, 20, "1.5");
        expect_double(t);
        memset(t, '9', n);
        t[n] = 0;
        expect_double(t);
    }
    static const char *const exponents[] = {
        "1e99999999999999999999",
        "1e-99999999999999999999",
        "0e99999999999999999999",
        "-0.0e99999999999999999999",
        "0e-99999999999999999999",
        "1e18446744073709551616",
        "1e18446744073709551617",
        "1e2147483648",
        "1e-2147483649",
        "1e4294967296",
        "1e4294967297",
        "1e-4294967296",
        "1e9223372036854775808",
        "1e-9223372036854775809",
        "0.00001e313",
        "100000e-328",
    };
    for (size_t i = 0; i < LENGTH(exponents); i++) expect_double(exponents[i]);
}

/* ---- printing ---- */

/* The fewest digits that the C library reads back as x > 0, and the power of ten of the first. Of each length the nearest decimal
   is tried and its two neighbours: below a power of two the nearest need not come back. */
static size_t shortest_digits(double x, char digits[32], int *power) {
    for (int count = 1; count <= 17; count++) {
        char line[64];
        snprintf(line, sizeof line, "%.*e", count - 1, x);
        unsigned long long whole = 0;
        const char *p = line;
        for (; *p != 'e'; p++)
            if (*p != '.') whole = whole * 10 + (unsigned long long)(*p - '0');
        int exponent = (int)strtol(p + 1, NULL, 10);
        for (int step = 0; step < 3; step++) {
            unsigned long long candidate = whole + (step == 1) - (step == 2);
            snprintf(line, sizeof line, "%llue%d", candidate, exponent - count + 1);
            if (strtod(line, NULL) != x) continue;
            size_t n = (size_t)snprintf(digits, 32, "%llu", candidate);
            *power = exponent + (int)n - count;
            return n;
        }
    }
    KIT_CHECK(false); /* 17 digits tell every double apart */
    return 0;
}

/* How x should be printed: plain from 1e-4 to below 1e17. */
static void shortest_text(double x, char out[64]) {
    char digits[32];
    int power, at = 0;
    if (signbit(x)) out[at++] = '-';
    if (x == 0) {
        out[at++] = '0';
        out[at] = 0;
        return;
    }
    size_t n = shortest_digits(fabs(x), digits, &power);
    if (power < -4 || power >= 17) {
        at += snprintf(out + at, 30, n > 1 ? "%c.%.*s" : "%c%.*s", digits[0], (int)n - 1, digits + 1);
        snprintf(out + at, 30, "e%+03d", power);
        return;
    }
    if (power < 0) at += snprintf(out + at, 30, "0.%.*s", -power - 1, "000");
    for (size_t i = 0; i < n || (int)i <= power; i++) {
        if (power >= 0 && (int)i == power + 1) out[at++] = '.';
        out[at++] = i < n ? digits[i] : '0';
    }
    out[at] = 0;
}

static void expect_shortest(double x) {
    char line[64], locale[100];
    snprintf(locale, sizeof locale, "%s", setlocale(LC_NUMERIC, NULL));
    setlocale(LC_NUMERIC, "C");
    shortest_text(x, line);
    setlocale(LC_NUMERIC, locale);
    cow_str s = {0};
    KIT_CHECK(cow_str_append_double(&s, x));
    snprintf(kit_context, sizeof kit_context, "%a: '%s', should be '%s'", x, cow_str_cstr(&s), line);
    CHECK_BYTES(&s, line, strlen(line));
    double back = UNTOUCHED;
    KIT_CHECK(cow_str_parse_double(&s, &back, NULL) && bits_of(back) == bits_of(x));
    cow_str_drop(&s);
}

static void check_printed(double x, const char *wanted) {
    cow_str s = {0};
    KIT_CHECK(cow_str_append_double(&s, x));
    snprintf(kit_context, sizeof kit_context, "'%s', should be '%s'", cow_str_cstr(&s), wanted);
    CHECK_BYTES(&s, wanted, strlen(wanted));
    cow_str_drop(&s);
}

static void doubles_print_as_short_as_they_can(void **state) {
    (void)state;
    check_printed(0.1, "0.1");
    check_printed(-0.0, "-0");
    check_printed(0, "0");
    check_printed(100000, "100000");
    check_printed(1e16, "10000000000000000");
    check_printed(1e17, "1e+17");
    check_printed(1e20, "1e+20");
    check_printed(0.0001, "0.0001");
    check_printed(0.00001, "1e-05");
    check_printed(1e-7, "1e-07");
    check_printed(1.5, "1.5");
    check_printed((double)INFINITY, "inf");
    check_printed(-(double)INFINITY, "-inf");
    check_printed((double)NAN, "nan");
    check_printed(5e-324, "5e-324");
    check_printed(DBL_MAX, "1.7976931348623157e+308");
    check_printed(0.1 + 0.2, "0.30000000000000004");
    uint64_t x = 17;
    for (int i = 0; i < 20000; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        double any = double_of(x), few = (double)(int64_t)(x >> 44) / (i % 2 ? 100.0 : 1e3);
        if (isfinite(any)) expect_shortest(any);
        expect_shortest(few);
        if (i % 4 == 0) expect_shortest(double_of(x & 0x800fffffffffffffu));
    }
    for (int e = -323; e <= 308; e++) {
        char line[20];
        snprintf(line, sizeof line, "1e%d", e);
        expect_shortest(library_value(line));
        expect_shortest(double_of(bits_of(library_value(line)) - 1));
        expect_shortest(double_of(bits_of(library_value(line)) + 1));
    }
    for (int e = -1074; e <= 1023; e++) expect_shortest(ldexp(1, e));
}

/* ---- a locale whose decimal point is a comma ---- */

static char folder[KIT_PATH]; /* "" until there is one */

/* Debian's C library has no such locale until somebody makes one, so this makes its own. False when it cannot. */
static bool enter_comma_locale(void) {
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE", "da_DK.UTF-8"};
    for (size_t i = 0; i < LENGTH(names); i++)
        if (setlocale(LC_NUMERIC, names[i])) return true;
    kit_folder(folder);
    char command[600];
    snprintf(command, sizeof command,
             "cd %s && printf '%%s\\n' 'comment_char %%' 'escape_char /' LC_NUMERIC 'decimal_point \"<U002C>\"' "
             "'thousands_sep \"<U002E>\"' 'grouping 3' 'END LC_NUMERIC' >comma.src && "
             "localedef -c -i comma.src -f ANSI_X3.4-1968 ./comma >/dev/null 2>&1",
             folder);
    (void)(system(command) == 0); /* it warns about the categories that are missing, which is a failure to it */
    return setenv("LOCPATH", folder, 1) == 0 && setlocale(LC_NUMERIC, "comma") != NULL;
}

static void leave_comma_locale(void) {
    char command[64];
    setlocale(LC_NUMERIC, "C");
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (folder[0]) (void)(system(command) == 0);
}

static void no_locale_is_noticed(void **state) {
    (void)state;
    bool there = enter_comma_locale();
    if (there && localeconv()->decimal_point[0] == ',') {
        char line[20];
        snprintf(line, sizeof line, "%g", 1.5);
        assert_string_equal(line, "1,5"); /* the locale is really on */
        check_printed(1.5, "1.5");
        check_printed(-1234567.25, "-1234567.25");
        check_printed(1e100, "1e+100");
        expect_double("1.5");
        expect_double("1234.5678e-7");
        expect_double("2.47032822920623272089e-324");
        answer a = parse_double_of("1,5", 3, false);
        assert_true(a.said && a.d == 1 && a.end == 1);
        a = parse_double_of("1.000,5", 7, false);
        assert_true(a.said && a.d == 1 && a.end == 5);
        random_decimals(state);
        leave_comma_locale();
    } else {
        leave_comma_locale();
        print_message("no locale with a decimal comma, and none can be made: skipped\n");
        /* Without localedef there is nothing to see: a C library that knows the C locale only has no other decimal point. */
        skip();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(the_borders_of_every_base),
        UNIT(numbers_far_too_long),
        UNIT(signs_prefixes_and_letters),
        UNIT(the_end_is_where_the_number_stops),
        UNIT(whole_numbers_go_round),
        UNIT(the_grammar_of_floating_point),
        UNIT(hard_decimals_are_rounded_correctly),
        UNIT(halfway_points),
        UNIT(random_decimals),
        UNIT(long_inputs),
        UNIT(doubles_print_as_short_as_they_can),
        UNIT(no_locale_is_noticed),
    };
    return cmocka_run_group_tests_name("str_number", tests, NULL, NULL);
}
