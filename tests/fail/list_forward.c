/* SPDX-License-Identifier: MIT */
/* A list is no value: nothing can contain it before it is complete.
   expect: cow: cells and lists do not take the options COW_FORWARD and COW_FORWARDED */
#include "cow/cow.h"

#define COW_LIST later, int
#ifndef CONTROL
#define COW_FORWARD
#endif
#include "cow/cow.h"
