/* SPDX-License-Identifier: MIT */
/*
 * The out-of-memory sweep of maps and sets. Every public function runs on maps of every shape (a leaf, full or not; inner nodes, dense and
 * sparse; a chain; trees of colliding keys, and what is about to become one) in every ownership (alone, shared, borrowing, borrowing from a
 * borrower, about to grow dense, frozen, in an allocator instance). Allocation k fails, once and from then on, for k = 1, 2, ... until none
 * was left to fail; then the copy hook, once, at each of its calls.
 *
 * When a call says false: every map of the scene holds what it held, *out has the bytes it had, cow_error() says why, and what was passed by
 * value is still ours. When it says true, the result is the one of a run without faults. Either way, once all is dropped, no block and no
 * element is left.
 *
 *     oom_map [n]     every n-th scene only
 *
 * A QUIET function must neither allocate nor call a hook. `oom_map --list` prints the functions of the table; names.sh compares them with
 * those the header declares.
 */
#include "../unit/model_map.h"

enum {
    MAPS = 6,
    SMALL = 64,
    KEYS = 2 * SMALL + 8
}; /* keys below SMALL are what maps are built from, behind it new ones */

typedef struct scene {
    maps a;          /* the subject */
    maps keepers[2]; /* share with it */
    maps other;      /* the second argument; half of its keys are the subject's */
    maps made[2];    /* what the call makes */
    bool has_made;
    mkey got_key;
    mval got; /* what take hands out */
    bool has_got_key, has_got;
    long answer; /* what a reader found: faults must not change answers either */
    int n;       /* keys 0 to n - 1 were put into the subject */
    size_t immortal_blocks, immortal_alive;
} scene;

/* ---- shapes: how the hash bits are chosen, how many keys are put and how many are erased again ---- */

typedef struct shape {
    const char *name;
    unsigned family;
    int put, erased;
} shape;
static const shape shapes[] = {
    {"empty", 0, 0, 0},
    {"one pair", 0, 1, 0},
    {"a full leaf that grows", 0, 8, 0},
    {"a full leaf that splits", 0, 32, 0},
    {"inner nodes", 0, 60, 0},
    {"sparse leaves", 0, 60, 36},
    {"few pairs left", 0, 60, 53},
    {"a chain", 3, 40, 0},
    {"a chain's last pairs", 3, 40, 30},
    {"a full leaf of one hash", 1, 32, 0},
    {"a tree", 1, 45, 0},
    {"a tree about to be a leaf", 1, 45, 36},
    {"full leaves of two hashes in one node", 13, 64, 0},
    {"a full leaf beside another", 14, 33, 0},
    {"two leaves about to be one", 15, 34, 17},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

typedef enum ownership {
    ALONE,
    SHARED,
    BORROWING,
    BORROWING_TWICE,
    ABOUT_TO_BE_DENSE,
    FROZEN,
    INSTANCE,
    INSTANCE_SHARED,
    OWNERSHIPS
} ownership;
static const char *const ownership_names[OWNERSHIPS] = {
    "alone",
    "shared",
    "borrowing",
    "borrowing from a borrower",
    "about to be dense",
    "frozen",
    "in an allocator instance",
    "the same, shared",
};

static void must(bool said) { KIT_CHECK(said && "setting the scene"); }

static void add(maps *m, int k, int value) { must(maps_insert(m, key_make(k), val_make(value))); }

static void remove_key(maps *m, int k) {
    mkey key = key_make(k);
    must(maps_erase(m, &key));
    key_drop(&key);
}

/* Puts key k again: a change that copies the path to it, and makes no difference otherwise. */
static void touch(maps *m, int k) {
    mkey key = key_make(k);
    bool there = maps_contains(m, &key);
    key_drop(&key);
    if (there) {
        remove_key(m, k);
        add(m, k, k % 10);
    }
}

static void set_owners(scene *s, ownership which) {
    switch (which) {
    case SHARED:
    case INSTANCE_SHARED: s->keepers[0] = maps_copy(&s->a); break;
    case BORROWING:
        s->keepers[0] = maps_copy(&s->a);
        touch(&s->a, 3);
        break;
    case BORROWING_TWICE:
        s->keepers[0] = maps_copy(&s->a);
        touch(&s->a, 3);
        s->keepers[1] = maps_copy(&s->a);
        touch(&s->a, 5);
        maps_assign(&s->keepers[0], &s->a);
        break;
    case ABOUT_TO_BE_DENSE:
        s->keepers[0] = maps_copy(&s->a);
        for (int k = 0; k < 4; k++) touch(&s->a, k * 7);
        break;
    case FROZEN: maps_freeze(&s->a); break;
    default: break;
    }
}

static void set_scene(scene *s, const shape *form, ownership which) {
    memset(s, 0, sizeof *s);
    memset(&s->got, 0xa5, sizeof s->got); /* what is there must stay there when a call says false */
    memset(&s->got_key, 0xa5, sizeof s->got_key);
    memset(s->made, 0xa5, sizeof s->made);
    cow_seed_set(1);
    forge_all(form->family, form->family, 0x123456789abcdef0u);
    if (which == INSTANCE || which == INSTANCE_SHARED) must(maps_new_in(&s->a, &instance));
    size_t blocks = kit.blocks, alive = lives.alive;
    for (int k = 0; k < form->put; k++) add(&s->a, k, k % 10);
    for (int k = 0; k < form->erased; k++) remove_key(&s->a, form->put - 1 - k);
    s->n = form->put - form->erased;
    set_owners(s, which);
    if (which == FROZEN) {
        s->immortal_blocks = kit.blocks - blocks;
        s->immortal_alive = lives.alive - alive;
    }
    for (int k = s->n / 2; k < s->n + 6; k++) add(&s->other, k < s->n ? k : SMALL + k, k % 7);
}

static void strike_scene(scene *s) {
    maps_drop(&s->a);
    maps_drop(&s->keepers[0]);
    maps_drop(&s->keepers[1]);
    maps_drop(&s->other);
    for (size_t i = 0; i < 2 && s->has_made; i++) maps_drop(&s->made[i]);
    if (s->has_got) val_drop(&s->got);
    if (s->has_got_key) key_drop(&s->got_key);
}

/* ---- what the scene looks like ---- */

typedef struct picture {
    int values[MAPS][KEYS];
    maps made[2];
    mkey got_key;
    mval got;
    int got_value;
    long answer;
} picture;

static void take_values(int *values, const maps *m) {
    size_t n = 0;
    for (size_t k = 0; k < KEYS; k++) values[k] = NOTHING;
    COW_MAP_EACH (maps, it, m) {
        values[pair_key(it)] = pair_val(it);
        n++;
    }
    KIT_CHECK(n == maps_len(m));
}

/* What is walked over is found as well, and nothing else. */
static void check_lookups(const int *values, const maps *m) {
    for (int k = 0; k < KEYS; k++) {
        mkey key = key_make(k);
        KIT_CHECK(maps_contains(m, &key) == (values[k] != NOTHING));
        key_drop(&key);
    }
}

static void take_picture(picture *shot, const scene *s) {
    static const maps none;
    const maps *all[MAPS] = {&s->a,
                             &s->keepers[0],
                             &s->keepers[1],
                             &s->other,
                             s->has_made ? &s->made[0] : &none,
                             s->has_made ? &s->made[1] : &none};
    memset(shot, 0, sizeof *shot);
    for (size_t i = 0; i < MAPS; i++) take_values(shot->values[i], all[i]);
    memcpy(shot->made, s->made, sizeof s->made);
    memcpy(&shot->got, &s->got, sizeof s->got);
    memcpy(&shot->got_key, &s->got_key, sizeof s->got_key);
    if (s->has_got) shot->got_value = val_value(&s->got);
    if (s->has_got_key) shot->got_value = key_value(&s->got_key);
    shot->answer = s->answer;
}

static void check_unchanged(const picture *before, const picture *after) {
    KIT_CHECK(memcmp(before->values, after->values, sizeof before->values) == 0);
    KIT_CHECK(memcmp(before->made, after->made, sizeof before->made) == 0 && "*out is as it was");
    KIT_CHECK(memcmp(&before->got, &after->got, sizeof before->got) == 0 && "*out is as it was");
    KIT_CHECK(memcmp(&before->got_key, &after->got_key, sizeof before->got_key) == 0 && "*out is as it was");
}

static void check_as_expected(const picture *expected, const picture *after) {
    KIT_CHECK(memcmp(expected->values, after->values, sizeof expected->values) == 0);
    KIT_CHECK(expected->got_value == after->got_value && expected->answer == after->answer);
}

/* ---- the table's rows ---- */

#define ROW(name) static bool row_##name(scene *s)

static bool found(scene *s, long answer) {
    s->answer = answer;
    return true;
}

/* A row that makes one map leaves the other empty. */
static bool made(scene *s, bool said) {
    static const maps none;
    if (said) s->made[1] = none;
    s->has_made = said;
    return said;
}
static bool made_value(scene *s, maps value) {
    s->made[0] = value;
    return made(s, true);
}

/* Arguments passed by value are ours again when the call says false. */
static bool gave(bool said, mkey key, mval v) {
    if (!said) {
        key_drop(&key);
        val_drop(&v);
    }
    return said;
}

/* Asks with a key that is dropped again. */
#define WITH_KEY(k, number, expression) \
    mkey k = key_make(number);          \
    bool said = (expression);           \
    key_drop(&k);                       \
    return said

/* A key that the subject has; when it is empty, one that nobody has. */
static int some_key(const scene *s) { return s->n ? s->n / 3 : 2 * SMALL; }

/* Says yes to a failure for this reason, which is the answer then; other failures are the row's. */
static bool unless(scene *s, bool said, cow_error_code reason) {
    return said || (cow_error() == reason && found(s, reason));
}

static bool even_key(const maps_pair *e, void *context) {
    (void)context;
    return pair_key(e) % 2 == 0;
}
static bool no_key(const maps_pair *e, void *context) {
    (void)pair_key(e), (void)context;
    return false;
}
static bool every_key(const maps_pair *e, void *context) { return !no_key(e, context); }
static bool add_run(const maps_pair *run, size_t n, void *context) {
    for (size_t i = 0; i < n; i++) *(long *)context += 3 * pair_key(&run[i]) + pair_val(&run[i]);
    return true;
}
static void add_pair(void *sum, const maps_pair *e) { (void)add_run(e, 1, sum); }
static bool add_difference(const maps_pair *was, const maps_pair *is, void *context) {
    if (was) (void)add_run(was, 1, context);
    if (is) (void)add_run(is, 1, context);
    return true;
}

ROW(new_in) { return made(s, maps_new_in(&s->made[0], &instance)); }
ROW(copy) { return made_value(s, maps_copy(&s->a)); }
ROW(drop) { return maps_drop(&s->a), true; }
ROW(move) { return made_value(s, maps_move(&s->a)); }
ROW(swap) { return maps_swap(&s->a, &s->other), true; }
ROW(assign) { return maps_assign(&s->a, &s->other), true; }
ROW(freeze) { return maps_freeze(&s->a), true; }
ROW(clear) { return maps_clear(&s->a), true; }

ROW(len) { return found(s, (long)maps_len(&s->a)); }
ROW(is_empty) { return found(s, maps_is_empty(&s->a)); }
ROW(is_shared) { return found(s, maps_is_shared(&s->a)); }
ROW(same) { return found(s, maps_same(&s->a, &s->keepers[0])); }
ROW(seed) { return found(s, (long)maps_seed(&s->a)); }
ROW(get) { WITH_KEY(k, some_key(s), found(s, maps_get(&s->a, &k) != NULL)); }
ROW(contains) { WITH_KEY(k, some_key(s), found(s, maps_contains(&s->a, &k))); }
ROW(contains_another) { WITH_KEY(k, 2 * SMALL, found(s, maps_contains(&s->a, &k))); }
ROW(find) { WITH_KEY(k, some_key(s), found(s, maps_find(&s->a, &k) != NULL)); }
static bool is_number(const mkey *key, const void *probe) { return key_value(key) == *(const int *)probe; }
ROW(find_as) {
    int k = some_key(s);
    return found(s, maps_find_as(&s->a, forged_bits[k], is_number, &k) != NULL);
}

ROW(put) {
    mkey k = key_make(SMALL);
    mval v = val_make(1);
    return gave(maps_insert(&s->a, k, v), k, v);
}
ROW(put_again) {
    mkey k = key_make(some_key(s));
    mval v = val_make(1);
    return gave(maps_insert(&s->a, k, v), k, v);
}
ROW(put_if_absent) {
    mkey k = key_make(SMALL);
    mval v = val_make(1);
    return gave(maps_insert_if_absent(&s->a, k, v), k, v);
}
ROW(put_if_absent_again) {
    mkey k = key_make(some_key(s));
    mval v = val_make(1);
    return unless(s, gave(maps_insert_if_absent(&s->a, k, v), k, v), COW_EXISTS);
}
ROW(erase) { WITH_KEY(k, some_key(s), unless(s, maps_erase(&s->a, &k), COW_ABSENT)); }
ROW(erase_the_last) { WITH_KEY(k, s->n ? s->n - 1 : 0, unless(s, maps_erase(&s->a, &k), COW_ABSENT)); }
ROW(erase_nothing) { WITH_KEY(k, 2 * SMALL, unless(s, maps_erase(&s->a, &k), COW_ABSENT)); }
/* A pair begins with its key. */
ROW(erase_its_own) {
    WITH_KEY(k, some_key(s), !s->n || maps_erase(&s->a, (const mkey *)(const void *)maps_find(&s->a, &k)));
}
#if IS_SET
ROW(take) { WITH_KEY(k, some_key(s), unless(s, s->has_got_key = maps_take(&s->a, &k, &s->got_key), COW_ABSENT)); }
ROW(from) {
    mkey keys[50];
    for (int i = 0; i < 50; i++) keys[i] = key_make(i % 40);
    bool said = maps_from(&s->made[0], keys, 50);
    for (int i = 0; i < 50; i++) key_drop(&keys[i]);
    return made(s, said);
}
ROW(union) { return maps_union(&s->a, &s->other); }
ROW(union_from_below) { return maps_union(&s->other, &s->a); }
ROW(union_with_itself) { return maps_union(&s->a, &s->a); }
ROW(intersection) { return maps_intersection(&s->a, &s->other); }
ROW(intersection_with_itself) { return maps_intersection(&s->a, &s->a); }
#else
ROW(take) { WITH_KEY(k, some_key(s), unless(s, s->has_got = maps_take(&s->a, &k, &s->got), COW_ABSENT)); }
ROW(from) {
    mkey keys[50];
    mval values[50];
    for (int i = 0; i < 50; i++) keys[i] = key_make(i % 40), values[i] = val_make(i % 9);
    bool said = maps_from(&s->made[0], keys, values, 50);
    for (int i = 0; i < 50; i++) key_drop(&keys[i]), val_drop(&values[i]);
    return made(s, said);
}
ROW(get_or) {
    mval other = val_make(8);
    mkey k = key_make(some_key(s));
    mval v = maps_get_or(&s->a, &k, other);
    s->answer = val_value(&v);
    key_drop(&k);
    val_drop(&other);
    return true;
}
ROW(replace) {
    mkey k = key_make(some_key(s));
    mval v = val_make(1);
    bool said = maps_replace(&s->a, &k, v);
    if (!said) val_drop(&v);
    key_drop(&k);
    return unless(s, said, COW_ABSENT);
}
static void exchange(mval *v, int value) {
    val_drop(v);
    *v = val_make(value);
}
static void exchange_for_8(mval *v, void *context) {
    (void)context;
    exchange(v, 8);
}
ROW(update) { WITH_KEY(k, some_key(s), unless(s, maps_update(&s->a, &k, exchange_for_8, NULL), COW_ABSENT)); }
ROW(mut) {
    mkey k = key_make(some_key(s));
    mval *v = maps_mut(&s->a, &k);
    if (v) exchange(v, 9);
    key_drop(&k);
    return unless(s, v != NULL, COW_ABSENT);
}
static bool enter(scene *s, int number) {
    bool inserted = false;
    mkey k = key_make(number);
    mval *v = maps_entry(&s->a, k, &inserted);
    if (!v) {
        key_drop(&k);
        return false;
    }
    if (!inserted) val_drop(v);
    *v = val_make(4);
    return found(s, inserted);
}
ROW(entry) { return enter(s, SMALL); }
ROW(entry_again) { return enter(s, some_key(s)); }
static bool edit(const mkey *key, mval *v, void *context) {
    (void)context;
    exchange(v, key_value(key) % 5);
    return true;
}
ROW(update_all) { return maps_update_all(&s->a, edit, NULL); }
static bool one_more(mval *to, const mkey *key, const mval *from, void *context) {
    (void)key, (void)context;
    *to = val_make(val_value(from) + 1);
    return true;
}
ROW(map_values) { return made(s, maps_map_values(&s->made[0], &s->a, one_more, NULL)); }
static bool sum(mval *mine, const mkey *key, const mval *theirs, void *context) {
    (void)key_value(key), (void)context;
    exchange(mine, 10 * val_value(mine) + val_value(theirs));
    return true;
}
ROW(union) { return maps_union(&s->a, &s->other, NULL, NULL); }
ROW(union_asking) { return maps_union(&s->a, &s->other, sum, NULL); }
ROW(union_from_below) { return maps_union(&s->other, &s->a, sum, NULL); }
ROW(union_with_itself) { return maps_union(&s->a, &s->a, sum, NULL); }
ROW(intersection) { return maps_intersection(&s->a, &s->other, NULL, NULL); }
ROW(intersection_asking) { return maps_intersection(&s->a, &s->other, sum, NULL); }
ROW(intersection_with_itself) { return maps_intersection(&s->a, &s->a, sum, NULL); }
#endif

ROW(retain_if) { return maps_retain_if(&s->a, even_key, NULL); }
ROW(retain_none) { return maps_retain_if(&s->a, no_key, NULL); }
ROW(retain_all) { return maps_retain_if(&s->a, every_key, NULL); }
ROW(partition) { return s->has_made = maps_partition(&s->a, &s->made[0], &s->made[1], even_key, NULL); }
ROW(difference) { return maps_difference(&s->a, &s->other); }
ROW(difference_with_itself) { return maps_difference(&s->a, &s->a); }
ROW(symmetric_difference) { return maps_symmetric_difference(&s->a, &s->other); }

ROW(is_subset) { return found(s, maps_is_subset(&s->a, &s->other)); }
ROW(equal) { return found(s, maps_equal(&s->a, &s->keepers[0])); }
ROW(hash) { return found(s, (long)maps_hash(&s->a, 3)); }
ROW(diff) { return maps_diff(&s->a, &s->other, add_difference, &s->answer); }
ROW(diff_of) {
    maps_diff_iter walk = maps_diff_of(&s->a, &s->other);
    maps_diff_drop(&walk);
    return true;
}
ROW(diff_next) {
    maps_diff_iter walk = maps_diff_of(&s->a, &s->other);
    const maps_pair *was, *is;
    while (maps_diff_next(&walk, &was, &is)) (void)add_difference(was, is, &s->answer);
    return true;
}
ROW(each) { return maps_each(&s->a, add_run, &s->answer); }
ROW(fold) { return maps_fold(&s->a, add_pair, &s->answer), true; }
ROW(iter_of) {
    maps_iter walk = maps_iter_of(&s->a);
    maps_iter_drop(&walk);
    return true;
}
ROW(iter_next) {
    maps_iter walk = maps_iter_of(&s->a);
    const maps_pair *e;
    while (maps_iter_next(&walk, &e)) add_pair(&s->answer, e);
    return true;
}
ROW(bytes) { return found(s, (long)maps_bytes(&s->a)); }
ROW(bytes_owned) { return found(s, (long)maps_bytes_owned(&s->a)); }
ROW(compact) { return maps_compact(&s->a), true; }
ROW(bytes_shared) { return found(s, (long)maps_bytes_shared(&s->a, &s->keepers[0])); }

typedef enum kind { MAY_FAIL, QUIET, MAKES_IMMORTAL } kind;

typedef struct row {
    const char *name;
    bool (*run)(scene *s);
    kind kind;
} row;

#define ROW_OF(name, kind) \
    { #name, row_##name, kind }
static const row rows[] = {
    ROW_OF(new_in, QUIET),
    ROW_OF(copy, QUIET),
    ROW_OF(drop, QUIET),
    ROW_OF(move, QUIET),
    ROW_OF(swap, QUIET),
    ROW_OF(assign, QUIET),
    ROW_OF(freeze, MAKES_IMMORTAL),
    ROW_OF(clear, QUIET),
    ROW_OF(len, QUIET),
    ROW_OF(is_empty, QUIET),
    ROW_OF(is_shared, QUIET),
    ROW_OF(same, QUIET),
    ROW_OF(seed, QUIET),
    ROW_OF(get, QUIET),
    ROW_OF(contains, QUIET),
    ROW_OF(contains_another, QUIET),
    ROW_OF(find, QUIET),
    ROW_OF(find_as, QUIET),
    ROW_OF(put, MAY_FAIL),
    ROW_OF(put_again, MAY_FAIL),
    ROW_OF(put_if_absent, MAY_FAIL),
    ROW_OF(put_if_absent_again, MAY_FAIL),
    ROW_OF(erase, MAY_FAIL),
    ROW_OF(erase_the_last, MAY_FAIL),
    ROW_OF(erase_nothing, QUIET),
    ROW_OF(erase_its_own, MAY_FAIL),
    ROW_OF(take, MAY_FAIL),
    ROW_OF(from, MAY_FAIL),
#if !IS_SET
    ROW_OF(get_or, QUIET),
    ROW_OF(replace, MAY_FAIL),
    ROW_OF(update, MAY_FAIL),
    ROW_OF(mut, MAY_FAIL),
    ROW_OF(entry, MAY_FAIL),
    ROW_OF(entry_again, MAY_FAIL),
    ROW_OF(update_all, MAY_FAIL),
    ROW_OF(map_values, MAY_FAIL),
    ROW_OF(union_asking, MAY_FAIL),
    ROW_OF(intersection_asking, MAY_FAIL),
#endif
    ROW_OF(union, MAY_FAIL),
    ROW_OF(union_from_below, MAY_FAIL),
    ROW_OF(union_with_itself, QUIET),
    ROW_OF(intersection, MAY_FAIL),
    ROW_OF(intersection_with_itself, QUIET),
    ROW_OF(retain_if, MAY_FAIL),
    ROW_OF(retain_none, MAY_FAIL),
    ROW_OF(retain_all, MAY_FAIL),
    ROW_OF(partition, MAY_FAIL),
    ROW_OF(difference, MAY_FAIL),
    ROW_OF(difference_with_itself, QUIET),
    ROW_OF(symmetric_difference, MAY_FAIL),
    ROW_OF(is_subset, QUIET),
    ROW_OF(equal, QUIET),
    ROW_OF(hash, QUIET),
    ROW_OF(diff, QUIET),
    ROW_OF(diff_of, QUIET),
    ROW_OF(diff_next, QUIET),
    {"diff_drop", row_diff_of, QUIET},
    ROW_OF(each, QUIET),
    ROW_OF(fold, QUIET),
    ROW_OF(iter_of, QUIET),
    ROW_OF(iter_next, QUIET),
    {"iter_drop", row_iter_of, QUIET},
    ROW_OF(bytes, QUIET),
    ROW_OF(bytes_owned, QUIET),
    ROW_OF(bytes_shared, QUIET),
    ROW_OF(compact, QUIET),
};
enum { ROWS = sizeof rows / sizeof *rows };

/* ---- the sweep ---- */

typedef enum fault { ALLOCATION, ALLOCATION_STICKY, COPY_HOOK, FAULTS } fault;
static const char *const fault_names[FAULTS] = {
    "allocation %zu fails",
    "allocations fail from %zu on",
    "copy hook fails at call %zu",
};

static struct { size_t runs, failed, worked_anyway; } total;

static void arm(fault which, size_t at) {
    kit_fail_none();
    tracked_fail_none();
    cow__set_error(COW_OK);
    if (which == ALLOCATION || which == ALLOCATION_STICKY)
        kit_fail(at, which == ALLOCATION_STICKY);
    else
        tracked_fail(at, false);
}

static void check_nothing_left(const scene *s) {
    KIT_CHECK(kit.blocks == s->immortal_blocks && "a block is lost");
    KIT_CHECK(lives.alive == s->immortal_alive && "an element is lost");
    kit_abandon();
    tracked_abandon();
}

/* One run with one fault. False when the fault was never reached: the sweep of this row is complete. */
static bool run_with_fault(const row *r, const shape *form, ownership owner, fault which, size_t at,
                           const picture *expected) {
    char fault_text[64];
    snprintf(fault_text, sizeof fault_text, fault_names[which], at);
    snprintf(kit_context, sizeof kit_context, "%s, %s, %s, %s", r->name, form->name, ownership_names[owner],
             fault_text);
    static scene s;
    static picture before, after;
    set_scene(&s, form, owner);
    take_picture(&before, &s);
    arm(which, at);
    bool said = r->run(&s);
    size_t injected = kit.injected + lives.injected;
    bool out_of_memory = kit.injected > 0;
    cow_error_code why = cow_error();
    arm(ALLOCATION, 0);
    take_picture(&after, &s);
    check_lookups(after.values[0], &s.a);
    total.runs++;
    if (said) {
        total.worked_anyway += injected > 0;
        check_as_expected(expected, &after);
        KIT_CHECK(why != COW_NOMEM && why != COW_HOOK && "it worked, and says that something failed");
    } else {
        total.failed++;
        KIT_CHECK(injected > 0 && "false without a fault");
        KIT_CHECK(why == (out_of_memory ? COW_NOMEM : COW_HOOK));
        check_unchanged(&before, &after);
    }
    strike_scene(&s);
    check_nothing_left(&s);
    return injected > 0;
}

/* The run without faults: it works, says what to expect, and a quiet function is seen to be quiet. */
static void run_without_fault(const row *r, const shape *form, ownership owner, picture *expected) {
    snprintf(kit_context, sizeof kit_context, "%s, %s, %s, no fault", r->name, form->name, ownership_names[owner]);
    static scene s;
    set_scene(&s, form, owner);
    arm(ALLOCATION, 0);
    KIT_CHECK(r->run(&s) && "works without faults");
    if (r->kind != MAY_FAIL)
        KIT_CHECK(kit.calls == 0 && lives.calls == 0 && "a quiet function allocates or copies an element");
    take_picture(expected, &s);
    strike_scene(&s);
    if (r->kind != MAKES_IMMORTAL) check_nothing_left(&s);
    kit_abandon();
    tracked_abandon();
}

static void sweep(const row *r, const shape *form, ownership owner) {
    static picture expected;
    run_without_fault(r, form, owner, &expected);
    if (r->kind != MAY_FAIL) return;
    for (fault which = ALLOCATION; which < FAULTS; which++) {
        size_t at = 1;
        while (run_with_fault(r, form, owner, which, at, &expected)) at++;
    }
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < ROWS; i++) printf("%s_%s\n", IS_SET ? "set" : "map", rows[i].name);
        return 0;
    }
    size_t every = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t form = 0; form < SHAPES; form++) {
            for (ownership owner = ALONE; owner < OWNERSHIPS; owner++)
                if ((i + form + owner) % every == 0) sweep(&rows[i], &shapes[form], owner);
        }
    }
    printf("oom sweep, maps of kind %d: %d operations x %d shapes x %d ownerships, %zu runs with a fault armed: %zu "
           "failed cleanly, "
           "%zu did without\n",
           MODEL_MAP, (int)ROWS, (int)SHAPES, (int)OWNERSHIPS, total.runs, total.failed, total.worked_anyway);
    KIT_CHECK(total.failed > ROWS && "the sweep injects failures");
    return 0;
}
