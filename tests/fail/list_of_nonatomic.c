/* SPDX-License-Identifier: MIT */
/* Copies of a list's elements go to many threads, which would count them without atomics.
   expect: cow: lists are for many threads: T must not be a type with COW_NONATOMIC */
#include "cow/cow.h"

#ifndef CONTROL
#define COW_NONATOMIC
#endif
#define COW_ARRAY row, int
#include "cow/cow.h"
#define COW_LIST rows, row
#include "cow/cow.h"
