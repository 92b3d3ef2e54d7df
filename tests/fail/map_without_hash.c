/* SPDX-License-Identifier: MIT */
/* A hash of a struct is nobody's to guess: padding would be part of it.
   expect: the key type has no hash: #define COW_HASH before including cow.h */
#include "cow/cow.h"

typedef struct point {
    int x, y;
} point;
static inline bool same(const point *a, const point *b) { return a->x == b->x && a->y == b->y; }
static inline uint64_t hash(const point *p, uint64_t seed) { return cow_hash_u64((uint64_t)p->x, seed); }
#define COW_MAP grid, point, int
#define COW_EQUAL same
#ifdef CONTROL
#define COW_HASH hash
#endif
#include "cow/cow.h"
