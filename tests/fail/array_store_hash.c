/* SPDX-License-Identifier: MIT */
/* An option that an array would ignore.
   expect: cow: COW_STORE_HASH is for maps and sets */
#include "cow/cow.h"

#ifndef CONTROL
#define COW_STORE_HASH
#endif
#define COW_ARRAY numbers, long
#include "cow/cow.h"
