/* SPDX-License-Identifier: MIT */
/* An array of arrays of a struct without equality has none either, and says so.
   expect: grids_needs_COW_EQUAL
   expect: #define COW_EQUAL before including cow.h */
#include "cow/cow.h"

typedef struct point {
    int x, y;
} point;
#ifdef CONTROL
static bool point_equal(const point *a, const point *b) { return a->x == b->x && a->y == b->y; }
#define COW_EQUAL point_equal
#endif
#define COW_ARRAY points, point
#include "cow/cow.h"
#define COW_ARRAY grids, points
#include "cow/cow.h"

bool run(const grids *a, const grids *b);
bool run(const grids *a, const grids *b) { return grids_equal(a, b); }
