/* SPDX-License-Identifier: MIT */
/*
 * The laws of sets: union, intersection, difference and symmetric difference as in a naive set and among each other, subsets,
 * differences of versions. Lists of operations on sets are map_model_prop.c.
 */
#include "tests/unit/kit_memory.h"

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#include "map_forge.h"

static inline uint64_t hash_number(const uint64_t *number, uint64_t seed) { return forged_hash(*number, seed); }

#define COW_SET group, uint64_t
#define COW_HASH hash_number
#define COW__HASH_AS_IS
#include "cow/cow.h"

/* A set of sets finds its hooks. */
#define COW_SET family, group
#include "cow/cow.h"

enum { NUMBERS = 512, RUN = 8, RUNS = 40 };

/* Variables that are dropped when a check fails, too. */
#define GROUP __attribute__((cleanup(group_drop))) group
#define FAMILY __attribute__((cleanup(family_drop))) family

typedef struct naive {
    bool in[NUMBERS];
} naive;

static naive read_all(const group *s) {
    naive is = {{false}};
    size_t n = 0;
    COW_MAP_EACH (group, e, s) {
        rc_assertf(*e < NUMBERS && !is.in[*e], "number %llu", (unsigned long long)*e);
        is.in[*e] = true;
        n++;
    }
    rc_assert_equal(n, group_len(s));
    return is;
}

/* It holds these, however one looks. */
static void holds(const group *s, const naive *is) {
    naive found = read_all(s);
    rc_assert(memcmp(&found, is, sizeof found) == 0);
    for (uint64_t k = 0; k < NUMBERS; k++) {
        const uint64_t *e = group_get(s, &k);
        rc_assertf((e != NULL) == is->in[k] && (!e || *e == k), "number %llu", (unsigned long long)k);
    }
}

/* ---- Drawn sets ---- */

static void put_runs(group *s, const int64_t *list, size_t n, uint64_t length) {
    for (size_t i = 0; i < n; i++)
        for (uint64_t k = 0; k < length; k++) rc_assert(group_put(s, (uint64_t)list[i] * RUN + k));
}

static group drawn(const char *name) {
    int64_t list[RUNS];
    size_t n = rc_ints(name, 0, NUMBERS / RUN - 1, list, RUNS);
    group s = {0};
    put_runs(&s, list, n, RUN);
    return s;
}

/* Sets that share nodes with one set, and so with each other; or are drawn by themselves. */
static group drawn_from(const group *origin, const char *name, const char *shares) {
    int64_t list[RUNS];
    group s = rc_bool(shares) ? group_copy(origin) : (group){0};
    size_t n = rc_ints(name, 0, NUMBERS / RUN - 1, list, RUNS);
    for (size_t i = 0; i < n; i++) {
        uint64_t first = (uint64_t)list[i] * RUN;
        if (group_contains(&s, &first))
            rc_assert(group_erase(&s, &first));
        else
            put_runs(&s, list + i, 1, i % 2 ? RUN : 1);
    }
    return s;
}

/* Three sets, drawn. */
#define DRAWN_SETS                           \
    draw_forge();                            \
    GROUP a = drawn("a");                    \
    GROUP b = drawn_from(&a, "b", "b of a"); \
    GROUP c = drawn_from(&a, "c", "c of a")

/* ---- Operations that make a new set ---- */

static group unite(const group *x, const group *y) {
    group s = group_copy(x);
    rc_assert(group_union(&s, y));
    return s;
}

static group intersect(const group *x, const group *y) {
    group s = group_copy(x);
    rc_assert(group_intersection(&s, y));
    return s;
}

static group subtract(const group *x, const group *y) {
    group s = group_copy(x);
    rc_assert(group_difference(&s, y));
    return s;
}

static group one_sided(const group *x, const group *y) {
    group s = group_copy(x);
    rc_assert(group_symmetric_difference(&s, y));
    return s;
}

/* Equal however one asks. Gives both up. */
static void are_equal(group x, group y) {
    GROUP left = x;
    GROUP right = y;
    rc_assert(group_equal(&left, &right) && group_hash(&left, 5) == group_hash(&right, 5));
    rc_assert(group_is_subset(&left, &right) && group_is_subset(&right, &left));
    rc_assert_equal(group_len(&left), group_len(&right));
}

/* ---- The laws ---- */

static void algebra_is_what_it_is_for_naive_sets(void *ctx) {
    (void)ctx;
    DRAWN_SETS;
    group (*const operations[])(const group *, const group *) = {unite, intersect, subtract, one_sided};
    naive x = read_all(&b), y = read_all(&c), is[4];
    for (int k = 0; k < NUMBERS; k++) {
        is[0].in[k] = x.in[k] || y.in[k];
        is[1].in[k] = x.in[k] && y.in[k];
        is[2].in[k] = x.in[k] && !y.in[k];
        is[3].in[k] = x.in[k] != y.in[k];
    }
    for (int i = 0; i < 4; i++) {
        GROUP s = operations[i](&b, &c);
        holds(&s, &is[i]);
    }
    holds(&b, &x);
    holds(&c, &y);
}

static void operands_may_change_places(void *ctx) {
    (void)ctx;
    DRAWN_SETS;
    are_equal(unite(&b, &c), unite(&c, &b));
    are_equal(intersect(&b, &c), intersect(&c, &b));
    are_equal(one_sided(&b, &c), one_sided(&c, &b));
}

static void operations_may_be_grouped_anyhow(void *ctx) {
    (void)ctx;
    DRAWN_SETS;
    group (*const operations[])(const group *, const group *) = {unite, intersect, one_sided};
    for (int i = 0; i < 3; i++) {
        GROUP ab = operations[i](&a, &b);
        GROUP bc = operations[i](&b, &c);
        are_equal(operations[i](&ab, &c), operations[i](&a, &bc));
    }
}

static void union_and_intersection_distribute(void *ctx) {
    (void)ctx;
    DRAWN_SETS;
    GROUP b_or_c = unite(&b, &c);
    GROUP b_and_c = intersect(&b, &c);
    GROUP ab = intersect(&a, &b);
    GROUP ac = intersect(&a, &c);
    GROUP a_or_b = unite(&a, &b);
    GROUP a_or_c = unite(&a, &c);
    are_equal(intersect(&a, &b_or_c), unite(&ab, &ac));
    are_equal(unite(&a, &b_and_c), intersect(&a_or_b, &a_or_c));
    are_equal(unite(&a, &ab), group_copy(&a));
    are_equal(intersect(&a, &a_or_b), group_copy(&a));
}

static void what_is_taken_away(void *ctx) {
    (void)ctx;
    DRAWN_SETS;
    GROUP b_or_c = unite(&b, &c);
    GROUP b_and_c = intersect(&b, &c);
    GROUP without_b = subtract(&a, &b);
    GROUP without_c = subtract(&a, &c);
    are_equal(subtract(&a, &b_or_c), intersect(&without_b, &without_c));
    are_equal(subtract(&a, &b_and_c), unite(&without_b, &without_c));
    are_equal(one_sided(&b, &c), subtract(&b_or_c, &b_and_c));
    GROUP back = one_sided(&a, &b);
    are_equal(one_sided(&back, &b), group_copy(&a));
    rc_assert_equal(group_len(&b) + group_len(&c), group_len(&b_or_c) + group_len(&b_and_c));
}

static void subsets_agree_with_the_algebra(void *ctx) {
    (void)ctx;
    DRAWN_SETS;
    naive x = read_all(&a), y = read_all(&b);
    bool subset = true;
    for (int k = 0; k < NUMBERS; k++) subset = subset && (!x.in[k] || y.in[k]);
    GROUP all = unite(&a, &b);
    GROUP common = intersect(&a, &b);
    GROUP rest = subtract(&a, &b);
    rc_label(subset ? "subset" : "no subset");
    rc_assert(group_is_subset(&a, &b) == subset && group_equal(&all, &b) == subset);
    rc_assert(group_equal(&common, &a) == subset && group_is_empty(&rest) == subset);
    rc_assert(group_is_subset(&common, &a) && group_is_subset(&a, &all) && group_is_subset(&rest, &a));
    rc_assert(!group_is_subset(&all, &a) || group_is_subset(&b, &a));
}

static bool apply(const uint64_t *was, const uint64_t *is, void *to) {
    rc_assert(!was != !is);
    if (was) return group_erase(to, was);
    return group_put_if_absent(to, *is);
}

static void a_difference_applied_makes_the_other(void *ctx) {
    (void)ctx;
    DRAWN_SETS;
    GROUP to = group_copy(&b);
    rc_assert(group_diff(&b, &c, apply, &to));
    are_equal(group_copy(&to), group_copy(&c));
    GROUP changed = one_sided(&b, &c);
    group_diff_iter it = group_diff_of(&b, &c);
    const uint64_t *was, *is;
    size_t changes = 0;
    while (group_diff_next(&it, &was, &is)) {
        rc_assert(group_contains(&changed, was ? was : is));
        changes++;
    }
    rc_assert_equal(changes, group_len(&changed));
}

/* Sets that were made in different ways are one element of a set of sets. */
static void a_set_of_sets(void *ctx) {
    (void)ctx;
    DRAWN_SETS;
    FAMILY all = {0};
    group made[] = {group_copy(&a), group_copy(&b), unite(&a, &b), unite(&b, &a), intersect(&a, &c), intersect(&c, &a)};
    size_t n = sizeof made / sizeof *made, different = 0;
    for (size_t i = 0; i < n; i++) {
        bool seen = false;
        for (size_t k = 0; k < i; k++) seen = seen || group_equal(&made[i], &made[k]);
        different += !seen;
    }
    for (size_t i = 0; i < n; i++) rc_assert(family_contains(&all, &made[i]) || family_put(&all, group_copy(&made[i])));
    rc_assert_equal(family_len(&all), different);
    for (size_t i = 0; i < n; i++) rc_assert(family_erase(&all, &made[i]) || !family_contains(&all, &made[i]));
    rc_assert(family_is_empty(&all));
    for (size_t i = 0; i < n; i++) group_drop(&made[i]);
}

/* ---- Running them ---- */

typedef struct named {
    const char *name;
    void (*property)(void *ctx);
} named;

static const named properties[] = {
    {"algebra is what it is for naive sets", algebra_is_what_it_is_for_naive_sets},
    {"operands may change places", operands_may_change_places},
    {"operations may be grouped anyhow", operations_may_be_grouped_anyhow},
    {"union and intersection distribute", union_and_intersection_distribute},
    {"what is taken away", what_is_taken_away},
    {"subsets agree with the algebra", subsets_agree_with_the_algebra},
    {"a difference applied makes the other", a_difference_applied_makes_the_other},
    {"a set of sets", a_set_of_sets},
};

/* In a child of its own, so a case starts with nothing; and it leaves nothing. */
static void and_nothing_is_left(void *row) {
    ((const named *)row)->property(NULL);
    rc_assert_equal(kit_lost_blocks(), 0);
}

int main(void) {
    cow_seed_set(42);
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
        named row = properties[i];
        rc_check_isolated(row.name, and_nothing_is_left, &row);
    }
    return rc_summary("set properties");
}
