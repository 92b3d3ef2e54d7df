/* SPDX-License-Identifier: MIT */
/* Elements that own something cannot be copied bitwise.
   expect: COW_DROP needs COW_COPY */
#include "cow/cow.h"

typedef struct owner {
    int *p;
} owner;
static inline void owner_drop(owner *o) { o->p = NULL; }
static inline bool owner_copy(owner *to, const owner *from) {
    *to = *from;
    return true;
}
static inline bool same(const owner *a, const owner *b) { return a->p == b->p; }
static inline uint64_t hash(const owner *o, uint64_t seed) { return cow_hash_u64((uint64_t)(uintptr_t)o->p, seed); }
#define COW_SET owners, owner
#define COW_EQUAL same
#define COW_HASH hash
#define COW_DROP owner_drop
#ifdef CONTROL
#define COW_COPY owner_copy
#endif
#include "cow/cow.h"
