/* SPDX-License-Identifier: MIT */
/* paged_array: `#define COW_PAGED_ARRAY x, T` and include: a region as an array of T. Floor 5, built on paged_snapshot,
   paged_io and paged_restore.

   T is any type without pointers into other memory. Elements are read and written through x_data, which never moves;
   all-zero bytes are their first value. Everything else is said of regions. */
#ifdef COW_PAGED_ARRAY
#ifndef COW_PAGED
#error "cow: COW_PAGED_ARRAY needs #define COW_PAGED before the first include of cow.h"
#endif

#include "paged.h"
#include "paged_io.h"
#include "paged_restore.h"
#include "paged_snapshot.h"

#define COW__N COW__CALL(COW__FIRST, COW_PAGED_ARRAY)
#define COW__F(function) COW__CAT3(COW__N, _, function)
typedef COW__CALL(COW__SECOND, COW_PAGED_ARRAY) COW__F(_element);
#define COW__T COW__F(_element)

typedef struct COW__N {
    cow_paged *r;
    size_t n;
} COW__N;

/* Makes *a an array of `n` zero elements. `options` may be NULL. COW_NOMEM, COW_RANGE, COW_UNSUPPORTED. */
COW__INLINE bool COW__F(new)(COW__N *a, size_t n, const cow_paged_options *options) {
    size_t bytes;
    if (!cow__mul_size(n, sizeof(COW__T), &bytes)) return cow__fail(COW_RANGE);
    a->r = cow_paged_new(bytes, options);
    a->n = a->r ? n : 0;
    return a->r != NULL;
}

/* Gives it up; may be repeated. */
COW__INLINE void COW__F(free)(COW__N *a) {
    cow_paged_free(a->r);
    a->r = NULL;
    a->n = 0;
}

COW__INLINE COW__T *COW__F(data)(const COW__N *a) { return (COW__T *)cow_paged_data(a->r); }
COW__INLINE size_t COW__F(len)(const COW__N *a) { return a->n; }

/* Makes it longer, in place; new elements are zero. COW_RANGE beyond the options' `reserve`, or when it would become
   shorter. */
COW__INLINE bool COW__F(grow)(COW__N *a, size_t n) {
    size_t bytes;
    if (n < a->n || !cow__mul_size(n, sizeof(COW__T), &bytes)) return cow__fail(COW_RANGE);
    if (bytes > cow_paged_size(a->r) && !cow_paged_grow(a->r, bytes)) return false;
    a->n = n;
    return true;
}

/* Opens `n` elements from `i` on, which saves the faults of writing to them. */
COW__INLINE bool COW__F(will_write)(COW__N *a, size_t i, size_t n) {
    if (i > a->n || n > a->n - i) return cow__fail(COW_RANGE);
    return cow_paged_will_write(a->r, COW__F(data)(a) + i, n * sizeof(COW__T));
}

#define COW__SNAPSHOT COW__F(snapshot)
typedef struct COW__SNAPSHOT {
    cow_snap *s;
    size_t n;
} COW__SNAPSHOT;

/* Makes *out the array as it is. */
COW__INLINE bool COW__F(snapshot_of)(COW__N *a, COW__SNAPSHOT *out) {
    cow_snap *s = cow_paged_snapshot(a->r);
    if (!s) return false;
    out->s = s;
    out->n = a->n;
    return true;
}

COW__INLINE const COW__T *COW__F(snapshot_data)(const COW__SNAPSHOT *s) { return (const COW__T *)cow_snap_data(s->s); }
COW__INLINE size_t COW__F(snapshot_len)(const COW__SNAPSHOT *s) { return s->n; }

/* Gives it up; may be repeated. */
COW__INLINE void COW__F(snapshot_drop)(COW__SNAPSHOT *s) {
    cow_snap_drop(s->s);
    s->s = NULL;
    s->n = 0;
}

/* Makes the array again what the snapshot is, and as long. Nobody else may write meanwhile. */
COW__INLINE bool COW__F(restore)(COW__N *a, const COW__SNAPSHOT *s) {
    if (!cow_paged_restore(a->r, s->s)) return false;
    if (s->n < a->n) memset(COW__F(data)(a) + s->n, 0, (a->n - s->n) * sizeof(COW__T)); /* as new elements are */
    a->n = s->n;
    return true;
}

#endif
