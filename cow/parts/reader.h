/* SPDX-License-Identifier: MIT */
/* reader: versions, and the slots in which threads say which ones they borrow. Floor 5, built on type and refcount.

   A version is one value of a cell with a count in front. Counting it for every read would make all readers write one cache
   line. So a reader writes the version's address into a slot of its own, and looks whether the cell still holds it: then it
   borrows the version. A writer that has taken a version out of a cell looks through all slots, and where it finds the
   version it pays: it counts the version for the reader and empties the slot. A reader that finds its slot emptied owns
   that count, and drops it. A version dies as soon as nobody holds it; there are no epochs, and no lists of what is to be
   freed.

   The slots are Michael's hazard pointers (2004), the payment is the debt of the arc-swap crate. A reader never goes on
   with a version that was paid for before it was sure: the address may be another version's by now, even another cell's. */
#ifndef COW__READER_H
#define COW__READER_H

#include "debug.h"
#include "refcount.h"
#include "type.h"

/* In front of a cell's value. Its type is here, because whoever finds a slot paid may hold a version of any cell. */
typedef struct cow__version {
    cow__atomic_u32 rc;
    const cow_type *type;
#if COW__LIVE
    cow__live live;
#endif
} cow__version;

#define COW__VERSION_HEAD ((sizeof(cow__version) + COW__PLAIN_ALIGN - 1) & ~(size_t)(COW__PLAIN_ALIGN - 1))

static inline void *cow__version_value(cow__version *v) { return (char *)v + COW__VERSION_HEAD; }

/* The last slot of a reader is for the length of a call; the others hold borrows. The model tests make do with fewer. */
#ifndef COW__READER_SLOTS
#define COW__READER_SLOTS 8
#endif
enum { COW__READER_HELD = COW__READER_SLOTS - 1 };

/* A thread's record: the slots on a cache line of their own, then what only its thread uses, and the list of all records.
   They are given back when a thread ends, used again, and never freed. */
typedef struct cow__reader {
    cow__atomic_ptr slot[COW__READER_SLOTS];
    cow__version
        *mine[COW__READER_HELD]; /* what the borrows hold, also when their slots were emptied; NULL: no borrow */
    cow__atomic_u32 taken;
    struct cow__reader *next; /* never changes */
} cow__reader;

/* Records share no cache lines, which processors fetch in pairs. */
enum {
    COW__READER_LINES = 128,
    COW__READER_BLOCK =
        (sizeof(cow__reader) + COW__READER_LINES - 1) / COW__READER_LINES * COW__READER_LINES + COW__READER_LINES
};

/* What keeps a borrowed version alive: slot i of the thread's record, or a count. */
enum { COW__GUARD_COUNTED = COW__READER_HELD };
typedef struct cow__guard {
    cow__version *at;
    unsigned i;
} cow__guard;

/* Files that only read have no descriptor: these names say version and layout instead. */
#define cow__reader_own COW__ABI_FUNCTION(cow__reader_own)
#define cow__strong COW__ABI_FUNCTION(cow__strong)
#define cow__version_release COW__ABI_FUNCTION(cow__version_release)

COW__BEGIN_C
/* A version that holds nothing yet, counted once, in `block` (NULL: in a new one); NULL with COW_NOMEM. */
COW__API cow__version *cow__version_new(const cow_type *type, void *block);
/* Ends a version whose value was never made, or is gone; its block is the caller's. */
COW__API void *cow__version_end(cow__version *v);
COW__API void cow__version_free_block(void *block, const cow_type *type);
/* Both. */
COW__API void cow__version_free(cow__version *v);
/* Gives up one count; the last one drops the value. NULL is allowed. */
COW__API void cow__version_release(cow__version *v);
/* The cold paths of what follows. */
COW__API bool cow__borrow_first(const cow__atomic_ptr *cell, cow__guard *g);
COW__API COW__COLD void cow__borrow_again(const cow__atomic_ptr *cell, cow__guard *g);
COW__API void cow__borrow_end_of(unsigned i, cow__version *v);
/* What `cell` holds, with a count. Fails as cow__borrow does. */
COW__API bool cow__strong(const cow__atomic_ptr *cell, cow__version **out);
/* Counts `v`, which no cell holds any more, for all who borrow it. The caller holds a count. */
COW__API void cow__version_pay(cow__version *v);
#ifdef COW_STATIC
static COW__THREAD_SHARED cow__reader *cow__reader_own;
#else
extern COW__HIDDEN COW__THREAD_SHARED cow__reader *cow__reader_own; /* NULL: this thread has no record yet */
#endif
COW__END_C

/* Puts what was `seen` in the cell into the slot. What the cell holds then; if it is the same, the slot protects it. */
static inline void *cow__slot_enter(cow__atomic_ptr *slot, const cow__atomic_ptr *cell, void *seen) {
    COW__STORE(slot, seen, COW__SEQ_CST);
    return COW__LOAD(cell, COW__SEQ_CST);
}

/* Empties a slot that holds `v`. When a writer was there first, it has counted `v` for us. */
static inline void cow__slot_leave(cow__atomic_ptr *slot, cow__version *v) {
    void *expected = v;
    if (!COW__LIKELY(COW__CAS(slot, &expected, (void *)NULL, COW__ACQ_REL, COW__ACQUIRE))) cow__version_release(v);
}

/* Borrows what `cell` holds. False with COW_NOMEM when the thread has no record and none can be made: only its first time. */
static inline bool cow__borrow(const cow__atomic_ptr *cell, cow__guard *g) {
    cow__reader *r = cow__reader_own;
    if (!COW__LIKELY(r && !r->mine[0])) return cow__borrow_first(cell, g);
    void *seen = COW__LOAD(cell, COW__ACQUIRE); /* a guess, but when the cell is empty */
    g->at = (cow__version *)seen;
    g->i = 0;
    if (!seen) return true;
    bool sure = cow__slot_enter(&r->slot[0], cell, seen) == seen;
    r->mine[0] = (cow__version *)seen;
    if (!COW__LIKELY(sure)) cow__borrow_again(cell, g);
    return true;
}

/* The borrows of a thread that ends have ended with it, also those that other destructors of the thread would end later. */
static inline void cow__borrow_end(cow__guard *g) {
    cow__reader *r = cow__reader_own;
    cow__version *v = g->at;
    g->at = NULL;
    if (!v) return;
    if (COW__LIKELY(g->i == 0 && r && r->mine[0] == v)) {
        r->mine[0] = NULL;
        cow__slot_leave(&r->slot[0], v);
        return;
    }
    cow__borrow_end_of(g->i, v);
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__READER_BODY)
#define COW__READER_BODY

#include "error.h"

#include <string.h>

/* Whether there is a call when a thread ends. Older versions of glibc have it in a library of its own, which comes with
   -pthread. */
#ifndef COW__READER_EXITS
#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 34) || defined(_REENTRANT)
#define COW__READER_EXITS 1
#endif
#elif defined(__unix__) || defined(__APPLE__) || defined(__MINGW32__)
#define COW__READER_EXITS 1
#endif
#endif
#ifndef COW__READER_EXITS
#define COW__READER_EXITS 0
#endif
#if COW__READER_EXITS
#include <pthread.h>
#endif

COW__BEGIN_C

/* ---- Versions ---- */

COW__API cow__version *cow__version_new(const cow_type *type, void *block) {
    size_t size;
    if (!block && cow__add_size(COW__VERSION_HEAD, type->size, &size)) block = cow__allocate(type->alloc, size);
    if (!block) return (void)cow__fail(COW_NOMEM), (cow__version *)NULL;
    cow__version *v = (cow__version *)block;
    COW__STORE(&v->rc, 1u, COW__RELAXED);
    v->type = type;
#if COW__LIVE
    cow__live_add(&v->live, type->name, type->size);
#endif
    return v;
}

COW__API void *cow__version_end(cow__version *v) {
#if COW__LIVE
    cow__live_remove(&v->live);
#endif
    return v;
}

COW__API void cow__version_free_block(void *block, const cow_type *type) {
    cow__release(type->alloc, block, COW__VERSION_HEAD + type->size);
}

COW__API void cow__version_free(cow__version *v) {
    const cow_type *type = v->type;
    cow__version_free_block(cow__version_end(v), type);
}

COW__API void cow__version_release(cow__version *v) {
    if (!v || !cow__rc_release(&v->rc, false)) return;
    if (v->type->drop) v->type->drop(cow__version_value(v));
    cow__version_free(v);
}

/* ---- Records ---- */

static cow__atomic_ptr cow__readers; /* all records; the newest first */
#ifndef COW_STATIC
COW__THREAD_SHARED cow__reader *cow__reader_own;
#endif

/* Stands in `mine` for a slot that must not be used, but is not: while a borrow begins, because hooks that run meanwhile
   may borrow, too; and in a thread whose end has begun. */
static cow__version *cow__reader_nothing(cow__reader *r) { return (cow__version *)(void *)r; }

/* Ends the borrow of slot `i`. */
static void cow__reader_leave(cow__reader *r, unsigned i) {
    cow__version *v = r->mine[i];
    r->mine[i] = NULL;
    if (v != cow__reader_nothing(r)) cow__slot_leave(&r->slot[i], v);
}

/* Set when the borrows of this thread were ended with it. Those that later destructors of the thread begin are counted, so
   that they are not taken for the ones that were ended. */
static COW__THREAD_LOCAL bool cow__reader_ended;

#if COW__READER_EXITS

static pthread_key_t cow__reader_key;
static pthread_once_t cow__reader_once = PTHREAD_ONCE_INIT;
/* The key goes at exit, when threads may still run. */
static pthread_mutex_t cow__reader_turn = PTHREAD_MUTEX_INITIALIZER;
static bool cow__reader_has_key;

/* Ends all borrows of a thread that ends. */
static void cow__reader_exit(void *own) {
    cow__reader *r = (cow__reader *)own;
    cow__reader_own = NULL;
    cow__reader_ended = true;
    for (unsigned i = 0; i < COW__READER_HELD; i++)
        if (r->mine[i]) cow__reader_leave(r, i);
    COW__STORE(&r->taken, 0u, COW__RELEASE);
}

/* The child of a fork has one thread: the records of all others are cleared. No hook and no allocator is called, because a
   thread that is not there any more may hold their locks; so a version that was paid for is lost. */
static void cow__reader_forked(void) {
    for (cow__reader *r = (cow__reader *)COW__LOAD(&cow__readers, COW__RELAXED); r; r = r->next) {
        if (r == cow__reader_own) continue;
        for (unsigned i = 0; i < COW__READER_SLOTS; i++) COW__STORE(&r->slot[i], (void *)NULL, COW__RELAXED);
        memset(r->mine, 0, sizeof r->mine);
        COW__STORE(&r->taken, 0u, COW__RELAXED);
    }
    (void)pthread_mutex_unlock(&cow__reader_turn);
}

static void cow__reader_forks(void) { (void)pthread_mutex_lock(&cow__reader_turn); }
static void cow__reader_has_forked(void) { (void)pthread_mutex_unlock(&cow__reader_turn); }

#if defined(__GNUC__)
/* The code of the destructor goes when a library is unloaded. */
static __attribute__((destructor)) void cow__reader_unload(void) {
    (void)pthread_mutex_lock(&cow__reader_turn);
    if (cow__reader_has_key) (void)pthread_key_delete(cow__reader_key);
    cow__reader_has_key = false;
    (void)pthread_mutex_unlock(&cow__reader_turn);
}
#endif

static void cow__reader_begin(void) {
    (void)pthread_mutex_lock(&cow__reader_turn);
    cow__reader_has_key = pthread_key_create(&cow__reader_key, cow__reader_exit) == 0;
    (void)pthread_mutex_unlock(&cow__reader_turn);
    (void)pthread_atfork(cow__reader_forks, cow__reader_has_forked, cow__reader_forked);
}

/* Has the record given back when the thread ends; false when that takes memory which is not there. When the system has no
   key left, records of threads that ended stay taken, and what they borrow stays alive. */
static bool cow__reader_remember(cow__reader *r) {
    (void)pthread_once(&cow__reader_once, cow__reader_begin);
    (void)pthread_mutex_lock(&cow__reader_turn);
    bool ok = !cow__reader_has_key || pthread_setspecific(cow__reader_key, r) == 0;
    (void)pthread_mutex_unlock(&cow__reader_turn);
    return ok;
}

#else

static bool cow__reader_remember(cow__reader *r) { return r != NULL; }

#endif

/* A record that a thread gave back; NULL when there is none. */
static cow__reader *cow__reader_again(void) {
    for (cow__reader *r = (cow__reader *)COW__LOAD(&cow__readers, COW__ACQUIRE); r; r = r->next) {
        uint32_t nobody = 0;
        if (COW__LOAD(&r->taken, COW__RELAXED) == 0 && COW__CAS(&r->taken, &nobody, 1u, COW__ACQUIRE, COW__RELAXED))
            return r;
    }
    return NULL;
}

/* A new record. It is in the list before its slots are used: a writer that does not see it there has replaced the version
   before the reader looked. */
static cow__reader *cow__reader_new(void) {
    char *block = (char *)cow__allocate(NULL, COW__READER_BLOCK);
    if (!block) return (void)cow__fail(COW_NOMEM), (cow__reader *)NULL;
    COW__FORGET_LEAK(block);
    cow__reader *r = (cow__reader *)(void *)(block + (COW__READER_LINES - (uintptr_t)block % COW__READER_LINES));
    for (unsigned i = 0; i < COW__READER_SLOTS; i++) COW__STORE(&r->slot[i], (void *)NULL, COW__RELAXED);
    COW__STORE(&r->taken, 1u, COW__RELAXED);
    memset(r->mine, 0, sizeof r->mine);
    void *first = COW__LOAD(&cow__readers, COW__RELAXED);
    do r->next = (cow__reader *)first;
    while (!COW__CAS(&cow__readers, &first, (void *)r, COW__SEQ_CST, COW__RELAXED));
    return r;
}

/* The record of this thread; NULL with COW_NOMEM. */
static cow__reader *cow__reader_self(void) {
    cow__reader *r = cow__reader_own;
    if (COW__LIKELY(r != NULL)) return r;
    r = cow__reader_again();
    if (!r) r = cow__reader_new();
    if (!r) return NULL;
    if (!cow__reader_remember(r)) {
        COW__STORE(&r->taken, 0u, COW__RELEASE);
        return (void)cow__fail(COW_NOMEM), (cow__reader *)NULL;
    }
    cow__reader_own = r;
    if (cow__reader_ended)
        for (unsigned i = 0; i < COW__READER_HELD; i++) r->mine[i] = cow__reader_nothing(r);
    return r;
}

/* ---- Borrowing ---- */

/* What `cell` holds, kept alive by `slot`; NULL: the cell is empty. */
static cow__version *cow__slot_find(cow__atomic_ptr *slot, const cow__atomic_ptr *cell) {
    void *seen = COW__LOAD(cell, COW__ACQUIRE);
    while (seen) {
        void *now = cow__slot_enter(slot, cell, seen);
        if (now == seen) break;
        cow__slot_leave(slot, (cow__version *)seen); /* never goes on with what was paid for */
        seen = now;
    }
    return (cow__version *)seen;
}

COW__API bool cow__strong(const cow__atomic_ptr *cell, cow__version **out) {
    cow__reader *r = cow__reader_self();
    if (!r) return false;
    cow__atomic_ptr *slot = &r->slot[COW__READER_HELD];
    cow__version *v = cow__slot_find(slot, cell);
    if (v) {
        cow__rc_retain(&v->rc, false);
        cow__slot_leave(slot, v);
    }
    *out = v;
    return true;
}

/* The slot is taken before it is used: a drop hook that runs in between may borrow, too. */
static void cow__borrow_in(cow__reader *r, unsigned i, const cow__atomic_ptr *cell, cow__guard *g) {
    r->mine[i] = cow__reader_nothing(r);
    g->at = r->mine[i] = cow__slot_find(&r->slot[i], cell);
}

/* The first borrow of a thread, and those that find the first slot taken. */
COW__API bool cow__borrow_first(const cow__atomic_ptr *cell, cow__guard *g) {
    cow__reader *r = cow__reader_self();
    if (!r) return false;
    unsigned i = 0;
    while (i < COW__READER_HELD && r->mine[i]) i++;
    g->i = i;
    if (i == COW__GUARD_COUNTED) return cow__strong(cell, &g->at);
    cow__borrow_in(r, i, cell, g);
    return true;
}

/* The first slot has what is no longer in the cell. */
COW__API void cow__borrow_again(const cow__atomic_ptr *cell, cow__guard *g) {
    cow__reader *r = cow__reader_own;
    r->mine[0] = cow__reader_nothing(r);
    cow__slot_leave(&r->slot[0], g->at);
    cow__borrow_in(r, 0, cell, g);
}

COW__API void cow__borrow_end_of(unsigned i, cow__version *v) {
    cow__reader *r = cow__reader_own;
    if (i == COW__GUARD_COUNTED) {
        cow__version_release(v);
        return;
    }
    if (r && r->mine[i] == v) {
        cow__reader_leave(r, i);
        return;
    }
#if COW__DEBUG
    if (r && !cow__reader_ended)
        cow__die_of("a borrow that has ended is ended again", "a cell's guard",
                    "a guard must not be copied, and is ended by its thread");
#endif
}

COW__API void cow__version_pay(cow__version *v) {
    for (cow__reader *r = (cow__reader *)COW__LOAD(&cow__readers, COW__SEQ_CST); r; r = r->next) {
        for (unsigned i = 0; i < COW__READER_SLOTS; i++) {
            void *expected = v;
            if (COW__LOAD(&r->slot[i], COW__SEQ_CST) != expected) continue;
            cow__rc_retain(&v->rc, false);
            /* The reader was faster: it needs no count. The caller's own remains, so this is never the last one, and orders
               nothing. */
            if (!COW__CAS(&r->slot[i], &expected, (void *)NULL, COW__ACQ_REL, COW__ACQUIRE))
                (void)COW__SUB(&v->rc, 1u, COW__RELAXED);
        }
    }
}

COW__END_C
#endif
