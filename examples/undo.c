/* SPDX-License-Identifier: MIT */
/* A line of text with unlimited undo and redo: every state is kept, by copying the handle.
 *
 *     i POSITION TEXT     insert          u    undo
 *     d BEGIN END         delete          r    redo
 *
 * Commands come from the standard input; after each the text is printed. There is no "inverse" of any command: undo
 * takes back the value from before. An edit of a kept state copies that text once, an edit after it is in place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COW_IMPLEMENTATION
#define COW_ARRAY text, char
#include "cow/cow.h"
#define COW_ARRAY states, text
#include "cow/cow.h"

typedef struct editor {
    text now;
    states past;   /* undo takes from its end */
    states future; /* redo does */
} editor;

static bool insert(editor *e, const char *arguments) {
    size_t at = 0;
    int used = 0;
    if (sscanf(arguments, "%zu%n", &at, &used) != 1 || arguments[used] != ' ') return false;
    const char *added = arguments + used + 1;
    return text_insert_n(&e->now, at, added, strlen(added));
}

static bool delete_range(editor *e, const char *arguments) {
    size_t begin = 0;
    size_t end = 0;
    return sscanf(arguments, "%zu %zu", &begin, &end) == 2 && text_erase_range(&e->now, begin, end);
}

/* Remembers the present, tries the edit, and forgets again when it fails. */
static bool edit(editor *e, bool (*change)(editor *, const char *), const char *arguments) {
    text before = text_copy(&e->now);
    if (!states_push(&e->past, before)) {
        text_drop(&before); /* a push that failed did not take it */
        return false;
    }
    if (!change(e, arguments)) {
        states_pop(&e->past, NULL);
        return false;
    }
    states_clear(&e->future);
    return true;
}

/* Undo and redo are one thing: the present goes to one stack and comes from the other. */
static bool step(editor *e, states *from, states *to) {
    if (states_is_empty(from)) return false;
    text before = text_copy(&e->now);
    if (!states_push(to, before)) {
        text_drop(&before);
        return false;
    }
    text_drop(&e->now);
    return states_pop(from, &e->now);
}

static bool obey(editor *e, const char *line) {
    switch (line[0]) {
    case 'i': return edit(e, insert, line + 1);
    case 'd': return edit(e, delete_range, line + 1);
    case 'u': return step(e, &e->past, &e->future);
    case 'r': return step(e, &e->future, &e->past);
    default: return false;
    }
}

int main(void) {
    editor e = {0};
    char line[256];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        bool ok = obey(&e, line);
        printf("%-16s %s\"%.*s\"\n", line, ok ? "" : "(refused) ", (int)text_len(&e.now),
               text_is_empty(&e.now) ? "" : text_data(&e.now));
    }
    states_drop(&e.future);
    states_drop(&e.past);
    text_drop(&e.now);
    return 0;
}
