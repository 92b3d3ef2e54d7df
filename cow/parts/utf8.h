/* SPDX-License-Identifier: MIT */
/* utf8: UTF-8 in raw bytes, as the Unicode standard has it (table 3-7). Floor 1, built on error and find.

   Overlong forms, surrogates and numbers above 0x10ffff are malformed. Malformed bytes are read as U+FFFD, one for each
   maximal subpart: the longest start of a well-formed sequence, or a single byte.
   So do browsers, and so the standard advises. */
#ifndef COW__UTF8_H
#define COW__UTF8_H

#include "error.h"
#include "find.h"

#define COW__MALFORMED ((uint32_t)0xffffffffu)

COW__BEGIN_C
/* Length of the longest start of the bytes that is well-formed: n when all are. O(n), 8 ASCII bytes at a time.
   Example: assert(cow_utf8_valid_prefix("caf\xc3\xa9\xff", 6) == 5); */
COW__API size_t cow_utf8_valid_prefix(const void *p, size_t n);

/* Reads the code point at `p` into *c and returns its length, 1 to 4; 0 when n is 0. What is malformed reads as U+FFFD.
   Example: uint32_t c;
            assert(cow_utf8_decode("\xe2\x82\xac", 3, &c) == 3 && c == 0x20ac); */
COW__API size_t cow_utf8_decode(const void *p, size_t n, uint32_t *c);

/* Writes a code point to `out` and returns its length, 1 to 4;
   0 with COW_RANGE for what is none (surrogates, and beyond 0x10ffff).
   Example: char out[4];
            assert(cow_utf8_encode(0x20ac, out) == 3 && memcmp(out, "\xe2\x82\xac", 3) == 0); */
COW__API size_t cow_utf8_encode(uint32_t c, char out[4]);

/* As cow_utf8_decode, but COW__MALFORMED for what is malformed; n is not 0. */
COW__API size_t cow__utf8_step(const unsigned char *p, size_t n, uint32_t *c);
/* Length of a start of the bytes that is ASCII; not always the longest. */
COW__API size_t cow__utf8_ascii(const unsigned char *p, size_t n);
COW__END_C

static inline bool cow__utf8_continues(char c) { return ((unsigned char)c & 0xc0) == 0x80; }

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__UTF8_BODY)
#define COW__UTF8_BODY

#include <string.h>

COW__BEGIN_C

COW__API size_t cow__utf8_step(const unsigned char *p, size_t n, uint32_t *c) {
    unsigned lead = p[0];
    *c = lead;
    if (lead < 0x80) return 1;
    *c = COW__MALFORMED;
    if (lead < 0xc2 || lead > 0xf4) return 1;
    size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    /* The second byte is what rules out overlong forms, surrogates, and numbers that are too large. */
    unsigned low = lead == 0xe0   ? 0xa0
                   : lead == 0xf0 ? 0x90
                                  : 0x80,
             high = lead == 0xed   ? 0x9f
                    : lead == 0xf4 ? 0x8f
                                   : 0xbf;
    uint32_t value = lead & (0x7fu >> length);
    for (size_t i = 1; i < length; i++, low = 0x80, high = 0xbf) {
        if (i == n || p[i] < low || p[i] > high) return i;
        value = value << 6 | (p[i] & 0x3fu);
    }
    *c = value;
    return length;
}

/* Of 8 bytes with some high bits set: how many come before the first of those, or 0 where that takes a loop. */
static inline size_t cow__utf8_first(uint64_t high) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return cow__lowest_bit(high) / 8;
#else
    (void)high;
    return 0;
#endif
}

COW__API size_t cow__utf8_ascii(const unsigned char *p, size_t n) {
    size_t i = 0;
    for (; n - i >= 8; i += 8) {
        uint64_t word;
        memcpy(&word, p + i, sizeof word);
        word &= 0x8080808080808080u;
        if (word) return i + cow__utf8_first(word);
    }
    return i;
}

/* Length of a code point of two or three bytes that no special rule touches, as most letters are; else 0. */
static inline size_t cow__utf8_plain(const unsigned char *p, size_t n) {
    unsigned lead = p[0];
    if (n < 3 || !cow__utf8_continues((char)p[1])) return 0;
    if (lead >= 0xc2 && lead < 0xe0) return 2;
    return lead > 0xe0 && lead < 0xf0 && lead != 0xed && cow__utf8_continues((char)p[2]) ? 3 : 0;
}

COW__API size_t cow_utf8_valid_prefix(const void *p, size_t n) {
    const unsigned char *bytes = (const unsigned char *)p;
    size_t i = 0;
    while (i < n) {
        uint32_t c;
        if (bytes[i] < 0x80) {
            size_t ascii = cow__utf8_ascii(bytes + i, n - i);
            i += ascii ? ascii : 1;
            continue;
        }
        size_t length = cow__utf8_plain(bytes + i, n - i);
        if (!length) {
            length = cow__utf8_step(bytes + i, n - i, &c);
            if (c == COW__MALFORMED) break;
        }
        i += length;
    }
    return i;
}

COW__API size_t cow_utf8_decode(const void *p, size_t n, uint32_t *c) {
    if (!n) return 0;
    size_t length = cow__utf8_step((const unsigned char *)p, n, c);
    if (*c == COW__MALFORMED) *c = 0xfffd;
    return length;
}

COW__API size_t cow_utf8_encode(uint32_t c, char out[4]) {
    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return (void)cow__fail(COW_RANGE), (size_t)0;
    size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0x00, 0xc0, 0xe0, 0xf0};
    for (size_t i = length - 1; i; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(leads[length] | c);
    return length;
}

COW__END_C
#endif
