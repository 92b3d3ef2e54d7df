/* SPDX-License-Identifier: MIT */
/* Rounds, rows and the table of a suite that is a list of cases. */
#include "cases.h"
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More columns than this are too wide with the spread beside each median. */
enum { WIDE_COLUMNS_MAX = 5 };

/* And with more than these the ratios stand on a line of their own. */
enum { ONE_LINE_MAX = 8 };

typedef struct case_figures {
    bench_series figure[BENCH_PEERS_MAX]; /* what the case is about: wall time, or bytes */
    bench_series cpu[BENCH_PEERS_MAX], memory[BENCH_PEERS_MAX];
    bench_series overlap[BENCH_PEERS_MAX], writes[BENCH_PEERS_MAX];
} case_figures;

static const char *name_of(const bench_suite *suite, int peer) {
    const char *name;
    memcpy(&name, suite->peers[peer], sizeof name);
    return name;
}

static bench_loop loop_of(const bench_suite *suite, int peer, const bench_case *c) {
    bench_loop loop;
    memcpy(&loop, (const char *)suite->peers[peer] + c->loop, sizeof loop);
    return loop;
}

static bool measures_bytes(const bench_suite *suite, const bench_case *c) {
    return suite->measures_bytes != NULL && suite->measures_bytes(c);
}

const uint32_t *bench_random_indices(size_t n) {
    static uint32_t indices[BENCH_INDICES];
    uint64_t state = 42;
    for (size_t i = 0; i < BENCH_INDICES; i++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        indices[i] = (uint32_t)((state >> 33) % n);
    }
    return indices;
}

bool bench_asks_for(const bench_plan *plan, const char *peer) {
    bool asked = plan->peers == NULL;
    for (const char *at = plan->peers; at != NULL && !asked;) {
        size_t length = strcspn(at, ",");
        asked = length == strlen(peer) && memcmp(at, peer, length) == 0;
        at = at[length] == ',' ? at + length + 1 : NULL;
    }
    return asked;
}

static bool takes_part(const bench_suite *suite, int peer, const bench_case *c, const bench_plan *plan) {
    return loop_of(suite, peer, c) != NULL && bench_asks_for(plan, name_of(suite, peer)) &&
           !(suite->is_left_out != NULL && suite->is_left_out(c, suite->peers[peer]));
}

static int rounds_of(const bench_suite *suite, const bench_case *c, const bench_plan *plan) {
    return suite->rounds_of == NULL ? plan->rounds : suite->rounds_of(c, plan);
}

static bool is_wanted(const bench_case *c, const char *only) { return only == NULL || strcmp(c->name, only) == 0; }

/* ---- measuring ---- */

static bench_sample measure_once(const bench_suite *suite, const bench_case *c, const bench_plan *plan, int peer,
                                 int round) {
    if (suite->measure != NULL) {
        return suite->measure(c, suite->peers[peer], plan, round);
    }
    bench_run run = {.n = c->n, .threads = c->threads};
    suite->prepare(&run, c, suite->peers[peer]);
    return bench_measure(loop_of(suite, peer, c), &run, plan, round, c->name);
}

static void add_if_said(bench_series *series, double value) {
    if (value > 0) {
        bench_series_add(series, value);
    }
}

static void add_sample(case_figures *figures, int peer, const bench_sample *sample, bool bytes) {
    if (bytes) {
        bench_series_add(&figures->figure[peer], sample->bytes);
        return;
    }
    bench_series_add(&figures->figure[peer], sample->wall);
    add_if_said(&figures->cpu[peer], sample->cpu);
    add_if_said(&figures->memory[peer], sample->kept_bytes);
    add_if_said(&figures->overlap[peer], sample->overlap);
    add_if_said(&figures->writes[peer], sample->writes);
}

static void measure_case(const bench_suite *suite, const bench_case *c, const bench_plan *plan, case_figures *figures) {
    bool have_checksum = false;
    uint64_t checksum = 0;
    bool bytes = measures_bytes(suite, c);
    int rounds = rounds_of(suite, c, plan);
    for (int round = bytes || suite->warms_itself ? 1 : 0; round <= rounds; round++) { /* round 0 warms the machine */
        int order[BENCH_PEERS_MAX];
        bench_order(order, suite->peer_count, round);
        for (int turn = 0; turn < suite->peer_count; turn++) {
            int peer = order[turn];
            if (!takes_part(suite, peer, c, plan)) {
                continue;
            }
            bench_sample sample = measure_once(suite, c, plan, peer, round);
            if (have_checksum && sample.checksum != checksum) {
                bench_die("%s %s n=%zu: %s computes another checksum than the other peers", suite->name, c->name, c->n,
                          name_of(suite, peer));
            }
            checksum = sample.checksum;
            have_checksum = true;
            if (round > 0) {
                add_sample(figures, peer, &sample, bytes);
            }
        }
    }
    if (have_checksum && suite->is_right != NULL && !suite->is_right(c, checksum)) {
        bench_die("%s %s n=%zu: the loop did not do what it should", suite->name, c->name, c->n);
    }
}

/* ---- rows ---- */

static void record(const bench_suite *suite, const bench_case *c, int peer, const char *metric, const char *unit,
                   const bench_series *series) {
    if (series->count > 0) {
        bench_result(suite->name, c->name, name_of(suite, peer), c->n, c->threads, metric, unit,
                     bench_summarise(series));
    }
}

static void record_case(const bench_suite *suite, const bench_case *c, const case_figures *figures) {
    bool bytes = measures_bytes(suite, c);
    for (int peer = 0; peer < suite->peer_count; peer++) {
        record(suite, c, peer, bytes ? "bytes" : "time", bytes ? "bytes" : "ns", &figures->figure[peer]);
        record(suite, c, peer, "cpu", "ns", &figures->cpu[peer]);
        record(suite, c, peer, "memory", "bytes", &figures->memory[peer]);
        record(suite, c, peer, "overlap", "part", &figures->overlap[peer]);
        record(suite, c, peer, "writes", "1/s", &figures->writes[peer]);
    }
}

/* ---- the table ---- */

static bool is_wide(const bench_suite *suite) { return suite->peer_count <= WIDE_COLUMNS_MAX; }

static bool fits_one_line(const bench_suite *suite) { return suite->peer_count <= ONE_LINE_MAX; }

static void print_head(const bench_suite *suite) {
    printf("%-22s %8s %3s", "case", "n", "thr");
    for (int peer = 0; peer < suite->peer_count; peer++) {
        printf(is_wide(suite) ? "  %-24s" : " %8s", name_of(suite, peer));
    }
    printf("%s", is_wide(suite) || !fits_one_line(suite) ? "" : "  |");
    for (int peer = 1; peer < suite->peer_count && fits_one_line(suite); peer++) {
        printf(" %8s", name_of(suite, peer));
    }
    printf("\n");
}

static void print_cell(const bench_series *series, double shown_as, bool wide) {
    char text[16], low[16], high[16], cell[64] = "-";
    bench_summary s = bench_summarise(series);
    if (!wide) {
        printf(" %8s", s.rounds > 0 ? bench_figure(s.median / shown_as, text) : "-");
        return;
    }
    if (s.rounds > 0) {
        snprintf(cell, sizeof cell, "%s (%s-%s)", bench_figure(s.median / shown_as, text),
                 bench_figure(s.min / shown_as, low), bench_figure(s.max / shown_as, high));
    }
    printf("  %-24s", cell);
}

static void print_ratio(const bench_series *cow, const bench_series *peer) {
    char text[16];
    bool both = cow->count > 0 && peer->count > 0;
    printf(" %8s", both ? bench_figure(bench_summarise(cow).median / bench_summarise(peer).median, text) : "-");
}

static void print_figures(const bench_suite *suite, const bench_series series[BENCH_PEERS_MAX], double shown_as) {
    for (int peer = 0; peer < suite->peer_count; peer++) {
        print_cell(&series[peer], shown_as, is_wide(suite));
    }
}

static void print_ratios(const bench_suite *suite, const bench_series series[BENCH_PEERS_MAX]) {
    for (int peer = 1; peer < suite->peer_count; peer++) {
        print_ratio(&series[0], &series[peer]);
    }
}

static void print_row(const bench_suite *suite, const bench_series series[BENCH_PEERS_MAX], double shown_as) {
    print_figures(suite, series, shown_as);
    if (fits_one_line(suite)) {
        printf("%s", is_wide(suite) ? "" : "  |");
        print_ratios(suite, series);
    }
    printf("\n");
}

/* A line below the figures; without ratios where they do not fit, or would say nothing. */
static void print_more(const bench_suite *suite, const char *title, const bench_series series[BENCH_PEERS_MAX],
                       double shown_as) {
    int count = 0;
    for (int peer = 0; peer < suite->peer_count; peer++) {
        count += series[peer].count;
    }
    if (count > 0) {
        printf("  %-32s ", title);
        print_figures(suite, series, shown_as);
        printf("\n");
    }
}

static void print_case(const bench_suite *suite, const bench_case *c, const case_figures *figures) {
    printf("%-22s %8zu %3d", c->name, c->n, c->threads);
    print_row(suite, figures->figure, 1);
    if (!fits_one_line(suite)) {
        printf("  %-32s %9s", "cow's / the peer's", "");
        print_ratios(suite, figures->figure);
        printf("\n");
    }
    if (figures->memory[0].count > 0) {
        printf("  %-20s %8s %3s", suite->memory_title == NULL ? "memory kept, KiB" : suite->memory_title, "", "");
        print_row(suite, figures->memory, 1024);
    }
    print_more(suite, "all threads ran, % of the time", figures->overlap, 0.01);
    print_more(suite, "writes meanwhile, 1000/s", figures->writes, 1000);
}

static void print_table(const bench_suite *suite, const bench_plan *plan, const char *only, const case_figures *all) {
    printf("\n%s: ns per operation, wall clock: median%s of %d rounds%s\n", suite->name,
           is_wide(suite) ? " (min-max)" : "", plan->rounds,
           fits_one_line(suite) ? "; last columns: cow's time / the peer's" : "");
    print_head(suite);
    for (int i = 0; i < suite->case_count; i++) {
        if (is_wanted(&suite->cases[i], only)) {
            print_case(suite, &suite->cases[i], &all[i]);
        }
    }
    printf("%s%s", BENCH_SKIPPED, suite->note);
}

void bench_cases_run(const bench_suite *suite, const bench_plan *plan, const char *only) {
    case_figures *figures = calloc((size_t)suite->case_count, sizeof *figures);
    if (figures == NULL) {
        bench_die("out of memory for the figures");
    }
    int measured = 0;
    for (int i = 0; i < suite->case_count; i++) {
        const bench_case *c = &suite->cases[i];
        if (!is_wanted(c, only)) {
            continue;
        }
        bench_progress("%s: case %d of %d: %s n=%zu threads=%d, %d peers, %d rounds", suite->name, i + 1,
                       suite->case_count, c->name, c->n, c->threads, suite->peer_count, rounds_of(suite, c, plan));
        measure_case(suite, c, plan, &figures[i]);
        record_case(suite, c, &figures[i]);
        measured++;
    }
    bench_progress_end();
    if (measured > 0) {
        print_table(suite, plan, only, figures);
    } else {
        printf("%s: no case %s\n", suite->name, only);
    }
    free(figures);
}
