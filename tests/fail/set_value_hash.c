/* SPDX-License-Identifier: MIT */
/* A set has no values.
   expect: cow: COW_VALUE_COPY, COW_VALUE_DROP, COW_VALUE_EQUAL and COW_VALUE_HASH are for maps */
#include "cow/cow.h"

#ifndef CONTROL
#define COW_VALUE_HASH(v, seed) (seed)
#endif
#define COW_SET numbers, long
#include "cow/cow.h"
