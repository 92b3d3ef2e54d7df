/* SPDX-License-Identifier: MIT */
/* The one file that holds the library's code; the peers see only its declarations, as in a user's program of several
 * files. */
#define COW_IMPLEMENTATION
#define COW_PAGED
#include "cow/cow.h"
