/* SPDX-License-Identifier: MIT */
/* Values that own something cannot be copied bitwise.
   expect: COW_VALUE_DROP needs COW_VALUE_COPY */
#include "cow/cow.h"

typedef struct owner {
    int *p;
} owner;
static inline void owner_drop(owner *o) { o->p = NULL; }
static inline bool owner_copy(owner *to, const owner *from) {
    *to = *from;
    return true;
}
#define COW_MAP owners, int, owner
#define COW_VALUE_DROP owner_drop
#ifdef CONTROL
#define COW_VALUE_COPY owner_copy
#endif
#include "cow/cow.h"
