/* SPDX-License-Identifier: MIT */
/* list_core: a cell whose writers take turns, without its type. Floor 5, built on cell_core and buffer.

   A writer holds the lock from the beginning of a change to its end, so what the cell holds meanwhile stays there, and
   needs no count. It makes a new version beside the old one and publishes that.

   Appending claims the free tail of the buffer, and the new version takes the old one's count of the header along: no count
   is touched. That is right only when nobody else holds the old version, which is known after all its borrowers were paid
   for, and not before. A header's count of 1 means nothing here: those who borrow a version hold no count of the header. */
#ifndef COW__LIST_CORE_H
#define COW__LIST_CORE_H

#include "buffer.h"
#include "cell_core.h"

/* All-zero is empty. */
typedef struct cow__list {
    cow__cell cell;
    cow__mutex lock;
    void *spare; /* the block of a version that has ended, for the next change */
#if COW__DEBUG
    struct cow__list *outer; /* the list that the same thread was changing before */
#endif
} cow__list;

typedef struct cow__change {
    cow__version *old, *fresh; /* `old` is NULL in an empty list */
    cow__header *claimed;      /* the header whose count `fresh` would take along; NULL: it has its own */
} cow__change;

typedef enum cow__outcome {
    COW__FAILED,
    COW__KEPT, /* nothing to publish */
    COW__CHANGED
} cow__outcome;

/* Versions of a list are small handles. */
enum { COW__LIST_VALUE = 16 * sizeof(void *) };

/* Files that only change lists have no descriptor of theirs. */
#define cow__list_begin COW__ABI_FUNCTION(cow__list_begin)
#define cow__list_clear COW__ABI_FUNCTION(cow__list_clear)

COW__BEGIN_C
/* Takes the lock, and a version for what will be published, whose value is not made yet. False with COW_NOMEM: the lock is
   free. */
COW__API bool cow__list_begin(cow__list *l, const cow_type *type, cow__change *c);
/* Publishes the new version or gives it up, and frees the lock; then drops what went. False when the change failed. */
COW__API bool cow__list_end(cow__list *l, cow__change *c, cow__outcome outcome);
/* Claims room for one element at `end` of the old version's elements, to be written before the end of the change. */
COW__API bool cow__list_claim(cow__change *c, cow__header *h, void *end, const cow_type *element);
/* Empties the list. Never fails. */
COW__API void cow__list_clear(cow__list *l);
/* Frees what the list keeps for the next change. */
COW__API void cow__list_forget(cow__list *l, const cow_type *type);
/* Puts `fresh` in place of what is there, or of `expected` only; false with COW_CONFLICT. */
COW__API cow__version *cow__list_exchange(cow__list *l, cow__version *fresh);
COW__API bool cow__list_replace(cow__list *l, cow__version *expected, cow__version *fresh);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__LIST_CORE_BODY)
#define COW__LIST_CORE_BODY

#include <string.h>

COW__BEGIN_C

/* COW_DEBUG dies where a thread would wait for itself. */
#if COW__DEBUG
static COW__THREAD_LOCAL cow__list *cow__list_mine;
#endif

static void cow__list_lock(cow__list *l) {
#if COW__DEBUG
    for (cow__list *mine = cow__list_mine; mine; mine = mine->outer)
        if (mine == l)
            cow__die_of("a change within a change", "a list",
                        "hooks and functions given to a change must not change the same list");
#endif
    cow__mutex_lock(&l->lock);
#if COW__DEBUG
    l->outer = cow__list_mine;
    cow__list_mine = l;
#endif
}

static void cow__list_unlock(cow__list *l) {
#if COW__DEBUG
    cow__list_mine = l->outer;
#endif
    cow__mutex_unlock(&l->lock);
}

COW__API bool cow__list_begin(cow__list *l, const cow_type *type, cow__change *c) {
    cow__list_lock(l);
    c->claimed = NULL;
    c->fresh = cow__version_new(type, l->spare);
    l->spare = NULL;
    if (!c->fresh) {
        cow__list_unlock(l);
        return false;
    }
    c->old = (cow__version *)COW__LOAD(&l->cell.at, COW__RELAXED);
    return true;
}

COW__API bool cow__list_claim(cow__change *c, cow__header *h, void *end, const cow_type *element) {
    if (element->recursive) return false;
    if (COW__LOAD(&h->limit, COW__ACQUIRE)) cow__buffer_expose(h, end);
    if (!cow__buffer_claim(h, (char *)end, element->size)) return false;
    c->claimed = h;
    return true;
}

/* Ends a version that only the caller holds: its block becomes the spare, its value is dropped when the lock is free. */
static void cow__list_recycle(cow__list *l, cow__version *v, bool drop) {
    max_align_t value[(COW__LIST_VALUE + sizeof(max_align_t) - 1) / sizeof(max_align_t)];
    const cow_type *type = v->type;
    if (drop) memcpy(value, cow__version_value(v), type->size);
    l->spare = cow__version_end(v);
    cow__list_unlock(l);
    if (drop && type->drop) type->drop(value);
}

/* The count moves before the lock is free: the next writer must find each version with its own. */
static void cow__list_publish(cow__list *l, cow__change *c) {
    cow__version *old = cow__cell_exchange(&l->cell, c->fresh);
    cow__header *claimed = c->claimed;
    if (old && cow__rc_unique(&old->rc)) {
        cow__list_recycle(l, old, !claimed);
        return;
    }
    if (claimed) cow__rc_retain(&claimed->rc, false);
    cow__list_unlock(l);
    cow__version_release(old);
}

COW__API bool cow__list_end(cow__list *l, cow__change *c, cow__outcome outcome) {
    cow_error_code why = cow_error();
    if (outcome == COW__CHANGED)
        cow__list_publish(l, c);
    else
        cow__list_recycle(l, c->fresh, true);
    return outcome != COW__FAILED || cow__fail(why); /* not what its drop hooks failed in */
}

COW__API cow__version *cow__list_exchange(cow__list *l, cow__version *fresh) {
    cow__list_lock(l);
    cow__version *old = cow__cell_exchange(&l->cell, fresh);
    cow__list_unlock(l);
    return old;
}

COW__API void cow__list_clear(cow__list *l) { cow__version_release(cow__list_exchange(l, NULL)); }

COW__API bool cow__list_replace(cow__list *l, cow__version *expected, cow__version *fresh) {
    cow__list_lock(l);
    if (COW__LOAD(&l->cell.at, COW__RELAXED) != (void *)expected) {
        cow__list_unlock(l);
        return cow__fail(COW_CONFLICT);
    }
    cow__version *old = cow__cell_exchange(&l->cell, fresh);
    cow__list_unlock(l);
    cow__version_release(old);
    return true;
}

COW__API void cow__list_forget(cow__list *l, const cow_type *type) {
    if (l->spare) cow__version_free_block(l->spare, type);
    l->spare = NULL;
}

COW__END_C
#endif
