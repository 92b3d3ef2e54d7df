/* SPDX-License-Identifier: MIT */
/* What the two files of the smoke test share: one check macro, the array types. Compiles as C11 and as C++11. */
#ifndef SMOKE_H
#define SMOKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Not assert: it must also check under NDEBUG, and name the value that was not there. */
#define CHECK(condition)                                                                  \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            fprintf(stderr, "%s:%d: CHECK failed: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                                      \
        }                                                                                 \
    } while (0)

#ifdef __cplusplus
#define EMPTY \
    {}
#else
#define EMPTY \
    { 0 }
#endif

/* An element that owns memory, so that a lost or doubled drop shows: `alive` counts the names in existence. */
typedef struct person {
    char *name;
    int age;
} person;

extern long alive;
extern long copies_left; /* the copy hook fails when this reaches 0; negative: never */

person person_new(const char *name, int age);
bool person_copy(person *to, const person *from);
void person_drop(person *p);
bool person_equal(const person *a, const person *b);
int person_compare(const person *a, const person *b);

#define COW_ARRAY ints, int
#include "cow/cow.h"

#define COW_ARRAY people, person
#define COW_COPY person_copy
#define COW_DROP person_drop
#define COW_EQUAL person_equal
#define COW_COMPARE person_compare
#include "cow/cow.h"

/* An array of arrays: the elements bring their own hooks. */
#define COW_ARRAY rows, ints
#include "cow/cow.h"

/* Strings as elements: the header knows their hooks. */
#define COW_ARRAY strs, cow_str
#include "cow/cow.h"

/* Over-aligned storage takes another path through the allocator. */
#define COW_ARRAY lanes, double
#define COW_ALIGN 64
#include "cow/cow.h"

/* Never shared between threads. */
#define COW_ARRAY local_ints, long
#define COW_NONATOMIC
#include "cow/cow.h"

/* A handle that is only declared when another array holds it. */
struct leaf;
#define COW_ARRAY leaves, struct leaf
#define COW_FORWARD
#include "cow/cow.h"
#define COW_ARRAY leaf_rows, leaves
#include "cow/cow.h"
struct leaf {
    int label;
};
#define COW_ARRAY leaves, struct leaf
#define COW_FORWARDED
#include "cow/cow.h"

/* Maps and sets: hooks found by type, and given. */
#define COW_MAP lists, cow_str, ints
#include "cow/cow.h"
#define COW_MAP staff, int, person
#define COW_VALUE_COPY person_copy
#define COW_VALUE_DROP person_drop
#define COW_VALUE_EQUAL person_equal
#include "cow/cow.h"
#define COW_MAP offices, double, staff
#define COW_STORE_HASH
#include "cow/cow.h"
#define COW_SET bytes, unsigned char
#define COW_NONATOMIC
#include "cow/cow.h"

/* For many threads: a cell, a list that owns its elements, sets in both orders. cow_str_cell came along with the first include. */
#define COW_CELL ints_cell, ints
#include "cow/cow.h"
#define COW_LIST crowd, person
#define COW_COPY person_copy
#define COW_DROP person_drop
#define COW_EQUAL person_equal
#define COW_COMPARE person_compare
#include "cow/cow.h"
#define COW_LIST_SET vocabulary, cow_str
#define COW_KEEP_ORDER
#include "cow/cow.h"
#define COW_LIST_SET squares, int
#include "cow/cow.h"

/* smoke_person.c: a second file that uses the same instantiations. */
long sum_of(const ints *values);

#endif
