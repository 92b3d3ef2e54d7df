/* SPDX-License-Identifier: MIT */
/* A key that has a hash needs equality too, or an order, which gives it.
   expect: the key type has no equality: #define COW_EQUAL before including cow.h */
#include "cow/cow.h"

typedef struct point {
    int x, y;
} point;
static inline int order(const point *a, const point *b) { return (a->x > b->x) - (a->x < b->x); }
static inline uint64_t hash(const point *p, uint64_t seed) { return cow_hash_u64((uint64_t)p->x, seed); }
#define COW_MAP grid, point, int
#define COW_HASH hash
#ifdef CONTROL
#define COW_COMPARE order
#endif
#include "cow/cow.h"
