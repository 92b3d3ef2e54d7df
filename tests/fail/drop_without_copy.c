/* SPDX-License-Identifier: MIT */
/* Elements that own something cannot be copied bitwise.
   expect: COW_DROP needs COW_COPY */
#include "cow/cow.h"

typedef struct owner {
    int *p;
} owner;
static void owner_drop(owner *o) { o->p = NULL; }
static inline bool owner_copy(owner *to, const owner *from) {
    *to = *from;
    return true;
}
#define COW_ARRAY owners, owner
#define COW_DROP owner_drop
#ifdef CONTROL
#define COW_COPY owner_copy
#endif
#include "cow/cow.h"
