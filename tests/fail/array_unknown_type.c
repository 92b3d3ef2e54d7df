/* SPDX-License-Identifier: MIT */
/* An element type nobody has declared: the message names it.
   expect-gcc: unknown type name 'nobody'
   expect-clang: unknown type name 'nobody' */
#include "cow/cow.h"
#ifdef CONTROL
typedef int nobody;
#endif
#define COW_ARRAY nobodies, nobody
#include "cow/cow.h"
