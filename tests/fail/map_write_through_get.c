/* SPDX-License-Identifier: MIT */
/* What get lends is const: a write through it would reach every copy.
   expect-gcc: assignment of read-only location
   expect-clang: read-only variable is not assignable */
#include "cow/cow.h"
#define COW_MAP ages, int, int
#include "cow/cow.h"

void run(ages *m, const int *key);
void run(ages *m, const int *key) {
#ifdef CONTROL
    *ages_mut(m, key) = 1;
#else
    *ages_get(m, key) = 1;
#endif
}
