/* SPDX-License-Identifier: MIT */
/*
 * The element types the randomised model test runs with, one a build (-DMODEL_ELEMENT=...), behind a few functions.
 *
 *   TRACKED    hooks that record every lifetime and can fail       NONATOMIC  the same, never shared between threads
 *   PLAIN      an int: the bitwise paths                           ARENA      tracked elements in an allocator instance
 *   ALIGNED    a 96-byte struct aligned to 32                      NESTED     arrays of arrays, hooks found by the header
 *   ODD        three bytes, aligned to nothing
 */
#ifndef MODEL_ELEMENT_H
#define MODEL_ELEMENT_H

#include "kit_tracked.h"

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define TRACKED 1
#define NONATOMIC 2
#define PLAIN 3
#define ALIGNED 4
#define NESTED 5
#define ARENA 6
#define ODD 7
#ifndef MODEL_ELEMENT
#define MODEL_ELEMENT TRACKED
#endif

/* The value of an element of zero bytes. */
#if MODEL_ELEMENT == NESTED
#define ZERO_VALUE (-7)
#else
#define ZERO_VALUE 0
#endif

#if MODEL_ELEMENT == PLAIN

typedef int elem;
static inline elem elem_make(int value) { return value; }
static inline int elem_value(const elem *e) { return *e; }
static inline void elem_drop(elem *e) { (void)e; }
#define COW_ARRAY elems, elem
#include "cow/cow.h"

#elif MODEL_ELEMENT == ALIGNED

typedef struct elem {
    char before[40];
    int value;
    char after[52];
} elem;
static inline elem elem_make(int value) {
    elem e = {{0}, value, {0}};
    memset(e.before, value, sizeof e.before);
    memset(e.after, value, sizeof e.after);
    return e;
}
/* Each byte belongs to the value: an element that is moved in pieces must arrive whole. */
static inline int elem_value(const elem *e) {
    for (size_t i = 0; i < sizeof e->before; i++) KIT_CHECK(e->before[i] == (char)e->value);
    for (size_t i = 0; i < sizeof e->after; i++) KIT_CHECK(e->after[i] == (char)e->value);
    return e->value;
}
static inline void elem_drop(elem *e) { (void)e; }
static inline bool elem_equal(const elem *a, const elem *b) { return a->value == b->value; }
static inline int elem_compare(const elem *a, const elem *b) { return (a->value > b->value) - (a->value < b->value); }
static inline uint64_t elem_hash(const elem *e, uint64_t seed) { return cow_hash_u64((uint64_t)e->value, seed); }
#define COW_ARRAY elems, elem
#define COW_EQUAL elem_equal
#define COW_COMPARE elem_compare
#define COW_HASH elem_hash
#define COW_ALIGN 32 /* which the size must be a multiple of, for the elements of slices to be aligned too */
#include "cow/cow.h"

#elif MODEL_ELEMENT == ODD

typedef struct elem {
    signed char value, low, high;
} elem;
static inline elem elem_make(int value) {
    elem e = {(signed char)value, (signed char)(value - 1), (signed char)(value + 1)};
    return e;
}
static inline int elem_value(const elem *e) {
    KIT_CHECK((e->value == 0 && e->low == 0 && e->high == 0) || (e->low == e->value - 1 && e->high == e->value + 1));
    return e->value;
}
static inline void elem_drop(elem *e) { (void)e; }
static inline int elem_compare(const elem *a, const elem *b) { return elem_value(a) - elem_value(b); }
static inline uint64_t elem_hash(const elem *e, uint64_t seed) { return cow_hash_u64((uint64_t)elem_value(e), seed); }
#define COW_ARRAY elems, elem
#define COW_COMPARE elem_compare /* equality follows from it */
#define COW_HASH elem_hash
#include "cow/cow.h"

#elif MODEL_ELEMENT == NESTED

#define COW_ARRAY inner, int
#include "cow/cow.h"
typedef inner elem;
static inline elem elem_make(int value) {
    /* Made while a fault may be armed: the injected failure is meant for the operation, not for its argument. */
    size_t at = kit.fail_at;
    kit.fail_at = 0;
    inner e = {0};
    int three[3] = {value, value + 1, value + 2};
    KIT_CHECK(inner_from(&e, three, 3));
    kit.fail_at = at;
    kit.calls = 0;
    return e;
}
static inline int elem_value(const elem *e) {
    if (inner_len(e) == 0) return ZERO_VALUE;
    KIT_CHECK(inner_len(e) == 3 && inner_at(e, 2) == inner_at(e, 0) + 2);
    return inner_at(e, 0);
}
static inline void elem_drop(elem *e) { inner_drop(e); }
#define COW_ARRAY elems, elem
#include "cow/cow.h"

#else

typedef tracked elem;
static inline elem elem_make(int value) { return tracked_make(value); }
static inline int elem_value(const elem *e) { return tracked_value(e); }
static inline void elem_drop(elem *e) { tracked_drop(e); }
static inline uint64_t elem_hash(const elem *e, uint64_t seed) { return cow_hash_u64((uint64_t)elem_value(e), seed); }

#if MODEL_ELEMENT == ARENA
static inline void *arena_alloc(void *context, size_t size) {
    (*(size_t *)context)++;
    return kit_malloc(size);
}
static inline void *arena_resize(void *context, void *p, size_t old_size, size_t new_size) {
    (*(size_t *)context)++;
    return kit_realloc(p, old_size, new_size);
}
static inline void arena_release(void *context, void *p, size_t size) {
    (void)context;
    kit_free(p, size);
}
static size_t arena_calls;
static const cow_alloc arena = {arena_alloc, arena_resize, arena_release, &arena_calls};
#define COW_ALLOC &arena
#endif
#if MODEL_ELEMENT == NONATOMIC
#define COW_NONATOMIC
#endif
#define COW_ARRAY elems, elem
#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#define COW_EQUAL tracked_equal
#define COW_COMPARE tracked_compare
#define COW_HASH elem_hash
#include "cow/cow.h"

#endif
#endif
