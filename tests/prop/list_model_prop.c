/* SPDX-License-Identifier: MIT */
/*
 * Any list of operations on lists does what it does to naive lists, which copy everything.
 *
 * A few lists change. What holds a version of them - snapshots, borrows, iterators, writers, sub-lists, cached readers,
 * arrays that were loaded and are then changed by themselves - must keep it, to the byte. Which changes make a new version,
 * and which none, is part of the model: so it knows when a compare-and-exchange, a commit, or a sub-list is in conflict.
 * Arguments point into the list that changes, into old versions of it, and into lent storage. Every nth allocation or every
 * nth copy fails, if the list of operations says so, also within functions that are given to a change.
 *
 * The element type is -DMODEL_ELEMENT, see list_element.h. Each list of operations runs in a child, so aborts and the
 * sanitizers' reports shrink to a minimal one as well. One thread is enough here: what several do to each other is
 * tests/stress.
 */
#include "list_world.h"

/* ---- Commands and their arguments ---- */

#define COMMAND(name) static void run_##name(__attribute__((unused)) void *state, const int64_t *a)

#define ON \
    { "list", 0, LISTS - 1, NULL }
#define KEEP \
    { "kept", 0, KEPT - 1, NULL }
#define ARRAY \
    { "array", 0, ARRAYS - 1, NULL }
#define GUARD \
    { "guard", 0, GUARDS - 1, NULL }
#define ITER \
    { "iter", 0, ITERS - 1, NULL }
#define WRITER \
    { "writer", 0, WRITERS - 1, NULL }
#define SUB \
    { "sub", 0, SUBS - 1, NULL }
#define READER \
    { "reader", 0, READERS - 1, NULL }
#define FROM_SOURCE \
    { "source", 0, SOURCES - 1, NULL }
#define VALUE \
    { "value", 0, VALUES - 1, NULL }
#define AT \
    { "at", 0, LONGEST, NULL }
#define TO \
    { "to", 0, LONGEST, NULL }
#define COUNT \
    { "count", 0, MANY, NULL }
#define EVERY \
    { "every", 0, 6, NULL }
#define EDIT \
    { "edit", 0, EDITS - 1, NULL }
#define FLAG(name) \
    { name, 0, 1, NULL }

/* Commands that add have room for whatever one of them brings. */
static bool room(const void *state, const int64_t *a) {
    (void)state;
    return world.list[a[0]].is.n + MANY <= LONGEST;
}

static bool room_in_array(const void *state, const int64_t *a) {
    (void)state;
    return world.array[a[0]].is.n + MANY <= LONGEST;
}

static bool room_in_writer(const void *state, const int64_t *a) {
    (void)state;
    return world.writer[a[0]].is.n + MANY <= LONGEST;
}

static bool room_in_sub(const void *state, const int64_t *a) {
    (void)state;
    return world.sub[a[0]].of->is.n + MANY <= LONGEST;
}

static bool room_to_become(const void *state, const int64_t *a) {
    const part *p = &world.sub[a[0]];
    return room_in_sub(state, a) && p->of->is.n - p->n + world.array[a[3]].is.n <= LONGEST;
}

/* An element that was given by value: ours again when the call failed. */
static bool given(bool said, elem *e) {
    if (!said) elem_drop(e);
    return said;
}

static elem rubbish(void) {
    elem e;
    memset((void *)&e, 0x5a, sizeof e);
    return e;
}

/* An element that a call gave out. On failure nothing was written there. */
static void gave_out(bool said, elem *out, int value) {
    elem before = rubbish();
    if (!said) {
        rc_assert(memcmp((const void *)out, (const void *)&before, sizeof before) == 0);
        return;
    }
    rc_assert_equal(elem_value(out), value);
    elem_drop(out);
}

/* ---- Adding ---- */

COMMAND(add) {
    int value = (int)a[1];
    elem e = elem_make(value);
    live *s = subject(a[0]);
    if (given(changed(s, list_add(&s->l, e)), &e)) splice(&s->is, s->is.n, 0, &value, 1);
}

COMMAND(add_at) {
    int value = (int)a[2];
    elem e = elem_make(value);
    live *s = subject(a[0]);
    size_t at = index_of(a[1], s->is.n);
    bool said = list_add_at(&s->l, at, e);
    if (at > s->is.n) {
        refused(said, COW_RANGE);
        elem_drop(&e);
    } else if (given(changed(s, said), &e)) {
        splice(&s->is, at, 0, &value, 1);
    }
}

/* Nothing added is no new version. */
static void added_all(live *s, bool said, size_t at, const naive *values) {
    if (!worked(said)) return;
    if (values->n) published(s);
    splice(&s->is, at, 0, values->v, values->n);
}

COMMAND(add_all) {
    naive values;
    const elem *from = run_of(a[1], a[2], a[3], &values);
    live *s = subject(a[0]);
    added_all(s, list_add_all(&s->l, from, values.n), s->is.n, &values);
}

COMMAND(add_all_at) {
    naive values;
    const elem *from = run_of(a[2], a[3], a[4], &values);
    live *s = subject(a[0]);
    size_t at = index_of(a[1], s->is.n);
    bool said = list_add_all_at(&s->l, at, from, values.n);
    if (at > s->is.n)
        refused(said, COW_RANGE);
    else
        added_all(s, said, at, &values);
}

COMMAND(add_if_absent) {
    int value = (int)a[1];
    elem e = elem_make(value);
    live *s = subject(a[0]);
    bool said = list_add_if_absent(&s->l, e);
    if (has(&s->is, value)) {
        refused(said, COW_EXISTS);
        elem_drop(&e);
    } else if (given(changed(s, said), &e)) {
        splice(&s->is, s->is.n, 0, &value, 1);
    }
}

COMMAND(add_all_absent) {
    naive values, fresh = {{0}, 0};
    size_t added = 77;
    const elem *from = run_of(a[1], a[2], a[3], &values);
    live *s = subject(a[0]);
    for (size_t i = 0; i < values.n; i++)
        if (!has(&s->is, values.v[i]) && !has(&fresh, values.v[i])) splice(&fresh, fresh.n, 0, &values.v[i], 1);
    bool said = list_add_all_absent(&s->l, from, values.n, a[4] ? &added : NULL);
    rc_assert_equal(added, said && a[4] ? fresh.n : 77);
    added_all(s, said, s->is.n, &fresh);
}

/* ---- Removing ---- */

COMMAND(remove_at) {
    elem out = rubbish();
    live *s = subject(a[0]);
    size_t at = index_of(a[1], s->is.n);
    bool said = list_remove_at(&s->l, at, a[2] ? &out : NULL);
    if (at >= s->is.n) {
        refused(said, s->is.n ? COW_RANGE : COW_ABSENT);
        gave_out(false, &out, 0);
        return;
    }
    said = changed(s, said);
    gave_out(said && a[2], &out, s->is.v[at]);
    if (said) splice(&s->is, at, 1, NULL, 0);
}

COMMAND(remove) {
    int value;
    const elem *key = one_of(a[1], a[2], &value);
    live *s = subject(a[0]);
    bool said = list_remove(&s->l, key);
    if (!has(&s->is, value))
        refused(said, COW_ABSENT);
    else if (changed(s, said))
        splice(&s->is, first_of(&s->is, value, 0), 1, NULL, 0);
}

/* Those that `gone` names. Nothing removed is no new version. */
static void removed_all(live *s, bool said, const bool *gone, size_t removed) {
    size_t left = 0, n = s->is.n;
    if (!worked(said)) {
        rc_assert_equal(removed, 77);
        return;
    }
    for (size_t i = 0; i < n; i++)
        if (!gone[s->is.v[i]]) s->is.v[left++] = s->is.v[i];
    s->is.n = left;
    rc_assert_equal(removed, n - left);
    if (left < n) published(s);
}

COMMAND(remove_all) {
    naive values;
    bool gone[VALUES], retain = a[4];
    size_t removed = 77;
    const elem *those = run_of(a[1], a[2], a[3], &values);
    live *s = subject(a[0]);
    for (int v = 0; v < VALUES; v++) gone[v] = has(&values, v) != retain;
    bool said =
        retain ? list_retain_all(&s->l, those, values.n, &removed) : list_remove_all(&s->l, those, values.n, &removed);
    removed_all(s, said, gone, removed);
}

static bool divides(const elem *e, void *divisor) { return elem_value(e) % *(int *)divisor == 0; }

COMMAND(remove_if) {
    bool gone[VALUES];
    int divisor = 1 + (int)a[1];
    size_t removed = 77;
    live *s = subject(a[0]);
    for (int v = 0; v < VALUES; v++) gone[v] = v % divisor == 0;
    bool said = list_remove_if(&s->l, divides, &divisor, &removed);
    removed_all(s, said, gone, removed);
}

COMMAND(clear) {
    live *s = subject(a[0]);
    list_clear(&s->l);
    (void)worked(true);
    s->is.n = s->version = 0;
    s->changes++;
}

/* ---- Changing in place ---- */

COMMAND(set) {
    elem e = elem_make((int)a[2]), out = rubbish();
    live *s = subject(a[0]);
    size_t at = index_of(a[1], s->is.n);
    bool said = list_set(&s->l, at, e, a[3] ? &out : NULL);
    if (at >= s->is.n) {
        refused(said, COW_RANGE);
        gave_out(false, &out, 0);
        elem_drop(&e);
        return;
    }
    said = given(changed(s, said), &e);
    gave_out(said && a[3], &out, s->is.v[at]);
    if (said) s->is.v[at] = (int)a[2];
}

/* The same element once more: a copy of a string is the same bytes as the string. */
COMMAND(set_to_itself) {
    live *s = &world.list[a[0]];
    size_t at = index_of(a[1], s->is.n);
    if (at >= s->is.n) return;
    elem e;
    rc_assert(list_get(&s->l, at, &e));
    (void)subject(a[0]);
    (void)given(changed(s, list_set(&s->l, at, e, NULL)), &e);
}

typedef struct steps {
    size_t left; /* before it fails */
} steps;

static int next_value(int value) { return (value + 1) % VALUES; }

static bool step(elem *e, void *ctx) {
    steps *s = ctx;
    elem old = *e;
    if (!s->left--) return false;
    *e = elem_make(next_value(elem_value(&old)));
    elem_drop(&old);
    return true;
}

COMMAND(replace_all) {
    live *s = subject(a[0]);
    steps all = {a[1] ? (size_t)a[1] - 1 : LONGEST};
    bool stops = all.left < s->is.n, said = list_replace_all(&s->l, step, &all);
    if (stops)
        refused(said, COW_HOOK);
    else if (changed(s, said))
        for (size_t i = 0; i < s->is.n; i++) s->is.v[i] = next_value(s->is.v[i]);
}

/* Numbers of a group are equal, so their order shows whether a sort is stable. */
static int by_group(const elem *x, const elem *y, void *width) {
    return elem_value(x) / *(int *)width - elem_value(y) / *(int *)width;
}

COMMAND(sort) {
    int width = 1 + (int)a[1];
    live *s = subject(a[0]);
    if (changed(s, width == 1 ? list_sort(&s->l) : list_sort_by(&s->l, by_group, &width))) sort_naive(&s->is, width);
}

COMMAND(update) {
    edit e = {(enum edit_kind)a[1], (int)a[2], &world.array[a[3]]};
    live *s = subject(a[0]);
    bool said = list_update(&s->l, apply_edit, &e);
    if (e.kind == PUSH_AND_FAIL) {
        refused(said, COW_HOOK);
    } else if (worked_in(said, true)) {
        published(s);
        s->is = edited(&s->is, &e);
    }
}

/* ---- Changing all of it ---- */

COMMAND(store) {
    const loaded *from = &world.array[a[1]];
    list_array all = list_array_copy(&from->a);
    live *s = subject(a[0]);
    if (changed(s, list_store(&s->l, all)))
        s->is = from->is;
    else
        list_array_drop(&all);
}

/* What a kept snapshot must stay from now on. */
static void remember(kept *k, const naive *is, size_t version) {
    const list_array *all = list_snapshot_value(&k->s);
    k->is = *is;
    k->version = version;
    k->p = all->p;
    if (all->n) memcpy((void *)k->bytes, (const void *)all->p, all->n * sizeof *k->bytes);
}

COMMAND(exchange) {
    const loaded *from = &world.array[a[1]];
    kept *k = &world.kept[a[2]];
    list_array all = list_array_copy(&from->a);
    list_snapshot old = {NULL};
    live *s = subject(a[0]);
    size_t version = s->version;
    if (!changed(s, list_exchange(&s->l, all, &old))) {
        list_array_drop(&all);
        return;
    }
    list_snapshot_drop(&k->s);
    k->s = old;
    remember(k, &s->is, version);
    s->is = from->is;
}

COMMAND(compare_exchange) {
    const loaded *from = &world.array[a[1]];
    const kept *expected = &world.kept[a[2]];
    list_array all = list_array_copy(&from->a);
    live *s = subject(a[0]);
    bool said = list_compare_exchange(&s->l, &expected->s, all);
    if (s->version != expected->version) {
        refused(said, COW_CONFLICT);
        list_array_drop(&all);
    } else if (changed(s, said)) {
        s->is = from->is;
    } else {
        list_array_drop(&all);
    }
}

COMMAND(assign) {
    const live *from = &world.list[a[1]];
    live *s = subject(a[0]);
    if (changed(s, list_assign(&s->l, &from->l))) s->is = from->is;
}

/* Begins anew: what was there is dropped first, and what holds it is in conflict with what comes. */
COMMAND(from) {
    naive values;
    live *s = &world.list[a[0]];
    const elem *src = run_of(a[1], a[2], a[3], &values);
    list made;
    (void)subject(a[0]);
    if (!worked(list_from(&made, src, values.n))) return;
    list_snapshot all;
    rc_assert(list_snapshot_of(&made, &all) && list_version(&made) == 1);
    agrees(list_snapshot_value(&all), &values);
    list_drop(&made);
    list_array copy = list_array_copy(list_snapshot_value(&all));
    list_snapshot_drop(&all);
    (void)subject(a[0]);
    if (changed(s, list_store(&s->l, copy)))
        s->is = values;
    else
        list_array_drop(&copy);
}

COMMAND(drop) {
    live *s = subject(a[0]);
    list_drop(&s->l);
    (void)worked(true);
    if (s->version) s->changes++;
    s->is.n = s->version = 0;
}

/* ---- Snapshots, borrows, cached readers ---- */

COMMAND(snapshot) {
    kept *k = &world.kept[a[0]];
    live *s = subject(a[1]);
    list_snapshot_drop(&k->s);
    if (worked(list_snapshot_of(&s->l, &k->s))) remember(k, &s->is, s->version);
}

COMMAND(snapshot_copy) {
    kept *k = &world.kept[a[0]];
    const kept *other = &world.kept[a[1]];
    list_snapshot copy = list_snapshot_copy(&other->s);
    list_snapshot_drop(&k->s);
    k->s = copy;
    remember(k, &other->is, other->version);
}

COMMAND(forget) {
    kept *k = &world.kept[a[0]];
    list_snapshot_drop(&k->s);
    remember(k, &(naive){{0}, 0}, 0);
}

COMMAND(borrow) {
    borrowed *b = &world.guard[a[0]];
    list_end(&b->g);
    live *s = subject(a[1]);
    if (worked(list_borrow(&s->l, &b->g))) b->is = s->is;
}

/* All guards at once: those that have no slot are counted. */
COMMAND(borrow_all) {
    for (int64_t i = 0; i < GUARDS; i++) run_borrow(state, (const int64_t[]){i, a[0]});
}

COMMAND(end) {
    borrowed *b = &world.guard[a[0]];
    list_end(&b->g);
    b->is.n = 0;
}

COMMAND(cached) {
    live *s = subject(a[1]);
    const list_array *all = list_cached(&s->l, &world.reader[a[0]]);
    if (worked(all != NULL)) agrees(all, &s->is);
}

COMMAND(idle) { list_idle(&world.reader[a[0]]); }

/* ---- Loaded arrays, which change by themselves ---- */

COMMAND(load) {
    loaded *to = &world.array[a[0]];
    list_array all;
    live *s = subject(a[1]);
    if (!worked(list_load(&s->l, &all))) return;
    list_array_drop(&to->a);
    to->a = all;
    to->is = s->is;
}

COMMAND(load_kept) {
    loaded *to = &world.array[a[0]];
    const kept *k = &world.kept[a[1]];
    list_array all = list_array_copy(list_snapshot_value(&k->s));
    list_array_drop(&to->a);
    to->a = all;
    to->is = k->is;
}

COMMAND(array_push) {
    int value = (int)a[1];
    elem e = elem_make(value);
    loaded *to = &world.array[a[0]];
    (void)subject(0);
    if (given(worked(list_array_push(&to->a, e)), &e)) splice(&to->is, to->is.n, 0, &value, 1);
}

COMMAND(array_set) {
    elem e = elem_make((int)a[2]);
    loaded *to = &world.array[a[0]];
    size_t at = index_of(a[1], to->is.n);
    (void)subject(0);
    bool said = list_array_set(&to->a, at, e);
    if (at >= to->is.n) {
        refused(said, COW_RANGE);
        elem_drop(&e);
    } else if (given(worked(said), &e)) {
        to->is.v[at] = (int)a[2];
    }
}

COMMAND(array_take) {
    elem out = rubbish();
    loaded *to = &world.array[a[0]];
    size_t at = index_of(a[1], to->is.n);
    if (at >= to->is.n) return;
    (void)subject(0);
    bool said = worked(list_array_take(&to->a, at, &out));
    gave_out(said, &out, to->is.v[at]);
    if (said) splice(&to->is, at, 1, NULL, 0);
}

COMMAND(array_drop) {
    loaded *to = &world.array[a[0]];
    list_array_drop(&to->a);
    to->is.n = 0;
}

/* ---- Iterators ---- */

COMMAND(iter) {
    walk *w = &world.iter[a[0]];
    list_iter_drop(&w->it);
    w->is.n = w->i = 0;
    live *s = subject(a[1]);
    size_t at = index_of(a[2], s->is.n);
    bool said = a[3] ? list_iter_at(&s->l, COW_NPOS, &w->it) : list_iter_at(&s->l, at, &w->it);
    if (!a[3] && at > s->is.n) {
        refused(said, COW_RANGE);
    } else if (worked(said)) {
        w->is = s->is;
        w->i = a[3] ? s->is.n : at;
    }
}

COMMAND(iter_next) {
    walk *w = &world.iter[a[0]];
    const elem *e;
    bool said = list_iter_next(&w->it, &e);
    rc_assert_equal(said, w->i < w->is.n);
    if (said) rc_assert_equal(elem_value(e), w->is.v[w->i++]);
}

COMMAND(iter_prev) {
    walk *w = &world.iter[a[0]];
    const elem *e;
    bool said = list_iter_prev(&w->it, &e);
    rc_assert_equal(said, w->i > 0);
    if (said) rc_assert_equal(elem_value(e), w->is.v[--w->i]);
}

COMMAND(iter_drop) {
    walk *w = &world.iter[a[0]];
    list_iter_drop(&w->it);
    w->is.n = w->i = 0;
}

/* ---- Writers ---- */

static void writer_is_new(writing *w, const naive *is, size_t version) {
    w->is = *is;
    w->version = version;
    w->i = 0;
    w->last = COW_NPOS;
}

COMMAND(writer) {
    writing *w = &world.writer[a[0]];
    list_writer_drop(&w->w);
    live *s = subject(a[1]);
    if (worked(list_writer_of(&s->l, &w->w))) writer_is_new(w, &s->is, s->version);
}

COMMAND(writer_next) {
    writing *w = &world.writer[a[0]];
    const elem *e;
    bool said = list_writer_next(&w->w, &e);
    rc_assert_equal(said, w->i < w->is.n);
    if (!said) return;
    w->last = w->i++;
    rc_assert_equal(elem_value(e), w->is.v[w->last]);
}

COMMAND(writer_prev) {
    writing *w = &world.writer[a[0]];
    const elem *e;
    bool said = list_writer_prev(&w->w, &e);
    rc_assert_equal(said, w->i > 0);
    if (!said) return;
    w->last = --w->i;
    rc_assert_equal(elem_value(e), w->is.v[w->last]);
}

COMMAND(writer_set) {
    writing *w = &world.writer[a[0]];
    elem e = elem_make((int)a[1]);
    (void)subject(0);
    bool said = list_writer_set(&w->w, e);
    if (w->last == COW_NPOS) {
        refused(said, COW_ABSENT);
        elem_drop(&e);
    } else if (given(worked(said), &e)) {
        w->is.v[w->last] = (int)a[1];
    }
}

COMMAND(writer_add) {
    writing *w = &world.writer[a[0]];
    int value = (int)a[1];
    elem e = elem_make(value);
    (void)subject(0);
    if (!given(worked(list_writer_add(&w->w, e)), &e)) return;
    splice(&w->is, w->i++, 0, &value, 1);
    w->last = COW_NPOS;
}

COMMAND(writer_remove) {
    writing *w = &world.writer[a[0]];
    (void)subject(0);
    bool said = list_writer_remove(&w->w);
    if (w->last == COW_NPOS) {
        refused(said, COW_ABSENT);
    } else if (worked(said)) {
        splice(&w->is, w->last, 1, NULL, 0);
        w->i -= w->last < w->i;
        w->last = COW_NPOS;
    }
}

/* A commit that comes too late leaves the writer as it is, also to another list. */
COMMAND(writer_commit) {
    writing *w = &world.writer[a[0]];
    live *s = subject(a[1]);
    bool said = list_writer_commit(&s->l, &w->w);
    if (w->version != s->version) {
        refused(said, COW_CONFLICT);
    } else if (changed(s, said)) {
        s->is = w->is;
        writer_is_new(w, &(naive){{0}, 0}, 0);
    }
}

COMMAND(writer_drop) {
    writing *w = &world.writer[a[0]];
    list_writer_drop(&w->w);
    writer_is_new(w, &(naive){{0}, 0}, 0);
}

/* ---- Sub-lists ---- */

COMMAND(sub) {
    part *p = &world.sub[a[0]];
    list_sublist made;
    live *s = subject(a[1]);
    size_t begin = index_of(a[2], s->is.n), end = index_of(a[3], s->is.n);
    bool said = list_sublist_of(&s->l, begin, end, &made);
    if (begin > end || end > s->is.n) {
        refused(said, COW_RANGE);
    } else if (worked(said)) {
        list_sublist_drop(&p->s);
        *p = (part){made, s, s->version, begin, end - begin};
    }
}

static bool is_stale(const part *p) { return p->version != p->of->version; }

/* Makes *values what the sub-list has; empty when somebody else changed the list. */
static naive values_of(const part *p) {
    return is_stale(p) ? (naive){{0}, 0} : piece(&p->of->is, p->begin, p->begin + p->n);
}

/* A change of a sub-list is one of its list, and the sub-list goes along. False: it was refused, or failed. */
static bool sub_changed(part *p, bool said, cow_error_code refusal, bool in_function) {
    if (is_stale(p) || refusal) {
        refused(said, is_stale(p) ? COW_CONFLICT : refusal);
        return false;
    }
    if (!worked_in(said, in_function)) return false;
    published(p->of);
    p->version = p->of->version;
    return true;
}

COMMAND(sub_get) {
    const part *p = &world.sub[a[0]];
    elem out = rubbish();
    naive is = values_of(p);
    size_t at = index_of(a[1], p->n);
    (void)subject(0);
    bool said = list_sublist_get(&p->s, at, &out);
    if (is_stale(p) || at >= p->n) {
        refused(said, is_stale(p) ? COW_CONFLICT : COW_RANGE);
        gave_out(false, &out, 0);
    } else {
        gave_out(worked(said), &out, is.v[at]);
    }
}

COMMAND(sub_set) {
    part *p = &world.sub[a[0]];
    size_t at = index_of(a[1], p->n);
    elem e = elem_make((int)a[2]);
    (void)subject(0);
    bool said = list_sublist_set(&p->s, at, e);
    if (given(sub_changed(p, said, at < p->n ? COW_OK : COW_RANGE, false), &e)) p->of->is.v[p->begin + at] = (int)a[2];
}

COMMAND(sub_add) {
    part *p = &world.sub[a[0]];
    bool behind = a[3];
    size_t at = behind ? p->n : index_of(a[1], p->n);
    int value = (int)a[2];
    elem e = elem_make(value);
    (void)subject(0);
    bool said = behind ? list_sublist_add(&p->s, e) : list_sublist_add_at(&p->s, at, e);
    if (!given(sub_changed(p, said, at <= p->n ? COW_OK : COW_RANGE, false), &e)) return;
    splice(&p->of->is, p->begin + at, 0, &value, 1);
    p->n++;
}

static void erase_from_sub(part *p, size_t begin, size_t end, bool said) {
    if (!sub_changed(p, said, begin <= end && end <= p->n ? COW_OK : COW_RANGE, false)) return;
    splice(&p->of->is, p->begin + begin, end - begin, NULL, 0);
    p->n -= end - begin;
}

COMMAND(sub_erase_range) {
    part *p = &world.sub[a[0]];
    size_t begin = index_of(a[1], p->n), end = index_of(a[2], p->n);
    (void)subject(0);
    erase_from_sub(p, begin, end, list_sublist_erase_range(&p->s, begin, end));
}

COMMAND(sub_remove_at) {
    part *p = &world.sub[a[0]];
    size_t at = index_of(a[1], p->n);
    (void)subject(0);
    erase_from_sub(p, at, at + 1, list_sublist_remove_at(&p->s, at));
}

COMMAND(sub_clear) {
    part *p = &world.sub[a[0]];
    (void)subject(0);
    erase_from_sub(p, 0, p->n, list_sublist_clear(&p->s));
}

COMMAND(sub_update) {
    part *p = &world.sub[a[0]];
    edit e = {(enum edit_kind)a[1], (int)a[2], &world.array[a[3]]};
    naive is = values_of(p);
    (void)subject(0);
    bool said = list_sublist_update(&p->s, apply_edit, &e);
    if (!sub_changed(p, said, e.kind == PUSH_AND_FAIL ? COW_HOOK : COW_OK, true)) return;
    naive fresh = edited(&is, &e);
    splice(&p->of->is, p->begin, p->n, fresh.v, fresh.n);
    p->n = fresh.n;
}

COMMAND(sub_drop) {
    part *p = &world.sub[a[0]];
    list_sublist_drop(&p->s);
    p->version = p->begin = p->n = 0;
}

/* ---- Faults and reading ---- */

COMMAND(fail_allocations) { faulty.allocations = (faults){(size_t)a[0], 0}; }

COMMAND(fail_copies) { faulty.copies = (faults){(size_t)a[0], 0}; }

static void finds(const list *l, const naive *is, const elem *key, int value, size_t from) {
    rc_assert_equal(list_index_of(l, key), first_of(is, value, 0));
    rc_assert_equal(list_index_of_from(l, key, from), first_of(is, value, from));
    rc_assert_equal(list_last_index_of(l, key), last_of(is, value, COW_NPOS));
    rc_assert_equal(list_last_index_of_from(l, key, from), last_of(is, value, from));
    rc_assert(list_contains(l, key) == has(is, value));
}

static bool add_up(const elem *e, void *sum) {
    *(int *)sum += elem_value(e);
    return *(int *)sum < 60;
}

static void visits_each(const list *l, const naive *is) {
    int expected = 0, sum = 0;
    size_t i = 0;
    while (i < is->n && expected < 60) expected += is->v[i++];
    rc_assert_equal(list_for_each(l, add_up, &sum), expected < 60);
    rc_assert_equal(sum, expected);
}

/* Out of its room it says how much there must be. */
static void copies_to(const list *l, const naive *is, size_t room_for) {
    elem out[LONGEST];
    size_t n = 77;
    bool said = list_copy_to(l, out, room_for, &n);
    rc_assert_equal(said, is->n <= room_for);
    rc_assert_equal(n, is->n);
    for (size_t i = 0; said && i < n; i++) {
        rc_assert_equal(elem_value(out + i), is->v[i]);
        elem_drop(out + i);
    }
}

static bool print_value(cow_str *out, const elem *e, void *ctx) {
    return (void)ctx, cow_str_append_int(out, elem_value(e));
}

static void prints(const list *l, const naive *is) {
    char expected[3 * LONGEST + 3] = "[";
    size_t n = 1;
    for (size_t i = 0; i < is->n; i++)
        n += (size_t)snprintf(expected + n, sizeof expected - n, "%s%d", i ? ", " : "", is->v[i]);
    expected[n++] = ']';
    cow_str out = {0};
    rc_assert(list_print(l, &out, print_value, NULL));
    rc_assert(cow_str_len(&out) == n && memcmp(cow_str_data(&out), expected, n) == 0);
    cow_str_drop(&out);
}

static void compares(const live *s, const live *t) {
    bool equal = same(&s->is, &t->is);
    rc_assert(list_equal(&s->l, &t->l) == equal);
    rc_assert((list_hash(&s->l, 7) == list_hash(&t->l, 7)) == equal);
}

COMMAND(read) {
    const live *s = &world.list[a[0]];
    int value;
    const elem *key = one_of(a[1], a[2], &value);
    naive values;
    const elem *run = run_of(a[1], a[2], a[3], &values);
    bool all = true;
    for (size_t i = 0; i < values.n; i++) all = all && has(&s->is, values.v[i]);
    rc_assert(list_len(&s->l) == s->is.n && list_is_empty(&s->l) == (s->is.n == 0));
    finds(&s->l, &s->is, key, value, (size_t)a[3]);
    rc_assert(list_contains_all(&s->l, run, values.n) == all);
    visits_each(&s->l, &s->is);
    copies_to(&s->l, &s->is, (size_t)a[2]);
    prints(&s->l, &s->is);
    for (size_t i = 0; i < LISTS; i++) compares(s, &world.list[i]);
    rc_assert(!list_wait(&world.list[a[0]].l, s->changes, 0) && list_wait(&world.list[a[0]].l, s->changes + 1, 0));
}

/* May fail: it copies. */
COMMAND(get) {
    elem out = rubbish();
    live *s = subject(a[0]);
    size_t at = index_of(a[1], s->is.n);
    bool said = list_get(&s->l, at, &out);
    if (at >= s->is.n) {
        refused(said, COW_RANGE);
        gave_out(false, &out, 0);
    } else {
        gave_out(worked(said), &out, s->is.v[at]);
    }
}

/* ---- The model ---- */

static const rc_command commands[] = {
    {"add", 12, {ON, VALUE}, room, run_add, NULL},
    {"add_at", 4, {ON, AT, VALUE}, room, run_add_at, NULL},
    {"add_all", 5, {ON, FROM_SOURCE, AT, COUNT}, room, run_add_all, NULL},
    {"add_all_at", 4, {ON, AT, FROM_SOURCE, TO, COUNT}, room, run_add_all_at, NULL},
    {"add_if_absent", 3, {ON, VALUE}, room, run_add_if_absent, NULL},
    {"add_all_absent", 3, {ON, FROM_SOURCE, AT, COUNT, FLAG("count")}, room, run_add_all_absent, NULL},
    {"remove_at", 6, {ON, AT, FLAG("wanted")}, NULL, run_remove_at, NULL},
    {"remove", 3, {ON, FROM_SOURCE, AT}, NULL, run_remove, NULL},
    {"remove_all", 3, {ON, FROM_SOURCE, AT, COUNT, FLAG("retain")}, NULL, run_remove_all, NULL},
    {"remove_if", 2, {ON, VALUE}, NULL, run_remove_if, NULL},
    {"clear", 1, {ON}, NULL, run_clear, NULL},
    {"set", 4, {ON, AT, VALUE, FLAG("wanted")}, NULL, run_set, NULL},
    {"set_to_itself", 2, {ON, AT}, NULL, run_set_to_itself, NULL},
    {"replace_all", 2, {ON, {"fails_at", 0, 8, NULL}}, NULL, run_replace_all, NULL},
    {"sort", 3, {ON, {"width - 1", 0, 4, NULL}}, NULL, run_sort, NULL},
    {"update", 5, {ON, EDIT, VALUE, ARRAY}, room, run_update, NULL},
    {"store", 2, {ON, ARRAY}, NULL, run_store, NULL},
    {"exchange", 2, {ON, ARRAY, KEEP}, NULL, run_exchange, NULL},
    {"compare_exchange", 3, {ON, ARRAY, KEEP}, NULL, run_compare_exchange, NULL},
    {"assign", 2, {ON, ON}, NULL, run_assign, NULL},
    {"from", 2, {ON, FROM_SOURCE, AT, COUNT}, NULL, run_from, NULL},
    {"drop", 1, {ON}, NULL, run_drop, NULL},
    {"snapshot", 6, {KEEP, ON}, NULL, run_snapshot, NULL},
    {"snapshot_copy", 1, {KEEP, KEEP}, NULL, run_snapshot_copy, NULL},
    {"forget", 2, {KEEP}, NULL, run_forget, NULL},
    {"borrow", 4, {GUARD, ON}, NULL, run_borrow, NULL},
    {"borrow_all", 1, {ON}, NULL, run_borrow_all, NULL},
    {"end", 4, {GUARD}, NULL, run_end, NULL},
    {"cached", 3, {READER, ON}, NULL, run_cached, NULL},
    {"idle", 1, {READER}, NULL, run_idle, NULL},
    {"load", 4, {ARRAY, ON}, NULL, run_load, NULL},
    {"load_kept", 2, {ARRAY, KEEP}, NULL, run_load_kept, NULL},
    {"array_push", 5, {ARRAY, VALUE}, room_in_array, run_array_push, NULL},
    {"array_set", 2, {ARRAY, AT, VALUE}, NULL, run_array_set, NULL},
    {"array_take", 2, {ARRAY, AT}, NULL, run_array_take, NULL},
    {"array_drop", 1, {ARRAY}, NULL, run_array_drop, NULL},
    {"iter", 3, {ITER, ON, AT, FLAG("at_end")}, NULL, run_iter, NULL},
    {"iter_next", 3, {ITER}, NULL, run_iter_next, NULL},
    {"iter_prev", 3, {ITER}, NULL, run_iter_prev, NULL},
    {"iter_drop", 1, {ITER}, NULL, run_iter_drop, NULL},
    {"writer", 4, {WRITER, ON}, NULL, run_writer, NULL},
    {"writer_next", 4, {WRITER}, NULL, run_writer_next, NULL},
    {"writer_prev", 2, {WRITER}, NULL, run_writer_prev, NULL},
    {"writer_set", 3, {WRITER, VALUE}, NULL, run_writer_set, NULL},
    {"writer_add", 3, {WRITER, VALUE}, room_in_writer, run_writer_add, NULL},
    {"writer_remove", 3, {WRITER}, NULL, run_writer_remove, NULL},
    {"writer_commit", 5, {WRITER, ON}, NULL, run_writer_commit, NULL},
    {"writer_drop", 1, {WRITER}, NULL, run_writer_drop, NULL},
    {"sub", 5, {SUB, ON, AT, TO}, NULL, run_sub, NULL},
    {"sub_get", 1, {SUB, AT}, NULL, run_sub_get, NULL},
    {"sub_set", 3, {SUB, AT, VALUE}, NULL, run_sub_set, NULL},
    {"sub_add", 4, {SUB, AT, VALUE, FLAG("behind")}, room_in_sub, run_sub_add, NULL},
    {"sub_erase_range", 2, {SUB, AT, TO}, NULL, run_sub_erase_range, NULL},
    {"sub_remove_at", 2, {SUB, AT}, NULL, run_sub_remove_at, NULL},
    {"sub_clear", 1, {SUB}, NULL, run_sub_clear, NULL},
    {"sub_update", 5, {SUB, EDIT, VALUE, ARRAY}, room_to_become, run_sub_update, NULL},
    {"sub_drop", 1, {SUB}, NULL, run_sub_drop, NULL},
    {"read", 4, {ON, FROM_SOURCE, AT, COUNT}, NULL, run_read, NULL},
    {"get", 2, {ON, AT}, NULL, run_get, NULL},
    {"fail_allocations", 8, {EVERY}, NULL, run_fail_allocations, NULL},
    {"fail_copies", 8, {EVERY}, NULL, run_fail_copies, NULL},
};

/* A thread's first reading makes it a record, which stays for good. */
static void *begin(void *ctx) {
    (void)now(&world.list[0]);
    kit_leave();
    for (int i = 0; i < LENT; i++) world.storage[i] = elem_make(world.lent.v[i] = (3 * i) % VALUES);
    world.lent.n = LENT;
    for (size_t i = 0; i < WRITERS; i++) {
        list_writer_drop(&world.writer[i].w);
        writer_is_new(&world.writer[i], &(naive){{0}, 0}, 0);
    }
    for (size_t i = 0; i < SUBS; i++) {
        world.sub[i].of = &world.list[0];
        rc_assert(list_sublist_of(&world.list[0].l, 0, 0, &world.sub[i].s));
    }
    return ctx;
}

static void stays(const kept *k) {
    const list_array *all = list_snapshot_value(&k->s);
    agrees(all, &k->is);
    rc_assert(all->p == k->p);
    if (all->n) rc_assert(memcmp((const void *)all->p, (const void *)k->bytes, all->n * sizeof *k->bytes) == 0);
}

/* Of a sub-list, when the list is another version: everything but its end is in conflict. */
static void is_the_part(const part *p) {
    naive is = values_of(p);
    list_array all;
    size_t n = 77;
    bool loads = list_sublist_load(&p->s, &all);
    rc_assert(loads == !is_stale(p) && list_sublist_len(&p->s, &n) == loads);
    rc_assert_equal(n, loads ? is.n : 77);
    if (!loads) {
        rc_assert(cow_error() == COW_CONFLICT);
        return;
    }
    agrees(&all, &is);
    list_array_drop(&all);
}

static void stands(const writing *w) {
    agrees(&w->w.all, &w->is);
    rc_assert_equal(w->w.i, w->i);
    rc_assert_equal(w->w.last, w->last);
}

static void invariant(void *state) {
    (void)state;
    for (size_t i = 0; i < LISTS; i++) {
        agrees(now(&world.list[i]), &world.list[i].is);
        rc_assert_equal(list_version(&world.list[i].l), world.list[i].changes);
    }
    for (size_t i = 0; i < KEPT; i++) stays(&world.kept[i]);
    for (size_t i = 0; i < ARRAYS; i++) agrees(&world.array[i].a, &world.array[i].is);
    for (size_t i = 0; i < GUARDS; i++)
        if (world.guard[i].g.value) agrees(world.guard[i].g.value, &world.guard[i].is);
    for (size_t i = 0; i < ITERS; i++) {
        agrees(list_snapshot_value(&world.iter[i].it.s), &world.iter[i].is);
        rc_assert_equal(list_iter_index(&world.iter[i].it), world.iter[i].i);
    }
    for (size_t i = 0; i < WRITERS; i++) stands(&world.writer[i]);
    for (size_t i = 0; i < SUBS; i++) is_the_part(&world.sub[i]);
}

/* Everything is given up, the lists first, and nothing is left. */
static void end(void *state) {
    (void)state;
    rc_label(faulty.failed ? "some operations failed" : "no operation failed");
    for (size_t i = 0; i < LISTS; i++) list_drop(&world.list[i].l);
    for (size_t i = 0; i < KEPT; i++) list_snapshot_drop(&world.kept[i].s);
    for (size_t i = 0; i < ARRAYS; i++) list_array_drop(&world.array[i].a);
    for (size_t i = 0; i < GUARDS; i++) list_end(&world.guard[i].g);
    for (size_t i = 0; i < ITERS; i++) list_iter_drop(&world.iter[i].it);
    for (size_t i = 0; i < WRITERS; i++) list_writer_drop(&world.writer[i].w);
    for (size_t i = 0; i < SUBS; i++) list_sublist_drop(&world.sub[i].s);
    for (size_t i = 0; i < READERS; i++) list_idle(&world.reader[i]);
    for (size_t i = 0; i < LENT; i++) elem_drop(&world.storage[i]);
    rc_assert_equal(lives.alive, 0);
    rc_assert_equal(kit_lost_blocks(), 0);
}

int main(void) {
    static const rc_model model = {commands, sizeof commands / sizeof *commands, 80, begin, invariant, end, true};
    rc_check_model("lists do what naive lists do", &model, NULL);
    return rc_summary("list model");
}
