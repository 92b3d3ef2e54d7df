/* SPDX-License-Identifier: MIT */
/* The hash of a map needs one of values.
   expect: grid_needs_COW_VALUE_HASH
   expect: #define COW_VALUE_HASH before including cow.h */
#include "cow/cow.h"

typedef struct point {
    int x, y;
} point;
static inline uint64_t hash(const point *p, uint64_t seed) { return cow_hash_u64((uint64_t)p->x, seed); }
#ifdef CONTROL
#define COW_VALUE_HASH hash
#endif
#define COW_MAP grid, int, point
#include "cow/cow.h"

uint64_t run(const grid *a);
uint64_t run(const grid *a) { return grid_hash(a, 1); }
