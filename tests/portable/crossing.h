/* SPDX-License-Identifier: MIT */
/* Two shared libraries that each embed cow, and a program that passes values between them. */
#ifndef CROSSING_H
#define CROSSING_H

#include <stdbool.h>
#include <stddef.h>

typedef struct note {
    char *text;
} note;

bool note_copy(note *to, const note *from);
void note_drop(note *n);

#define COW_ARRAY numbers, int
#include "cow/cow.h"

#define COW_ARRAY notes, note
#define COW_COPY note_copy
#define COW_DROP note_drop
#include "cow/cow.h"

/* Every library answers to this table; the program finds it by the one symbol `library`. */
typedef struct crossing {
    bool (*push)(numbers *values, int first, int count);
    bool (*set)(numbers *values, size_t i, int value);
    long (*sum)(const numbers *values);
    void (*drop)(numbers *values);
    bool (*write_note)(notes *pad, const char *text);
    bool (*change_note)(notes *pad, size_t i, char c);
    void (*drop_notes)(notes *pad);
    long (*alive)(void);
    cow_error_code (*error)(void);
} crossing;

#endif
