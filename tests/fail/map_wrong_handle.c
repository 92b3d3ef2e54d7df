/* SPDX-License-Identifier: MIT */
/* A set given to a function of maps.
   flags: -Werror
   expect-gcc: passing argument 1 of 'ages_len' from incompatible pointer type
   expect-clang: incompatible pointer types passing 'const ids *' */
#include "cow/cow.h"
#define COW_MAP ages, int, int
#include "cow/cow.h"
#define COW_SET ids, int
#include "cow/cow.h"

size_t run(const ages *m, const ids *s);
size_t run(const ages *m, const ids *s) {
#ifdef CONTROL
    return ages_len(m) + ids_len(s);
#else
    return ages_len(m) + ages_len(s);
#endif
}
