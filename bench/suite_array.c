/* SPDX-License-Identifier: MIT */
/* Suite `array`: the price of single operations on arrays of uint64_t, every peer in turn in every round. */
#include "peers/array_peer.h"
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEERS_MAX = 8, INDEX_COUNT = 1 << 14 };

static const array_peer *const peers[] = {
    &array_cow, &array_raw, &array_std,
#ifdef BENCH_QT
    &array_qt,
#endif
#ifdef BENCH_STB
    &array_stb,
#endif
};
enum { PEERS = sizeof peers / sizeof peers[0] };

/* One line of the table. `loop` is the offset of the peer's function in array_peer. */
typedef struct array_case {
    const char *name;
    size_t loop;
    size_t n;
    int threads;
    bool appends; /* peers that copy everything get a sample of the n appends */
} array_case;

#define LOOP(member) offsetof(array_peer, member)

static const array_case cases[] = {
    {"push", LOOP(push), 1000, 1, false},
    {"push", LOOP(push), 1000000, 1, false},
    {"set", LOOP(set), 1000, 1, false},
    {"set", LOOP(set), 100000, 1, false},
    {"set_hoisted", LOOP(set_hoisted), 1000, 1, false},
    {"set_hoisted", LOOP(set_hoisted), 100000, 1, false},
    {"sum", LOOP(sum), 1000, 1, false},
    {"sum", LOOP(sum), 100000, 1, false},
    {"copy_drop", LOOP(copy_drop), 1000, 1, false},
    {"copy_drop", LOOP(copy_drop), 1000, 2, false},
    {"push_front", LOOP(push_front), 10000, 1, false},
    {"detach_1k", LOOP(detach), 128, 1, false},
    {"detach_1k", LOOP(detach), 128, 2, false},
    {"detach_1m", LOOP(detach), 131072, 1, false},
    {"detach_64m", LOOP(detach), 8388608, 1, false},
    {"append_snapshot", LOOP(append_snapshot), 1000, 1, true},
    {"append_snapshot", LOOP(append_snapshot), 10000, 1, true},
    {"append_snapshot", LOOP(append_snapshot), 100000, 1, true},
    {"append_snapshot", LOOP(append_snapshot), 100000, 2, true},
    {"append_snapshot", LOOP(append_snapshot), 1000000, 1, true},
    {"append_snapshot_latest", LOOP(append_snapshot_latest), 100000, 1, true},
    {"set_snapshot", LOOP(set_snapshot), 100000, 1, false},
};
enum { CASES = sizeof cases / sizeof cases[0] };

typedef struct case_figures {
    bench_series wall[PEERS], cpu[PEERS];
} case_figures;

static bench_loop loop_of(const array_peer *peer, const array_case *c) {
    bench_loop loop;
    memcpy(&loop, (const char *)peer + c->loop, sizeof loop);
    return loop;
}

static const uint32_t *random_indices(size_t n) {
    static uint32_t indices[INDEX_COUNT];
    uint64_t state = 42;
    for (size_t i = 0; i < INDEX_COUNT; i++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        indices[i] = (uint32_t)((state >> 33) % n);
    }
    return indices;
}

/* Copying peers would move n*n/2 elements. Beyond a few megabytes they time a sample: equal stretches spread over the
 * growth, so that the mean length copied is the same n/2 and the mean per append is that of the full run. */
static void plan_appends(bench_run *run, const array_peer *peer) {
    run->blocks = 1;
    run->block_len = run->n;
    if (peer->shares_appends || run->n <= 1000) {
        return;
    }
    run->blocks = run->n >= 1000000 ? 8 : 16;
    run->block_len = run->n >= 1000000 ? 4 : 8;
}

static void measure_case(const array_case *c, const bench_plan *plan, case_figures *figures) {
    bench_run run = {.n = c->n, .threads = c->threads, .indices = random_indices(c->n), .index_count = INDEX_COUNT};
    bool have_checksum = false;
    uint64_t checksum = 0;
    for (int round = 0; round <= plan->rounds; round++) {
        int order[PEERS_MAX];
        bench_order(order, PEERS, round);
        for (int turn = 0; turn < PEERS; turn++) {
            int which = order[turn];
            const array_peer *peer = peers[which];
            if (c->appends) {
                plan_appends(&run, peer);
            }
            bench_sample sample = bench_measure(loop_of(peer, c), &run, plan, round, c->name);
            if (have_checksum && sample.checksum != checksum) {
                bench_die("array %s n=%zu: %s computes another checksum than the other peers", c->name, c->n,
                          peer->name);
            }
            checksum = sample.checksum;
            have_checksum = true;
            if (round > 0) { /* round 0 warms the machine */
                bench_series_add(&figures->wall[which], sample.wall);
                bench_series_add(&figures->cpu[which], sample.cpu);
            }
        }
    }
    if (c->appends && checksum != 1) {
        bench_die("array %s n=%zu: a snapshot does not hold what it should", c->name, c->n);
    }
}

static void record_case(const array_case *c, const case_figures *figures) {
    for (int i = 0; i < PEERS; i++) {
        bench_result("array", c->name, peers[i]->name, c->n, c->threads, "time", "ns",
                     bench_summarise(&figures->wall[i]));
        bench_result("array", c->name, peers[i]->name, c->n, c->threads, "cpu", "ns",
                     bench_summarise(&figures->cpu[i]));
    }
}

static void print_head(void) {
    printf("%-22s %8s %3s", "case", "n", "thr");
    for (int i = 0; i < PEERS; i++) {
        printf("  %-24s", peers[i]->name);
    }
    for (int i = 1; i < PEERS; i++) {
        printf(" %8s", peers[i]->name);
    }
    printf("\n");
}

static void print_case(const array_case *c, const case_figures *figures) {
    char text[16], low[16], high[16], cell[64];
    double cow = bench_summarise(&figures->wall[0]).median;
    printf("%-22s %8zu %3d", c->name, c->n, c->threads);
    for (int i = 0; i < PEERS; i++) {
        bench_summary s = bench_summarise(&figures->wall[i]);
        snprintf(cell, sizeof cell, "%s (%s-%s)", bench_figure(s.median, text), bench_figure(s.min, low),
                 bench_figure(s.max, high));
        printf("  %-24s", cell);
    }
    for (int i = 1; i < PEERS; i++) {
        printf(" %8s", bench_figure(cow / bench_summarise(&figures->wall[i]).median, text));
    }
    printf("\n");
}

void suite_array(const bench_plan *plan, const char *only) {
    static case_figures figures[CASES];
    for (size_t i = 0; i < CASES; i++) {
        if (only != NULL && strcmp(cases[i].name, only) != 0) {
            continue;
        }
        bench_progress("array: case %zu of %d: %s n=%zu threads=%d, %d peers, %d rounds", i + 1, (int)CASES,
                       cases[i].name, cases[i].n, cases[i].threads, (int)PEERS, plan->rounds);
        figures[i] = (case_figures){0};
        measure_case(&cases[i], plan, &figures[i]);
        record_case(&cases[i], &figures[i]);
    }
    bench_progress_end();
    printf(
        "\narray: ns per operation, wall clock: median (min-max) of %d rounds; last columns: cow's time / the peer's\n",
        plan->rounds);
    print_head();
    for (size_t i = 0; i < CASES; i++) {
        if (only == NULL || strcmp(cases[i].name, only) == 0) {
            print_case(&cases[i], &figures[i]);
        }
    }
    if (BENCH_SKIPPED[0] != '\0') {
        printf("%s", BENCH_SKIPPED);
    }
    printf("append_snapshot*: from n=1e4 the peers that copy time a sample of the appends, spread evenly over the "
           "growth.\n");
}
