/* SPDX-License-Identifier: MIT */
/* Suite `snapshot`, the main job: a list of words grows while readers take snapshots of it and sum them whole; once with
 * the words as records, once as strings (rows `snapshot_str`). This file knows the configurations, the peers and the
 * tables; one measurement is snapshot_job.c. */
#include "snapshot_job.h"
#include "suites.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct figure_name {
    const char *metric, *unit;
    const char *title; /* NULL: in results.tsv only */
    double shown_as;   /* the table shows the figure divided by this */
} figure_name;

static const figure_name names[FIGURES] = {
    [FIGURE_SCAN] = {"time", "ns", "reader: ns per element scanned", 1},
    [FIGURE_SCAN_CPU] = {"cpu", "ns", NULL, 1},
    [FIGURE_SCANS] = {"scans", "1/s", "reader: whole scans per second, all readers together", 1},
    [FIGURE_TAKE_DROP] = {"take_drop", "ns", "reader: ns to take and drop a snapshot (median; R=0: the held ones)", 1},
    [FIGURE_TAKE_DROP_MEAN] = {"take_drop_mean", "ns", NULL, 1},
    [FIGURE_THROUGHPUT] = {"throughput", "1/s", "writer at full speed: appends per second", 1},
    [FIGURE_COPIED] = {"copied", "bytes", "bytes copied per append at full speed", 1},
    [FIGURE_PEAK_PSS] = {"peak_pss", "KiB", "peak Pss in MiB, children included", 1024},
    [FIGURE_P50] = {"latency_p50", "ns", "append latency p50 in microseconds, from the intended start", 1000},
    [FIGURE_P99] = {"latency_p99", "ns", "append latency p99 in microseconds, from the intended start", 1000},
    [FIGURE_P999] = {"latency_p999", "ns", "append latency p99.9 in microseconds, from the intended start", 1000},
    [FIGURE_MAX] = {"latency_max", "ns", "append latency maximum in microseconds, from the intended start", 1000},
    [FIGURE_LATE] = {"late", "per mille", "appends due but not done when the time was over, per thousand", 1},
};

/* What the list holds, and who is asked about it. */
typedef struct job_kind {
    const char *suite;   /* in results.tsv */
    const char *holding; /* in the heading */
    bool texts;
    const snapshot_peer *const *natives;
    int native_count;
    int reader_counts, held_counts; /* how many of the lists below it takes */
} job_kind;

enum { CONFIGURATIONS_MAX = 9, PEERS_MAX = 8, STRINGS_BYTES_MAX = 256 << 20 };

static const int reader_count_list[] = {0, 1, 2};
static const int held_count_list[] = {0, 1, 4};

static const snapshot_peer *const record_peers[] = {
    &snapshot_cow,
    &snapshot_rwlock,
#ifdef BENCH_QT
    &snapshot_qt,
#endif
    &snapshot_fork,
};

static const snapshot_peer *const string_peers[] = {
    &snapshot_str_cow,
    &snapshot_str_rwlock,
#ifdef BENCH_QT
    &snapshot_str_qt,
#endif
};

static const job_kind records = {
    .suite = "snapshot",
    .holding = "as records of 32 bytes",
    .natives = record_peers,
    .native_count = sizeof record_peers / sizeof record_peers[0],
    .reader_counts = 3,
    .held_counts = 3,
};

static const job_kind strings = {
    .suite = "snapshot_str",
    .holding = "as strings",
    .texts = true,
    .natives = string_peers,
    .native_count = sizeof string_peers / sizeof string_peers[0],
    .reader_counts = 2,
    .held_counts = 2,
};

typedef struct suite {
    const bench_plan *plan;
    const job_kind *kind;
    bench_words words;
    const char *input, *java;
    int configurations, peers;
    bench_series series[CONFIGURATIONS_MAX][PEERS_MAX][FIGURES];
} suite;

/* Java comes after the peers of this program. */
static bool is_java(const suite *s, int peer) { return peer == s->kind->native_count; }

static const char *peer_name(const suite *s, int peer) {
    return is_java(s, peer) ? "java" : s->kind->natives[peer]->name;
}

/* ---- one measurement, in a process of its own ---- */

static void measure_native(const suite *s, const snapshot_peer *peer, const snapshot_setting *setting, bool paced,
                           double figures[FIGURES]) {
    double *shared = mmap(NULL, FIGURES * sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        bench_die("no memory for a result: %s", strerror(errno));
    }
    memcpy(shared, figures, FIGURES * sizeof *shared);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        snapshot_run(peer, &s->words, setting, paced, shared);
        _exit(0);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (child < 0 || status != 0) {
        bench_die("%s: %s with %d readers and %d held failed (wait status %d)", s->kind->suite, peer->name,
                  setting->readers, setting->held, status);
    }
    memcpy(figures, shared, FIGURES * sizeof *shared);
    munmap(shared, FIGURES * sizeof *shared);
}

static void start_java(const suite *s, const snapshot_setting *setting, int output) {
    char text[12][32];
    snprintf(text[0], 32, "%d", setting->readers);
    snprintf(text[1], 32, "%d", setting->held);
    snprintf(text[2], 32, "%.3f", setting->warm_s);
    snprintf(text[3], 32, "%.3f", setting->full_speed_s);
    snprintf(text[4], 32, "%.3f", setting->paced_s);
    snprintf(text[5], 32, "%.1f", setting->rate);
    snprintf(text[6], 32, "%d", HOLD_EVERY);
    snprintf(text[7], 32, "%zu", snapshot_full_speed_start(s->words.n));
    snprintf(text[8], 32, "%zu", snapshot_paced_start(s->words.n, setting));
    snprintf(text[9], 32, "%d", setting->readers + 1 <= bench_cpus());
    snprintf(text[10], 32, "%zu", s->words.n);
    snprintf(text[11], 32, "%d", BENCH_WORD_LONGEST);
    dup2(output, STDOUT_FILENO);
    execlp("java", "java", "-Xmx2g", "-cp", s->java, "CowalBench", s->input, text[0], text[1], text[2], text[3],
           text[4], text[5], text[6], text[7], text[8], text[9], text[10], text[11],
           s->kind->texts ? "strings" : "records", (char *)NULL);
    bench_die("cannot start java: %s", strerror(errno));
}

/* The Java program prints one "metric value" a line, and the checksum of all words, which must be ours. */
static void read_java(const suite *s, FILE *lines, double figures[FIGURES]) {
    const uint64_t *prefix = s->kind->texts ? s->words.text_prefix : s->words.prefix;
    char key[64], value[64];
    bool checked = false;
    while (fscanf(lines, "%63s %63s", key, value) == 2) {
        if (strcmp(key, "checksum") == 0) {
            checked = strtoull(value, NULL, 10) == prefix[s->words.n];
        }
        for (int i = 0; i < FIGURES; i++) {
            if (strcmp(key, names[i].metric) == 0) {
                figures[i] = strtod(value, NULL);
            }
        }
    }
    if (!checked) {
        bench_die("java computes another checksum of the words");
    }
}

static void measure_java(const suite *s, const snapshot_setting *setting, double figures[FIGURES]) {
    int channel[2];
    int status = 0;
    if (pipe(channel) != 0) {
        bench_die("cannot make a pipe: %s", strerror(errno));
    }
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(channel[0]);
        start_java(s, setting, channel[1]);
    }
    close(channel[1]);
    FILE *lines = fdopen(channel[0], "r");
    read_java(s, lines, figures);
    fclose(lines);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (child < 0 || status != 0) {
        bench_die("the Java peer failed (wait status %d)", status);
    }
}

static snapshot_setting setting_of(const suite *s, int configuration) {
    const bench_plan *plan = s->plan;
    snapshot_setting setting = {
        .texts = s->kind->texts,
        .readers = reader_count_list[configuration / s->kind->held_counts],
        .held = held_count_list[configuration % s->kind->held_counts],
        .warm_s = 0.1,
        .full_speed_s = plan->quick  ? 0.2
                        : plan->full ? 1.0
                                     : 0.5,
        .paced_s = plan->quick  ? 0.4
                   : plan->full ? 2.0
                                : 1.0,
        .rate = 10000,
    };
    return setting;
}

static void measure(suite *s, int configuration, int peer) {
    snapshot_setting setting = setting_of(s, configuration);
    double figures[FIGURES];
    for (int i = 0; i < FIGURES; i++) {
        figures[i] = NAN;
    }
    if (is_java(s, peer)) {
        measure_java(s, &setting, figures);
    } else {
        measure_native(s, s->kind->natives[peer], &setting, false, figures);
        measure_native(s, s->kind->natives[peer], &setting, true, figures);
    }
    for (int i = 0; i < FIGURES; i++) {
        if (!isnan(figures[i])) {
            bench_series_add(&s->series[configuration][peer][i], figures[i]);
        }
    }
}

/* ---- rows and tables ---- */

static const char *configuration_name(const suite *s, int configuration, char name[32]) {
    snapshot_setting setting = setting_of(s, configuration);
    snprintf(name, 32, "r%d_k%d", setting.readers, setting.held);
    return name;
}

static bool is_wanted(const suite *s, int configuration, const char *only) {
    char name[32];
    return only == NULL || strcmp(configuration_name(s, configuration, name), only) == 0;
}

static void record_rows(const suite *s, int configuration) {
    snapshot_setting setting = setting_of(s, configuration);
    char name[32];
    configuration_name(s, configuration, name);
    for (int peer = 0; peer < s->peers; peer++) {
        for (int i = 0; i < FIGURES; i++) {
            const bench_series *series = &s->series[configuration][peer][i];
            if (series->count > 0) {
                bench_result(s->kind->suite, name, peer_name(s, peer), s->words.n, setting.readers + 1, names[i].metric,
                             names[i].unit, bench_summarise(series));
            }
        }
    }
}

static void print_cell(const bench_series *series, double shown_as) {
    char median[16], low[16], high[16], cell[64] = "-";
    bench_summary summary = bench_summarise(series);
    bench_figure(summary.median / shown_as, median);
    if (series->count == 1) {
        snprintf(cell, sizeof cell, "%s", median);
    } else if (series->count > 1) {
        snprintf(cell, sizeof cell, "%s (%s-%s)", median, bench_figure(summary.min / shown_as, low),
                 bench_figure(summary.max / shown_as, high));
    }
    printf("  %-22s", cell);
}

static void print_table(const suite *s, const char *only, int figure) {
    printf("\n%s\n%-8s", names[figure].title, "R  K");
    for (int peer = 0; peer < s->peers; peer++) {
        printf("  %-22s", peer_name(s, peer));
    }
    printf("\n");
    for (int configuration = 0; configuration < s->configurations; configuration++) {
        if (!is_wanted(s, configuration, only)) {
            continue;
        }
        snapshot_setting setting = setting_of(s, configuration);
        printf("%d  %d%-4s", setting.readers, setting.held, setting.readers + 1 > bench_cpus() ? " *" : "");
        for (int peer = 0; peer < s->peers; peer++) {
            print_cell(&s->series[configuration][peer][figure], names[figure].shown_as);
        }
        printf("\n");
    }
}

static void print_tables(const suite *s, const char *only) {
    snapshot_setting setting = setting_of(s, 0);
    printf("\n%s: %zu words of %s %s; R readers, K held snapshots; median (min-max) of %d rounds\n", s->kind->suite,
           s->words.n, s->input, s->kind->holding, s->plan->rounds);
    printf("paced runs: %.0f appends per second for %.1f s; runs at full speed: %.1f s\n", setting.rate,
           setting.paced_s, setting.full_speed_s);
    for (int figure = 0; figure < FIGURES; figure++) {
        if (names[figure].title != NULL) {
            print_table(s, only, figure);
        }
    }
    printf("\n* oversubscribed: more threads than the %d CPUs here; wall times contain waiting for a CPU\n",
           bench_cpus());
    if (BENCH_SKIPPED[0] != '\0') {
        printf("%s", BENCH_SKIPPED);
    }
    if (s->java == NULL) {
        printf("java: skipped (no JDK: apt-get install default-jdk-headless)\n");
    }
}

/* ---- the two jobs ---- */

static void run_round(suite *s, const char *only, int round) {
    for (int configuration = 0; configuration < s->configurations; configuration++) {
        snapshot_setting setting = setting_of(s, configuration);
        int order[PEERS_MAX];
        if (!is_wanted(s, configuration, only)) {
            continue;
        }
        bench_order(order, s->peers, round * s->configurations + configuration);
        bench_progress("%s: round %d of %d: R=%d K=%d, %d peers", s->kind->suite, round + 1, s->plan->rounds,
                       setting.readers, setting.held, s->peers);
        for (int turn = 0; turn < s->peers; turn++) {
            measure(s, configuration, order[turn]);
        }
    }
}

static void run_kind(suite *s, const job_kind *kind, const char *only) {
    s->kind = kind;
    s->configurations = kind->reader_counts * kind->held_counts;
    s->peers = kind->native_count + (s->java != NULL);
    memset(s->series, 0, sizeof s->series);
    for (int round = 0; round < s->plan->rounds; round++) {
        run_round(s, only, round);
    }
    bench_progress_end();
    for (int configuration = 0; configuration < s->configurations; configuration++) {
        record_rows(s, configuration);
    }
    print_tables(s, only);
}

void suite_snapshot(const bench_plan *plan, const char *only, const char *input, const char *java) {
    static suite s;
    s.plan = plan;
    s.input = input;
    s.java = java;
    s.words = bench_words_read(input);
    run_kind(&s, &records, only);
    if (s.words.bytes > STRINGS_BYTES_MAX) {
        printf("snapshot_str: skipped (%s has more than %d MiB: the deep copies of some peers would fill the memory)\n",
               input, STRINGS_BYTES_MAX >> 20);
        return;
    }
    run_kind(&s, &strings, only);
}
