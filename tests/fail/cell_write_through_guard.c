/* SPDX-License-Identifier: MIT */
/* Others read the version that is borrowed: it is const.
   expect-gcc: read-only
   expect-clang: read-only variable is not assignable */
#include "cow/cow.h"

#define COW_CELL counter, long
#include "cow/cow.h"

long count(counter *c);
long count(counter *c) {
    counter_guard g;
    if (!counter_borrow(c, &g)) return 0;
#ifndef CONTROL
    *g.value = 3;
#endif
    long n = *g.value;
    counter_end(&g);
    return n;
}
