/* SPDX-License-Identifier: MIT */
/* The same in C++, where COW_STR is a function call.
   expect-gcc: text
   expect-clang: text
   expect: error */
#include "cow/cow.h"

size_t run(const char *text) {
#ifdef CONTROL
    cow_str s = COW_STR("text");
    (void)text;
#else
    cow_str s = COW_STR(text);
#endif
    return cow_str_len(&s);
}
