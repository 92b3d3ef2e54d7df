/* SPDX-License-Identifier: MIT */
/* An option that a map would ignore.
   expect: cow: COW_ALIGN is for arrays and lists */
#include "cow/cow.h"

#ifndef CONTROL
#define COW_ALIGN 64
#endif
#define COW_MAP numbers, long, long
#include "cow/cow.h"
