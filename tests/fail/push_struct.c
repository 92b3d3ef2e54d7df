/* SPDX-License-Identifier: MIT */
/* A struct where an int belongs: the message names both types.
   expect-gcc: incompatible type for argument 2 of 'ints_push'
   expect-gcc: but argument is of type 'struct wrong'
   expect-clang: passing 'struct wrong' to parameter of incompatible type
   expect: 'int' */
#include "cow/cow.h"
#define COW_ARRAY ints, int
#include "cow/cow.h"

struct wrong {
    int x;
};

bool run(ints *a);
bool run(ints *a) {
    struct wrong w = {1};
#ifdef CONTROL
    return ints_push(a, w.x);
#else
    return ints_push(a, w);
#endif
}
