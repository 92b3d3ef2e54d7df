/* SPDX-License-Identifier: MIT */
/* array_order: sorting typed arrays and searching sorted ones. Floor 4, built on array_search. Ends the instantiation.

   The comparator is COW_COMPARE, or the built-in order of scalars; the `_by` functions take one with a context. Either way
   the algorithms are forced inline into one function per use, so that the compiler sees the comparator and inlines it. A
   comparator that contradicts itself gives some order of the same elements; nothing is lost and nothing is overrun. */
#if defined(COW_ARRAY) && !defined(COW_FORWARD)

#include "array_search.h"

/* A comparator with a context. */
typedef int (*COW__F(compare_fn))(const COW__T *a, const COW__T *b, void *ctx);

/* The order of the element type, as such a comparator. */
static inline int COW__F(_compare_elements)(const COW__T *a, const COW__T *b, void *ctx) {
    (void)ctx;
    return COW__ELEMENT_COMPARE(a, b);
}

COW__ALWAYS_INLINE void COW__F(_exchange)(COW__T *x, COW__T *y) {
    COW__T t = *x;
    *x = *y;
    *y = t;
}

COW__ALWAYS_INLINE void COW__F(_reverse)(COW__T *p, size_t n) {
    for (size_t i = 0, j = n; i + 1 < j; i++) COW__F(_exchange)(p + i, p + --j);
}

/* For short runs. */
COW__ALWAYS_INLINE void COW__F(_sort_insertion)(COW__T *p, size_t n, COW__F(compare_fn) cmp, void *ctx) {
    for (size_t i = 1; i < n; i++) {
        COW__T x = p[i];
        size_t j = i;
        for (; j > 0 && cmp(&x, p + j - 1, ctx) < 0; j--) p[j] = p[j - 1];
        p[j] = x;
    }
}

/* For runs that quicksort splits badly: O(n log n) whatever the input. */
COW__ALWAYS_INLINE void COW__F(_sort_heap)(COW__T *p, size_t n, COW__F(compare_fn) cmp, void *ctx) {
    for (size_t left = n / 2, right = n; right > 1;) {
        if (left > 0)
            left--;
        else
            COW__F(_exchange)(p, p + --right);
        for (size_t i = left, child; (child = 2 * i + 1) < right; i = child) {
            if (child + 1 < right && cmp(p + child, p + child + 1, ctx) < 0) child++;
            if (cmp(p + i, p + child, ctx) >= 0) break;
            COW__F(_exchange)(p + i, p + child);
        }
    }
}

/* Splits [0, n), n >= 3, around the median of three (Hoare): returns m with 0 < m < n for an honest comparator, such that
   nothing in [0, m) follows anything in [m, n). The bounds hold for any comparator. */
COW__ALWAYS_INLINE size_t COW__F(_sort_split)(COW__T *p, size_t n, COW__F(compare_fn) cmp, void *ctx) {
    size_t middle = (n - 1) / 2, i = 0, j = n - 1;
    if (cmp(p + middle, p, ctx) < 0) COW__F(_exchange)(p + middle, p);
    if (cmp(p + j, p + middle, ctx) < 0) COW__F(_exchange)(p + j, p + middle);
    if (cmp(p + middle, p, ctx) < 0) COW__F(_exchange)(p + middle, p);
    COW__T pivot = p[middle];
    for (;;) {
        while (i < n - 1 && cmp(p + i, &pivot, ctx) < 0) i++;
        while (j > 0 && cmp(&pivot, p + j, ctx) < 0) j--;
        if (i >= j) return j + 1;
        COW__F(_exchange)(p + i++, p + j--);
    }
}

/* Introsort (Musser 1997): quicksort that gives up on a part after too many splits led to it, with a stack of its own: the
   larger part waits, so that 64 entries are enough for any length. */
COW__ALWAYS_INLINE void COW__F(_sort_intro)(COW__T *p, size_t n, COW__F(compare_fn) cmp, void *ctx) {
    struct {
        COW__T *p;
        size_t n, splits;
    } waiting[64];
    size_t depth = 0, splits = 0, allowed = 4;
    for (size_t k = n; k > 1; k /= 2) allowed += 2;
    for (;;) {
        while (n > 24 && splits < allowed) {
            size_t m = COW__F(_sort_split)(p, n, cmp, ctx);
            splits++;
            bool left_larger = m > n - m;
            waiting[depth].p = left_larger ? p : p + m;
            waiting[depth].n = left_larger ? m : n - m;
            waiting[depth++].splits = splits;
            p = left_larger ? p + m : p;
            n = left_larger ? n - m : m;
        }
        if (n > 24)
            COW__F(_sort_heap)(p, n, cmp, ctx);
        else
            COW__F(_sort_insertion)(p, n, cmp, ctx);
        if (!depth) return;
        p = waiting[--depth].p;
        n = waiting[depth].n;
        splits = waiting[depth].splits;
    }
}

/* Merges the sorted runs [0, m) and [m, n); `spare` has room for the shorter one. */
COW__ALWAYS_INLINE void COW__F(_merge)(COW__T *p, size_t m, size_t n, COW__T *spare, COW__F(compare_fn) cmp,
                                       void *ctx) {
    size_t to, i, j;
    if (m <= n - m) {
        memcpy(spare, p, m * sizeof *p);
        for (to = 0, i = 0, j = m; i < m; to++) p[to] = j < n && cmp(p + j, spare + i, ctx) < 0 ? p[j++] : spare[i++];
    } else {
        memcpy(spare, p + m, (n - m) * sizeof *p);
        for (to = n, i = m, j = n - m; j > 0; to--)
            p[to - 1] = i > 0 && cmp(spare + j - 1, p + i - 1, ctx) < 0 ? p[--i] : spare[--j];
    }
}

/* Merge sort from runs of 16 upwards; `spare` has room for n / 2 elements. */
COW__ALWAYS_INLINE void COW__F(_sort_merge)(COW__T *p, size_t n, COW__T *spare, COW__F(compare_fn) cmp, void *ctx) {
    const size_t run = 16;
    for (size_t i = 0; i < n; i += run) COW__F(_sort_insertion)(p + i, n - i < run ? n - i : run, cmp, ctx);
    for (size_t width = run; width < n; width *= 2) {
        for (size_t i = 0; i + width < n; i += 2 * width) {
            size_t both = n - i < 2 * width ? n - i : 2 * width;
            if (cmp(p + i + width, p + i + width - 1, ctx) < 0) COW__F(_merge)(p + i, width, both, spare, cmp, ctx);
        }
    }
}

/* Whether no element precedes the one before it. O(n). */
COW__ALWAYS_INLINE bool COW__F(is_sorted_by)(const COW__N *a, COW__F(compare_fn) cmp, void *ctx) {
    for (size_t i = 1; i < a->n; i++)
        if (cmp(a->p + i, a->p + i - 1, ctx) < 0) return false;
    return true;
}

COW__INLINE bool COW__F(is_sorted)(const COW__N *a) {
    COW__NEED(COW__ELEMENT_HAS_COMPARE, needs_COW_COMPARE);
    return COW__F(is_sorted_by)(a, COW__F(_compare_elements), NULL);
}

/* Sorts; equal elements may change their order. O(n log n), no memory; a sorted array is not touched. */
COW__ALWAYS_INLINE bool COW__F(sort_by)(COW__N *a, COW__F(compare_fn) cmp, void *ctx) {
    if (COW__F(is_sorted_by)(a, cmp, ctx)) return true;
    if (!COW__F(_own)(a)) return false;
    COW__WRITER_ENTER(a, COW__F(_type).name);
    COW__F(_sort_intro)(a->p, a->n, cmp, ctx);
    COW__WRITER_LEAVE(a);
    return true;
}

COW__INLINE bool COW__F(sort)(COW__N *a) {
    COW__NEED(COW__ELEMENT_HAS_COMPARE, needs_COW_COMPARE);
    return COW__F(sort_by)(a, COW__F(_compare_elements), NULL);
}

/* Sorts; equal elements keep their order. O(n log n), with room for half the elements while it runs. */
COW__ALWAYS_INLINE bool COW__F(sort_stable_by)(COW__N *a, COW__F(compare_fn) cmp, void *ctx) {
    void *block = NULL;
    size_t size = 0;
    if (COW__F(is_sorted_by)(a, cmp, ctx)) return true;
    const cow_alloc *alloc = a->h ? a->h->alloc : COW__F(_type).alloc;
    COW__T *spare = (COW__T *)cow__scratch(&COW__F(_type), alloc, a->n / 2 + 1, &block, &size);
    if (!spare) return false;
    bool owned = COW__F(_own)(a);
    COW__WRITER_ENTER(a, COW__F(_type).name);
    if (owned) COW__F(_sort_merge)(a->p, a->n, spare, cmp, ctx);
    COW__WRITER_LEAVE(a);
    cow__release(alloc, block, size);
    return owned;
}

COW__INLINE bool COW__F(sort_stable)(COW__N *a) {
    COW__NEED(COW__ELEMENT_HAS_COMPARE, needs_COW_COMPARE);
    return COW__F(sort_stable_by)(a, COW__F(_compare_elements), NULL);
}

/* In a sorted array: the index of the first element that does not precede *key. O(log n). */
COW__ALWAYS_INLINE size_t COW__F(lower_bound_by)(const COW__N *a, const COW__T *key, COW__F(compare_fn) cmp,
                                                 void *ctx) {
    size_t first = 0;
    for (size_t n = a->n; n > 0;) {
        size_t half = n / 2;
        if (cmp(a->p + first + half, key, ctx) < 0) {
            first += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return first;
}

COW__INLINE size_t COW__F(lower_bound)(const COW__N *a, const COW__T *key) {
    COW__NEED(COW__ELEMENT_HAS_COMPARE, needs_COW_COMPARE);
    return COW__F(lower_bound_by)(a, key, COW__F(_compare_elements), NULL);
}

/* In a sorted array: the index of the first element that follows *key. O(log n). */
COW__ALWAYS_INLINE size_t COW__F(upper_bound_by)(const COW__N *a, const COW__T *key, COW__F(compare_fn) cmp,
                                                 void *ctx) {
    size_t first = 0;
    for (size_t n = a->n; n > 0;) {
        size_t half = n / 2;
        if (cmp(key, a->p + first + half, ctx) < 0) {
            n = half;
        } else {
            first += half + 1;
            n -= half + 1;
        }
    }
    return first;
}

COW__INLINE size_t COW__F(upper_bound)(const COW__N *a, const COW__T *key) {
    COW__NEED(COW__ELEMENT_HAS_COMPARE, needs_COW_COMPARE);
    return COW__F(upper_bound_by)(a, key, COW__F(_compare_elements), NULL);
}

/* In a sorted array: the index of the first element that compares equal to *key; COW_NPOS when there is none. O(log n). */
COW__ALWAYS_INLINE size_t COW__F(search_by)(const COW__N *a, const COW__T *key, COW__F(compare_fn) cmp, void *ctx) {
    size_t i = COW__F(lower_bound_by)(a, key, cmp, ctx);
    return i < a->n && cmp(a->p + i, key, ctx) == 0 ? i : COW_NPOS;
}

COW__INLINE size_t COW__F(search)(const COW__N *a, const COW__T *key) {
    COW__NEED(COW__ELEMENT_HAS_COMPARE, needs_COW_COMPARE);
    return COW__F(search_by)(a, key, COW__F(_compare_elements), NULL);
}

/* Reverses the elements. O(n). */
COW__INLINE bool COW__F(reverse)(COW__N *a) {
    if (a->n < 2) return true;
    if (!COW__F(_own)(a)) return false;
    COW__WRITER_ENTER(a, COW__F(_type).name);
    COW__F(_reverse)(a->p, a->n);
    COW__WRITER_LEAVE(a);
    return true;
}

/* Moves the first `by` elements behind the others; COW_RANGE when there are fewer. O(n). */
COW__INLINE bool COW__F(rotate)(COW__N *a, size_t by) {
    if (by > a->n) return cow__fail(COW_RANGE);
    if (by == 0 || by == a->n) return true;
    if (!COW__F(_own)(a)) return false;
    COW__WRITER_ENTER(a, COW__F(_type).name);
    COW__F(_reverse)(a->p, by);
    COW__F(_reverse)(a->p + by, a->n - by);
    COW__F(_reverse)(a->p, a->n);
    COW__WRITER_LEAVE(a);
    return true;
}

#endif
