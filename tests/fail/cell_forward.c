/* SPDX-License-Identifier: MIT */
/* A cell is no value: nothing can contain it before it is complete.
   expect: cow: a cell takes the options COW_COPY, COW_DROP and COW_ALLOC only */
#include "cow/cow.h"

#define COW_CELL later, int
#ifndef CONTROL
#define COW_FORWARD
#endif
#include "cow/cow.h"
