/* SPDX-License-Identifier: MIT */
/* The same user, writing C++. */
#include <cstdio>

#define COW_IMPLEMENTATION
#define COW_ARRAY ints, int
#include <cow/cow.h>

int main() {
    ints values{};
    for (int i = 1; i <= 100; i++) {
        if (!ints_push(&values, i)) {
            return 1;
        }
    }
    ints snapshot = ints_copy(&values);
    if (!ints_set(&values, 0, 1000)) {
        return 1;
    }
    int before = 0;
    int after = 0;
    COW_EACH (int, value, &snapshot) {
        before += *value;
    }
    COW_EACH (int, value, &values) {
        after += *value;
    }
    ints_drop(&snapshot);
    ints_drop(&values);
    std::printf("consumer in C++: %d before, %d after\n", before, after);
    return before == 5050 && after == 6049 ? 0 : 1;
}
