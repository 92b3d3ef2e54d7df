/* SPDX-License-Identifier: MIT */
/* The out-of-memory sweep of sets for many threads: every function, in every state of a set and of its thread, with every allocation and
 * every copy failing, once and from then on.
 *
 * When a call says false, cow_error() says why, the set holds the very version that it held, and every key of every value around it is
 * the same to the bit; what was passed by value is still ours. When it says true, the result is the one of a run without faults: some
 * changes of a tree can do without the memory they asked for. Either way, once all is dropped, no block and no key is left.
 *
 * A QUIET function must not allocate or call the copy hook at all, but for the record of a thread that reads for the first time.
 *
 *   oom_list_set [--list]        -DORDERED: of sets that keep the order of insertion
 */
#include "../unit/kit.h"

#define COW_IMPLEMENTATION
#include "cow/cow.h"

static bool collide;
static uint64_t key_hash(const tracked *k, uint64_t seed) {
    return cow_hash_u64(collide ? 0 : (uint64_t)tracked_value(k), seed);
}

#ifdef ORDERED
#define COW_KEEP_ORDER
#define VALUE bag_ordered
#define VALUE_DROP bag_ordered_drop
#define SET_IN(value) (&(value)->set)
#else
#define VALUE bag_set
#define VALUE_DROP bag_set_drop
#define SET_IN(value) (value)
#endif
#define COW_LIST_SET bag, tracked
#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#define COW_EQUAL tracked_equal
#define COW_HASH key_hash
#include "cow/cow.h"

enum { FEW = 6, MANY = 70, LENT = 5, MOST = 100, FRESH = 501 };
static const int lent_values[LENT] = {3, 1, 500, 3, 5}; /* of which 500 is absent, but from an empty set */

/* A set, who else holds what of it, and what calls take and give. */
typedef struct scene {
    bag s;
    bag_guard guard;
    bag_snapshot snapshot;
    bag_reader reader;
    VALUE loaded;
    bag other; /* another set, which stays */
    bag made;  /* what `from` makes */
    tracked lent[LENT];
    tracked fresh; /* a key to give */
    bool has_fresh;
    bag_set with; /* what transactions work with */
    tracked got[MOST];
    size_t has_got;
    cow_str text; /* what is printed behind */
    long answer;  /* what a reader found */
} scene;

/* ---- states ---- */

typedef enum state {
    EMPTY,
    ONE,
    LEAF,
    SPARE,
    TREE,
    SPARSE,
    COLLIDING,
    BORROWED,
    SNAPSHOT,
    REPLACED,
    LOADED,
    FIRST_TIME,
    STATES
} state;

static const char *const state_names[STATES] = {
    "empty",
    "one key",
    "a leaf",
    "a leaf, and a spare version",
    "a tree",
    "a tree that was large",
    "one hash for all",
    "borrowed",
    "held by a snapshot and a reader",
    "replaced while it was held",
    "loaded",
    "first read of the thread",
};

/* How a row behaves. */
enum {
    QUIET = 1,
    HERE = 2, /* what is given is there already */
    FN = 4,   /* a function of the user's says COW_HOOK when memory is out */
#ifdef ORDERED
    LEFT = 8 /* a key that was added before it failed stays behind the end of the order, until its storage goes */
#else
    LEFT = 0
#endif
};

static void must(bool said) { KIT_CHECK(said && "setting the scene"); }

/* The record of the thread is lost, as if it had never read: the next read needs a new one. */
static void forget_record(void) {
    COW__STORE(&cow__readers, (void *)NULL, COW__RELAXED);
    cow__reader_own = NULL;
}

static void have_record(void) {
    bag_guard g;
    bag none = {0};
    must(bag_borrow(&none, &g));
    bag_end(&g);
}

static void fill(bag *s, int first, int n) {
    for (int k = first; k < first + n; k++) must(bag_add(s, tracked_make(k)));
}

/* A set of these without a spare version, in room that fits. */
static void fit(bag *s, int n) {
    tracked all[MOST];
    for (int k = 0; k < n; k++) all[k] = tracked_make(k + 1);
    must(bag_from(s, all, (size_t)n));
    for (int k = 0; k < n; k++) tracked_drop(&all[k]);
}

static bool above(const tracked *k, void *bound) { return tracked_value(k) > *(int *)bound; }

static void set_keys(scene *s, state which) {
    int bound = 9;
    switch (which) {
    case EMPTY: return;
    case ONE: fit(&s->s, 1); return;
    case SPARE: fill(&s->s, 1, FEW); return;
    case TREE: fit(&s->s, MANY); return;
    case COLLIDING: fit(&s->s, 40); return;
    case SPARSE:
        fill(&s->s, 1, MANY);
        must(bag_remove_if(&s->s, above, &bound, NULL));
        fill(&s->s, 10, 3);
        return;
    default: fit(&s->s, FEW);
    }
}

static void set_holders(scene *s, state which) {
    if (which == BORROWED || which == REPLACED) must(bag_borrow(&s->s, &s->guard));
    if (which == SNAPSHOT || which == REPLACED)
        must(bag_snapshot_of(&s->s, &s->snapshot) && bag_cached(&s->s, &s->reader));
    if (which == LOADED) must(bag_load(&s->s, &s->loaded));
    if (which == REPLACED) must(bag_add(&s->s, tracked_make(60)));
}

static void set_up(scene *s, state which, unsigned flags) {
    memset(s, 0, sizeof *s);
    memset(s->got, 0xa5, sizeof s->got);
    collide = which == COLLIDING;
    for (size_t i = 0; i < LENT; i++) s->lent[i] = tracked_make(lent_values[i]);
    set_keys(s, which);
    set_holders(s, which);
    fill(&s->other, 1, FEW);
    fill(&s->made, 7, 1);
    for (int k = 4; k < 60; k += 2) must(bag_set_put(&s->with, tracked_make(k)));
    must(cow_str_from(&s->text, "printed: "));
    s->fresh = tracked_make(flags & HERE ? 1 : FRESH);
    s->has_fresh = true;
    if (which == FIRST_TIME) forget_record();
}

static void tear_down(scene *s) {
    bag_end(&s->guard);
    bag_snapshot_drop(&s->snapshot);
    bag_idle(&s->reader);
    VALUE_DROP(&s->loaded);
    bag_drop(&s->s);
    bag_drop(&s->other);
    bag_drop(&s->made);
    bag_set_drop(&s->with);
    cow_str_drop(&s->text);
    if (s->has_fresh) tracked_drop(&s->fresh);
    for (size_t i = 0; i < s->has_got; i++) tracked_drop(&s->got[i]);
    for (size_t i = 0; i < LENT; i++) tracked_drop(&s->lent[i]);
}

/* ---- what the scene looks like ---- */

enum { THE_SET, THE_GUARD, THE_SNAPSHOT, THE_READER, THE_LOADED, THE_OTHER, THE_MADE, ALL };

/* The keys of a value, sorted, and in their order. */
typedef struct look {
    size_t n;
    tracked keys[MOST];
    tracked order[MOST];
} look;

typedef struct picture {
    const void *version;
    size_t changes, alive;
    look all[ALL];
    int fresh, got[MOST];
    char text[1024];
    long answer;
} picture;

static cow__version *version_of(const bag *s) { return (cow__version *)COW__LOAD(&s->c.cell.at, COW__RELAXED); }

static int by_value(const void *a, const void *b) { return tracked_compare(a, b); }

static void take_look(look *l, const VALUE *value) {
    COW_MAP_EACH (bag_set, k, SET_IN(value)) {
        KIT_CHECK(l->n < MOST);
        l->keys[l->n++] = *k;
    }
    KIT_CHECK(l->n == bag_set_len(SET_IN(value)));
    qsort(l->keys, l->n, sizeof *l->keys, by_value);
#ifdef ORDERED
    size_t n;
    const tracked *order = bag_ordered_keys(value, &n);
    KIT_CHECK(n == l->n && "set and order have the same keys");
    for (size_t i = 0; i < n; i++) {
        KIT_CHECK(bag_set_contains(SET_IN(value), order + i));
        l->order[i] = order[i];
    }
#endif
}

static void take_picture(picture *shot, const scene *s) {
    memset(shot, 0, sizeof *shot);
    const VALUE *all[ALL] = {
        bag__value(version_of(&s->s)),
        s->guard.value ? s->guard.value : bag__value(NULL),
        bag_snapshot_value(&s->snapshot),
        bag__value(s->reader.v),
        &s->loaded,
        bag__value(version_of(&s->other)),
        bag__value(version_of(&s->made)),
    };
    for (size_t v = 0; v < ALL; v++) take_look(&shot->all[v], all[v]);
    shot->version = version_of(&s->s);
    shot->changes = bag_version(&s->s);
    shot->alive = lives.alive;
    if (s->has_fresh) shot->fresh = tracked_value(&s->fresh);
    for (size_t i = 0; i < s->has_got; i++) shot->got[i] = tracked_value(&s->got[i]);
    KIT_CHECK(cow_str_len(&s->text) < sizeof shot->text);
    memcpy(shot->text, cow_str_data(&s->text), cow_str_len(&s->text));
    shot->answer = s->answer;
}

/* Nothing happened: the same version, the same keys to the bit. */
static void check_unchanged(const picture *before, const picture *after, unsigned flags) {
    KIT_CHECK(before->version == after->version && before->changes == after->changes);
    KIT_CHECK((before->alive == after->alive || (flags & LEFT && before->alive < after->alive)) &&
              "a key is lost, or dropped too early");
    KIT_CHECK(memcmp(before->all, after->all, sizeof before->all) == 0);
    KIT_CHECK(before->fresh == after->fresh && after->fresh && "the argument is still the caller's");
    KIT_CHECK(memcmp(before->text, after->text, sizeof before->text) == 0);
}

static void check_same_values(const look *a, const look *b) {
    KIT_CHECK(a->n == b->n);
    for (size_t i = 0; i < a->n; i++)
        KIT_CHECK(a->keys[i].value == b->keys[i].value && a->order[i].value == b->order[i].value);
}

/* It worked: the same values as in the run without faults. */
static void check_as_expected(const picture *expected, const picture *after) {
    KIT_CHECK(expected->changes == after->changes);
    for (size_t v = 0; v < ALL; v++) check_same_values(&expected->all[v], &after->all[v]);
    KIT_CHECK(memcmp(expected->got, after->got, sizeof expected->got) == 0 && expected->fresh == after->fresh);
    KIT_CHECK(memcmp(expected->text, after->text, sizeof expected->text) == 0 && expected->answer == after->answer);
}

/* ---- the table's rows; each returns what its function returned ---- */

#define ROW(name) static bool row_##name(scene *s)
#define S (&s->s)

static bool gave(scene *s, bool ok) {
    if (ok) s->has_fresh = false;
    return ok;
}
/* For functions that have no value left to say that they failed. */
static bool found(scene *s, long answer) {
    if (cow_error() == COW_NOMEM) return false;
    s->answer = answer;
    return true;
}
static bool counted(scene *s, bool ok, size_t n) {
    KIT_CHECK((ok || n == 77) && "*n is written on success only");
    if (ok) s->answer = (long)n;
    return ok;
}

static bool is_even(const tracked *k, void *ctx) {
    (void)ctx;
    return tracked_value(k) % 2 == 0;
}
static bool is_one(const tracked *k, void *ctx) { return k != ctx && tracked_value(k) == 1; }
static bool is_none(const tracked *k, void *ctx) { return k == ctx; }
static bool is_any(const tracked *k, void *ctx) { return k != ctx; }
static bool add_up(const tracked *k, void *sum) {
    *(long *)sum += tracked_value(k);
    return true;
}
static bool write_key(cow_str *out, const tracked *k, void *ctx) {
    (void)ctx;
    return cow_str_append(out, tracked_value(k) ? "key" : "none"); /* in any order the same */
}

ROW(from) {
    bag made;
    if (!bag_from(&made, s->lent, LENT)) return false;
    bag_drop(&s->made);
    memcpy(&s->made, &made, sizeof made); /* nobody else knows its address */
    return true;
}
ROW(from_nothing) {
    bag made;
    if (!bag_from(&made, s->lent, 0)) return false;
    KIT_CHECK(!version_of(&made));
    bag_drop(&made);
    return true;
}
ROW(drop) { return bag_drop(S), true; }

ROW(borrow) {
    bag_guard g[9]; /* more than need no count */
    for (size_t i = 0; i < 9; i++)
        if (!bag_borrow(S, &g[i])) return false;
    for (size_t i = 0; i < 9; i++) bag_end(&g[i]);
    return true;
}
ROW(load) {
    VALUE value;
    if (!bag_load(S, &value)) return false;
    VALUE_DROP(&s->loaded);
    s->loaded = value;
    return true;
}
ROW(snapshot) {
    bag_snapshot taken = {NULL};
    if (!bag_snapshot_of(S, &taken)) return KIT_CHECK(!taken.v), false;
    bag_snapshot again = bag_snapshot_copy(&taken);
    KIT_CHECK(bag_snapshot_value(&again) == bag_snapshot_value(&taken));
    bag_snapshot_drop(&again);
    bag_snapshot_drop(&taken);
    return true;
}
ROW(cached) {
    bag_reader r = {NULL};
    if (!bag_cached(S, &r)) return KIT_CHECK(!r.v), false;
    bag_idle(&r);
    return true;
}
ROW(version) { return found(s, (long)bag_version(S)); }
ROW(wait) { return !bag_wait(S, bag_version(S), 0); }
#ifdef ORDERED
ROW(ordered) {
    bag_ordered value;
    size_t n = 77;
    if (!bag_load(S, &value)) return false;
    const tracked *k = bag_ordered_keys(&value, &n);
    long first = n ? tracked_value(k) : 0;
    bag_ordered_drop(&value);
    bag_ordered_drop(&value);
    return found(s, 100 * first + (long)n);
}
#endif

ROW(len) { return found(s, (long)bag_len(S)); }
ROW(is_empty) { return found(s, bag_is_empty(S)); }
ROW(contains) { return found(s, bag_contains(S, s->lent) + 2 * bag_contains(S, &s->fresh)); }
ROW(contains_all) { return found(s, bag_contains_all(S, s->lent, 2) + 2 * bag_contains_all(S, s->lent, LENT)); }
ROW(for_each) {
    long sum = 0;
    bool all = bag_for_each(S, add_up, &sum);
    return found(s, sum) && all;
}
ROW(copy_to) {
    size_t n = 77;
    tracked out[MOST];
    if (!bag_copy_to(S, out, MOST, &n)) return false;
    qsort(out, n, sizeof *out, by_value);
    memcpy(s->got, out, n * sizeof *out);
    s->has_got = n;
    return true;
}
ROW(copy_to_little_room) {
    size_t n = 77;
    return bag_copy_to(S, s->got, 0, &n) || (KIT_CHECK(cow_error() != COW_RANGE || n == bag_len(S)), false);
}
ROW(equal) { return found(s, bag_equal(S, &s->other) + 2 * bag_equal(S, S)); }
ROW(hash) { return found(s, bag_hash(S, 1) == bag_hash(&s->other, 1)); }
ROW(print) { return bag_print(S, &s->text, write_key, NULL); }
ROW(iter) {
    bag_iter it;
    const tracked *k;
    long sum = 0;
    size_t n = 0;
    if (!bag_iter_of(S, &it)) return false;
    for (; bag_iter_next(&it, &k); n++) sum += tracked_value(k);
    KIT_CHECK(n == bag_set_len(SET_IN(bag_snapshot_value(&it.s))));
    bag_iter_drop(&it);
    return found(s, sum);
}

ROW(add) { return gave(s, bag_add(S, s->fresh)); }
ROW(remove) { return bag_remove(S, s->lent + 1); }
ROW(remove_third) { return bag_remove(S, s->lent); }
ROW(remove_absent) { return bag_remove(S, &s->fresh); }
ROW(remove_its_own) {
    bag_guard g;
    if (!bag_borrow(S, &g)) return false;
    const tracked *last = &s->fresh;
    COW_MAP_EACH (bag_set, k, SET_IN(g.value)) last = tracked_value(k) == 2 ? k : last;
    bag_end(&g);
    return bag_remove(S, last);
}

typedef bool many_fn(bag *s, const tracked *k, size_t n, size_t *by);
static bool with_lent(scene *s, many_fn *fn, size_t lent) {
    size_t n = 77;
    bool ok = fn(S, s->lent, lent, &n);
    return counted(s, ok, n);
}
/* All keys that a set of at most a leaf has in a row; the first such row of another. */
static bool own_row(const tracked *k, size_t n, void *r) {
    ((const tracked **)r)[0] = k;
    ((const tracked **)r)[1] = k + n;
    return false;
}
static bool with_its_own(scene *s, many_fn *fn) {
    bag_guard g;
    const tracked *row[2] = {NULL, NULL};
    size_t n = 77;
    if (!bag_borrow(S, &g)) return false;
    (void)bag_set_each(SET_IN(g.value), own_row, row);
    bag_end(&g);
    bool ok = fn(S, row[0], (size_t)(row[1] - row[0]), &n);
    return ok ? s->answer = n != 77, true : false;
}
ROW(add_all) { return with_lent(s, bag_add_all, LENT); }
ROW(add_none) { return with_lent(s, bag_add_all, 0); }
ROW(add_its_own) { return with_its_own(s, bag_add_all); }
ROW(remove_all) { return with_lent(s, bag_remove_all, LENT); }
ROW(remove_none) { return with_lent(s, bag_remove_all, 0); }
ROW(remove_all_its_own) { return with_its_own(s, bag_remove_all); }
ROW(retain_all) { return with_lent(s, bag_retain_all, LENT); }
ROW(retain_none) { return with_lent(s, bag_retain_all, 0); }
static bool sift(scene *s, bool (*fn)(const tracked *k, void *ctx)) {
    size_t n = 77;
    bool ok = bag_remove_if(S, fn, NULL, &n);
    return counted(s, ok, n);
}
ROW(remove_even) { return sift(s, is_even); }
ROW(remove_one_if) { return sift(s, is_one); }
ROW(remove_none_if) { return sift(s, is_none); }
ROW(remove_every_if) { return sift(s, is_any); }
ROW(clear) { return bag_clear(S), true; }

static bool unite(bag_set *all, void *ctx) { return bag_set_union(all, &((scene *)ctx)->with); }
static bool differ(bag_set *all, void *ctx) { return bag_set_symmetric_difference(all, &((scene *)ctx)->with); }
static bool erase_and_put(bag_set *all, void *ctx) {
    scene *s = ctx;
    tracked k;
    if (bag_set_contains(all, s->lent) && !bag_set_erase(all, s->lent)) return false;
    if (!tracked_copy(&k, &s->fresh)) return false;
    if (bag_set_put(all, k)) return true;
    tracked_drop(&k);
    return false;
}
static bool leave(bag_set *all, void *ctx) { return all != ctx; }
static bool unite_and_refuse(bag_set *all, void *ctx) { return unite(all, ctx) && false; }
ROW(update_union) { return bag_update(S, unite, s); }
ROW(update_difference) { return bag_update(S, differ, s); }
ROW(update_steps) { return bag_update(S, erase_and_put, s); }
ROW(update_nothing) { return bag_update(S, leave, NULL); }
ROW(update_refused) { return bag_update(S, unite_and_refuse, s); }

typedef struct row {
    const char *names; /* of the functions, for --list */
    bool (*run)(scene *s);
    unsigned flags;
} row;

static const row rows[] = {
    {"from", row_from, 0},
    {"from", row_from_nothing, 0},
    {"drop", row_drop, QUIET},
    {"borrow end", row_borrow, QUIET},
    {"load", row_load, QUIET},
    {"snapshot_of snapshot_copy snapshot_value snapshot_drop", row_snapshot, QUIET},
    {"cached idle", row_cached, QUIET},
    {"version", row_version, QUIET},
    {"wait", row_wait, QUIET},
#ifdef ORDERED
    {"ordered_keys ordered_drop", row_ordered, QUIET},
#endif
    {"len", row_len, QUIET},
    {"is_empty", row_is_empty, QUIET},
    {"contains", row_contains, QUIET},
    {"contains_all", row_contains_all, QUIET},
    {"for_each", row_for_each, QUIET},
    {"copy_to", row_copy_to, 0},
    {"copy_to", row_copy_to_little_room, 0},
    {"equal", row_equal, QUIET},
    {"hash", row_hash, QUIET},
    {"print", row_print, FN},
    {"iter_of iter_next iter_drop", row_iter, QUIET},
    {"add", row_add, LEFT},
    {"add", row_add, HERE},
    {"remove", row_remove, 0},
    {"remove", row_remove_third, 0},
    {"remove", row_remove_absent, 0},
    {"remove", row_remove_its_own, 0},
    {"add_all", row_add_all, LEFT},
    {"add_all", row_add_none, 0},
    {"add_all", row_add_its_own, 0},
    {"remove_all", row_remove_all, 0},
    {"remove_all", row_remove_none, 0},
    {"remove_all", row_remove_all_its_own, 0},
    {"retain_all", row_retain_all, 0},
    {"retain_all", row_retain_none, 0},
    {"remove_if", row_remove_even, 0},
    {"remove_if", row_remove_one_if, 0},
    {"remove_if", row_remove_none_if, 0},
    {"remove_if", row_remove_every_if, 0},
    {"clear", row_clear, QUIET},
    {"update", row_update_union, FN | LEFT},
    {"update", row_update_difference, FN | LEFT},
    {"update", row_update_steps, FN | LEFT},
    {"update", row_update_nothing, 0},
    {"update", row_update_refused, FN},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* ---- the sweep ---- */

static size_t runs, failures, borne;

/* What a run without faults does. */
typedef struct outcome {
    bool ok;
    cow_error_code error;
    picture after;
} outcome;

static void check_failed(const row *r, const outcome *expected, bool hook, size_t injected) {
    cow_error_code why = cow_error();
    bool by_fault = injected && (why == (hook ? COW_HOOK : COW_NOMEM) || (r->flags & FN && why == COW_HOOK));
    KIT_CHECK(by_fault || (!expected->ok && why == expected->error));
}

/* Whether a fault was injected. With `at` 0 none is, and *expected is what happens. */
static bool run_once(const row *r, state which, bool hook, size_t at, bool sticky, outcome *expected) {
    static picture before, after;
    scene s;
    snprintf(kit_context, sizeof kit_context, "%s (row %d), %s, %s %zu%s", r->names, (int)(r - rows),
             state_names[which], hook ? "copy" : "allocation", at, sticky ? " and all later ones" : "");
    have_record();
    size_t blocks = kit.blocks, elements = lives.alive;
    set_up(&s, which, r->flags);
    take_picture(&before, &s);
    cow__set_error(COW_OK);
    kit_fail(hook ? 0 : at, sticky);
    tracked_fail(hook ? at : 0, sticky);
    bool ok = r->run(&s);
    size_t injected = hook ? lives.injected : kit.injected;
    if (r->flags & QUIET) KIT_CHECK(lives.calls == 0 && (kit.calls == 0 || which == FIRST_TIME) && "it is quiet");
    tracked_fail_none();
    kit_fail_none();
    take_picture(&after, &s);
    if (!at) *expected = (outcome){ok, cow_error(), after};
    KIT_CHECK((ok == expected->ok || injected) && (!ok || expected->ok) && "it fails when something in it did");
    if (ok) {
        borne += injected > 0;
        KIT_CHECK(cow_error() == COW_OK && "calls that succeed leave the error as it is");
        check_as_expected(&expected->after, &after);
    } else {
        failures += injected > 0;
        check_failed(r, expected, hook, injected);
        check_unchanged(&before, &after, r->flags);
    }
    tear_down(&s);
    have_record();
    KIT_CHECK(lives.alive == elements && "a key is lost");
    KIT_CHECK(kit.blocks == blocks + (which == FIRST_TIME) && "a block is lost");
    kit_context[0] = 0;
    runs++;
    return injected > 0;
}

static void sweep(const row *r, state which) {
    static outcome expected;
    (void)run_once(r, which, false, 0, false, &expected);
    for (int way = 0; way < 4; way++) {
        size_t at = 1;
        while (run_once(r, which, way & 1, at, way >> 1, &expected)) at++;
    }
}

static void list_names(void) {
    for (size_t i = 0; i < ROWS; i++) {
        char names[128];
        snprintf(names, sizeof names, "%s", rows[i].names);
        for (char *name = strtok(names, " "); name; name = strtok(NULL, " ")) printf("list_set_%s\n", name);
    }
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--list") == 0) return list_names(), 0;
    cow_seed_set(42); /* the shape of a tree says how much there is to fail */
    for (size_t i = 0; i < ROWS; i++)
        for (int which = 0; which < STATES; which++) sweep(&rows[i], (state)which);
    kit_leave(); /* the records of threads stay */
    KIT_CHECK(failures > 0);
    printf("oom sweep, sets for many threads: %d rows x %d states, %zu runs, %zu failed cleanly, %zu did without\n",
           ROWS, STATES, runs, failures, borne);
    return 0;
}
