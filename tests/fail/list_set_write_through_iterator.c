/* SPDX-License-Identifier: MIT */
/* A key that is changed would stand where its hash no longer leads; and other threads are reading it.
   expect-gcc: assignment of read-only location
   expect-clang: read-only variable is not assignable */
#include "cow/cow.h"

#define COW_KEEP_ORDER
#define COW_LIST_SET numbers, long
#include "cow/cow.h"

void run(numbers *s);
void run(numbers *s) {
    numbers_iter it;
    const long *number;
    if (!numbers_iter_of(s, &it)) return;
    while (numbers_iter_next(&it, &number)) {
#ifdef CONTROL
        (void)numbers_remove(s, number);
#else
        *number = *number + 1;
#endif
    }
    numbers_iter_drop(&it);
}
