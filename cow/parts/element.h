/* SPDX-License-Identifier: MIT */
/* element: what an array or a cell is made of: its names, the type of its elements, and their hooks. Floor 4, built on
   buffer. */
#if defined(COW_ARRAY) || defined(COW_CELL)

#include "buffer.h"

#ifdef COW_ARRAY
#define COW__N COW__CALL(COW__FIRST, COW_ARRAY)
#define COW__ELEMENT COW__CALL(COW__SECOND, COW_ARRAY)
#else
#define COW__N COW__CALL(COW__FIRST, COW_CELL)
#define COW__ELEMENT COW__CALL(COW__SECOND, COW_CELL)
#endif
#define COW__F(function) COW__CAT3(COW__N, _, function)

/* The element type under a name that no parameter below can hide. */
typedef COW__ELEMENT COW__F(_element);
#define COW__T COW__F(_element)

#ifndef COW_FORWARD

#ifdef __cplusplus
static_assert(__is_trivially_copyable(COW__T), "cow: elements are moved bitwise, so T must be trivially copyable");
#endif
#if defined(COW_DROP) && !defined(COW_COPY)
#error "cow: COW_DROP needs COW_COPY, because bitwise copies would be dropped twice"
#endif

/* The user's hooks, else those found by type. */
#ifdef COW_COPY
static inline bool COW__F(_copy_hook)(void *to, const void *from) {
    return COW_COPY((COW__T *)to, (const COW__T *)from);
}
#define COW__COPY_HOOK COW__F(_copy_hook)
#else
#define COW__COPY_HOOK COW__COPY_OF(COW__T)
#endif
#ifdef COW_DROP
static inline void COW__F(_drop_hook)(void *e) { COW_DROP((COW__T *)e); }
#define COW__DROP_HOOK COW__F(_drop_hook)
#else
#define COW__DROP_HOOK COW__DROP_OF(COW__T)
#endif
#ifndef COW_ALLOC
#define COW_ALLOC NULL
#endif

#endif
#endif
