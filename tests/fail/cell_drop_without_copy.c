/* SPDX-License-Identifier: MIT */
/* A load would copy the value bitwise, and both would be dropped.
   expect: cow: COW_DROP needs COW_COPY, because bitwise copies would be dropped twice */
#include "cow/cow.h"

typedef struct owner {
    char *text;
} owner;
static inline bool owner_copy(owner *to, const owner *from) { return *to = *from, true; }
static inline void owner_drop(owner *o) { o->text = 0; }
#define COW_CELL owners, owner
#ifdef CONTROL
#define COW_COPY owner_copy
#endif
#define COW_DROP owner_drop
#include "cow/cow.h"
