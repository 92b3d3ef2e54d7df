/* SPDX-License-Identifier: MIT */
/* Maps have no order: an array of them cannot be sorted, and says so.
   expect: shelf_needs_COW_COMPARE */
#include "cow/cow.h"
#define COW_MAP ages, int, int
#include "cow/cow.h"
static inline int by_size(const ages *a, const ages *b) { return (a->m.n > b->m.n) - (a->m.n < b->m.n); }
#ifdef CONTROL
#define COW_COMPARE by_size
#endif
#define COW_ARRAY shelf, ages
#include "cow/cow.h"

bool run(shelf *a);
bool run(shelf *a) { return shelf_sort(a); }
