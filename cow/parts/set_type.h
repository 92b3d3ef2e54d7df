/* SPDX-License-Identifier: MIT */
/* set_type: what a set for many threads is made of: its names, its value, and how the functions that lists and sets share
   reach into that. Floor 5, built on array_core, list_core and map. */
#ifdef COW_LIST_SET

#include "array_core.h"
#include "list_core.h"
#include "map.h"

#include <string.h>

/* Such a set is a cell of the set type that was made above, alone or with its keys in order. */
#define COW__SET COW__CAT(COW__CALL(COW__FIRST, COW_LIST_SET), _set)
#define COW__SF(function) COW__CAT3(COW__SET, _, function)
#define COW__CELL(x) (&(x)->c.cell)
#ifndef COW_ALLOC
#define COW_ALLOC NULL
#endif

/* The keys alone, under the set's own name, which their hooks have, too. */
static const cow_type COW__F(_key_type) = {
    COW__TEXT(COW__N),    /* name */
    sizeof(COW__K),       /* size */
    COW__ALIGNOF(COW__K), /* align */
    COW__KEY_COPY,        /* copy */
    COW__KEY_DROP,        /* drop */
    NULL,                 /* freeze */
    COW_ALLOC,            /* alloc */
    &COW__ABI,            /* abi */
    false,                /* local */
    COW__RECURSIVE,       /* recursive */
};
#undef COW__N
#undef COW__K
#define COW__N COW__CALL(COW__FIRST, COW_LIST_SET)
typedef COW__SF(_key) COW__F(_key);
#define COW__K COW__F(_key)
COW__STATIC_ASSERT(!COW__IS_LOCAL(COW__K), "cow: sets are for many threads: K must not be a type with COW_NONATOMIC");

#ifndef COW_KEEP_ORDER

typedef COW__SET COW__F(_element);
#define COW__T COW__F(_element)
#define COW__COPY_HOOK COW__SF(_as_element_copy)
#define COW__DROP_HOOK COW__SF(_as_element_drop)
#define COW__SET_OF(all) (all)
#define COW__ALL_COPY(all) COW__SF(copy)(all)
#define COW__EACH_MEMBER(it, all) COW__EACH_RUN (COW__K, it, COW__SF(_scan)(all))

#else

/* A set, and its keys in the order of their insertion. */
#define COW__T COW__F(ordered)
typedef struct COW__T {
    COW__SET set;
    cow__raw order;
} COW__T;

/* The keys; says in *n how many there are. O(1). */
COW__INLINE const COW__K *COW__F(ordered_keys)(const COW__T *all, size_t *n) {
    *n = all->order.n;
    return (const COW__K *)(const void *)all->order.p;
}

COW__INLINE COW__T COW__F(_ordered_copy)(const COW__T *all) {
    COW__T copy = {COW__SF(copy)(&all->set), all->order};
    if (copy.order.h)
        cow__buffer_retain(copy.order.h, copy.order.p, (COW__K *)(void *)copy.order.p + copy.order.n, false);
    return copy;
}

/* Gives up what x_load gave; may be repeated. */
COW__INLINE void COW__F(ordered_drop)(COW__T *all) {
    cow__raw order = all->order;
    COW__SF(drop)(&all->set);
    memset((void *)&all->order, 0, sizeof all->order);
    if (order.h) cow__buffer_release(order.h, (COW__K *)(void *)order.p + order.n, false);
}

static inline bool COW__F(_as_element_copy)(void *to, const void *from) {
    COW__T copy = COW__F(_ordered_copy)((const COW__T *)from);
    memcpy(to, (const void *)&copy, sizeof copy);
    return true;
}

static inline void COW__F(_as_element_drop)(void *e) { COW__F(ordered_drop)((COW__T *)e); }

#define COW__COPY_HOOK COW__F(_as_element_copy)
#define COW__DROP_HOOK COW__F(_as_element_drop)
#define COW__SET_OF(all) (&(all)->set)
#define COW__ALL_COPY(all) COW__F(_ordered_copy)(all)
#define COW__EACH_MEMBER(it, all)                                                                                    \
    for (const COW__K *it = (const COW__K *)(const void *)(all)->order.p, *it##_end = it ? it + (all)->order.n : it; \
         it != it##_end; ++it)

#endif

#define COW__MEMBER COW__K
#define COW__ALL_LEN(all) COW__SF(len)(COW__SET_OF(all))
#define COW__ALL_CONTAINS(all, key) COW__SF(contains)(COW__SET_OF(all), key)
#define COW__ALL_EQUAL(a, b) COW__SF(equal)(COW__SET_OF(a), COW__SET_OF(b))
#define COW__ALL_HASH(all, seed) COW__SF(hash)(COW__SET_OF(all), seed)

#endif
