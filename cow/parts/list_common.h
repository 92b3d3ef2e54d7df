/* SPDX-License-Identifier: MIT */
/* list_common: what lists and sets do alike: reading, and the beginning and the end of a change. Floor 5, built on cell.
   Continues the instantiation.

   `all` is the value of a version: an array, a set, or a set with its keys in order; a member is an element or a key. What
   they are is said in list_type and set_type. */
#if defined(COW_LIST) || defined(COW_LIST_SET)

#include "cell.h"
#include "str_write.h"
#include "value_hooks.h"

/* ---- Reading: lock-free, and nothing is counted ---- */

COW__INLINE size_t COW__F(len)(const COW__N *l) {
    COW__GUARD g;
    if (!COW__F(borrow)(l, &g)) return 0;
    size_t n = COW__ALL_LEN(g.value);
    COW__F(end)(&g);
    return n;
}

COW__INLINE bool COW__F(is_empty)(const COW__N *l) { return COW__F(len)(l) == 0; }

/* Whether `v` is there, found without waiting for writers; false when that cannot be known (COW_NOMEM). */
COW__INLINE bool COW__F(_look)(const COW__N *l, const COW__MEMBER *v, bool *found) {
    COW__GUARD g;
    if (!COW__F(borrow)(l, &g)) return false;
    *found = COW__ALL_CONTAINS(g.value, v);
    COW__F(end)(&g);
    return true;
}

/* Whether one equals *v. A list looks at each in turn: O(n). A set finds it by its hash. */
COW__INLINE bool COW__F(contains)(const COW__N *l, const COW__MEMBER *v) {
    bool found = false;
    return COW__F(_look)(l, v, &found) && found;
}

/* The same for each of the `n` at `src`, in one version. */
COW__INLINE bool COW__F(contains_all)(const COW__N *l, const COW__MEMBER *src, size_t n) {
    COW__GUARD g;
    if (!COW__F(borrow)(l, &g)) return false;
    size_t i = 0;
    while (i < n && COW__ALL_CONTAINS(g.value, src + i)) i++;
    COW__F(end)(&g);
    return i == n;
}

/* Calls `fn` with each of one version until it returns false; returns whether it never did. `fn` may change the list or
   set. */
COW__INLINE bool COW__F(for_each)(const COW__N *l, bool (*fn)(const COW__MEMBER *v, void *ctx), void *ctx) {
    COW__GUARD g;
    bool more = true;
    if (!COW__F(borrow)(l, &g)) return false;
    COW__EACH_MEMBER(it, g.value) {
        more = fn(it, ctx);
        if (!more) break;
    }
    COW__F(end)(&g);
    return more;
}

/* Whether two lists hold equal elements in the same order; two sets, equal keys in any. O(n). */
COW__INLINE bool COW__F(equal)(const COW__N *a, const COW__N *b) {
    COW__GUARD x, y;
    if (!COW__F(borrow)(a, &x)) return false;
    bool equal = false;
    if (COW__F(borrow)(b, &y)) {
        equal = COW__ALL_EQUAL(x.value, y.value);
        COW__F(end)(&y);
    }
    COW__F(end)(&x);
    return equal;
}

/* Hash of all elements in their order; of a set, of all keys whatever their order. O(n). */
COW__INLINE uint64_t COW__F(hash)(const COW__N *l, uint64_t seed) {
    COW__GUARD g;
    if (!COW__F(borrow)(l, &g)) return seed;
    uint64_t h = COW__ALL_HASH(g.value, seed);
    COW__F(end)(&g);
    return h;
}

/* Appends "[a, b, c]" to *out, each as `text` appends it. When that fails, *out is as it was. */
COW__INLINE bool COW__F(print)(const COW__N *l, cow_str *out,
                               bool (*text)(cow_str *out, const COW__MEMBER *v, void *ctx), void *ctx) {
    COW__GUARD g;
    size_t before = cow_str_len(out);
    if (!COW__F(borrow)(l, &g)) return false;
    const char *between = "[";
    bool ok = true;
    COW__EACH_MEMBER(it, g.value) {
        ok = cow_str_append(out, between) && (text(out, it, ctx) || cow__fail(COW_HOOK));
        between = ", ";
        if (!ok) break;
    }
    ok = ok && cow_str_append(out, *between == '[' ? "[]" : "]");
    COW__F(end)(&g);
    if (!ok) (void)cow_str_truncate(out, before);
    return ok;
}

/* ---- Changing: a writer at a time ---- */

/* Begins a change: the value that will be published, a copy of the old one. NULL with COW_NOMEM. */
COW__INLINE COW__T *COW__F(_begin)(COW__N *l, cow__change *c) {
    if (!cow__list_begin(&l->c, &COW__F(_type), c)) return NULL;
    COW__T *fresh = (COW__T *)cow__version_value(c->fresh);
    *fresh = COW__ALL_COPY(COW__F(_value)(c->old));
    return fresh;
}

COW__INLINE bool COW__F(_end)(COW__N *l, cow__change *c, bool ok) {
    return cow__list_end(&l->c, c, ok ? COW__CHANGED : COW__FAILED);
}

/* The same, but nothing is published when nothing was changed; says in *by (NULL: does not) by how many it grew or shrank. */
COW__INLINE bool COW__F(_end_if_changed)(COW__N *l, cow__change *c, bool ok, size_t *by) {
    size_t was = COW__ALL_LEN(COW__F(_value)(c->old)), is = COW__ALL_LEN(COW__F(_value)(c->fresh));
    size_t difference = was < is ? is - was : was - is;
    if (ok && by) *by = difference;
    return cow__list_end(&l->c, c, !ok ? COW__FAILED : difference ? COW__CHANGED : COW__KEPT);
}

/* Removes all. Never fails. */
COW__INLINE void COW__F(clear)(COW__N *l) { cow__list_clear(&l->c); }

#endif
