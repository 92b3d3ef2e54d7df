/* SPDX-License-Identifier: MIT */
/* Other sets have no order to keep; whoever asks for one must not believe that there is.
   expect: cow: COW_KEEP_ORDER is for COW_LIST_SET */
#include "cow/cow.h"

#define COW_KEEP_ORDER
#ifdef CONTROL
#define COW_LIST_SET numbers, long
#else
#define COW_SET numbers, long
#endif
#include "cow/cow.h"
