/* SPDX-License-Identifier: MIT */
/* Equality of maps needs equality of values; a map that is never compared does without.
   expect: grid_needs_COW_VALUE_EQUAL
   expect: #define COW_VALUE_EQUAL before including cow.h */
#include "cow/cow.h"

typedef struct point {
    int x, y;
} point;
static inline bool same(const point *a, const point *b) { return a->x == b->x && a->y == b->y; }
#ifdef CONTROL
#define COW_VALUE_EQUAL same
#endif
#define COW_MAP grid, int, point
#include "cow/cow.h"
#define COW_MAP untouched, int, point
#include "cow/cow.h"

bool run(const grid *a, const grid *b);
bool run(const grid *a, const grid *b) { return grid_equal(a, b); }
