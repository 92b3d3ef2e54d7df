/* SPDX-License-Identifier: MIT */
/* map_whole: whole maps and sets: making, iterating, filtering, combining, comparing. Floor 4, built on map. Continues the
   instantiation.

   Versions of one map share nodes, and what two maps share is skipped: combining or comparing them costs what differs, not
   what they hold. */
#if (defined(COW_MAP) || defined(COW_SET)) && !defined(COW_FORWARD)

#include "each.h"
#include "map.h"

/* Never defined. Their names say which type lacks what; compilers and linkers print them. */
extern void COW__F(needs_COW_VALUE_EQUAL)(void)
    COW__COMPILE_ERROR("cow: equality of values is needed here: #define COW_VALUE_EQUAL before including cow.h");
extern void COW__F(needs_COW_VALUE_HASH)(void)
    COW__COMPILE_ERROR("cow: a hash of values is needed here: #define COW_VALUE_HASH before including cow.h");
#if COW__HAS_VALUES
#define COW__NEED_VALUE(has, what)  \
    do {                            \
        if (!(has)) COW__F(what)(); \
    } while (0)
#define COW__PAIR_HAS_EQUAL COW__VALUE_HAS_EQUAL
#define COW__PAIR_HAS_HASH COW__VALUE_HAS_HASH
#else
#define COW__NEED_VALUE(has, what) ((void)0)
#define COW__PAIR_HAS_EQUAL 1
#define COW__PAIR_HAS_HASH 1
#endif

/* ---- Iterating ---- */

COW__INLINE cow__scan COW__F(_scan)(const COW__N *m) {
    cow__scan s;
    COW__F(_check)(m, "use after drop");
    cow__scan_begin(&s, &m->m, &COW__F(_type));
    return s;
}

/* Calls `fn` with runs of pairs until it returns false; returns whether it never did. */
COW__INLINE bool COW__F(each)(const COW__N *m, bool (*fn)(const COW__PAIR *run, size_t n, void *ctx), void *ctx) {
    cow__scan s = COW__F(_scan)(m);
    while (cow__scan_next(&s)) {
        const COW__PAIR *run = (const COW__PAIR *)s.run;
        if (!fn(run, (size_t)((const COW__PAIR *)s.end - run), ctx)) return false;
    }
    return true;
}

/* Lets `fn` gather all pairs into *acc. */
COW__INLINE void COW__F(fold)(const COW__N *m, void (*fn)(void *acc, const COW__PAIR *pair), void *acc) {
    COW__EACH_RUN (COW__PAIR, it, COW__F(_scan)(m)) fn(acc, it);
}

/* An iterator holds its own copy: it sees the map as it was when it began, whatever happens to the variable. */
#define COW__ITER COW__F(iter)
typedef struct COW__ITER {
    COW__N held;
    cow__scan scan;
} COW__ITER;

COW__INLINE COW__ITER COW__F(iter_of)(const COW__N *m) {
    COW__ITER it;
    it.held = COW__F(copy)(m);
    it.scan = COW__F(_scan)(&it.held);
    return it;
}

/* Gives up an iterator before its end; may be repeated. */
COW__INLINE void COW__F(iter_drop)(COW__ITER *it) { COW__F(drop)(&it->held); }

/* Points *out at the next pair, until the next call; false at the end, and then the iterator is dropped. */
COW__INLINE bool COW__F(iter_next)(COW__ITER *it, const COW__PAIR **out) {
    if (it->held.m.root && (it->scan.run != it->scan.end || cow__scan_next(&it->scan))) {
        *out = (const COW__PAIR *)it->scan.run;
        it->scan.run = *out + 1;
        return true;
    }
    COW__F(iter_drop)(it);
    return false;
}

/* ---- Making from many ---- */

#if COW__HAS_VALUES
/* Makes *out a map of copies of the `n` keys and values; of equal keys, the last one's value stays. O(n). *out is not read. */
COW__INLINE bool COW__F(from)(COW__N *out, const COW__K *keys, const COW__V *values, size_t n) {
    COW__N made;
    (void)COW__F(new_in)(&made, NULL);
    for (size_t i = 0; i < n; i++) {
        COW__PAIR lent; /* still the caller's: a copy of it is stored */
        lent.key = keys[i];
        lent.value = values[i];
        if (cow__map_store_copy(&made.m, &lent, &COW__F(_type))) continue;
        COW__F(drop)(&made);
        return false;
    }
    *out = made;
    return true;
}

/* Lets `fn` change every value, after making the map unshared: O(n) then. Returns whether all values were visited: false
   when `fn` returned false, which ends it, or when a node could not be copied (COW_NOMEM, COW_HOOK), and then `fn` was
   never called. */
COW__INLINE bool COW__F(update_all)(COW__N *m, bool (*fn)(const COW__K *key, COW__V *value, void *ctx), void *ctx) {
    COW__BEGIN_CHANGE(m);
    bool all = cow__map_own(&m->m, &COW__F(_type));
    cow__scan s = COW__F(_scan)(m);
    while (all && cow__scan_next(&s))
        for (COW__PAIR *p = (COW__PAIR *)(uintptr_t)s.run; all && p != s.end; p++) all = fn(&p->key, &p->value, ctx);
    COW__END_CHANGE(m);
    return all;
}

/* Makes *out a map of the same keys, with values that `fn` makes at `to`. When `fn` returns false, having made nothing, the
   whole fails with COW_HOOK. O(n). *out is not read. */
COW__INLINE bool COW__F(map_values)(COW__N *out, const COW__N *m,
                                    bool (*fn)(COW__V *to, const COW__K *key, const COW__V *from, void *ctx),
                                    void *ctx) {
    COW__N made;
    cow_copy_fn cow__key_copy = COW__KEY_COPY;
    cow__scan s = COW__F(_scan)(m);
    bool ok = COW__F(new_in)(&made, cow__map_alloc(&m->m, &COW__F(_type)));
    while (ok && cow__scan_next(&s)) {
        for (const COW__PAIR *p = (const COW__PAIR *)s.run; ok && p != s.end; p++) {
            COW__K key = p->key;
            COW__V value;
            ok = (!cow__key_copy || cow__key_copy(&key, &p->key)) || cow__fail(COW_HOOK);
            if (!ok) break;
            ok = fn(&value, &p->key, &p->value, ctx) || cow__fail(COW_HOOK);
            if (ok && COW__F(put)(&made, key, value)) continue;
            if (ok) COW__F(_drop_value)(&value);
            COW__F(_drop_key)(&key);
            ok = false;
        }
    }
    if (ok)
        *out = made;
    else
        COW__F(drop)(&made);
    return ok;
}

#else

/* Makes *out a set of copies of the `n` keys. O(n). *out is not read. */
COW__INLINE bool COW__F(from)(COW__N *out, const COW__K *keys, size_t n) {
    COW__N made;
    (void)COW__F(new_in)(&made, NULL);
    for (size_t i = 0; i < n; i++) {
        if (cow__map_store_copy(&made.m, keys + i, &COW__F(_type))) continue;
        COW__F(drop)(&made);
        return false;
    }
    *out = made;
    return true;
}

#endif

/* ---- Filtering: `keep` is asked once for each pair ---- */

typedef bool (*COW__F(_test_fn))(const COW__PAIR *pair, void *ctx);
static inline bool COW__F(_test)(const cow__test *t, const void *pair) {
    return ((COW__F(_test_fn))t->fn)((const COW__PAIR *)pair, t->ctx);
}

/* Keeps the pairs for which `keep` returns true. O(n). */
COW__INLINE bool COW__F(retain_if)(COW__N *m, bool (*keep)(const COW__PAIR *pair, void *ctx), void *ctx) {
    cow__test test = {COW__F(_test), (void (*)(void))keep, ctx};
    COW__BEGIN_CHANGE(m);
    bool ok = cow__map_retain(&m->m, &test, &COW__F(_type));
    COW__END_CHANGE(m);
    return ok;
}

/* Makes *yes a map of the pairs for which `pred` returns true, and *no one of the others. O(n). Neither is read; *m stays. */
COW__INLINE bool COW__F(partition)(const COW__N *m, COW__N *yes, COW__N *no,
                                   bool (*pred)(const COW__PAIR *pair, void *ctx), void *ctx) {
    cow__test test = {COW__F(_test), (void (*)(void))pred, ctx};
    COW__F(_check)(m, "use after drop");
    return cow__map_partition(&m->m, &test, &yes->m, &no->m, &COW__F(_type));
}

/* ---- Combining ---- */

#if COW__HAS_VALUES

typedef bool (*COW__F(_conflict_fn))(COW__V *mine, const COW__K *key, const COW__V *theirs, void *ctx);
static inline bool COW__F(_settle)(const cow__conflict *c, void *mine, const void *key, const void *theirs) {
    return ((COW__F(_conflict_fn))c->fn)((COW__V *)mine, (const COW__K *)key, (const COW__V *)theirs, c->ctx);
}

/* Adds the pairs of *b, which may be *a; of two equal keys, either may stay. `conflict` edits *mine where both maps have a
   key with values that differ; values that are equal, or whose bits are, are never asked about. When it returns false, the
   whole fails with COW_HOOK. NULL: the value of *b is taken. */
COW__INLINE bool COW__F(union)(COW__N *a, const COW__N *b,
                               bool (*conflict)(COW__V *mine, const COW__K *key, const COW__V *theirs, void *ctx),
                               void *ctx) {
    cow__conflict c = {COW__F(_settle), (void (*)(void))conflict, ctx};
    COW__F(_check)(b, "use after drop");
    COW__BEGIN_CHANGE(a);
    bool ok = cow__map_union(&a->m, &b->m, conflict ? &c : NULL, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Keeps the pairs whose keys *b has. `conflict` as for union; NULL: the value of *a stays. */
COW__INLINE bool
COW__F(intersection)(COW__N *a, const COW__N *b,
                     bool (*conflict)(COW__V *mine, const COW__K *key, const COW__V *theirs, void *ctx), void *ctx) {
    cow__conflict c = {COW__F(_settle), (void (*)(void))conflict, ctx};
    COW__F(_check)(b, "use after drop");
    COW__BEGIN_CHANGE(a);
    bool ok = cow__map_intersection(&a->m, &b->m, conflict ? &c : NULL, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

#else

/* Adds the keys of *b, which may be *a. */
COW__INLINE bool COW__F(union)(COW__N *a, const COW__N *b) {
    COW__F(_check)(b, "use after drop");
    COW__BEGIN_CHANGE(a);
    bool ok = cow__map_union(&a->m, &b->m, NULL, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Keeps the keys that *b has. */
COW__INLINE bool COW__F(intersection)(COW__N *a, const COW__N *b) {
    COW__F(_check)(b, "use after drop");
    COW__BEGIN_CHANGE(a);
    bool ok = cow__map_intersection(&a->m, &b->m, NULL, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

#endif

/* Removes the keys that *b has. Shares nodes with what *a was only when *b is small, less than a quarter of *a. */
COW__INLINE bool COW__F(difference)(COW__N *a, const COW__N *b) {
    COW__F(_check)(b, "use after drop");
    COW__BEGIN_CHANGE(a);
    bool ok = cow__map_difference(&a->m, &b->m, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* Makes *a hold the pairs whose keys exactly one of the two has. */
COW__INLINE bool COW__F(symmetric_difference)(COW__N *a, const COW__N *b) {
    COW__F(_check)(b, "use after drop");
    COW__BEGIN_CHANGE(a);
    bool ok = cow__map_symmetric_difference(&a->m, &b->m, &COW__F(_type));
    COW__END_CHANGE(a);
    return ok;
}

/* ---- Comparing ---- */

/* Whether *b has every key of *a. Values are not compared. */
COW__INLINE bool COW__F(is_subset)(const COW__N *a, const COW__N *b) {
    return cow__map_within(&a->m, &b->m, &COW__F(_type));
}

/* Whether both have the same keys with equal values. */
COW__INLINE bool COW__F(equal)(const COW__N *a, const COW__N *b) {
    COW__NEED_VALUE(COW__VALUE_HAS_EQUAL, needs_COW_VALUE_EQUAL);
    return cow__map_equal(&a->m, &b->m, &COW__F(_type));
}

/* Hash of all pairs: equal maps have equal hashes. O(n). */
COW__INLINE uint64_t COW__F(hash)(const COW__N *m, uint64_t seed) {
    COW__NEED_VALUE(COW__VALUE_HAS_HASH, needs_COW_VALUE_HASH);
    return cow__map_hash(&m->m, seed, &COW__F(_type));
}

/* What changed between two versions, pair by pair. The iterator holds its own copies of both. */
#define COW__DIFF_ITER COW__F(diff_iter)
typedef struct COW__DIFF_ITER {
    COW__N was, is;
    cow__versus walk;
    size_t removed;
    bool added; /* the second walk, for what only *is has */
} COW__DIFF_ITER;

COW__INLINE COW__DIFF_ITER COW__F(diff_of)(const COW__N *was, const COW__N *is) {
    COW__DIFF_ITER it;
    it.was = COW__F(copy)(was);
    it.is = COW__F(copy)(is);
    it.removed = 0;
    it.added = false;
    cow__versus_begin(&it.walk, &it.was.m, &it.is.m, COW__HAS_VALUES, &COW__F(_type));
    return it;
}

/* Gives up an iterator before its end; may be repeated. */
COW__INLINE void COW__F(diff_drop)(COW__DIFF_ITER *it) {
    COW__F(drop)(&it->was);
    COW__F(drop)(&it->is);
    it->walk.leaf = NULL;
    it->walk.at = 0;
    it->walk.depth = 0;
    it->added = true;
}

/* Points *was and *is at the next pair that differs, until the next call: *was is NULL when it was added, *is when it was
   removed; when both are there, the value changed (by equality, or by its bits if values have none). False at the end, and
   then the iterator is dropped. */
COW__INLINE bool COW__F(diff_next)(COW__DIFF_ITER *it, const COW__PAIR **was, const COW__PAIR **is) {
    const void *mine, *theirs;
    if (!it->added) {
        if (cow__versus_next(&it->walk, &mine, &theirs)) {
            *was = (const COW__PAIR *)mine;
            *is = (const COW__PAIR *)theirs;
            it->removed += !theirs;
            return true;
        }
        it->added = true;
        cow__versus_begin(&it->walk, &it->is.m, &it->was.m, false, &COW__F(_type));
        /* The numbers tell when nothing was added. */
        if (it->was.m.n - it->removed == it->is.m.n) it->walk.at = 0;
    }
    if (cow__versus_next(&it->walk, &mine, &theirs)) {
        *was = NULL;
        *is = (const COW__PAIR *)mine;
        return true;
    }
    COW__F(diff_drop)(it);
    return false;
}

/* Calls `fn` for every pair that differs, as diff_next describes it, until `fn` returns false; returns whether it never
   did. Counts nothing: neither map may change meanwhile. */
COW__INLINE bool COW__F(diff)(const COW__N *was, const COW__N *is,
                              bool (*fn)(const COW__PAIR *was, const COW__PAIR *is, void *ctx), void *ctx) {
    cow__versus walk;
    const void *mine, *theirs;
    size_t removed = 0;
    COW__F(_check)(was, "use after drop");
    COW__F(_check)(is, "use after drop");
    cow__versus_begin(&walk, &was->m, &is->m, COW__HAS_VALUES, &COW__F(_type));
    while (cow__versus_next(&walk, &mine, &theirs)) {
        removed += !theirs;
        if (!fn((const COW__PAIR *)mine, (const COW__PAIR *)theirs, ctx)) return false;
    }
    if (was->m.n - removed == is->m.n) return true; /* nothing was added */
    cow__versus_begin(&walk, &is->m, &was->m, false, &COW__F(_type));
    while (cow__versus_next(&walk, &mine, &theirs))
        if (!fn(NULL, (const COW__PAIR *)mine, ctx)) return false;
    return true;
}

/* ---- Memory, in bytes of nodes; what keys and values own is not counted. O(n) ---- */

/* Lets go of old versions of nodes that a map once shared and still keeps alive. A change of a shared map leaves them
   behind, up to four in each node with all that is below them; later changes near them clear them away. A map that was
   changed under a snapshot and is only read from then on may keep about as much again as it holds: call this when the
   snapshots are gone. Their pairs are dropped now. Never fails. O(n). */
COW__INLINE void COW__F(compact)(COW__N *m) {
    COW__BEGIN_CHANGE(m);
    cow__map_compact(&m->m, &COW__F(_type));
    COW__END_CHANGE(m);
}

/* All that this value keeps alive. */
COW__INLINE size_t COW__F(bytes)(const COW__N *m) { return cow__map_bytes(&m->m, &COW__F(_type)); }

/* What would be freed with this value, because nobody shares it. */
COW__INLINE size_t COW__F(bytes_owned)(const COW__N *m) { return cow__map_bytes_owned(&m->m, &COW__F(_type)); }

/* What both values hold. */
COW__INLINE size_t COW__F(bytes_shared)(const COW__N *a, const COW__N *b) {
    return cow__map_bytes_shared(&a->m, &b->m, &COW__F(_type));
}

#endif
