/* SPDX-License-Identifier: MIT */
/* A suite that is a list of cases, each measured with every peer in turn in every round: what suites `array`,
 * `string`, `cell` and those of maps share. A peer is a struct of loops; the suite brings its list of cases and what each
 * loop is given. */
#ifndef BENCH_CASES_H
#define BENCH_CASES_H

#include "harness.h"

enum { BENCH_PEERS_MAX = 16 };

/* One line of the table. */
typedef struct bench_case {
    const char *name;
    size_t loop; /* offset of the peer's loop in its struct; a peer that cannot do the case has NULL there */
    size_t n;
    int threads;
    int kind; /* the suite's own: tells its `prepare` what the loop needs */
} bench_case;

typedef struct bench_suite {
    const char *name;
    const void *const *peers; /* structs of loops; the first member is the peer's name */
    int peer_count;
    const bench_case *cases;
    int case_count;
    /* Fills in what the peer's loop reads. Called before every sample. */
    void (*prepare)(bench_run *run, const bench_case *c, const void *peer);
    bool (*is_right)(const bench_case *c, uint64_t checksum); /* NULL: peers need to agree, no more */
    /* These may be NULL. A peer left out has a dash; the figure of a case that measures bytes is heap per operation, not
     * time; the rounds are otherwise those of the plan. */
    bool (*is_left_out)(const bench_case *c, const void *peer);
    bool (*measures_bytes)(const bench_case *c);
    int (*rounds_of)(const bench_case *c, const bench_plan *plan);
    /* One sample of a peer whose member at the case's offset is not NULL. NULL: it is a loop, which bench_measure() runs. */
    bench_sample (*measure)(const bench_case *c, const void *peer, const bench_plan *plan, int round);
    bool warms_itself;        /* its samples are alike from the first one on: no round is thrown away */
    const char *memory_title; /* what kept_bytes are; NULL: "memory kept" */
    const char *note;         /* stands below the table */
} bench_suite;

/* The same numbers below n for every peer, in no order. */
enum { BENCH_INDICES = 1 << 14 };
const uint32_t *bench_random_indices(size_t n);

/* Whether the plan asks for this peer. */
bool bench_asks_for(const bench_plan *plan, const char *peer);

/* All cases; with `only` not NULL just those of that name. Rows go to results.tsv, the table to stdout. */
void bench_cases_run(const bench_suite *suite, const bench_plan *plan, const char *only);

#endif
