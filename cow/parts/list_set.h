/* SPDX-License-Identifier: MIT */
/* list_set: `#define COW_LIST_SET x, K` and include: Java's CopyOnWriteArraySet, with lookups by hash. Floor 5, built on cell and
   map_whole.

   A cell (which see: borrow, load, snapshots, cached readers and waiting are the same) of the set type x_set, made along with it
   from the same options; its rules are those of lists, but that drop hooks run by a change must not change the set, either. A change copies
   one leaf of the set, whatever its size; what a version keeps of older ones is said in map. The order of iteration is not specified.

   With COW_KEEP_ORDER it is the order of insertion: the value of the cell is the struct x_ordered then, a set and an array of copies of
   its keys. Iterating is as fast as over an array, adding stays O(1), and every change that may remove is O(n). */
#ifdef COW_LIST_SET

#include "cell.h"
#include "map_whole.h"
#include "str_write.h"
#include "value_hooks.h"

/* ---- Values: the set alone, or with its keys in order ---- */

#ifdef COW_KEEP_ORDER

#define COW__SET_OF(all) (&(all)->set)

/* The keys in the order of their insertion; says in *n how many there are. O(1). */
COW__INLINE const COW__K *COW__F(ordered_keys)(const COW__T *all, size_t *n) {
    *n = all->order.n;
    return (const COW__K *)(const void *)all->order.p;
}

COW__INLINE COW__T COW__F(_copy)(const COW__T *all) {
    COW__T copy;
    (void)COW__F(_as_element_copy)(&copy, all);
    return copy;
}

/* Gives up what x_load gave; may be repeated. */
COW__INLINE void COW__F(ordered_drop)(COW__T *all) { COW__F(_as_element_drop)(all); }

#define COW__EACH_KEY(it, all)                                                                                       \
    for (const COW__K *it = (const COW__K *)(const void *)(all)->order.p, *it##_end = it ? it + (all)->order.n : it; \
         it != it##_end; ++it)

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

#define COW__SET_OF(all) (all)
#define COW__EACH_KEY(it, all) COW__EACH_RUN (COW__K, it, COW__SF(_scan)(all))

COW__INLINE COW__T COW__F(_copy)(const COW__T *all) { return COW__SF(copy)(all); }
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

COW__INLINE size_t COW__F(len)(const COW__N *s) {
    COW__GUARD g;
    if (!COW__F(borrow)(s, &g)) return 0;
    size_t n = COW__SF(len)(COW__SET_OF(g.value));
    COW__F(end)(&g);
    return n;
}

COW__INLINE bool COW__F(is_empty)(const COW__N *s) { return COW__F(len)(s) == 0; }

/* Whether a key is in the set, found without waiting for writers; false when that cannot be known (COW_NOMEM). */
COW__INLINE bool COW__F(_look)(const COW__N *s, const COW__K *key, bool *found) {
    COW__GUARD g;
    if (!COW__F(borrow)(s, &g)) return false;
    *found = COW__SF(contains)(COW__SET_OF(g.value), key);
    COW__F(end)(&g);
    return true;
}

COW__INLINE bool COW__F(contains)(const COW__N *s, const COW__K *key) {
    bool found = false;
    return COW__F(_look)(s, key, &found) && found;
}

/* Whether each of the `n` keys is in the set, in one version of it. O(n). */
COW__INLINE bool COW__F(contains_all)(const COW__N *s, const COW__K *keys, size_t n) {
    COW__GUARD g;
    if (!COW__F(borrow)(s, &g)) return false;
    size_t i = 0;
    while (i < n && COW__SF(contains)(COW__SET_OF(g.value), keys + i)) i++;
    COW__F(end)(&g);
    return i == n;
}

/* Calls `fn` with each key of one version until it returns false; returns whether it never did. `fn` may change the set. */
COW__INLINE bool COW__F(for_each)(const COW__N *s, bool (*fn)(const COW__K *key, void *ctx), void *ctx) {
    COW__GUARD g;
    bool more = true;
    if (!COW__F(borrow)(s, &g)) return false;
    COW__EACH_KEY(it, g.value) {
        more = fn(it, ctx);
        if (!more) break;
    }
    COW__F(end)(&g);
    return more;
}

/* Copies all keys to `out`, which has room for `room` of them, and says in *n how many there are. COW_RANGE, and only *n is written,
   when they are more. O(n). */
COW__INLINE bool COW__F(copy_to)(const COW__N *s, COW__K *out, size_t room, size_t *n) {
    COW__GUARD g;
    size_t i = 0;
    if (!COW__F(borrow)(s, &g)) return false;
    *n = COW__SF(len)(COW__SET_OF(g.value));
    bool ok = *n <= room || cow__fail(COW_RANGE);
    if (ok) COW__EACH_KEY(it, g.value) {
            ok = cow__element_copy(&COW__SF(_key_type), (void *)(out + i), it);
            if (!ok) break;
            i++;
        }
    if (!ok) cow__elements_drop(&COW__SF(_key_type), (void *)out, (void *)(out + i));
    COW__F(end)(&g);
    return ok;
}

/* Whether two sets hold equal keys. O(n). */
COW__INLINE bool COW__F(equal)(const COW__N *a, const COW__N *b) {
    COW__GUARD x, y;
    if (!COW__F(borrow)(a, &x)) return false;
    bool equal = false;
    if (COW__F(borrow)(b, &y)) {
        equal = COW__SF(equal)(COW__SET_OF(x.value), COW__SET_OF(y.value));
        COW__F(end)(&y);
    }
    COW__F(end)(&x);
    return equal;
}

/* Hash of all keys, whatever their order. O(n). */
COW__INLINE uint64_t COW__F(hash)(const COW__N *s, uint64_t seed) {
    COW__GUARD g;
    if (!COW__F(borrow)(s, &g)) return seed;
    uint64_t h = COW__SF(hash)(COW__SET_OF(g.value), seed);
    COW__F(end)(&g);
    return h;
}

/* Appends "[a, b, c]" to *out, the keys as `text` appends them. When that fails, *out is as it was. */
COW__INLINE bool COW__F(print)(const COW__N *s, cow_str *out, bool (*text)(cow_str *out, const COW__K *key, void *ctx),
                               void *ctx) {
    COW__GUARD g;
    size_t before = cow_str_len(out);
    if (!COW__F(borrow)(s, &g)) return false;
    bool ok = cow_str_append_byte(out, '['), first = true;
    COW__EACH_KEY(it, g.value) {
        ok = ok && (first || cow_str_append(out, ", ")) && (text(out, it, ctx) || cow__fail(COW_HOOK));
        first = false;
        if (!ok) break;
    }
    ok = ok && cow_str_append_byte(out, ']');
    COW__F(end)(&g);
    if (!ok) (void)cow_str_truncate(out, before);
    return ok;
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

/* Begins a change: the value that will be published, a copy of the old one. NULL with COW_NOMEM. */
COW__INLINE COW__T *COW__F(_begin)(COW__N *s, cow__change *c) {
    if (!cow__list_begin(&s->c, &COW__F(_type), c)) return NULL;
    COW__T *fresh = (COW__T *)cow__version_value(c->fresh);
    *fresh = COW__F(_copy)(COW__F(_value)(c->old));
    return fresh;
}

COW__INLINE bool COW__F(_end)(COW__N *s, cow__change *c, bool ok) {
    return cow__list_end(&s->c, c, ok ? COW__CHANGED : COW__FAILED);
}

/* The same, but nothing is published when nothing was changed; says in *by how many keys it grew or shrank. */
COW__INLINE bool COW__F(_end_if_changed)(COW__N *s, cow__change *c, bool ok, size_t *by) {
    size_t was = COW__SF(len)(COW__SET_OF(COW__F(_value)(c->old)));
    size_t is = COW__SF(len)(COW__SET_OF(COW__F(_value)(c->fresh)));
    size_t difference = was < is ? is - was : was - is;
    if (ok && by) *by = difference;
    return cow__list_end(&s->c, c, !ok ? COW__FAILED : difference ? COW__CHANGED : COW__KEPT);
}

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
    cow__elements_drop(&COW__SF(_key_type), (void *)&copy, (void *)(&copy + 1));
    return false;
}

/* Adds copies of those of the `n` keys that are absent; says in *added (NULL: does not) how many they are. O(n). */
COW__INLINE bool COW__F(add_all)(COW__N *s, const COW__K *keys, size_t n, size_t *added) {
    cow__change c;
    bool ok = true;
    COW__T *all = COW__F(_begin)(s, &c);
    for (size_t i = 0; all && ok && i < n; i++) ok = COW__F(_put_copy)(all, keys + i);
    return all && COW__F(_end_if_changed)(s, &c, ok, added);
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
    COW__SF(drop)(&others);
    return ok;
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

/* Removes the keys for which `fn` returns true; it sees each once. O(n). */
COW__INLINE bool COW__F(remove_if)(COW__N *s, bool (*fn)(const COW__K *key, void *ctx), void *ctx, size_t *removed) {
    COW__F(_doom) d = {fn, ctx};
    cow__change c;
    COW__T *all = COW__F(_begin)(s, &c);
    if (!all) return false;
    bool ok = COW__SF(retain_if)(COW__SET_OF(all), COW__F(_keeps), &d);
    return COW__F(_end_if_changed)(s, &c, ok && COW__F(_reorder)(all, COW__F(_value)(c.old)), removed);
}

/* Removes all keys. Never fails. */
COW__INLINE void COW__F(clear)(COW__N *s) { cow__list_clear(&s->c); }

/* A transaction: lets `fn` change a copy of the set as it likes, and publishes the result at once. Other writers wait. When `fn`
   returns false, nothing happens (COW_HOOK). In the order of insertion, new keys follow the others in no specified order; one that
   was replaced by an equal one keeps its place, and the copy that stands there. */
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
