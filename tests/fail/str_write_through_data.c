/* SPDX-License-Identifier: MIT */
/* What data lends is const: a write through it would reach every copy.
   expect-gcc: assignment of read-only location
   expect-clang: read-only variable is not assignable */
#include "cow/cow.h"

void run(cow_str *s);
void run(cow_str *s) {
#ifdef CONTROL
    cow_str_edit(s)[0] = 'x';
#else
    cow_str_data(s)[0] = 'x';
#endif
}
