/* SPDX-License-Identifier: MIT */
/* An iterator's version is read by others, too: what it points at is const.
   expect-gcc: assignment of read-only location
   expect-clang: read-only variable is not assignable */
#include "cow/cow.h"

#define COW_LIST numbers, long
#include "cow/cow.h"

void run(numbers *l);
void run(numbers *l) {
    numbers_iter it;
    const long *number;
    if (!numbers_iter_of(l, &it)) return;
    while (numbers_iter_next(&it, &number)) {
#ifdef CONTROL
        (void)numbers_set(l, numbers_iter_index(&it) - 1, *number + 1, NULL);
#else
        *number = *number + 1;
#endif
    }
    numbers_iter_drop(&it);
}
