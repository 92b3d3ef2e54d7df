/* SPDX-License-Identifier: MIT */
/*
 * What always holds between the operations on maps: equality, hash and difference agree, a map does not know its history, merging
 * is what it is for naive maps, versions stay, memory adds up. Long lists of operations are map_model_prop.c.
 */
#include "tests/unit/kit_memory.h"

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#include "map_forge.h"

static inline uint64_t hash_key(const uint64_t *key, uint64_t seed) { return forged_hash(*key, seed); }

#define COW_MAP ages, uint64_t, int
#define COW_HASH hash_key
#define COW__HASH_AS_IS
#include "cow/cow.h"

/* Values that are counted while they are alive. */
typedef struct token {
    int value;
} token;
static size_t tokens;
static inline bool copy_token(token *to, const token *from) {
    *to = *from;
    tokens++;
    return true;
}
static inline void drop_token(token *t) {
    (void)t;
    tokens--;
}

#define COW_MAP owners, uint64_t, token
#define COW_HASH hash_key
#define COW_VALUE_COPY copy_token
#define COW_VALUE_DROP drop_token
#define COW__HASH_AS_IS
#include "cow/cow.h"

/* Hooks that answer as they were told beforehand, whatever they are asked. */
static struct {
    unsigned char answers[64];
    size_t asked;
} liar;

static unsigned lie(void) { return liar.answers[liar.asked++ % sizeof liar.answers]; }
static inline uint64_t lying_hash(const int *key, uint64_t seed) {
    return lie() % 4 ? (uint64_t)*key % 4 + seed : cow_hash_u64(lie(), seed);
}
static inline bool lying_equal(const int *a, const int *b) { return lie() % 8 ? *a == *b : lie() % 2; }
static inline int lying_compare(const int *a, const int *b) {
    return lie() % 8 ? (*a > *b) - (*a < *b) : (int)(lie() % 3) - 1;
}

#define COW_MAP liars, int, cow_str
#define COW_HASH lying_hash
#define COW_EQUAL lying_equal
#define COW_COMPARE lying_compare
#define COW__HASH_AS_IS
#include "cow/cow.h"

enum { KEYS = 512, RUN = 8, RUNS = 50 };

/* Variables that are dropped when a check fails, too. */
#define AGES __attribute__((cleanup(ages_drop))) ages
#define OWNERS __attribute__((cleanup(owners_drop))) owners
#define LIARS __attribute__((cleanup(liars_drop))) liars

/* ---- The naive map: what each key has, NONE for nothing ---- */

enum { NONE = -1 };

typedef struct naive {
    int value[KEYS];
    size_t n;
} naive;

static naive nothing(void) {
    naive is = {{0}, 0};
    for (int k = 0; k < KEYS; k++) is.value[k] = NONE;
    return is;
}

static naive read_all(const ages *m) {
    naive is = nothing();
    COW_MAP_EACH (ages, e, m) {
        rc_assertf(e->key < KEYS && is.value[e->key] == NONE, "key %llu", (unsigned long long)e->key);
        is.value[e->key] = e->value;
        is.n++;
    }
    rc_assert_equal(is.n, ages_len(m));
    return is;
}

static bool same(const naive *a, const naive *b) { return memcmp(a->value, b->value, sizeof a->value) == 0; }

/* It holds these, however one looks. */
static void holds(const ages *m, const naive *is) {
    naive found = read_all(m);
    rc_assert(same(&found, is));
    for (uint64_t k = 0; k < KEYS; k++) {
        const int *v = ages_get(m, &k);
        rc_assertf(v ? *v == is->value[k] : is->value[k] == NONE, "key %llu", (unsigned long long)k);
    }
}

/* ---- Drawn maps ---- */

/* A run of keys for each number, so that short lists fill nodes, and shrink well. */
static void put_runs(ages *m, const int64_t *list, size_t n, int salt) {
    for (size_t i = 0; i < n; i++)
        for (uint64_t k = 0; k < RUN; k++)
            rc_assert(ages_put(m, (uint64_t)list[i] * RUN + k, ((int)list[i] + (int)k + salt) % 5));
}

static ages drawn(const char *name) {
    int64_t list[RUNS];
    size_t n = rc_ints(name, 0, KEYS / RUN - 1, list, RUNS);
    ages m = {0};
    put_runs(&m, list, n, 0);
    return m;
}

/* A map beside the first: drawn by itself; or edited from it, so that they share nodes. */
static ages drawn_beside(const ages *a) {
    int64_t list[RUNS];
    bool shares = rc_bool("shares nodes"), erases = rc_bool("erases");
    size_t n = rc_ints("edits", 0, KEYS / RUN - 1, list, RUNS), single = rc_choice("single keys", 4);
    ages b = shares ? ages_copy(a) : (ages){0};
    for (size_t i = 0; i < n; i++) {
        uint64_t key = (uint64_t)list[i] * RUN;
        if (erases && ages_contains(&b, &key))
            rc_assert(ages_erase(&b, &key));
        else if (i < single)
            rc_assert(ages_put(&b, key, 4));
        else
            put_runs(&b, list + i, 1, erases ? 0 : 2);
    }
    return b;
}

/* The same pairs by another way: keys come in another order, and some that do not belong come and go. */
static ages remade(const naive *is) {
    uint64_t stride = (uint64_t)rc_choice("stride", KEYS / 2) * 2 + 1;
    bool detours = rc_bool("detours");
    ages m = {0};
    for (uint64_t i = 0; i < KEYS; i++) {
        uint64_t k = i * stride % KEYS;
        if (is->value[k] != NONE || detours) rc_assert(ages_put(&m, k, is->value[k]));
    }
    for (uint64_t k = 0; k < KEYS; k++)
        if (is->value[k] == NONE && detours) rc_assert(ages_erase(&m, &k));
    return m;
}

/* ---- Comparing ---- */

static void equality_hash_and_difference_agree(void *ctx) {
    (void)ctx;
    draw_forge();
    AGES a = drawn("a");
    AGES b = drawn_beside(&a);
    naive x = read_all(&a), y = read_all(&b);
    bool equal = same(&x, &y);
    ages_diff_iter it = ages_diff_of(&a, &b);
    const ages_pair *was, *is;
    rc_label(equal ? "equal" : "different");
    rc_assert(ages_equal(&a, &b) == equal && ages_equal(&b, &a) == equal);
    rc_assert(ages_diff_next(&it, &was, &is) == !equal);
    ages_diff_drop(&it);
    rc_assert(!equal || ages_hash(&a, 3) == ages_hash(&b, 3));
    rc_assert(ages_hash(&a, 3) == ages_hash(&a, 3));
}

/* A hash that is the same for many different maps would be of no use. Keys are told apart here. */
static void different_maps_have_different_hashes(void *ctx) {
    (void)ctx;
    AGES a = drawn("a");
    AGES b = drawn_beside(&a);
    rc_assert(ages_equal(&a, &b) == (ages_hash(&a, 3) == ages_hash(&b, 3)));
}

static void a_map_does_not_know_its_history(void *ctx) {
    (void)ctx;
    draw_forge();
    AGES a = drawn("a");
    naive is = read_all(&a);
    AGES b = remade(&is);
    holds(&b, &is);
    rc_assert(ages_equal(&a, &b) && ages_hash(&a, 9) == ages_hash(&b, 9));
    rc_assert(ages_is_subset(&a, &b) && ages_is_subset(&b, &a));
}

static bool apply(const ages_pair *was, const ages_pair *is, void *to) {
    rc_assert(was || is);
    if (!is) return ages_erase(to, &was->key);
    rc_assert(!was || (was->key == is->key && was->value != is->value));
    rc_assert(ages_contains(to, &is->key) == (was != NULL));
    return ages_put(to, is->key, is->value);
}

static void a_difference_applied_makes_the_other(void *ctx) {
    (void)ctx;
    draw_forge();
    AGES a = drawn("a");
    AGES b = drawn_beside(&a);
    AGES to = ages_copy(&a);
    AGES back = ages_copy(&b);
    naive is = read_all(&b);
    rc_assert(ages_diff(&a, &b, apply, &to));
    holds(&to, &is);
    rc_assert(ages_equal(&to, &b));
    rc_assert(ages_diff(&b, &a, apply, &back) && ages_equal(&back, &a));
}

/* The iterator over a difference holds what it goes over: both maps may become the other meanwhile. */
static void a_difference_may_be_applied_while_it_is_read(void *ctx) {
    (void)ctx;
    draw_forge();
    AGES a = drawn("a");
    AGES b = drawn_beside(&a);
    naive before = read_all(&a), is = read_all(&b);
    ages_diff_iter it = ages_diff_of(&a, &b);
    const ages_pair *was, *now;
    while (ages_diff_next(&it, &was, &now)) {
        rc_assert(apply(was, now, &a) && apply(now, was, &b));
    }
    holds(&a, &is);
    holds(&b, &before);
}

/* ---- Merging ---- */

static bool add(int *mine, const uint64_t *key, const int *theirs, void *ctx) {
    (void)ctx, (void)key;
    rc_assert(*mine != *theirs);
    *mine += *theirs;
    return true;
}

static void merging_is_what_it_is_for_naive_maps(void *ctx) {
    (void)ctx;
    draw_forge();
    AGES a = drawn("a");
    AGES b = drawn_beside(&a);
    bool adds = rc_bool("adds");
    size_t which = rc_choice("operation", 4);
    naive x = read_all(&a), y = read_all(&b), is = nothing();
    AGES m = ages_copy(&a);
    if (which == 0) rc_assert(ages_union(&m, &b, adds ? add : NULL, NULL));
    if (which == 1) rc_assert(ages_intersection(&m, &b, adds ? add : NULL, NULL));
    if (which == 2) rc_assert(ages_difference(&m, &b));
    if (which == 3) rc_assert(ages_symmetric_difference(&m, &b));
    for (int k = 0; k < KEYS; k++) {
        int mine = x.value[k], theirs = y.value[k];
        bool both = mine != NONE && theirs != NONE;
        if (both && which < 2)
            is.value[k] = mine == theirs ? mine : adds ? mine + theirs : which ? mine : theirs;
        else if (!both && which != 1)
            is.value[k] = mine != NONE ? mine : which == 2 ? NONE : theirs;
    }
    holds(&m, &is);
    holds(&a, &x);
    holds(&b, &y);
}

static void merging_parts_is_the_whole(void *ctx) {
    (void)ctx;
    draw_forge();
    AGES a = drawn("a");
    AGES b = drawn_beside(&a);
    AGES both = ages_copy(&a);
    AGES left = ages_copy(&a);
    AGES right = ages_copy(&b);
    rc_assert(ages_union(&both, &b, add, NULL));
    /* What only one has, and then what both have. */
    AGES common = ages_copy(&b);
    rc_assert(ages_intersection(&common, &a, add, NULL));
    rc_assert(ages_difference(&left, &b) && ages_difference(&right, &a));
    rc_assert_equal(ages_len(&left) + ages_len(&right) + ages_len(&common), ages_len(&both));
    rc_assert(ages_union(&left, &right, NULL, NULL));
    AGES one_sided = ages_copy(&a);
    rc_assert(ages_symmetric_difference(&one_sided, &b) && ages_equal(&one_sided, &left));
    rc_assert(ages_union(&left, &common, NULL, NULL) && ages_equal(&left, &both));
}

static void merging_with_itself_changes_nothing(void *ctx) {
    (void)ctx;
    draw_forge();
    AGES a = drawn("a");
    AGES m = ages_copy(&a);
    naive is = read_all(&a);
    kit_fail(1, true);
    bool ok = ages_union(&m, &m, add, NULL) && ages_intersection(&m, &m, add, NULL) && ages_union(&m, &a, add, NULL) &&
              ages_intersection(&m, &a, add, NULL);
    rc_assertf(ok, "%s", cow_error_text(cow_error()));
    holds(&m, &is);
    rc_assert(ages_difference(&m, &a) && ages_is_empty(&m));
    rc_assert(ages_symmetric_difference(&a, &a) && ages_is_empty(&a));
    kit_fail_none();
}

/* ---- Choosing ---- */

static bool in_choice(const ages_pair *e, void *divisor) { return e->key % *(uint64_t *)divisor == 0; }

static void partition_splits(void *ctx) {
    (void)ctx;
    draw_forge();
    AGES a = drawn("a");
    uint64_t divisor = 1 + rc_choice("divisor - 1", 20);
    AGES yes = {0};
    AGES no = {0};
    AGES kept = ages_copy(&a);
    rc_assert(ages_partition(&a, &yes, &no, in_choice, &divisor));
    rc_assert(ages_retain_if(&kept, in_choice, &divisor) && ages_equal(&kept, &yes));
    COW_MAP_EACH (ages, e, &yes) rc_assert(e->key % divisor == 0);
    COW_MAP_EACH (ages, e, &no) rc_assert(e->key % divisor != 0);
    rc_assert_equal(ages_len(&yes) + ages_len(&no), ages_len(&a));
    rc_assert(ages_union(&yes, &no, NULL, NULL) && ages_equal(&yes, &a));
}

static bool negate(int *to, const uint64_t *key, const int *from, void *ctx) {
    (void)key, (void)ctx;
    *to = -2 - *from;
    return true;
}

static void mapping_values_twice_is_the_identity(void *ctx) {
    (void)ctx;
    draw_forge();
    AGES a = drawn("a");
    AGES once = {0};
    AGES twice = {0};
    rc_assert(ages_map_values(&once, &a, negate, NULL) && ages_map_values(&twice, &once, negate, NULL));
    rc_assert(ages_equal(&a, &twice) && ages_equal(&a, &once) == ages_is_empty(&a));
    rc_assert(ages_is_subset(&a, &once) && ages_is_subset(&once, &a));
}

/* ---- Versions ---- */

/* Each version stays as it was, whichever of them goes on. */
static void versions_stay(void *ctx) {
    (void)ctx;
    enum { VERSIONS = 12 };
    draw_forge();
    int64_t list[RUNS];
    size_t n = rc_ints("edits", 0, KEYS / RUN - 1, list, RUNS), from[VERSIONS] = {0};
    static naive is[VERSIONS];
    AGES a = drawn("a");
    ages version[VERSIONS] = {0};
    version[0] = ages_move(&a);
    is[0] = read_all(&version[0]);
    for (size_t v = 1; v < VERSIONS && v <= n; v++) {
        from[v] = (size_t)list[v - 1] % v;
        version[v] = ages_copy(&version[from[v]]);
        for (uint64_t k = 0; k < 3; k++) {
            uint64_t key = ((uint64_t)list[v - 1] * RUN + k * 91) % KEYS;
            if (v % 4 == 3 && ages_contains(&version[v], &key))
                rc_assert(ages_erase(&version[v], &key));
            else
                rc_assert(ages_put(&version[v], key, (int)v));
        }
        is[v] = read_all(&version[v]);
    }
    for (size_t v = 0; v < VERSIONS && v <= n; v++) holds(&version[v], &is[v]);
    /* The oldest ones go first, and leave their nodes to those that came from them. */
    for (size_t v = 0; v < VERSIONS && v <= n; v++) {
        ages_drop(&version[v]);
        if (v < n && v + 1 < VERSIONS) holds(&version[v + 1], &is[v + 1]);
    }
}

/* All that comes is what was there when the walk began, though each key that comes is erased. */
static void erasing_while_walking(void *ctx) {
    (void)ctx;
    draw_forge();
    AGES a = drawn("a");
    naive is = read_all(&a);
    ages_iter it = ages_iter_of(&a);
    const ages_pair *e;
    while (ages_iter_next(&it, &e)) {
        rc_assert(is.value[e->key] == e->value);
        is.value[e->key] = NONE;
        rc_assert(ages_erase(&a, &e->key));
    }
    naive none = nothing();
    rc_assert(same(&is, &none) && ages_is_empty(&a));
}

typedef struct sums {
    uint64_t keys;
    size_t n;
} sums;

static void add_pair(void *acc, const ages_pair *e) {
    sums *s = acc;
    s->keys += e->key * 8 + (uint64_t)e->value;
    s->n++;
}

static bool add_run(const ages_pair *run, size_t n, void *acc) {
    for (size_t i = 0; i < n; i++) add_pair(acc, run + i);
    return true;
}

static void all_ways_of_walking_meet_the_same(void *ctx) {
    (void)ctx;
    draw_forge();
    AGES a = drawn("a");
    sums folded = {0, 0}, runs = {0, 0}, walked = {0, 0}, borrowed = {0, 0};
    ages_fold(&a, add_pair, &folded);
    rc_assert(ages_each(&a, add_run, &runs));
    ages_iter it = ages_iter_of(&a);
    for (const ages_pair *e; ages_iter_next(&it, &e);) add_pair(&walked, e);
    COW_MAP_EACH (ages, e, &a) {
        if (e->key % 2) continue;
        add_pair(&borrowed, e);
    }
    COW_MAP_EACH (ages, e, &a) {
        if (borrowed.n == ages_len(&a)) break;
        if (e->key % 2) add_pair(&borrowed, e);
    }
    rc_assert(folded.n == ages_len(&a) && memcmp(&folded, &runs, sizeof runs) == 0);
    rc_assert(memcmp(&folded, &walked, sizeof walked) == 0 && memcmp(&folded, &borrowed, sizeof borrowed) == 0);
}

/* ---- Memory ---- */

static void memory_adds_up(void *ctx) {
    (void)ctx;
    draw_forge();
    AGES a = drawn("a");
    rc_assert_equal(ages_bytes(&a), kit.bytes);
    rc_assert_equal(ages_bytes_owned(&a), kit.bytes);
    AGES b = ages_copy(&a);
    rc_assert_equal(ages_bytes_shared(&a, &b), ages_bytes(&a));
    rc_assert_equal(ages_bytes_owned(&a), 0);
    ages_drop(&b);
    b = drawn_beside(&a);
    size_t in_a = ages_bytes(&a), in_b = ages_bytes(&b), in_both = ages_bytes_shared(&a, &b);
    rc_assert(in_a >= ages_bytes_owned(&a) && in_b >= ages_bytes_owned(&b));
    rc_assert_equal(in_a + in_b - in_both, kit.bytes);
    rc_assert_equal(ages_bytes_owned(&b), in_b - in_both);
    size_t owned = ages_bytes_owned(&b), before = kit.bytes;
    ages_drop(&b);
    rc_assert_equal(kit.bytes, before - owned);
}

/* A version that is alone again keeps nothing of the others, once it is told to. */
static void compacting_lets_go_of_the_others(void *ctx) {
    (void)ctx;
    draw_forge();
    int64_t list[RUNS];
    size_t n = rc_ints("puts", 0, KEYS / RUN - 1, list, RUNS), snapshot_at = rc_choice("snapshot at", RUNS);
    OWNERS m = {0};
    OWNERS snapshot = {0};
    for (size_t i = 0; i < n; i++) {
        if (i == snapshot_at) owners_assign(&snapshot, &m);
        for (uint64_t k = 0; k < RUN; k++, tokens++)
            rc_assert(owners_put(&m, (uint64_t)list[i] * RUN + k, (token){(int)i}));
    }
    owners_compact(&m);
    owners_drop(&snapshot);
    size_t before = owners_bytes(&m);
    kit_fail(1, true);
    owners_compact(&m);
    kit_fail_none();
    rc_assert_equal(tokens, owners_len(&m));
    rc_assert_equal(kit.bytes, owners_bytes(&m));
    rc_assert(owners_bytes(&m) <= before && owners_bytes_owned(&m) == kit.bytes);
}

/* Values of a map that nobody shares change where they are, and so do erased keys go. */
static void a_map_alone_edits_in_place(void *ctx) {
    (void)ctx;
    draw_forge();
    AGES a = drawn("a");
    kit_fail_none();
    for (uint64_t k = 0; k < KEYS; k++) {
        int *v = ages_contains(&a, &k) ? ages_mut(&a, &k) : NULL;
        rc_assert(!v || (ages_replace(&a, &k, 7) && *v == 7 && ages_put(&a, k, 8) && *v == 8));
    }
    rc_assert_equal(kit.calls, 0);
}

/* ---- Hooks that lie ---- */

static void hooks_that_lie_do_no_harm(void *ctx) {
    (void)ctx;
    int64_t list[RUNS];
    rc_bytes("answers", liar.answers, sizeof liar.answers);
    size_t n = rc_ints("keys", 0, 400, list, RUNS), met = 0;
    LIARS a = {0};
    LIARS b = {0};
    for (size_t i = 0; i < 4 * n; i++) {
        int key = (int)list[i % n] + (int)i % 3;
        cow_str value = {0};
        rc_assert(cow_str_from(&value, "a value that owns its memory"));
        if (i == n) liars_assign(&b, &a);
        if (i % 5 == 4) (void)liars_erase(&a, &key);
        /* It may refuse a key whose equal is found at first, and not the second time. */
        if (!liars_put(&a, key, value)) cow_str_drop(&value);
    }
    LIARS c = liars_copy(&b);
    (void)liars_union(&b, &a, NULL, NULL);
    (void)liars_intersection(&c, &a, NULL, NULL);
    (void)liars_symmetric_difference(&a, &b);
    (void)liars_difference(&b, &c);
    (void)liars_equal(&a, &b);
    COW_MAP_EACH (liars, e, &a) met += cow_str_len(&e->value) > 0;
    rc_assert_equal(met, liars_len(&a));
}

/* ---- Running them ---- */

typedef struct named {
    const char *name;
    void (*property)(void *ctx);
} named;

static const named properties[] = {
    {"equality, hash and difference agree", equality_hash_and_difference_agree},
    {"different maps have different hashes", different_maps_have_different_hashes},
    {"a map does not know its history", a_map_does_not_know_its_history},
    {"a difference applied makes the other", a_difference_applied_makes_the_other},
    {"a difference may be applied while it is read", a_difference_may_be_applied_while_it_is_read},
    {"merging is what it is for naive maps", merging_is_what_it_is_for_naive_maps},
    {"merging parts is the whole", merging_parts_is_the_whole},
    {"merging with itself changes nothing", merging_with_itself_changes_nothing},
    {"partition splits", partition_splits},
    {"mapping values twice is the identity", mapping_values_twice_is_the_identity},
    {"versions stay", versions_stay},
    {"erasing while walking", erasing_while_walking},
    {"all ways of walking meet the same", all_ways_of_walking_meet_the_same},
    {"memory adds up", memory_adds_up},
    {"compacting lets go of the others", compacting_lets_go_of_the_others},
    {"a map alone edits in place", a_map_alone_edits_in_place},
    {"hooks that lie do no harm", hooks_that_lie_do_no_harm},
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
    return rc_summary("map properties");
}
