/* SPDX-License-Identifier: MIT */
/* What get lends is const: a write through it would reach every copy.
   expect-gcc: assignment of read-only location
   expect-clang: read-only variable is not assignable */
#include "cow/cow.h"
#define COW_ARRAY ints, int
#include "cow/cow.h"

void run(ints *a);
void run(ints *a) {
#ifdef CONTROL
    *ints_mut(a, 0) = 1;
#else
    *ints_get(a, 0) = 1;
#endif
}
