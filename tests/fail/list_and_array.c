/* SPDX-License-Identifier: MIT */
/* A list brings the array type of its versions, but under a name of its own: one container is one include.
   expect: cow: one container at a time */
#include "cow/cow.h"

#define COW_LIST numbers, long
#ifdef CONTROL
#include "cow/cow.h"
#endif
#define COW_ARRAY longs, long
#include "cow/cow.h"
