/* SPDX-License-Identifier: MIT */
/* A key of another type: the message names both.
   expect-gcc: incompatible type for argument 2 of 'ages_put'
   expect-gcc: but argument is of type 'struct wrong'
   expect-clang: passing 'struct wrong' to parameter of incompatible type */
#include "cow/cow.h"
#define COW_MAP ages, cow_str, int
#include "cow/cow.h"

struct wrong {
    int x;
};

bool run(ages *m);
bool run(ages *m) {
    cow_str name = COW_STR("Daisy");
    struct wrong w = {1};
#ifdef CONTROL
    return ages_put(m, name, w.x);
#else
    return ages_put(m, w, w.x);
#endif
}
