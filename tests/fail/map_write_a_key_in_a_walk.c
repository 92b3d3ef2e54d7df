/* SPDX-License-Identifier: MIT */
/* A key that changed where it stands would never be found again.
   expect-gcc: assignment of member 'key' in read-only object
   expect-clang: cannot assign to variable 'it' with const-qualified type */
#include "cow/cow.h"
#define COW_MAP ages, int, int
#include "cow/cow.h"

int run(const ages *m);
int run(const ages *m) {
    int sum = 0;
    COW_MAP_EACH (ages, it, m) {
#ifdef CONTROL
        sum += it->key;
#else
        it->key = sum;
#endif
    }
    return sum;
}
