/* SPDX-License-Identifier: MIT */
/* find: searching raw bytes. Floor 1, built on config.

   A needle's first and last byte are looked for together, 16 places at a time where the machine has SSE2; what passes is
   compared. Texts that make most places pass (long runs, made on purpose or not) would cost n * m so: when the comparing
   exceeds a budget, the rest is searched by the two-way algorithm of Crochemore and Perrin (1991), which is linear for
   every text and needs no memory. */
#ifndef COW__FIND_H
#define COW__FIND_H

#include "config.h"

COW__BEGIN_C
/* Where the `m` bytes at `needle` lie first, or last, in the `n` bytes at `hay`; COW_NPOS when nowhere. An empty needle
   lies at 0, or at n. O(n + m). */
COW__API size_t cow__find(const char *hay, size_t n, const char *needle, size_t m);
COW__API size_t cow__rfind(const char *hay, size_t n, const char *needle, size_t m);
COW__END_C

/* A set of bytes. */
typedef struct cow__byte_set {
    uint32_t bits[8];
} cow__byte_set;

static inline bool cow__in_set(const cow__byte_set *set, char c) {
    unsigned byte = (unsigned char)c;
    return (set->bits[byte / 32] >> (byte % 32) & 1) != 0;
}

static inline void cow__add_to_set(cow__byte_set *set, char c) {
    unsigned byte = (unsigned char)c;
    set->bits[byte / 32] |= (uint32_t)1 << (byte % 32);
}

/* The number of the lowest bit that is set; `x` is not 0. */
static inline unsigned cow__lowest_bit(uint64_t x) {
#if defined(__GNUC__)
    return (unsigned)__builtin_ctzll(x);
#else
    unsigned bit = 0;
    while (!(x >> bit & 1)) bit++;
    return bit;
#endif
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__FIND_BODY)
#define COW__FIND_BODY

#include <string.h>
#if defined(__SSE2__) && defined(__GNUC__)
#include <emmintrin.h>
#define COW__SSE2 1
#else
#define COW__SSE2 0
#endif

COW__BEGIN_C

/* Bytes seen from one end: step 1 from the first one on, step -1 from the last one back. */
typedef struct cow__bytes {
    const char *p;
    size_t n;
    ptrdiff_t step;
} cow__bytes;

static inline unsigned char cow__byte(const cow__bytes *b, size_t i) {
    return (unsigned char)b->p[(ptrdiff_t)i * b->step];
}

/* Where the maximal suffix begins, in the order of bytes or its reverse, and the period of that suffix. */
static size_t cow__maximal_suffix(const cow__bytes *x, bool reversed, size_t *period) {
    size_t begin = 0, rival = 1, same = 0, p = 1;
    while (rival + same < x->n) {
        unsigned char a = cow__byte(x, rival + same), b = cow__byte(x, begin + same);
        if (a == b) {
            if (++same == p) {
                rival += p;
                same = 0;
            }
        } else if (reversed ? a > b : a < b) {
            rival += same + 1;
            same = 0;
            p = rival - begin;
        } else {
            begin = rival++;
            same = 0;
            p = 1;
        }
    }
    *period = p;
    return begin;
}

static bool cow__is_periodic(const cow__bytes *x, size_t cut, size_t period) {
    for (size_t i = 0; i < cut; i++)
        if (cow__byte(x, i) != cow__byte(x, i + period)) return false;
    return true;
}

/* The place where the needle lies first, seen from the end that both are read from. The needle is cut in two so that every
   mismatch in its right half allows a long shift; `known` bytes need no second look when the needle is periodic. */
static size_t cow__two_way(const cow__bytes *y, const cow__bytes *x) {
    size_t period, other, cut = cow__maximal_suffix(x, false, &period), cut2 = cow__maximal_suffix(x, true, &other);
    if (cut2 > cut) cut = cut2, period = other;
    bool periodic = cut + period <= x->n && cow__is_periodic(x, cut, period);
    if (!periodic) period = (cut > x->n - cut ? cut : x->n - cut) + 1;
    size_t at = 0, known = 0;
    while (at + x->n <= y->n) {
        size_t i = known > cut ? known : cut;
        while (i < x->n && cow__byte(x, i) == cow__byte(y, at + i)) i++;
        if (i < x->n) {
            at += i - cut + 1;
            known = 0;
            continue;
        }
        for (i = cut; i > known && cow__byte(x, i - 1) == cow__byte(y, at + i - 1);) i--;
        if (i <= known) return at;
        at += period;
        known = periodic ? x->n - period : 0;
    }
    return COW_NPOS;
}

/* How many of the `n` bytes at a and b are equal before the first difference. */
static size_t cow__equal_bytes(const char *a, const char *b, size_t n) {
    size_t i = 0;
    while (i < n && a[i] == b[i]) i++;
    return i;
}

/* What comparing may cost by the time `n` places were looked at. */
#define COW__FIND_BUDGET(n) (4 * (n) + 1024)

#if COW__SSE2
/* At which of the 16 places from `p` on the needle's first and last byte both fit. */
static inline __m128i cow__fits(const char *p, size_t m, __m128i first, __m128i last) {
    __m128i a = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), first);
    __m128i b = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(p + m - 1)), last);
    return _mm_and_si128(a, b);
}

static inline unsigned cow__candidates(const char *p, size_t m, __m128i first, __m128i last) {
    return (unsigned)_mm_movemask_epi8(cow__fits(p, m, first, last));
}

/* Whether there is any among 64 places. */
static inline bool cow__any_candidate(const char *p, size_t m, __m128i first, __m128i last) {
    __m128i a = _mm_or_si128(cow__fits(p, m, first, last), cow__fits(p + 16, m, first, last));
    __m128i b = _mm_or_si128(cow__fits(p + 32, m, first, last), cow__fits(p + 48, m, first, last));
    return _mm_movemask_epi8(_mm_or_si128(a, b)) != 0;
}
#endif

COW__API size_t cow__find(const char *hay, size_t n, const char *needle, size_t m) {
    if (m > n) return COW_NPOS;
    if (m < 2) {
        const void *found = m ? memchr(hay, needle[0], n) : hay;
        return found ? (size_t)((const char *)found - hay) : COW_NPOS;
    }
    size_t at = 0, spent = 0, places = n - m + 1;
#if COW__SSE2
    __m128i first = _mm_set1_epi8(needle[0]), last = _mm_set1_epi8(needle[m - 1]);
    for (; at + 16 <= places && spent <= COW__FIND_BUDGET(at); at += 16) {
        while (at + 80 <= places && !cow__any_candidate(hay + at, m, first, last)) at += 64;
        for (unsigned mask = cow__candidates(hay + at, m, first, last); mask; mask &= mask - 1) {
            size_t place = at + cow__lowest_bit(mask), same;
            same = cow__equal_bytes(hay + place + 1, needle + 1, m - 2);
            if (same == m - 2) return place;
            spent += same + 1;
        }
    }
#endif
    for (; at < places && spent <= COW__FIND_BUDGET(at); at++) {
        const char *found = (const char *)memchr(hay + at, needle[0], places - at);
        if (!found) return COW_NPOS;
        at = (size_t)(found - hay);
        if (hay[at + m - 1] != needle[m - 1]) continue;
        size_t same = cow__equal_bytes(found + 1, needle + 1, m - 2);
        if (same == m - 2) return at;
        spent += same + 1;
    }
    if (at >= places) return COW_NPOS;
    cow__bytes y = {hay + at, n - at, 1}, x = {needle, m, 1};
    size_t found = cow__two_way(&y, &x);
    return found == COW_NPOS ? COW_NPOS : at + found;
}

COW__API size_t cow__rfind(const char *hay, size_t n, const char *needle, size_t m) {
    if (m > n) return COW_NPOS;
    if (!m) return n;
    size_t left = n - m + 1, spent = 0;
    for (; left && spent <= COW__FIND_BUDGET(n - left); left--) {
        const char *p = hay + left - 1;
        if (p[0] != needle[0] || p[m - 1] != needle[m - 1]) continue;
        size_t same = cow__equal_bytes(p, needle, m);
        if (same == m) return left - 1;
        spent += same;
    }
    if (!left) return COW_NPOS;
    cow__bytes y = {hay + left + m - 2, left + m - 1, -1}, x = {needle + m - 1, m, -1};
    size_t found = cow__two_way(&y, &x);
    return found == COW_NPOS ? COW_NPOS : left - 1 - found;
}

COW__END_C
#endif
