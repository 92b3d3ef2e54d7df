/* SPDX-License-Identifier: MIT */
/* list_set: `#define COW_LIST_SET x, K` and include: Java's CopyOnWriteArraySet, with lookups by hash. Floor 5, built on
   list_common and map_whole.

   A cell (which see: borrow, load, snapshots, cached readers and waiting are the same) of the set type x_set, made along
   with it from the same options; its rules are those of lists, but that drop hooks run by a change must not change the set,
   either. A change copies one leaf of the set, whatever its size; what a version keeps of older ones is said in map. The
   order of iteration is not specified.

   With COW_KEEP_ORDER it is the order of insertion: the value of the cell is the struct x_ordered then, a set and an array
   of copies of its keys. Iterating is as fast as over an array, adding stays O(1), and every change that may remove is
   O(n). */
#ifdef COW_LIST_SET

#include "array_core.h"
#include "list_common.h"
#include "map_whole.h"

/* ---- The order of the keys ---- */

#ifdef COW_KEEP_ORDER

/* Puts a key that is absent behind all others. */
COW__INLINE bool COW__F(_append)(COW__T *all, const COW__K *key) {
    return cow__array_append(&all->order, key, 1, COW__COPIED, &COW__SF(_key_type));
}

static inline bool COW__F(_is_in)(void *set, const void *key, const void *last) {
    (void)last;
    return COW__SF(contains)((const COW__SET *)set, (const COW__K *)key);
}

/* Removes a key. What owns something must not stay behind the end of a shared buffer: then the rest is copied. */
COW__INLINE bool COW__F(_unlist)(COW__T *all, const COW__K *key) {
    const COW__K *p = (const COW__K *)(const void *)all->order.p;
    size_t i = 0, n = all->order.n;
    while (i < n && !COW__SF(_equal)(p + i, key)) i++;
    if (i == n) return cow__fail(COW_ABSENT); /* an equality that contradicts itself */
    if (!cow__array_erase(&all->order, i, i + 1, &COW__SF(_key_type))) return false;
    if (!COW__SF(_key_type).drop || (i > 0 && i + 1 < n)) return true;
    if (n > 1) return cow__array_reserve(&all->order, n - 1, &COW__SF(_key_type));
    cow__buffer_release(all->order.h, all->order.p, false);
    memset((void *)&all->order, 0, sizeof all->order);
    return true;
}

/* Makes the order that of the set, which was changed since it was that of `old`: what is gone goes, what is new follows. */
COW__INLINE bool COW__F(_reorder)(COW__T *all, const COW__T *old) {
    if (!cow__array_filter(&all->order, COW__F(_is_in), &all->set, &COW__SF(_key_type))) return false;
    if (all->order.n == COW__SF(len)(&all->set)) return true;
    COW__EACH_RUN (COW__K, it, COW__SF(_scan)(&all->set)) {
        if (!COW__SF(contains)(&old->set, it) && !COW__F(_append)(all, it)) return false;
    }
    return true;
}

#else

COW__INLINE bool COW__F(_append)(COW__T *all, const COW__K *key) {
    (void)all, (void)key;
    return true;
}
COW__INLINE bool COW__F(_unlist)(COW__T *all, const COW__K *key) {
    (void)all, (void)key;
    return true;
}
COW__INLINE bool COW__F(_reorder)(COW__T *all, const COW__T *old) {
    (void)all, (void)old;
    return true;
}

#endif

/* ---- Reading: lock-free, and nothing is counted ---- */

/* Copies all keys to `out`, which has room for `room` of them, and says in *n how many there are. COW_RANGE, and only *n is
   written, when they are more. O(n). */
COW__INLINE bool COW__F(copy_to)(const COW__N *s, COW__K *out, size_t room, size_t *n) {
    COW__GUARD g;
    size_t i = 0;
    if (!COW__F(borrow)(s, &g)) return false;
    *n = COW__SF(len)(COW__SET_OF(g.value));
    bool ok = *n <= room || cow__fail(COW_RANGE);
    if (ok) COW__EACH_MEMBER(it, g.value) {
            ok = cow__element_copy(&COW__SF(_key_type), (void *)(out + i), it);
            if (!ok) break;
            i++;
        }
    cow_error_code why = cow_error();
    if (!ok) cow__elements_drop(&COW__SF(_key_type), (void *)out, (void *)(out + i));
    COW__F(end)(&g);
    return ok || cow__fail(why);
}

/* ---- Iterators: over the version that was there when they began ---- */

#define COW__LIST_ITER COW__F(iter)
typedef struct COW__LIST_ITER {
    COW__SNAPSHOT s;
    const COW__K *at, *end;
    cow__scan scan;
} COW__LIST_ITER;

COW__INLINE bool COW__F(iter_of)(const COW__N *s, COW__LIST_ITER *out) {
    if (!COW__F(snapshot_of)(s, &out->s)) return false;
    const COW__T *all = COW__F(snapshot_value)(&out->s);
    out->at = out->end = NULL;
#ifdef COW_KEEP_ORDER
    size_t n;
    out->at = COW__F(ordered_keys)(all, &n);
    out->end = out->at ? out->at + n : NULL;
#else
    out->scan = COW__SF(_scan)(all);
#endif
    return true;
}

/* Points *out at the next key, until the iterator is dropped; false at the end. */
COW__INLINE bool COW__F(iter_next)(COW__LIST_ITER *it, const COW__K **out) {
#ifndef COW_KEEP_ORDER
    if (it->at == it->end && it->s.v && cow__scan_next(&it->scan)) {
        it->at = (const COW__K *)it->scan.run;
        it->end = (const COW__K *)it->scan.end;
    }
#endif
    if (it->at == it->end) return false;
    *out = it->at++;
    return true;
}

/* Gives the iterator up, also at its end; may be repeated. */
COW__INLINE void COW__F(iter_drop)(COW__LIST_ITER *it) {
    COW__F(snapshot_drop)(&it->s);
    it->at = it->end = NULL;
}

/* ---- Changing: a writer at a time ---- */

/* Adds a key that is absent; false with COW_EXISTS when it is there. */
COW__INLINE bool COW__F(add)(COW__N *s, COW__K key) {
    cow__change c;
    bool found = false;
    if (!COW__F(_look)(s, &key, &found)) return false;
    if (found) return cow__fail(COW_EXISTS);
    COW__T *all = COW__F(_begin)(s, &c);
    if (!all) return false;
    bool ok = !COW__SF(contains)(COW__SET_OF(all), &key) || cow__fail(COW_EXISTS);
    return COW__F(_end)(s, &c, ok && COW__F(_append)(all, &key) && COW__SF(put)(COW__SET_OF(all), key));
}

/* Puts a copy of a key, if it is absent. */
COW__INLINE bool COW__F(_put_copy)(COW__T *all, const COW__K *key) {
    COW__K copy = *key;
    if (COW__SF(contains)(COW__SET_OF(all), key)) return true;
    if (!COW__F(_append)(all, key) || !cow__element_copy(&COW__SF(_key_type), (void *)&copy, key)) return false;
    if (COW__SF(put)(COW__SET_OF(all), copy)) return true;
    cow_error_code why = cow_error();
    cow__elements_drop(&COW__SF(_key_type), (void *)&copy, (void *)(&copy + 1));
    return cow__fail(why);
}

/* Adds copies of those of the `n` keys that are absent; says in *added (NULL: does not) how many they are. O(n). */
COW__INLINE bool COW__F(add_all)(COW__N *s, const COW__K *keys, size_t n, size_t *added) {
    cow__change c;
    COW__T *all = COW__F(_begin)(s, &c);
    if (!all) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) ok = COW__F(_put_copy)(all, keys + i);
    return COW__F(_end_if_changed)(s, &c, ok, added);
}

/* Removes a key; false with COW_ABSENT when it is not there. */
COW__INLINE bool COW__F(remove)(COW__N *s, const COW__K *key) {
    cow__change c;
    bool found = false;
    if (!COW__F(_look)(s, key, &found)) return false;
    if (!found) return cow__fail(COW_ABSENT);
    COW__T *all = COW__F(_begin)(s, &c);
    if (!all) return false;
    bool ok = COW__SF(contains)(COW__SET_OF(all), key) || cow__fail(COW_ABSENT);
    return COW__F(_end)(s, &c, ok && COW__F(_unlist)(all, key) && COW__SF(erase)(COW__SET_OF(all), key));
}

/* Remove those keys that are among the `n` at `keys`, or that are not; say in *removed (NULL: do not) how many. */
COW__INLINE bool COW__F(_remove_among)(COW__N *s, const COW__K *keys, size_t n, bool among, size_t *removed) {
    cow__change c;
    COW__SET others;
    if (!COW__SF(from)(&others, keys, n)) return false;
    COW__T *all = COW__F(_begin)(s, &c);
    bool ok =
        all &&
        (among ? COW__SF(difference)(COW__SET_OF(all), &others) : COW__SF(intersection)(COW__SET_OF(all), &others)) &&
        COW__F(_reorder)(all, COW__F(_value)(c.old));
    ok = all && COW__F(_end_if_changed)(s, &c, ok, removed);
    cow_error_code why = cow_error();
    COW__SF(drop)(&others);
    return ok || cow__fail(why);
}

COW__INLINE bool COW__F(remove_all)(COW__N *s, const COW__K *keys, size_t n, size_t *removed) {
    return COW__F(_remove_among)(s, keys, n, true, removed);
}

COW__INLINE bool COW__F(retain_all)(COW__N *s, const COW__K *keys, size_t n, size_t *removed) {
    return COW__F(_remove_among)(s, keys, n, false, removed);
}

typedef struct COW__F(_doom) {
    bool (*remove)(const COW__K *key, void *ctx);
    void *ctx;
} COW__F(_doom);

static inline bool COW__F(_keeps)(const COW__K *key, void *doom) {
    COW__F(_doom) *d = (COW__F(_doom) *)doom;
    return !d->remove(key, d->ctx);
}

/* Removes the keys for which `fn` returns true; it sees each once, in no order. O(n). */
COW__INLINE bool COW__F(remove_if)(COW__N *s, bool (*fn)(const COW__K *key, void *ctx), void *ctx, size_t *removed) {
    COW__F(_doom) d = {fn, ctx};
    cow__change c;
    COW__T *all = COW__F(_begin)(s, &c);
    if (!all) return false;
    bool ok = COW__SF(retain_if)(COW__SET_OF(all), COW__F(_keeps), &d);
    return COW__F(_end_if_changed)(s, &c, ok && COW__F(_reorder)(all, COW__F(_value)(c.old)), removed);
}

/* A transaction: lets `fn` change a copy of the set as it likes, and publishes the result at once. Other writers wait. When
   `fn` returns false, nothing happens (COW_HOOK). In the order of insertion, new keys follow the others in no specified
   order; one that was replaced by an equal one keeps its place, and the copy that stands there. */
COW__INLINE bool COW__F(update)(COW__N *s, bool (*fn)(COW__SET *all, void *ctx), void *ctx) {
    cow__change c;
    COW__T *all = COW__F(_begin)(s, &c);
    if (!all) return false;
    bool ok = fn(COW__SET_OF(all), ctx) || cow__fail(COW_HOOK);
    return COW__F(_end)(s, &c, ok && COW__F(_reorder)(all, COW__F(_value)(c.old)));
}

/* ---- Making ---- */

/* Makes *s, which no other thread uses yet and which is not read, a set of copies of the `n` keys. O(n). */
COW__INLINE bool COW__F(from)(COW__N *s, const COW__K *keys, size_t n) {
    COW__N made;
    memset((void *)&made, 0, sizeof made);
    bool ok = COW__F(add_all)(&made, keys, n, NULL);
    if (ok)
        memcpy((void *)s, (const void *)&made, sizeof made); /* nobody knows its address yet */
    else
        COW__F(drop)(&made);
    return ok;
}

#endif
