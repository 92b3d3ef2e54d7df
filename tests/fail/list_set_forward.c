/* SPDX-License-Identifier: MIT */
/* Threads know the address of such a set: no key can contain one.
   expect: cow: cells and lists do not take the options COW_FORWARD and COW_FORWARDED */
#include "cow/cow.h"

#ifndef CONTROL
#define COW_FORWARD
#endif
#define COW_LIST_SET numbers, long
#include "cow/cow.h"
