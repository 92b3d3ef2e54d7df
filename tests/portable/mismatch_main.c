/* SPDX-License-Identifier: MIT */
/* Linked with mismatch_part.c: equal builds of cow link, a debug object and a plain one must not. */
#define COW_IMPLEMENTATION
#define COW_ARRAY ints, int
#include "cow/cow.h"

int part(void);

int main(void) {
    ints a = {0};
    bool ok = ints_push(&a, part());
    ints_drop(&a);
    return ok ? 0 : 1;
}
