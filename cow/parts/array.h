/* SPDX-License-Identifier: MIT */
/* array: `#define COW_ARRAY x, T` and include: typed arrays with value semantics. Floor 4, built on array_core and element.

   A value {p, n, h} is array and slice at once. Below, "shared" means that another value uses the same buffer. Unless a
   function says otherwise: it is O(1); a change of a shared or borrowed value first copies the elements it keeps, which is
   O(n); false or NULL means that nothing happened, and cow_error() says why (COW_NOMEM, COW_HOOK from a copy hook,
   COW_RANGE); an argument passed by value belongs to the array on success and stays the caller's on failure; pointers to
   elements given to a function may point into the array itself; one variable may be read by many threads at once, and
   changed by one thread alone. */
#ifdef COW_ARRAY

#include "array_core.h"
#include "element.h"

#if defined(COW_FORWARD) || !defined(COW_FORWARDED)
/* The handle. All-zero is an empty array; h is NULL for empty, borrowed and frozen ones. Read p and n freely. */
typedef struct COW__N {
    COW__T *p;
    size_t n;
    struct cow__header *h;
} COW__N;
#endif

#ifdef COW_FORWARD

/* COW_FORWARD declares the handle alone, so that T may contain it. Instantiate again later, with COW_FORWARDED. A value of
   such a type, or of one instantiated between the two, never appends to a shared buffer in place: it could end up inside
   itself, and never be freed. */
COW__INLINE COW__N COW__F(copy)(const COW__N *a);
COW__INLINE void COW__F(drop)(COW__N *a);

#else

#ifndef COW_ALIGN
#define COW_ALIGN 1
#endif
#ifdef COW_NONATOMIC
#define COW__LOCAL true
#else
#define COW__LOCAL false
#endif

COW__STATIC_ASSERT((COW_ALIGN & (COW_ALIGN - 1)) == 0 && COW_ALIGN >= 1 && COW_ALIGN <= 4096,
                   "cow: COW_ALIGN must be a power of two up to 4096");

static const cow_type COW__F(_type) = {
    COW__TEXT(COW__N),                                                   /* name */
    sizeof(COW__T),                                                      /* size */
    COW__ALIGNOF(COW__T) > COW_ALIGN ? COW__ALIGNOF(COW__T) : COW_ALIGN, /* align */
    COW__COPY_HOOK,                                                      /* copy */
    COW__DROP_HOOK,                                                      /* drop */
    COW__FREEZE_OF(COW__T),                                              /* freeze */
    COW_ALLOC,                                                           /* alloc */
    &COW__ABI,                                                           /* abi */
    COW__LOCAL,                                                          /* local */
    COW__RECURSIVE,                                                      /* recursive */
};

/* A change in shared code works on the value's fields, held in `r` between these two. */
#define COW__BEGIN_CHANGE(a)                  \
    cow__raw r;                               \
    COW__MARK_SITE();                         \
    COW__WRITER_ENTER(a, COW__F(_type).name); \
    r.p = (char *)(a)->p;                     \
    r.n = (a)->n;                             \
    r.h = (a)->h
#define COW__END_CHANGE(a) ((a)->p = (COW__T *)(void *)r.p, (a)->n = r.n, (a)->h = r.h, COW__WRITER_LEAVE(a))

/* ---- Making, sharing and giving up values ---- */

/* Another value with the same elements: they are shared until one of the two changes. Cost: one increment; never fails. */
COW__INLINE COW__N COW__F(copy)(const COW__N *a) {
    if (a->h) cow__buffer_retain(a->h, a->p, a->p + a->n, COW__LOCAL);
    return *a;
}

/* Gives up the value and leaves it empty; may be repeated. The last value to share a buffer drops its elements and frees
   it, however deeply values are nested, with a bounded stack. */
COW__INLINE void COW__F(drop)(COW__N *a) {
    cow__header *h = a->h;
    COW__T *end = h ? a->p + a->n : NULL;
    COW__WRITER_ENTER(a, COW__F(_type).name);
    a->p = NULL;
    a->n = 0;
    a->h = NULL;
    if (h) cow__buffer_release(h, end, COW__LOCAL);
    COW__WRITER_LEAVE(a);
}

/* Takes the value out of the variable and leaves that empty. No count changes. */
COW__INLINE COW__N COW__F(move)(COW__N *a) {
    COW__N out = *a;
    a->p = NULL;
    a->n = 0;
    a->h = NULL;
    return out;
}

/* Exchanges two values. */
COW__INLINE void COW__F(swap)(COW__N *a, COW__N *b) {
    COW__N t = *a;
    *a = *b;
    *b = t;
}

/* Makes *to another value of *from and gives up what it was. The two may be the same variable. */
COW__INLINE void COW__F(assign)(COW__N *to, const COW__N *from) {
    COW__N shared = COW__F(copy)(from);
    COW__F(drop)(to);
    *to = shared;
}

/* Makes *out an array of copies of the `n` elements at `src`. O(n). *out is not read and need not be empty. */
COW__INLINE bool COW__F(from)(COW__N *out, const COW__T *src, size_t n) {
    cow__raw r;
    if (!cow__array_from(&r, src, n, &COW__F(_type))) return false;
    out->p = (COW__T *)(void *)r.p;
    out->n = r.n;
    out->h = r.h;
    return true;
}

/* A value over the `n` elements at `src`, which belong to somebody else, never change and outlive every copy: a constant
   table, a mapped file. Nothing is counted; a change copies. */
COW__INLINE COW__N COW__F(borrow)(const COW__T *src, size_t n) {
    COW__N a;
    a.p = (COW__T *)(uintptr_t)src;
    a.n = n;
    a.h = NULL;
    return a;
}

/* Makes *out an empty array with room for `capacity` elements from `alloc` (NULL: the type's own). The buffer and those
   that detach from it stay with that allocator, which must outlive them. */
COW__INLINE bool COW__F(new_in)(COW__N *out, size_t capacity, const cow_alloc *alloc) {
    cow__raw r;
    if (!cow__array_new(&r, capacity, &COW__F(_type), alloc ? alloc : COW__F(_type).alloc)) return false;
    out->p = (COW__T *)(void *)r.p;
    out->n = r.n;
    out->h = r.h;
    return true;
}

/* Makes *out an empty array with room for `capacity` elements. */
COW__INLINE bool COW__F(with_capacity)(COW__N *out, size_t capacity) { return COW__F(new_in)(out, capacity, NULL); }

/* Makes the value immortal: reading and copying it writes nothing from now on, so that forked workers keep its pages
   shared. A change of a frozen value copies it. Containers that are elements of an unshared value are frozen with it: O(n)
   then. The memory is never freed. */
COW__INLINE void COW__F(freeze)(COW__N *a) {
    if (!a->h) return;
    COW__BEGIN_CHANGE(a);
    cow__buffer_freeze(&r);
    COW__END_CHANGE(a);
}

/* ---- Reading: nothing is written, not even a count ---- */

COW__INLINE size_t COW__F(len)(const COW__N *a) { return a->n; }

COW__INLINE bool COW__F(is_empty)(const COW__N *a) { return a->n == 0; }

/* Dies in COW_DEBUG builds when the value was dropped before. */
COW__INLINE void COW__F(_check)(const COW__N *a) {
    (void)a;
#if COW__DEBUG
    if (a->h) COW__ALIVE(a->h, "use after drop");
#endif
}

/* Borrows element `i` until the next change or drop of this variable; NULL with COW_RANGE when there is none. */
COW__INLINE const COW__T *COW__F(get)(const COW__N *a, size_t i) {
    COW__F(_check)(a);
    if (COW__LIKELY(i < a->n)) return a->p + i;
    (void)cow__fail(COW_RANGE);
    return NULL;
}

/* Element `i` itself, which must exist: COW_DEBUG builds die when it does not. An element that owns something is still the
   array's: use its copy to keep it. */
COW__INLINE COW__T COW__F(at)(const COW__N *a, size_t i) {
    COW__F(_check)(a);
#if COW__DEBUG
    if (i >= a->n) cow__die_of("index out of range", COW__F(_type).name, "at() needs an index below the length");
#endif
    return a->p[i];
}

/* Borrow the first and the last element; NULL with COW_ABSENT when the array is empty. */
COW__INLINE const COW__T *COW__F(front)(const COW__N *a) {
    COW__F(_check)(a);
    if (COW__LIKELY(a->n)) return a->p;
    (void)cow__fail(COW_ABSENT);
    return NULL;
}

COW__INLINE const COW__T *COW__F(back)(const COW__N *a) {
    COW__F(_check)(a);
    if (COW__LIKELY(a->n)) return a->p + a->n - 1;
    (void)cow__fail(COW_ABSENT);
    return NULL;
}

/* Borrows all elements; may be NULL when the array is empty. */
COW__INLINE const COW__T *COW__F(data)(const COW__N *a) {
    COW__F(_check)(a);
    return a->p;
}

/* Elements that fit behind the first one before the storage ends; 0 for a value without storage of its own. Whether they
   can be used without a copy depends on who shares the buffer. */
COW__INLINE size_t COW__F(capacity)(const COW__N *a) {
    COW__F(_check)(a);
    return a->h ? (size_t)(a->h->end - (char *)a->p) / sizeof(COW__T) : 0;
}

/* Whether a change would copy because another value uses the buffer, or because it is borrowed or frozen. */
COW__INLINE bool COW__F(is_shared)(const COW__N *a) { return a->n && !cow__buffer_unique(a->h); }

/* Whether two values are the same elements in the same place. */
COW__INLINE bool COW__F(same)(const COW__N *a, const COW__N *b) { return a->p == b->p && a->n == b->n; }

/* The elements [begin, end) as a value that shares the buffer, and keeps all of it alive. An end beyond the length, or
   before begin, gives an empty value and COW_RANGE. */
COW__INLINE COW__N COW__F(slice)(const COW__N *a, size_t begin, size_t end) {
    COW__N out = {NULL, 0, NULL};
    if (begin > end || end > a->n) {
        (void)cow__fail(COW_RANGE);
        return out;
    }
    if (begin == end) return out;
    out = COW__F(copy)(a);
    out.p += begin;
    out.n = end - begin;
    return out;
}

/* ---- Writing elements in place ---- */

/* Makes the value the only owner of its elements. */
COW__INLINE bool COW__F(_own)(COW__N *a) {
    if (COW__FAST_PATHS && COW__LIKELY(cow__buffer_unique(a->h))) return true;
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_own(&r, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Borrows element `i` for writing, until the next change, copy or drop of this variable. NULL with COW_RANGE. */
COW__INLINE COW__T *COW__F(mut)(COW__N *a, size_t i) {
    if (!COW__LIKELY(i < a->n)) {
        (void)cow__fail(COW_RANGE);
        return NULL;
    }
    return COW__F(_own)(a) ? a->p + i : NULL;
}

/* Borrows all elements for writing, for tight loops: one test for the whole loop. NULL with COW_ABSENT when empty. */
COW__INLINE COW__T *COW__F(edit)(COW__N *a) {
    if (!a->n) {
        (void)cow__fail(COW_ABSENT);
        return NULL;
    }
    return COW__F(_own)(a) ? a->p : NULL;
}

/* Replaces element `i` by `v` and drops the old one. */
COW__INLINE bool COW__F(set)(COW__N *a, size_t i, COW__T v) {
    if (!COW__LIKELY(i < a->n)) return cow__fail(COW_RANGE);
    if (!COW__F(_own)(a)) return false;
    COW__T old = a->p[i];
    a->p[i] = v;
    if (COW__F(_type).drop) COW__F(_type).drop(&old);
    return true;
}

/* ---- Adding and removing at the ends ---- */

/* Appends `v`. Amortised O(1), also while snapshots share the buffer: the free tail is claimed, nothing is copied. Of two
   values that append to the same tail, the second copies. */
COW__INLINE bool COW__F(push)(COW__N *a, COW__T v) {
    cow__header *h = a->h;
    if (COW__FAST_PATHS && COW__LIKELY(h && (char *)(a->p + a->n) < (char *)COW__LOAD_OWNED(&h->limit))) {
        COW__OPEN(a->p + a->n, sizeof *a->p);
        a->p[a->n++] = v;
        return true;
    }
    COW__T moved = v;
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_push(&r, &moved, &COW__F(_type));
    if (ok) {
        /* What compilers need to know for a loop of pushes: h is set from now on, and n grows by one either way. */
        COW__ASSUME(r.h);
        a->p = (COW__T *)(void *)r.p;
        a->h = r.h;
        a->n++;
    }
    COW__WRITER_LEAVE(a);
    return ok;
}

/* Appends copies of the `n` elements at `src`: all of them or none. Amortised O(n). */
COW__INLINE bool COW__F(push_n)(COW__N *a, const COW__T *src, size_t n) {
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_append(&r, src, n, COW__COPIED, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Removes the last element and gives it to *out (a copy of it when it is shared), or drops it when `out` is NULL.
   COW_ABSENT when the array is empty. Never copies other elements. *out is written on success only. */
COW__INLINE bool COW__F(pop)(COW__N *a, COW__T *out) {
    cow__header *h = a->h;
    if (COW__FAST_PATHS && COW__LIKELY(h && a->n && cow__buffer_armed(h))) {
        COW__T *last = a->p + --a->n, old = *last;
        COW__SHUT(last, sizeof *last);
        if (out)
            *out = old;
        else if (COW__F(_type).drop)
            COW__F(_type).drop(&old);
        return true;
    }
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_take(&r, r.n - 1, out, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Inserts `v` before the first element. Amortised O(1) while unshared. */
COW__INLINE bool COW__F(push_front)(COW__N *a, COW__T v) {
    cow__header *h = a->h;
    if (COW__FAST_PATHS && h && (char *)a->p > cow__base(h) && cow__buffer_armed(h) && (char *)a->p == h->begin) {
        COW__OPEN(a->p - 1, sizeof *a->p);
        *--a->p = v;
        a->n++;
        h->begin = (char *)a->p;
        return true;
    }
    COW__T moved = v;
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_insert(&r, 0, &moved, 1, COW__MOVED, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Removes the first element; as pop. The room it leaves is used again by push_front, or by push when the storage is full. */
COW__INLINE bool COW__F(pop_front)(COW__N *a, COW__T *out) {
    cow__header *h = a->h;
    if (COW__FAST_PATHS && h && a->n && cow__buffer_armed(h) && (char *)a->p == h->begin) {
        COW__T *first = a->p++, old = *first;
        a->n--;
        h->begin = (char *)a->p;
        COW__SHUT(first, sizeof *first);
        if (out)
            *out = old;
        else if (COW__F(_type).drop)
            COW__F(_type).drop(&old);
        return true;
    }
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_take(&r, 0, out, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* ---- Inserting and removing anywhere: O(n), moving the shorter side while unshared, in one pass otherwise ---- */

/* Inserts `v` before element `i`; i may be the length. */
COW__INLINE bool COW__F(insert)(COW__N *a, size_t i, COW__T v) {
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_insert(&r, i, &v, 1, COW__MOVED, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Inserts copies of the `n` elements at `src` before element `i`: all of them or none. */
COW__INLINE bool COW__F(insert_n)(COW__N *a, size_t i, const COW__T *src, size_t n) {
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_insert(&r, i, src, n, COW__COPIED, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Removes and drops the elements [begin, end). Removing at either end of a shared value copies nothing. */
COW__INLINE bool COW__F(erase_range)(COW__N *a, size_t begin, size_t end) {
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_erase(&r, begin, end, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Removes and drops element `i`. */
COW__INLINE bool COW__F(erase)(COW__N *a, size_t i) {
    return i < a->n ? COW__F(erase_range)(a, i, i + 1) : cow__fail(COW_RANGE);
}

/* Removes element `i` and gives it to *out (a copy of it when it is shared), or drops it when `out` is NULL. */
COW__INLINE bool COW__F(take)(COW__N *a, size_t i, COW__T *out) {
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_take(&r, i, out, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* As take, but the last element fills the place: O(1) while unshared, and the order changes. */
COW__INLINE bool COW__F(swap_remove)(COW__N *a, size_t i, COW__T *out) {
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_swap_remove(&r, i, out, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Appends the elements of *b, which may be *a. Shares them when *a has no storage yet, or when *b is the slice that follows
   *a in the same buffer. */
COW__INLINE bool COW__F(concat)(COW__N *a, const COW__N *b) {
    if (!a->n && !a->h) {
        COW__F(assign)(a, b);
        return true;
    }
    if (a->h && a->h == b->h && a->p + a->n == b->p) {
        a->n += b->n;
        return true;
    }
    return COW__F(push_n)(a, b->p, b->n);
}

/* ---- Length and storage ---- */

/* Shortens to `n` elements and drops the rest; COW_RANGE when there are fewer. Never copies. */
COW__INLINE bool COW__F(truncate)(COW__N *a, size_t n) {
    if (n > a->n) return cow__fail(COW_RANGE);
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_truncate(&r, n, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Removes all elements; keeps the storage unless it is shared. */
COW__INLINE void COW__F(clear)(COW__N *a) {
    if (a->n && !cow__buffer_unique(a->h))
        COW__F(drop)(a);
    else
        (void)COW__F(truncate)(a, 0);
}

/* Makes the length `n`: drops the rest, or appends copies of *fill (zero bytes when `fill` is NULL). */
COW__INLINE bool COW__F(resize)(COW__N *a, size_t n, const COW__T *fill) {
    if (n <= a->n) return COW__F(truncate)(a, n);
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_append(&r, fill, n - r.n, COW__FILLED, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Makes the value unshared, with room for `capacity` elements in all. */
COW__INLINE bool COW__F(reserve)(COW__N *a, size_t capacity) {
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_reserve(&r, capacity, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Gives spare room back to the allocator. Shared storage is left as it is. O(n). */
COW__INLINE bool COW__F(shrink)(COW__N *a) {
    COW__BEGIN_CHANGE(a);
    bool ok = cow__array_shrink(&r, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* ---- Iterating; see COW_EACH for the macro ---- */

/* Calls `fn` with runs of elements, in order, until it returns false; returns whether it never did. An array is one run. */
COW__INLINE bool COW__F(each)(const COW__N *a, bool (*fn)(const COW__T *run, size_t n, void *ctx), void *ctx) {
    COW__F(_check)(a);
    return !a->n || fn(a->p, a->n, ctx);
}

/* An iterator holds its own copy: it sees the value as it was when it began, whatever happens to the variable. */
#define COW__ITER COW__F(iter)
typedef struct COW__ITER {
    COW__N held;
    size_t i;
} COW__ITER;

COW__INLINE COW__ITER COW__F(iter_of)(const COW__N *a) {
    COW__ITER it;
    it.held = COW__F(copy)(a);
    it.i = 0;
    return it;
}

/* Gives up an iterator before its end; may be repeated. */
COW__INLINE void COW__F(iter_drop)(COW__ITER *it) { COW__F(drop)(&it->held); }

/* Points *out at the next element, until the next call; false at the end, and then the iterator is dropped. */
COW__INLINE bool COW__F(iter_next)(COW__ITER *it, const COW__T **out) {
    if (it->i < it->held.n) {
        *out = it->held.p + it->i++;
        return true;
    }
    COW__F(iter_drop)(it);
    return false;
}

#endif
#endif
