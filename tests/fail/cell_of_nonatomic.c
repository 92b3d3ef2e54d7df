/* SPDX-License-Identifier: MIT */
/* A cell hands its value to many threads, which would count it without atomics.
   expect: cow: cells are for many threads: T must not be a type with COW_NONATOMIC */
#include "cow/cow.h"

#ifndef CONTROL
#define COW_NONATOMIC
#endif
#define COW_ARRAY row, int
#include "cow/cow.h"
#define COW_CELL row_cell, row
#include "cow/cow.h"
