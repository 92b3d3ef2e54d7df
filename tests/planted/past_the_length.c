/* SPDX-License-Identifier: MIT */
/* A user's mistake, planted: a write past the length that stays inside the capacity. The storage is the program's own, so only
   the header can tell the sanitizer that it is not in use. With an argument the same write stays below the length. */
#include <stdio.h>

#define COW_IMPLEMENTATION
#include "cow/cow.h"
#define COW_ARRAY ints, int
#include "cow/cow.h"

int main(int argc, char **argv) {
    ints a = {0};
    (void)argv;
    if (!ints_reserve(&a, 100) || !ints_push(&a, 1) || !ints_push(&a, 2)) return 1;
    int *p = ints_edit(&a);
    size_t at = argc > 1 ? a.n - 1 : a.n;
    if (at >= ints_capacity(&a)) return 1;
    p[at] = 3;
    printf("element %zu of %zu written, capacity %zu\n", at, a.n, ints_capacity(&a));
    ints_drop(&a);
    return 0;
}
