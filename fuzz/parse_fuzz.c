/* SPDX-License-Identifier: MIT */
/* parse_fuzz: an input is text; what the library reads at each position of it is compared with a reader that finds the number by
   itself and leaves its value to strtoull and strtod of the C locale. Its bytes are also taken for numbers, printed, compared with
   the shortest text that printf has for them, and read back. See program.h. */
#define FUZZ_TARGET
#include "kit.h"
#include "parse_world.h"
#include "program.h"
#include <ctype.h>
#include <errno.h>
#include <math.h>

/* ---- Reading ---- */

static struct {
    int error;
    size_t stopped;
    long long value;
} naive;

static unsigned char byte(size_t i) { return i < text_length ? (unsigned char)text[i] : 0; }

static int digit(unsigned char c) { return isdigit(c) ? c - '0' : isalpha(c) ? tolower(c) - 'a' + 10 : 99; }

static size_t digits_end(size_t i, long long base) {
    while (i < text_length && digit(byte(i)) < base) i++;
    return i;
}

static bool answer(int error, size_t stopped, long long number) {
    naive.error = error;
    naive.stopped = stopped;
    naive.value = error ? 42 : number;
    return true;
}

/* The bytes [i, end) of the text as a C string. */
static const char *cut(size_t i, size_t stop) {
    static char piece[256];
    memcpy(piece, text + i, stop - i);
    piece[stop - i] = 0;
    return piece;
}

/* Sets `value` to the base: one that the first byte says, so that inputs reach them all. */
static void pick_base(void) {
    static const long long bases[] = {10, 0, 16, 2, 8, 36, 3, 1, 37, -10, 0, 10};
    value = bases[byte(0) % 12];
}

static bool naive_integer(bool is_signed) {
    size_t i = at;
    pick_base();
    long long base = value;
    bool minus = is_signed && byte(i) == '-';
    if (minus || byte(i) == '+') i++;
    if (base < 0 || base == 1 || base > 36) return answer(COW_RANGE, 0, 0);
    if (base == 0) {
        int letter = byte(i) == '0' ? tolower(byte(i + 1)) : 0;
        base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
        if (base != 10 && digits_end(i + 2, base) > i + 2)
            i += 2;
        else
            base = 10;
    }
    size_t stop = digits_end(i, base);
    if (stop == i) return answer(COW_INVALID, 0, 0);
    errno = 0;
    unsigned long long magnitude = strtoull(cut(i, stop), NULL, (int)base);
    bool fits = errno == 0 && (!is_signed || magnitude <= (unsigned long long)INT64_MAX + minus);
    return answer(fits ? COW_OK : COW_RANGE, stop - at, (long long)(minus ? 0 - magnitude : magnitude));
}

static bool word_at(size_t i, const char *word) {
    while (*word && tolower(byte(i)) == *word) i++, word++;
    return !*word;
}

static size_t double_end(size_t i) {
    size_t whole = digits_end(i, 10), stop = whole;
    if (byte(whole) == '.') stop = digits_end(whole + 1, 10);
    if (stop - i == (byte(whole) == '.')) return i;
    size_t e = stop + 1;
    if (tolower(byte(stop)) != 'e') return stop;
    if (byte(e) == '+' || byte(e) == '-') e++;
    return digits_end(e, 10) > e ? digits_end(e, 10) : stop;
}

static bool pick_zeros(void) {
    value = 740 + byte(at) % 64;
    return at % 8 == 0;
}

static bool naive_double(void) {
    size_t i = at + (byte(at) == '+' || byte(at) == '-'), stop = double_end(i);
    if (stop == i) stop = word_at(i, "infinity") ? i + 8 : word_at(i, "inf") || word_at(i, "nan") ? i + 3 : i;
    if (stop == i) return answer(COW_INVALID, 0, bits_of(42));
    double x = strtod(cut(at, stop), NULL);
    bool fits = isalpha(byte(i)) || !isinf(x);
    return answer(fits ? COW_OK : COW_RANGE, stop - at, bits_of(x));
}

/* When everything must be the number. */
static int whole_error(void) { return naive.error || naive.stopped == text_length - at ? naive.error : COW_INVALID; }

/* ---- Printing ---- */

/* Takes the next eight bytes of the text: as the bits of a number, as a small one, or as a decimal fraction. */
static bool pick_bits(void) {
    unsigned long long number = 0;
    if (at % 8 || text_length - at < 8) return false;
    for (size_t i = at; i < at + 8; i++) number = number << 8 | byte(i);
    value = (long long)number;
    return true;
}

static bool pick_double(void) {
    if (!pick_bits()) return false;
    long long small = value % 100000000;
    switch (byte(at) % 4) {
    case 0: value = bits_of((double)small * pow(10, byte(at + 1) % 20)); break;
    case 1: value = bits_of((double)small / pow(10, byte(at + 1) % 30)); break;
    default: break;
    }
    return true;
}

static bool expect_int(void) {
    if (!pick_bits()) return false;
    (void)snprintf(expected_text, sizeof expected_text, "%lld", value);
    return true;
}

static bool expect_uint(void) {
    if (!pick_bits()) return false;
    (void)snprintf(expected_text, sizeof expected_text, "%llu", (unsigned long long)value);
    return true;
}

/* Below a power of two, doubles lie closer: there the nearest decimal of 16 digits may not read back, and the next one does. */
static bool expect_next_of_16(double x) {
    char next[40];
    (void)snprintf(next, sizeof next, "%.15e", x);
    char *last = strchr(next, 'e') - 1;
    if (*last == '9') return false;
    ++*last;
    if (bits_of(strtod(next, NULL)) != bits_of(x)) return false;
    (void)snprintf(expected_text, sizeof expected_text, "%s", next);
    return true;
}

/* The shortest %.*e that reads back; its exponent says whether plain digits are wanted, and %.*f prints those. */
static bool expect_double(void) {
    if (!pick_double()) return false;
    double x = double_of(value);
    int digits = 0;
    do (void)snprintf(expected_text, sizeof expected_text, "%.*e", digits, x);
    while (isfinite(x) && bits_of(strtod(expected_text, NULL)) != bits_of(x) && ++digits < 17);
    if (isnan(x)) (void)snprintf(expected_text, sizeof expected_text, "nan");
    if (!isfinite(x)) return true;
    if (digits == 16 && expect_next_of_16(x)) digits = 15;
    int exponent = atoi(strchr(expected_text, 'e') + 1);
    if (x == 0) (void)snprintf(expected_text, sizeof expected_text, signbit(x) ? "-0" : "0");
    if (x == 0 || exponent < -4 || exponent >= 17) return true;
    if (exponent <= digits) {
        (void)snprintf(expected_text, sizeof expected_text, "%.*f", digits - exponent, x);
        return true;
    }
    /* Behind the shortest digits come zeros; %f would print what the number really is. */
    char *p = expected_text + (x < 0);
    if (digits) memmove(p + 1, p + 2, (size_t)digits);
    memset(p + 1 + digits, '0', (size_t)(exponent - digits));
    p[exponent + 1] = 0;
    return true;
}

/* clang-format off */
#define OPERATIONS(TRY, IS, DO) \
    IS(int_error, 1, naive_integer(true), parse_int(text + at, text_length - at, value, ERROR), naive.error) \
    IS(int_stopped, 1, naive_integer(true), parse_int(text + at, text_length - at, value, STOPPED), naive.stopped) \
    IS(int_value, 1, naive_integer(true), parse_int(text + at, text_length - at, value, VALUE), naive.value) \
    IS(int_whole, 1, naive_integer(true), parse_int(text + at, text_length - at, value, WHOLE), whole_error()) \
    IS(uint_error, 1, naive_integer(false), parse_uint(text + at, text_length - at, value, ERROR), naive.error) \
    IS(uint_stopped, 1, naive_integer(false), parse_uint(text + at, text_length - at, value, STOPPED), naive.stopped) \
    IS(uint_value, 1, naive_integer(false), parse_uint(text + at, text_length - at, value, VALUE), naive.value) \
    IS(uint_whole, 1, naive_integer(false), parse_uint(text + at, text_length - at, value, WHOLE), whole_error()) \
    IS(double_error, 1, naive_double(), parse_double(text + at, text_length - at, ERROR), naive.error) \
    IS(double_stopped, 1, naive_double(), parse_double(text + at, text_length - at, STOPPED), naive.stopped) \
    IS(double_value, 1, naive_double(), parse_double(text + at, text_length - at, VALUE), naive.error ? bits_of(42) : naive.value) \
    IS(double_whole, 1, naive_double(), parse_double(text + at, text_length - at, WHOLE), whole_error()) \
    IS(stretched, 1, pick_zeros(), parse_c_double(stretched(text + at, text_length - at, value)), \
       bits_of(strtod(stretched(text + at, text_length - at, value), NULL))) \
    IS(print_int, 1, expect_int(), printed(cow_str_append_int(&out, value), &out, expected_text), 1) \
    IS(print_uint, 1, expect_uint(), printed(cow_str_append_uint(&out, (uint64_t)value), &out, expected_text), 1) \
    IS(print_double, 1, expect_double(), printed(cow_str_append_double(&out, double_of(value)), &out, expected_text), 1) \
    IS(read_back, 1, expect_double(), parse_c_double(expected_text), bits_of(double_of(value)))
/* clang-format on */

PROGRAM_TABLE

static const char *const world[] = {
#include "parse_world.inc"
    NULL};

const struct target fuzz_target = {
    .name = "parse",
    .operations = operations,
    .count = sizeof operations / sizeof *operations,
    .text_most = 64,
    .stateless = true,
    .world = world,
};
