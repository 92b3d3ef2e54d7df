/* SPDX-License-Identifier: MIT */
/*
 * Any list of operations on maps does what it does to naive maps, which copy everything. So do sets: -DMODEL_ELEMENT=SET.
 *
 * A few live maps change. Copies of them are kept, and may never change; iterators go on over what a map was. Maps are
 * merged with themselves and with versions of themselves, and keys to look up lie in the map that changes. Every nth allocation or
 * every nth copy fails, if the list says so: an operation that says false must have changed nothing.
 *
 * Hashes are forged (map_forge.h): how deep keys share their nodes is drawn, up to all of them in one collision node. Operations on
 * runs of keys reach the borders of nodes, which single ones seldom do. Each list runs in a child, so aborts and the
 * sanitizers' reports shrink to a minimal list as well.
 */
#include "map_world.h"

/* ---- Commands and their arguments ---- */

#define COMMAND(name) static void run_##name(__attribute__((unused)) void *state, const int64_t *a)

/* Sizes of runs, around what a leaf holds, and more than that. */
static const int64_t counts[] = {0, 1, 2, 3, 8, 9, 16, 24, 31, 32, 33, 40, 64, 90, 130, 256};
static const int64_t steps[] = {1, 2, 3, 16, 17, 51};
/* Every nth call fails, never for 0. A leaf may be 32 calls of a hook. */
static const int64_t rates[] = {0, 1, 3, 12, 30, 40, 60, 100, 170};
#define TABLE(t) 0, sizeof(t) / sizeof *(t)-1, t

#define ON \
    { "live", 0, LIVE - 1, NULL }
#define KEEP \
    { "kept", LIVE, SOURCES - 1, NULL }
#define SOURCE \
    { "source", 0, SOURCES - 1, NULL }
#define KEY \
    { "key", 0, KEYS - 1, NULL }
#define KEY_OF \
    { "key_of", 0, SOURCES, NULL }
#define VARIANT \
    { "variant", 0, 1, NULL }
#define VALUE \
    { "value", 0, VALUES - 1, NULL }
#define COUNT \
    { "count", TABLE(counts) }
#define STEP \
    { "step", TABLE(steps) }
#define DIVISOR \
    { "divisor", 1, 5, NULL }
#define EVERY \
    { "every", TABLE(rates) }
#define BOOL(name) \
    { name, 0, 1, NULL }

/* The ith key of a run. */
static int nth_key(int64_t first, size_t i, int64_t step) { return (int)(((size_t)first + i * (size_t)step) % KEYS); }

/* ---- Putting ---- */

static bool put_one(int64_t which, int key, bool variant, int value) {
    given g = give(key, variant, value);
    version *s = subject(which);
    bool said = worked(put(&s->m, g));
    if (said)
        set_key(&s->is, key, variant, value);
    else
        take_back(&g);
    return said;
}

COMMAND(put) { (void)put_one(a[0], (int)a[1], a[2], (int)a[3]); }

COMMAND(put_run) {
    for (size_t i = 0; i < (size_t)a[2]; i++) (void)put_one(a[0], nth_key(a[1], i, a[3]), i % 2, (int)a[4]);
}

COMMAND(put_if_absent) {
    int key = (int)a[1];
    given g = give(key, a[2], (int)a[3]);
    version *s = subject(a[0]);
    bool said = put_if_absent(&s->m, g);
    if (s->is.has[key]) {
        refused(said, COW_EXISTS, false);
    } else if (worked(said)) {
        set_key(&s->is, key, a[2], (int)a[3]);
        return;
    }
    take_back(&g);
}

/* ---- Removing ---- */

static void erase_one(int64_t which, int key, int64_t key_of) {
    const dkey *k = key_in(key_of, key);
    version *s = subject(which);
    bool said = dict_erase(&s->m, k);
    if (!s->is.has[key])
        refused(said, COW_ABSENT, false);
    else if (worked(said))
        unset_key(&s->is, key);
}

COMMAND(erase) { erase_one(a[0], (int)a[1], a[2]); }

COMMAND(erase_run) {
    for (size_t i = 0; i < (size_t)a[2]; i++) erase_one(a[0], nth_key(a[1], i, a[3]), SOURCES);
}

#if HAS_VALUES
typedef dval taken;
static int taken_number(const taken *t) { return dval_number(t); }
static void taken_drop(taken *t) { dval_drop(t); }
#else
typedef dkey taken;
static int taken_number(const taken *t) { return (void)dkey_number(t), 0; }
static void taken_drop(taken *t) { dkey_drop(t); }
#endif

COMMAND(take) {
    int key = (int)a[1];
    const dkey *k = key_in(a[2], key);
    taken out, before;
    memset(&out, 0x5a, sizeof out);
    before = out;
    version *s = subject(a[0]);
    bool said = dict_take(&s->m, k, &out), present = s->is.has[key];
    if (present && worked(said)) {
        rc_assert_equal(taken_number(&out), s->is.value[key]);
        taken_drop(&out);
        unset_key(&s->is, key);
        return;
    }
    if (!present) refused(said, COW_ABSENT, false);
    rc_assert(memcmp(&out, &before, sizeof out) == 0);
}

COMMAND(clear) {
    version *s = &world.of[a[0]];
    dict_clear(&s->m);
    s->is = (naive){.n = 0};
}

COMMAND(drop) {
    becomes(&world.of[a[0]], (dict){0}, &(naive){.n = 0});
    dict_drop(&world.of[a[0]].m);
}

/* What a callback that sees each pair once is told. */
typedef struct choice {
    naive left;
    int divisor;
} choice;

static bool keeps(const dict_pair *e, void *ctx) {
    choice *c = ctx;
    tick_off(&c->left, e);
    return dkey_number(pair_key(e)) % c->divisor == 0;
}

/* The keys that divide, or those that do not. */
static naive chosen(const naive *is, int divisor, bool dividing) {
    naive out = *is;
    for (int k = 0; k < KEYS; k++)
        if ((k % divisor == 0) != dividing) unset_key(&out, k);
    return out;
}

COMMAND(retain_if) {
    choice c = {world.of[a[0]].is, (int)a[1]};
    version *s = subject(a[0]);
    if (!worked(dict_retain_if(&s->m, keeps, &c))) return;
    rc_assert_equal(c.left.n, 0);
    s->is = chosen(&s->is, c.divisor, true);
}

COMMAND(partition) {
    choice c = {world.of[a[2]].is, (int)a[3]};
    naive dividing = chosen(&c.left, c.divisor, true), others = chosen(&c.left, c.divisor, false);
    dict yes, no;
    (void)subject(a[0]);
    if (!worked(dict_partition(&world.of[a[2]].m, &yes, &no, keeps, &c))) return;
    rc_assert_equal(c.left.n, 0);
    becomes(&world.of[a[0]], yes, &dividing);
    becomes(&world.of[a[1]], no, &others);
}

/* ---- Values ---- */

#if HAS_VALUES

/* As a user writes through a pointer: the old value is theirs to drop. */
static void write_through(dval *v, int number) {
    dval old = *v;
    *v = dval_make(number);
    dval_drop(&old);
}

COMMAND(replace) {
    int key = (int)a[1];
    dval value = dval_make((int)a[3]);
    const dkey *k = key_in(a[2], key);
    version *s = subject(a[0]);
    bool said = dict_replace(&s->m, k, value);
    if (!s->is.has[key]) {
        refused(said, COW_ABSENT, false);
    } else if (worked(said)) {
        s->is.value[key] = (signed char)a[3];
        return;
    }
    dval_drop(&value);
}

COMMAND(mut) {
    int key = (int)a[1];
    const dkey *k = key_in(a[2], key);
    version *s = subject(a[0]);
    dval *v = dict_mut(&s->m, k);
    if (!s->is.has[key]) {
        refused(v != NULL, COW_ABSENT, false);
    } else if (worked(v != NULL)) {
        rc_assert_equal(dval_number(v), s->is.value[key]);
        write_through(v, s->is.value[key] = (signed char)a[3]);
    }
}

COMMAND(entry) {
    int key = (int)a[1];
    dkey k = dkey_make(key, a[2]);
    bool inserted = false, asks = a[4];
    version *s = subject(a[0]);
    bool present = s->is.has[key];
    dval *v = dict_entry(&s->m, k, asks ? &inserted : NULL);
    if (!worked(v != NULL)) {
        dkey_drop(&k);
        return;
    }
    rc_assert(!asks || inserted == !present);
    if (present)
        write_through(v, (int)a[3]);
    else
        *v = dval_make((int)a[3]);
    set_key(&s->is, key, a[2], (int)a[3]);
}

/* What an edit of values is told: it adds, and stops or fails at a key. */
typedef struct edit {
    naive left, *result;
    int add, last;
    bool stopped;
} edit;

enum { NEVER = KEYS };

static int added(int value, int add) { return (value + add) % VALUES; }

static void add_to(dval *v, void *ctx) {
    edit *e = ctx;
    write_through(v, added(dval_number(v), e->add));
}

COMMAND(update) {
    int key = (int)a[1];
    const dkey *k = key_in(a[2], key);
    edit e = {.add = (int)a[3]};
    version *s = subject(a[0]);
    bool said = dict_update(&s->m, k, add_to, &e);
    if (!s->is.has[key])
        refused(said, COW_ABSENT, false);
    else if (worked(said))
        s->is.value[key] = (signed char)added(s->is.value[key], e.add);
}

/* Each key once, with its value. */
static int tick_value_off(naive *left, const dkey *key, const dval *v) {
    int k = dkey_number(key);
    rc_assertf(left->has[k] && dval_number(v) == left->value[k], "key %d has %d", k, dval_number(v));
    unset_key(left, k);
    return k;
}

static bool add_to_each(const dkey *key, dval *v, void *ctx) {
    edit *e = ctx;
    int k = tick_value_off(&e->left, key, v);
    rc_assert(!e->stopped);
    e->stopped = k == e->last;
    if (e->stopped) return false;
    add_to(v, ctx);
    e->result->value[k] = (signed char)dval_number(v);
    return true;
}

COMMAND(update_all) {
    version *s = subject(a[0]);
    edit e = {s->is, &s->is, (int)a[1], a[2] ? NEVER : (int)a[3], false};
    bool said = dict_update_all(&s->m, add_to_each, &e);
    if (e.stopped) {
        faults_end();
        rc_assert(!said && cow_error() == world.error);
    } else if (worked(said)) {
        rc_assert_equal(e.left.n, 0);
    } else {
        rc_assert_equal(e.left.n, s->is.n);
    }
}

static bool add_into(dval *to, const dkey *key, const dval *from, void *ctx) {
    edit *e = ctx;
    int k = tick_value_off(&e->left, key, from);
    rc_assert(!e->stopped);
    e->stopped = k == e->last;
    if (e->stopped) return false;
    *to = dval_make(added(dval_number(from), e->add));
    return true;
}

COMMAND(map_values) {
    naive result = world.of[a[1]].is;
    edit e = {result, NULL, (int)a[2], a[3] ? NEVER : (int)a[4], false};
    dict made;
    memset(&made, 0x5a, sizeof made);
    dict before = made;
    (void)subject(a[0]);
    bool said = dict_map_values(&made, &world.of[a[1]].m, add_into, &e);
    if (e.stopped)
        refused(said, COW_HOOK, false);
    else if (worked(said)) {
        rc_assert_equal(e.left.n, 0);
        for (int k = 0; k < KEYS; k++) result.value[k] = (signed char)added(result.value[k], e.add);
        becomes(&world.of[a[0]], made, &result);
        return;
    }
    rc_assert(memcmp(&made, &before, sizeof made) == 0);
}

#endif

/* ---- Making and sharing ---- */

/* The first of equal keys stays, with the last one's value. */
COMMAND(from) {
    dkey keys[MANY];
    naive is = {.n = 0};
    size_t n = (size_t)a[2] < MANY ? (size_t)a[2] : MANY, different = (size_t)a[4];
    dict made;
#if HAS_VALUES
    dval values[MANY];
    for (size_t i = 0; i < n; i++) values[i] = dval_make((int)i % VALUES);
#endif
    for (size_t i = 0; i < n; i++) {
        int k = nth_key(a[1], i % different, a[3]);
        keys[i] = dkey_make(k, i % 2);
        set_key(&is, k, i % 2, (int)i % VALUES);
    }
    (void)subject(a[0]);
#if HAS_VALUES
    bool said = dict_from(&made, keys, values, n);
    for (size_t i = 0; i < n; i++) dval_drop(&values[i]);
#else
    bool said = dict_from(&made, keys, n);
#endif
    for (size_t i = 0; i < n; i++) dkey_drop(&keys[i]);
    if (worked(said)) becomes(&world.of[a[0]], made, &is);
}

COMMAND(new_in) {
    dict made;
    (void)subject(a[0]);
    rc_assert(worked(dict_new_in(&made, a[1] ? &arena : NULL)));
    becomes(&world.of[a[0]], made, &(naive){.n = 0});
}

COMMAND(copy) {
    const version *from = &world.of[a[1]];
    dict made = dict_copy(&from->m);
    rc_assert(dict_same(&made, &from->m) && dict_is_shared(&made) == dict_is_shared(&from->m));
    becomes(&world.of[a[0]], made, &from->is);
}

COMMAND(assign) {
    const version *from = &world.of[a[1]];
    dict_assign(&world.of[a[0]].m, &from->m);
    world.of[a[0]].is = from->is;
}

COMMAND(swap) {
    version *s = &world.of[a[0]], *t = &world.of[a[1]];
    naive was = s->is;
    dict_swap(&s->m, &t->m);
    s->is = t->is;
    t->is = was;
}

COMMAND(move) {
    version *s = &world.of[a[0]], *t = &world.of[a[1]];
    if (s == t) return;
    becomes(s, dict_move(&t->m), &t->is);
    t->is = (naive){.n = 0};
}

COMMAND(freeze) {
    dict_freeze(&world.of[a[0]].m);
    world.froze = true;
}

COMMAND(compact) {
    version *s = subject(a[0]);
    size_t before = dict_bytes(&s->m);
    dict_compact(&s->m);
    (void)worked(true);
    rc_assert(dict_bytes(&s->m) <= before);
}

/* Maps that are made from now on hash with another seed, as those of another library would. */
COMMAND(reseed) { cow_seed_set((uint64_t)a[0] + 1); }

/* ---- Whole maps ---- */

enum { NULL_CONFLICT, KEEP_MINE, ADD_THEIRS, REFUSE };

typedef struct conflict {
    int64_t mode;
    naive mine, theirs;
    bool asked[KEYS];
} conflict;

static bool in_conflict(const conflict *c, int k) {
    return c->mine.has[k] && c->theirs.has[k] && c->mine.value[k] != c->theirs.value[k];
}

static bool is_refused(const conflict *c, int k) { return c->mode == REFUSE && in_conflict(c, k) && k % 8 == 0; }

#if HAS_VALUES

static bool resolve(dval *mine, const dkey *key, const dval *theirs, void *ctx) {
    conflict *c = ctx;
    int k = dkey_number(key);
    rc_assertf(in_conflict(c, k) && !c->asked[k], "key %d was asked about", k);
    rc_assert(dval_number(mine) == c->mine.value[k] && dval_number(theirs) == c->theirs.value[k]);
    c->asked[k] = true;
    if (is_refused(c, k)) return false;
    if (c->mode == ADD_THEIRS) write_through(mine, added(dval_number(mine), dval_number(theirs)));
    return true;
}

static bool unite(dict *m, const dict *by, conflict *c) { return dict_union(m, by, c->mode ? resolve : NULL, c); }
static bool intersect(dict *m, const dict *by, conflict *c) {
    return dict_intersection(m, by, c->mode ? resolve : NULL, c);
}

static int resolved(const conflict *c, int k, bool theirs_win) {
    int mine = c->mine.value[k], theirs = c->theirs.value[k];
    if (!in_conflict(c, k)) return mine;
    return c->mode == ADD_THEIRS ? added(mine, theirs) : c->mode == NULL_CONFLICT && theirs_win ? theirs : mine;
}

#else

static bool unite(dict *m, const dict *by, conflict *c) { return (void)c, dict_union(m, by); }
static bool intersect(dict *m, const dict *by, conflict *c) { return (void)c, dict_intersection(m, by); }
static int resolved(const conflict *c, int k, bool theirs_win) { return (void)c, (void)k, (void)theirs_win, 0; }

#endif

/* Whether it worked, and then everybody was asked who had to be. */
static bool merged(bool said, const conflict *c) {
    bool refuses = false;
    for (int k = 0; k < KEYS; k++) refuses = refuses || is_refused(c, k);
    if (refuses) {
        refused(said, COW_HOOK, true);
        return false;
    }
    if (!worked(said)) return false;
    for (int k = 0; k < KEYS; k++)
        rc_assertf(c->asked[k] == (c->mode && HAS_VALUES && in_conflict(c, k)), "key %d was not asked about", k);
    return true;
}

/* Of a key that both have either one may stay. */
static void settle_variants(version *s, const conflict *c) {
    for (int k = 0; k < KEYS; k++) {
        if (!s->is.has[k] || !c->mine.has[k] || !c->theirs.has[k]) continue;
        const dict_pair *e = dict_find(&s->m, &world.key[k]);
        rc_assertf(e != NULL, "key %d is not found", k);
        s->is.variant[k] = dkey_variant(pair_key(e));
        rc_assert(s->is.variant[k] == c->mine.variant[k] || s->is.variant[k] == c->theirs.variant[k]);
    }
}

COMMAND(unite) {
    conflict c = {a[2], world.of[a[0]].is, world.of[a[1]].is, {false}};
    version *s = subject(a[0]);
    if (!merged(unite(&s->m, &world.of[a[1]].m, &c), &c)) return;
    for (int k = 0; k < KEYS; k++)
        if (c.theirs.has[k])
            set_key(&s->is, k, c.theirs.variant[k], c.mine.has[k] ? resolved(&c, k, true) : c.theirs.value[k]);
    settle_variants(s, &c);
}

COMMAND(intersect) {
    conflict c = {a[2], world.of[a[0]].is, world.of[a[1]].is, {false}};
    version *s = subject(a[0]);
    if (!merged(intersect(&s->m, &world.of[a[1]].m, &c), &c)) return;
    for (int k = 0; k < KEYS; k++) {
        if (!c.theirs.has[k])
            unset_key(&s->is, k);
        else if (c.mine.has[k])
            s->is.value[k] = (signed char)resolved(&c, k, false);
    }
    settle_variants(s, &c);
}

COMMAND(subtract) {
    naive theirs = world.of[a[1]].is;
    version *s = subject(a[0]);
    if (!worked(dict_difference(&s->m, &world.of[a[1]].m))) return;
    for (int k = 0; k < KEYS; k++)
        if (theirs.has[k]) unset_key(&s->is, k);
}

COMMAND(symmetric_difference) {
    naive theirs = world.of[a[1]].is;
    version *s = subject(a[0]);
    if (!worked(dict_symmetric_difference(&s->m, &world.of[a[1]].m))) return;
    for (int k = 0; k < KEYS; k++) {
        if (!theirs.has[k]) continue;
        if (s->is.has[k])
            unset_key(&s->is, k);
        else
            set_key(&s->is, k, theirs.variant[k], theirs.value[k]);
    }
}

/* ---- Differences ---- */

/* A reported change is one, and is done to `was`, so that it must not come twice. */
static void take_note(naive *was, const naive *is, const dict_pair *before, const dict_pair *after) {
    rc_assert(before || after);
    int k = dkey_number(pair_key(before ? before : after));
    rc_assertf(!same_pair(was, is, k), "key %d is reported, and did not change", k);
    rc_assert((before != NULL) == was->has[k] && (after != NULL) == is->has[k]);
    rc_assert(!before || pair_value(before) == was->value[k]);
    rc_assert(!after || (dkey_number(pair_key(after)) == k && pair_value(after) == is->value[k]));
    if (after)
        set_key(was, k, false, is->value[k]);
    else
        unset_key(was, k);
}

typedef struct report {
    naive was;
    const naive *is;
    size_t left;
} report;

static bool on_change(const dict_pair *before, const dict_pair *after, void *ctx) {
    report *r = ctx;
    rc_assert(r->left > 0);
    take_note(&r->was, r->is, before, after);
    return --r->left > 0;
}

COMMAND(diff) {
    const version *was = &world.of[a[0]], *is = &world.of[a[1]];
    report r = {was->is, &is->is, (size_t)a[2] + 1};
    kit_fail(1, true);
    bool whole = dict_diff(&was->m, &is->m, on_change, &r);
    kit_fail_none();
    rc_assert(whole == (r.left > 0));
    rc_assert(!whole || same_content(&r.was, &is->is));
}

COMMAND(watch) {
    const version *was = &world.of[a[0]], *is = &world.of[a[1]];
    dict_diff_drop(&world.difference);
    world.difference = dict_diff_of(&was->m, &is->m);
    world.was = was->is;
    world.is = is->is;
}

COMMAND(watch_on) {
    const dict_pair *before, *after;
    size_t steps_left = (size_t)a[0];
    for (; steps_left && dict_diff_next(&world.difference, &before, &after); steps_left--)
        take_note(&world.was, &world.is, before, after);
    rc_assert(!steps_left || same_content(&world.was, &world.is));
}

/* ---- Keeping, walking, faults ---- */

COMMAND(keep) {
    const version *from = &world.of[a[1]];
    becomes(&world.of[a[0]], dict_copy(&from->m), &from->is);
}

COMMAND(forget) { becomes(&world.of[a[0]], (dict){0}, &(naive){.n = 0}); }

COMMAND(walk) {
    dict_iter_drop(&world.walk);
    world.walk = dict_iter_of(&world.of[a[0]].m);
    world.walked = world.of[a[0]].is;
}

COMMAND(walk_on) {
    const dict_pair *e;
    size_t steps_left = (size_t)a[0];
    for (; steps_left && dict_iter_next(&world.walk, &e); steps_left--) tick_off(&world.walked, e);
    if (steps_left) rc_assert_equal(world.walked.n, 0);
}

COMMAND(fail_allocations) { world.allocations = (faults){(size_t)a[0], 0}; }

COMMAND(fail_copies) { world.copies = (faults){(size_t)a[0], 0}; }

/* ---- Reading ---- */

static bool is_number(const dkey *key, const void *number) { return dkey_number(key) == *(const int *)number; }

static uint64_t hash_of(const dict *m, int key) {
#if HAS_FORGED_HASH
    return forged_hash((uint64_t)key, dict_seed(m));
#else
    return cow_str_hash(&world.key[key], dict_seed(m));
#endif
}

static void reads_key(const version *v, int key, const dkey *k) {
    const dict_pair *e = dict_find(&v->m, k);
    rc_assert((e != NULL) == v->is.has[key] && dict_contains(&v->m, k) == v->is.has[key]);
    rc_assert(dict_find_as(&v->m, hash_of(&v->m, key), is_number, &key) == e);
#if HAS_VALUES
    dval otherwise = dval_make(0), got = dict_get_or(&v->m, k, otherwise);
    rc_assert(dict_get(&v->m, k) == (e ? &e->value : NULL));
    rc_assert_equal(dval_number(&got), e ? v->is.value[key] : 0);
    dval_drop(&otherwise);
#else
    rc_assert(dict_get(&v->m, k) == e);
#endif
}

static void tick_into(void *left, const dict_pair *e) { tick_off(left, e); }

static bool tick_runs(const dict_pair *run, size_t n, void *left) {
    rc_assert(n > 0);
    for (size_t i = 0; i < n; i++) tick_off(left, run + i);
    return ((naive *)left)->n > 5;
}

static void compares(const version *v, const version *w) {
    bool equal = same_content(&v->is, &w->is), subset = true;
    for (int k = 0; k < KEYS; k++) subset = subset && (!v->is.has[k] || w->is.has[k]);
    rc_assert(dict_equal(&v->m, &w->m) == equal && (equal || !dict_same(&v->m, &w->m)));
    rc_assert(dict_is_subset(&v->m, &w->m) == subset);
    /* Forged hashes of pairs do not tell all maps apart. */
    if (equal) rc_assert(dict_hash(&v->m, 7) == dict_hash(&w->m, 7));
}

static void measures(const version *v, const version *w) {
    size_t bytes = dict_bytes(&v->m), of_other = dict_bytes(&w->m), shared = dict_bytes_shared(&v->m, &w->m);
    rc_assert(dict_bytes_owned(&v->m) <= bytes);
    rc_assert(shared <= bytes && shared <= of_other);
    rc_assert_equal(dict_bytes_shared(&w->m, &v->m), shared);
    rc_assert_equal(dict_bytes_shared(&v->m, &v->m), bytes);
    rc_assert(!dict_same(&v->m, &w->m) || shared == bytes);
    rc_assert(v == w || dict_bytes_owned(&v->m) + shared <= bytes);
}

COMMAND(read) {
    const version *v = &world.of[a[0]], *w = &world.of[a[1]];
    naive folded = v->is, run_over = v->is;
    cow_error_code before = cow_error();
    kit_fail(1, true);
    reads_key(v, (int)a[2], key_in(a[1], (int)a[2]));
    rc_assert(dict_is_empty(&v->m) == (v->is.n == 0));
    dict_fold(&v->m, tick_into, &folded);
    rc_assert_equal(folded.n, 0);
    rc_assert(dict_each(&v->m, tick_runs, &run_over) == (v->is.n == 0) && run_over.n <= 5);
    compares(v, w);
    measures(v, w);
    kit_fail_none();
    leaves_the_error(before);
}

/* ---- The model ---- */

static const rc_command commands[] = {
    {"put", 4, {ON, KEY, VARIANT, VALUE}, NULL, run_put, NULL},
    {"put_run", 12, {ON, KEY, COUNT, STEP, VALUE}, NULL, run_put_run, NULL},
    {"put_if_absent", 2, {ON, KEY, VARIANT, VALUE}, NULL, run_put_if_absent, NULL},
    {"erase", 3, {ON, KEY, KEY_OF}, NULL, run_erase, NULL},
    {"erase_run", 10, {ON, KEY, COUNT, STEP}, NULL, run_erase_run, NULL},
    {"take", 3, {ON, KEY, KEY_OF}, NULL, run_take, NULL},
    {"clear", 1, {ON}, NULL, run_clear, NULL},
    {"drop", 1, {ON}, NULL, run_drop, NULL},
    {"retain_if", 2, {ON, DIVISOR}, NULL, run_retain_if, NULL},
    {"partition", 1, {ON, ON, SOURCE, DIVISOR}, NULL, run_partition, NULL},
#if HAS_VALUES
    {"replace", 3, {ON, KEY, KEY_OF, VALUE}, NULL, run_replace, NULL},
    {"mut", 3, {ON, KEY, KEY_OF, VALUE}, NULL, run_mut, NULL},
    {"entry", 3, {ON, KEY, VARIANT, VALUE, BOOL("asks")}, NULL, run_entry, NULL},
    {"update", 3, {ON, KEY, KEY_OF, VALUE}, NULL, run_update, NULL},
    {"update_all", 2, {ON, VALUE, BOOL("whole"), KEY}, NULL, run_update_all, NULL},
    {"map_values", 2, {ON, SOURCE, VALUE, BOOL("whole"), KEY}, NULL, run_map_values, NULL},
#endif
    {"from", 3, {ON, KEY, COUNT, STEP, {"different", 1, MANY, NULL}}, NULL, run_from, NULL},
    {"new_in", 1, {ON, BOOL("arena")}, NULL, run_new_in, NULL},
    {"copy", 4, {ON, SOURCE}, NULL, run_copy, NULL},
    {"assign", 2, {ON, SOURCE}, NULL, run_assign, NULL},
    {"swap", 1, {ON, ON}, NULL, run_swap, NULL},
    {"move", 1, {ON, ON}, NULL, run_move, NULL},
    {"freeze", 1, {ON}, NULL, run_freeze, NULL},
    {"compact", 2, {ON}, NULL, run_compact, NULL},
    {"reseed", 1, {{"seed", 0, 1, NULL}}, NULL, run_reseed, NULL},
    {"union", 4, {ON, SOURCE, {"conflict", 0, REFUSE, NULL}}, NULL, run_unite, NULL},
    {"intersection", 3, {ON, SOURCE, {"conflict", 0, REFUSE, NULL}}, NULL, run_intersect, NULL},
    {"difference", 3, {ON, SOURCE}, NULL, run_subtract, NULL},
    {"symmetric_difference", 3, {ON, SOURCE}, NULL, run_symmetric_difference, NULL},
    {"diff", 4, {SOURCE, SOURCE, COUNT}, NULL, run_diff, NULL},
    {"watch", 2, {SOURCE, SOURCE}, NULL, run_watch, NULL},
    {"watch_on", 4, {COUNT}, NULL, run_watch_on, NULL},
    {"keep", 8, {KEEP, SOURCE}, NULL, run_keep, NULL},
    {"forget", 2, {KEEP}, NULL, run_forget, NULL},
    {"walk", 2, {SOURCE}, NULL, run_walk, NULL},
    {"walk_on", 4, {COUNT}, NULL, run_walk_on, NULL},
    {"read", 4, {SOURCE, SOURCE, KEY}, NULL, run_read, NULL},
    {"fail_allocations", 4, {EVERY}, NULL, run_fail_allocations, NULL},
    {"fail_copies", 5, {EVERY}, NULL, run_fail_copies, NULL},
};

static void *begin(void *ctx) {
    cow_seed_set(1);
    if (HAS_FORGED_HASH) draw_forge();
    for (int k = 0; k < KEYS; k++) world.key[k] = dkey_make(k, false);
    return ctx;
}

static void invariant(void *state) {
    (void)state;
    for (size_t i = 0; i < SOURCES; i++) agrees(&world.of[i].m, &world.of[i].is);
    for (size_t i = 0; i < LIVE; i++) finds_all(&world.of[i].m, &world.of[i].is);
    for (size_t i = 0; i < LIVE; i++)
        if (world.of[i].is.n > world.largest) world.largest = world.of[i].is.n;
}

/* Everything is given up, and nothing is left. */
static void end(void *state) {
    (void)state;
    rc_label(world.failed ? "some operations failed" : "no operation failed");
    rc_label(world.largest <= 32    ? "maps of one leaf"
             : world.largest <= 100 ? "maps of some leaves"
                                    : "maps of many leaves");
    for (size_t i = 0; i < SOURCES; i++) finds_all(&world.of[i].m, &world.of[i].is);
    for (size_t i = 0; i < SOURCES; i++) dict_drop(&world.of[i].m);
    dict_iter_drop(&world.walk);
    dict_diff_drop(&world.difference);
    for (int k = 0; k < KEYS; k++) dkey_drop(&world.key[k]);
    elements_end();
    if (world.froze) return;
    rc_assert_equal(lives.alive, 0);
    rc_assert_equal(kit_lost_blocks(), 0);
}

int main(void) {
    static const rc_model model = {commands, sizeof commands / sizeof *commands, 150, begin, invariant, end, true};
    rc_check_model(HAS_VALUES ? "maps do what naive maps do" : "sets do what naive sets do", &model, NULL);
    return rc_summary(HAS_VALUES ? "map model" : "set model");
}
