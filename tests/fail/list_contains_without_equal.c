/* SPDX-License-Identifier: MIT */
/* Equality of a struct is nobody's to guess: the function that needs it does not compile, and the message names the type.
   Instantiating is fine as long as nobody calls it.
   expect: points_array_needs_COW_EQUAL
   expect: #define COW_EQUAL before including cow.h */
#include "cow/cow.h"

typedef struct point {
    int x, y;
} point;
static bool hook(const point *x, const point *y) { return x->x == y->x && x->y == y->y; }
#ifdef CONTROL
#define COW_EQUAL hook
#endif
#define COW_LIST points, point
#include "cow/cow.h"
#define COW_LIST untouched, point
#include "cow/cow.h"

bool run(const points *l, const point *p);
bool run(const points *l, const point *p) { return points_contains(l, p) && hook(p, p); }
