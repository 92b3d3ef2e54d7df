/* SPDX-License-Identifier: MIT */
/* A pointer where an int belongs. C lets this pass with a warning; the warning names the function and the type.
   flags: -Werror
   expect-gcc: passing argument 2 of 'ints_push' makes integer from pointer
   expect-clang: incompatible pointer to integer conversion passing
   expect-clang: 'int' */
#include "cow/cow.h"
#define COW_ARRAY ints, int
#include "cow/cow.h"

bool run(ints *a);
bool run(ints *a) {
#ifdef CONTROL
    return ints_push(a, "7"[0]);
#else
    return ints_push(a, "7");
#endif
}
