/* SPDX-License-Identifier: MIT */
/* Such a set brings the set type of its versions, but under a name of its own: one container is one include.
   expect: cow: one container at a time */
#include "cow/cow.h"

#define COW_LIST_SET numbers, long
#ifdef CONTROL
#include "cow/cow.h"
#endif
#define COW_SET longs, long
#include "cow/cow.h"
