/* SPDX-License-Identifier: MIT */
/*
 * What strings do, the naive way: bytes that are copied on every occasion, searched place by place. For str_model_prop.c and
 * str_prop.c, which include cow/cow.h first. Nothing here is taken from the library, except COW_NPOS.
 */
#ifndef STR_NAIVE_H
#define STR_NAIVE_H

#include "rapidcheck-c/rapidcheck_c.h"

#include <string.h>

enum { LONGEST = 1300 };

/* Copied by assignment. */
typedef struct naive {
    size_t n;
    char v[LONGEST];
} naive;

static inline naive naive_of(const char *p, size_t n) {
    naive out;
    rc_assert(n <= LONGEST);
    out.n = n;
    if (n) memcpy(out.v, p, n);
    return out;
}

static inline naive part(const naive *is, size_t begin, size_t end) { return naive_of(is->v + begin, end - begin); }

static inline void splice(naive *is, size_t at, size_t remove, const char *p, size_t n) {
    rc_assert(at + remove <= is->n && is->n - remove + n <= LONGEST);
    memmove(is->v + at + n, is->v + at + remove, is->n - at - remove);
    if (n) memcpy(is->v + at, p, n);
    is->n = is->n - remove + n;
}

static inline int sign(int x) { return (x > 0) - (x < 0); }

static inline int order(const naive *a, const naive *b) {
    for (size_t i = 0; i < a->n && i < b->n; i++)
        if (a->v[i] != b->v[i]) return (unsigned char)a->v[i] < (unsigned char)b->v[i] ? -1 : 1;
    return (a->n > b->n) - (a->n < b->n);
}

static inline bool lies_at(const naive *is, size_t at, const naive *what) {
    return at + what->n <= is->n && memcmp(is->v + at, what->v, what->n) == 0;
}

static inline size_t naive_find(const naive *is, const naive *what, size_t from) {
    for (size_t at = from; at <= is->n; at++)
        if (lies_at(is, at, what)) return at;
    return COW_NPOS;
}

static inline size_t naive_rfind(const naive *is, const naive *what, size_t from) {
    for (size_t at = is->n + 1; at-- > 0;)
        if (at <= from && lies_at(is, at, what)) return at;
    return COW_NPOS;
}

static inline size_t naive_count(const naive *is, const naive *what) {
    size_t count = 0;
    for (size_t at = 0; what->n && (at = naive_find(is, what, at)) != COW_NPOS; at += what->n) count++;
    return count;
}

/* False when the result is too long for the model. */
static inline bool naive_replace_all(naive *is, const naive *what, const naive *by) {
    if (is->n + naive_count(is, what) * by->n > LONGEST) return false;
    for (size_t at = 0; what->n && (at = naive_find(is, what, at)) != COW_NPOS; at += by->n)
        splice(is, at, what->n, by->v, by->n);
    return true;
}

static inline bool is_space(char c) { return c != '\0' && strchr(" \t\n\v\f\r", c); }
static inline char lower(char c) { return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); }
static inline char upper(char c) { return (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c); }

static inline naive naive_trim(const naive *is, bool start, bool at_end) {
    size_t begin = 0, end = is->n;
    while (start && begin < end && is_space(is->v[begin])) begin++;
    while (at_end && end > begin && is_space(is->v[end - 1])) end--;
    return part(is, begin, end);
}

/* ---- Fields ---- */

typedef enum separation { AT_BYTE, AT_BYTES, AT_ANY, AT_LINES, AT_SPACE } separation;

typedef struct fields {
    naive text;
    size_t n;
    struct {
        size_t begin, end;
        int ended_by; /* the last byte of the separator, or -1 */
    } at[LONGEST + 1];
} fields;

static inline void add_field(fields *f, size_t begin, size_t end, size_t next) {
    f->at[f->n].begin = begin;
    f->at[f->n].end = end;
    f->at[f->n++].ended_by = next > end ? (unsigned char)f->text.v[next - 1] : -1;
}

static inline naive field_of(const fields *f, size_t i) { return part(&f->text, f->at[i].begin, f->at[i].end); }

/* How long the separator is that lies at `at`; 0 when there is none. */
static inline size_t separator_at(const naive *is, size_t at, separation kind, const naive *by) {
    char c = is->v[at];
    switch (kind) {
    case AT_BYTE: return c == by->v[0];
    case AT_BYTES: return lies_at(is, at, by) ? by->n : 0;
    case AT_ANY: return c != '\0' && memchr(by->v, c, by->n) != NULL;
    case AT_LINES: return c == '\n' ? 1 : c == '\r' && at + 1 < is->n && is->v[at + 1] == '\n' ? 2 : 0;
    case AT_SPACE: return is_space(c);
    }
    return 0;
}

static inline void naive_split(fields *f, const naive *is, separation kind, const naive *by) {
    size_t begin = 0, at = 0, length;
    f->text = *is;
    f->n = 0;
    while (at < is->n) {
        if ((length = separator_at(is, at, kind, by)) == 0) {
            at++;
            continue;
        }
        if (kind != AT_SPACE || at > begin) add_field(f, begin, at, at + length);
        begin = at += length;
    }
    if (begin < is->n || kind == AT_BYTE || kind == AT_BYTES || kind == AT_ANY) add_field(f, begin, is->n, is->n);
}

/* ---- UTF-8: table 3-7 of the Unicode standard, row by row ---- */

static const unsigned char utf8_rows[][4] = {
    /* first byte from, to; second byte from, to; the others are 80 to bf */
    {0xc2, 0xdf, 0x80, 0xbf}, {0xe0, 0xe0, 0xa0, 0xbf}, {0xe1, 0xec, 0x80, 0xbf}, {0xed, 0xed, 0x80, 0x9f},
    {0xee, 0xef, 0x80, 0xbf}, {0xf0, 0xf0, 0x90, 0xbf}, {0xf1, 0xf3, 0x80, 0xbf}, {0xf4, 0xf4, 0x80, 0x8f},
};

/* The code point at `at` and its length, or U+FFFD and the length of a maximal subpart. */
static inline size_t naive_decode(const naive *is, size_t at, uint32_t *c, bool *well) {
    const unsigned char *p = (const unsigned char *)is->v + at;
    size_t n = is->n - at, length = 1;
    *well = p[0] < 0x80;
    *c = *well ? p[0] : 0xfffd;
    for (size_t row = 0; row < sizeof utf8_rows / sizeof *utf8_rows; row++) {
        const unsigned char *r = utf8_rows[row];
        if (p[0] < r[0] || p[0] > r[1]) continue;
        size_t whole = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
        while (length < whole && length < n && p[length] >= (length == 1 ? r[2] : 0x80) &&
               p[length] <= (length == 1 ? r[3] : 0xbf))
            length++;
        if (!(*well = length == whole)) return length;
        *c = p[0] & (whole == 2 ? 0x1fu : whole == 3 ? 0x0fu : 0x07u);
        for (size_t i = 1; i < whole; i++) *c = *c * 64 + p[i] % 64;
    }
    return length;
}

#endif
