/* SPDX-License-Identifier: MIT */
/* COW_STR of a pointer would be a string whose bytes may go away, and whose length nobody counted.
   expect-gcc: expected '}' before 'text'
   expect-clang: expected '}' */
#include "cow/cow.h"

size_t run(const char *text);
size_t run(const char *text) {
#ifdef CONTROL
    cow_str s = cow_str_borrow(text, strlen(text));
#else
    cow_str s = COW_STR(text);
#endif
    return cow_str_len(&s);
}
