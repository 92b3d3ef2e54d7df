/* SPDX-License-Identifier: MIT */
/* The handle of another type given to a function.
   flags: -Werror
   expect-gcc: passing argument 1 of 'ints_len' from incompatible pointer type
   expect-clang: incompatible pointer types passing 'const doubles *'
   expect-clang: to parameter of type 'const ints *' */
#include "cow/cow.h"
#define COW_ARRAY ints, int
#include "cow/cow.h"
#define COW_ARRAY doubles, double
#include "cow/cow.h"

size_t run(const ints *a, const doubles *b);
size_t run(const ints *a, const doubles *b) {
#ifdef CONTROL
    return ints_len(a) + doubles_len(b);
#else
    return ints_len(a) + ints_len(b);
#endif
}
