/* SPDX-License-Identifier: MIT */
/* map_algebra: whole maps against each other: union, intersection, differences, subset, equality, hash, and what changed between two
   versions; alone, shared with each other, the same variable twice, and of different seeds. What is shared is skipped, and counted here. */
#include "kit_map.h"

/* ---- a naive model: the value of key k, or NONE ---- */

enum { KEYS = 900, NONE = -999999 };
typedef struct naive {
    int v[KEYS];
} naive;

static void naive_of(naive *to, const imap *m) {
    size_t n = 0;
    for (int k = 0; k < KEYS; k++) to->v[k] = imap_get_or(m, &k, NONE), n += to->v[k] != NONE;
    assert_int_equal(n, imap_len(m));
}

static void check_naive(const imap *m, const naive *expected) {
    naive now;
    naive_of(&now, m);
    assert_memory_equal(&now, expected, sizeof now);
}

/* Pairs of maps that meet in all kinds of ways. */
typedef enum meeting {
    FAR,         /* made apart */
    OTHER_SEED,  /* ... and with another seed */
    BRANCHES,    /* both changed since they were one */
    BRANCH,      /* one of them changed */
    COPIES,      /* neither did */
    DISJOINT,    /* no key in common */
    SMALL_LARGE, /* a few keys against many */
    LARGE_SMALL, /* and the other way */
    TINY,        /* both in one leaf */
    LEFT_EMPTY,
    RIGHT_EMPTY,
    SAME, /* one variable */
    MEETINGS
} meeting;

static void fill(imap *m, int first, int n, int step, int plus) {
    for (int i = 0; i < n; i++) assert_true(imap_put(m, first + i * step, first + i * step + plus));
}

static void meet(meeting how, imap *a, imap *b) {
    memset(a, 0, sizeof *a);
    memset(b, 0, sizeof *b);
    cow_seed_set(5);
    switch (how) {
    case OTHER_SEED:
    case FAR:
        fill(a, 0, 300, 2, 0);
        if (how == OTHER_SEED) cow_seed_set(6);
        fill(b, 0, 250, 3, 0);
        fill(b, 0, 40, 6, 1);
        break;
    case BRANCHES:
    case BRANCH:
        fill(a, 0, 700, 1, 0);
        imap_assign(b, a);
        fill(b, 3, 40, 17, 1);
        fill(b, 700, 100, 1, 0);
        for (int k = 5; k < 700; k += 31) assert_true(imap_erase(b, &k));
        if (how == BRANCH) break;
        fill(a, 3, 30, 23, 2);
        fill(a, 780, 100, 1, 0);
        for (int k = 5; k < 700; k += 41) assert_true(imap_erase(a, &k));
        break;
    case COPIES:
        fill(a, 0, 800, 1, 0);
        imap_assign(b, a);
        break;
    case DISJOINT:
        fill(a, 0, 400, 2, 0);
        fill(b, 1, 400, 2, 0);
        break;
    case SMALL_LARGE:
    case LARGE_SMALL:
        fill(how == SMALL_LARGE ? a : b, 10, 5, 100, 7);
        fill(how == SMALL_LARGE ? b : a, 0, 800, 1, 0);
        break;
    case TINY:
        fill(a, 0, 9, 1, 0);
        fill(b, 5, 9, 1, 5);
        break;
    case LEFT_EMPTY: fill(b, 0, 300, 2, 0); break;
    case RIGHT_EMPTY:
    case SAME: fill(a, 0, 300, 2, 0); break;
    case MEETINGS: break;
    }
}

/* ---- conflicts ---- */

static bool add_theirs(int *mine, const int *key, const int *theirs, void *context) {
    (void)key;
    KIT_CHECK(*mine != *theirs && "equal values are never asked about");
    ++*(size_t *)context;
    *mine += 1000 * *theirs;
    return true;
}
static bool refuse_third(int *mine, const int *key, const int *theirs, void *context) {
    (void)key;
    *mine = *theirs;
    return ++*(size_t *)context < 3;
}

typedef enum operation {
    UNION,
    UNION_ADD,
    INTERSECTION,
    INTERSECTION_ADD,
    DIFFERENCE,
    SYMMETRIC,
    OPERATIONS
} operation;
static const char *const operation_names[] = {
    "union", "union, asking", "intersection", "intersection, asking", "difference", "symmetric difference"};

static bool operate(operation which, imap *a, const imap *b, size_t *asked) {
    switch (which) {
    case UNION: return imap_union(a, b, NULL, NULL);
    case UNION_ADD: return imap_union(a, b, add_theirs, asked);
    case INTERSECTION: return imap_intersection(a, b, NULL, NULL);
    case INTERSECTION_ADD: return imap_intersection(a, b, add_theirs, asked);
    case DIFFERENCE: return imap_difference(a, b);
    case SYMMETRIC: return imap_symmetric_difference(a, b);
    default: return false;
    }
}

static int expected_value(operation which, int mine, int theirs) {
    bool conflict = mine != NONE && theirs != NONE && mine != theirs;
    switch (which) {
    case UNION: return theirs != NONE ? theirs : mine;
    case UNION_ADD: return conflict ? mine + 1000 * theirs : theirs != NONE ? theirs : mine;
    case INTERSECTION: return theirs != NONE ? mine : NONE;
    case INTERSECTION_ADD: return conflict ? mine + 1000 * theirs : theirs != NONE ? mine : NONE;
    case DIFFERENCE: return theirs != NONE ? NONE : mine;
    case SYMMETRIC: return mine != NONE && theirs != NONE ? NONE : mine != NONE ? mine : theirs;
    default: return NONE;
    }
}

static size_t conflicts(const naive *a, const naive *b) {
    size_t n = 0;
    for (int k = 0; k < KEYS; k++) n += a->v[k] != NONE && b->v[k] != NONE && a->v[k] != b->v[k];
    return n;
}

/* `kept` is a third owner of a, so that the operation may not write in place. */
static void run_operation(operation which, meeting how, bool shared) {
    imap a, b, kept = {0};
    naive was_a, was_b, expected;
    size_t asked = 0;
    snprintf(kit_context, sizeof kit_context, "%s, meeting %d%s", operation_names[which], how,
             shared ? ", shared" : "");
    meet(how, &a, &b);
    const imap *right = how == SAME ? &a : &b;
    if (shared) kept = imap_copy(&a);
    naive_of(&was_a, &a);
    naive_of(&was_b, right);
    for (int k = 0; k < KEYS; k++) expected.v[k] = expected_value(which, was_a.v[k], was_b.v[k]);
    assert_true(operate(which, &a, right, &asked));
    check_naive(&a, &expected);
    if (how != SAME) check_naive(&b, &was_b);
    if (shared) check_naive(&kept, &was_a);
    if (which == UNION_ADD || which == INTERSECTION_ADD) assert_int_equal(asked, conflicts(&was_a, &was_b));
    imap_drop(&b);
    check_naive(&a, &expected);
    imap_drop(&a);
    imap_drop(&kept);
}

static void every_operation_in_every_meeting(void **state) {
    (void)state;
    for (operation which = UNION; which < OPERATIONS; which++) {
        for (meeting how = FAR; how < MEETINGS; how++) {
            run_operation(which, how, false);
            run_operation(which, how, true);
        }
    }
    kit_context[0] = 0;
}

static void a_refused_conflict_changes_nothing(void **state) {
    (void)state;
    for (int which = 0; which < 2; which++) {
        for (meeting how = FAR; how < MEETINGS; how++) {
            imap a, b;
            naive was_a, was_b;
            size_t calls = 0;
            meet(how, &a, &b);
            const imap *right = how == SAME ? &a : &b;
            naive_of(&was_a, &a);
            naive_of(&was_b, right);
            cow__set_error(COW_OK);
            bool said = which ? imap_union(&a, right, refuse_third, &calls)
                              : imap_intersection(&a, right, refuse_third, &calls);
            assert_true(said == (conflicts(&was_a, &was_b) < 3));
            if (!said) {
                assert_int_equal(cow_error(), COW_HOOK);
                assert_int_equal(calls, 3);
                check_naive(&a, &was_a);
                check_naive(right, &was_b);
            }
            imap_drop(&a);
            imap_drop(&b);
        }
    }
}

/* ---- comparing ---- */

static void subset_equal_and_hash_agree_with_naive_ones(void **state) {
    (void)state;
    for (meeting how = FAR; how < MEETINGS; how++) {
        imap a, b;
        naive va, vb;
        bool subset = true, superset = true;
        meet(how, &a, &b);
        const imap *right = how == SAME ? &a : &b;
        naive_of(&va, &a);
        naive_of(&vb, right);
        for (int k = 0; k < KEYS; k++) {
            subset = subset && (va.v[k] == NONE || vb.v[k] != NONE);
            superset = superset && (vb.v[k] == NONE || va.v[k] != NONE);
        }
        bool equal = memcmp(&va, &vb, sizeof va) == 0;
        assert_true(imap_is_subset(&a, right) == subset && imap_is_subset(right, &a) == superset);
        assert_true(imap_equal(&a, right) == equal && imap_equal(right, &a) == equal);
        assert_true((imap_hash(&a, 7) == imap_hash(right, 7)) == equal);
        imap_drop(&a);
        imap_drop(&b);
    }
}

static void history_and_seed_are_no_part_of_a_value(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(map_sizes) && map_sizes[i] <= 3000; i++) {
        int n = map_sizes[i];
        cow_seed_set(1);
        imap up = imap_run(0, n, 1);
        imap detour = imap_run(0, 2 * n, 1);
        for (int k = n; k < 2 * n; k++) assert_true(imap_erase(&detour, &k));
        cow_seed_set(2);
        imap down = {0};
        for (int k = n; k-- > 0;) assert_true(imap_put(&down, k, 10 * k));
        assert_true(imap_equal(&up, &down) && imap_equal(&down, &detour) && imap_equal(&detour, &up));
        assert_true(imap_hash(&up, 9) == imap_hash(&down, 9) && imap_hash(&up, 9) == imap_hash(&detour, 9));
        assert_true(imap_hash(&up, 9) != imap_hash(&up, 10));
        assert_true(imap_is_subset(&up, &down) && imap_is_subset(&down, &detour));
        for (int k = 0; k < n; k += 1 + n / 20) { /* one value, or one key, makes the difference */
            assert_true(imap_put(&down, k, 1));
            assert_true(!imap_equal(&up, &down) && imap_hash(&up, 9) != imap_hash(&down, 9) &&
                        imap_is_subset(&up, &down));
            assert_true(imap_erase(&down, &k) && imap_put(&down, -1, 0));
            assert_true(!imap_equal(&up, &down) && !imap_is_subset(&up, &down) && !imap_is_subset(&down, &up));
            assert_true(imap_put(&down, k, 10 * k));
            assert_true(!imap_equal(&up, &down) && imap_is_subset(&up, &down));
            int extra = -1;
            assert_true(imap_erase(&down, &extra));
        }
        imap_drop(&up);
        imap_drop(&down);
        imap_drop(&detour);
    }
}

/* ---- diff ---- */

typedef struct changes {
    naive was, is; /* what the differences say of each key they name */
    size_t added, removed, changed, stop_after;
} changes;

static void note_change(changes *c, const imap_pair *was, const imap_pair *is) {
    KIT_CHECK(was || is);
    KIT_CHECK(!was || !is || (was->key == is->key && was->value != is->value));
    int key = was ? was->key : is->key;
    KIT_CHECK(c->was.v[key] == NONE && c->is.v[key] == NONE && "each key once");
    if (was) c->was.v[key] = was->value;
    if (is) c->is.v[key] = is->value;
    c->added += !was;
    c->removed += !is;
    c->changed += was && is;
}
static bool note(const imap_pair *was, const imap_pair *is, void *context) {
    changes *c = context;
    note_change(c, was, is);
    return c->added + c->removed + c->changed != c->stop_after;
}

static void no_changes(changes *c) {
    memset(c, 0, sizeof *c);
    for (int k = 0; k < KEYS; k++) c->was.v[k] = c->is.v[k] = NONE;
}

static void check_changes(const changes *c, const naive *was, const naive *is) {
    for (int k = 0; k < KEYS; k++) {
        bool differs = was->v[k] != is->v[k];
        assert_int_equal(c->was.v[k], differs ? was->v[k] : NONE);
        assert_int_equal(c->is.v[k], differs ? is->v[k] : NONE);
    }
}

static void diff_names_each_change_once(void **state) {
    (void)state;
    static changes c;
    for (meeting how = FAR; how < MEETINGS; how++) {
        imap a, b;
        naive va, vb;
        meet(how, &a, &b);
        const imap *right = how == SAME ? &a : &b;
        naive_of(&va, &a);
        naive_of(&vb, right);
        no_changes(&c);
        assert_true(imap_diff(&a, right, note, &c));
        check_changes(&c, &va, &vb);
        size_t total = c.added + c.removed + c.changed;

        no_changes(&c); /* the same by an iterator, which keeps what it walks */
        imap_diff_iter walk = imap_diff_of(&a, right);
        const imap_pair *was, *is;
        size_t steps = 0;
        while (imap_diff_next(&walk, &was, &is)) {
            note_change(&c, was, is);
            if (++steps == 3) imap_drop(&b);
            if (steps == 4) imap_clear(&a);
        }
        check_changes(&c, &va, &vb);
        assert_int_equal(steps, total);
        imap_drop(&a);
        imap_drop(&b);
    }
}

static void diff_stops_when_told(void **state) {
    (void)state;
    static changes c;
    imap a, b;
    meet(BRANCHES, &a, &b);
    no_changes(&c);
    c.stop_after = 5;
    cow__set_error(COW_RANGE);
    assert_false(imap_diff(&a, &b, note, &c));
    assert_int_equal(cow_error(), COW_RANGE); /* stopping is no failure */
    assert_int_equal(c.added + c.removed + c.changed, 5);
    imap_diff_iter walk = imap_diff_of(&a, &b);
    const imap_pair *was, *is;
    for (int i = 0; i < 5; i++) assert_true(imap_diff_next(&walk, &was, &is));
    imap_diff_drop(&walk);
    imap_drop(&a);
    imap_drop(&b);
}

/* ---- what is shared is skipped ---- */

static size_t equal_calls, hash_calls;
static bool counted_equal(const int *a, const int *b) {
    equal_calls++;
    return *a == *b;
}
static uint64_t counted_hash(const int *e, uint64_t seed) {
    hash_calls++;
    return cow_hash_u64((uint64_t)*e, seed);
}
#define COW_MAP cmap, int, int
#define COW_EQUAL counted_equal
#define COW_HASH counted_hash
#define COW_VALUE_EQUAL counted_equal
#include "cow/cow.h"

static bool count_pair(const cmap_pair *was, const cmap_pair *is, void *context) {
    KIT_CHECK(was || is);
    ++*(size_t *)context;
    return true;
}
static bool keep_mine(int *mine, const int *key, const int *theirs, void *context) {
    (void)mine, (void)key, (void)theirs;
    ++*(size_t *)context;
    return true;
}

/* 100,000 pairs, ten of which differ: comparing looks at the leaves of those ten. */
static void cost_follows_the_difference_not_the_size(void **state) {
    (void)state;
    enum { N = 100000, TEN = 10, MOST = TEN * 32 * 8 };
    cmap a = {0};
    for (int k = 0; k < N; k++) assert_true(cmap_put(&a, k, k));
    cmap b = cmap_copy(&a);
    for (int k = 0; k < N; k += N / TEN) assert_true(cmap_put(&b, k, -k - 1));
    size_t differences = 0, asked = 0;
    equal_calls = hash_calls = 0;
    assert_true(cmap_diff(&a, &b, count_pair, &differences));
    assert_int_equal(differences, TEN);
    assert_true(equal_calls + hash_calls <= MOST);
    equal_calls = hash_calls = 0;
    assert_false(cmap_equal(&a, &b));
    assert_true(equal_calls + hash_calls <= MOST);
    equal_calls = hash_calls = 0;
    assert_true(cmap_is_subset(&a, &b));
    assert_true(equal_calls + hash_calls <= MOST);
    cmap kept = cmap_copy(&a);
    equal_calls = hash_calls = 0;
    assert_true(cmap_union(&a, &b, keep_mine, &asked));
    assert_int_equal(asked, TEN);
    assert_true(equal_calls + hash_calls <= MOST);
    equal_calls = hash_calls = 0;
    assert_true(cmap_intersection(&a, &b, keep_mine, &asked));
    assert_true(cmap_len(&a) == N && asked == 2 * TEN);
    assert_true(equal_calls + hash_calls <= MOST);
    equal_calls = hash_calls = 0;
    assert_true(cmap_equal(&kept, &kept));
    cmap twin = cmap_copy(&kept);
    assert_true(cmap_equal(&kept, &twin) && cmap_diff(&kept, &twin, count_pair, &differences) && differences == TEN);
    assert_int_equal(equal_calls + hash_calls, 0);
    equal_calls = hash_calls = 0;
    assert_true(cmap_symmetric_difference(&twin, &kept) && cmap_is_empty(&twin));
    assert_true(cmap_difference(&kept, &kept) && cmap_is_empty(&kept));
    assert_int_equal(equal_calls + hash_calls, 0);
    cmap_drop(&a);
    cmap_drop(&b);
}

static void the_union_with_nothing_copies_nothing(void **state) {
    (void)state;
    imap a = imap_run(0, 1000, 1), empty = {0}, c = imap_copy(&a);
    kit_fail(1, true);
    assert_true(imap_union(&c, &empty, NULL, NULL) && imap_same(&a, &c));
    assert_true(imap_union(&c, &a, NULL, NULL) && imap_same(&a, &c));
    assert_true(imap_difference(&c, &empty) && imap_same(&a, &c));
    assert_true(imap_intersection(&c, &empty, NULL, NULL) && imap_is_empty(&c));
    assert_int_equal(kit.calls, 0);
    kit_fail_none();
    imap_drop(&a);
    imap_drop(&c);
}

/* ---- tracked maps: nothing is lost, whoever's pairs survive ---- */

static bool sum_tracked(tracked *mine, const tracked *key, const tracked *theirs, void *context) {
    size_t *left = context;
    (void)tracked_value(key);
    if (*left && --*left == 0) return false;
    int sum = tracked_value(mine) + tracked_value(theirs);
    tracked_drop(mine);
    *mine = tracked_make(sum);
    return true;
}

static void tracked_maps_meet(void **state) {
    (void)state;
    for (int shared = 0; shared < 3; shared++) {
        for (int which = 0; which < 6; which++) {
            tmap a = tmap_run(0, 400), b = shared ? tmap_copy(&a) : tmap_run(200, 400), kept = {0};
            for (int k = 0; k < 400; k += 10) {
                tracked key = tracked_make(k);
                assert_true(k % 20 ? tmap_put(&b, tracked_make(k + 500), tracked_make(0))
                                   : !tmap_contains(&b, &key) || tmap_erase(&b, &key));
                assert_true(tmap_put(&b, key, tracked_make(-k)));
            }
            if (shared == 2) kept = tmap_copy(&a);
            size_t left = which == 5 ? 4 : 0;
            switch (which) {
            case 0: assert_true(tmap_union(&a, &b, NULL, NULL)); break;
            case 1: assert_true(tmap_union(&a, &b, sum_tracked, &left)); break;
            case 2: assert_true(tmap_intersection(&a, &b, sum_tracked, &left)); break;
            case 3: assert_true(tmap_difference(&a, &b)); break;
            case 4: assert_true(tmap_symmetric_difference(&a, &b)); break;
            default: assert_true(FAILS(tmap_union(&a, &b, sum_tracked, &left), COW_HOOK)); check_tmap_run(&a, 0, 400);
            }
            COW_MAP_EACH (tmap, it, &a) (void)(tracked_value(&it->key) + tracked_value(&it->value));
            tmap_drop(&a);
            COW_MAP_EACH (tmap, it, &b) (void)(tracked_value(&it->key) + tracked_value(&it->value));
            tmap_drop(&b);
            if (shared == 2) check_tmap_run(&kept, 0, 400);
            tmap_drop(&kept);
            assert_int_equal(lives.alive, 0);
        }
    }
}

/* ---- iterator objects ---- */

static void an_iterator_sees_the_map_as_it_was(void **state) {
    (void)state;
    tmap m = tmap_run(0, 300);
    tmap_iter walk = tmap_iter_of(&m);
    const tmap_pair *e = NULL;
    int steps = 0;
    long sum = 0;
    while (tmap_iter_next(&walk, &e)) {
        sum += tracked_value(&e->key);
        steps++;
        if (steps == 10) assert_true(tmap_put(&m, tracked_make(1000), tracked_make(1)));
        if (steps > 20 && steps < 200) assert_true(tmap_erase(&m, &e->key)); /* the key lies in the iterator's copy */
        if (steps == 250) tmap_drop(&m);
    }
    assert_true(steps == 300 && sum == 300 * 299 / 2);
    assert_int_equal(lives.alive, 0); /* next said false, so the iterator's copy is gone */
    m = tmap_run(0, 100);
    walk = tmap_iter_of(&m);
    for (int i = 0; i < 50; i++) assert_true(tmap_iter_next(&walk, &e));
    tmap_drop(&m);
    assert_int_equal(lives.alive, 200);
    (void)tracked_value(&e->key);
    tmap_iter_drop(&walk); /* leaving early */
    assert_int_equal(lives.alive, 0);
}

static void an_iterator_may_be_dropped_at_any_step(void **state) {
    (void)state;
    imap m = imap_run(0, 150, 1);
    for (int stop = 0; stop <= 150; stop++) {
        imap_iter walk = imap_iter_of(&m);
        const imap_pair *e;
        for (int i = 0; i < stop; i++) assert_true(imap_iter_next(&walk, &e));
        imap_iter_drop(&walk);
        assert_false(imap_is_shared(&m));
    }
    imap_drop(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(every_operation_in_every_meeting),
        UNIT(a_refused_conflict_changes_nothing),
        UNIT(subset_equal_and_hash_agree_with_naive_ones),
        UNIT(history_and_seed_are_no_part_of_a_value),
        UNIT(diff_names_each_change_once),
        UNIT(diff_stops_when_told),
        UNIT(cost_follows_the_difference_not_the_size),
        UNIT(the_union_with_nothing_copies_nothing),
        UNIT(tracked_maps_meet),
        UNIT(an_iterator_sees_the_map_as_it_was),
        UNIT(an_iterator_may_be_dropped_at_any_step),
    };
    return cmocka_run_group_tests_name("map_algebra", tests, NULL, NULL);
}
