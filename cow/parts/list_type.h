/* SPDX-License-Identifier: MIT */
/* list_type: what a list is made of: its names, and how the functions that lists and sets share reach into its array. Floor
   5, built on array and list_core. */
#ifdef COW_LIST

#include "array.h"
#include "list_core.h"

/* A list is a cell of the array type that was made above, and has its name from here on. */
#define COW__A COW__CAT(COW__CALL(COW__FIRST, COW_LIST), _array)
#define COW__AF(function) COW__CAT3(COW__A, _, function)
#define COW__E COW__AF(_element)
#define COW__CELL(x) (&(x)->c.cell)
COW__STATIC_ASSERT(!COW__IS_LOCAL(COW__E), "cow: lists are for many threads: T must not be a type with COW_NONATOMIC");

#undef COW__N
#undef COW__T
#undef COW__COPY_HOOK
#undef COW__DROP_HOOK
#define COW__N COW__CALL(COW__FIRST, COW_LIST)
typedef COW__A COW__F(_element);
#define COW__T COW__F(_element)
#define COW__COPY_HOOK COW__AF(_as_element_copy)
#define COW__DROP_HOOK COW__AF(_as_element_drop)

#define COW__MEMBER COW__E
#define COW__ALL_COPY(all) COW__AF(copy)(all)
#define COW__ALL_LEN(all) ((all)->n)
#define COW__ALL_CONTAINS(all, e) COW__AF(contains)(all, e)
#define COW__ALL_EQUAL(a, b) COW__AF(equal)(a, b)
#define COW__ALL_HASH(all, seed) COW__AF(hash)(all, seed)
#define COW__EACH_MEMBER(it, all) COW_EACH (COW__E, it, all)

#endif
