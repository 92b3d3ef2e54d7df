/* SPDX-License-Identifier: MIT */
/*
 * The robustness figures of maps, for anyone to run. 100,000 keys under one hash, which no hash function could keep from an attacker who
 * chooses it: each put costs at most 20 times a normal one when the keys have an order, integers and strings here. And maps nested in each
 * other, dropped on a thread with 64 KiB of stack: a drop that recursed would be dead after a few hundred levels. And what a map keeps of
 * a version that was dropped: up to about as much again as it holds, and nothing after compact.
 *
 *   map_robust_test [depth [keys]]
 */
#define _GNU_SOURCE
#include "../unit/kit_stack.h"

#define COW_IMPLEMENTATION
#include "cow/cow.h"

/* ---- one hash for all ---- */

static uint64_t one_hash(const uint64_t *key, uint64_t seed) {
    (void)key, (void)seed;
    return 7;
}
static uint64_t one_hash_of_strings(const cow_str *key, uint64_t seed) {
    (void)key, (void)seed;
    return 7;
}

#define COW_MAP normal, uint64_t, uint64_t
#include "cow/cow.h"
#define COW_MAP crowd, uint64_t, uint64_t
#define COW_HASH one_hash
#include "cow/cow.h"
#define COW_MAP normal_texts, cow_str, uint64_t
#include "cow/cow.h"
#define COW_MAP crowd_of_texts, cow_str, uint64_t
#define COW_HASH one_hash_of_strings
#include "cow/cow.h"

/* Ascending: what a tree that nobody balances takes worst. */
static uint64_t number_key(size_t i) { return (uint64_t)i; }
static cow_str text_key(size_t i) {
    cow_str s = {0};
    must(cow_str_append_format(&s, "%016llx", (unsigned long long)number_key(i)), "making a key");
    return s;
}
static void no_drop(uint64_t *key) { (void)key; }

typedef struct cost {
    double put, get, erase; /* ns each */
} cost;

static double least(double a, double b) { return a == 0 || b < a ? b : a; }

/* Puts n keys, gets them all, erases them all; *best is the best of all turns so far. */
#define MEASURE(x, K, make_key, drop_key)                                        \
    static void measure_##x(cost *best, size_t n) {                              \
        x m = {{0}};                                                             \
        K *keys = malloc(n * sizeof *keys);                                      \
        must(keys != NULL, "memory for keys");                                   \
        for (size_t i = 0; i < n; i++) keys[i] = make_key(i);                    \
        double start = seconds();                                                \
        for (size_t i = 0; i < n; i++) must(x##_put(&m, make_key(i), i), "put"); \
        double filled = seconds();                                               \
        for (size_t i = 0; i < n; i++) must(*x##_get(&m, &keys[i]) == i, "get"); \
        double found = seconds();                                                \
        for (size_t i = 0; i < n; i++) must(x##_erase(&m, &keys[i]), "erase");   \
        double emptied = seconds();                                              \
        must(x##_is_empty(&m), "all is erased");                                 \
        for (size_t i = 0; i < n; i++) drop_key(&keys[i]);                       \
        free(keys);                                                              \
        double each = 1e9 / (double)n;                                           \
        best->put = least(best->put, (filled - start) * each);                   \
        best->get = least(best->get, (found - filled) * each);                   \
        best->erase = least(best->erase, (emptied - found) * each);              \
    }
MEASURE(normal, uint64_t, number_key, no_drop)
MEASURE(crowd, uint64_t, number_key, no_drop)
MEASURE(normal_texts, cow_str, text_key, cow_str_drop)
MEASURE(crowd_of_texts, cow_str, text_key, cow_str_drop)

typedef void (*measure)(cost *best, size_t n);

/* The two take turns, so that a busy machine is busy for both. */
static void compare(const char *what, size_t n, measure normal_one, measure crowded_one) {
    cost normally = {0, 0, 0}, crowded = {0, 0, 0};
    for (int turn = 0; turn < 8; turn++) {
        normal_one(&normally, n);
        crowded_one(&crowded, n);
    }
    double ratio = crowded.put / normally.put;
    printf("map robustness: %zu %s under one hash: put %.0f ns each, normally %.0f: %.1fx (at most 20x); get %.0f, "
           "normally %.0f; erase %.0f, "
           "normally %.0f\n",
           n, what, crowded.put, normally.put, ratio, crowded.get, normally.get, crowded.erase, normally.erase);
    must(ratio <= 20, "a put under one hash costs at most 20 normal ones");
}

/* ---- what is kept of a version that is gone ---- */

static void change_some(normal *m, size_t n, size_t changes) {
    uint64_t random = 1;
    for (size_t i = 0; i < changes; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        must(normal_put(m, number_key((size_t)(random >> 33) % n), i), "a change under a snapshot");
    }
}

static void keep_versions(size_t n) {
    static const size_t percents[] = {1, 4, 16};
    for (size_t i = 0; i < sizeof percents / sizeof *percents; i++) {
        normal m = {{0}};
        for (size_t k = 0; k < n; k++) must(normal_put(&m, number_key(k), k), "put");
        size_t alone = normal_bytes(&m);
        normal snapshot = normal_copy(&m);
        change_some(&m, n, n * percents[i] / 100);
        normal_drop(&snapshot);
        size_t kept = normal_bytes(&m);
        must(kept == normal_bytes_owned(&m), "all of it is the map's own");
        must(kept <= 2 * alone + alone / 10, "what is kept is at most the map as it was, and some nodes");
        normal_compact(&m);
        size_t compact = normal_bytes(&m);
        must(compact <= alone + alone / 100, "compact keeps nothing else, but the rooms of copied leaves");
        printf("map robustness: %zu%% of %zu pairs changed under a snapshot, then dropped: %.2fx its memory, %.2fx "
               "compact\n",
               percents[i], n, (double)kept / (double)alone, (double)compact / (double)alone);
        normal_drop(&m);
    }
}

/* ---- maps nested in each other ---- */

#define COW_MAP nest, int, nest
#define COW_FORWARD
#include "cow/cow.h"
#define COW_MAP nest, int, nest
#define COW_FORWARDED
#include "cow/cow.h"

static nest chain(size_t depth) {
    nest all = {{0}};
    for (size_t i = 0; i < depth; i++) {
        nest outer = {{0}};
        must(nest_put(&outer, (int)i, all), "building the chain");
        all = outer;
    }
    return all;
}

static void *drop_all(void *m) {
    nest_drop(m);
    return NULL;
}

/* A put over it, an erase and an intersection each drop a chain in the midst of another map's change. */
static void *drop_in_passing(void *m) {
    int key = 1;
    nest empty = {{0}};
    must(nest_put(m, 0, empty), "a put over a deep value");
    must(nest_erase(m, &key), "an erase of a deep value");
    must(nest_intersection(m, &empty, NULL, NULL) && nest_is_empty(m), "an intersection with nothing");
    return NULL;
}

static void nest_deeply(size_t depth) {
    double start = seconds();
    nest all = chain(depth);
    double built = seconds();
    run_on_a_small_stack(drop_all, &all);
    double ended = seconds();
    printf("map robustness: %zu maps nested in each other, dropped on a stack of %d KiB: built in %.2f s, dropped in "
           "%.2f s\n",
           depth, STACK >> 10, built - start, ended - built);
    nest three = {{0}};
    for (int k = 0; k < 3; k++) must(nest_put(&three, k, chain(depth / 20)), "building three chains");
    run_on_a_small_stack(drop_in_passing, &three);
    printf("map robustness: %zu more levels dropped by a put, an erase and an intersection\n", 3 * (depth / 20));
}

int main(int argc, char **argv) {
    size_t depth = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000,
           n = argc > 2 ? strtoull(argv[2], NULL, 10) : 100000;
    compare("integers", n, measure_normal, measure_crowd);
    compare("strings", n, measure_normal_texts, measure_crowd_of_texts);
    keep_versions(2 * n);
    nest_deeply(depth);
    return 0;
}
