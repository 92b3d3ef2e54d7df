/* SPDX-License-Identifier: MIT */
/* One allocator function overridden and the others not: blocks of one would be freed by the other.
   expect: COW_MALLOC, COW_REALLOC and COW_FREE */
#include <stdlib.h>

#define COW_MALLOC(size) malloc(size)
#ifdef CONTROL
#define COW_REALLOC(memory, old_size, new_size) ((void)(old_size), realloc(memory, new_size))
#define COW_FREE(memory, size) ((void)(size), free(memory))
#endif
#define COW_IMPLEMENTATION
#include "cow/cow.h"
