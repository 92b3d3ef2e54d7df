/* SPDX-License-Identifier: MIT */
/* An alignment that is no power of two up to 4096.
   expect: COW_ALIGN must be a power of two up to 4096 */
#include "cow/cow.h"
#define COW_ARRAY ints, int
#ifdef CONTROL
#define COW_ALIGN 4096
#else
#define COW_ALIGN 8192
#endif
#include "cow/cow.h"
