/* SPDX-License-Identifier: MIT */
/* A user's program: sees only the installed header. Two files, one of them with the implementation. */
#include <stdio.h>

#define COW_IMPLEMENTATION
#define COW_ARRAY ints, int
#include <cow/cow.h>

int consumer_sum(const ints *values);

int main(void) {
    ints values = {0};
    for (int i = 1; i <= 100; i++) {
        if (!ints_push(&values, i)) {
            return 1;
        }
    }
    ints snapshot = ints_copy(&values);
    if (!ints_set(&values, 0, 1000)) {
        return 1;
    }
    int before = consumer_sum(&snapshot);
    int after = consumer_sum(&values);
    ints_drop(&snapshot);
    ints_drop(&values);
    printf("consumer in C: %d before, %d after\n", before, after);
    return before == 5050 && after == 6049 ? 0 : 1;
}
