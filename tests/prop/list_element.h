/* SPDX-License-Identifier: MIT */
/*
 * What the models of lists and of cells run with, one a build (-DMODEL_ELEMENT=...), behind a few functions:
 *
 *   PLAIN    int: the bitwise paths; zero bytes are an element
 *   TRACKED  elements whose every copy and death is counted, and whose copy hook can fail
 *   STRING   cow_str, whose hooks the header finds; the odd ones do not fit into a handle, and share their text
 *
 * An element is made from a number below VALUES.
 */
#ifndef LIST_ELEMENT_H
#define LIST_ELEMENT_H

#include "tests/unit/kit_tracked.h"

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#include "rapidcheck-c/rapidcheck_c.h"

#define PLAIN 1
#define TRACKED 2
#define STRING 3
#ifndef MODEL_ELEMENT
#define MODEL_ELEMENT TRACKED
#endif

enum { VALUES = 10 };

#if MODEL_ELEMENT == PLAIN

typedef int elem;
static inline elem elem_make(int value) { return value; }
static inline int elem_value(const elem *e) { return *e; }
static inline void elem_drop(elem *e) { (void)e; }

#elif MODEL_ELEMENT == TRACKED

typedef tracked elem;
static inline elem elem_make(int value) { return tracked_make(value); }
static inline int elem_value(const elem *e) { return tracked_value(e); }
static inline void elem_drop(elem *e) { tracked_drop(e); }
static inline uint64_t elem_hash(const elem *e, uint64_t seed) { return cow_hash_u64((uint64_t)elem_value(e), seed); }

#else

typedef cow_str elem;

/* Made while a fault may be armed: that is meant for the operation, not for its argument. */
static inline elem elem_make(int value) {
    size_t calls = kit.calls, fail_at = kit.fail_at;
    cow_str s = {0};
    kit.fail_at = 0;
    KIT_CHECK(cow_str_append_int(&s, value));
    KIT_CHECK(value % 2 == 0 || cow_str_append(&s, " is an element of more than 22 bytes"));
    kit.fail_at = fail_at;
    kit.calls = calls;
    return s;
}
/* One digit, so the order of the texts is that of the numbers. */
static inline int elem_value(const elem *e) {
    int value = cow_str_data(e)[0] - '0';
    KIT_CHECK(cow_str_len(e) == (value % 2 == 0 ? 1u : 37u));
    return value;
}
static inline void elem_drop(elem *e) { cow_str_drop(e); }

#endif

/* ---- Faults to come ---- */

/* Faults of one kind: each `every`th call fails, counted over the whole list of operations; 0 is never. */
typedef struct faults {
    size_t every, calls;
} faults;

static struct {
    faults allocations, copies;
    bool injected_allocation, injected_copy;
    size_t failed; /* operations that said false because of a fault */
} faulty;

static inline size_t next_fault(const faults *f) { return f->every ? f->every - f->calls % f->every : 0; }

/* From here to faults_end(), calls may fail. */
static inline void faults_begin(void) {
    kit_fail(next_fault(&faulty.allocations), false);
    tracked_fail(next_fault(&faulty.copies), false);
}

static inline void faults_end(void) {
    faulty.injected_allocation = kit.injected > 0;
    faulty.injected_copy = lives.injected > 0;
    faulty.allocations.calls += kit.calls;
    faulty.copies.calls += lives.calls;
    kit_fail_none();
    tracked_fail_none();
}

/* Whether this is what an injected fault is called. A function of ours that fails for one makes its caller fail with
   COW_HOOK. */
static inline bool was_injected(cow_error_code why, bool in_function) {
    return (why == COW_NOMEM && faulty.injected_allocation) ||
           (why == COW_HOOK && (faulty.injected_copy || (in_function && faulty.injected_allocation)));
}

#endif
