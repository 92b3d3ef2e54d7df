/* SPDX-License-Identifier: MIT */
/* str_utf8: strings as UTF-8. Floor 4, built on str_write and utf8.

   A string may hold any bytes; nothing is checked until it is asked for. Malformed bytes read as U+FFFD, as in part
   utf8. Case mapping and normalisation of all of Unicode need its tables:
   docs/strings.md shows how to do them with utf8proc. */
#ifndef COW__STR_UTF8_H
#define COW__STR_UTF8_H

#include "str_write.h"
#include "utf8.h"

COW__BEGIN_C
/* Whether the text is well-formed; COW_INVALID when not.
   *end (may be NULL) becomes the length of its well-formed start. O(n).
   Example: size_t end;
            s = COW_STR("ok\xc0\x80");
            assert(!cow_str_is_utf8(&s, &end) && end == 2); */
COW__API bool cow_str_is_utf8(const cow_str *s, size_t *end);

/* Reads the code point at *at and moves *at behind it, or reads the one before *at and moves *at to it. False at the
   end, or the start: *at and *c stay. Backwards gives the same code points as forwards.
   Example: size_t at = 0, points = 0;
            uint32_t c;
            s = COW_STR("h\xc3\xa9");
            while (cow_str_next_code_point(&s, &at, &c)) points++;
            assert(points == 2 && c == 0xe9);
            assert(cow_str_prev_code_point(&s, &at, &c) && at == 1); */
COW__API bool cow_str_next_code_point(const cow_str *s, size_t *at, uint32_t *c);
COW__API bool cow_str_prev_code_point(const cow_str *s, size_t *at, uint32_t *c);

/* How many code points there are. O(n).
   Example: s = COW_STR("h\xc3\xa9llo");
            assert(cow_str_count_code_points(&s) == 5); */
COW__API size_t cow_str_count_code_points(const cow_str *s);

/* Whether a cut at `i` separates code points (where cow_str_next_code_point stops); the last such place at or before
   `i`, the first at or after it. Places beyond the end are none, and count as the end.
   Example: s = COW_STR("h\xc3\xa9");
            assert(!cow_str_is_boundary(&s, 2) && cow_str_boundary_before(&s, 2) == 1);
            assert(cow_str_boundary_after(&s, 2) == 3); */
COW__API bool cow_str_is_boundary(const cow_str *s, size_t i);
COW__API size_t cow_str_boundary_before(const cow_str *s, size_t i);
COW__API size_t cow_str_boundary_after(const cow_str *s, size_t i);
COW__END_C

/* Appends a code point as UTF-8; COW_RANGE for what is none.
   Example: cow_str_append_code_point(&s, 0x20ac);
            assert(cow_str_is(&s, "\xe2\x82\xac")); */
COW__INLINE bool cow_str_append_code_point(cow_str *s, uint32_t c) {
    char bytes[4];
    size_t n = cow_utf8_encode(c, bytes);
    return n && cow_str_append_bytes(s, bytes, n);
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__STR_UTF8_BODY)
#define COW__STR_UTF8_BODY
COW__BEGIN_C

COW__API bool cow_str_is_utf8(const cow_str *s, size_t *end) {
    size_t valid = cow_utf8_valid_prefix(cow_str_data(s), cow_str_len(s));
    if (end) *end = valid;
    return valid == cow_str_len(s) || cow__fail(COW_INVALID);
}

COW__API bool cow_str_next_code_point(const cow_str *s, size_t *at, uint32_t *c) {
    size_t n = cow_str_len(s);
    if (*at >= n) return false;
    *at += cow_utf8_decode(cow_str_data(s) + *at, n - *at, c);
    return true;
}

/* Where the code point that byte `i` belongs to begins.
   A lead byte always begins one, so no more than four bytes matter. */
static size_t cow__utf8_start(const char *p, size_t n, size_t i) {
    size_t start = i;
    uint32_t c;
    while (start && i - start < 3 && cow__utf8_continues(p[start])) start--;
    size_t length = cow__utf8_step((const unsigned char *)p + start, n - start, &c);
    return start + length > i ? start : i;
}

COW__API bool cow_str_prev_code_point(const cow_str *s, size_t *at, uint32_t *c) {
    size_t n = cow_str_len(s), i = *at < n ? *at : n;
    if (!i) return false;
    *at = cow__utf8_start(cow_str_data(s), n, i - 1);
    (void)cow_utf8_decode(cow_str_data(s) + *at, n - *at, c);
    return true;
}

COW__API size_t cow_str_count_code_points(const cow_str *s) {
    const unsigned char *p = (const unsigned char *)cow_str_data(s);
    size_t n = cow_str_len(s), i = 0, points = 0;
    while (i < n) {
        uint32_t c;
        size_t ascii = cow__utf8_ascii(p + i, n - i);
        points += ascii;
        i += ascii;
        for (size_t stop = n - i < 64 ? n : i + 64; i < stop; points++) i += cow__utf8_step(p + i, n - i, &c);
    }
    return points;
}

COW__API bool cow_str_is_boundary(const cow_str *s, size_t i) {
    return i <= cow_str_len(s) && cow_str_boundary_before(s, i) == i;
}

COW__API size_t cow_str_boundary_before(const cow_str *s, size_t i) {
    size_t n = cow_str_len(s);
    return i < n ? cow__utf8_start(cow_str_data(s), n, i) : n;
}

COW__API size_t cow_str_boundary_after(const cow_str *s, size_t i) {
    size_t n = cow_str_len(s), start = cow_str_boundary_before(s, i);
    uint32_t c;
    return start < i && i < n ? start + cow__utf8_step((const unsigned char *)cow_str_data(s) + start, n - start, &c)
                              : start;
}

COW__END_C
#endif
