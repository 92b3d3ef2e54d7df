/* SPDX-License-Identifier: MIT */
/* Pairs stand behind the head of a leaf, so more than malloc's alignment cannot be promised.
   expect: keys and values of a map need plain alignment */
#include "cow/cow.h"

typedef struct vector {
#ifdef CONTROL
    _Alignas(16) int x[8];
#else
    _Alignas(64) int x[16];
#endif
} vector;
#define COW_MAP vectors, int, vector
#include "cow/cow.h"
