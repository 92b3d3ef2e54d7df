/* SPDX-License-Identifier: MIT */
/* A qsort comparator is not a comparator: its arguments have no type, and it has no context.
   flags: -Werror
   expect-gcc: passing argument 2 of 'ints_sort_by' from incompatible pointer type
   expect-clang: incompatible function pointer types passing */
#include "cow/cow.h"
#define COW_ARRAY ints, int
#include "cow/cow.h"

int by_bytes(const void *a, const void *b);
int by_value(const int *a, const int *b, void *context);

bool run(ints *a);
bool run(ints *a) {
#ifdef CONTROL
    return ints_sort_by(a, by_value, NULL);
#else
    return ints_sort_by(a, by_bytes, NULL);
#endif
}
