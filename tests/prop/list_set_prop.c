/* SPDX-License-Identifier: MIT */
/*
 * Any list of operations on sets for many threads does what it does to naive ones: arrays of numbers in the order of their
 * insertion.
 *
 * Two sets change. What holds a version of them - snapshots, borrows, iterators, cached readers, values that were loaded and are
 * then changed by themselves - must keep it, to the byte. Arguments lie in storage of their own, in the set that changes, or in
 * old versions of it. Which changes make a new version, and which none, is part of the model. Hashes are forged, so a few
 * hundred keys make trees of all shapes. Every nth allocation or every nth copy fails, if the list of operations says so.
 *
 * With -DMODEL_ELEMENT=ORDERED the sets keep the order of insertion. Each list of operations runs in a child, so aborts and the
 * sanitizers' reports shrink to a minimal one as well. One thread is enough here: what several do to each other is tests/stress.
 */
#define UNORDERED 1
#define ORDERED 2
#if defined(MODEL_ELEMENT) && MODEL_ELEMENT == ORDERED
#define WITH_ORDER
#endif

/* Keys are tracked elements. */
#undef MODEL_ELEMENT
#include "list_element.h"
#include "map_forge.h"

static uint64_t key_hash(const tracked *k, uint64_t seed) { return forged_hash((uint64_t)tracked_value(k), seed); }

#ifdef WITH_ORDER
#define COW_KEEP_ORDER
#define IN_ORDER true
#define VALUE bag_ordered
#define VALUE_DROP bag_ordered_drop
#define SET_IN(value) (&(value)->set)
#else
#define IN_ORDER false
#define VALUE bag_set
#define VALUE_DROP bag_set_drop
#define SET_IN(value) (value)
#endif
#define COW_LIST_SET bag, tracked
#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#define COW_EQUAL tracked_equal
#define COW_HASH key_hash
#define COW__HASH_AS_IS
#include "cow/cow.h"

enum { SETS = 2, KEPT = 3, GUARDS = 9, ITERS = 2, READERS = 2, LOADED = 2, OTHERS = 2, NUMBERS = 160, MANY = 40 };

/* ---- Naive sets. Copied by assignment ---- */

typedef struct naive {
    int v[NUMBERS];
    size_t n;
} naive;

static size_t place_of(const naive *is, int value) {
    for (size_t i = 0; i < is->n; i++)
        if (is->v[i] == value) return i;
    return COW_NPOS;
}

static bool has(const naive *is, int value) { return place_of(is, value) != COW_NPOS; }

static bool insert(naive *is, int value) {
    if (has(is, value)) return false;
    is->v[is->n++] = value;
    return true;
}

static bool remove_from(naive *is, int value) {
    size_t i = place_of(is, value);
    if (i == COW_NPOS) return false;
    memmove(is->v + i, is->v + i + 1, (--is->n - i) * sizeof *is->v);
    return true;
}

/* Those of *is that are in *among, or that are not, in their order. */
static naive sifted(const naive *is, const naive *among, bool in) {
    naive out = {{0}, 0};
    for (size_t i = 0; i < is->n; i++)
        if (has(among, is->v[i]) == in) out.v[out.n++] = is->v[i];
    return out;
}

static bool same_numbers(const naive *a, const naive *b) { return a->n == b->n && sifted(a, b, true).n == a->n; }

/* ---- The world ---- */

typedef struct live {
    bag s;
    naive is;
    size_t changes;
} live;

/* What holds a version has what that was, and the bytes of its keys. */
typedef struct kept {
    bag_snapshot s;
    naive is;
    uint64_t bytes;
} kept;

typedef struct borrowed {
    bag_guard g;
    naive is;
} borrowed;

typedef struct walk {
    bag_iter it;
    naive is, met;
} walk;

typedef struct loaded {
    VALUE value;
    naive is;
} loaded;

/* A plain set that transactions work with. */
typedef struct other {
    bag_set s;
    naive is;
} other;

static struct {
    live set[SETS];
    kept kept[KEPT];
    borrowed guard[GUARDS];
    walk iter[ITERS];
    bag_reader reader[READERS];
    loaded loaded[LOADED];
    other other[OTHERS];
    tracked lent[NUMBERS]; /* key i is the number i */
    cow_error_code error;
} world;

/* ---- A value holds what it should ---- */

static naive numbers_of(const bag_set *s) {
    naive out = {{0}, 0};
    COW_MAP_EACH (bag_set, k, s) rc_assertf(insert(&out, tracked_value(k)), "%d is there twice", tracked_value(k));
    rc_assert_equal(out.n, bag_set_len(s));
    return out;
}

static naive order_of(const VALUE *value) {
#ifdef WITH_ORDER
    naive out = {{0}, 0};
    size_t n = 0;
    const tracked *k = bag_ordered_keys(value, &n);
    for (size_t i = 0; i < n; i++) rc_assert(insert(&out, tracked_value(k + i)));
    return out;
#else
    return numbers_of(value);
#endif
}

static void same_order(const naive *got, const naive *is) {
    rc_assert_equal(got->n, is->n);
    for (size_t i = 0; IN_ORDER && i < is->n; i++)
        rc_assertf(got->v[i] == is->v[i], "key %zu is %d, not %d", i, got->v[i], is->v[i]);
    rc_assert(same_numbers(got, is));
}

static void agrees(const VALUE *value, const naive *is) {
    naive in_set = numbers_of(SET_IN(value)), in_order = order_of(value);
    rc_assert(same_numbers(&in_set, is));
    same_order(&in_order, is);
    for (int i = 0; i < NUMBERS; i++) rc_assert(bag_set_contains(SET_IN(value), &world.lent[i]) == has(is, i));
}

/* All bytes of all keys. */
static uint64_t bytes_of(const VALUE *value) {
    uint64_t sum = 0;
    COW_MAP_EACH (bag_set, k, SET_IN(value)) sum += cow_hash_bytes(k, sizeof *k, 1);
    return sum;
}

/* What a set holds now. It stays where it is until the set changes. */
static const VALUE *now(const live *s) {
    bag_guard g;
    rc_assert(bag_borrow(&s->s, &g));
    const VALUE *value = g.value;
    bag_end(&g);
    return value;
}

/* ---- One operation: subject(), the call, then worked(), changed() or refused() ---- */

/* From here on, calls may fail. */
static live *subject(int64_t which) {
    world.error = cow_error();
    faults_begin();
    return &world.set[which];
}

/* Whether it worked, and then no error is told. It may say false only because a fault was injected. That nothing happened
   then, the invariant checks. */
static bool worked(bool said, bool in_function) {
    cow_error_code why = cow_error();
    faults_end();
    rc_assertf(!said || why == world.error, "it worked, and yet: %s", cow_error_text(why));
    if (said) return true;
    rc_assertf(was_injected(why, in_function), "false without a fault: %s", cow_error_text(why));
    faulty.failed++;
    return false;
}

/* There is a new version if the numbers differ. */
static void became(live *s, const naive *is) {
    s->changes += !same_numbers(&s->is, is);
    s->is = *is;
}

/* It must say false because of its arguments, unless a fault came first. */
static void refused(bool said, cow_error_code expected) {
    cow_error_code why = cow_error();
    faults_end();
    rc_assert(!said);
    rc_assertf(why == expected || was_injected(why, false), "%s", cow_error_text(why));
}

/* ---- Sources: where keys that are given lie ---- */

enum { SOURCES = 1 + SETS + KEPT };

typedef struct source {
    const tracked *k;
    size_t n;
} source;

static bool first_run(const tracked *k, size_t n, void *out) {
    *(source *)out = (source){k, n};
    return false;
}

/* Keys that lie in a row: those of a leaf, or all of them if there is an order. */
static source keys_in(const VALUE *value, bool ordered) {
    source out = {NULL, 0};
#ifdef WITH_ORDER
    if (ordered) {
        out.k = bag_ordered_keys(value, &out.n);
        return out;
    }
#endif
    (void)ordered;
    (void)bag_set_each(SET_IN(value), first_run, &out);
    return out;
}

/* Up to MANY keys, and their numbers as they were before the change. */
static const tracked *some_of(int64_t which, int64_t from, int64_t count, size_t *n, naive *values) {
    source in = {world.lent, NUMBERS};
    if (which > SETS)
        in = keys_in(bag_snapshot_value(&world.kept[which - 1 - SETS].s), count % 2);
    else if (which > 0)
        in = keys_in(now(&world.set[which - 1]), count % 2);
    size_t begin = (size_t)from % (in.n + 1), rest = in.n - begin;
    *n = (size_t)count < rest ? (size_t)count : rest;
    values->n = 0;
    for (size_t i = 0; i < *n; i++) (void)insert(values, tracked_value(in.k + begin + i));
    return in.n ? in.k + begin : NULL;
}

/* ---- Commands and their arguments ---- */

#define COMMAND(name) static void run_##name(__attribute__((unused)) void *state, const int64_t *a)

#define ON \
    { "set", 0, SETS - 1, NULL }
#define KEEP \
    { "kept", 0, KEPT - 1, NULL }
#define GUARD \
    { "guard", 0, GUARDS - 1, NULL }
#define ITER \
    { "iter", 0, ITERS - 1, NULL }
#define READER \
    { "reader", 0, READERS - 1, NULL }
#define LOAD \
    { "loaded", 0, LOADED - 1, NULL }
#define OTHER \
    { "other", 0, OTHERS - 1, NULL }
#define FROM_SOURCE \
    { "source", 0, SOURCES - 1, NULL }
#define NUMBER \
    { "number", 0, NUMBERS - 1, NULL }
#define COUNT \
    { "count", 0, MANY, NULL }

/* ---- Changing ---- */

COMMAND(add) {
    tracked k = tracked_make((int)a[1]);
    live *s = subject(a[0]);
    naive is = s->is;
    bool absent = insert(&is, (int)a[1]), said = bag_add(&s->s, k);
    if (!absent)
        refused(said, COW_EXISTS);
    else if (worked(said, false))
        became(s, &is);
    if (!said) tracked_drop(&k);
}

COMMAND(remove) {
    size_t n;
    naive values, is = world.set[a[0]].is;
    const tracked *k = some_of(a[1], a[2], 1, &n, &values);
    if (!n) k = &world.lent[a[2]];
    bool there = remove_from(&is, tracked_value(k));
    live *s = subject(a[0]);
    bool said = bag_remove(&s->s, k);
    if (!there)
        refused(said, COW_ABSENT);
    else if (worked(said, false))
        became(s, &is);
}

/* The first, or the last one, by its own key: the end of the order. */
COMMAND(remove_an_end) {
    const naive *is = &world.set[a[0]].is;
    if (!is->n) return;
    int64_t with[3] = {a[0], 0, is->v[a[1] ? is->n - 1 : 0]};
    run_remove(state, with);
}

typedef bool change_fn(bag *s, const tracked *k, size_t n, size_t *by);

static void change_many(const int64_t *a, change_fn *fn, const naive *is, const tracked *k, size_t n) {
    live *s = subject(a[0]);
    size_t was = s->is.n, by = 777;
    if (!worked(fn(&s->s, k, n, &by), false)) {
        rc_assert_equal(by, 777);
        return;
    }
    rc_assert_equal(by, was < is->n ? is->n - was : was - is->n);
    became(s, is);
}

COMMAND(add_all) {
    size_t n;
    naive values, is = world.set[a[0]].is;
    const tracked *k = some_of(a[1], a[2], a[3], &n, &values);
    for (size_t i = 0; i < values.n; i++) (void)insert(&is, values.v[i]);
    change_many(a, bag_add_all, &is, k, n);
}

COMMAND(remove_all) {
    size_t n;
    naive values, is;
    const tracked *k = some_of(a[1], a[2], a[3], &n, &values);
    is = sifted(&world.set[a[0]].is, &values, false);
    change_many(a, bag_remove_all, &is, k, n);
}

COMMAND(retain_all) {
    size_t n;
    naive values, is;
    const tracked *k = some_of(a[1], a[2], a[3], &n, &values);
    is = sifted(&world.set[a[0]].is, &values, true);
    change_many(a, bag_retain_all, &is, k, n);
}

typedef struct modulo {
    int by, rest;
    naive asked;
} modulo;

static bool is_of(const tracked *k, void *ctx) {
    modulo *m = ctx;
    rc_assert(insert(&m->asked, tracked_value(k)));
    return tracked_value(k) % m->by == m->rest;
}

COMMAND(remove_if) {
    modulo m = {(int)a[1] + 1, (int)(a[2] % (a[1] + 1)), {{0}, 0}};
    naive is = world.set[a[0]].is;
    for (int i = m.rest; i < NUMBERS; i += m.by) (void)remove_from(&is, i);
    live *s = subject(a[0]);
    size_t was = s->is.n, removed = 777;
    if (!worked(bag_remove_if(&s->s, is_of, &m, &removed), false)) return;
    rc_assert_equal(removed, was - is.n);
    rc_assert(same_numbers(&m.asked, &s->is));
    became(s, &is);
}

COMMAND(clear) {
    live *s = subject(a[0]);
    bag_clear(&s->s);
    (void)worked(true, false);
    s->is.n = 0;
    s->changes++;
}

/* The old one goes, and a new one comes, which may be made of its keys. */
COMMAND(from) {
    size_t n;
    naive values;
    bag made;
    const tracked *k = some_of(a[1], a[2], a[3], &n, &values);
    live *s = subject(a[0]);
    if (!worked(bag_from(&made, k, n), false)) return;
    bag_drop(&s->s);
    memcpy(&s->s, &made, sizeof made); /* nobody knows its address yet */
    s->is = values;
    s->changes = values.n > 0;
}

/* ---- Transactions ---- */

enum edit_kind {
    NOTHING,
    PUT,
    ERASE,
    UNION,
    INTERSECTION,
    DIFFERENCE,
    SYMMETRIC,
    ASSIGN,
    SWAP,
    CLEAR,
    REPLACE,
    UNION_AND_FAIL,
    EDITS
};

typedef struct edit {
    enum edit_kind kind;
    int number;
    other *with;
} edit;

static bool put(bag_set *all, int number) {
    tracked k = tracked_make(number);
    if (bag_set_put(all, k)) return true;
    tracked_drop(&k);
    return false;
}

static bool apply_edit(bag_set *all, void *ctx) {
    const edit *e = ctx;
    const tracked *k = &world.lent[e->number];
    switch (e->kind) {
    case PUT: return put(all, e->number);
    case ERASE: return !bag_set_contains(all, k) || bag_set_erase(all, k);
    case UNION: return bag_set_union(all, &e->with->s);
    case INTERSECTION: return bag_set_intersection(all, &e->with->s);
    case DIFFERENCE: return bag_set_difference(all, &e->with->s);
    case SYMMETRIC: return bag_set_symmetric_difference(all, &e->with->s);
    case ASSIGN: return bag_set_assign(all, &e->with->s), true;
    case SWAP: return bag_set_swap(all, &e->with->s), true;
    case CLEAR: return bag_set_clear(all), true;
    case REPLACE: return bag_set_drop(all), put(all, e->number);
    case UNION_AND_FAIL: return bag_set_union(all, &e->with->s) && false;
    default: return true;
    }
}

/* The numbers afterwards, of which the old ones keep their order. */
static naive edited(const naive *is, const edit *e) {
    naive out = *is, fresh = sifted(&e->with->is, is, false), none = {{0}, 0};
    switch (e->kind) {
    case PUT: (void)insert(&out, e->number); return out;
    case ERASE: (void)remove_from(&out, e->number); return out;
    case INTERSECTION: return sifted(is, &e->with->is, true);
    case DIFFERENCE: return sifted(is, &e->with->is, false);
    case SYMMETRIC: out = sifted(is, &e->with->is, false); break;
    case ASSIGN:
    case SWAP: out = sifted(is, &e->with->is, true); break;
    case CLEAR: return none;
    case REPLACE: (void)insert(&none, e->number); return none;
    case UNION: break;
    default: return out;
    }
    for (size_t i = 0; i < fresh.n; i++) (void)insert(&out, fresh.v[i]);
    return out;
}

/* New keys follow the others in no specified order: the model takes theirs. */
static void adopt_order(naive *is, size_t old, const VALUE *value) {
    naive got = order_of(value), fresh = {{0}, 0};
    if (!IN_ORDER || !same_numbers(&got, is)) return;
    for (size_t i = old; i < got.n; i++) (void)insert(&fresh, got.v[i]);
    for (size_t i = 0; i < fresh.n; i++)
        if (place_of(is, fresh.v[i]) < old) return;
    memcpy(is->v + old, fresh.v, fresh.n * sizeof *fresh.v);
}

COMMAND(update) {
    edit e = {(enum edit_kind)a[1], (int)a[2], &world.other[a[3]]};
    live *s = subject(a[0]);
    naive is = edited(&s->is, &e);
    bool said = bag_update(&s->s, apply_edit, &e);
    if (e.kind == UNION_AND_FAIL) {
        refused(said, COW_HOOK);
    } else if (worked(said, true)) {
        adopt_order(&is, sifted(&is, &s->is, true).n, now(s));
        if (e.kind == SWAP) e.with->is = s->is;
        s->is = is;
        s->changes++;
    } else if (e.kind == SWAP) {
        e.with->is = numbers_of(&e.with->s); /* the function's own doing */
    }
}

COMMAND(other_takes) {
    other *o = &world.other[a[0]];
    bag_set_assign(&o->s, SET_IN(now(&world.set[a[1]])));
    o->is = world.set[a[1]].is;
}

/* Turns numbers on and off. */
COMMAND(other_turns) {
    other *o = &world.other[a[0]];
    for (int i = (int)a[1]; i < (int)(a[1] + a[2]) && i < NUMBERS; i++) {
        if (remove_from(&o->is, i))
            rc_assert(bag_set_erase(&o->s, &world.lent[i]));
        else
            rc_assert(insert(&o->is, i) && put(&o->s, i));
    }
}

/* ---- Holding ---- */

COMMAND(keep) {
    kept *k = &world.kept[a[0]];
    bag_snapshot_drop(&k->s);
    rc_assert(bag_snapshot_of(&world.set[a[1]].s, &k->s));
    k->is = world.set[a[1]].is;
    k->bytes = bytes_of(bag_snapshot_value(&k->s));
}

COMMAND(keep_copy) {
    bag_snapshot copy = bag_snapshot_copy(&world.kept[a[1]].s);
    kept k = world.kept[a[1]];
    k.s = copy;
    bag_snapshot_drop(&world.kept[a[0]].s);
    world.kept[a[0]] = k;
}

COMMAND(forget) {
    bag_snapshot_drop(&world.kept[a[0]].s);
    world.kept[a[0]].is.n = 0;
    world.kept[a[0]].bytes = 0;
}

COMMAND(borrow) {
    borrowed *b = &world.guard[a[0]];
    bag_end(&b->g);
    rc_assert(bag_borrow(&world.set[a[1]].s, &b->g));
    b->is = world.set[a[1]].is;
}

COMMAND(end) { bag_end(&world.guard[a[0]].g); }

COMMAND(iter) {
    walk *w = &world.iter[a[0]];
    bag_iter_drop(&w->it);
    rc_assert(bag_iter_of(&world.set[a[1]].s, &w->it));
    w->is = world.set[a[1]].is;
    w->met.n = 0;
}

/* Some steps, or as many as there are; at the end all were met, and nothing more comes. */
COMMAND(iter_next) {
    walk *w = &world.iter[a[0]];
    const tracked *k;
    int64_t steps = a[1] % 4 == 3 ? NUMBERS + 1 : a[1];
    for (int64_t i = 0; i < steps; i++) {
        if (!bag_iter_next(&w->it, &k)) {
            rc_assert(same_numbers(&w->met, &w->is));
            return;
        }
        rc_assert(has(&w->is, tracked_value(k)) && insert(&w->met, tracked_value(k)));
        if (IN_ORDER) rc_assert_equal(w->is.v[w->met.n - 1], tracked_value(k));
    }
}

COMMAND(iter_drop) {
    walk *w = &world.iter[a[0]];
    const tracked *k;
    bag_iter_drop(&w->it);
    rc_assert(!bag_iter_next(&w->it, &k));
    w->is.n = w->met.n = 0;
}

COMMAND(cached) {
    const VALUE *value = bag_cached(&world.set[a[1]].s, &world.reader[a[0]]);
    rc_assert(value != NULL);
    agrees(value, &world.set[a[1]].is);
}

COMMAND(idle) { bag_idle(&world.reader[a[0]]); }

COMMAND(load) {
    loaded *l = &world.loaded[a[0]];
    VALUE_DROP(&l->value);
    rc_assert(bag_load(&world.set[a[1]].s, &l->value));
    l->is = world.set[a[1]].is;
}

/* A plain set that was loaded is the caller's, to change. */
COMMAND(change_loaded) {
#ifdef WITH_ORDER
    bag_ordered_drop(&world.loaded[a[0]].value);
    world.loaded[a[0]].is.n = 0;
    (void)a[1];
#else
    loaded *l = &world.loaded[a[0]];
    int number = (int)a[1];
    if (remove_from(&l->is, number))
        rc_assert(bag_set_erase(&l->value, &world.lent[number]));
    else
        rc_assert(insert(&l->is, number) && put(&l->value, number));
#endif
}

/* ---- Reading ---- */

static bool meet(const tracked *k, void *met) { return insert(met, tracked_value(k)); }
static bool meet_seven(const tracked *k, void *met) { return meet(k, met) && ((naive *)met)->n < 7; }

static bool write_number(cow_str *out, const tracked *k, void *ctx) {
    (void)ctx;
    return cow_str_append_format(out, "%03d", tracked_value(k));
}

static void printed(const live *s) {
    cow_str text = {0};
    rc_assert(bag_print(&s->s, &text, write_number, NULL));
    rc_assert_equal(cow_str_len(&text), s->is.n ? 5 * s->is.n : 2);
    for (size_t i = 0; IN_ORDER && i < s->is.n; i++) rc_assert_equal(atoi(cow_str_data(&text) + 1 + 5 * i), s->is.v[i]);
    cow_str_drop(&text);
}

static void copied(const live *s, size_t room) {
    tracked out[NUMBERS];
    naive got = {{0}, 0};
    size_t n = 777;
    bool fits = bag_copy_to(&s->s, out, room, &n);
    rc_assert_equal(n, s->is.n);
    rc_assert(fits == (s->is.n <= room) && (fits || cow_error() == COW_RANGE));
    for (size_t i = 0; fits && i < n; i++) {
        rc_assert(insert(&got, tracked_value(&out[i])));
        tracked_drop(&out[i]);
    }
    if (fits) same_order(&got, &s->is);
}

COMMAND(read) {
    const live *s = &world.set[a[0]];
    size_t n;
    naive values, met = {{0}, 0}, some = {{0}, 0};
    const tracked *k = some_of(a[1], a[2], a[3], &n, &values);
    rc_assert(bag_contains_all(&s->s, k, n) == (sifted(&values, &s->is, true).n == values.n));
    for (int i = 0; i < NUMBERS; i++) rc_assert(bag_contains(&s->s, &world.lent[i]) == has(&s->is, i));
    rc_assert(bag_len(&s->s) == s->is.n && bag_is_empty(&s->s) == !s->is.n);
    rc_assert(bag_for_each(&s->s, meet, &met) && bag_for_each(&s->s, meet_seven, &some) == (s->is.n < 7));
    same_order(&met, &s->is);
    rc_assert_equal(some.n, s->is.n < 7 ? s->is.n : 7);
    copied(s, (size_t)a[2]);
    printed(s);
    bool equal = same_numbers(&world.set[0].is, &world.set[1].is);
    rc_assert(bag_equal(&world.set[0].s, &world.set[1].s) == equal && bag_equal(&s->s, &s->s));
    rc_assert(!equal || bag_hash(&world.set[0].s, 3) == bag_hash(&world.set[1].s, 3)); /* forged ones may collide */
}

COMMAND(fail_allocations) { faulty.allocations = (faults){(size_t)a[0], 0}; }
COMMAND(fail_copies) { faulty.copies = (faults){(size_t)a[0], 0}; }

/* ---- The model ---- */

static const rc_command commands[] = {
    {"add_all", 12, {ON, FROM_SOURCE, NUMBER, COUNT}, NULL, run_add_all, NULL},
    {"add", 10, {ON, NUMBER}, NULL, run_add, NULL},
    {"remove", 8, {ON, FROM_SOURCE, NUMBER}, NULL, run_remove, NULL},
    {"remove_an_end", 6, {ON, {"last", 0, 1, NULL}}, NULL, run_remove_an_end, NULL},
    {"remove_all", 5, {ON, FROM_SOURCE, NUMBER, COUNT}, NULL, run_remove_all, NULL},
    {"retain_all", 2, {ON, FROM_SOURCE, NUMBER, COUNT}, NULL, run_retain_all, NULL},
    {"remove_if", 4, {ON, {"by", 0, 9, NULL}, NUMBER}, NULL, run_remove_if, NULL},
    {"clear", 1, {ON}, NULL, run_clear, NULL},
    {"from", 2, {ON, FROM_SOURCE, NUMBER, COUNT}, NULL, run_from, NULL},
    {"update", 10, {ON, {"edit", 0, EDITS - 1, NULL}, NUMBER, OTHER}, NULL, run_update, NULL},
    {"other_takes", 3, {OTHER, ON}, NULL, run_other_takes, NULL},
    {"other_turns", 6, {OTHER, NUMBER, COUNT}, NULL, run_other_turns, NULL},
    {"keep", 5, {KEEP, ON}, NULL, run_keep, NULL},
    {"keep_copy", 1, {KEEP, KEEP}, NULL, run_keep_copy, NULL},
    {"forget", 2, {KEEP}, NULL, run_forget, NULL},
    {"borrow", 4, {GUARD, ON}, NULL, run_borrow, NULL},
    {"end", 2, {GUARD}, NULL, run_end, NULL},
    {"iter", 3, {ITER, ON}, NULL, run_iter, NULL},
    {"iter_next", 6, {ITER, COUNT}, NULL, run_iter_next, NULL},
    {"iter_drop", 1, {ITER}, NULL, run_iter_drop, NULL},
    {"cached", 3, {READER, ON}, NULL, run_cached, NULL},
    {"idle", 1, {READER}, NULL, run_idle, NULL},
    {"load", 4, {LOAD, ON}, NULL, run_load, NULL},
    {"change_loaded", 4, {LOAD, NUMBER}, NULL, run_change_loaded, NULL},
    {"read", 4, {ON, FROM_SOURCE, NUMBER, COUNT}, NULL, run_read, NULL},
    {"fail_allocations", 5, {{"every", 0, 9, NULL}}, NULL, run_fail_allocations, NULL},
    {"fail_copies", 5, {{"every", 0, 60, NULL}}, NULL, run_fail_copies, NULL},
};

/* A thread's first reading makes it a record, which stays for good. */
static void *begin(void *ctx) {
    draw_forge();
    (void)now(&world.set[0]);
    kit_leave();
    for (int i = 0; i < NUMBERS; i++) world.lent[i] = tracked_make(i);
    return ctx;
}

static void invariant(void *state) {
    (void)state;
    for (size_t i = 0; i < SETS; i++) {
        agrees(now(&world.set[i]), &world.set[i].is);
        rc_assert_equal(bag_version(&world.set[i].s), world.set[i].changes);
    }
    for (size_t i = 0; i < KEPT; i++) {
        agrees(bag_snapshot_value(&world.kept[i].s), &world.kept[i].is);
        rc_assert(bytes_of(bag_snapshot_value(&world.kept[i].s)) == world.kept[i].bytes);
    }
    for (size_t i = 0; i < GUARDS; i++)
        if (world.guard[i].g.value) agrees(world.guard[i].g.value, &world.guard[i].is);
    for (size_t i = 0; i < ITERS; i++) agrees(bag_snapshot_value(&world.iter[i].it.s), &world.iter[i].is);
    for (size_t i = 0; i < LOADED; i++) agrees(&world.loaded[i].value, &world.loaded[i].is);
    for (size_t i = 0; i < OTHERS; i++) {
        naive is = numbers_of(&world.other[i].s);
        rc_assert(same_numbers(&is, &world.other[i].is));
    }
}

/* Everything is given up, the sets first, and nothing is left. */
static void end(void *state) {
    (void)state;
    rc_label(faulty.failed ? "some operations failed" : "no operation failed");
    for (size_t i = 0; i < SETS; i++) bag_drop(&world.set[i].s);
    for (size_t i = 0; i < KEPT; i++) bag_snapshot_drop(&world.kept[i].s);
    for (size_t i = 0; i < GUARDS; i++) bag_end(&world.guard[i].g);
    for (size_t i = 0; i < ITERS; i++) bag_iter_drop(&world.iter[i].it);
    for (size_t i = 0; i < READERS; i++) bag_idle(&world.reader[i]);
    for (size_t i = 0; i < LOADED; i++) VALUE_DROP(&world.loaded[i].value);
    for (size_t i = 0; i < OTHERS; i++) bag_set_drop(&world.other[i].s);
    for (size_t i = 0; i < NUMBERS; i++) tracked_drop(&world.lent[i]);
    rc_assert_equal(lives.alive, 0);
    rc_assert_equal(kit_lost_blocks(), 0);
}

int main(void) {
    cow_seed_set(42);
    static const rc_model model = {commands, sizeof commands / sizeof *commands, 100, begin, invariant, end, true};
    rc_check_model(IN_ORDER ? "sets in order do what naive sets do" : "sets do what naive sets do", &model, NULL);
    return rc_summary("list set model");
}
