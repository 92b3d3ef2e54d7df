/* SPDX-License-Identifier: MIT */
/* bench [--suite array|string|map_u64|map_str|maps|cell|list|paged|snapshot|snapshot_paged|bench|all] [--case name] [--peer name,name]
 * [--quick|--full] [--rounds n] --results file [--input words] [--java folder]. Suite `bench` is what `make bench` runs:
 * the snapshot suite in full, the others quick. */
#include "suites.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct options {
    const char *suite, *only, *peers, *results, *input, *java;
    bool quick, full;
    int rounds;
} options;

static const char *value_of(int argc, char **argv, int *i) {
    if (++*i >= argc) {
        bench_die("%s needs a value", argv[*i - 1]);
    }
    return argv[*i];
}

static options parse(int argc, char **argv) {
    options o = {.suite = "bench", .input = BENCH_WORD_LIST};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--suite") == 0) {
            o.suite = value_of(argc, argv, &i);
        } else if (strcmp(argv[i], "--case") == 0) {
            o.only = value_of(argc, argv, &i);
        } else if (strcmp(argv[i], "--peer") == 0) {
            o.peers = value_of(argc, argv, &i);
        } else if (strcmp(argv[i], "--results") == 0) {
            o.results = value_of(argc, argv, &i);
        } else if (strcmp(argv[i], "--input") == 0) {
            o.input = value_of(argc, argv, &i);
        } else if (strcmp(argv[i], "--java") == 0) {
            o.java = value_of(argc, argv, &i);
        } else if (strcmp(argv[i], "--rounds") == 0) {
            o.rounds = atoi(value_of(argc, argv, &i));
        } else if (strcmp(argv[i], "--quick") == 0) {
            o.quick = true;
        } else if (strcmp(argv[i], "--full") == 0) {
            o.full = true;
        } else {
            bench_die("unknown option %s", argv[i]);
        }
    }
    return o;
}

/* More rounds first, longer samples second: medians over rounds resist a noisy machine better than long samples do. */
static bench_plan plan_of_cases(bool quick, bool full, int rounds) {
    bench_plan plan = {.rounds = 9, .sample_ns = 20000000, .quick = quick, .full = full};
    if (quick) {
        plan.rounds = 5;
        plan.sample_ns = 8000000;
    }
    if (full) {
        plan.rounds = 25;
        plan.sample_ns = 40000000;
    }
    if (rounds > 0) {
        plan.rounds = rounds < BENCH_MAX_ROUNDS ? rounds : BENCH_MAX_ROUNDS;
    }
    return plan;
}

static bench_plan plan_of_snapshot(bool quick, bool full, int rounds) {
    bench_plan plan = {.rounds = quick ? 1 : full ? 5 : 3, .quick = quick, .full = full};
    if (rounds > 0) {
        plan.rounds = rounds < BENCH_MAX_ROUNDS ? rounds : BENCH_MAX_ROUNDS;
    }
    return plan;
}

/* The texts of suite `string` are made of the usual word list whatever INPUT is, so that its figures can be compared.
 * Alone it stops when there is none; among others it is left out. */
static void run_string(const bench_plan *plan, const options *o, bool among_others) {
    if (among_others && access(BENCH_WORD_LIST, R_OK) != 0) {
        printf("string: skipped (no %s: apt-get install wamerican-insane)\n", BENCH_WORD_LIST);
        return;
    }
    suite_string(plan, o->only, BENCH_WORD_LIST);
}

int main(int argc, char **argv) {
    options o = parse(argc, argv);
    bool bench = strcmp(o.suite, "bench") == 0;
    bool every = bench || strcmp(o.suite, "all") == 0;
    bool array = every || strcmp(o.suite, "array") == 0;
    bool string = every || strcmp(o.suite, "string") == 0;
    bool snapshot = every || strcmp(o.suite, "snapshot") == 0;
    bool maps = every || strcmp(o.suite, "maps") == 0;
    bool map_u64 = maps || strcmp(o.suite, "map_u64") == 0;
    bool map_str = maps || strcmp(o.suite, "map_str") == 0;
    bool cell = every || strcmp(o.suite, "cell") == 0;
    bool list = every || strcmp(o.suite, "list") == 0;
    bool paged = every || strcmp(o.suite, "paged") == 0;
    bool snapshot_paged = strcmp(o.suite, "snapshot_paged") == 0; /* a part of suite snapshot */
    if (!array && !string && !map_u64 && !map_str && !cell && !list && !paged && !snapshot && !snapshot_paged) {
        bench_die("no suite %s; there are: array, string, map_u64, map_str, maps, cell, list, paged, snapshot, "
                  "snapshot_paged",
                  o.suite);
    }
    if (o.results == NULL) {
        bench_die("--results file is missing");
    }
    bench_results_open(o.results);
    bench_plan plan = plan_of_cases((o.quick || bench) && !o.full, o.full, o.rounds);
    plan.peers = o.peers;
    if (array) {
        suite_array(&plan, o.only);
    }
    if (string) {
        run_string(&plan, &o, every);
    }
    if (map_u64) {
        suite_map(&plan, o.only, false, o.java);
    }
    if (map_str) {
        suite_map(&plan, o.only, true, o.java);
    }
    if (cell) {
        suite_cell(&plan, o.only, o.java);
    }
    if (list) {
        suite_list(&plan, o.only, o.java);
    }
    if (paged) {
        suite_paged(&plan, o.only);
    }
    if (snapshot) {
        bench_plan depth = plan_of_snapshot(o.quick, o.full, o.rounds);
        depth.peers = o.peers;
        suite_snapshot(&depth, o.only, o.input, o.java);
    }
    if (snapshot_paged) {
        bench_plan depth = plan_of_snapshot(o.quick, o.full, o.rounds);
        depth.peers = o.peers;
        suite_snapshot_paged(&depth, o.only);
    }
    if (snapshot && !array) { /* the other side of sharing a whole buffer, always shown beside the main job */
        plan = plan_of_cases(true, false, 0);
        suite_array(&plan, "set_snapshot");
    }
    bench_results_close();
    return 0;
}
