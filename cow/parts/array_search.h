/* SPDX-License-Identifier: MIT */
/* array_search: comparing, searching and filtering typed arrays. Floor 4, built on array. Continues the instantiation.

   Functions that need equality, order or a hash of elements find it by type, or in COW_EQUAL, COW_COMPARE, COW_HASH. */
#if defined(COW_ARRAY) && !defined(COW_FORWARD)

#include "array.h"

#if defined(COW_EQUAL)
#define COW__ELEMENT_EQUAL(x, y) (COW_EQUAL((x), (y)))
#define COW__ELEMENT_HAS_EQUAL 1
#elif defined(COW_COMPARE)
#define COW__ELEMENT_EQUAL(x, y) (COW_COMPARE((x), (y)) == 0)
#define COW__ELEMENT_HAS_EQUAL 1
#else
#define COW__ELEMENT_EQUAL(x, y) (COW__EQUAL_OF(COW__T)((x), (y)))
#define COW__ELEMENT_HAS_EQUAL COW__HAS_EQUAL(COW__T)
#endif
#if defined(COW_COMPARE)
#define COW__ELEMENT_COMPARE(x, y) (COW_COMPARE((x), (y)))
#define COW__ELEMENT_HAS_COMPARE 1
#else
#define COW__ELEMENT_COMPARE(x, y) (COW__COMPARE_OF(COW__T)((x), (y)))
#define COW__ELEMENT_HAS_COMPARE COW__HAS_COMPARE(COW__T)
#endif
#if defined(COW_HASH)
#define COW__ELEMENT_HASH(x, seed) (COW_HASH((x), (seed)))
#define COW__ELEMENT_HAS_HASH 1
#else
#define COW__ELEMENT_HASH(x, seed) (COW__HASH_OF(COW__T)((x), (seed)))
#define COW__ELEMENT_HAS_HASH COW__HAS_HASH(COW__T)
#endif

/* Never defined. Their names say which type lacks what; compilers and linkers print them. */
extern void COW__F(needs_COW_EQUAL)(void)
    COW__COMPILE_ERROR("cow: equality of elements is needed here: #define COW_EQUAL before including cow.h");
extern void COW__F(needs_COW_COMPARE)(void)
    COW__COMPILE_ERROR("cow: order of elements is needed here: #define COW_COMPARE before including cow.h");
extern void COW__F(needs_COW_HASH)(void)
    COW__COMPILE_ERROR("cow: a hash of elements is needed here: #define COW_HASH before including cow.h");
#define COW__NEED(has, what)        \
    do {                            \
        if (!(has)) COW__F(what)(); \
    } while (0)

/* Whether two arrays hold equal elements in the same order. Values that are the same place are equal. O(n). */
COW__INLINE bool COW__F(equal)(const COW__N *a, const COW__N *b) {
    COW__NEED(COW__ELEMENT_HAS_EQUAL, needs_COW_EQUAL);
    if (a->n != b->n) return false;
    if (a->p == b->p) return true;
    for (size_t i = 0; i < a->n; i++)
        if (!COW__ELEMENT_EQUAL(a->p + i, b->p + i)) return false;
    return true;
}

/* Lexicographic order: negative, 0 or positive. O(n). */
COW__INLINE int COW__F(compare)(const COW__N *a, const COW__N *b) {
    COW__NEED(COW__ELEMENT_HAS_COMPARE, needs_COW_COMPARE);
    size_t n = a->n < b->n ? a->n : b->n;
    for (size_t i = 0; i < n && a->p != b->p; i++) {
        int order = COW__ELEMENT_COMPARE(a->p + i, b->p + i);
        if (order) return order;
    }
    return (a->n > b->n) - (a->n < b->n);
}

/* Hash of all elements in their order. Equal arrays have equal hashes. O(n). */
COW__INLINE uint64_t COW__F(hash)(const COW__N *a, uint64_t seed) {
    COW__NEED(COW__ELEMENT_HAS_HASH, needs_COW_HASH);
    uint64_t h = cow_hash_u64((uint64_t)a->n, seed);
    for (size_t i = 0; i < a->n; i++) h = COW__ELEMENT_HASH(a->p + i, h);
    return h;
}

/* Index of the first element equal to *v, or of the first at `from` or behind; COW_NPOS when there is none. O(n). */
COW__INLINE size_t COW__F(index_of_from)(const COW__N *a, const COW__T *v, size_t from) {
    COW__NEED(COW__ELEMENT_HAS_EQUAL, needs_COW_EQUAL);
    for (size_t i = from; i < a->n; i++)
        if (COW__ELEMENT_EQUAL(a->p + i, v)) return i;
    return COW_NPOS;
}

COW__INLINE size_t COW__F(index_of)(const COW__N *a, const COW__T *v) { return COW__F(index_of_from)(a, v, 0); }

/* Index of the last element equal to *v, or of the last at `from` or before; COW_NPOS when there is none. O(n). */
COW__INLINE size_t COW__F(last_index_of_from)(const COW__N *a, const COW__T *v, size_t from) {
    COW__NEED(COW__ELEMENT_HAS_EQUAL, needs_COW_EQUAL);
    for (size_t i = from < a->n ? from + 1 : a->n; i > 0; i--)
        if (COW__ELEMENT_EQUAL(a->p + i - 1, v)) return i - 1;
    return COW_NPOS;
}

COW__INLINE size_t COW__F(last_index_of)(const COW__N *a, const COW__T *v) {
    return COW__F(last_index_of_from)(a, v, COW_NPOS);
}

/* Borrows the first element equal to *v; NULL with COW_ABSENT when there is none. O(n). */
COW__INLINE const COW__T *COW__F(find)(const COW__N *a, const COW__T *v) {
    size_t i = COW__F(index_of)(a, v);
    if (i != COW_NPOS) return a->p + i;
    (void)cow__fail(COW_ABSENT);
    return NULL;
}

/* Whether an element equals *v. O(n). */
COW__INLINE bool COW__F(contains)(const COW__N *a, const COW__T *v) { return COW__F(index_of)(a, v) != COW_NPOS; }

/* How many elements equal *v. O(n). */
COW__INLINE size_t COW__F(count)(const COW__N *a, const COW__T *v) {
    COW__NEED(COW__ELEMENT_HAS_EQUAL, needs_COW_EQUAL);
    size_t found = 0;
    for (size_t i = 0; i < a->n; i++)
        if (COW__ELEMENT_EQUAL(a->p + i, v)) found++;
    return found;
}

/* Makes every element a copy of *v (zero bytes when `v` is NULL). O(n). */
COW__INLINE bool COW__F(fill)(COW__N *a, const COW__T *v) {
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_fill(&r, v, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

struct COW__F(_keep) {
    bool (*keep)(const COW__T *e, void *ctx);
    void *ctx;
};

static inline bool COW__F(_keep_if)(void *ctx, const void *e, const void *last_kept) {
    struct COW__F(_keep) *k = (struct COW__F(_keep) *)ctx;
    (void)last_kept;
    return k->keep((const COW__T *)e, k->ctx);
}

/* Keeps the elements for which `keep` returns true, in their order, and drops the others last. `keep` sees each element
   once. O(n). When all stay, a shared value is not copied. */
COW__INLINE bool COW__F(retain_if)(COW__N *a, bool (*keep)(const COW__T *e, void *ctx), void *ctx) {
    struct COW__F(_keep) k;
    k.keep = keep;
    k.ctx = ctx;
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_filter(&r, COW__F(_keep_if), &k, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

static inline bool COW__F(_differs)(void *ctx, const void *e, const void *last_kept) {
    (void)ctx;
    return !last_kept || !COW__ELEMENT_EQUAL((const COW__T *)e, (const COW__T *)last_kept);
}

/* Of each run of equal neighbours keeps the first. O(n). */
COW__INLINE bool COW__F(dedup)(COW__N *a) {
    COW__NEED(COW__ELEMENT_HAS_EQUAL, needs_COW_EQUAL);
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_filter(&r, COW__F(_differs), NULL, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

#endif
