/* SPDX-License-Identifier: MIT */
/* An array of the wrong kind into an array of arrays: two handles look alike, but are two types.
   expect-gcc: 'ints'
   expect-gcc: but argument is of type 'doubles'
   expect-clang: passing 'doubles' (aka 'struct doubles') to parameter of incompatible type
   expect-clang: 'struct ints' */
#include "cow/cow.h"
#define COW_ARRAY ints, int
#include "cow/cow.h"
#define COW_ARRAY doubles, double
#include "cow/cow.h"
#define COW_ARRAY rows, ints
#include "cow/cow.h"

bool run(rows *a);
bool run(rows *a) {
#ifdef CONTROL
    ints one = {0};
#else
    doubles one = {0};
#endif
    return rows_push(a, one);
}
