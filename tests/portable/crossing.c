/* SPDX-License-Identifier: MIT */
/* Loads two libraries that each embed cow, embeds cow itself, and lets values cross in all directions:
 * made in one, extended and detached in the other, dropped in the third. */
#define COW_IMPLEMENTATION
#include "crossing.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                  \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            fprintf(stderr, "%s:%d: CHECK failed: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                                      \
        }                                                                                 \
    } while (0)

/* The program's own hooks are never called: the elements' hooks travel with the buffer that the libraries made. */
bool note_copy(note *to, const note *from) {
    (void)to;
    (void)from;
    abort();
}

void note_drop(note *n) {
    (void)n;
    abort();
}

static const crossing *load(const char *path) {
    void *handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    if (!handle) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    /* The implementation must stay inside: a visible symbol of the second library would bind to the first's. */
    CHECK(!dlsym(handle, "cow_error"));
    const crossing *found = dlsym(handle, "library");
    CHECK(found);
    return found;
}

static void numbers_cross(const crossing *a, const crossing *b) {
    numbers values = {0};
    CHECK(a->push(&values, 0, 100) && b->push(&values, 100, 900));
    numbers snapshot = numbers_copy(&values);
    CHECK(b->push(&values, 1000, 1)); /* claims the tail of a buffer that another library made */
    CHECK(a->set(&values, 0, 5) && numbers_at(&snapshot, 0) == 0);
    CHECK(b->sum(&snapshot) == 499500 && a->sum(&values) == 500505);
    CHECK(!a->set(&snapshot, 9999, 1) && a->error() == COW_RANGE);
    b->drop(&snapshot);
    a->drop(&snapshot);
    CHECK(numbers_push(&values, 1));
    b->drop(&values);
}

static void notes_cross(const crossing *a, const crossing *b) {
    notes pad = {0};
    CHECK(a->write_note(&pad, "first") && a->write_note(&pad, "second"));
    notes kept = notes_copy(&pad);
    CHECK(b->change_note(&pad, 0, 'F')); /* detaches */
    CHECK(!strcmp(notes_get(&pad, 0)->text, "First") && !strcmp(notes_get(&kept, 0)->text, "first"));
    CHECK(b->write_note(&pad, "third"));
    a->drop_notes(&pad);
    b->drop_notes(&kept);
    CHECK(a->alive() + b->alive() == 0);
}

int main(int argc, char **argv) {
    CHECK(argc == 3);
    const crossing *a = load(argv[1]);
    const crossing *b = load(argv[2]);
    CHECK(a != b);
    numbers_cross(a, b);
    numbers_cross(b, a);
    notes_cross(a, b);
    notes_cross(b, a);
    return 0;
}
