// SPDX-License-Identifier: MIT
/* In C++, an element that minds being moved bitwise.
   expect: T must be trivially copyable */
#include <string>
#include "cow/cow.h"
#ifdef CONTROL
#define COW_ARRAY texts, char
#else
#define COW_ARRAY texts, std::string
#endif
#include "cow/cow.h"
