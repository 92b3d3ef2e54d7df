/* SPDX-License-Identifier: MIT */
/* A C string is no cow_str: find_as looks up by other types.
   flags: -Werror
   expect-gcc: passing argument 2 of 'ages_get' from incompatible pointer type
   expect-clang: incompatible pointer types passing 'char[6]' */
#include "cow/cow.h"
#define COW_MAP ages, cow_str, int
#include "cow/cow.h"

const int *run(const ages *m);
const int *run(const ages *m) {
    cow_str name = COW_STR("Daisy");
    (void)name;
#ifdef CONTROL
    return ages_get(m, &name);
#else
    return ages_get(m, "Daisy");
#endif
}
