/* SPDX-License-Identifier: MIT */
/* In the place of mismatch_part.c, with strings alone: they have no descriptor that could name the layout. */
#include "cow/cow.h"

int part(void);

int part(void) {
    cow_str s = {0};
    bool ok = cow_str_set(&s, 0, 'x') || cow_str_append(&s, "text");
    return ok ? 0 : 1;
}
