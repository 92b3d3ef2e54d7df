/* SPDX-License-Identifier: MIT */
/* layout: where the text and the operations stand in the bytes of an input.

   A target with text: one byte, how many bytes of text follow; the text; the operations. Without: the operations alone. Of a
   stateless target: the text alone. An operation is RECORD bytes: which one, on which value, and its arguments. Any bytes are
   an input: numbers are taken modulo what they may be, and an incomplete operation at the end is left out. */
#ifndef FUZZ_LAYOUT_H
#define FUZZ_LAYOUT_H

#include "program.h"

enum { RECORD = 12, RECORDS_MOST = 256, TEXT_MOST = 256, STEPS_MOST = 1 << 14 };

struct layout {
    char text[TEXT_MOST];
    size_t text_length;
    uint8_t record[RECORDS_MOST][RECORD];
    size_t records;
};

void layout_read(struct layout *in, const uint8_t *data, size_t size, const struct target *target);
/* Returns how many bytes it took; operations that `max_size` has no room for are left out. */
size_t layout_write(const struct layout *in, uint8_t *data, size_t max_size, const struct target *target);

#endif
