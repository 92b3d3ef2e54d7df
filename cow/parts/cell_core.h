/* SPDX-License-Identifier: MIT */
/* cell_core: one variable for many writers and many readers, without its type. Floor 5, built on reader and park.

   A cell is a pointer to a version. Writers exchange the pointer, pay for the borrowers of what they took out, and give up
   the cell's count. Each version is in a cell once only. */
#ifndef COW__CELL_CORE_H
#define COW__CELL_CORE_H

#include "park.h"
#include "reader.h"

/* All-zero is empty. */
typedef struct cow__cell {
    cow__atomic_size changes; /* first: clang does not take {0} for an atomic pointer */
    cow__atomic_ptr at;
    cow__atomic_u32 waiting; /* threads in cow__cell_wait */
    cow__atomic_u32 bell;    /* changes when they should look again */
} cow__cell;

/* A function of the user's that changes a value, behind its typed thunk. */
typedef struct cow__edit {
    bool (*apply)(const struct cow__edit *edit, void *value);
    void (*fn)(void);
    void *ctx;
} cow__edit;

/* Whether the cell still holds a version that the caller holds, too (NULL: nothing). Its address cannot be another
   version's; acquire is for an empty cell. */
static inline bool cow__cell_holds(const cow__cell *c, const cow__version *v) {
    return COW__LOAD(&c->at, COW__ACQUIRE) == (const void *)v;
}

COW__BEGIN_C
/* Puts `fresh` (NULL: nothing) into the cell and returns what it held, whose count is the caller's now. */
COW__API cow__version *cow__cell_exchange(cow__cell *c, cow__version *fresh);
/* The same if the cell holds `expected`, else false with COW_CONFLICT. The caller holds a count of `expected`, so that its
   address cannot be another version's; the cell's own count of it is given up. */
COW__API bool cow__cell_replace(cow__cell *c, cow__version *expected, cow__version *fresh);
/* Replaces the value by an edited copy of it, again and again until nobody else was faster. */
COW__API bool cow__cell_update(cow__cell *c, const cow_type *type, const cow__edit *edit);
/* Waits until `changes` is no longer `seen`; false after `timeout` nanoseconds. */
COW__API bool cow__cell_wait(cow__cell *c, size_t seen, uint64_t timeout);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__CELL_CORE_BODY)
#define COW__CELL_CORE_BODY

#include <string.h>

COW__BEGIN_C

/* ---- Waiting ---- */

COW__API bool cow__cell_wait(cow__cell *c, size_t seen, uint64_t timeout) {
    uint64_t began = cow__now(), waited = 0;
    bool changed;
    (void)COW__ADD(&c->waiting, 1u, COW__SEQ_CST);
    for (;;) {
        uint32_t heard = COW__LOAD(&c->bell, COW__SEQ_CST);
        changed = COW__LOAD(&c->changes, COW__SEQ_CST) != seen;
        uint64_t now = cow__now();
        waited = now > began ? now - began : 0;
        if (changed || waited >= timeout) break;
        cow__park(&c->bell, heard, timeout - waited < COW__PARK_LONGEST ? timeout - waited : COW__PARK_LONGEST);
    }
    (void)COW__SUB(&c->waiting, 1u, COW__RELAXED);
    return changed;
}

/* Either a waiting thread sees the new number, or this one sees that it waits. */
static void cow__cell_changed(cow__cell *c) {
    (void)COW__ADD(&c->changes, (size_t)1, COW__SEQ_CST);
    if (!COW__LOAD(&c->waiting, COW__SEQ_CST)) return;
    (void)COW__ADD(&c->bell, 1u, COW__SEQ_CST);
    cow__unpark(&c->bell, INT32_MAX);
}

/* ---- Replacing ---- */

COW__API cow__version *cow__cell_exchange(cow__cell *c, cow__version *fresh) {
    cow__version *old = (cow__version *)COW__SWAP(&c->at, (void *)fresh, COW__SEQ_CST);
    cow__cell_changed(c);
    if (old) cow__version_pay(old);
    return old;
}

COW__API bool cow__cell_replace(cow__cell *c, cow__version *expected, cow__version *fresh) {
    void *now = expected;
    if (!COW__CAS(&c->at, &now, (void *)fresh, COW__SEQ_CST, COW__RELAXED)) return cow__fail(COW_CONFLICT);
    cow__cell_changed(c);
    if (!expected) return true;
    cow__version_pay(expected);
    cow__version_release(expected);
    return true;
}

/* Makes the value of `fresh` an edited copy of that of `old`, or of an empty one. */
static bool cow__version_edit(cow__version *fresh, cow__version *old, const cow__edit *edit) {
    const cow_type *type = fresh->type;
    void *value = cow__version_value(fresh);
    if (!old)
        memset(value, 0, type->size);
    else if (!cow__element_copy(type, value, cow__version_value(old)))
        return false;
    if (edit->apply(edit, value)) return true;
    if (type->drop) type->drop(value);
    return cow__fail(COW_HOOK);
}

COW__API bool cow__cell_update(cow__cell *c, const cow_type *type, const cow__edit *edit) {
    cow__version *old, *fresh = cow__version_new(type, NULL);
    cow_error_code before = cow_error();
    bool replaced = false;
    if (!fresh) return false;
    while (cow__strong(&c->at, &old)) {
        bool edited = cow__version_edit(fresh, old, edit);
        replaced = edited && cow__cell_replace(c, old, fresh);
        cow__version_release(old);
        if (replaced || !edited) break;
        if (type->drop) type->drop(cow__version_value(fresh));
        cow__set_error(before); /* that somebody was faster is no failure */
    }
    if (!replaced) cow__version_free(fresh);
    return replaced;
}

COW__END_C
#endif
