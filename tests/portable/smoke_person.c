/* SPDX-License-Identifier: MIT */
/* The element hooks, and a reader of arrays in another file than the writer. Without COW_IMPLEMENTATION. */
#include "smoke.h"

long alive;
long copies_left = -1;

static char *duplicate(const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = (char *)malloc(size);
    if (copy) {
        memcpy(copy, text, size);
    }
    return copy;
}

person person_new(const char *name, int age) {
    person p = EMPTY;
    p.name = duplicate(name);
    p.age = age;
    CHECK(p.name);
    alive++;
    return p;
}

bool person_copy(person *to, const person *from) {
    if (copies_left == 0) {
        return false;
    }
    if (copies_left > 0) {
        copies_left--;
    }
    *to = person_new(from->name, from->age);
    return true;
}

void person_drop(person *p) {
    CHECK(p->name);
    free(p->name);
    p->name = NULL;
    alive--;
}

bool person_equal(const person *a, const person *b) { return person_compare(a, b) == 0; }

int person_compare(const person *a, const person *b) {
    return a->age != b->age ? (a->age < b->age ? -1 : 1) : strcmp(a->name, b->name);
}

long sum_of(const ints *values) {
    long sum = 0;
    COW_EACH (int, value, values) {
        sum += *value;
    }
    return sum;
}
