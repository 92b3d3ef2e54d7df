/* SPDX-License-Identifier: MIT */
/* Instantiates eight arrays, PREFIX##0 to PREFIX##7. */
#define COW_ARRAY JOIN(PREFIX, 0), int
#include "cow/cow.h"
#define COW_ARRAY JOIN(PREFIX, 1), int
#include "cow/cow.h"
#define COW_ARRAY JOIN(PREFIX, 2), int
#include "cow/cow.h"
#define COW_ARRAY JOIN(PREFIX, 3), int
#include "cow/cow.h"
#define COW_ARRAY JOIN(PREFIX, 4), int
#include "cow/cow.h"
#define COW_ARRAY JOIN(PREFIX, 5), int
#include "cow/cow.h"
#define COW_ARRAY JOIN(PREFIX, 6), int
#include "cow/cow.h"
#define COW_ARRAY JOIN(PREFIX, 7), int
#include "cow/cow.h"
