/* SPDX-License-Identifier: MIT */
/* A map of maps whose innermost values lack equality: the message names the map that lacks it.
   expect: needs_COW_VALUE_EQUAL */
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
#define COW_MAP grids, int, grid
#include "cow/cow.h"

bool run(const grids *a, const grids *b);
bool run(const grids *a, const grids *b) { return grids_equal(a, b); }
