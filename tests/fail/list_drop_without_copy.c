/* SPDX-License-Identifier: MIT */
/* A change would copy the elements that it keeps bitwise, and both versions would drop them.
   expect: cow: COW_DROP needs COW_COPY, because bitwise copies would be dropped twice */
#include "cow/cow.h"

typedef struct owner {
    char *text;
} owner;
static inline bool owner_copy(owner *to, const owner *from) { return *to = *from, true; }
static inline void owner_drop(owner *o) { o->text = 0; }
#define COW_LIST owners, owner
#ifdef CONTROL
#define COW_COPY owner_copy
#endif
#define COW_DROP owner_drop
#include "cow/cow.h"
