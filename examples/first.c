/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#define COW_IMPLEMENTATION  /* in exactly one file of the program */
#define COW_ARRAY ints, int /* the type `ints`: a copy-on-write array of int */
#include "cow/cow.h"

int main(void) {
    ints log = {0}; /* all-zero is an empty array */
    for (int i = 0; i < 1000; i++) {
        if (!ints_push(&log, i)) return 1; /* false: out of memory, and nothing happened */
    }
    ints snapshot = ints_copy(&log);      /* shares the storage: one increment */
    if (!ints_push(&log, 1000)) return 1; /* an append to a shared array copies nothing */
    if (!ints_set(&log, 0, -1)) return 1; /* the first other write copies; the snapshot stays */

    printf("log:      %zu elements from %d\n", ints_len(&log), ints_at(&log, 0));
    printf("snapshot: %zu elements from %d\n", ints_len(&snapshot), ints_at(&snapshot, 0));
    ints_drop(&snapshot);
    ints_drop(&log);
    return 0;
}
