/* SPDX-License-Identifier: MIT */
/* Built twice into two shared libraries. Each embeds the whole of cow; only `library` is visible from outside. */
#define COW_IMPLEMENTATION
#include "crossing.h"

#include <stdlib.h>
#include <string.h>

#define HIDDEN __attribute__((visibility("hidden")))

static long notes_alive;

HIDDEN bool note_copy(note *to, const note *from) {
    size_t size = strlen(from->text) + 1;
    to->text = malloc(size);
    if (!to->text) {
        return false;
    }
    memcpy(to->text, from->text, size);
    notes_alive++;
    return true;
}

HIDDEN void note_drop(note *n) {
    free(n->text);
    notes_alive--;
}

static bool push(numbers *values, int first, int count) {
    for (int i = 0; i < count; i++) {
        if (!numbers_push(values, first + i)) {
            return false;
        }
    }
    return true;
}

static bool set(numbers *values, size_t i, int value) { return numbers_set(values, i, value); }

static long sum(const numbers *values) {
    long total = 0;
    COW_EACH (int, value, values) {
        total += *value;
    }
    return total;
}

static void drop(numbers *values) { numbers_drop(values); }

static bool write_note(notes *pad, const char *text) {
    note given = {(char *)(size_t)text};
    note own;
    return note_copy(&own, &given) && notes_push(pad, own);
}

static bool change_note(notes *pad, size_t i, char c) {
    note *n = notes_mut(pad, i);
    if (n) {
        n->text[0] = c;
    }
    return n != NULL;
}

static void drop_notes(notes *pad) { notes_drop(pad); }

static long alive(void) { return notes_alive; }

static cow_error_code error(void) { return cow_error(); }

extern const crossing library;
const crossing library = {push, set, sum, drop, write_note, change_note, drop_notes, alive, error};
