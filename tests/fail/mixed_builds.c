/* SPDX-License-Identifier: MIT */
/* Two objects built with different options have different headers in memory: they must not link. The second object is this
   file again with other flags.
   second: -DSECOND -DCOW_DEBUG
   control-second: -DSECOND
   expect: cow__abi_ */
#ifndef SECOND
#define COW_IMPLEMENTATION
#endif
#include "cow/cow.h"
#define COW_ARRAY ints, int
#include "cow/cow.h"

bool add(ints *a);

#ifdef SECOND
bool add(ints *a) { return ints_push(a, 1); }
#else
int main(void) {
    ints a = {0};
    bool said = add(&a);
    ints_drop(&a);
    return said ? 0 : 1;
}
#endif
