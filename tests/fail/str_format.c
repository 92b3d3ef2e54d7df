/* SPDX-License-Identifier: MIT */
/* Formats are checked against their arguments as those of printf are.
   flags: -Wformat -Werror
   expect-gcc: format '%s' expects argument of type 'char *'
   expect-clang: format specifies type 'char *' but the argument has type 'int' */
#include "cow/cow.h"

bool run(cow_str *s);
bool run(cow_str *s) {
#ifdef CONTROL
    return cow_str_append_format(s, "%s has %d", "five", 5);
#else
    return cow_str_append_format(s, "%s", 5);
#endif
}
