/* SPDX-License-Identifier: MIT */
/*
 * What always holds between the operations on arrays: equality, hash and order agree, slices are parts, sorting sorts, and what
 * undoes each other does. Long lists of operations are array_model_prop.c.
 */
#include "tests/unit/kit_memory.h"

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define COW_ARRAY ints, int64_t
#include "cow/cow.h"

/* Sorted by key alone; the tag tells where a record stood. */
typedef struct record {
    int64_t key;
    size_t tag;
} record;
static int by_key(const record *a, const record *b) { return (a->key > b->key) - (a->key < b->key); }
#define COW_ARRAY records, record
#define COW_COMPARE by_key
#include "cow/cow.h"

#include "rapidcheck-c/rapidcheck_c.h"

enum { LONGEST = 60 };

/* Variables that are dropped when a check fails, too. */
#define INTS __attribute__((cleanup(ints_drop))) ints
#define RECORDS __attribute__((cleanup(records_drop))) records

static int sign(int x) { return (x > 0) - (x < 0); }

/* An array of drawn numbers. Few different ones, so that equal elements and equal arrays turn up. */
static ints drawn(const char *name) {
    int64_t list[LONGEST];
    size_t n = rc_ints(name, -5, 20, list, LONGEST);
    ints a = {0};
    rc_assert(ints_from(&a, list, n));
    return a;
}

static records drawn_records(void) {
    int64_t keys[LONGEST];
    records a = {0};
    size_t n = rc_ints("keys", 0, 9, keys, LONGEST);
    for (size_t i = 0; i < n; i++) rc_assert(records_push(&a, (record){keys[i], i}));
    return a;
}

/* How two lists compare, element by element. */
static int order(const ints *a, const ints *b) {
    for (size_t i = 0; i < a->n && i < b->n; i++)
        if (a->p[i] != b->p[i]) return a->p[i] < b->p[i] ? -1 : 1;
    return (a->n > b->n) - (a->n < b->n);
}

static void same_elements(const ints *a, const ints *b) {
    rc_assert_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) rc_assert_equal(a->p[i], b->p[i]);
}

/* ---- Comparing ---- */

/* The other one is drawn by itself, has the same numbers, or differs in one place. */
static ints drawn_beside(const ints *a) {
    ints b = {0};
    size_t kind = rc_choice("the other is drawn, equal or nearly", 3), at = rc_choice("at", LONGEST);
    if (kind == 0) return drawn("b");
    rc_assert(ints_from(&b, a->p, a->n));
    if (kind == 2 && at < b.n) b.p[at]++;
    return b;
}

static void equality_hash_and_order_agree(void *ctx) {
    (void)ctx;
    INTS a = drawn("a");
    INTS b = drawn_beside(&a);
    uint64_t seed = (uint64_t)rc_int("seed", 0, 3);
    int expected = order(&a, &b);
    rc_label(expected ? "different" : "equal");
    rc_assert(ints_equal(&a, &b) == (expected == 0));
    rc_assert_equal(sign(ints_compare(&a, &b)), expected);
    rc_assert_equal(sign(ints_compare(&b, &a)), -expected);
    rc_assert((ints_hash(&a, seed) == ints_hash(&b, seed)) == (expected == 0));
}

/* Slices of one array: they share long beginnings and are often each other's beginning, which separate draws are not. */
static void comparing_is_a_total_order(void *ctx) {
    (void)ctx;
    INTS a = drawn("a");
    size_t from = rc_choice("from", a.n + 1), second = rc_choice("second", a.n + 1),
           third = rc_choice("third", a.n + 1);
    INTS x = ints_slice(&a, from, a.n);
    INTS y = ints_slice(&a, second, a.n);
    INTS z = ints_slice(&a, 0, third);
    int xy = sign(ints_compare(&x, &y)), yz = sign(ints_compare(&y, &z)), xz = sign(ints_compare(&x, &z));
    rc_assert_equal(ints_compare(&x, &x), 0);
    rc_assert_equal(sign(ints_compare(&y, &x)), -xy);
    rc_assert((xy == 0) == ints_equal(&x, &y));
    if (xy == yz) rc_assert_equal(xz, xy);
    if (xy == 0) rc_assert_equal(xz, yz);
}

/* ---- Slices ---- */

/* Cut anywhere, put together again: equal, in the same place, and nothing allocated. */
static void slices_put_together_are_the_array(void *ctx) {
    (void)ctx;
    INTS a = drawn("a");
    INTS joined = {0};
    kit_fail(1, true);
    for (size_t at = 0; at < a.n;) {
        size_t next = at + 1 + rc_choice("length - 1", a.n - at);
        INTS part = ints_slice(&a, at, next);
        rc_assert_equal(part.n, next - at);
        bool ok = ints_concat(&joined, &part);
        rc_assertf(ok, "%s", cow_error_text(cow_error()));
        at = next;
    }
    kit_fail_none();
    rc_assert(ints_equal(&a, &joined) && (!a.n || ints_same(&a, &joined)));
}

/* A change shows in the changed slice, at its place, and nowhere else. */
static void a_slice_keeps_its_changes_to_itself(void *ctx) {
    (void)ctx;
    INTS a = drawn("a");
    rc_require(a.n > 0);
    size_t begin = rc_choice("begin", a.n), length = 1 + rc_choice("length - 1", a.n - begin);
    size_t at = rc_choice("at", length);
    INTS before = {0};
    rc_assert(ints_from(&before, a.p, a.n));
    INTS part = ints_slice(&a, begin, begin + length);
    rc_assert(ints_set(&part, at, 1000) && ints_push(&part, 1001));
    same_elements(&a, &before);
    for (size_t i = 0; i < length; i++) rc_assert_equal(part.p[i], i == at ? 1000 : before.p[begin + i]);
    rc_assert_equal(part.p[length], 1001);
}

/* Each snapshot of a growing array stays as it was, whichever of them grows on. */
static void snapshots_of_a_growing_array_stay(void *ctx) {
    (void)ctx;
    enum { SNAPSHOTS = 12 };
    INTS a = {0};
    ints snapshots[SNAPSHOTS] = {{0}};
    size_t pushes = rc_choice("pushes", 60), branch = rc_choice("branch", SNAPSHOTS);
    bool ok = true;
    for (size_t i = 0; i < pushes; i++) {
        if (i % 5 == 0) ints_assign(&snapshots[i / 5], &a);
        ok = ints_push(&a, (int64_t)i) && ok;
        ok = ints_push(&snapshots[branch], -1) && ints_pop(&snapshots[branch], NULL) && ok;
    }
    for (size_t s = 0; s < SNAPSHOTS; s++) {
        ok = ok && snapshots[s].n == (5 * s < pushes ? 5 * s : 0);
        for (size_t i = 0; i < snapshots[s].n; i++) ok = ok && snapshots[s].p[i] == (int64_t)i;
        ints_drop(&snapshots[s]);
    }
    rc_assert(ok);
}

/* ---- Order ---- */

static void sorting_is_a_sorted_permutation(void *ctx) {
    (void)ctx;
    INTS a = drawn("a");
    INTS before = ints_copy(&a);
    bool stable = rc_bool("stable");
    rc_assert(stable ? ints_sort_stable(&a) : ints_sort(&a));
    rc_assert(ints_is_sorted(&a));
    rc_assert_equal(a.n, before.n);
    for (size_t i = 0; i < a.n; i++) {
        rc_assertf(i == 0 || a.p[i - 1] <= a.p[i], "at %zu", i);
        rc_assert_equal(ints_count(&a, &a.p[i]), ints_count(&before, &a.p[i]));
    }
}

static void stable_sorting_keeps_the_order_of_equals(void *ctx) {
    (void)ctx;
    RECORDS a = drawn_records();
    rc_assert(records_sort_stable(&a));
    for (size_t i = 1; i < a.n; i++) {
        rc_assert(a.p[i - 1].key <= a.p[i].key);
        rc_assert(a.p[i - 1].key < a.p[i].key || a.p[i - 1].tag < a.p[i].tag);
    }
}

/* Answers as it was told beforehand, whatever it is asked. */
static int contradict(const record *a, const record *b, void *answers) {
    const unsigned char *bytes = answers;
    return bytes[(a->tag * 7 + b->tag) % 32] % 3 - 1;
}

/* Of a comparator that contradicts itself the result is any permutation, but a permutation, and found in bounds. */
static void sorting_survives_a_comparator_without_sense(void *ctx) {
    (void)ctx;
    unsigned char answers[32] = {0};
    rc_bytes("answers", answers, sizeof answers);
    RECORDS a = drawn_records();
    bool seen[LONGEST] = {false};
    size_t n = a.n;
    bool stable = rc_bool("stable");
    rc_assert(stable ? records_sort_stable_by(&a, contradict, answers) : records_sort_by(&a, contradict, answers));
    rc_assert_equal(a.n, n);
    for (size_t i = 0; i < n; i++) {
        rc_assert(a.p[i].tag < n && !seen[a.p[i].tag]);
        seen[a.p[i].tag] = true;
    }
}

static void bounds_enclose_the_equals(void *ctx) {
    (void)ctx;
    INTS a = drawn("a");
    int64_t key = rc_int("key", -6, 21);
    rc_assert(ints_sort(&a));
    size_t lower = ints_lower_bound(&a, &key), upper = ints_upper_bound(&a, &key);
    rc_assert(lower <= upper && upper <= a.n);
    for (size_t i = 0; i < a.n; i++) {
        rc_assert((a.p[i] < key) == (i < lower));
        rc_assert((a.p[i] <= key) == (i < upper));
    }
    rc_assert_equal(upper - lower, ints_count(&a, &key));
    rc_assert_equal(ints_search(&a, &key), lower < upper ? lower : COW_NPOS);
}

/* ---- What undoes each other ---- */

static void rotating_on_is_the_identity(void *ctx) {
    (void)ctx;
    INTS a = drawn("a");
    INTS before = ints_copy(&a);
    size_t by = rc_choice("by", a.n + 1);
    rc_assert(ints_rotate(&a, by) && ints_rotate(&a, a.n - by));
    same_elements(&a, &before);
}

static void reversing_twice_is_the_identity(void *ctx) {
    (void)ctx;
    INTS a = drawn("a");
    INTS before = ints_copy(&a);
    rc_assert(ints_reverse(&a));
    for (size_t i = 0; i < a.n; i++) rc_assert_equal(a.p[i], before.p[a.n - 1 - i]);
    rc_assert(ints_reverse(&a));
    same_elements(&a, &before);
}

static void erasing_what_was_inserted_is_the_identity(void *ctx) {
    (void)ctx;
    INTS a = drawn("a");
    INTS before = ints_copy(&a);
    size_t at = rc_choice("at", a.n + 1), from = rc_choice("from", a.n + 1), n = rc_choice("n", a.n - from + 1);
    rc_assert(ints_insert_n(&a, at, n ? a.p + from : NULL, n));
    for (size_t i = 0; i < n; i++) rc_assert_equal(a.p[at + i], before.p[from + i]);
    rc_assert(ints_erase_range(&a, at, at + n));
    same_elements(&a, &before);
}

/* A queue gives out in the order it took in; once it has gone round, its storage is what it needs. */
static void a_queue_in_steady_state_does_not_grow(void *ctx) {
    (void)ctx;
    INTS a = {0};
    size_t held = 1 + rc_choice("held - 1", 50), turns = 4 * held + 64 + rc_choice("turns", 400), settled = 0;
    int64_t out;
    for (size_t i = 0; i < held; i++) rc_assert(ints_push(&a, (int64_t)i));
    for (size_t i = 0; i < turns; i++) {
        if (i == 4 * held + 64) settled = kit.bytes;
        rc_assert(ints_pop_front(&a, &out) && ints_push(&a, (int64_t)(held + i)));
        rc_assert_equal(out, i);
        rc_assertf(!settled || kit.bytes == settled, "from %zu to %zu bytes", settled, kit.bytes);
    }
}

/* ---- Filtering ---- */

static bool is_even(const int64_t *e, void *ctx) {
    (void)ctx;
    return *e % 2 == 0;
}

static bool is_odd(const int64_t *e, void *ctx) {
    (void)ctx;
    return *e % 2 != 0;
}

static void filtering_splits(void *ctx) {
    (void)ctx;
    INTS even = drawn("a");
    INTS odd = ints_copy(&even);
    INTS all = ints_copy(&even);
    size_t e = 0, o = 0;
    rc_assert(ints_retain_if(&even, is_even, NULL) && ints_retain_if(&odd, is_odd, NULL));
    for (size_t i = 0; i < all.n; i++)
        rc_assert_equal(all.p[i], all.p[i] % 2 == 0 ? *ints_get(&even, e++) : *ints_get(&odd, o++));
    rc_assert(e == even.n && o == odd.n);
}

static void deduplicating_a_sorted_array_leaves_one_of_each(void *ctx) {
    (void)ctx;
    INTS a = drawn("a");
    rc_assert(ints_sort(&a));
    INTS before = ints_copy(&a);
    rc_assert(ints_dedup(&a));
    for (size_t i = 0; i < a.n; i++) rc_assert_equal(ints_count(&a, &a.p[i]), 1);
    for (size_t i = 0; i < before.n; i++) rc_assert(ints_contains(&a, &before.p[i]));
}

/* ---- Running them ---- */

typedef struct named {
    const char *name;
    void (*property)(void *ctx);
} named;

static const named properties[] = {
    {"equality, hash and order agree", equality_hash_and_order_agree},
    {"comparing is a total order", comparing_is_a_total_order},
    {"slices put together are the array", slices_put_together_are_the_array},
    {"a slice keeps its changes to itself", a_slice_keeps_its_changes_to_itself},
    {"snapshots of a growing array stay", snapshots_of_a_growing_array_stay},
    {"sorting is a sorted permutation", sorting_is_a_sorted_permutation},
    {"stable sorting keeps the order of equals", stable_sorting_keeps_the_order_of_equals},
    {"sorting survives a comparator without sense", sorting_survives_a_comparator_without_sense},
    {"bounds enclose the equals", bounds_enclose_the_equals},
    {"rotating on is the identity", rotating_on_is_the_identity},
    {"reversing twice is the identity", reversing_twice_is_the_identity},
    {"erasing what was inserted is the identity", erasing_what_was_inserted_is_the_identity},
    {"a queue in steady state does not grow", a_queue_in_steady_state_does_not_grow},
    {"filtering splits", filtering_splits},
    {"deduplicating a sorted array leaves one of each", deduplicating_a_sorted_array_leaves_one_of_each},
};

/* In a child of its own, so a case starts with nothing; and it leaves nothing. */
static void and_nothing_is_left(void *row) {
    ((const named *)row)->property(NULL);
    rc_assert_equal(kit_lost_blocks(), 0);
}

int main(void) {
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
        named row = properties[i];
        rc_check_isolated(row.name, and_nothing_is_left, &row);
    }
    return rc_summary("array properties");
}
