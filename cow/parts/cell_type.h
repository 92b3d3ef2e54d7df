/* SPDX-License-Identifier: MIT */
/* cell_type: what a cell holds: the names and the type of its value, and the hooks of that. Floor 5, built on cell_core and list_core.

   The value is the user's type in COW_CELL, the array type that was made before in COW_LIST, the set type in COW_LIST_SET, and a
   string in an include that makes none of these. */
#if defined(COW_CELL) || defined(COW_LIST) || defined(COW_LIST_SET) || !defined(COW__STR_CELL)
#define COW__HOLDS

#include "cell_core.h"
#include "element.h"
#include "list_core.h"
#include "map.h"
#include "str_hooks.h"

#include <string.h>

#if defined(COW_CELL) || defined(COW_LIST) || defined(COW_LIST_SET)
#ifdef COW_NONATOMIC
#error "cow: cells and lists are for many threads: COW_NONATOMIC is not possible"
#endif
#if defined(COW_FORWARD) || defined(COW_FORWARDED)
#error "cow: cells and lists do not take the options COW_FORWARD and COW_FORWARDED"
#endif
#if defined(COW_CELL) && (defined(COW_RECURSIVE) || defined(COW_ALIGN) || defined(COW_STORE_HASH) || \
                          defined(COW_EQUAL) || defined(COW_COMPARE) || defined(COW_HASH))
#error "cow: a cell takes the options COW_COPY, COW_DROP and COW_ALLOC only"
#endif
#endif

#if defined(COW_LIST)
/* A list is a cell of the array type that was made above, and has its name from here on. */
#define COW__A COW__CAT(COW__CALL(COW__FIRST, COW_LIST), _array)
#define COW__AF(function) COW__CAT3(COW__A, _, function)
#define COW__E COW__AF(_element)
#undef COW__N
#undef COW__T
#undef COW__COPY_HOOK
#undef COW__DROP_HOOK
#define COW__N COW__CALL(COW__FIRST, COW_LIST)
typedef COW__A COW__F(_element);
#define COW__T COW__F(_element)
#define COW__COPY_HOOK COW__AF(_as_element_copy)
#define COW__DROP_HOOK COW__AF(_as_element_drop)
#define COW__CELL_ALLOC COW_ALLOC
#define COW__CELL(x) (&(x)->c.cell)
#elif defined(COW_LIST_SET)
/* Such a set is a cell of the set type that was made above, alone or with its keys in order. */
#define COW__SET COW__CAT(COW__CALL(COW__FIRST, COW_LIST_SET), _set)
#define COW__SF(function) COW__CAT3(COW__SET, _, function)
/* The keys alone, under the set's own name, which their hooks have, too. */
#ifndef COW_ALLOC
#define COW_ALLOC NULL
#endif
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
#ifdef COW_KEEP_ORDER
#define COW__T COW__F(ordered)
/* A set, and its keys in the order of their insertion. */
typedef struct COW__T {
    COW__SET set;
    cow__raw order;
} COW__T;

static inline bool COW__F(_as_element_copy)(void *to, const void *from) {
    COW__T *t = (COW__T *)to;
    const COW__T *f = (const COW__T *)from;
    t->set = COW__SF(copy)(&f->set);
    t->order = f->order;
    if (f->order.h) cow__buffer_retain(f->order.h, f->order.p, (COW__K *)(void *)f->order.p + f->order.n, false);
    return true;
}

static inline void COW__F(_as_element_drop)(void *e) {
    COW__T *t = (COW__T *)e;
    cow__raw order = t->order;
    COW__SF(drop)(&t->set);
    memset((void *)&t->order, 0, sizeof t->order);
    if (order.h) cow__buffer_release(order.h, (COW__K *)(void *)order.p + order.n, false);
}

#define COW__COPY_HOOK COW__F(_as_element_copy)
#define COW__DROP_HOOK COW__F(_as_element_drop)
#else
typedef COW__SET COW__F(_element);
#define COW__T COW__F(_element)
#define COW__COPY_HOOK COW__SF(_as_element_copy)
#define COW__DROP_HOOK COW__SF(_as_element_drop)
#endif
#define COW__CELL_ALLOC COW_ALLOC
#define COW__CELL(x) (&(x)->c.cell)
#elif defined(COW_CELL)
#define COW__CELL_ALLOC COW_ALLOC
#define COW__CELL(x) (&(x)->c)
#else
/* Cells of strings come along, with the first include that makes no other cell or list. */
#define COW__STR_CELL
#undef COW__N
#undef COW__F
#undef COW__T
#undef COW__COPY_HOOK
#undef COW__DROP_HOOK
#define COW__N cow_str_cell
#define COW__F(function) COW__CAT3(COW__N, _, function)
typedef cow_str COW__F(_element);
#define COW__T COW__F(_element)
#define COW__COPY_HOOK cow__t0_copy
#define COW__DROP_HOOK cow__t0_drop
#define COW__CELL_ALLOC NULL
#define COW__CELL(x) (&(x)->c)
#endif

COW__STATIC_ASSERT(COW__ALIGNOF(COW__T) <= COW__PLAIN_ALIGN, "cow: values of a cell need plain alignment");
#if defined(COW_LIST) || defined(COW_LIST_SET)
COW__STATIC_ASSERT(sizeof(COW__T) <= COW__LIST_VALUE, "cow: versions of lists are small handles");
#endif
#if defined(COW_LIST)
COW__STATIC_ASSERT(!COW__IS_LOCAL(COW__E), "cow: lists are for many threads: T must not be a type with COW_NONATOMIC");
#elif defined(COW_LIST_SET)
COW__STATIC_ASSERT(!COW__IS_LOCAL(COW__K), "cow: sets are for many threads: K must not be a type with COW_NONATOMIC");
#else
COW__STATIC_ASSERT(!COW__IS_LOCAL(COW__T), "cow: cells are for many threads: T must not be a type with COW_NONATOMIC");
#endif

static const cow_type COW__F(_type) = {
    COW__TEXT(COW__N),    /* name */
    sizeof(COW__T),       /* size */
    COW__ALIGNOF(COW__T), /* align */
    COW__COPY_HOOK,       /* copy */
    COW__DROP_HOOK,       /* drop */
    NULL,                 /* freeze */
    COW__CELL_ALLOC,      /* alloc */
    &COW__ABI,            /* abi */
    false,                /* local */
    false,                /* recursive */
};

#endif
