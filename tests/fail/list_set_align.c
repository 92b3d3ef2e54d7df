/* SPDX-License-Identifier: MIT */
/* An option that a set would ignore.
   expect: cow: COW_ALIGN is for arrays and lists */
#include "cow/cow.h"

#ifndef CONTROL
#define COW_ALIGN 64
#endif
#define COW_LIST_SET numbers, long
#include "cow/cow.h"
