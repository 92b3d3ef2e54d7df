/* SPDX-License-Identifier: MIT */
/* utf8_fuzz: an input is text, and at each position of it every answer of the library is compared with that of a decoder
   written from table 3-7 of the Unicode standard, "Well-Formed UTF-8 Byte Sequences", row by row. See program.h. */
#define FUZZ_TARGET
#include "kit.h"
#include "utf8_world.h"
#include "program.h"

/* One row of the table: the range of each byte. */
struct row {
    size_t bytes;
    unsigned char range[4][2];
};
static const struct row table[] = {
    {1, {{0x00, 0x7f}}},
    {2, {{0xc2, 0xdf}, {0x80, 0xbf}}},
    {3, {{0xe0, 0xe0}, {0xa0, 0xbf}, {0x80, 0xbf}}},
    {3, {{0xe1, 0xec}, {0x80, 0xbf}, {0x80, 0xbf}}},
    {3, {{0xed, 0xed}, {0x80, 0x9f}, {0x80, 0xbf}}},
    {3, {{0xee, 0xef}, {0x80, 0xbf}, {0x80, 0xbf}}},
    {4, {{0xf0, 0xf0}, {0x90, 0xbf}, {0x80, 0xbf}, {0x80, 0xbf}}},
    {4, {{0xf1, 0xf3}, {0x80, 0xbf}, {0x80, 0xbf}, {0x80, 0xbf}}},
    {4, {{0xf4, 0xf4}, {0x80, 0x8f}, {0x80, 0xbf}, {0x80, 0xbf}}},
};
enum { ROWS = sizeof table / sizeof *table, REPLACEMENT = 0xfffd, MOST = 96 };

/* Of each position: the length of the well-formed sequence there, 0 when there is none; and of what is read as one: a sequence,
   else the longest start of one, or a byte. */
static size_t sequence[MOST + 1], piece[MOST + 1];

/* How many bytes at `i` a row accepts. */
static size_t accepted(const struct row *row, size_t i) {
    size_t n = 0;
    while (n < row->bytes && i + n < text_length && (unsigned char)text[i + n] >= row->range[n][0] &&
           (unsigned char)text[i + n] <= row->range[n][1])
        n++;
    return n;
}

static void read_text(void) {
    for (size_t i = 0; i <= text_length; i++) {
        sequence[i] = 0;
        piece[i] = i < text_length;
        for (size_t r = 0; r < ROWS; r++) {
            size_t n = accepted(&table[r], i);
            if (n > piece[i]) piece[i] = n;
            if (n == table[r].bytes) sequence[i] = n;
        }
    }
}

static long long code_point(size_t i) {
    static const unsigned mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    size_t n = sequence[i];
    long long c = n ? (unsigned char)text[i] & mask[n] : REPLACEMENT;
    for (size_t k = 1; k < n; k++) c = c * 64 + (unsigned char)text[i + k] % 64;
    return c;
}

/* The first position not before `i` at which a reader from the start stops; and the last one that is not behind it. */
static size_t stop_after(size_t i) {
    size_t stop = 0;
    while (stop < i && stop < text_length) stop += piece[stop];
    return stop;
}

static size_t stop_before(size_t i) {
    size_t stop = 0;
    while (stop < text_length && stop + piece[stop] <= i) stop += piece[stop];
    return stop;
}

static size_t valid_from(size_t i) {
    size_t n = 0;
    while (i + n < text_length && sequence[i + n]) n += sequence[i + n];
    return n;
}

static size_t pieces_from(size_t i) {
    size_t n = 0;
    for (; i < text_length; i += piece[i]) n++;
    return n;
}

/* A number from the bytes at `at`, of 21 bits and a little more. */
static bool pick_number(void) {
    for (size_t i = at; i < at + 3 && i < text_length; i++) value = value << 8 | (unsigned char)text[i];
    value %= 0x120000;
    return true;
}

static long long encoded(void) {
    long long c = value;
    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return -1;
    if (c < 0x80) return c;
    if (c < 0x800) return (0xc0 + c / 64) << 8 | (0x80 + c % 64);
    if (c < 0x10000) return (0xe0 + c / 4096) << 16 | (0x80 + c / 64 % 64) << 8 | (0x80 + c % 64);
    return (0xf0 + c / 262144) << 24 | (0x80 + c / 4096 % 64) << 16 | (0x80 + c / 64 % 64) << 8 | (0x80 + c % 64);
}

/* clang-format off */
#define OPERATIONS(TRY, IS, DO) \
    IS(valid_prefix, 1, true, cow_utf8_valid_prefix(text + at, text_length - at), valid_from(at)) \
    IS(is_utf8, 1, true, is_utf8(text + at, text_length - at), \
       valid_from(at) == text_length - at ? 1 : -1 - (long long)valid_from(at)) \
    IS(decode, 1, true, decode(text + at, text_length - at), at < text_length ? pair(piece[at], (uint32_t)code_point(at)) : 0) \
    IS(encode, 1, pick_number(), encode(value), encoded()) \
    IS(encode_decoded, 1, at < text_length && (value = code_point(at), true), encode(value), encoded()) \
    IS(next, 1, true, next(text, text_length, at), at < text_length ? pair(at + piece[at], (uint32_t)code_point(at)) : -1) \
    IS(previous, 1, at && stop_before(at) == at, previous(text, text_length, at), \
       pair(stop_before(at - 1), (uint32_t)code_point(stop_before(at - 1)))) \
    IS(code_points, 1, true, code_points(text + at, text_length - at), pieces_from(at)) \
    IS(is_boundary, 1, true, is_boundary(text, text_length, at), stop_before(at) == at) \
    IS(boundary_before, 1, true, boundary_before(text, text_length, at), stop_before(at)) \
    IS(boundary_after, 1, true, boundary_after(text, text_length, at), stop_after(at)) \
    IS(no_boundary, 1, at == 0, is_boundary(text, text_length, text_length + 1), 0) \
    IS(before_beyond, 1, at == 0, boundary_before(text, text_length, text_length + 1), text_length) \
    IS(after_beyond, 1, at == 0, boundary_after(text, text_length, text_length + 1), text_length) \
    IS(nothing_before, 1, at == 0, previous(text, text_length, 0), -1)
/* clang-format on */

PROGRAM_TABLE

static const char *const world[] = {
#include "utf8_world.inc"
    NULL};

const struct target fuzz_target = {
    .name = "utf8",
    .operations = operations,
    .count = sizeof operations / sizeof *operations,
    .begin = read_text,
    .text_most = MOST,
    .stateless = true,
    .world = world,
};
