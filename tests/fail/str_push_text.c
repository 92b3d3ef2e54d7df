/* SPDX-License-Identifier: MIT */
/* A C string is no element of an array of strings.
   expect-gcc: incompatible type for argument 2 of 'strs_push'
   expect-clang: passing 'char[5]' to parameter of incompatible type */
#include "cow/cow.h"
#define COW_ARRAY strs, cow_str
#include "cow/cow.h"

bool run(strs *a);
bool run(strs *a) {
#ifdef CONTROL
    return strs_push(a, COW_STR("text"));
#else
    return strs_push(a, "text");
#endif
}
