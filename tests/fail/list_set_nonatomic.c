/* SPDX-License-Identifier: MIT */
/* Such a set is there for threads; counts that are not atomic would be lost between them.
   expect: cow: cells and lists are for many threads: COW_NONATOMIC is not possible */
#include "cow/cow.h"

#ifndef CONTROL
#define COW_NONATOMIC
#endif
#define COW_KEEP_ORDER
#define COW_LIST_SET numbers, long
#include "cow/cow.h"
