/* SPDX-License-Identifier: MIT */
/* The element type forgotten.
   expect: COW__SECOND */
#include "cow/cow.h"
#ifdef CONTROL
#define COW_ARRAY ints, int
#else
#define COW_ARRAY ints
#endif
#include "cow/cow.h"
