/* SPDX-License-Identifier: MIT */
/* map_collision: hashes that collide, in all 64 bits or in chosen ones, and hooks that lie. Under a constant hash every key of a map stands
   in one tree; keys of forged bits lead to deep chains and one-sided splits. Wrong hooks give wrong answers, but nothing is lost or
   dropped twice: the kit's teardown looks. */
#include "kit_map.h"

/* ---- one hash for all: integers, which have an order ---- */

static uint64_t seven(const int *e, uint64_t seed) {
    (void)e, (void)seed;
    return 7;
}
#define COW_MAP heap, int, int
#define COW_HASH seven
#include "cow/cow.h"
#define COW_SET heap_set, int
#define COW_HASH seven
#include "cow/cow.h"

/* Sizes around what a leaf holds, and what trees of several levels hold. */
static const int sizes[] = {1, 2, 31, 32, 33, 34, 35, 64, 65, 100, 300, 1000};

static void check_heap(const heap *m, int first, int n, int step) {
    assert_int_equal(heap_len(m), n);
    int walked = 0;
    COW_MAP_EACH (heap, it, m) {
        assert_true(it->value == 10 * it->key && (it->key - first) % step == 0);
        walked++;
    }
    assert_int_equal(walked, n);
    for (int i = 0; i < n; i++) {
        int key = first + i * step, other = key + (step > 1);
        const int *v = heap_get(m, &key);
        assert_true(v && *v == 10 * key && (step == 1 || !heap_contains(m, &other)));
    }
}

/* n keys in an order that is neither up nor down. */
static heap heap_run(int first, int n, int step) {
    heap m = {0};
    for (int i = 0; i < n; i++) {
        int at = (int)((long)i * 7919 % 104729 % n), key = first + at * step;
        (void)heap_put_if_absent(&m, key, 10 * key);
    }
    for (int i = 0; i < n; i++) assert_true(heap_put(&m, first + i * step, 10 * (first + i * step)));
    return m;
}

static void keys_of_one_hash_are_kept_apart(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        int n = sizes[i], out;
        heap m = heap_run(0, n, 2);
        check_heap(&m, 0, n, 2);
        for (int k = 0; k < 2 * n; k++) {
            if (k % 2)
                assert_true(FAILS(heap_erase(&m, &k), COW_ABSENT) && FAILS(heap_replace(&m, &k, 1), COW_ABSENT) &&
                            FAILS(heap_mut(&m, &k), COW_ABSENT));
            if (k % 2 == 0)
                assert_true(FAILS(heap_put_if_absent(&m, k, 1), COW_EXISTS) && heap_replace(&m, &k, 10 * k));
        }
        check_heap(&m, 0, n, 2);
        for (int k = 0; k < 2 * n; k += 2) {
            if (k % 4)
                assert_true(heap_erase(&m, &k));
            else
                assert_true(heap_take(&m, &k, &out) && out == 10 * k);
        }
        assert_true(heap_is_empty(&m));
        assert_int_equal(kit_lost_blocks(), 0);
    }
}

static void trees_grow_and_shrink_from_both_ends(void **state) {
    (void)state;
    heap m = {0};
    for (int k = 500; k < 1000; k++) assert_true(heap_put(&m, k, 10 * k));
    for (int k = 499; k >= 0; k--) assert_true(heap_put(&m, k, 10 * k));
    check_heap(&m, 0, 1000, 1);
    for (int k = 0; k < 400; k++) {
        int last = 999 - k;
        assert_true(heap_erase(&m, &k) && heap_erase(&m, &last));
        if (k % 50 == 0) check_heap(&m, k + 1, 998 - 2 * k, 1);
    }
    check_heap(&m, 400, 200, 1);
    heap_drop(&m);
}

static bool count_all(const heap_pair *was, const heap_pair *is, void *context) {
    int *counts = context;
    counts[!was ? 0 : !is ? 1 : 2]++;
    if (was && is) KIT_CHECK(was->key == is->key && was->value != is->value);
    return true;
}
static bool plus(int *mine, const int *key, const int *theirs, void *context) {
    (void)key, (void)context;
    *mine += *theirs;
    return true;
}

static void versions_of_a_tree(void **state) {
    (void)state;
    enum { N = 300, VERSIONS = 40 };
    heap m = heap_run(0, N, 1), versions[VERSIONS];
    for (int v = 0; v < VERSIONS; v++) {
        versions[v] = heap_copy(&m);
        int key = v * 7;
        assert_true(heap_erase(&m, &key) && heap_put(&m, N + v, 10 * (N + v)));
        key = v * 7 + 1;
        assert_true(heap_put(&m, key, -1) && heap_put(&m, key, 10 * key));
    }
    for (int v = 0; v < VERSIONS; v++) {
        int counts[3] = {0, 0, 0};
        assert_int_equal(heap_len(&versions[v]), N);
        for (int k = 0; k < N + VERSIONS; k++) {
            bool expected = (k >= N ? k < N + v : k % 7 || k >= 7 * v);
            assert_true(heap_contains(&versions[v], &k) == expected);
        }
        assert_true(heap_diff(&versions[v], &m, count_all, counts));
        assert_true(counts[0] == VERSIONS - v && counts[1] == VERSIONS - v && counts[2] == 0);
        assert_true(heap_equal(&versions[v], &m) == false && heap_is_subset(&versions[v], &m) == false);
        heap twin = {0};
        COW_MAP_EACH (heap, it, &versions[v]) assert_true(heap_put(&twin, it->key, it->value));
        assert_true(heap_equal(&versions[v], &twin) && heap_hash(&versions[v], 3) == heap_hash(&twin, 3));
        heap_drop(&twin);
    }
    for (int v = 0; v < VERSIONS; v += 2) heap_drop(&versions[v]);
    for (int v = 1; v < VERSIONS; v += 2) assert_int_equal(heap_len(&versions[v]), N);
    for (int v = 1; v < VERSIONS; v += 2) heap_drop(&versions[v]);
    heap_drop(&m);
}

static void trees_meet(void **state) {
    (void)state;
    for (int shared = 0; shared < 2; shared++) {
        heap a = heap_run(0, 200, 1), b = heap_run(100, 200, 1), c = shared ? heap_copy(&a) : heap_run(0, 200, 1),
             keeper = heap_copy(&a);
        assert_true(heap_union(&a, &b, NULL, NULL));
        check_heap(&a, 0, 300, 1);
        heap_assign(&a, &c);
        assert_true(heap_intersection(&a, &b, NULL, NULL));
        check_heap(&a, 100, 100, 1);
        assert_true(heap_is_subset(&a, &b) && heap_is_subset(&a, &c));
        heap_assign(&a, &c);
        assert_true(heap_difference(&a, &b));
        check_heap(&a, 0, 100, 1);
        heap_assign(&a, &c);
        assert_true(heap_symmetric_difference(&a, &b) && heap_len(&a) == 200);
        heap_assign(&a, &c);
        for (int k = 0; k < 200; k += 9) assert_true(heap_put(&a, k, 1));
        assert_true(heap_union(&a, &c, plus, NULL));
        for (int k = 0; k < 200; k++) assert_int_equal(*heap_get(&a, &k), k % 9 ? 10 * k : 10 * k + 1);
        check_heap(&keeper, 0, 200, 1);
        assert_true(heap_union(&c, &c, plus, NULL) && heap_symmetric_difference(&c, &c) && heap_is_empty(&c));
        heap_drop(&a);
        heap_drop(&b);
        heap_drop(&keeper);
    }
}

static bool is_even(const heap_pair *e, void *context) {
    (void)context;
    return e->key % 2 == 0;
}
static bool negate(const int *key, int *value, void *context) {
    (void)key, (void)context;
    *value = -*value;
    return true;
}
static bool copy_it(int *to, const int *key, const int *from, void *context) {
    (void)key, (void)context;
    *to = *from;
    return true;
}

static void trees_are_sifted_frozen_and_walked(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        int n = sizes[i];
        heap m = heap_run(0, n, 1), yes, no, made;
        heap_iter walk = heap_iter_of(&m);
        assert_true(heap_partition(&m, &yes, &no, is_even, NULL));
        check_heap(&yes, 0, (n + 1) / 2, 2);
        check_heap(&no, 1, n / 2, 2);
        assert_true(heap_map_values(&made, &m, copy_it, NULL) && heap_equal(&made, &m));
        assert_true(heap_update_all(&made, negate, NULL) && heap_update_all(&made, negate, NULL) &&
                    heap_equal(&made, &m));
        size_t all = heap_bytes(&m);
        assert_true(heap_bytes_owned(&m) <= all && heap_bytes_shared(&m, &made) == 0 &&
                    heap_bytes_shared(&m, &m) == all);
        assert_true(heap_retain_if(&m, is_even, NULL) && heap_equal(&m, &yes));
        const heap_pair *e;
        int walked = 0;
        while (heap_iter_next(&walk, &e)) assert_true(++walked && e->value == 10 * e->key);
        assert_int_equal(walked, n);
        heap_drop(&m);
        heap_drop(&yes);
        heap_drop(&no);
        heap_freeze(&made);
        heap c = heap_copy(&made);
        for (int k = 0; k < n; k += 2) assert_true(heap_erase(&c, &k) && heap_put(&c, n + k, 0));
        check_heap(&made, 0, n, 1);
        heap_drop(&c);
        heap_drop(&made);
        kit_give_up_immortals();
    }
}

static void sets_of_one_hash(void **state) {
    (void)state;
    heap_set a = {0}, b;
    for (int k = 0; k < 300; k++) assert_true(heap_set_put(&a, k) && heap_set_put(&a, k));
    b = heap_set_copy(&a);
    for (int k = 0; k < 300; k += 2) assert_true(heap_set_erase(&b, &k));
    assert_true(heap_set_is_subset(&b, &a) && !heap_set_is_subset(&a, &b) && heap_set_len(&b) == 150);
    assert_true(heap_set_symmetric_difference(&b, &a) && heap_set_len(&b) == 150);
    for (int k = 0; k < 300; k++) assert_true(heap_set_contains(&b, &k) == (k % 2 == 0));
    heap_set_drop(&a);
    heap_set_drop(&b);
}

/* ---- one hash for all: keys without an order, and strings ---- */

typedef struct point {
    int x, y;
} point;
static bool point_equal(const point *a, const point *b) { return a->x == b->x && a->y == b->y; }
static uint64_t point_hash(const point *p, uint64_t seed) {
    (void)p;
    return seed;
}
#define COW_MAP points, point, int
#define COW_EQUAL point_equal
#define COW_HASH point_hash
#include "cow/cow.h"

static void keys_without_an_order_collide_too(void **state) {
    (void)state;
    enum { N = 500 };
    points m = {0};
    for (int i = 0; i < N; i++) assert_true(points_put(&m, (point){i % 7, i}, i));
    points c = points_copy(&m);
    for (int i = 0; i < N; i++) {
        point p = {i % 7, i}, q = {i % 7 + 1, i};
        assert_true(*points_get(&m, &p) == i && !points_contains(&m, &q));
        if (i % 3) assert_true(points_erase(&c, &p) && !points_contains(&c, &p));
    }
    assert_true(points_len(&m) == N && points_len(&c) == (N + 2) / 3 && points_is_subset(&c, &m) &&
                !points_equal(&c, &m));
    assert_true(points_union(&c, &m, NULL, NULL) && points_equal(&c, &m));
    assert_true(points_difference(&c, &m) && points_is_empty(&c));
    points_drop(&m);
}

static uint64_t no_hash(const cow_str *s, uint64_t seed) {
    (void)s, (void)seed;
    return 0;
}
#define COW_MAP poor_texts, cow_str, int
#define COW_HASH no_hash
#include "cow/cow.h"

typedef struct span {
    const char *p;
    size_t n;
} span;
static bool is_span(const cow_str *key, const void *probe) {
    const span *s = probe;
    return cow_str_is_bytes(key, s->p, s->n);
}

static void strings_of_one_hash(void **state) {
    (void)state;
    enum { N = 300 };
    poor_texts m = {0};
    for (int i = 0; i < N; i++) {
        cow_str key = {0};
        assert_true(cow_str_append_format(&key, "%0*d", i % 2 ? 30 : 3, i) && poor_texts_put(&m, key, i));
    }
    poor_texts c = poor_texts_copy(&m);
    for (int i = 0; i < N; i++) {
        char buffer[64];
        span probe = {buffer, (size_t)snprintf(buffer, sizeof buffer, "%0*d", i % 2 ? 30 : 3, i)};
        const poor_texts_pair *e = poor_texts_find_as(&m, 0, is_span, &probe); /* finds it without the order */
        assert_true(e && e->value == i && poor_texts_erase(&c, &e->key));
    }
    assert_true(poor_texts_is_empty(&c));
    poor_texts_drop(&m);
}

/* ---- one hash for all: tracked, with failures ---- */

static uint64_t tracked_seven(const tracked *e, uint64_t seed) {
    (void)seed;
    (void)tracked_value(e);
    return 7;
}
#define COW_MAP thorns, tracked, tracked
#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#define COW_COMPARE tracked_compare
#define COW_HASH tracked_seven
#define COW_VALUE_COPY tracked_copy
#define COW_VALUE_DROP tracked_drop
#define COW_VALUE_EQUAL tracked_equal
#include "cow/cow.h"

static int thorn(const thorns *m, int key) {
    tracked k = tracked_make(key);
    const tracked *v = thorns_get(m, &k);
    int value = v ? tracked_value(v) : -1;
    tracked_drop(&k);
    return value;
}

static void check_thorns(const thorns *m, int n) {
    assert_int_equal(thorns_len(m), n);
    for (int k = 0; k < n; k++) assert_int_equal(thorn(m, k), 100 * k);
}

static void a_change_of_a_shared_tree_copies_a_path(void **state) {
    (void)state;
    enum { N = 500, PATH = 2 * 2 * 12 };
    thorns m = {0};
    for (int k = 0; k < N; k++) assert_true(thorns_put(&m, tracked_make(k), tracked_make(100 * k)));
    assert_int_equal(lives.copied, 0);
    for (int k = 0; k < N; k += 7) {
        thorns c = thorns_copy(&m);
        lives.copied = 0;
        assert_true(thorns_put(&c, tracked_make(N + k), tracked_make(0)));
        assert_true(lives.copied <= 2 * PATH);
        tracked key = tracked_make(k), out;
        assert_true(thorns_take(&c, &key, &out) && tracked_value(&out) == 100 * k);
        assert_true(lives.copied <= 4 * PATH && thorns_len(&c) == N);
        tracked_drop(&key);
        tracked_drop(&out);
        thorns_drop(&c);
    }
    check_thorns(&m, N);
    thorns_drop(&m);
}

/* Each fault in turn, on the way into the tree and out of it. */
static void faults_in_a_tree_change_nothing(void **state) {
    (void)state;
    for (int n = 30; n < 70; n += 3) {
        for (size_t at = 1; at < 25; at++) {
            for (int which = 0; which < 4; which++) {
                thorns m = {0};
                for (int k = 0; k < n; k++) assert_true(thorns_put(&m, tracked_make(k), tracked_make(100 * k)));
                thorns c = thorns_copy(&m);
                tracked key = tracked_make(which % 2 ? n / 2 : n), value = tracked_make(100 * n);
                if (which < 2)
                    kit_fail(at, at % 2);
                else
                    tracked_fail(at, at % 2);
                bool said = which % 2 ? thorns_erase(&c, &key) : thorns_put(&c, key, value);
                kit_fail_none();
                tracked_fail_none();
                if (!said) {
                    assert_int_equal(cow_error(), which < 2 ? COW_NOMEM : COW_HOOK);
                    check_thorns(&c, n);
                }
                if (!said || which % 2) tracked_drop(&key), tracked_drop(&value);
                check_thorns(&m, n);
                thorns_drop(&m);
                if (said && which % 2 == 0) check_thorns(&c, n + 1);
                thorns_drop(&c);
                assert_int_equal(lives.alive, 0);
                assert_int_equal(kit_lost_blocks(), 0);
            }
        }
    }
}

/* ---- forged bits ---- */

typedef struct forged {
    uint64_t bits;
    int id;
} forged;
static uint64_t forged_hash(const forged *f, uint64_t seed) {
    (void)seed;
    return f->bits;
}
static int forged_compare(const forged *a, const forged *b) {
    return a->bits != b->bits ? (a->bits > b->bits) - (a->bits < b->bits) : (a->id > b->id) - (a->id < b->id);
}
#define COW_MAP forge, forged, int
#define COW_HASH forged_hash
#define COW_COMPARE forged_compare
#define COW__HASH_AS_IS
#include "cow/cow.h"
#undef COW__HASH_AS_IS

enum { FORGED_MOST = 400 };
typedef struct pattern {
    const char *name;
    size_t n;
    uint64_t (*bits)(size_t i);
} pattern;

static uint64_t low_nibble(size_t i) { return 0x123456789abcdef0u | i; }
static uint64_t low_byte(size_t i) { return 0x123456789abcde00u | i; }
static uint64_t top_bit(size_t i) { return (uint64_t)i << 63 | 5; }
static uint64_t top_nibble(size_t i) { return (uint64_t)i << 60; }
static uint64_t top_byte(size_t i) { return (uint64_t)i << 56; }
static uint64_t small_numbers(size_t i) { return i; }
static uint64_t single_bits(size_t i) { return (uint64_t)1 << i % 64; }
static uint64_t runs_of_ones(size_t i) { return i % 64 ? ~(uint64_t)0 << i % 64 : 0; }
static uint64_t second_nibble(size_t i) { return (uint64_t)(i % 16) << 56 | i / 16; }
static uint64_t one_lone_key(size_t i) { return i == 0 ? ~(uint64_t)0 : 0xf000000000000000u | (uint64_t)i << 32; }
static uint64_t two_trees(size_t i) { return 42 + i % 2; }
static uint64_t sixteen_trees(size_t i) { return i % 16; }
static uint64_t trees_far_apart(size_t i) { return (uint64_t)(i % 4) << 62; }
static uint64_t a_tree_beside_leaves(size_t i) { return i % 3 ? 99 : 99 + (uint64_t)i * 0x0101010101010101u; }
static uint64_t even_spread(size_t i) { return (uint64_t)i * 0x9e3779b97f4a7c15u; }
static uint64_t one_side(size_t i) { return 0x8000000000000000u | (uint64_t)i; }
static uint64_t nibble_per_level(size_t i) { return (uint64_t)(i % 16) << 4 * (i / 16 % 16); }
static uint64_t same_tags(size_t i) { return (uint64_t)i * 0x9e3779b97f4a7c15u << 8 | 0x5a; }

static const pattern patterns[] = {
    {"the lowest nibble", 16, low_nibble},
    {"the lowest byte", 256, low_byte},
    {"bit 63", 2, top_bit},
    {"the highest nibble", 16, top_nibble},
    {"the highest byte", 256, top_byte},
    {"small numbers", 400, small_numbers},
    {"single bits", 64, single_bits},
    {"runs of ones", 64, runs_of_ones},
    {"the second nibble and the lowest", 400, second_nibble},
    {"one lone key beside many", 200, one_lone_key},
    {"two trees that differ in bit 0", 200, two_trees},
    {"sixteen trees in one node", 400, sixteen_trees},
    {"trees far apart", 300, trees_far_apart},
    {"a tree beside leaves", 300, a_tree_beside_leaves},
    {"an even spread", 400, even_spread},
    {"one half of the root", 400, one_side},
    {"a nibble at every level", 256, nibble_per_level},
    {"the same tag for all", 400, same_tags},
};

static forged key_of(const pattern *p, size_t i) { return (forged){p->bits(i), (int)i}; }

/* `there[i]` is the value of key i, or 0. */
static void check_forge(const forge *m, const pattern *p, const int *there) {
    size_t n = 0, walked = 0;
    for (size_t i = 0; i < p->n; i++) {
        forged key = key_of(p, i);
        const int *v = forge_get(m, &key);
        KIT_CHECK(there[i] ? v && *v == there[i] : !v);
        n += there[i] != 0;
    }
    COW_MAP_EACH (forge, it, m) {
        KIT_CHECK(there[it->key.id] == it->value);
        walked++;
    }
    KIT_CHECK(forge_len(m) == n && walked == n);
}

/* Up, in three orders, with a snapshot now and then; down, in three orders; and the snapshots stay what they were. */
static void run_pattern(const pattern *p, int order_up, int order_down) {
    enum { SNAPSHOTS = 8 };
    forge m = {0}, snapshots[SNAPSHOTS] = {{{0}}};
    static int there[FORGED_MOST], then[SNAPSHOTS][FORGED_MOST];
    memset(there, 0, sizeof there);
    memset(then, 0, sizeof then);
    size_t every = 2 * p->n / SNAPSHOTS + 1, shot = 0;
    for (size_t step = 0; step < 2 * p->n; step++) {
        bool up = step < p->n;
        int order = up ? order_up : order_down;
        size_t j = step % p->n, i = order == 0 ? j : order == 1 ? p->n - 1 - j : j * 7919 % p->n;
        if (step % every == 0) {
            snapshots[shot] = forge_copy(&m);
            memcpy(then[shot++], there, sizeof there);
        }
        forged key = key_of(p, i);
        if (up) {
            KIT_CHECK(forge_put(&m, key, (int)i + 1));
            there[i] = (int)i + 1;
        } else {
            KIT_CHECK(forge_erase(&m, &key) == (there[i] != 0));
            there[i] = 0;
        }
        if (step % 5 == 0) check_forge(&m, p, there);
    }
    check_forge(&m, p, there);
    for (size_t s = 0; s < shot; s++) check_forge(&snapshots[s], p, then[s]);
    for (size_t s = 0; s < shot; s++) forge_drop(&snapshots[(s * 3 + 1) % shot]);
    for (size_t s = 0; s < shot; s++) forge_drop(&snapshots[s]);
    forge_drop(&m);
    KIT_CHECK(kit_lost_blocks() == 0);
}

static void forged_keys_go_in_and_out(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(patterns); i++) {
        snprintf(kit_context, sizeof kit_context, "%s", patterns[i].name);
        for (int up = 0; up < 3; up++) {
            for (int down = 0; down < 3; down++) run_pattern(&patterns[i], up, down);
        }
    }
    kit_context[0] = 0;
}

/* Every pattern against every other one, which mostly share no node and no level. */
static void forged_maps_meet(void **state) {
    (void)state;
    forge maps[LENGTH(patterns)] = {{{0}}};
    for (size_t i = 0; i < LENGTH(patterns); i++) {
        for (size_t k = 0; k < patterns[i].n; k++) assert_true(forge_put(&maps[i], key_of(&patterns[i], k), 1));
    }
    for (size_t i = 0; i < LENGTH(patterns); i++) {
        for (size_t j = 0; j < LENGTH(patterns); j++) {
            snprintf(kit_context, sizeof kit_context, "%s, %s", patterns[i].name, patterns[j].name);
            forge both = forge_copy(&maps[i]), all = forge_copy(&maps[i]), left = forge_copy(&maps[i]),
                  one = forge_copy(&maps[i]);
            assert_true(forge_intersection(&both, &maps[j], NULL, NULL) && forge_union(&all, &maps[j], NULL, NULL));
            assert_true(forge_difference(&left, &maps[j]) && forge_symmetric_difference(&one, &maps[j]));
            size_t a = forge_len(&maps[i]), b = forge_len(&maps[j]), common = 0;
            for (size_t k = 0; k < patterns[i].n; k++) {
                forged key = key_of(&patterns[i], k);
                common += forge_contains(&maps[j], &key);
            }
            assert_true(forge_len(&both) == common && forge_len(&all) == a + b - common);
            assert_true(forge_len(&left) == a - common && forge_len(&one) == a + b - 2 * common);
            assert_true(forge_is_subset(&both, &maps[i]) && forge_is_subset(&both, &maps[j]));
            assert_true(forge_is_subset(&maps[i], &all) && forge_is_subset(&maps[j], &all));
            assert_true(forge_equal(&maps[i], &maps[j]) == (a == b && common == a));
            assert_true(forge_difference(&all, &one) && forge_equal(&all, &both));
            forge_drop(&both);
            forge_drop(&all);
            forge_drop(&left);
            forge_drop(&one);
        }
    }
    kit_context[0] = 0;
    for (size_t i = 0; i < LENGTH(patterns); i++) forge_drop(&maps[i]);
}

/* An erase gives memory back: after most keys are gone, the map is about as small as one that never had them. */
static void what_was_split_is_merged(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(patterns); i++) {
        const pattern *p = &patterns[i];
        forge m = {0}, small = {0};
        for (size_t k = 0; k < p->n; k++) assert_true(forge_put(&m, key_of(p, k), 1));
        for (size_t k = 3; k < p->n; k++) {
            forged key = key_of(p, k);
            assert_true(forge_erase(&m, &key));
        }
        for (size_t k = 0; k < 3 && k < p->n; k++) assert_true(forge_put(&small, key_of(p, k), 1));
        assert_true(forge_equal(&m, &small));
        if (forge_bytes(&m) > 4 * forge_bytes(&small) + 4096)
            fail_msg("%s: 3 keys are left in %zu bytes, and would fit into %zu", p->name, forge_bytes(&m),
                     forge_bytes(&small));
        forge_drop(&m);
        forge_drop(&small);
    }
}

/* ---- hooks that lie ---- */

static bool never_equal(const tracked *a, const tracked *b) {
    (void)(tracked_value(a) + tracked_value(b));
    return false;
}
static int always_more(const tracked *a, const tracked *b) {
    (void)(tracked_value(a) + tracked_value(b));
    return 1;
}
static uint64_t lie_random = 1;
static uint64_t next_lie(void) {
    lie_random = lie_random * 6364136223846793005u + 1442695040888963407u;
    return lie_random >> 20;
}
static bool sometimes_equal(const tracked *a, const tracked *b) {
    (void)(tracked_value(a) + tracked_value(b));
    return next_lie() % 4 == 0;
}
static int any_order(const tracked *a, const tracked *b) {
    (void)(tracked_value(a) + tracked_value(b));
    return (int)(next_lie() % 3) - 1;
}
static uint64_t any_hash(const tracked *e, uint64_t seed) {
    (void)tracked_value(e);
    return next_lie() * seed | 1;
}
static uint64_t one_of_few(const tracked *e, uint64_t seed) {
    (void)tracked_value(e);
    (void)seed;
    return next_lie() % 3;
}

/* What the liars are put to: every kind of change and question, on snapshots. Answers may be wrong; elements may not be lost. */
#define LIAR(x)                                                                                     \
    static bool x##_odd(const x##_pair *e, void *context) {                                         \
        (void)context;                                                                              \
        return tracked_value(&e->key) % 2;                                                          \
    }                                                                                               \
    static bool x##_look(const x##_pair *was, const x##_pair *is, void *context) {                  \
        if (was) *(long *)context += tracked_value(&was->key) + tracked_value(&was->value);         \
        if (is) *(long *)context += tracked_value(&is->key) + tracked_value(&is->value);            \
        return true;                                                                                \
    }                                                                                               \
    static bool x##_mine(tracked *mine, const tracked *key, const tracked *theirs, void *context) { \
        (void)context;                                                                              \
        (void)(tracked_value(mine) + tracked_value(key) + tracked_value(theirs));                   \
        return next_lie() % 50 != 0;                                                                \
    }                                                                                               \
    static void x##_change(x *m, int i) {                                                           \
        tracked key = tracked_make(i), value = tracked_make(100 * i), out;                          \
        switch (next_lie() % 6) {                                                                   \
        case 0:                                                                                     \
        case 1:                                                                                     \
            if (x##_put(m, key, value)) return;                                                     \
            break;                                                                                  \
        case 2:                                                                                     \
            if (x##_put_if_absent(m, key, value)) return;                                           \
            break;                                                                                  \
        case 3: (void)x##_erase(m, &key); break;                                                    \
        case 4:                                                                                     \
            if (x##_take(m, &key, &out)) tracked_drop(&out);                                        \
            break;                                                                                  \
        default:                                                                                    \
            if (!x##_replace(m, &key, value)) break;                                                \
            tracked_drop(&key);                                                                     \
            return;                                                                                 \
        }                                                                                           \
        tracked_drop(&key);                                                                         \
        tracked_drop(&value);                                                                       \
    }                                                                                               \
    static void x##_walk(const x *m) {                                                              \
        size_t n = 0;                                                                               \
        COW_MAP_EACH (x, it, m) {                                                                   \
            (void)(tracked_value(&it->key) + tracked_value(&it->value));                            \
            n++;                                                                                    \
        }                                                                                           \
        assert_int_equal(n, x##_len(m));                                                            \
    }                                                                                               \
    static void x##_lies(void **state) {                                                            \
        (void)state;                                                                                \
        for (int round = 0; round < 30; round++) {                                                  \
            x m[3] = {{{0}}};                                                                       \
            long sum = 0;                                                                           \
            for (int i = 0; i < 400; i++) {                                                         \
                x##_change(&m[next_lie() % 3], i % 150);                                            \
                size_t a = next_lie() % 3, b = next_lie() % 3;                                      \
                if (i % 20 == 7) x##_assign(&m[a], &m[b]);                                          \
                if (i % 40 == 13) (void)x##_union(&m[a], &m[b], x##_mine, NULL);                    \
                if (i % 60 == 17) (void)x##_intersection(&m[a], &m[b], NULL, NULL);                 \
                if (i % 80 == 19) (void)x##_difference(&m[a], &m[b]);                               \
                if (i % 80 == 39) (void)x##_symmetric_difference(&m[a], &m[b]);                     \
                if (i % 90 == 29) assert_true(x##_retain_if(&m[a], x##_odd, NULL));                 \
                if (i % 30 == 5) (void)(x##_equal(&m[a], &m[b]) + x##_is_subset(&m[a], &m[b]));     \
                if (i % 30 == 25) assert_true(x##_diff(&m[a], &m[b], x##_look, &sum));              \
                x##_walk(&m[a]);                                                                    \
            }                                                                                       \
            for (int i = 0; i < 3; i++) x##_drop(&m[i]);                                            \
            assert_int_equal(lives.alive, 0);                                                       \
            assert_int_equal(kit_lost_blocks(), 0);                                                 \
        }                                                                                           \
    }

#define COW_MAP nan_keys, tracked, tracked
#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#define COW_EQUAL never_equal
#define COW_HASH tracked_hash
#define COW_VALUE_COPY tracked_copy
#define COW_VALUE_DROP tracked_drop
#define COW_VALUE_EQUAL tracked_equal
#include "cow/cow.h"
LIAR(nan_keys)

#define COW_MAP nan_crowd, tracked, tracked
#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#define COW_COMPARE always_more
#define COW_HASH tracked_seven
#define COW_VALUE_COPY tracked_copy
#define COW_VALUE_DROP tracked_drop
#define COW_VALUE_EQUAL never_equal
#include "cow/cow.h"
LIAR(nan_crowd)

#define COW_MAP any_hashes, tracked, tracked
#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#define COW_EQUAL tracked_equal
#define COW_HASH any_hash
#define COW_VALUE_COPY tracked_copy
#define COW_VALUE_DROP tracked_drop
#define COW_VALUE_EQUAL tracked_equal
#include "cow/cow.h"
LIAR(any_hashes)

#define COW_MAP few_hashes, tracked, tracked
#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#define COW_COMPARE tracked_compare
#define COW_HASH one_of_few
#define COW_VALUE_COPY tracked_copy
#define COW_VALUE_DROP tracked_drop
#define COW_VALUE_EQUAL sometimes_equal
#include "cow/cow.h"
LIAR(few_hashes)

#define COW_MAP any_orders, tracked, tracked
#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#define COW_EQUAL sometimes_equal
#define COW_COMPARE any_order
#define COW_HASH one_of_few
#define COW_VALUE_COPY tracked_copy
#define COW_VALUE_DROP tracked_drop
#define COW_VALUE_EQUAL sometimes_equal
#include "cow/cow.h"
LIAR(any_orders)

#define COW_MAP stored_lies, tracked, tracked
#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#define COW_EQUAL sometimes_equal
#define COW_HASH any_hash
#define COW_STORE_HASH
#define COW_VALUE_COPY tracked_copy
#define COW_VALUE_DROP tracked_drop
#define COW_VALUE_EQUAL tracked_equal
#include "cow/cow.h"
LIAR(stored_lies)

/* What can be said of keys that equal nothing: they come in, are walked, and are never found. */
static void keys_that_equal_nothing_pile_up(void **state) {
    (void)state;
    nan_keys m = {0};
    for (int i = 0; i < 200; i++) assert_true(nan_keys_put(&m, tracked_make(i % 5), tracked_make(i)));
    assert_int_equal(nan_keys_len(&m), 200);
    tracked key = tracked_make(3);
    assert_true(!nan_keys_contains(&m, &key) && FAILS(nan_keys_erase(&m, &key), COW_ABSENT));
    tracked_drop(&key);
    nan_keys c = nan_keys_copy(&m);
    nan_keys_clear(&m);
    nan_keys_walk(&c);
    nan_keys_drop(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(keys_of_one_hash_are_kept_apart),
        UNIT(trees_grow_and_shrink_from_both_ends),
        UNIT(versions_of_a_tree),
        UNIT(trees_meet),
        UNIT(trees_are_sifted_frozen_and_walked),
        UNIT(sets_of_one_hash),
        UNIT(keys_without_an_order_collide_too),
        UNIT(strings_of_one_hash),
        UNIT(a_change_of_a_shared_tree_copies_a_path),
        UNIT(faults_in_a_tree_change_nothing),
        UNIT(forged_keys_go_in_and_out),
        UNIT(forged_maps_meet),
        UNIT(what_was_split_is_merged),
        UNIT(nan_keys_lies),
        UNIT(nan_crowd_lies),
        UNIT(any_hashes_lies),
        UNIT(few_hashes_lies),
        UNIT(any_orders_lies),
        UNIT(stored_lies_lies),
        UNIT(keys_that_equal_nothing_pile_up),
    };
    return cmocka_run_group_tests_name("map_collision", tests, NULL, NULL);
}
