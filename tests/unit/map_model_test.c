/* SPDX-License-Identifier: MIT */
/*
 * Random histories of maps: 50 live versions, each beside a naive model, an array of the value of each key. A version is copied from
 * another, changed by all operations there are, merged with others, dropped. Key spaces are small and hash bits forged, a new
 * forgery each history, so that nodes split, merge, borrow from borrowers, adopt, grow dense, and collide.
 *
 * In three histories of four, allocations or copy hooks fail now and then: an operation that says false had a fault injected, gives its
 * reason, and changed nothing. A history ends with everything dropped, and then no block and no element is left.
 *
 *   map_model_test [histories] [seed]
 */
#include "model_map.h"

enum { VERSIONS = 50, STEPS = 600 };

/* Whether all blocks there are are nodes: strings and arrays have their own, and debug builds keep the dead. */
enum { COUNTS_NODES = MODEL_MAP != STRINGS && MODEL_MAP != NESTED && !KIT_KEEPS_DEAD };

typedef struct version {
    maps m;
    int v[KEYS_MOST]; /* the value of each key, or NOTHING */
    size_t n;
} version;

static struct {
    version versions[VERSIONS];
    uint64_t random;
    int keys;     /* the key space of this history */
    bool faults;  /* this history injects failures */
    bool freezes; /* this history makes immortal values, so the closing leak check does not hold */
    size_t histories, operations, failed;
} world;

static uint64_t random_next(void) {
    /* splitmix64: tiny, and the same everywhere. */
    uint64_t z = (world.random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t below(size_t n) { return n ? (size_t)(random_next() % n) : 0; }
static int some_key(void) { return (int)below((size_t)world.keys); }
static int some_value(void) { return IS_SET ? 0 : (int)below(10); }

/* A key that is there, if there is one near. */
static int present_key(const version *s) {
    int k = some_key();
    for (int i = 0; i < world.keys; i++) {
        if (s->v[(k + i) % world.keys] != NOTHING) return (k + i) % world.keys;
    }
    return k;
}

/* ---- the model ---- */

static void model_set(version *s, int key, int value) {
    s->n += (size_t)(value != NOTHING) - (size_t)(s->v[key] != NOTHING);
    s->v[key] = value;
}

static void model_copy(version *to, const version *from) {
    if (to == from) return;
    memcpy(to->v, from->v, sizeof to->v);
    to->n = from->n;
}

static void model_clear(version *s) {
    for (int k = 0; k < KEYS_MOST; k++) s->v[k] = NOTHING;
    s->n = 0;
}

static void check_found(const version *s, int k) {
    mkey key = key_make(k);
    const maps_pair *e = maps_find(&s->m, &key);
    KIT_CHECK(s->v[k] == NOTHING ? !e : e && pair_key(e) == k && pair_val(e) == s->v[k]);
    key_drop(&key);
}

/* Every pair is the model's, and there are as many; all keys are looked up now and then, a few always. */
static void verify(const version *s) {
    size_t walked = 0;
    KIT_CHECK(maps_len(&s->m) == s->n && maps_is_empty(&s->m) == (s->n == 0));
    COW_MAP_EACH (maps, it, &s->m) {
        int k = pair_key(it);
        KIT_CHECK(k >= 0 && k < world.keys && s->v[k] == pair_val(it));
        walked++;
    }
    KIT_CHECK(walked == s->n);
    if (below(8) == 0) {
        for (int k = 0; k < world.keys; k++) check_found(s, k);
    } else {
        for (int i = 0; i < 3; i++) check_found(s, some_key());
    }
}

/* ---- outcome of an operation ---- */

static void faults_none(void) {
    kit_fail_none();
    tracked_fail_none();
}

static void arm(void) {
    faults_none();
    cow__set_error(COW_OK);
    if (!world.faults || below(3)) return;
    bool sticky = below(2);
    if (below(2))
        kit_fail(1 + below(below(3) ? 3 : 20), sticky);
    else
        tracked_fail(1 + below(below(3) ? 6 : 60), sticky);
}

/* True when it worked. False only by an injected fault, with its reason, or for the reason that is expected. */
static bool worked(bool said, cow_error_code expected) {
    cow_error_code why = cow_error();
    size_t blocks = kit.injected, hooks = lives.injected;
    faults_none();
    if (said) {
        KIT_CHECK(expected == COW_OK);
        return true;
    }
    world.failed += blocks + hooks > 0;
    KIT_CHECK((why == COW_NOMEM && blocks) || (why == COW_HOOK && hooks) || (why == expected && expected != COW_OK));
    return false;
}
#define WORKS(call) (arm(), worked((call), COW_OK))
#define WORKS_IF(condition, reason, call) (arm(), worked((call), (condition) ? COW_OK : (reason)))

/* ---- operations: each does one thing to s, and to its model when it worked ---- */

static void drop_both(mkey *key, mval *value) {
    key_drop(key);
    val_drop(value);
}

static void put_pair(version *s, int k, int value) {
    mkey key = key_make(k);
    mval v = val_make(value);
    if (WORKS(maps_insert(&s->m, key, v)))
        model_set(s, k, value);
    else
        drop_both(&key, &v);
}

static void erase_key(version *s, int k) {
    mkey key = key_make(k);
    if (WORKS_IF(s->v[k] != NOTHING, COW_ABSENT, maps_erase(&s->m, &key))) model_set(s, k, NOTHING);
    key_drop(&key);
}

static void op_put(version *s, version *other) {
    (void)other;
    put_pair(s, some_key(), some_value());
}

static void op_erase(version *s, version *other) {
    (void)other;
    erase_key(s, below(4) ? present_key(s) : some_key());
}

/* Many at once on one version, so that its nodes come to own most of their slots. */
static void op_fill_up(version *s, version *other) {
    (void)other;
    int first = some_key(), n = (int)below(60);
    for (int i = 0; i < n; i++) put_pair(s, below(2) ? some_key() : (first + i) % world.keys, some_value());
}

static void op_thin_out(version *s, version *other) {
    (void)other;
    for (size_t i = below(60); i > 0 && s->n; i--) erase_key(s, present_key(s));
}

static void op_put_if_absent(version *s, version *other) {
    (void)other;
    int k = some_key(), value = some_value();
    mkey key = key_make(k);
    mval v = val_make(value);
    if (WORKS_IF(s->v[k] == NOTHING, COW_EXISTS, maps_insert_if_absent(&s->m, key, v)))
        model_set(s, k, value);
    else
        drop_both(&key, &v);
}

static void op_take(version *s, version *other) {
    (void)other;
    int k = below(4) ? present_key(s) : some_key();
    mkey key = key_make(k);
#if IS_SET
    mkey out = key;
    if (WORKS_IF(s->v[k] != NOTHING, COW_ABSENT, maps_take(&s->m, &key, &out))) {
        KIT_CHECK(key_value(&out) == k);
        key_drop(&out);
        model_set(s, k, NOTHING);
    }
#else
    mval out;
    memset(&out, 0, sizeof out);
    if (WORKS_IF(s->v[k] != NOTHING, COW_ABSENT, maps_take(&s->m, &key, &out))) {
        KIT_CHECK(val_value(&out) == s->v[k]);
        val_drop(&out);
        model_set(s, k, NOTHING);
    }
#endif
    key_drop(&key);
}

#if !IS_SET

static void op_replace(version *s, version *other) {
    (void)other;
    int k = below(4) ? present_key(s) : some_key(), value = some_value();
    mkey key = key_make(k);
    mval v = val_make(value);
    if (WORKS_IF(s->v[k] != NOTHING, COW_ABSENT, maps_replace(&s->m, &key, v)))
        model_set(s, k, value);
    else
        val_drop(&v);
    key_drop(&key);
}

/* Through a pointer: the value is exchanged for a new one, as a user of mut would. */
static void write_through(mval *v, int value) {
    val_drop(v);
    *v = val_make(value);
}

static void op_mut(version *s, version *other) {
    (void)other;
    int k = below(4) ? present_key(s) : some_key();
    mkey key = key_make(k);
    arm();
    mval *v = maps_mut(&s->m, &key);
    if (worked(v != NULL, s->v[k] != NOTHING ? COW_OK : COW_ABSENT)) {
        KIT_CHECK(val_value(v) == s->v[k] && v == maps_get(&s->m, &key));
        write_through(v, 5);
        s->v[k] = 5;
    }
    key_drop(&key);
}

static void add_one(mval *v, void *context) {
    ++*(int *)context;
    write_through(v, val_value(v) + 1);
}

static void op_update(version *s, version *other) {
    (void)other;
    int k = below(4) ? present_key(s) : some_key(), calls = 0;
    mkey key = key_make(k);
    if (WORKS_IF(s->v[k] != NOTHING, COW_ABSENT, maps_update(&s->m, &key, add_one, &calls)))
        s->v[k]++;
    else
        KIT_CHECK(calls == 0);
    key_drop(&key);
}

static void op_entry(version *s, version *other) {
    (void)other;
    int k = some_key(), value = some_value();
    mkey key = key_make(k);
    bool inserted = false;
    arm();
    mval *v = maps_entry(&s->m, key, &inserted);
    if (!worked(v != NULL, COW_OK)) {
        key_drop(&key);
        return;
    }
    KIT_CHECK(inserted == (s->v[k] == NOTHING));
    if (!inserted) val_drop(v);
    *v = val_make(value);
    model_set(s, k, value);
}

static bool negate_some(const mkey *key, mval *v, void *context) {
    int *left = context;
    if (*left == 0) return false;
    --*left;
    if (key_value(key) % 3 == 0) write_through(v, val_value(v) + 1);
    return true;
}

static void op_update_all(version *s, version *other) {
    (void)other;
    int left = -1; /* never stops */
    if (!WORKS(maps_update_all(&s->m, negate_some, &left))) return;
    for (int k = 0; k < world.keys; k += 3) s->v[k] += s->v[k] != NOTHING;
}

static bool next_value(mval *to, const mkey *key, const mval *from, void *context) {
    int value = val_value(from);
    (void)key_value(key);
    if (value == *(int *)context) return false;
    *to = val_make(value + 1);
    return true;
}

static void op_map_values(version *s, version *other) {
    int refused = below(4) ? -5 : 0;
    bool has = false;
    for (int k = 0; k < world.keys; k++) has = has || (other->v[k] == refused);
    maps made;
    memset(&made, 0, sizeof made);
    if (!WORKS_IF(!has, COW_HOOK, maps_map_values(&made, &other->m, next_value, &refused))) return;
    for (int k = 0; k < world.keys; k++) s->v[k] = other->v[k] == NOTHING ? NOTHING : other->v[k] + 1;
    s->n = other->n;
    maps_drop(&s->m);
    s->m = made;
}

#endif

static void op_clear(version *s, version *other) {
    (void)other;
    maps_clear(&s->m);
    model_clear(s);
}

static void op_copy(version *s, version *other) {
    if (s == other) return;
    maps_drop(&s->m);
    s->m = maps_copy(&other->m);
    model_copy(s, other);
}

static void op_assign(version *s, version *other) {
    maps_assign(&s->m, &other->m);
    model_copy(s, other);
}

/* Frees what it owned, and nothing that others see. (Of two versions of one tree of twigs that are both its own, the common twigs go
   uncounted.) */
static void op_drop(version *s, version *other) {
    (void)other;
    size_t before = kit.bytes, owned = maps_bytes_owned(&s->m);
    maps_drop(&s->m);
    KIT_CHECK(!COUNTS_NODES || before - kit.bytes == owned || (IS_FORGED && before - kit.bytes > owned));
    model_clear(s);
}

static void op_swap(version *s, version *other) {
    maps_swap(&s->m, &other->m);
    if (s == other) return;
    static version was;
    was = *s;
    model_copy(s, other);
    model_copy(other, &was);
}

static void op_move(version *s, version *other) {
    if (s == other) return;
    maps_drop(&s->m);
    s->m = maps_move(&other->m);
    model_copy(s, other);
    model_clear(other);
}

static void op_new_in(version *s, version *other) {
    (void)other;
    maps_drop(&s->m);
    model_clear(s);
    KIT_CHECK(maps_new_in(&s->m, below(2) ? &instance : NULL));
}

static void op_freeze(version *s, version *other) {
    (void)other;
    if (world.freezes && below(4) == 0) maps_freeze(&s->m);
}

/* Where nobody shares nodes with it any more, a compact map keeps its own pairs alive and no others. */
static void op_compact(version *s, version *other) {
    (void)other;
    size_t before = kit.bytes, all = maps_bytes(&s->m);
    arm();
    maps_compact(&s->m);
    KIT_CHECK(kit.calls == 0 && lives.calls == 0);
    faults_none();
    KIT_CHECK(maps_bytes(&s->m) <= all && kit.bytes <= before);
}

/* Later maps begin with another seed; those there are keep theirs. */
static void op_seed(version *s, version *other) {
    (void)s, (void)other;
    cow_seed_set(below(3));
}

static void op_from(version *s, version *other) {
    (void)other;
    enum { MOST = 100 };
    static mkey keys[MOST];
    static mval values[MOST];
    int k[MOST], v[MOST];
    size_t n = below(MOST);
    for (size_t i = 0; i < n; i++) {
        keys[i] = key_make(k[i] = some_key());
        values[i] = val_make(v[i] = some_value());
    }
    maps made;
    memset(&made, 0, sizeof made);
#if IS_SET
    bool said = WORKS(maps_from(&made, keys, n));
#else
    bool said = WORKS(maps_from(&made, keys, values, n));
#endif
    if (said) {
        maps_drop(&s->m);
        s->m = made;
        model_clear(s);
        for (size_t i = 0; i < n; i++) model_set(s, k[i], v[i]);
    }
    for (size_t i = 0; i < n; i++) drop_both(&keys[i], &values[i]);
}

/* ---- sifting and combining ---- */

static bool divides(const maps_pair *e, void *context) {
    (void)pair_val(e);
    return pair_key(e) % *(int *)context != 0;
}

static void op_retain_if(version *s, version *other) {
    (void)other;
    int divisor = 1 + (int)below(10);
    if (!WORKS(maps_retain_if(&s->m, divides, &divisor))) return;
    for (int k = 0; k < world.keys; k += divisor) model_set(s, k, NOTHING);
}

static void op_partition(version *s, version *other) {
    if (s == other) return;
    static version from;
    maps yes, no;
    int divisor = 1 + (int)below(10);
    memset(&yes, 0, sizeof yes);
    memset(&no, 0, sizeof no);
    if (!WORKS(maps_partition(&s->m, &yes, &no, divides, &divisor))) return;
    model_copy(&from, s);
    maps_drop(&s->m);
    maps_drop(&other->m);
    s->m = yes;
    other->m = no;
    model_copy(other, &from);
    for (int k = 0; k < world.keys; k++) model_set(k % divisor == 0 ? s : other, k, NOTHING);
}

/* What becomes of a key that both have with different values. */
enum { THEIRS, MINE, SUM, REFUSED };

#if !IS_SET
typedef struct settling {
    int how;
    bool asked;
} settling;
static bool settle(mval *mine, const mkey *key, const mval *theirs, void *context) {
    settling *s = context;
    int a = val_value(mine), b = val_value(theirs);
    (void)key_value(key);
    KIT_CHECK(a != b && "equal values are never asked about");
    s->asked = true;
    if (s->how == SUM) write_through(mine, (a + b) % 100);
    if (s->how == REFUSED) write_through(mine, 99);
    return s->how != REFUSED;
}
#endif

static int settled(int how, int mine, int theirs) {
    if (mine == theirs) return mine;
    return how == THEIRS ? theirs : how == SUM ? (mine + theirs) % 100 : mine;
}

static bool conflict_between(const version *a, const version *b) {
    for (int k = 0; k < world.keys; k++)
        if (a->v[k] != NOTHING && b->v[k] != NOTHING && a->v[k] != b->v[k]) return true;
    return false;
}

static void op_union(version *s, version *other) {
    int how = (int)below(4);
    bool refused = !IS_SET && how == REFUSED && conflict_between(s, other);
#if IS_SET
    bool said = WORKS(maps_union(&s->m, &other->m));
#else
    settling settler = {how, false};
    bool said = WORKS_IF(!refused, COW_HOOK, maps_union(&s->m, &other->m, how == THEIRS ? NULL : settle, &settler));
    KIT_CHECK(!settler.asked || conflict_between(s, other));
#endif
    if (!said || refused) return;
    for (int k = 0; k < world.keys; k++) {
        if (other->v[k] != NOTHING)
            model_set(s, k, s->v[k] == NOTHING ? other->v[k] : settled(how, s->v[k], other->v[k]));
    }
}

static void op_intersection(version *s, version *other) {
    int how = 1 + (int)below(3); /* NULL keeps mine */
    bool refused = !IS_SET && how == REFUSED && conflict_between(s, other);
#if IS_SET
    bool said = WORKS(maps_intersection(&s->m, &other->m));
#else
    settling settler = {how, false};
    bool said = WORKS_IF(!refused, COW_HOOK,
                         maps_intersection(&s->m, &other->m, how == MINE && below(2) ? NULL : settle, &settler));
#endif
    if (!said || refused) return;
    for (int k = 0; k < world.keys; k++)
        if (s->v[k] != NOTHING) model_set(s, k, other->v[k] == NOTHING ? NOTHING : settled(how, s->v[k], other->v[k]));
}

static void op_difference(version *s, version *other) {
    if (!WORKS(maps_difference(&s->m, &other->m))) return;
    static version from;
    model_copy(&from, other);
    for (int k = 0; k < world.keys; k++)
        if (from.v[k] != NOTHING) model_set(s, k, NOTHING);
}

static void op_symmetric_difference(version *s, version *other) {
    if (!WORKS(maps_symmetric_difference(&s->m, &other->m))) return;
    static version from;
    model_copy(&from, other);
    for (int k = 0; k < world.keys; k++)
        if (from.v[k] != NOTHING) model_set(s, k, s->v[k] == NOTHING ? from.v[k] : NOTHING);
}

/* ---- reading: everything that only looks, against the model ---- */

static void op_compare(version *s, version *other) {
    bool subset = true, equal = s->n == other->n;
    for (int k = 0; k < world.keys; k++) {
        subset = subset && (s->v[k] == NOTHING || other->v[k] != NOTHING);
        equal = equal && s->v[k] == other->v[k];
    }
    KIT_CHECK(maps_is_subset(&s->m, &other->m) == subset);
    KIT_CHECK(maps_equal(&s->m, &other->m) == equal && maps_equal(&other->m, &s->m) == equal);
    KIT_CHECK((maps_hash(&s->m, 1) == maps_hash(&other->m, 1)) == equal || IS_FORGED);
    KIT_CHECK(!equal || maps_hash(&s->m, 2) == maps_hash(&other->m, 2));
    KIT_CHECK(!maps_same(&s->m, &other->m) || equal);
}

typedef struct differences {
    const version *was, *is;
    bool seen[KEYS_MOST];
    size_t n, stop_after;
} differences;

static void note(differences *d, const maps_pair *was, const maps_pair *is) {
    int k = pair_key(was ? was : is);
    KIT_CHECK(k < world.keys && !d->seen[k] && "each key once");
    KIT_CHECK(d->was->v[k] == (was ? pair_val(was) : NOTHING) && d->is->v[k] == (is ? pair_val(is) : NOTHING));
    KIT_CHECK(d->was->v[k] != d->is->v[k]);
    d->seen[k] = true;
    d->n++;
}
static bool note_and_go_on(const maps_pair *was, const maps_pair *is, void *context) {
    differences *d = context;
    note(d, was, is);
    return d->n != d->stop_after;
}

static void op_diff(version *s, version *other) {
    static differences d;
    size_t expected = 0;
    for (int k = 0; k < world.keys; k++) expected += s->v[k] != other->v[k];
    memset(&d, 0, sizeof d);
    d.was = s, d.is = other;
    d.stop_after = below(3) ? 0 : below(expected + 1);
    bool stops = d.stop_after != 0;
    KIT_CHECK(maps_diff(&s->m, &other->m, note_and_go_on, &d) == !stops);
    KIT_CHECK(d.n == (stops ? d.stop_after : expected));
    memset(&d, 0, sizeof d);
    d.was = s, d.is = other;
    maps_diff_iter walk = maps_diff_of(&s->m, &other->m);
    const maps_pair *was, *is;
    size_t leave_at = below(3) ? expected + 1 : below(expected + 1);
    while (d.n < leave_at && maps_diff_next(&walk, &was, &is)) note(&d, was, is);
    maps_diff_drop(&walk);
    KIT_CHECK(d.n == (leave_at < expected ? leave_at : expected));
}

static bool count_run(const maps_pair *run, size_t n, void *context) {
    for (size_t i = 0; i < n; i++) *(long *)context += pair_key(&run[i]) * 11 + pair_val(&run[i]);
    return true;
}
static void count_pair(void *sum, const maps_pair *e) { *(long *)sum += pair_key(e) * 11 + pair_val(e); }

static void op_walk(version *s, version *other) {
    (void)other;
    long runs = 0, folded = 0, expected = 0;
    KIT_CHECK(maps_each(&s->m, count_run, &runs));
    maps_fold(&s->m, count_pair, &folded);
    for (int k = 0; k < world.keys; k++) expected += s->v[k] == NOTHING ? 0 : 11 * k + s->v[k];
    KIT_CHECK(runs == expected && folded == expected);
}

/* An object iterator sees the value as it was, whatever happens to the variable meanwhile. */
static void op_iterate_and_write(version *s, version *other) {
    static version was;
    size_t steps = 0, stop = below(4) ? s->n + 1 : below(s->n + 1);
    model_copy(&was, s);
    maps_iter walk = maps_iter_of(&s->m);
    const maps_pair *e;
    while (steps < stop && maps_iter_next(&walk, &e)) {
        KIT_CHECK(was.v[pair_key(e)] == pair_val(e));
        steps++;
        if (steps % 5 == 2) op_put(s, other);
        if (steps % 5 == 3) op_erase(s, other);
        if (steps == 40) op_drop(s, other);
    }
    KIT_CHECK(steps == (stop < was.n ? stop : was.n));
    maps_iter_drop(&walk);
}

static void op_bytes(version *s, version *other) {
    size_t all = maps_bytes(&s->m), owned = maps_bytes_owned(&s->m), both = maps_bytes_shared(&s->m, &other->m);
    KIT_CHECK((all == 0) == (s->n == 0) && owned <= all && both <= all && both <= maps_bytes(&other->m));
    KIT_CHECK(both == maps_bytes_shared(&other->m, &s->m));
    KIT_CHECK(s == other ? both == all : owned + both <= all);
    KIT_CHECK(!maps_is_shared(&s->m) || owned == 0);
}

static bool is_the_key(const mkey *key, const void *probe) { return key_value(key) == *(const int *)probe; }

static void op_lookup(version *s, version *other) {
    (void)other;
    int k = some_key();
    mkey key = key_make(k);
    mval otherwise = val_make(77);
    cow__set_error(COW_RANGE);
    bool there = s->v[k] != NOTHING;
    KIT_CHECK(maps_contains(&s->m, &key) == there && (maps_get(&s->m, &key) != NULL) == there);
#if !IS_SET
    mval v = maps_get_or(&s->m, &key, otherwise);
    KIT_CHECK(val_value(&v) == (there ? s->v[k] : 77));
#endif
#if MODEL_MAP == STRINGS
    uint64_t hash = cow_hash_bytes(cow_str_data(&key), cow_str_len(&key), maps_seed(&s->m));
    KIT_CHECK(maps_find_as(&s->m, hash, is_the_key, &k) == maps_find(&s->m, &key));
#elif IS_FORGED
    KIT_CHECK(maps_find_as(&s->m, forged_bits[k], is_the_key, &k) == maps_find(&s->m, &key));
#else
    (void)is_the_key;
#endif
    KIT_CHECK(cow_error() == COW_RANGE);
    drop_both(&key, &otherwise);
}

/* ---- the run ---- */

typedef struct operation {
    const char *name;
    void (*run)(version *s, version *other);
    unsigned weight;
} operation;

#define OPERATION(name, weight) \
    { #name, op_##name, weight }
static const operation operations[] = {
    OPERATION(put, 12),
    OPERATION(erase, 8),
    OPERATION(fill_up, 8),
    OPERATION(thin_out, 6),
    OPERATION(put_if_absent, 4),
    OPERATION(take, 4),
#if !IS_SET
    OPERATION(replace, 3),
    OPERATION(mut, 4),
    OPERATION(update, 3),
    OPERATION(entry, 4),
    OPERATION(update_all, 1),
    OPERATION(map_values, 1),
#endif
    OPERATION(copy, 24),
    OPERATION(assign, 6),
    OPERATION(drop, 2),
    OPERATION(clear, 1),
    OPERATION(swap, 1),
    OPERATION(move, 1),
    OPERATION(new_in, 1),
    OPERATION(freeze, 1),
    OPERATION(compact, 2),
    OPERATION(seed, 1),
    OPERATION(from, 1),
    OPERATION(retain_if, 2),
    OPERATION(partition, 1),
    OPERATION(union, 3),
    OPERATION(intersection, 2),
    OPERATION(difference, 1),
    OPERATION(symmetric_difference, 1),
    OPERATION(compare, 4),
    OPERATION(diff, 4),
    OPERATION(walk, 2),
    OPERATION(iterate_and_write, 2),
    OPERATION(bytes, 2),
    OPERATION(lookup, 4),
};

static const operation *some_operation(void) {
    enum { COUNT = sizeof operations / sizeof *operations };
    static size_t total;
    for (size_t i = 0; i < COUNT && world.operations == 0; i++) total += operations[i].weight;
    size_t left = below(total);
    for (size_t i = 0;; i++) {
        if (left < operations[i].weight) return &operations[i];
        left -= operations[i].weight;
    }
}

static void step(void) {
    version *s = &world.versions[below(VERSIONS)], *other = &world.versions[below(VERSIONS)];
    const operation *op = some_operation();
    snprintf(kit_context, sizeof kit_context, "history %zu, operation %zu: %s, n=%zu, other n=%zu%s", world.histories,
             world.operations, op->name, s->n, other->n, s == other ? " (the same)" : "");
    op->run(s, other);
    faults_none();
    verify(s);
    verify(other);
    world.operations++;
}

static void finish_history(void) {
    snprintf(kit_context, sizeof kit_context, "the end of history %zu", world.histories);
    for (size_t i = 0; i < VERSIONS; i++) verify(&world.versions[i]);
    for (size_t i = 0; i < VERSIONS; i++) {
        maps_drop(&world.versions[i].m);
        KIT_CHECK(maps_is_empty(&world.versions[i].m));
        memset(&world.versions[i].m, 0, sizeof world.versions[i].m);
        model_clear(&world.versions[i]);
        if (i % 10 == 0 && i + 1 < VERSIONS) verify(&world.versions[i + 1]);
    }
    KIT_CHECK(world.freezes || (lives.alive == 0 && "every element is destroyed"));
    KIT_CHECK(world.freezes || (kit_lost_blocks() == 0 && "every block is given back"));
    kit_abandon();
    tracked_abandon();
}

/* All versions begin as one, so that they share from the start. */
static void run_history(void) {
    world.faults = world.histories % 4 != 0;
    world.freezes = world.histories % 8 == 7 && !KIT_KEEPS_DEAD;
    world.keys = 2 + (int)below(below(3) ? 100 : KEYS_MOST - 2);
    forge_all((unsigned)below(FORGERIES), (unsigned)below(FORGERIES), random_next());
    for (int i = below(2) ? 0 : world.keys / 2; i > 0; i--) put_pair(&world.versions[0], some_key(), some_value());
    for (size_t i = 1; i < VERSIONS && below(8); i++) op_copy(&world.versions[i], &world.versions[0]);
    for (int i = 0; i < STEPS; i++) step();
    finish_history();
    world.histories++;
}

int main(int argc, char **argv) {
    size_t wanted = argc > 1 ? (size_t)strtoull(argv[1], NULL, 10) : 300;
    world.random = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    for (size_t i = 0; i < VERSIONS; i++) model_clear(&world.versions[i]);
    while (world.histories < wanted) run_history();
    printf("map model, kind %d: %zu histories of %d live versions, %zu operations, %zu of them failed on purpose, all "
           "values as "
           "the model's\n",
           MODEL_MAP, world.histories, (int)VERSIONS, world.operations, world.failed);
    return 0;
}
