/* SPDX-License-Identifier: MIT */
/* bench [--suite array|snapshot|bench|all] [--case name] [--quick|--full] [--rounds n] --results file [--input words]
 * [--java folder] Suite `bench` is what `make bench` runs: the snapshot suite in full and the array suite quick. */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct options {
    const char *suite, *only, *results, *input, *java;
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
    options o = {.suite = "bench", .input = "/usr/share/dict/american-english-insane"};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--suite") == 0) {
            o.suite = value_of(argc, argv, &i);
        } else if (strcmp(argv[i], "--case") == 0) {
            o.only = value_of(argc, argv, &i);
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
static bench_plan plan_of(const char *suite, bool quick, bool full, int rounds) {
    bool array = strcmp(suite, "array") == 0;
    bench_plan plan = {.rounds = array ? 9 : 3, .sample_ns = 20000000, .quick = quick, .full = full};
    if (quick) {
        plan.rounds = array ? 5 : 1;
        plan.sample_ns = 8000000;
    }
    if (full) {
        plan.rounds = array ? 25 : 5;
        plan.sample_ns = 40000000;
    }
    if (rounds > 0) {
        plan.rounds = rounds < BENCH_MAX_ROUNDS ? rounds : BENCH_MAX_ROUNDS;
    }
    return plan;
}

int main(int argc, char **argv) {
    options o = parse(argc, argv);
    bool both = strcmp(o.suite, "bench") == 0 || strcmp(o.suite, "all") == 0;
    bool array = both || strcmp(o.suite, "array") == 0;
    bool snapshot = both || strcmp(o.suite, "snapshot") == 0;
    if (!array && !snapshot) {
        bench_die("no suite %s; there are: array, snapshot", o.suite);
    }
    if (o.results == NULL) {
        bench_die("--results file is missing");
    }
    bench_results_open(o.results);
    if (array) {
        bool quick = o.quick || strcmp(o.suite, "bench") == 0;
        bench_plan plan = plan_of("array", quick && !o.full, o.full, o.rounds);
        suite_array(&plan, o.only);
    }
    if (snapshot) {
        bench_plan plan = plan_of("snapshot", o.quick, o.full, o.rounds);
        suite_snapshot(&plan, o.only, o.input, o.java);
    }
    if (snapshot && !array) { /* the other side of sharing a whole buffer, always shown beside the main job */
        bench_plan plan = plan_of("array", true, false, 0);
        suite_array(&plan, "set_snapshot");
    }
    bench_results_close();
    return 0;
}
