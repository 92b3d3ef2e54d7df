/* SPDX-License-Identifier: MIT */
/* set: sets are maps without values, by the same code; here is what their functions say and own, and the set algebra. */
#include "kit_map.h"

#define COW_SET sset, cow_str
#include "cow/cow.h"

static bool never_keep(const int *e, void *context) {
    (void)e, (void)context;
    KIT_CHECK(false && "called for an empty set");
    return false;
}
static bool never_diff(const int *was, const int *is, void *context) {
    (void)was, (void)is, (void)context;
    KIT_CHECK(false && "called though nothing differs");
    return false;
}
static bool never_run(const int *run, size_t n, void *context) {
    (void)run, (void)n, (void)context;
    KIT_CHECK(false && "called for an empty set");
    return false;
}

static void all_zero_is_an_empty_set(void **state) {
    (void)state;
    iset s, yes = {0}, no = {0};
    int key = 3, out = 9;
    const int *e, *other;
    memset(&s, 0, sizeof s);
    cow__set_error(COW_RANGE);
    assert_true(iset_is_empty(&s) && iset_len(&s) == 0 && !iset_is_shared(&s) && !iset_contains(&s, &key));
    assert_true(!iset_get(&s, &key) && !iset_find(&s, &key));
    assert_int_equal(cow_error(), COW_RANGE);
    assert_true(FAILS(iset_erase(&s, &key), COW_ABSENT) && FAILS(iset_take(&s, &key, &out), COW_ABSENT) && out == 9);
    assert_true(iset_retain_if(&s, never_keep, NULL) && iset_partition(&s, &yes, &no, never_keep, NULL));
    assert_true(iset_is_empty(&yes) && iset_is_empty(&no) && iset_each(&s, never_run, NULL));
    assert_true(iset_union(&s, &s) && iset_intersection(&s, &s) && iset_difference(&s, &s) &&
                iset_symmetric_difference(&s, &s));
    assert_true(iset_equal(&s, &yes) && iset_is_subset(&s, &yes) && iset_hash(&s, 1) == iset_hash(&yes, 1));
    assert_true(iset_diff(&s, &yes, never_diff, NULL));
    iset_diff_iter diff = iset_diff_of(&s, &yes);
    assert_false(iset_diff_next(&diff, &e, &other));
    iset_iter walk = iset_iter_of(&s);
    assert_false(iset_iter_next(&walk, &e));
    COW_MAP_EACH (iset, it, &s) fail_msg("%d", *it);
    iset_clear(&s);
    iset_freeze(&s);
    iset copy = iset_copy(&s), moved = iset_move(&s);
    iset_swap(&copy, &moved);
    iset_assign(&copy, &copy);
    iset_drop(&copy);
    iset_drop(&moved);
    iset_drop(&s);
    assert_true(iset_from(&s, NULL, 0) && iset_is_empty(&s) && iset_bytes(&s) == 0);
    assert_int_equal(kit.calls, 0);
}

static void what_is_put_is_in_the_set(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(map_sizes); i++) {
        int n = map_sizes[i], out;
        iset s = iset_run(0, n, 3), c = iset_copy(&s);
        for (int k = 0; k < n; k++) assert_true(iset_put(&s, 3 * k)); /* again: it is there, which is fine */
        check_iset_run(&s, 0, n, 3);
        for (int k = 0; k < 3 * n; k++) {
            assert_true(iset_contains(&s, &k) == (k % 3 == 0));
            const int *e = iset_get(&s, &k);
            assert_true(k % 3 ? !e : e && *e == k && e == iset_find(&s, &k));
        }
        for (int k = 0; k < n; k++)
            assert_true(FAILS(iset_put_if_absent(&s, 3 * k), COW_EXISTS) && iset_put_if_absent(&s, 3 * k + 1));
        assert_int_equal(iset_len(&s), 2 * n);
        for (int k = 0; k < 3 * n; k++) {
            if (k % 3 == 0) assert_true(iset_erase(&s, &k));
            if (k % 3 == 1) assert_true(iset_take(&s, &k, &out) && out == k);
            if (k % 3 == 2) assert_true(FAILS(iset_erase(&s, &k), COW_ABSENT));
        }
        assert_true(iset_is_empty(&s));
        check_iset_run(&c, 0, n, 3);
        iset_drop(&c);
    }
}

static void from_drops_duplicates(void **state) {
    (void)state;
    int keys[500];
    for (int i = 0; i < 500; i++) keys[i] = i * i % 499;
    iset s, t = {0};
    memset(&s, 0xa5, sizeof s);
    assert_true(iset_from(&s, keys, 500));
    for (int i = 0; i < 500; i++) assert_true(iset_put(&t, keys[i]));
    assert_true(iset_equal(&s, &t) && iset_hash(&s, 3) == iset_hash(&t, 3));
    iset_drop(&s);
    iset_drop(&t);
}

static bool is_even(const int *e, void *context) {
    (void)context;
    return *e % 2 == 0;
}
static void add(void *sum, const int *e) { *(long *)sum += *e; }
static bool add_run(const int *run, size_t n, void *context) {
    for (size_t i = 0; i < n; i++) add(context, &run[i]);
    return true;
}

static void sets_are_walked_and_sifted(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(map_sizes); i++) {
        int n = map_sizes[i];
        long runs = 0, folded = 0, objects = 0, expected = (long)n * (n - 1) / 2;
        iset s = iset_run(0, n, 1), yes, no;
        assert_true(iset_each(&s, add_run, &runs));
        iset_fold(&s, add, &folded);
        iset_iter walk = iset_iter_of(&s);
        const int *e;
        while (iset_iter_next(&walk, &e)) add(&objects, e);
        assert_true(runs == expected && folded == expected && objects == expected);
        assert_true(iset_partition(&s, &yes, &no, is_even, NULL));
        check_iset_run(&yes, 0, (n + 1) / 2, 2);
        check_iset_run(&no, 1, n / 2, 2);
        assert_true(iset_retain_if(&s, is_even, NULL) && iset_equal(&s, &yes));
        assert_true(iset_union(&s, &no));
        check_iset_run(&s, 0, n, 1);
        iset_drop(&s);
        iset_drop(&yes);
        iset_drop(&no);
    }
}

/* Bit sets of 12 elements against real ones, for many pairs, apart and with a common past. */
enum { BITS = 12, ALL = 1 << BITS };
static iset of_bits(unsigned bits, const iset *past) {
    iset s = iset_copy(past);
    for (int k = 0; k < BITS; k++) {
        if (bits >> k & 1)
            assert_true(iset_put(&s, k));
        else
            (void)iset_erase(&s, &k);
    }
    return s;
}
static unsigned bits_of(const iset *s) {
    unsigned bits = 0;
    for (int k = 0; k < BITS; k++) bits |= (unsigned)iset_has(s, k) << k;
    return bits;
}

static void check_pair_of_sets(unsigned x, unsigned y, const iset *past) {
    iset a = of_bits(x, past), b = of_bits(y, past), r;
    size_t rest = iset_len(past) ? iset_len(past) - BITS : 0; /* what of_bits never touches is in both */
    assert_true(iset_equal(&a, &b) == (x == y));
    assert_true((iset_hash(&a, 1) == iset_hash(&b, 1)) == (x == y));
    assert_true(iset_is_subset(&a, &b) == ((x & ~y) == 0));
    r = iset_copy(&a);
    assert_true(iset_union(&r, &b) && bits_of(&r) == (x | y));
    iset_assign(&r, &a);
    assert_true(iset_intersection(&r, &b) && bits_of(&r) == (x & y));
    assert_int_equal(iset_len(&r), rest + (size_t)__builtin_popcount(x & y));
    iset_assign(&r, &a);
    assert_true(iset_difference(&r, &b) && bits_of(&r) == (x & ~y) &&
                iset_len(&r) == (size_t)__builtin_popcount(x & ~y));
    iset_assign(&r, &a);
    assert_true(iset_symmetric_difference(&r, &b) && bits_of(&r) == (x ^ y) &&
                iset_len(&r) == (size_t)__builtin_popcount(x ^ y));
    assert_true(bits_of(&a) == x && bits_of(&b) == y);
    iset_drop(&a);
    iset_drop(&b);
    iset_drop(&r);
}

static void the_algebra_is_that_of_bits(void **state) {
    (void)state;
    iset none = {0}, past = iset_run(0, 300, 1);
    for (unsigned i = 0; i < 600; i++) {
        unsigned x = i * 2654435761u % ALL, y = i * 40503u * 97u % ALL;
        check_pair_of_sets(x, y, &none);
        check_pair_of_sets(x, y, &past);
    }
    check_pair_of_sets(0, 0, &none);
    check_pair_of_sets(ALL - 1, ALL - 1, &none);
    iset_drop(&past);
}

static void a_set_meets_itself(void **state) {
    (void)state;
    for (int shared = 0; shared < 2; shared++) {
        iset s = iset_run(0, 300, 1), keeper = {0};
        if (shared) keeper = iset_copy(&s);
        assert_true(iset_union(&s, &s) && iset_intersection(&s, &s));
        check_iset_run(&s, 0, 300, 1);
        assert_true(iset_equal(&s, &s) && iset_is_subset(&s, &s) && iset_diff(&s, &s, never_diff, NULL));
        iset other = iset_copy(&s);
        assert_true(iset_symmetric_difference(&s, &s) && iset_is_empty(&s));
        assert_true(iset_difference(&other, &other) && iset_is_empty(&other));
        if (shared) check_iset_run(&keeper, 0, 300, 1);
        iset_drop(&keeper);
    }
}

static void sets_of_two_seeds_meet(void **state) {
    (void)state;
    cow_seed_set(1);
    iset a = iset_run(0, 500, 1), twin = iset_run(250, 500, 1);
    cow_seed_set(2);
    iset b = iset_run(250, 500, 1), c = iset_copy(&a);
    assert_true(iset_seed(&a) != iset_seed(&b) && iset_equal(&b, &twin) && !iset_equal(&a, &b));
    assert_true(iset_union(&c, &b));
    check_iset_run(&c, 0, 750, 1);
    iset_assign(&c, &a);
    assert_true(iset_intersection(&c, &b));
    check_iset_run(&c, 250, 250, 1);
    assert_true(iset_is_subset(&c, &a) && iset_is_subset(&c, &b) && !iset_is_subset(&a, &c));
    iset_assign(&c, &a);
    assert_true(iset_difference(&c, &b));
    check_iset_run(&c, 0, 250, 1);
    iset_assign(&c, &a);
    assert_true(iset_symmetric_difference(&c, &b) && iset_len(&c) == 500);
    iset_drop(&a);
    iset_drop(&b);
    iset_drop(&c);
    iset_drop(&twin);
}

typedef struct sides {
    long added, removed;
} sides;
static bool note_side(const int *was, const int *is, void *context) {
    sides *s = context;
    KIT_CHECK(!was != !is && "an element of a set does not change");
    if (was) s->removed += *was;
    if (is) s->added += *is;
    return true;
}

static void diff_tells_what_came_and_went(void **state) {
    (void)state;
    iset was = iset_run(0, 1000, 1), is = iset_copy(&was);
    sides seen = {0, 0}, walked = {0, 0};
    for (int k = 0; k < 1000; k += 100) assert_true(iset_erase(&is, &k) && iset_put(&is, 10000 + k));
    assert_true(iset_diff(&was, &is, note_side, &seen));
    assert_true(seen.removed == 4500 && seen.added == 104500);
    iset_diff_iter walk = iset_diff_of(&was, &is);
    const int *before, *after;
    iset_drop(&was);
    iset_drop(&is);
    while (iset_diff_next(&walk, &before, &after)) note_side(before, after, &walked);
    assert_true(walked.removed == 4500 && walked.added == 104500);
}

/* ---- who owns the elements ---- */

static tset tset_run(int first, int n) {
    tset s = {0};
    for (int i = first; i < first + n; i++) assert_true(tset_put(&s, tracked_make(i)));
    return s;
}

static void an_element_that_is_there_already_is_dropped(void **state) {
    (void)state;
    tset s = tset_run(0, 100);
    for (int k = 0; k < 100; k++) {
        tracked e = tracked_make(k);
        uint32_t stored = tset_get(&s, &e)->id;
        assert_true(FAILS(tset_put_if_absent(&s, e), COW_EXISTS) && lives.state[e.id] == TRACKED_ALIVE);
        assert_true(tset_put(&s, e));
        assert_true(lives.state[e.id] == TRACKED_DEAD &&
                    lives.state[stored] == TRACKED_ALIVE); /* the first one stays */
    }
    assert_int_equal(lives.alive, 100);
    assert_int_equal(lives.copied, 0);
    tset_drop(&s);
}

static void take_hands_the_element_over(void **state) {
    (void)state;
    for (int shared = 0; shared < 2; shared++) {
        tset s = tset_run(0, 100), keeper = {0};
        if (shared) keeper = tset_copy(&s);
        for (int k = 0; k < 100; k++) {
            tracked probe = tracked_make(k), out = {0, 0};
            assert_true(tset_take(&s, &probe, &out) && tracked_value(&out) == k);
            tracked_drop(&out);
            tracked_drop(&probe);
        }
        assert_true(tset_is_empty(&s) && tset_len(&keeper) == (shared ? 100u : 0u));
        COW_MAP_EACH (tset, it, &keeper) (void)tracked_value(it);
        tset_drop(&keeper);
    }
}

static void tracked_sets_meet(void **state) {
    (void)state;
    for (int shared = 0; shared < 2; shared++) {
        for (int which = 0; which < 4; which++) {
            tset a = tset_run(0, 200), b = shared ? tset_copy(&a) : tset_run(100, 200), keeper = tset_copy(&a);
            for (int k = 150; k < 250; k++) {
                tracked e = tracked_make(k);
                assert_true(tset_put(&b, e));
                if (k % 5) continue;
                e = tracked_make(k);
                assert_true(tset_erase(&b, &e));
                tracked_drop(&e);
            }
            if (which == 0) assert_true(tset_union(&a, &b));
            if (which == 1) assert_true(tset_intersection(&a, &b));
            if (which == 2) assert_true(tset_difference(&a, &b));
            if (which == 3) assert_true(tset_symmetric_difference(&a, &b));
            tset_drop(&b);
            COW_MAP_EACH (tset, it, &a) (void)tracked_value(it);
            assert_true(tset_len(&keeper) == 200);
            tset_drop(&keeper);
            tset_drop(&a);
            assert_int_equal(lives.alive, 0);
        }
    }
}

static void an_iterator_outlives_the_set(void **state) {
    (void)state;
    tset s = tset_run(0, 100);
    tset_iter walk = tset_iter_of(&s);
    const tracked *e;
    int n = 0;
    while (tset_iter_next(&walk, &e)) {
        assert_true(tracked_value(e) < 100);
        if (++n == 5) tset_drop(&s);
    }
    assert_true(n == 100 && lives.alive == 0);
}

typedef struct span {
    const char *p;
    size_t n;
} span;
static bool is_span(const cow_str *key, const void *probe) {
    const span *s = probe;
    return cow_str_is_bytes(key, s->p, s->n);
}

static void sets_of_strings(void **state) {
    (void)state;
    static const char *const words[] = {"", "a", "ab", "a word that does not fit into a handle",
                                        "another word that does not fit into a handle"};
    sset s = {0}, t = {0};
    for (size_t i = 0; i < LENGTH(words); i++) {
        cow_str word = {0};
        assert_true(cow_str_from(&word, words[i]) && sset_put(&s, cow_str_copy(&word)) && sset_put(&t, word));
    }
    assert_true(sset_equal(&s, &t));
    for (size_t i = 0; i < LENGTH(words); i++) {
        span probe = {words[i], strlen(words[i])};
        const cow_str *found = sset_find_as(&s, cow_hash_bytes(probe.p, probe.n, sset_seed(&s)), is_span, &probe);
        assert_true(found && cow_str_is(found, words[i]) && sset_erase(&t, found));
    }
    assert_true(sset_is_empty(&t));
    sset_drop(&s);
}

static void a_shared_set_is_written_by_copying(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(map_sizes) && map_sizes[i] <= 3000; i++) {
        int n = map_sizes[i];
        iset s = iset_run(0, n, 1), frozen = iset_run(0, n, 1), c = iset_copy(&s);
        assert_true(iset_same(&s, &c) && iset_is_shared(&s) == (n > 0));
        iset_freeze(&frozen);
        for (int k = 0; k < n; k++) assert_true(iset_put(&s, n + k) && iset_erase(&s, &k));
        check_iset_run(&s, n, n, 1);
        check_iset_run(&c, 0, n, 1);
        iset_assign(&s, &frozen);
        for (int k = 0; k < n; k += 2) assert_true(iset_erase(&s, &k));
        check_iset_run(&s, 1, n / 2, 2);
        check_iset_run(&frozen, 0, n, 1);
        iset_drop(&s);
        iset_drop(&c);
        iset_drop(&frozen);
        kit_give_up_immortals();
    }
}

static void set_bytes(void **state) {
    (void)state;
    iset s = iset_run(0, 1000, 1), c = iset_copy(&s);
    assert_true(KIT_KEEPS_DEAD || iset_bytes(&s) == kit.bytes);
    assert_true(iset_bytes_shared(&s, &c) == iset_bytes(&s) && iset_bytes_owned(&s) == 0);
    iset_drop(&c);
    assert_int_equal(iset_bytes_owned(&s), iset_bytes(&s));
    iset_drop(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(all_zero_is_an_empty_set),
        UNIT(what_is_put_is_in_the_set),
        UNIT(from_drops_duplicates),
        UNIT(sets_are_walked_and_sifted),
        UNIT(the_algebra_is_that_of_bits),
        UNIT(a_set_meets_itself),
        UNIT(sets_of_two_seeds_meet),
        UNIT(diff_tells_what_came_and_went),
        UNIT(an_element_that_is_there_already_is_dropped),
        UNIT(take_hands_the_element_over),
        UNIT(tracked_sets_meet),
        UNIT(an_iterator_outlives_the_set),
        UNIT(sets_of_strings),
        UNIT(a_shared_set_is_written_by_copying),
        UNIT(set_bytes),
    };
    return cmocka_run_group_tests_name("set", tests, NULL, NULL);
}
