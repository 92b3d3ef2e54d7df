/* SPDX-License-Identifier: MIT */
/* cell: `#define COW_CELL x, T` and include: a variable that many threads read and replace at the same time. Floor 5, built
   on cell_type.

   A cell holds the current version of a value, of any container of this library or of any type that is copied bitwise or by
   COW_COPY and COW_DROP. Readers are never blocked, see whole versions only, and keep what they hold while it is replaced.
   Everything here may be called by any number of threads at once, but x_drop; a guard, a snapshot and a reader are one
   thread's at a time. An empty cell holds the value of all zero bytes.

   Progress: borrow is lock-free, its end and a cached read that finds nothing new are wait-free; replacing looks at 8 slots
   of every thread that ever read at the same time as others. Garbage: none; a version goes when nobody holds it, but for
   the nodes that a newer one of a map keeps of it. Order: what a thread did before it replaced the value is seen by whoever
   reads the new one.

   A thread's first reading makes it a record, which is used again when the thread ends; only that can fail (COW_NOMEM), and
   nothing is allocated by reading later on. False or NULL means that nothing happened; an argument passed by value belongs
   to the cell on success and stays the caller's on failure. A cell must not be shared between two libraries that each embed
   cow. */
#ifdef COW__HOLDS

#include "cell_type.h"

/* The cell. All-zero is an empty one. It does not move: threads know its address. */
typedef struct COW__N {
#if defined(COW_LIST) || defined(COW_LIST_SET)
    cow__list c;
#else
    cow__cell c;
#endif
} COW__N;

/* The value of an empty cell. Bytes, because in C++ a variable of type T may be anything but zero. */
COW__ALIGNAS(COW__T) static const unsigned char COW__F(_nothing)[sizeof(COW__T)] = {0};

COW__INLINE const COW__T *COW__F(_value)(cow__version *v) {
    return v ? (const COW__T *)cow__version_value(v) : (const COW__T *)(const void *)COW__F(_nothing);
}

COW__INLINE cow__version *COW__F(_version)(COW__T value) {
    cow__version *v = cow__version_new(&COW__F(_type), NULL);
    if (v) memcpy(cow__version_value(v), (const void *)&value, sizeof value);
    return v;
}

/* Gives up the cell, which no other thread may use any more, and leaves it empty. Borrows, snapshots and readers keep what
   they hold. */
COW__INLINE void COW__F(drop)(COW__N *c) {
    if (COW__LOAD(&COW__CELL(c)->at, COW__RELAXED)) cow__version_release(cow__cell_exchange(COW__CELL(c), NULL));
#if defined(COW_LIST) || defined(COW_LIST_SET)
    cow__list_forget(&c->c, &COW__F(_type));
#endif
}

/* ---- Borrowing: no count, the fastest way to read once ---- */

#define COW__GUARD COW__F(guard)
typedef struct COW__GUARD {
    const COW__T *value;
    cow__guard g;
} COW__GUARD;

/* Lets the thread read g->value until it ends the borrow. Up to 7 borrows of a thread at once need no count; further ones
   are counted. Every borrow must be ended by the thread that began it; a thread that ends, ends its own. Lock-free. */
COW__INLINE bool COW__F(borrow)(const COW__N *c, COW__GUARD *g) {
    if (!cow__borrow(&COW__CELL(c)->at, &g->g)) return false;
    g->value = COW__F(_value)(g->g.at);
    return true;
}

/* Ends a borrow; may be repeated. Wait-free, but for the drop of a version that nobody else holds. */
COW__INLINE void COW__F(end)(COW__GUARD *g) {
    g->value = NULL;
    cow__borrow_end(&g->g);
}

/* Makes *out a copy of the current value: a container's is one increment. Hooks are not asked about the value of an empty
   cell. Lock-free, and what the copy hook is. */
COW__INLINE bool COW__F(load)(const COW__N *c, COW__T *out) {
    COW__GUARD g;
    if (!COW__F(borrow)(c, &g)) return false;
    COW__T copy = *g.value;
    bool ok = !g.g.at || cow__element_copy(&COW__F(_type), (void *)&copy, g.value);
    COW__F(end)(&g);
    if (ok) memcpy((void *)out, (const void *)&copy, sizeof copy);
    return ok;
}

/* ---- Snapshots: a version of its own, for any time and any thread ---- */

#define COW__SNAPSHOT COW__F(snapshot)
typedef struct COW__SNAPSHOT {
    cow__version *v;
} COW__SNAPSHOT;

/* Makes *out hold the current version. Lock-free, one count. */
COW__INLINE bool COW__F(snapshot_of)(const COW__N *c, COW__SNAPSHOT *out) {
    return cow__strong(&COW__CELL(c)->at, &out->v);
}

/* The value, until the snapshot is dropped. Wait-free. */
COW__INLINE const COW__T *COW__F(snapshot_value)(const COW__SNAPSHOT *s) { return COW__F(_value)(s->v); }

/* Another snapshot of the same version. One increment, wait-free. */
COW__INLINE COW__SNAPSHOT COW__F(snapshot_copy)(const COW__SNAPSHOT *s) {
    if (s->v) cow__rc_retain(&s->v->rc, false);
    return *s;
}

/* Gives the version up; may be repeated. */
COW__INLINE void COW__F(snapshot_drop)(COW__SNAPSHOT *s) {
    cow__version *v = s->v;
    s->v = NULL;
    cow__version_release(v);
}

/* ---- Cached reading: for a thread that reads again and again ---- */

#define COW__READER COW__F(reader)
typedef struct COW__READER {
    cow__version *v;
} COW__READER;

/* The current value, until the next call with this reader: one load when nothing was replaced since the last one, which is
   wait-free. All-zero is a new reader. It keeps a version alive until it is idle. NULL as borrow's false. */
COW__INLINE const COW__T *COW__F(cached)(const COW__N *c, COW__READER *r) {
    if (COW__LIKELY(cow__cell_holds(COW__CELL(c), r->v))) return COW__F(_value)(r->v);
    cow__version *fresh, *old = r->v;
    if (!cow__strong(&COW__CELL(c)->at, &fresh)) return NULL;
    r->v = fresh;
    cow__version_release(old); /* last: its drop hook may use this reader */
    return COW__F(_value)(r->v);
}

/* Gives up what the reader holds; may be repeated. */
COW__INLINE void COW__F(idle)(COW__READER *r) {
    cow__version *v = r->v;
    r->v = NULL;
    cow__version_release(v);
}

/* ---- Waiting for a new version ---- */

/* How often the value was replaced. Whoever reads the cell later, sees at least that version. */
COW__INLINE size_t COW__F(version)(const COW__N *c) { return COW__LOAD(&COW__CELL(c)->changes, COW__ACQUIRE); }

/* Waits until x_version is no longer `seen`; false when it still is after `timeout` nanoseconds. On Linux the thread sleeps
   (futex), elsewhere it spins. */
COW__INLINE bool COW__F(wait)(COW__N *c, size_t seen, uint64_t timeout) {
    return cow__cell_wait(COW__CELL(c), seen, timeout);
}

#if !defined(COW_LIST) && !defined(COW_LIST_SET)

/* ---- Replacing ---- */

/* Makes `value` the current one. COW_NOMEM. */
COW__INLINE bool COW__F(store)(COW__N *c, COW__T value) {
    cow__version *v = COW__F(_version)(value);
    if (v) cow__version_release(cow__cell_exchange(COW__CELL(c), v));
    return v != NULL;
}

/* The same, and gives the version that was there to *old. */
COW__INLINE bool COW__F(exchange)(COW__N *c, COW__T value, COW__SNAPSHOT *old) {
    cow__version *v = COW__F(_version)(value);
    if (v) old->v = cow__cell_exchange(COW__CELL(c), v);
    return v != NULL;
}

/* Makes `value` the current one if the cell still holds the version of *expected; else false with COW_CONFLICT. Versions
   are compared, not values: one that was replaced by an equal one is another, but all that are empty are one. *expected
   stays. */
COW__INLINE bool COW__F(compare_exchange)(COW__N *c, const COW__SNAPSHOT *expected, COW__T value) {
    cow__version *v = COW__F(_version)(value);
    if (v && cow__cell_replace(&c->c, expected->v, v)) return true;
    if (v) cow__version_free(v);
    return false;
}

typedef bool (*COW__F(_edit_fn))(COW__T *value, void *ctx);
static inline bool COW__F(_edit)(const cow__edit *e, void *value) {
    return ((COW__F(_edit_fn))e->fn)((COW__T *)value, e->ctx);
}

/* Lets `fn` change a copy of the current value and makes that the current one; calls it again with a new copy when another
   thread was faster. When `fn` returns false, nothing happens (COW_HOOK). The value of an empty cell is zero bytes, for
   `fn` and for COW_DROP. Lock-free, if `fn` is. */
COW__INLINE bool COW__F(update)(COW__N *c, bool (*fn)(COW__T *value, void *ctx), void *ctx) {
    cow__edit edit = {COW__F(_edit), (void (*)(void))fn, ctx};
    return cow__cell_update(&c->c, &COW__F(_type), &edit);
}

#endif
#endif
