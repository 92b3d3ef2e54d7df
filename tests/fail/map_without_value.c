/* SPDX-License-Identifier: MIT */
/* The type of the values forgotten.
   expect: COW__THIRD_OF_3 */
#include "cow/cow.h"
#ifdef CONTROL
#define COW_MAP ages, int, int
#else
#define COW_MAP ages, int
#endif
#include "cow/cow.h"
