/* SPDX-License-Identifier: MIT */
/* Copies of a set's keys go to many threads, which would count them without atomics.
   expect: cow: sets are for many threads: K must not be a type with COW_NONATOMIC */
#include "cow/cow.h"

#ifndef CONTROL
#define COW_NONATOMIC
#endif
#define COW_ARRAY row, int
#include "cow/cow.h"
#define COW_LIST_SET rows, row
#include "cow/cow.h"
