/* SPDX-License-Identifier: MIT */
/* list_view: iterators, writers and sub-lists of a list. Floor 5, built on list. Continues the instantiation.

   All three hold a version, and are given up by the caller, also at their end. An object is one thread's at a time. */
#ifdef COW_LIST

#include "list.h"

/* ---- Iterators: over the version that was there when they began, in both directions ---- */

#define COW__ITER COW__F(iter)
typedef struct COW__ITER {
    COW__SNAPSHOT s;
    size_t i; /* of what comes next */
} COW__ITER;

/* Begins before element `i` (COW_NPOS: behind the last one). COW_RANGE. */
COW__INLINE bool COW__F(iter_at)(const COW__N *l, size_t i, COW__ITER *out) {
    COW__ITER it;
    if (!COW__F(snapshot_of)(l, &it.s)) return false;
    size_t n = COW__F(snapshot_value)(&it.s)->n;
    it.i = i == COW_NPOS ? n : i;
    if (it.i > n) {
        COW__F(snapshot_drop)(&it.s);
        return cow__fail(COW_RANGE);
    }
    *out = it;
    return true;
}

COW__INLINE bool COW__F(iter_of)(const COW__N *l, COW__ITER *out) { return COW__F(iter_at)(l, 0, out); }

/* Point *out at the next or the previous element, until the iterator is dropped; false at the end. Wait-free. */
COW__INLINE bool COW__F(iter_next)(COW__ITER *it, const COW__E **out) {
    const COW__T *all = COW__F(snapshot_value)(&it->s);
    if (it->i >= all->n) return false;
    *out = all->p + it->i++;
    return true;
}

COW__INLINE bool COW__F(iter_prev)(COW__ITER *it, const COW__E **out) {
    if (!it->i) return false;
    *out = COW__F(snapshot_value)(&it->s)->p + --it->i;
    return true;
}

/* The index of the element that iter_next would give. */
COW__INLINE size_t COW__F(iter_index)(const COW__ITER *it) { return it->i; }

/* Gives the iterator up; may be repeated. */
COW__INLINE void COW__F(iter_drop)(COW__ITER *it) {
    COW__F(snapshot_drop)(&it->s);
    it->i = 0;
}

/* ---- Writers: iterators that change a copy of their own, and publish it if nobody else changed the list ---- */

#define COW__WRITER COW__F(writer)
typedef struct COW__WRITER {
    COW__SNAPSHOT base;
    COW__T all;
    size_t i, last; /* of what comes next; of what was given last, COW_NPOS: nothing */
} COW__WRITER;

COW__INLINE bool COW__F(writer_of)(const COW__N *l, COW__WRITER *out) {
    if (!COW__F(snapshot_of)(l, &out->base)) return false;
    out->all = COW__AF(copy)(COW__F(snapshot_value)(&out->base));
    out->i = 0;
    out->last = COW_NPOS;
    return true;
}

/* Point *out at the next or the previous element, until the next change; false at the end. */
COW__INLINE bool COW__F(writer_next)(COW__WRITER *w, const COW__E **out) {
    if (w->i >= w->all.n) return false;
    w->last = w->i++;
    *out = w->all.p + w->last;
    return true;
}

COW__INLINE bool COW__F(writer_prev)(COW__WRITER *w, const COW__E **out) {
    if (!w->i) return false;
    w->last = --w->i;
    *out = w->all.p + w->last;
    return true;
}

/* Replaces the element that was given last; COW_ABSENT when there is none, or it is removed. O(n) the first time. */
COW__INLINE bool COW__F(writer_set)(COW__WRITER *w, COW__E v) {
    if (w->last == COW_NPOS) return cow__fail(COW_ABSENT);
    return COW__AF(set)(&w->all, w->last, v);
}

/* Inserts `v` between what was before the writer and what comes next. O(n). */
COW__INLINE bool COW__F(writer_add)(COW__WRITER *w, COW__E v) {
    if (!COW__AF(insert)(&w->all, w->i, v)) return false;
    w->i++;
    w->last = COW_NPOS;
    return true;
}

/* Removes the element that was given last; COW_ABSENT as writer_set. O(n). */
COW__INLINE bool COW__F(writer_remove)(COW__WRITER *w) {
    if (w->last == COW_NPOS) return cow__fail(COW_ABSENT);
    if (!COW__AF(erase)(&w->all, w->last)) return false;
    if (w->last < w->i) w->i--;
    w->last = COW_NPOS;
    return true;
}

/* Gives the writer and its changes up; may be repeated. */
COW__INLINE void COW__F(writer_drop)(COW__WRITER *w) {
    COW__F(snapshot_drop)(&w->base);
    COW__AF(drop)(&w->all);
    w->i = 0;
    w->last = COW_NPOS;
}

/* Publishes the changes of `w`, and gives it up. False with COW_CONFLICT when the list was changed since it began; it is as
   it was then. */
COW__INLINE bool COW__F(writer_commit)(COW__N *l, COW__WRITER *w) {
    COW__T all = COW__AF(copy)(&w->all);
    if (COW__F(_part)(COW__F(snapshot_value)(&w->base), &all) && COW__F(compare_exchange)(l, &w->base, all)) {
        COW__F(writer_drop)(w);
        return true;
    }
    cow_error_code why = cow_error();
    COW__AF(drop)(&all);
    return cow__fail(why);
}

/* ---- Sub-lists: a range of the list that may be read and changed until somebody else changes the list ---- */

/* Every function below but drop fails with COW_CONFLICT from then on. The list must outlive it. Not for use by several
   threads. */
#define COW__SUBLIST COW__F(sublist)
typedef struct COW__SUBLIST {
    COW__N *list;
    COW__SNAPSHOT base;
    size_t begin, n;
} COW__SUBLIST;

/* Makes *out the elements [begin, end); COW_RANGE. O(1). */
COW__INLINE bool COW__F(sublist_of)(COW__N *l, size_t begin, size_t end, COW__SUBLIST *out) {
    COW__SNAPSHOT base;
    if (!COW__F(snapshot_of)(l, &base)) return false;
    if (begin > end || end > COW__F(snapshot_value)(&base)->n) {
        COW__F(snapshot_drop)(&base);
        return cow__fail(COW_RANGE);
    }
    out->list = l;
    out->base = base;
    out->begin = begin;
    out->n = end - begin;
    return true;
}

/* Gives the sub-list up; may be repeated. */
COW__INLINE void COW__F(sublist_drop)(COW__SUBLIST *s) {
    COW__F(snapshot_drop)(&s->base);
    s->begin = s->n = 0;
}

/* Whether nobody else changed the list; else false with COW_CONFLICT. */
COW__INLINE bool COW__F(_sublist_ok)(const COW__SUBLIST *s) {
    return cow__cell_holds(COW__CELL(s->list), s->base.v) || cow__fail(COW_CONFLICT);
}

/* Makes *out an array that shares the elements, for all kinds of reading. O(1). */
COW__INLINE bool COW__F(sublist_load)(const COW__SUBLIST *s, COW__T *out) {
    if (!COW__F(_sublist_ok)(s)) return false;
    *out = COW__AF(slice)(COW__F(snapshot_value)(&s->base), s->begin, s->begin + s->n);
    return true;
}

/* Says in *n how many elements it has. */
COW__INLINE bool COW__F(sublist_len)(const COW__SUBLIST *s, size_t *n) {
    if (!COW__F(_sublist_ok)(s)) return false;
    *n = s->n;
    return true;
}

/* Makes *out a copy of element `i`. COW_RANGE. */
COW__INLINE bool COW__F(sublist_get)(const COW__SUBLIST *s, size_t i, COW__E *out) {
    COW__T part;
    if (!COW__F(sublist_load)(s, &part)) return false;
    const COW__E *at = COW__AF(get)(&part, i);
    if (!at) {
        COW__AF(drop)(&part);
        return false;
    }
    COW__E copy = *at;
    bool ok = COW__F(_copies)(&copy, at, 1);
    COW__AF(drop)(&part);
    if (ok) *out = copy;
    return ok;
}

/* Begins a change of the list, if nobody else made one. */
COW__INLINE COW__T *COW__F(_sublist_begin)(COW__SUBLIST *s, cow__change *c) {
    COW__T *all = COW__F(_begin)(s->list, c);
    if (!all || c->old == s->base.v) return all;
    (void)cow__fail(COW_CONFLICT);
    (void)COW__F(_end)(s->list, c, false);
    return NULL;
}

/* Ends it: the sub-list has `n` elements now, of the version that is published. */
COW__INLINE bool COW__F(_sublist_end)(COW__SUBLIST *s, cow__change *c, bool ok, size_t n) {
    COW__SNAPSHOT fresh;
    fresh.v = c->fresh;
    if (ok) cow__rc_retain(&c->fresh->rc, false);
    if (!COW__F(_end)(s->list, c, ok)) return false;
    COW__F(snapshot_drop)(&s->base);
    s->base = fresh;
    s->n = n;
    return true;
}

/* Replaces element `i` by `v` and drops the old one. COW_RANGE. */
COW__INLINE bool COW__F(sublist_set)(COW__SUBLIST *s, size_t i, COW__E v) {
    cow__change c;
    COW__E was = v;
    COW__T *all = COW__F(_sublist_begin)(s, &c);
    if (!all) return false;
    bool ok = i < s->n ? COW__F(_swap_in)(all, s->begin + i, v, &was) : cow__fail(COW_RANGE);
    if (!COW__F(_sublist_end)(s, &c, ok, s->n)) return false;
    COW__F(_hand_over)(&was, NULL);
    return true;
}

/* Inserts `v` before element `i`; i may be the length. */
COW__INLINE bool COW__F(sublist_add_at)(COW__SUBLIST *s, size_t i, COW__E v) {
    cow__change c;
    COW__T *all = COW__F(_sublist_begin)(s, &c);
    if (!all) return false;
    bool ok = i <= s->n ? COW__AF(insert)(all, s->begin + i, v) : cow__fail(COW_RANGE);
    return COW__F(_sublist_end)(s, &c, ok, s->n + 1);
}

COW__INLINE bool COW__F(sublist_add)(COW__SUBLIST *s, COW__E v) { return COW__F(sublist_add_at)(s, s->n, v); }

/* Removes the elements [begin, end) of the sub-list. COW_RANGE. */
COW__INLINE bool COW__F(sublist_erase_range)(COW__SUBLIST *s, size_t begin, size_t end) {
    cow__change c;
    COW__T *all = COW__F(_sublist_begin)(s, &c);
    if (!all) return false;
    bool ok = begin <= end && end <= s->n ? COW__AF(erase_range)(all, s->begin + begin, s->begin + end)
                                          : cow__fail(COW_RANGE);
    ok = ok && COW__F(_part)(COW__F(_value)(c.old), all);
    return COW__F(_sublist_end)(s, &c, ok, s->n - (ok ? end - begin : 0));
}

COW__INLINE bool COW__F(sublist_remove_at)(COW__SUBLIST *s, size_t i) {
    return COW__F(sublist_erase_range)(s, i, i < s->n ? i + 1 : COW_NPOS);
}

COW__INLINE bool COW__F(sublist_clear)(COW__SUBLIST *s) { return COW__F(sublist_erase_range)(s, 0, s->n); }

/* Puts `part` in place of the sub-list's elements in *all. */
COW__INLINE bool COW__F(_sublist_splice)(const COW__SUBLIST *s, COW__T *all, const COW__T *part) {
    COW__T whole = COW__AF(slice)(all, 0, s->begin), rest = COW__AF(slice)(all, s->begin + s->n, all->n);
    bool ok = COW__AF(concat)(&whole, part) && COW__AF(concat)(&whole, &rest);
    COW__AF(drop)(&rest);
    if (ok) COW__AF(swap)(all, &whole);
    COW__AF(drop)(&whole);
    return ok;
}

/* Lets `fn` change an array of the sub-list's elements as it likes, and puts that in their place; so it sorts, filters and
   replaces. When `fn` returns false, nothing happens (COW_HOOK). */
COW__INLINE bool COW__F(sublist_update)(COW__SUBLIST *s, bool (*fn)(COW__T *part, void *ctx), void *ctx) {
    cow__change c;
    COW__T *all = COW__F(_sublist_begin)(s, &c);
    if (!all) return false;
    COW__T part = COW__AF(slice)(all, s->begin, s->begin + s->n);
    bool ok = (fn(&part, ctx) || cow__fail(COW_HOOK)) && COW__F(_sublist_splice)(s, all, &part);
    ok = COW__F(_sublist_end)(s, &c, ok && COW__F(_part)(COW__F(_value)(c.old), all), part.n);
    cow_error_code why = cow_error();
    COW__AF(drop)(&part); /* last: its hooks may change the list */
    return ok || cow__fail(why);
}

#endif
