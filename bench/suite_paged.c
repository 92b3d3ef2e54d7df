/* SPDX-License-Identifier: MIT */
/* Suite `paged`: what snapshots of live memory cost, beside fork() and beside copying. Peers take turns in every round, each
 * time in a process of its own with memory of its own. */
#include "cases.h"
#include "paged_job.h"
#include "suites.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static const paged_peer *const peers[] = {&paged_cow,        &paged_bare,   &paged_fork, &paged_fork_huge,
                                          &paged_fork_split, &paged_memcpy, &paged_live};

enum {
    PEERS = sizeof peers / sizeof peers[0],
    COW = 1,
    BARE = 2,
    FORK = 4,
    HUGE_PAGES = 8,
    SPLIT = 16,
    MEMCPY = 32,
    LIVE = 64,
    FORKS = FORK | HUGE_PAGES | SPLIT,
};

#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)

/* Pages of a region, or a part of them in percent. */
#define PART(bytes, percent) ((bytes) / PAGED_PAGE * (percent) / 100)

typedef struct paged_case {
    const char *name;
    unsigned peers, quick_peers; /* QUICK=1 goes without the others */
    paged_setting setting;
} paged_case;

#define CUT(name, quick, size, count)                                                           \
    {                                                                                           \
        name, COW | FORKS | MEMCPY, quick, { .work = PAGED_CUT, .bytes = size, .pages = count } \
    }

/* The report plots them over what was written and over the size, so each size has them all, and each peer. */
#define CUTS(size, quick)                                                                           \
    CUT("pause_clean", quick, size, 0), CUT("pause_100", quick, size, 100),                         \
        CUT("pause_s1", quick, size, PART(size, 1)), CUT("pause_s10", quick, size, PART(size, 10)), \
        CUT("pause_s50", quick, size, PART(size, 50)), CUT("pause_dirty", quick, size, PART(size, 100))

#define SWEEP(name, peers, quick, size, count, in_order_, announced_)                                          \
    {                                                                                                          \
        name, peers, quick, {                                                                                  \
            .work = PAGED_SWEEP, .bytes = size, .pages = count, .in_order = in_order_, .announced = announced_ \
        }                                                                                                      \
    }
#define OTHER(name, peers, size, kind, count)                               \
    {                                                                       \
        name, peers, peers, { .work = kind, .bytes = size, .pages = count } \
    }

static const paged_case cases[] = {
    CUTS(64 * MIB, COW | FORKS | MEMCPY),
    SWEEP("sweep_seq", COW | BARE | FORKS | MEMCPY, COW | BARE | FORK | MEMCPY, 64 * MIB, 64 * MIB / PAGED_PAGE, true,
          false),
    SWEEP("sweep_rand", COW | BARE | FORKS, COW | BARE | FORK, 64 * MIB, 64 * MIB / PAGED_PAGE / 4, false, false),
    SWEEP("sweep_rand_told", COW | BARE | FORK, COW | BARE | FORK, 64 * MIB, 64 * MIB / PAGED_PAGE / 4, false, true),
    OTHER("scan_warm", COW | FORK | LIVE, 64 * MIB, PAGED_READ, 0),
    OTHER("private", COW | BARE | FORK, 64 * MIB, PAGED_GROWTH, 64 * MIB / PAGED_PAGE / 4),
    OTHER("demo", COW | FORK, 100 * MIB, PAGED_DEMO, 10),
    OTHER("cycle", COW | BARE | FORK, 64 * MIB, PAGED_ROLLING, 0),
    CUTS(256 * MIB, COW | FORKS),
    CUTS(GIB, COW | FORKS),
    SWEEP("sweep_seq", COW | BARE | FORKS | MEMCPY, COW | BARE | FORK | MEMCPY, GIB, 256 * MIB / PAGED_PAGE, true,
          false),
    SWEEP("sweep_rand", COW | BARE | FORKS, 0, GIB, 65536, false, false),
    SWEEP("sweep_rand_told", COW | BARE | FORK, 0, GIB, 65536, false, true),
    {"scan_warm", COW | FORK | LIVE, 0, {.work = PAGED_READ, .bytes = GIB}},
};

enum { CASES = sizeof cases / sizeof cases[0] };

/* What the columns of results.tsv call a figure, and the table. */
static const struct {
    const char *metric, *unit, *title;
    double shown_as;
} figures[PAGED_FIGURES] = {
    [PAGED_TIME] = {"time", "ns", "ns a page or write", 1},
    [PAGED_PAUSE] = {"pause", "ns", "pause, us", 1000},
    [PAGED_CYCLE_CPU] = {"cycle_cpu", "ns", "cycle CPU, us", 1000},
    [PAGED_LIVE_REFAULT] = {"live_refault", "ns", "live refault, us", 1000},
    [PAGED_SCAN_COLD] = {"scan_cold", "ns", "scan cold, us", 1000},
    [PAGED_SCAN_WARM] = {"scan_warm", "ns", "scan warm, us", 1000},
    [PAGED_REWRITE] = {"rewrite", "ns", "rewrite, us", 1000},
    [PAGED_RELEASE] = {"release", "ns", "release, us", 1000},
    [PAGED_PSS] = {"pss", "KiB", "Pss, MiB", 1024},
    [PAGED_WRITES] = {"writes", "1/s", "writes, 1000/s", 1000},
    [PAGED_STALL_P99] = {"stall_p99", "ns", "p99 of a write, us", 1000},
    [PAGED_STALL_P999] = {"stall_p999", "ns", "p99.9 of a write, us", 1000},
    [PAGED_STALL_MAX] = {"stall_max", "ns", "longest write, us", 1000},
    [PAGED_SNAPSHOTS] = {"snapshots", "1/s", "snapshots verified, 1/s", 1},
    [PAGED_PRIVATE] = {"private", "pages", "pages more a page written", 1},
    [PAGED_EXTRA] = {"extra", "bytes", "more memory, KiB", 1024},
    [PAGED_UNSHARED] = {"unshared", "part", "not shared, %", 0.01},
    [PAGED_HELD] = {"held", "bytes", "held by the snapshot, KiB", 1024},
};

typedef struct case_figures {
    bench_series series[PEERS][PAGED_FIGURES];
} case_figures;

static bool missing[PEERS]; /* peers whose memory this system does not have */

/* ---- measuring ---- */

/* One sample, in a process of its own. Returns what has come of it in shared memory: a flag, and the figures. */
static void measure_in_child(const paged_peer *peer, const paged_setting *setting, double *shared) {
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        shared[PAGED_FIGURES] = paged_run(peer, setting, shared) ? 1 : 0;
        _exit(0);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (child < 0 || status != 0) {
        bench_die("paged: %s failed (wait status %d)", peer->name, status);
    }
}

static void measure(const paged_case *c, int peer, case_figures *into) {
    double *shared =
        mmap(NULL, (PAGED_FIGURES + 1) * sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    paged_setting setting = c->setting;
    if (shared == MAP_FAILED) {
        bench_die("no memory for a result: %s", strerror(errno));
    }
    for (int i = 0; i < PAGED_FIGURES; i++) {
        shared[i] = NAN;
    }
    measure_in_child(peers[peer], &setting, shared);
    missing[peer] |= shared[PAGED_FIGURES] < 1;
    for (int i = 0; i < PAGED_FIGURES; i++) {
        if (!isnan(shared[i])) {
            bench_series_add(&into->series[peer][i], shared[i]);
        }
    }
    munmap(shared, (PAGED_FIGURES + 1) * sizeof *shared);
}

/* What is large takes long to fill, so fewer rounds must do. */
static int rounds_of(const paged_case *c, const bench_plan *plan) {
    bool large = c->setting.bytes >= 256 * MIB || c->setting.work == PAGED_ROLLING;
    int rounds = large ? (plan->rounds + 2) / 3 : plan->rounds;
    return plan->quick ? (large ? 1 : 2) : rounds;
}

static void measure_case(const paged_case *c, const bench_plan *plan, case_figures *into) {
    unsigned wanted = plan->quick ? c->quick_peers : c->peers;
    paged_case now = *c;
    now.setting.seconds = plan->quick ? 0.5 : plan->full ? 3.0 : 1.5;
    for (int round = 1; round <= rounds_of(c, plan); round++) {
        int order[PEERS];
        bench_order(order, PEERS, round);
        for (int turn = 0; turn < PEERS; turn++) {
            int peer = order[turn];
            if ((wanted >> peer & 1) != 0 && !missing[peer] && bench_asks_for(plan, peers[peer]->name)) {
                measure(&now, peer, into);
            }
        }
    }
}

/* ---- rows and the table ---- */

static int threads_of(const paged_case *c) { return c->setting.work == PAGED_ROLLING ? 2 : 1; }

static void record(const paged_case *c, const case_figures *f) {
    for (int peer = 0; peer < PEERS; peer++) {
        for (int i = 0; i < PAGED_FIGURES; i++) {
            if (f->series[peer][i].count > 0) {
                bench_result("paged", c->name, peers[peer]->name, c->setting.bytes, threads_of(c), figures[i].metric,
                             figures[i].unit, bench_summarise(&f->series[peer][i]));
            }
        }
    }
}

static void print_cell(const bench_series *series, double shown_as) {
    char text[16];
    bench_summary s = bench_summarise(series);
    printf(" %10s", s.rounds > 0 ? bench_figure(s.median / shown_as, text) : "-");
}

static bool says(const case_figures *f, int figure) {
    int count = 0;
    for (int peer = 0; peer < PEERS; peer++) {
        count += f->series[peer][figure].count;
    }
    return count > 0;
}

static void print_case(const paged_case *c, const case_figures *f) {
    const char *name = c->name;
    for (int i = 0; i < PAGED_FIGURES; i++) {
        if (!says(f, i)) {
            continue;
        }
        printf("%-16s %5zu  %-26s", name, c->setting.bytes / MIB, figures[i].title);
        for (int peer = 0; peer < PEERS; peer++) {
            print_cell(&f->series[peer][i], figures[i].shown_as);
        }
        printf("\n");
        name = "";
    }
}

static void print_missing(void) {
    for (int peer = 0; peer < PEERS; peer++) {
        if (missing[peer]) {
            printf("%s: skipped (this system gives no such huge pages, or no memory for them)\n", peers[peer]->name);
        }
    }
}

static void print_table(const case_figures *all) {
    printf("\npaged: medians of interleaved rounds\n%-16s %5s  %-26s", "case", "MiB", "");
    for (int peer = 0; peer < PEERS; peer++) {
        printf(" %10s", peers[peer]->name);
    }
    printf("\n");
    for (int i = 0; i < CASES; i++) {
        print_case(&cases[i], &all[i]);
    }
    print_missing();
    printf("bare: a snapshot without a view. live: the live region is scanned in place of the snapshot.\n"
           "pause_*: so many pages were written under the snapshot before (s: percent of them, scattered); refault and "
           "scans read\none word a page; rewrite writes the same pages again under the snapshot. Cycle CPU: of all "
           "processes, with system\ntime, from the cut to the drop. sweep_*: a word in each page; told: each announced "
           "by will_write. scan_warm: every word.\ncycle: a snapshot every 100 ms beside a zipf writer at full speed, "
           "each "
           "verified by a reader; CPU is that of writer\nand reader for each snapshot.\n");
}

static bool is_wanted(const paged_case *c, const bench_plan *plan, const char *only) {
    return (only == NULL || strcmp(c->name, only) == 0) && (!plan->quick || c->quick_peers != 0);
}

void suite_paged(const bench_plan *plan, const char *only) {
    case_figures *all = calloc(CASES, sizeof *all);
    if (all == NULL) {
        bench_die("out of memory for the figures");
    }
    for (int i = 0; i < CASES; i++) {
        const paged_case *c = &cases[i];
        if (!is_wanted(c, plan, only)) {
            continue;
        }
        bench_progress("paged: case %d of %d: %s, %zu MiB, %d rounds", i + 1, CASES, c->name, c->setting.bytes / MIB,
                       rounds_of(c, plan));
        if (c->setting.work == PAGED_ROLLING) {
            paged_prepare_rolling(c->setting.bytes);
        }
        measure_case(c, plan, &all[i]);
        record(c, &all[i]);
    }
    bench_progress_end();
    print_table(all);
    free(all);
}
