/* SPDX-License-Identifier: MIT */
/* str_number: numbers in strings, the same in every locale. Floor 4, built on str_write.

   Reading: `end` NULL means that the whole text must be the number. Otherwise *end becomes the position behind it, or
   of the trouble when there is some. *out is written on success only. COW_INVALID: there is no number, or something is
   left over. COW_RANGE: it does not fit. White space is not skipped. O(digits). */
#ifndef COW__STR_NUMBER_H
#define COW__STR_NUMBER_H

#include "str_write.h"

COW__BEGIN_C
/* Read an integer in `base` 2 to 36, or as its prefix says (0x, 0o, 0b, else decimal) when base is 0. A sign may stand
   in front, for unsigned numbers only a plus. COW_RANGE for any other base, too.
   Example: int64_t x;
            size_t end;
            s = COW_STR("-42 cows");
            assert(!cow_str_parse_int(&s, 10, &x, NULL) && cow_error() == COW_INVALID);
            assert(cow_str_parse_int(&s, 10, &x, &end) && x == -42 && end == 3); */
COW__API bool cow_str_parse_int(const cow_str *s, int base, int64_t *out, size_t *end);
COW__API bool cow_str_parse_uint(const cow_str *s, int base, uint64_t *out, size_t *end);

/* Reads a decimal number with an optional sign, point and exponent, or inf, infinity or nan in either case; rounds
   correctly. A number too large is COW_RANGE; one too small becomes 0.
   Example: double x;
            s = COW_STR("2.5e3");
            assert(cow_str_parse_double(&s, &x, NULL) && x > 2499 && x < 2501); */
COW__API bool cow_str_parse_double(const cow_str *s, double *out, size_t *end);

COW__API bool cow__str_append_int(cow_str *s, int64_t x);
COW__API bool cow__str_append_uint(cow_str *s, uint64_t x);
COW__API bool cow__str_append_double(cow_str *s, double x);
COW__END_C

/* Append an integer in decimal.
   Example: cow_str_append_int(&s, -7);
            cow_str_append_uint(&s, 42);
            assert(cow_str_is(&s, "-742")); */
COW__INLINE bool cow_str_append_int(cow_str *s, int64_t x) { COW__STR_CHANGE(s, cow__str_append_int(s, x)); }
COW__INLINE bool cow_str_append_uint(cow_str *s, uint64_t x) { COW__STR_CHANGE(s, cow__str_append_uint(s, x)); }

/* Appends the fewest digits that read back as the same number, with a point in every locale: plain from 1e-4 to below
   1e17, else with an exponent (1e+17); inf, -inf, nan.
   Example: cow_str_append_double(&s, 0.1);
            assert(cow_str_is(&s, "0.1")); */
COW__INLINE bool cow_str_append_double(cow_str *s, double x) { COW__STR_CHANGE(s, cow__str_append_double(s, x)); }

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__STR_NUMBER_BODY)
#define COW__STR_NUMBER_BODY

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

COW__BEGIN_C

/* What is being read, and how far. */
typedef struct cow__reading {
    const char *p;
    size_t n, at;
} cow__reading;

static cow__reading cow__read(const cow_str *s) {
    cow__reading r = {cow_str_data(s), cow_str_len(s), 0};
    return r;
}

static char cow__peek(const cow__reading *r) { return r->at < r->n ? r->p[r->at] : '\0'; }

/* Ends a reading that met `error` (COW_OK: none). */
static bool cow__finish(const cow__reading *r, cow_error_code error, size_t *end) {
    if (end)
        *end = r->at;
    else if (error == COW_OK && r->at < r->n)
        error = COW_INVALID;
    return error == COW_OK || cow__fail(error);
}

static int cow__digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'z') return c - 'a' + 10;
    if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
    return 99;
}

static bool cow__digit_at(const cow__reading *r, size_t at, int base) {
    return at < r->n && cow__digit(r->p[at]) < base;
}

/* Takes a prefix that digits follow. */
static int cow__read_base(cow__reading *r) {
    char kind = r->at + 1 < r->n && r->p[r->at] == '0' ? (char)(r->p[r->at + 1] | 0x20) : '\0';
    int base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 10;
    if (base == 10 || !cow__digit_at(r, r->at + 2, base)) return 10;
    r->at += 2;
    return base;
}

/* Takes all digits there are; on COW_INVALID none. */
static cow_error_code cow__read_digits(cow__reading *r, int base, uint64_t most, uint64_t *out) {
    uint64_t value = 0, by = (uint64_t)base;
    bool fits = true;
    if (base != 0 && (base < 2 || base > 36)) return r->at = 0, COW_RANGE;
    if (base == 0) by = (uint64_t)(base = cow__read_base(r));
    if (!cow__digit_at(r, r->at, base)) return COW_INVALID;
    for (; cow__digit_at(r, r->at, base); r->at++) {
        uint64_t digit = (uint64_t)cow__digit(r->p[r->at]);
        if (value > most / by || value * by > most - digit) fits = false;
        value = value * by + digit;
    }
    *out = value;
    return fits ? COW_OK : COW_RANGE;
}

/* Takes a sign; true when it is a minus. */
static bool cow__read_sign(cow__reading *r) {
    char c = cow__peek(r);
    if (c == '+' || c == '-') r->at++;
    return c == '-';
}

COW__API bool cow_str_parse_int(const cow_str *s, int base, int64_t *out, size_t *end) {
    cow__reading r = cow__read(s);
    uint64_t value = 0;
    bool minus = cow__read_sign(&r);
    cow_error_code error = cow__read_digits(&r, base, (uint64_t)INT64_MAX + (minus ? 1 : 0), &value);
    if (error == COW_INVALID) r.at = 0;
    if (!cow__finish(&r, error, end)) return false;
    *out = minus && value ? -(int64_t)(value - 1) - 1 : (int64_t)value;
    return true;
}

COW__API bool cow_str_parse_uint(const cow_str *s, int base, uint64_t *out, size_t *end) {
    cow__reading r = cow__read(s);
    uint64_t value = 0;
    if (cow__peek(&r) == '+') r.at++;
    cow_error_code error = cow__read_digits(&r, base, UINT64_MAX, &value);
    if (error == COW_INVALID) r.at = 0;
    if (!cow__finish(&r, error, end)) return false;
    *out = value;
    return true;
}

/* No more digits than these decide how a double rounds: halfway between two there are at most 767; one more tells that
   digits other than 0 follow. */
#define COW__DIGITS 769

/* A decimal number: 0.d1d2d3... * 10^exponent. */
typedef struct cow__decimal {
    char digits[COW__DIGITS + 24]; /* and "e-1234567" */
    size_t n;
    int64_t exponent;
} cow__decimal;

static void cow__decimal_add(cow__decimal *d, char digit) {
    if (d->n < COW__DIGITS)
        d->digits[d->n++] = digit;
    else if (digit != '0')
        d->digits[COW__DIGITS - 1] = '1'; /* was the last that could matter: now it only says "more" */
}

/* Takes digits with a point; false when there is no digit. */
static bool cow__read_mantissa(cow__reading *r, cow__decimal *d) {
    bool point = false, any = false;
    d->n = 0;
    d->exponent = 0;
    for (; cow__digit_at(r, r->at, 10) || (!point && cow__peek(r) == '.'); r->at++) {
        char c = r->p[r->at];
        if (c == '.') {
            point = true;
            continue;
        }
        any = true;
        if (d->n || c != '0') {
            cow__decimal_add(d, c);
            d->exponent += !point;
        } else {
            d->exponent -= point;
        }
    }
    return any;
}

/* Takes an exponent when it has digits. */
static void cow__read_exponent(cow__reading *r, cow__decimal *d) {
    cow__reading e = *r;
    int64_t value = 0;
    if (cow__peek(&e) != 'e' && cow__peek(&e) != 'E') return;
    e.at++;
    bool minus = cow__read_sign(&e);
    if (!cow__digit_at(&e, e.at, 10)) return;
    for (; cow__digit_at(&e, e.at, 10); e.at++)
        if (value < INT64_MAX / 20) value = value * 10 + (e.p[e.at] - '0');
    d->exponent += minus ? -value : value;
    *r = e;
}

/* strtod rounds correctly, and its locale matters only for the point: the digits are given as an integer. */
static double cow__decimal_value(cow__decimal *d) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (!d->n) return 0;
    int64_t shift = d->exponent - (int64_t)d->n;
#if FLT_EVAL_METHOD == 0
    /* Both factors are exact, so that one operation rounds once (Clinger 1990). */
    if (d->n <= 15 && shift >= -22 && shift <= 22) {
        double value = 0;
        for (size_t i = 0; i < d->n; i++) value = value * 10 + (d->digits[i] - '0');
        return shift < 0 ? value / powers[-shift] : value * powers[shift];
    }
#else
    (void)powers;
#endif
    if (d->exponent > 400) return HUGE_VAL;
    if (d->exponent < -400) return 0;
    int before = errno;
    (void)snprintf(d->digits + d->n, sizeof d->digits - d->n, "e%d", (int)shift);
    double value = strtod(d->digits, NULL);
    errno = before;
    return value;
}

/* Takes `word` in either case. */
static bool cow__read_word(cow__reading *r, const char *word) {
    size_t i = 0;
    while (word[i] && r->at + i < r->n && (r->p[r->at + i] | 0x20) == word[i]) i++;
    if (word[i]) return false;
    r->at += i;
    return true;
}

COW__API bool cow_str_parse_double(const cow_str *s, double *out, size_t *end) {
    cow__reading r = cow__read(s);
    cow__decimal d;
    bool minus = cow__read_sign(&r);
    double value = 0;
    cow_error_code error = COW_OK;
    cow__reading signless = r;
    if (cow__read_mantissa(&r, &d)) {
        cow__read_exponent(&r, &d);
        value = cow__decimal_value(&d);
        if (value > DBL_MAX) error = COW_RANGE;
    } else {
        r = signless;
        if (cow__read_word(&r, "infinity") || cow__read_word(&r, "inf"))
            value = HUGE_VAL;
        else if (cow__read_word(&r, "nan"))
            value = (double)NAN;
        else
            error = COW_INVALID;
        if (error) r.at = 0;
    }
    if (!cow__finish(&r, error, end)) return false;
    *out = minus ? -value : value;
    return true;
}

/* Writes the digits of `x` before `end`, and returns where they begin. */
static char *cow__print_uint(char *end, uint64_t x) {
    do {
        *--end = (char)('0' + x % 10);
    } while (x /= 10);
    return end;
}

COW__API bool cow__str_append_uint(cow_str *s, uint64_t x) {
    char text[20], *p = cow__print_uint(text + sizeof text, x);
    return cow__str_append(s, p, (size_t)(text + sizeof text - p));
}

COW__API bool cow__str_append_int(cow_str *s, int64_t x) {
    char text[21], *p = cow__print_uint(text + sizeof text, x < 0 ? 0 - (uint64_t)x : (uint64_t)x);
    if (x < 0) *--p = '-';
    return cow__str_append(s, p, (size_t)(text + sizeof text - p));
}

/* The `n` first digits of x > 0, rounded; whatever the locale puts between them is left out. */
static void cow__decimal_of(cow__decimal *d, double x, int n) {
    char text[64];
    (void)snprintf(text, sizeof text, "%.*e", n - 1, x);
    const char *p = text;
    for (d->n = 0; *p != 'e'; p++)
        if (*p >= '0' && *p <= '9') d->digits[d->n++] = *p;
    d->exponent = strtol(p + 1, NULL, 10) + 1;
    while (d->n > 1 && d->digits[d->n - 1] == '0') d->n--;
}

static bool cow__decimal_is(const cow__decimal *d, double x) {
    cow__decimal copy;
    memcpy(copy.digits, d->digits, copy.n = d->n);
    copy.exponent = d->exponent;
    double value = cow__decimal_value(&copy);
    return value <= x && value >= x;
}

/* The next number with 16 digits; false when all are 9. */
static bool cow__decimal_up(cow__decimal *d) {
    for (; d->n < 16; d->n++) d->digits[d->n] = '0';
    size_t i = d->n;
    while (i && d->digits[i - 1] == '9') i--;
    if (!i) return false;
    d->digits[i - 1]++;
    d->n = i;
    return true;
}

/* The fewest digits that read back as x > 0. 15 always come back through a normal double,
   and 17 tell every double apart. */
static void cow__decimal_shortest(cow__decimal *d, double x) {
    for (int n = x < DBL_MIN ? 1 : 15; n <= 17; n++) {
        cow__decimal_of(d, x, n);
        if (cow__decimal_is(d, x)) return;
        /* Below a power of two, doubles lie closer: the nearest decimal may read as another one,
           and the next above it as x. */
        if (n == 16 && cow__decimal_up(d) && cow__decimal_is(d, x)) return;
    }
}

/* The digits with a point among them, or zeros around them. Returns how many bytes that are. */
static size_t cow__print_plain(char *to, const cow__decimal *d) {
    size_t n = 0, whole = d->exponent > 0 ? (size_t)d->exponent : 0;
    for (; n < whole; n++) to[n] = n < d->n ? d->digits[n] : '0';
    if (d->n <= whole) return n;
    if (!whole) to[n++] = '0';
    to[n++] = '.';
    for (int64_t zeros = d->exponent; zeros < 0; zeros++) to[n++] = '0';
    memcpy(to + n, d->digits + whole, d->n - whole);
    return n + d->n - whole;
}

static size_t cow__print_exponent(char *to, size_t room, const cow__decimal *d) {
    size_t n = 0;
    to[n++] = d->digits[0];
    if (d->n > 1) to[n++] = '.';
    memcpy(to + n, d->digits + 1, d->n - 1);
    n += d->n - 1;
    return n + (size_t)snprintf(to + n, room - n, "e%+03d", (int)d->exponent - 1);
}

COW__API bool cow__str_append_double(cow_str *s, double x) {
    char text[64];
    size_t n = 0;
    cow__decimal d;
    if (!(x <= x)) return cow__str_append(s, "nan", 3);
    if (x < 0 || (!(x > 0) && 1 / x < 0)) {
        text[n++] = '-';
        x = -x;
    }
    if (x > DBL_MAX) {
        memcpy(text + n, "inf", 3);
        n += 3;
    } else if (!(x > 0)) {
        text[n++] = '0';
    } else {
        cow__decimal_shortest(&d, x);
        n += d.exponent > -4 && d.exponent <= 17 ? cow__print_plain(text + n, &d)
                                                 : cow__print_exponent(text + n, sizeof text - n, &d);
    }
    return cow__str_append(s, text, n);
}

COW__END_C
#endif
