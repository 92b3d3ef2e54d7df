/* SPDX-License-Identifier: MIT */
/* A hash of a struct is nobody's to guess: the function that needs it does not compile, and the message names the type.
   Instantiating is fine as long as nobody calls it.
   expect: points_needs_COW_HASH
   expect: #define COW_HASH before including cow.h */
#include "cow/cow.h"

typedef struct point {
    int x, y;
} point;
static uint64_t hook(const point *x, uint64_t seed) { return cow_hash_u64((uint64_t)x->x, seed); }
#ifdef CONTROL
#define COW_HASH hook
#endif
#define COW_ARRAY points, point
#include "cow/cow.h"
#define COW_ARRAY untouched, point
#include "cow/cow.h"

bool run(points *a, const point *p);
bool run(points *a, const point *p) { return points_hash(a, 1) && hook(p, 1); }
