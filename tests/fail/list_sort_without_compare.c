/* SPDX-License-Identifier: MIT */
/* Order of a struct is nobody's to guess: the function that needs it does not compile, and the message names the type.
   Instantiating is fine as long as nobody calls it.
   expect: points_array_needs_COW_COMPARE
   expect: #define COW_COMPARE before including cow.h */
#include "cow/cow.h"

typedef struct point {
    int x, y;
} point;
static int hook(const point *x, const point *y) { return (x->x > y->x) - (x->x < y->x); }
#ifdef CONTROL
#define COW_COMPARE hook
#endif
#define COW_LIST points, point
#include "cow/cow.h"
#define COW_LIST untouched, point
#include "cow/cow.h"

bool run(points *l, const point *p);
bool run(points *l, const point *p) { return points_sort(l) && hook(p, p); }
