// SPDX-License-Identifier: MIT
/* In C++, a value that minds being moved bitwise.
   expect: pairs are moved bitwise, so K and V must be trivially copyable */
#include <string>
#include "cow/cow.h"
#ifdef CONTROL
#define COW_MAP texts, int, char
#else
#define COW_MAP texts, int, std::string
#endif
#include "cow/cow.h"
