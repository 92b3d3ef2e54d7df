/* SPDX-License-Identifier: MIT */
/*
 * Any list of operations on arrays does what it does to naive lists, which copy everything.
 *
 * A few live arrays change. Copies and slices of them are kept, and neither their handles nor a byte of their elements may ever
 * change. Arguments point into the very array that changes, into others that share its buffer, and into lent storage. Every
 * nth allocation or every nth copy fails, if the list says so: an operation that says false must have changed nothing.
 *
 * The element type is -DMODEL_ELEMENT, from the unit tests' kit. Each list runs in a child, so the kit's checks, which abort, and
 * the sanitizers' reports shrink to a minimal list as well. Random runs without shrinking are tests/unit/array_model_test.c.
 */
#include "array_world.h"

/* ---- Commands and their arguments ---- */

#define COMMAND(name) static void run_##name(__attribute__((unused)) void *state, const int64_t *a)

#define ON \
    { "live", 0, LIVE - 1, NULL }
#define KEEP \
    { "kept", 0, KEPT - 1, NULL }
#define FROM_SOURCE \
    { "source", 0, SOURCES - 1, NULL }
#define VALUE \
    { "value", 0, 9, NULL }
#define AT \
    { "at", 0, LONGEST, NULL }
#define TO \
    { "to", 0, LONGEST, NULL }
#define COUNT \
    { "count", 0, MANY, NULL }
#define SIZE \
    { "size", 0, LONGEST, NULL }
#define EVERY \
    { "every", 0, 6, NULL }
#define WANTED \
    { "wanted", 0, 1, NULL }

/* `live` comes first in all commands that add: is there room for whatever one of them brings? */
static bool room(const void *state, const int64_t *a) {
    (void)state;
    return world.live[a[0]].is.n + MANY <= LONGEST;
}

static bool room_for_source(const void *state, const int64_t *a) {
    (void)state;
    const naive *is;
    (void)source(a[1], &is);
    return world.live[a[0]].is.n + is->n <= LONGEST;
}

/* ---- Adding ---- */

COMMAND(push) {
    int value = (int)a[1];
    elem e = elem_make(value);
    live *s = subject(a[0]);
    if (worked(elems_push(&s->a, e)))
        splice(&s->is, s->is.n, 0, &value, 1);
    else
        elem_drop(&e);
}

COMMAND(push_front) {
    int value = (int)a[1];
    elem e = elem_make(value);
    live *s = subject(a[0]);
    if (worked(elems_push_front(&s->a, e)))
        splice(&s->is, 0, 0, &value, 1);
    else
        elem_drop(&e);
}

COMMAND(insert) {
    int value = (int)a[2];
    elem e = elem_make(value);
    live *s = subject(a[0]);
    size_t at = index_of(a[1], s->is.n);
    bool said = elems_insert(&s->a, at, e);
    if (at > s->is.n)
        refused(said, COW_RANGE);
    else if (worked(said)) {
        splice(&s->is, at, 0, &value, 1);
        return;
    }
    elem_drop(&e);
}

COMMAND(push_n) {
    naive values;
    const elem *from = run_of(a[1], a[2], a[3], &values);
    live *s = subject(a[0]);
    if (worked(elems_push_n(&s->a, from, values.n))) splice(&s->is, s->is.n, 0, values.v, values.n);
}

COMMAND(insert_n) {
    naive values;
    const elem *from = run_of(a[2], a[3], a[4], &values);
    live *s = subject(a[0]);
    size_t at = index_of(a[1], s->is.n);
    bool said = elems_insert_n(&s->a, at, from, values.n);
    if (at > s->is.n)
        refused(said, COW_RANGE);
    else if (worked(said))
        splice(&s->is, at, 0, values.v, values.n);
}

COMMAND(concat) {
    const naive *is;
    const elems *from = source(a[1], &is);
    naive values = *is;
    live *s = subject(a[0]);
    if (worked(elems_concat(&s->a, from))) splice(&s->is, s->is.n, 0, values.v, values.n);
}

/* Three slices that follow each other, put together again, are the array, in the same place: nothing needs to be copied. */
COMMAND(cut_and_join) {
    live *s = subject(a[0]);
    const elem *place = s->a.p;
    size_t begin, end;
    bounds(a[1], a[2], s->is.n, &begin, &end);
    elems left = elems_slice(&s->a, 0, begin), middle = elems_slice(&s->a, begin, end);
    elems right = elems_slice(&s->a, end, s->is.n);
    bool ok = elems_concat(&left, &middle) && elems_concat(&left, &right);
    faults_end();
    elems_drop(&middle);
    elems_drop(&right);
    /* A borrowed or frozen array's slices do not know what follows them, and are copied. */
    if (s->a.h)
        rc_assert(ok && (left.p == place || left.n == 0));
    else
        rc_assert(ok || world.injected_allocation || world.injected_copy);
    if (!ok) {
        elems_drop(&left);
        return;
    }
    agrees(&left, &s->is);
    elems_drop(&s->a);
    s->a = left;
}

/* ---- Removing ---- */

/* Calls that hand an element out when *out is wanted: `said` and the value that was there. */
static bool handed_out(bool said, bool wanted, elem *out, const elem *out_before, int value) {
    if (!worked(said)) {
        rc_assert(memcmp(out, out_before, sizeof *out) == 0);
        return false;
    }
    if (!wanted) return true;
    rc_assert_equal(elem_value(out), value);
    elem_drop(out);
    return true;
}

static elem rubbish(void) {
    elem e;
    memset(&e, 0x5a, sizeof e);
    return e;
}

COMMAND(pop) {
    bool wanted = a[1];
    elem out = rubbish(), before = out;
    live *s = subject(a[0]);
    bool said = elems_pop(&s->a, wanted ? &out : NULL);
    if (!s->is.n)
        refused(said, COW_ABSENT);
    else if (handed_out(said, wanted, &out, &before, s->is.v[s->is.n - 1]))
        s->is.n--;
}

COMMAND(pop_front) {
    bool wanted = a[1];
    elem out = rubbish(), before = out;
    live *s = subject(a[0]);
    bool said = elems_pop_front(&s->a, wanted ? &out : NULL);
    if (!s->is.n)
        refused(said, COW_ABSENT);
    else if (handed_out(said, wanted, &out, &before, s->is.v[0]))
        splice(&s->is, 0, 1, NULL, 0);
}

COMMAND(take) {
    bool wanted = a[2];
    elem out = rubbish(), before = out;
    live *s = subject(a[0]);
    size_t at = index_of(a[1], s->is.n);
    bool said = elems_take(&s->a, at, wanted ? &out : NULL);
    if (at >= s->is.n)
        refused(said, s->is.n ? COW_RANGE : COW_ABSENT);
    else if (handed_out(said, wanted, &out, &before, s->is.v[at]))
        splice(&s->is, at, 1, NULL, 0);
}

COMMAND(swap_remove) {
    bool wanted = a[2];
    elem out = rubbish(), before = out;
    live *s = subject(a[0]);
    size_t at = index_of(a[1], s->is.n);
    bool said = elems_swap_remove(&s->a, at, wanted ? &out : NULL);
    if (at >= s->is.n)
        refused(said, s->is.n ? COW_RANGE : COW_ABSENT);
    else if (handed_out(said, wanted, &out, &before, s->is.v[at]))
        s->is.v[at] = s->is.v[--s->is.n];
}

COMMAND(erase) {
    live *s = subject(a[0]);
    size_t at = index_of(a[1], s->is.n);
    bool said = elems_erase(&s->a, at);
    if (at >= s->is.n)
        refused(said, COW_RANGE);
    else if (worked(said))
        splice(&s->is, at, 1, NULL, 0);
}

COMMAND(erase_range) {
    live *s = subject(a[0]);
    size_t begin = index_of(a[1], s->is.n), end = index_of(a[2], s->is.n);
    bool said = elems_erase_range(&s->a, begin, end);
    if (begin > end || end > s->is.n)
        refused(said, COW_RANGE);
    else if (worked(said))
        splice(&s->is, begin, end - begin, NULL, 0);
}

COMMAND(truncate) {
    live *s = subject(a[0]);
    size_t n = index_of(a[1], s->is.n);
    bool said = elems_truncate(&s->a, n);
    if (n > s->is.n)
        refused(said, COW_RANGE);
    else if (worked(said))
        s->is.n = n;
}

COMMAND(clear) {
    live *s = subject(a[0]);
    elems_clear(&s->a);
    (void)worked(true);
    s->is.n = 0;
}

static bool keep_unless(const elem *e, void *divisor) { return elem_value(e) % *(int *)divisor != 0; }

COMMAND(retain_if) {
    int divisor = 1 + (int)a[1];
    size_t left = 0;
    live *s = subject(a[0]);
    if (!worked(elems_retain_if(&s->a, keep_unless, &divisor))) return;
    for (size_t i = 0; i < s->is.n; i++)
        if (s->is.v[i] % divisor != 0) s->is.v[left++] = s->is.v[i];
    s->is.n = left;
}

COMMAND(dedup) {
    size_t left = 0;
    live *s = subject(a[0]);
    if (!worked(elems_dedup(&s->a))) return;
    for (size_t i = 0; i < s->is.n; i++)
        if (left == 0 || s->is.v[left - 1] != s->is.v[i]) s->is.v[left++] = s->is.v[i];
    s->is.n = left;
}

/* ---- Changing in place ---- */

COMMAND(set) {
    elem e = elem_make((int)a[2]);
    live *s = subject(a[0]);
    size_t at = index_of(a[1], s->is.n);
    bool said = elems_set(&s->a, at, e);
    if (at >= s->is.n)
        refused(said, COW_RANGE);
    else if (worked(said)) {
        s->is.v[at] = (int)a[2];
        return;
    }
    elem_drop(&e);
}

/* As a user writes through a borrowed pointer: the old element is theirs to drop. */
static void write_through(elem *p, int value) {
    elem old = *p;
    *p = elem_make(value);
    elem_drop(&old);
}

COMMAND(mut) {
    live *s = subject(a[0]);
    size_t at = index_of(a[1], s->is.n);
    elem *p = elems_mut(&s->a, at);
    if (at >= s->is.n) {
        refused(p != NULL, COW_RANGE);
    } else if (worked(p != NULL)) {
        rc_assert(p == s->a.p + at && !elems_is_shared(&s->a));
        write_through(p, s->is.v[at] = (int)a[2]);
    }
}

COMMAND(edit) {
    live *s = subject(a[0]);
    elem *p = elems_edit(&s->a);
    if (!s->is.n) {
        refused(p != NULL, COW_ABSENT);
    } else if (worked(p != NULL)) {
        rc_assert(p == s->a.p && !elems_is_shared(&s->a));
        for (size_t i = 0; i < s->is.n; i += 2) write_through(p + i, s->is.v[i] = (int)a[1]);
    }
}

COMMAND(fill) {
    int value;
    const elem *with = one_of(a[1], a[2], &value);
    live *s = subject(a[0]);
    if (!worked(elems_fill(&s->a, with))) return;
    for (size_t i = 0; i < s->is.n; i++) s->is.v[i] = value;
}

COMMAND(reverse) {
    live *s = subject(a[0]);
    if (!worked(elems_reverse(&s->a))) return;
    naive was = s->is;
    for (size_t i = 0; i < was.n; i++) s->is.v[i] = was.v[was.n - 1 - i];
}

COMMAND(rotate) {
    live *s = subject(a[0]);
    size_t by = index_of(a[1], s->is.n);
    bool said = elems_rotate(&s->a, by);
    if (by > s->is.n) {
        refused(said, COW_RANGE);
    } else if (worked(said)) {
        naive was = s->is;
        for (size_t i = 0; i < was.n; i++) s->is.v[i] = was.v[(i + by) % was.n];
    }
}

static int backwards(const elem *a, const elem *b, void *ctx) {
    (void)ctx;
    return by_int(&(int){elem_value(b)}, &(int){elem_value(a)});
}

/* Sorted the other way round by a comparator, if that is asked for; then sorted. */
COMMAND(sort) {
    bool stable = a[1], both = a[2];
    live *s = subject(a[0]);
    bool said = true;
    if (both) said = stable ? elems_sort_stable_by(&s->a, backwards, NULL) : elems_sort_by(&s->a, backwards, NULL);
    bool reversed = said;
    if (said) said = stable ? elems_sort_stable(&s->a) : elems_sort(&s->a);
    /* When the first one worked and the second did not, the array is reversed, and that is not "untouched". */
    if (both && reversed && !said) {
        faults_end();
        rc_assert(world.injected_allocation || world.injected_copy);
        qsort(s->is.v, s->is.n, sizeof *s->is.v, by_int);
        naive was = s->is;
        for (size_t i = 0; i < was.n; i++) s->is.v[i] = was.v[was.n - 1 - i];
    } else if (worked(said)) {
        qsort(s->is.v, s->is.n, sizeof *s->is.v, by_int);
        rc_assert(elems_is_sorted(&s->a));
    }
}

/* ---- Size and storage ---- */

/* Zero bytes are an element of the types that have no identity. */
#define ZERO_IS_AN_ELEMENT \
    (MODEL_ELEMENT == PLAIN || MODEL_ELEMENT == ALIGNED || MODEL_ELEMENT == ODD || MODEL_ELEMENT == NESTED)

COMMAND(resize) {
    int value;
    const elem *with = one_of(a[2], a[3], &value);
    if (ZERO_IS_AN_ELEMENT && a[4]) {
        with = NULL;
        value = ZERO_VALUE;
    }
    live *s = subject(a[0]);
    size_t n = (size_t)a[1];
    if (!worked(elems_resize(&s->a, n, with))) return;
    for (size_t i = s->is.n; i < n; i++) s->is.v[i] = value;
    s->is.n = n;
}

COMMAND(reserve) {
    live *s = subject(a[0]);
    if (!worked(elems_reserve(&s->a, (size_t)a[1])) || !a[1]) return;
    rc_assert(elems_capacity(&s->a) >= (size_t)a[1] && !elems_is_shared(&s->a));
}

COMMAND(shrink) {
    live *s = subject(a[0]);
    (void)worked(elems_shrink(&s->a));
}

/* ---- Making and sharing: what it was is given up ---- */

static void becomes(live *s, elems a, const naive *is) {
    naive values = *is;
    elems_drop(&s->a);
    s->a = a;
    s->is = values;
}

COMMAND(from) {
    naive values;
    const elem *src = run_of(a[1], a[2], a[3], &values);
    live *s = subject(a[0]);
    elems made = {0};
    if (worked(elems_from(&made, src, values.n)))
        becomes(s, made, &values);
    else
        rc_assert(!made.p && !made.n && !made.h);
}

COMMAND(with_capacity) {
    live *s = subject(a[0]);
    elems made = {0};
    size_t capacity = (size_t)a[1];
    if (!worked(a[2] ? elems_new_in(&made, capacity, NULL) : elems_with_capacity(&made, capacity))) return;
    rc_assert(elems_capacity(&made) >= capacity);
    becomes(s, made, &(naive){{0}, 0});
}

COMMAND(borrow) {
    size_t n = (size_t)a[1] % (LENT + 1);
    naive values = part(&world.lent.is, 0, n);
    becomes(&world.live[a[0]], elems_borrow(world.storage, n), &values);
}

COMMAND(slice) {
    const naive *is;
    const elems *from = source(a[1], &is);
    size_t begin = index_of(a[2], is->n), end = index_of(a[3], is->n);
    elems made = elems_slice(from, begin, end);
    if (begin > end || end > is->n) {
        rc_assert(!made.n && !made.h && cow_error() == COW_RANGE);
        return;
    }
    naive values = part(is, begin, end);
    becomes(&world.live[a[0]], made, &values);
}

COMMAND(copy) {
    const naive *is;
    const elems *from = source(a[1], &is);
    elems made = elems_copy(from);
    rc_assert(elems_same(&made, from));
    becomes(&world.live[a[0]], made, is);
}

COMMAND(assign) {
    const naive *is;
    const elems *from = source(a[1], &is);
    live *s = &world.live[a[0]];
    elems_assign(&s->a, from);
    s->is = *is;
}

COMMAND(swap) {
    live *s = &world.live[a[0]], *t = &world.live[a[1]];
    naive was = s->is;
    elems_swap(&s->a, &t->a);
    s->is = t->is;
    t->is = was;
}

COMMAND(move) {
    live *s = &world.live[a[0]], *t = &world.live[a[1]];
    if (s == t) return;
    becomes(s, elems_move(&t->a), &t->is);
    rc_assert(!t->a.p && !t->a.n && !t->a.h);
    t->is.n = 0;
}

COMMAND(freeze) {
    elems_freeze(&world.live[a[0]].a);
    rc_assert(!world.live[a[0]].a.h);
    world.froze = true;
}

/* ---- Keeping, walking, faults ---- */

COMMAND(keep) {
    const naive *is;
    const elems *from = source(a[1], &is);
    size_t begin, end;
    bounds(a[2], a[3], is->n, &begin, &end);
    kept made = {.a = elems_slice(from, begin, end), .is = part(is, begin, end)};
    kept *k = &world.kept[a[0]];
    elems_drop(&k->a);
    *k = made;
    k->was = k->a;
    if (k->a.n) memcpy(k->bytes, k->a.p, k->a.n * sizeof *k->bytes);
}

COMMAND(forget) {
    kept *k = &world.kept[a[0]];
    elems_drop(&k->a);
    k->was = k->a;
    k->is.n = 0;
}

COMMAND(walk) {
    elems_iter_drop(&world.walk);
    world.walk = elems_iter_of(&world.live[a[0]].a);
    world.walked = world.live[a[0]].is;
    world.walked_to = 0;
}

COMMAND(walk_on) {
    (void)a;
    const elem *e;
    if (elems_iter_next(&world.walk, &e)) {
        rc_assert(world.walked_to < world.walked.n);
        rc_assert_equal(elem_value(e), world.walked.v[world.walked_to++]);
    } else {
        rc_assert_equal(world.walked_to, world.walked.n);
        world.walked.n = world.walked_to = 0;
        world.walk.i = 0;
    }
}

COMMAND(fail_allocations) { world.allocations = (faults){(size_t)a[0], 0}; }

COMMAND(fail_copies) { world.copies = (faults){(size_t)a[0], 0}; }

/* ---- Reading ---- */

static bool add_up(const elem *run, size_t n, void *sum) {
    for (size_t i = 0; i < n; i++) *(int *)sum += elem_value(run + i);
    return n < 5;
}

static void reads_elements(const elems *a, const naive *is) {
    int expected = 0, sum = 0, run_sum = 0;
    for (size_t i = 0; i < is->n; i++) expected += is->v[i];
    COW_EACH (elem, e, a) sum += elem_value(e);
    rc_assert_equal(sum, expected);
    rc_assert(elems_each(a, add_up, &run_sum) == (is->n < 5));
    rc_assert_equal(run_sum, expected);
    rc_assert(elems_get(a, is->n) == NULL && cow_error() == COW_RANGE);
    if (is->n) {
        rc_assert(elems_front(a) == a->p && elems_back(a) == a->p + is->n - 1 && elems_data(a) == a->p);
        rc_assert(elems_get(a, is->n - 1) == elems_back(a));
    } else {
        rc_assert(!elems_front(a) && cow_error() == COW_ABSENT && !elems_back(a));
    }
}

static void finds(const elems *a, const naive *is, const elem *key, int value) {
    size_t count = 0, first = COW_NPOS, lower = 0, upper = 0;
    bool sorted = true;
    for (size_t i = is->n; i-- > 0;) {
        if (is->v[i] == value) first = i;
        count += is->v[i] == value;
        lower += is->v[i] < value;
        upper += is->v[i] <= value;
        sorted = sorted && (i == 0 || is->v[i - 1] <= is->v[i]);
    }
    rc_assert_equal(elems_count(a, key), count);
    rc_assert_equal(elems_index_of(a, key), first);
    rc_assert(elems_contains(a, key) == (count > 0));
    rc_assert(elems_find(a, key) == (count ? a->p + first : NULL));
    rc_assert(elems_is_sorted(a) == sorted);
    if (!sorted) return;
    rc_assert_equal(elems_lower_bound(a, key), lower);
    rc_assert_equal(elems_upper_bound(a, key), upper);
    rc_assert_equal(elems_search(a, key), first);
}

/* The key may be an element of the array itself. */
COMMAND(read) {
    const live *s = &world.live[a[0]];
    const naive *other_is;
    const elems *other = source(a[1], &other_is);
    int value;
    const elem *key = one_of(a[1], a[2], &value);
    reads_elements(&s->a, &s->is);
    finds(&s->a, &s->is, key, value);
    int expected = order(&s->is, other_is);
    rc_assert_equal(sign(elems_compare(&s->a, other)), expected);
    rc_assert(elems_equal(&s->a, other) == (expected == 0));
    rc_assert((elems_hash(&s->a, 7) == elems_hash(other, 7)) == (expected == 0));
}

/* ---- The model ---- */

static const rc_command commands[] = {
    {"push", 8, {ON, VALUE}, room, run_push, NULL},
    {"push_front", 4, {ON, VALUE}, room, run_push_front, NULL},
    {"insert", 3, {ON, AT, VALUE}, room, run_insert, NULL},
    {"push_n", 4, {ON, FROM_SOURCE, AT, COUNT}, room, run_push_n, NULL},
    {"insert_n", 4, {ON, AT, FROM_SOURCE, TO, COUNT}, room, run_insert_n, NULL},
    {"concat", 3, {ON, FROM_SOURCE}, room_for_source, run_concat, NULL},
    {"cut_and_join", 2, {ON, AT, TO}, NULL, run_cut_and_join, NULL},
    {"pop", 5, {ON, WANTED}, NULL, run_pop, NULL},
    {"pop_front", 4, {ON, WANTED}, NULL, run_pop_front, NULL},
    {"take", 2, {ON, AT, WANTED}, NULL, run_take, NULL},
    {"swap_remove", 2, {ON, AT, WANTED}, NULL, run_swap_remove, NULL},
    {"erase", 2, {ON, AT}, NULL, run_erase, NULL},
    {"erase_range", 2, {ON, AT, TO}, NULL, run_erase_range, NULL},
    {"truncate", 3, {ON, SIZE}, NULL, run_truncate, NULL},
    {"clear", 1, {ON}, NULL, run_clear, NULL},
    {"retain_if", 1, {ON, VALUE}, NULL, run_retain_if, NULL},
    {"dedup", 1, {ON}, NULL, run_dedup, NULL},
    {"set", 3, {ON, AT, VALUE}, NULL, run_set, NULL},
    {"mut", 3, {ON, AT, VALUE}, NULL, run_mut, NULL},
    {"edit", 2, {ON, VALUE}, NULL, run_edit, NULL},
    {"fill", 2, {ON, FROM_SOURCE, AT}, NULL, run_fill, NULL},
    {"reverse", 1, {ON}, NULL, run_reverse, NULL},
    {"rotate", 2, {ON, AT}, NULL, run_rotate, NULL},
    {"sort", 2, {ON, {"stable", 0, 1, NULL}, {"backwards_first", 0, 1, NULL}}, NULL, run_sort, NULL},
    {"resize", 3, {ON, SIZE, FROM_SOURCE, AT, {"zero", 0, 1, NULL}}, NULL, run_resize, NULL},
    {"reserve", 2, {ON, SIZE}, NULL, run_reserve, NULL},
    {"shrink", 1, {ON}, NULL, run_shrink, NULL},
    {"from", 2, {ON, FROM_SOURCE, AT, COUNT}, NULL, run_from, NULL},
    {"with_capacity", 1, {ON, SIZE, {"new_in", 0, 1, NULL}}, NULL, run_with_capacity, NULL},
    {"borrow", 1, {ON, COUNT}, NULL, run_borrow, NULL},
    {"slice", 4, {ON, FROM_SOURCE, AT, TO}, NULL, run_slice, NULL},
    {"copy", 4, {ON, FROM_SOURCE}, NULL, run_copy, NULL},
    {"assign", 2, {ON, FROM_SOURCE}, NULL, run_assign, NULL},
    {"swap", 1, {ON, ON}, NULL, run_swap, NULL},
    {"move", 1, {ON, ON}, NULL, run_move, NULL},
    {"freeze", 1, {ON}, NULL, run_freeze, NULL},
    {"keep", 8, {KEEP, FROM_SOURCE, AT, TO}, NULL, run_keep, NULL},
    {"forget", 2, {KEEP}, NULL, run_forget, NULL},
    {"walk", 1, {ON}, NULL, run_walk, NULL},
    {"walk_on", 3, {{NULL, 0, 0, NULL}}, NULL, run_walk_on, NULL},
    {"read", 4, {ON, FROM_SOURCE, AT}, NULL, run_read, NULL},
    {"fail_allocations", 2, {EVERY}, NULL, run_fail_allocations, NULL},
    {"fail_copies", 2, {EVERY}, NULL, run_fail_copies, NULL},
};

static void *begin(void *ctx) {
    for (int i = 0; i < LENT; i++) {
        world.storage[i] = elem_make(world.lent.is.v[i] = 3 * i);
        world.lent.bytes[i] = world.storage[i];
    }
    world.lent.is.n = LENT;
    world.lent.a = world.lent.was = elems_borrow(world.storage, LENT);
    return ctx;
}

static void unchanged(const kept *k) {
    rc_assert(k->a.p == k->was.p && k->a.n == k->was.n && k->a.h == k->was.h);
    agrees(&k->a, &k->is);
    if (k->a.n) rc_assert(memcmp(k->a.p, k->bytes, k->a.n * sizeof *k->bytes) == 0);
}

static void invariant(void *state) {
    (void)state;
    for (size_t i = 0; i < LIVE; i++) {
        agrees(&world.live[i].a, &world.live[i].is);
        rc_assert(!world.live[i].a.h || elems_capacity(&world.live[i].a) >= world.live[i].is.n);
    }
    for (size_t i = 0; i < KEPT; i++) unchanged(&world.kept[i]);
    unchanged(&world.lent);
}

/* Everything is given up, and nothing is left. */
static void end(void *state) {
    (void)state;
    rc_label(world.failed ? "some operations failed" : "no operation failed");
    for (size_t i = 0; i < LIVE; i++) elems_drop(&world.live[i].a);
    for (size_t i = 0; i < KEPT; i++) elems_drop(&world.kept[i].a);
    elems_iter_drop(&world.walk);
    unchanged(&world.lent);
    for (size_t i = 0; i < LENT; i++) elem_drop(&world.storage[i]);
    if (world.froze) return;
    rc_assert_equal(lives.alive, 0);
    rc_assert_equal(kit_lost_blocks(), 0);
}

int main(void) {
    static const rc_model model = {commands, sizeof commands / sizeof *commands, 80, begin, invariant, end, true};
    rc_check_model("arrays do what naive lists do", &model, NULL);
    return rc_summary("array model");
}
