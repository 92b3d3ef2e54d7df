/* SPDX-License-Identifier: MIT */
#define COW_ARRAY ints, int
#include "cow/cow.h"

int part(void);

int part(void) {
    ints a = {0};
    int result = ints_push(&a, 1) ? 0 : 1;
    ints_drop(&a);
    return result;
}
