/* SPDX-License-Identifier: MIT */
/* cell_type: what a cell holds: the names and the type of its value, and the hooks of that. Floor 5, built on cell_core,
   list_type and set_type.

   The value is the user's type in COW_CELL, the array type that was made before in COW_LIST, the set type in COW_LIST_SET,
   and a string in an include that makes none of these. */
#if defined(COW_CELL) || defined(COW_LIST) || defined(COW_LIST_SET) || \
    !(defined(COW__STR_CELL) || defined(COW_PAGED_ARRAY))
#define COW__HOLDS

#include "cell_core.h"
#include "element.h"
#include "list_type.h"
#include "set_type.h"
#include "str_hooks.h"

#if defined(COW_CELL) || defined(COW_LIST) || defined(COW_LIST_SET)
#ifdef COW_NONATOMIC
#error "cow: cells and lists are for many threads: COW_NONATOMIC is not possible"
#endif
#if defined(COW_FORWARD) || defined(COW_FORWARDED)
#error "cow: cells and lists do not take the options COW_FORWARD and COW_FORWARDED"
#endif
#if defined(COW_CELL) && (defined(COW_RECURSIVE) || defined(COW_EQUAL) || defined(COW_COMPARE) || defined(COW_HASH))
#error "cow: a cell takes the options COW_COPY, COW_DROP and COW_ALLOC only"
#endif
#else
/* Cells of strings come along, with the first include that makes no other cell or list. */
#define COW__STR_CELL
#undef COW__N
#undef COW__F
#undef COW__T
#undef COW__COPY_HOOK
#undef COW__DROP_HOOK
#undef COW_ALLOC
#define COW__N cow_str_cell
#define COW__F(function) COW__CAT3(COW__N, _, function)
typedef cow_str COW__F(_element);
#define COW__T COW__F(_element)
#define COW__COPY_HOOK cow__t0_copy
#define COW__DROP_HOOK cow__t0_drop
#define COW_ALLOC NULL
#endif

#ifndef COW__CELL
#define COW__CELL(x) (&(x)->c)
COW__STATIC_ASSERT(!COW__IS_LOCAL(COW__T), "cow: cells are for many threads: T must not be a type with COW_NONATOMIC");
#else
COW__STATIC_ASSERT(sizeof(COW__T) <= COW__LIST_VALUE, "cow: versions of lists are small handles");
#endif
COW__STATIC_ASSERT(COW__ALIGNOF(COW__T) <= COW__PLAIN_ALIGN, "cow: values of a cell need plain alignment");

static const cow_type COW__F(_type) = {
    COW__TEXT(COW__N),    /* name */
    sizeof(COW__T),       /* size */
    COW__ALIGNOF(COW__T), /* align */
    COW__COPY_HOOK,       /* copy */
    COW__DROP_HOOK,       /* drop */
    NULL,                 /* freeze */
    COW_ALLOC,            /* alloc */
    &COW__ABI,            /* abi */
    false,                /* local */
    false,                /* recursive */
};

#endif
