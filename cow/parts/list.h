/* SPDX-License-Identifier: MIT */
/* list: `#define COW_LIST x, T` and include: Java's CopyOnWriteArrayList, with O(1) adding. Floor 5, built on
   list_common.

   A list is a cell (which see: borrow, load, snapshots, cached readers and waiting are the same) whose value is the array
   type x_array, made along with it from the same options. Everything here may be called by any number of threads at once,
   but x_drop, x_from, and the functions of one iterator, writer or sub-list object. Reading never waits for anybody: it
   sees the version that was there when it began. Writers wait for each other. Each change makes a new version of all that
   it changes together: O(n), unless its comment says otherwise.

   False, 0, NULL or COW_NPOS (and a list that x_is_empty) with cow_error() say that nothing happened: COW_NOMEM, COW_HOOK
   and COW_RANGE as arrays do, and COW_NOMEM when a thread reads for the first time and has no record. An element passed by
   value belongs to the list on success and stays the caller's on failure; those given by pointer are copied, and may be a
   version's own. Hooks and functions run by a change may read the list, but not change it: they would wait for themselves.
   Drop hooks may do both, but for those of copies that a failed change gives up, and of what a function of the caller's
   drops. Versions of empty lists are all the same one: what was filled and emptied again is not seen as changed. A child of
   fork must not change a list that another thread was changing. */
#ifdef COW_LIST

#include "array_order.h"
#include "list_common.h"

/* ---- Making ---- */

/* Makes *l, which no other thread uses yet and which is not read, a list of copies of the `n` elements at `src`. */
COW__INLINE bool COW__F(from)(COW__N *l, const COW__E *src, size_t n) {
    COW__T all;
    if (!COW__AF(from)(&all, src, n)) return false;
    cow__version *v = COW__F(_version)(all);
    if (!v) {
        COW__AF(drop)(&all);
        return false;
    }
    memset((void *)l, 0, sizeof *l);
    (void)cow__list_exchange(&l->c, v);
    return true;
}

/* ---- Reading: lock-free, and nothing is counted ---- */

/* Makes *out a copy of the `n` elements at `src`, one each by the copy hook. */
COW__INLINE bool COW__F(_copies)(COW__E *out, const COW__E *src, size_t n) {
    return cow__elements_copy(&COW__AF(_type), (void *)out, src, n);
}

/* Makes *out a copy of element `i`; *out is written on success only. COW_RANGE. */
COW__INLINE bool COW__F(get)(const COW__N *l, size_t i, COW__E *out) {
    COW__GUARD g;
    if (!COW__F(borrow)(l, &g)) return false;
    const COW__E *at = COW__AF(get)(g.value, i);
    if (!at) {
        COW__F(end)(&g);
        return false;
    }
    COW__E copy = *at; /* in C++, T need not have a constructor without arguments */
    bool ok = COW__F(_copies)(&copy, at, 1);
    COW__F(end)(&g);
    if (ok) *out = copy;
    return ok;
}

/* Copies all elements to `out`, which has room for `room` of them, and says in *n how many there are. COW_RANGE, and only
   *n is written, when they are more. O(n). */
COW__INLINE bool COW__F(copy_to)(const COW__N *l, COW__E *out, size_t room, size_t *n) {
    COW__GUARD g;
    if (!COW__F(borrow)(l, &g)) return false;
    *n = g.value->n;
    bool ok = *n <= room ? COW__F(_copies)(out, g.value->p, *n) : cow__fail(COW_RANGE);
    COW__F(end)(&g);
    return ok;
}

/* The index of the first element equal to *v, or of the first at `from` or behind; COW_NPOS when there is none. O(n). */
COW__INLINE size_t COW__F(index_of_from)(const COW__N *l, const COW__E *v, size_t from) {
    COW__GUARD g;
    if (!COW__F(borrow)(l, &g)) return COW_NPOS;
    size_t i = COW__AF(index_of_from)(g.value, v, from);
    COW__F(end)(&g);
    return i;
}

COW__INLINE size_t COW__F(index_of)(const COW__N *l, const COW__E *v) { return COW__F(index_of_from)(l, v, 0); }

/* The index of the last element equal to *v, or of the last at `from` or before; COW_NPOS when there is none. O(n). */
COW__INLINE size_t COW__F(last_index_of_from)(const COW__N *l, const COW__E *v, size_t from) {
    COW__GUARD g;
    if (!COW__F(borrow)(l, &g)) return COW_NPOS;
    size_t i = COW__AF(last_index_of_from)(g.value, v, from);
    COW__F(end)(&g);
    return i;
}

COW__INLINE size_t COW__F(last_index_of)(const COW__N *l, const COW__E *v) {
    return COW__F(last_index_of_from)(l, v, COW_NPOS);
}

/* ---- Changing: a writer at a time ---- */

/* What was removed at an end of a shared buffer would live as long as that does. If it owns something, the rest is copied. */
COW__INLINE bool COW__F(_part)(const COW__T *old, COW__T *fresh) {
    if (!COW__AF(_type).drop || fresh->h != old->h || (fresh->p == old->p && fresh->n >= old->n)) return true;
    if (fresh->n) return COW__AF(reserve)(fresh, fresh->n);
    COW__AF(drop)(fresh);
    return true;
}

/* Appends `v`. Amortised O(1), also while others hold versions: the tail of the storage is claimed, nothing is copied. */
COW__INLINE bool COW__F(add)(COW__N *l, COW__E v) {
    cow__change c;
    if (!cow__list_begin(&l->c, &COW__F(_type), &c)) return false;
    const COW__T *old = COW__F(_value)(c.old);
    COW__T *fresh = (COW__T *)cow__version_value(c.fresh);
    if (old->h && cow__list_claim(&c, old->h, old->p + old->n, &COW__AF(_type))) {
        *fresh = *old;
        fresh->p[fresh->n++] = v;
        return COW__F(_end)(l, &c, true);
    }
    *fresh = COW__AF(copy)(old);
    return COW__F(_end)(l, &c, COW__AF(push)(fresh, v));
}

/* Inserts `v` before element `i`; i may be the length. */
COW__INLINE bool COW__F(add_at)(COW__N *l, size_t i, COW__E v) {
    cow__change c;
    COW__T *all = COW__F(_begin)(l, &c);
    return all && COW__F(_end)(l, &c, COW__AF(insert)(all, i, v));
}

/* Appends copies of the `n` elements at `src`: all at once, or none. Amortised O(n), as add. */
COW__INLINE bool COW__F(add_all)(COW__N *l, const COW__E *src, size_t n) {
    cow__change c;
    COW__T *all = COW__F(_begin)(l, &c);
    return all && COW__F(_end_if_changed)(l, &c, COW__AF(push_n)(all, src, n), NULL);
}

/* Inserts them before element `i`. */
COW__INLINE bool COW__F(add_all_at)(COW__N *l, size_t i, const COW__E *src, size_t n) {
    cow__change c;
    COW__T *all = COW__F(_begin)(l, &c);
    return all && COW__F(_end_if_changed)(l, &c, COW__AF(insert_n)(all, i, src, n), NULL);
}

/* The locked half of what follows: looks again unless the list still holds the version `seen`, where `v` is absent. */
COW__INLINE bool COW__F(_add_unless_there)(COW__N *l, COW__E v, const cow__version *seen) {
    cow__change c;
    COW__T *all = COW__F(_begin)(l, &c);
    if (!all) return false;
    bool absent = c.old == seen || !COW__AF(contains)(all, &v) || cow__fail(COW_EXISTS);
    return COW__F(_end)(l, &c, absent && COW__AF(push)(all, v));
}

/* Appends `v` if no element equals it, else false with COW_EXISTS. Looks before it takes the lock, and again when the list
   was changed meanwhile. O(n) to look. */
COW__INLINE bool COW__F(add_if_absent)(COW__N *l, COW__E v) {
    COW__GUARD g;
    if (!COW__F(borrow)(l, &g)) return false;
    bool absent = !COW__AF(contains)(g.value, &v) || cow__fail(COW_EXISTS);
    bool added = absent && COW__F(_add_unless_there)(l, v, g.g.at);
    COW__F(end)(&g); /* last: it may drop what it borrowed, whose hooks may change the list */
    return added;
}

/* Appends copies of those of the `n` elements at `src` that are absent, each once; says in *added (NULL: does not) how many
   they are. O(n * length). */
COW__INLINE bool COW__F(add_all_absent)(COW__N *l, const COW__E *src, size_t n, size_t *added) {
    cow__change c;
    COW__T *all = COW__F(_begin)(l, &c);
    if (!all) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++)
        if (!COW__AF(contains)(all, src + i)) ok = COW__AF(push_n)(all, src + i, 1);
    return COW__F(_end_if_changed)(l, &c, ok, added);
}

/* Gives an element up, or to *out. */
COW__INLINE void COW__F(_hand_over)(COW__E *e, COW__E *out) {
    if (out)
        *out = *e;
    else
        cow__elements_drop(&COW__AF(_type), (void *)e, (void *)(e + 1));
}

/* Puts `v` in the place of element `i`, which *was becomes; it is `v` before. Elements that are the same bytes are not
   copied for it. */
COW__INLINE bool COW__F(_swap_in)(COW__T *all, size_t i, COW__E v, COW__E *was) {
    if (i < all->n && memcmp((const void *)(all->p + i), (const void *)&v, sizeof v) == 0) return true;
    COW__E *at = COW__AF(mut)(all, i);
    if (!at) return false;
    *was = *at;
    *at = v;
    return true;
}

/* Replaces element `i` by `v`, and gives the old one to *old or drops it when `old` is NULL. A new version is published in
   any case, but copied only when the two differ as bytes, padding included. COW_RANGE. */
COW__INLINE bool COW__F(set)(COW__N *l, size_t i, COW__E v, COW__E *old) {
    cow__change c;
    COW__E was = v;
    COW__T *all = COW__F(_begin)(l, &c);
    if (!all || !COW__F(_end)(l, &c, COW__F(_swap_in)(all, i, v, &was))) return false;
    COW__F(_hand_over)(&was, old);
    return true;
}

/* Ends a change that takes element `i` away, of which *out becomes a copy. */
COW__INLINE bool COW__F(_take)(COW__N *l, cow__change *c, size_t i, COW__E *out) {
    COW__T *all = (COW__T *)cow__version_value(c->fresh);
    const COW__T *old = COW__F(_value)(c->old);
    if (!out || i >= all->n) return COW__F(_end)(l, c, COW__AF(take)(all, i, NULL) && COW__F(_part)(old, all));
    COW__E copy = all->p[i];
    if (!COW__F(_copies)(&copy, all->p + i, 1)) return COW__F(_end)(l, c, false);
    bool ok = COW__F(_end)(l, c, COW__AF(take)(all, i, NULL) && COW__F(_part)(old, all));
    cow_error_code why = cow_error();
    COW__F(_hand_over)(&copy, ok ? out : NULL);
    return ok || cow__fail(why);
}

/* Removes element `i` and gives a copy of it to *out, or drops it when `out` is NULL. At either end nothing is copied if
   elements own nothing. COW_RANGE, and COW_ABSENT when the list is empty. */
COW__INLINE bool COW__F(remove_at)(COW__N *l, size_t i, COW__E *out) {
    cow__change c;
    return COW__F(_begin)(l, &c) && COW__F(_take)(l, &c, i, out);
}

/* The same with the last element. */
COW__INLINE bool COW__F(pop)(COW__N *l, COW__E *out) {
    cow__change c;
    const COW__T *all = COW__F(_begin)(l, &c);
    return all && COW__F(_take)(l, &c, all->n ? all->n - 1 : 0, out);
}

/* Removes the first element equal to *v; false with COW_ABSENT when there is none. */
COW__INLINE bool COW__F(remove)(COW__N *l, const COW__E *v) {
    cow__change c;
    COW__T *all = COW__F(_begin)(l, &c);
    if (!all) return false;
    size_t i = COW__AF(index_of)(all, v);
    bool found = i != COW_NPOS || cow__fail(COW_ABSENT);
    return COW__F(_end)(l, &c, found && COW__AF(erase)(all, i) && COW__F(_part)(COW__F(_value)(c.old), all));
}

/* Which elements to keep. */
typedef struct COW__F(_choice) {
    COW__T others; /* those among these, or those that are not */
    bool among;
    bool (*remove)(const COW__E *e, void *ctx); /* NULL: as above */
    void *ctx;
} COW__F(_choice);

static inline bool COW__F(_keeps_among)(const COW__E *e, void *keep) {
    COW__F(_choice) *k = (COW__F(_choice) *)keep;
    return COW__AF(contains)(&k->others, e) == k->among;
}

static inline bool COW__F(_keeps_unless)(const COW__E *e, void *keep) {
    COW__F(_choice) *k = (COW__F(_choice) *)keep;
    return !k->remove(e, k->ctx);
}

COW__INLINE bool COW__F(_filter)(COW__N *l, bool (*keeps)(const COW__E *e, void *keep), COW__F(_choice) * k,
                                 size_t *removed) {
    cow__change c;
    COW__T *all = COW__F(_begin)(l, &c);
    return all && COW__F(_end_if_changed)(l, &c, COW__AF(retain_if)(all, keeps, k), removed);
}

/* Remove those that equal one of the `n` elements at `src`, or that equal none of them; say in *removed (NULL: do not) how
   many. O(n * length). */
COW__INLINE bool COW__F(remove_all)(COW__N *l, const COW__E *src, size_t n, size_t *removed) {
    COW__F(_choice) k = {COW__AF(borrow)(src, n), false, NULL, NULL};
    return COW__F(_filter)(l, COW__F(_keeps_among), &k, removed);
}

COW__INLINE bool COW__F(retain_all)(COW__N *l, const COW__E *src, size_t n, size_t *removed) {
    COW__F(_choice) k = {COW__AF(borrow)(src, n), true, NULL, NULL};
    return COW__F(_filter)(l, COW__F(_keeps_among), &k, removed);
}

/* Removes the elements for which `fn` returns true; it sees each once. */
COW__INLINE bool COW__F(remove_if)(COW__N *l, bool (*fn)(const COW__E *e, void *ctx), void *ctx, size_t *removed) {
    COW__F(_choice) k = {COW__AF(borrow)(NULL, 0), false, fn, ctx};
    return COW__F(_filter)(l, COW__F(_keeps_unless), &k, removed);
}

/* Lets `fn` change a copy of each element, in their order; when it returns false, nothing happens (COW_HOOK). */
COW__INLINE bool COW__F(replace_all)(COW__N *l, bool (*fn)(COW__E *e, void *ctx), void *ctx) {
    cow__change c;
    COW__T *all = COW__F(_begin)(l, &c);
    if (!all) return false;
    COW__E *p = all->n ? COW__AF(edit)(all) : NULL;
    bool ok = p || !all->n;
    for (size_t i = 0; ok && i < all->n; i++) ok = fn(p + i, ctx) || cow__fail(COW_HOOK);
    return COW__F(_end)(l, &c, ok);
}

/* Sort; equal elements keep their order. O(n log n). */
COW__INLINE bool COW__F(sort_by)(COW__N *l, COW__AF(compare_fn) cmp, void *ctx) {
    cow__change c;
    COW__T *all = COW__F(_begin)(l, &c);
    return all && COW__F(_end)(l, &c, COW__AF(sort_stable_by)(all, cmp, ctx));
}

COW__INLINE bool COW__F(sort)(COW__N *l) {
    cow__change c;
    COW__T *all = COW__F(_begin)(l, &c);
    return all && COW__F(_end)(l, &c, COW__AF(sort_stable)(all));
}

/* ---- Changing all of it ---- */

/* A transaction: lets `fn` change a copy of the array as it likes, and publishes the result at once. Other writers wait.
   When `fn` returns false, nothing happens (COW_HOOK). */
COW__INLINE bool COW__F(update)(COW__N *l, bool (*fn)(COW__T *all, void *ctx), void *ctx) {
    cow__change c;
    COW__T *all = COW__F(_begin)(l, &c);
    return all &&
           COW__F(_end)(l, &c, (fn(all, ctx) || cow__fail(COW_HOOK)) && COW__F(_part)(COW__F(_value)(c.old), all));
}

/* Makes `all` the elements. O(1). */
COW__INLINE bool COW__F(store)(COW__N *l, COW__T all) {
    cow__version *v = COW__F(_version)(all);
    if (v) cow__version_release(cow__list_exchange(&l->c, v));
    return v != NULL;
}

/* The same, and gives the version that was there to *old. */
COW__INLINE bool COW__F(exchange)(COW__N *l, COW__T all, COW__SNAPSHOT *old) {
    cow__version *v = COW__F(_version)(all);
    if (v) old->v = cow__list_exchange(&l->c, v);
    return v != NULL;
}

/* The same if the list still holds the version of *expected; else false with COW_CONFLICT. *expected stays. */
COW__INLINE bool COW__F(compare_exchange)(COW__N *l, const COW__SNAPSHOT *expected, COW__T all) {
    cow__version *v = COW__F(_version)(all);
    if (v && cow__list_replace(&l->c, expected->v, v)) return true;
    if (v) cow__version_free(v);
    return false;
}

/* Makes *to hold what *from holds. O(1). The two may be the same. */
COW__INLINE bool COW__F(assign)(COW__N *to, const COW__N *from) {
    COW__T all;
    if (!COW__F(load)(from, &all)) return false;
    if (COW__F(store)(to, all)) return true;
    COW__AF(drop)(&all);
    return false;
}

#endif
