/* SPDX-License-Identifier: MIT */
/* Suites `map_u64` and `map_str`: the price of single operations on maps. This file chooses cases, sizes and peers and
 * makes the numbers that keys are made of, the same ones in every run; the loops are in peers/map_loops.h. */
#include "cases.h"
#include "peers/map_peer.h"
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const map_peer *const u64_peers[] = {
    &map_u64_cow,
#ifdef BENCH_ABSL
    &map_u64_absl,
#endif
    &map_u64_std,
#ifdef BENCH_QT
    &map_u64_qt,
#endif
#ifdef BENCH_GLIB
    &map_u64_glib,
#endif
#ifdef BENCH_IMRC
    &map_u64_imrc,
#endif
};

static const map_peer *const str_peers[] = {
    &map_str_cow,
#ifdef BENCH_ABSL
    &map_str_absl,
#endif
    &map_str_std,
#ifdef BENCH_QT
    &map_str_qt,
#endif
#ifdef BENCH_GLIB
    &map_str_glib,
#endif
#ifdef BENCH_IMRC
    &map_str_imrc,
#endif
};

enum { NATIVE_PEERS = sizeof u64_peers / sizeof u64_peers[0], CASES_MAX = 128 };

/* A build with other flags says so behind the name of each case. Comes from bench.mk. */
#ifndef BENCH_SUFFIX
#define BENCH_SUFFIX ""
#endif

#ifndef BENCH_CLOJURE
#define BENCH_CLOJURE ""
#endif

enum { N_TINY = 1, N_1E3 = 2, N_1E4 = 4, N_1E5 = 8, N_1E6 = 16, N_1E7 = 32 };
enum { USUAL = N_1E3 | N_1E5 | N_1E6, LARGE = USUAL | N_1E7, CURVE = LARGE | N_1E4, QUICK = N_1E3 | N_1E5 };

static const struct {
    size_t n;
    unsigned bit;
} sizes[] = {{8, N_TINY},    {20, N_TINY},    {40, N_TINY},     {100, N_TINY},    {1000, N_1E3},
             {10000, N_1E4}, {100000, N_1E5}, {1000000, N_1E6}, {10000000, N_1E7}};

#define LOOP(member) offsetof(map_peer, member)

static const struct {
    const char *name;
    size_t loop;
    int threads;
    unsigned sizes;                /* n=1e4 and 1e7 only with FULL=1 */
    unsigned quick_u64, quick_str; /* in the quick pass, which has half a minute for both suites */
} all[] = {
    {"bulk" BENCH_SUFFIX, LOOP(bulk), 1, CURVE, QUICK, N_1E5},
    {"hit" BENCH_SUFFIX, LOOP(hit), 1, CURVE, QUICK, N_1E5},
    {"miss" BENCH_SUFFIX, LOOP(miss), 1, LARGE, N_1E5, N_1E5},
    {"iterate" BENCH_SUFFIX, LOOP(iterate), 1, LARGE, N_1E5, 0},
    {"erase" BENCH_SUFFIX, LOOP(erase), 1, LARGE, N_1E5, 0},
    {"drop" BENCH_SUFFIX, LOOP(drop), 1, USUAL, 0, 0},
    {"bytes" BENCH_SUFFIX, LOOP(bytes), 1, LARGE | N_TINY, N_TINY | N_1E5, N_1E5},
    {"snapshot" BENCH_SUFFIX, LOOP(snapshot), 1, USUAL, N_1E5, 0},
    {"snapshot" BENCH_SUFFIX, LOOP(snapshot), 2, USUAL, N_1E5, 0},
    {"persist_insert" BENCH_SUFFIX, LOOP(persist_insert), 1, CURVE, QUICK, N_1E5},
    {"persist_erase" BENCH_SUFFIX, LOOP(persist_erase), 1, LARGE, N_1E5, 0},
    {"snap1000" BENCH_SUFFIX, LOOP(snap1000), 1, USUAL, 0, 0},
    {"snap10" BENCH_SUFFIX, LOOP(snap10), 1, USUAL, 0, 0},
    {"diff100" BENCH_SUFFIX, LOOP(diff100), 1, USUAL, N_1E5, 0},
    {"eq_shared" BENCH_SUFFIX, LOOP(eq_shared), 1, USUAL, 0, 0},
    {"eq_independent" BENCH_SUFFIX, LOOP(eq_independent), 1, USUAL, 0, 0},
};

/* ---- numbers ---- */

/* Keys are random but never twice the same: what a counter becomes when its bits are mixed without losing any. */
static uint64_t number(uint64_t i) {
    uint64_t z = (i + 1) * 0x9E3779B97F4A7C15U;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    return z ^ z >> 31;
}

static uint64_t *numbers;
static uint32_t *indices;
static size_t numbers_n;

/* 2 n numbers, and an order for the first n of them; tiny maps take as many numbers as they all need. */
static void make_numbers(size_t n) {
    size_t count = n < MAP_TINY ? n * MAP_TINY_COUNT : 2 * n;
    uint64_t state = 42;
    numbers = realloc(numbers, count * sizeof *numbers);
    indices = realloc(indices, n * sizeof *indices);
    if (numbers == NULL || indices == NULL) {
        bench_die("out of memory for the numbers");
    }
    for (size_t i = 0; i < count; i++) {
        numbers[i] = number(i);
    }
    for (size_t i = 0; i < n; i++) {
        indices[i] = (uint32_t)i;
    }
    for (size_t i = n - 1; i > 0; i--) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        size_t j = (state >> 33) % (i + 1);
        uint32_t other = indices[i];
        indices[i] = indices[j];
        indices[j] = other;
    }
    numbers_n = n;
}

static void prepare(bench_run *run, const bench_case *c, const void *peer) {
    (void)peer;
    if (numbers_n != c->n) {
        make_numbers(c->n);
    }
    run->numbers = numbers;
    run->indices = indices;
    run->index_count = c->n;
}

/* ---- what must come out ---- */

static uint64_t mixed(size_t key, uint64_t value) { return map_mix(numbers[key], value); }

static uint64_t whole_map(size_t n) {
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += mixed(i, map_value(i));
    }
    return sum;
}

static uint64_t with_insertions(size_t n, size_t writes) {
    uint64_t sum = whole_map(n) + n + writes;
    for (size_t i = 0; i < writes; i++) {
        sum += mixed(n + i, map_value(n + i));
    }
    return sum;
}

static uint64_t with_erasures(size_t n, size_t writes) {
    uint64_t sum = whole_map(n) + n - writes;
    for (size_t i = 0; i < writes; i++) {
        sum -= mixed(indices[i], map_value(indices[i]));
    }
    return sum;
}

static uint64_t with_replacements(size_t n, size_t writes) {
    uint64_t sum = n;
    for (size_t i = 0; i < n; i++) {
        sum += mixed(indices[i], map_value_then(n, i, writes, map_value(indices[i])));
    }
    return sum;
}

/* The answer of each case is known without any map, so cow is held to it also when it is alone. */
static uint64_t right_checksum(const bench_case *c) {
    size_t n = c->n;
    switch (c->loop) {
    case LOOP(bulk): return with_insertions(n, 0);
    case LOOP(hit):
    case LOOP(iterate): return (uint64_t)n * (n + 1) / 2;
    case LOOP(miss): return 0;
    case LOOP(bytes): return n < MAP_TINY ? n * MAP_TINY_COUNT : n;
    case LOOP(persist_insert): return with_insertions(n, map_persist_writes(n)) + 31 * whole_map(n);
    case LOOP(persist_erase): return with_erasures(n, map_persist_writes(n)) + 31 * whole_map(n);
    case LOOP(snap1000): return with_insertions(n, map_snap1000_writes(n));
    case LOOP(snap10): return with_replacements(n, MAP_SNAP10_WRITES);
    case LOOP(diff100): return MAP_CHANGED;
    case LOOP(eq_shared):
    case LOOP(eq_independent): return 1;
    default: return n; /* erase: so many were there; drop, snapshot: the length */
    }
}

static bool is_right(const bench_case *c, uint64_t checksum) { return checksum == right_checksum(c); }

/* ---- who is measured, how often ---- */

/* Objects of ten million entries need more memory than Java is given. */
static bool is_left_out(const bench_case *c, const void *peer) {
    const map_peer *p = peer;
    return c->n > 1000000 && strcmp(p->name, "clojure") == 0;
}

static bool measures_bytes(const bench_case *c) { return c->loop == LOOP(bytes); }

/* Building large maps takes longer than measuring them. What is counted instead of timed is the same in every round. */
static int rounds_of(const bench_case *c, const bench_plan *plan) {
    int most = plan->rounds;
    if (measures_bytes(c)) {
        most = 1;
    } else if (c->n > 1000000) {
        most = 3;
    } else if (c->n > 100000) {
        most = plan->full ? 9 : 5;
    }
    return plan->rounds < most ? plan->rounds : most;
}

/* `only` is the name without the suffix. */
static bool is_named(size_t row, const char *only) {
    size_t length = strlen(all[row].name) - strlen(BENCH_SUFFIX);
    return strlen(only) == length && strncmp(only, all[row].name, length) == 0;
}

/* At which sizes a row of the table above is measured. A case that is asked for is also there in the quick pass. */
static unsigned sizes_of(size_t row, const bench_plan *plan, const char *only, bool strings) {
    if (only != NULL && !is_named(row, only)) {
        return 0;
    }
    if (plan->quick) {
        return only != NULL ? all[row].sizes & QUICK : strings ? all[row].quick_str : all[row].quick_u64;
    }
    return all[row].sizes & (plan->full ? ~0U : (unsigned)(USUAL | N_TINY));
}

static int choose(bench_case *cases, const bench_plan *plan, const char *only, bool strings) {
    int count = 0;
    for (size_t row = 0; row < sizeof all / sizeof all[0]; row++) {
        unsigned with = sizes_of(row, plan, only, strings);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            if ((with & sizes[i].bit) != 0) {
                cases[count++] = (bench_case){all[row].name, all[row].loop, sizes[i].n, all[row].threads, 0};
            }
        }
    }
    return count;
}

/* Clojure comes last, in a Java process of its own. */
static void start_clojure(bench_suite *suite, const void **peers, const bench_plan *plan, bool strings,
                          const char *java) {
    char class_path[4096];
    snprintf(class_path, sizeof class_path, "%s:%s", java, BENCH_CLOJURE);
    peers[suite->peer_count++] = strings ? &map_str_clojure : &map_u64_clojure;
    map_clojure_start(class_path, strings, plan);
}

void suite_map(const bench_plan *depth, const char *only, bool strings, const char *java) {
    static bench_case cases[CASES_MAX];
    const void *peers[NATIVE_PEERS + 1];
    bool has_clojure = java != NULL && BENCH_CLOJURE[0] != '\0';
    bool asks_clojure = has_clojure && bench_asks_for(depth, map_u64_clojure.name);
    bench_plan plan = *depth;
    plan.rounds = plan.quick && plan.rounds > 3 ? 3 : plan.rounds;
    bench_suite suite = {
        .name = strings ? "map_str" : "map_u64",
        .peers = peers,
        .peer_count = NATIVE_PEERS,
        .cases = cases,
        .case_count = choose(cases, &plan, only, strings),
        .prepare = prepare,
        .is_right = is_right,
        .is_left_out = is_left_out,
        .measures_bytes = measures_bytes,
        .rounds_of = rounds_of,
        .note =
            "bytes: heap per entry, measured once. From n=1e6 there are fewer rounds. imrc counts without atomics, so "
            "its "
            "maps cannot leave\ntheir thread, and hashes with SipHash. clojure: keys and values are objects; the time "
            "includes the collector's.\n",
    };
    if (suite.case_count == 0) {
        printf("%s: no case %s\n", suite.name, only);
        return;
    }
    for (int i = 0; i < NATIVE_PEERS; i++) {
        peers[i] = strings ? str_peers[i] : u64_peers[i];
    }
    if (asks_clojure) {
        start_clojure(&suite, peers, &plan, strings, java);
    }
    bench_cases_run(&suite, &plan, NULL);
    if (asks_clojure) {
        map_clojure_stop();
    } else if (!has_clojure) {
        printf("clojure: skipped (no JDK or no clojure.jar: apt-get install default-jdk-headless clojure)\n");
    }
}
