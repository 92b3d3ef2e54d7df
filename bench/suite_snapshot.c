/* SPDX-License-Identifier: MIT */
/* Suite `snapshot`, the main job: a list of words grows while readers take snapshots of it and sum them whole; once with
 * the words as records, once as strings (rows `snapshot_str`). And the same with a table whose records are edited: as a map
 * (rows `snapshot_map`), and as records of one width in a gibibyte, which are saved, too (rows `snapshot_paged`). This file
 * knows the configurations, the peers and the tables; one measurement is snapshot_job.c. */
#include "cases.h"
#include "peers/snapshot_rows.h"
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
    [FIGURE_TAKE] = {"take", "ns", "us to take a snapshot alone, waiting for the lock included (median)", 1000},
    [FIGURE_SAVE] = {"save", "ns", "ms to take a snapshot, write it to a file and drop it (median)", 1e6},
    [FIGURE_SAVER_CPU] = {"saver_cpu", "ns", "the same: CPU time in ms of the thread or process that does it", 1e6},
    [FIGURE_CYCLE_CPU] = {"cycle_cpu", "ns", "the same, and what the writer needs more than alone, CPU time in ms",
                          1e6},
    [FIGURE_THROUGHPUT] = {"throughput", "1/s", "writer at full speed: writes per second", 1},
    [FIGURE_WRITE_CPU] = {"write_cpu", "ns", "CPU ns of the writer per write at full speed, system time included", 1},
    [FIGURE_COPIED] = {"copied", "bytes", "bytes copied per write at full speed", 1},
    [FIGURE_PEAK_PSS] = {"peak_pss", "KiB", "peak Pss in MiB, children included", 1024},
    [FIGURE_EXTRA] = {"extra", "KiB", "memory: MiB (Pss) more than before the first snapshot, peak, children included",
                      1024},
    [FIGURE_P50] = {"latency_p50", "ns", "write latency p50 in microseconds, from the intended start", 1000},
    [FIGURE_P99] = {"latency_p99", "ns", "write latency p99 in microseconds, from the intended start", 1000},
    [FIGURE_P999] = {"latency_p999", "ns", "write latency p99.9 in microseconds, from the intended start", 1000},
    [FIGURE_MAX] = {"latency_max", "ns", "write latency maximum in microseconds, from the intended start", 1000},
    [FIGURE_LATE] = {"late", "per mille", "writes due but not done when the time was over, per thousand", 1},
};

/* Where Clojure's classes are; bench.mk knows. */
#ifndef BENCH_CLOJURE
#define BENCH_CLOJURE ""
#endif

typedef struct job_shape {
    int readers, held;
    bool saving;
} job_shape;

/* What the container holds, and who is asked about it. */
typedef struct job_kind {
    const char *suite;                        /* in results.tsv */
    const char *elements, *holding, *writing; /* in the heading */
    bool table, texts;
    bool paged; /* the records have one width, and fill ROWS_BYTES */
    const snapshot_peer *const *natives;
    int native_count;
    const char *java; /* the peer in Java, if there is one */
    const job_shape *shapes;
    int count, full_count; /* the first `count` configurations are measured, in full `full_count` */
} job_kind;

enum { CONFIGURATIONS_MAX = 9, PEERS_MAX = 8, STRINGS_BYTES_MAX = 256 << 20, EDITS_IN_CHECKSUM = 1000 };
enum { ROWS_BYTES = 1 << 30, QUICK_ROWS_BYTES = 64 << 20, SAVED_BYTES = 512 << 20 };

#define SHAPE(readers, held) \
    { readers, held, false }
static const job_shape every_shape[] = {SHAPE(0, 0), SHAPE(0, 1), SHAPE(0, 4), SHAPE(1, 0), SHAPE(1, 1),
                                        SHAPE(1, 4), SHAPE(2, 0), SHAPE(2, 1), SHAPE(2, 4)};
static const job_shape few_shapes[] = {SHAPE(0, 0), SHAPE(0, 1), SHAPE(1, 0), SHAPE(1, 1)};
static const job_shape table_shapes[] = {SHAPE(0, 0), SHAPE(0, 4), SHAPE(1, 4), SHAPE(1, 0), SHAPE(2, 0), SHAPE(2, 4)};
static const job_shape paged_shapes[] = {SHAPE(0, 0), {0, 0, true}, SHAPE(0, 1), SHAPE(1, 0), SHAPE(1, 1)};

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

static const snapshot_peer *const table_peers[] = {
    &snapshot_map_cow,
#ifdef BENCH_QT
    &snapshot_map_qt,
#endif
    &snapshot_map_fork,
};

static const snapshot_peer *const paged_peers[] = {&snapshot_paged_cow, &snapshot_paged_fork, &snapshot_paged_copy};

static const job_kind records = {
    .suite = "snapshot",
    .elements = "words",
    .holding = "as records of 32 bytes",
    .writing = "a write is an append; the oldest held snapshot is renewed after every 1,000 of them",
    .natives = record_peers,
    .native_count = sizeof record_peers / sizeof record_peers[0],
    .java = "java",
    .shapes = every_shape,
    .count = 9,
    .full_count = 9,
};

static const job_kind strings = {
    .suite = "snapshot_str",
    .elements = "words",
    .holding = "as strings",
    .writing = "a write is an append; the oldest held snapshot is renewed after every 1,000 of them",
    .texts = true,
    .natives = string_peers,
    .native_count = sizeof string_peers / sizeof string_peers[0],
    .java = "java",
    .shapes = few_shapes,
    .count = 4,
    .full_count = 4,
};

static const job_kind table = {
    .suite = "snapshot_map",
    .elements = "records",
    .holding = "in a map",
    .writing = "a write is an edit of a random record; the oldest held snapshot is renewed every 100 ms",
    .table = true,
    .natives = table_peers,
    .native_count = sizeof table_peers / sizeof table_peers[0],
    .java = "clojure",
    .shapes = table_shapes,
    .count = 3,
    .full_count = 6,
};

static const job_kind paged = {
    .suite = "snapshot_paged",
    .elements = "records",
    .holding = "in a table of one width",
    .writing =
        "a write is an edit of a random record; the oldest held snapshot is renewed every 100 ms; save: one thread "
        "saves, nobody reads",
    .table = true,
    .paged = true,
    .natives = paged_peers,
    .native_count = sizeof paged_peers / sizeof paged_peers[0],
    .shapes = paged_shapes,
    .count = 4,
    .full_count = 5,
};

typedef struct suite {
    const bench_plan *plan;
    const job_kind *kind;
    snapshot_input in;
    FILE *registry_file; /* the registry once more, for Java */
    size_t n;            /* words of the list, or records of the table */
    const char *input, *java;
    int configurations, peers, rounds;
    bench_series series[CONFIGURATIONS_MAX][PEERS_MAX][FIGURES];
} suite;

static bool has_java(const suite *s) {
    return s->java != NULL && s->kind->java != NULL && (!s->kind->table || BENCH_CLOJURE[0] != '\0');
}

/* Java comes after the peers of this program. */
static bool is_java(const suite *s, int peer) { return peer == s->kind->native_count; }

static const char *peer_name(const suite *s, int peer) {
    return is_java(s, peer) ? s->kind->java : s->kind->natives[peer]->name;
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
        snapshot_run(peer, &s->in, setting, paced, shared);
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

/* A list is always written at a pace, too. A table only beside readers, in the interest of time; one of one width beside
 * anybody. */
static double paced_seconds(const suite *s, const snapshot_setting *setting) {
    bool alone = setting->readers == 0 && (!s->kind->paged || setting->held + setting->saves == 0);
    return s->kind->table && alone ? 0 : setting->paced_s;
}

/* The registry comes through the standard input, as nobody should have to parse CSV twice. */
static void start_clojure(const suite *s, const snapshot_setting *setting) {
    char text[8][32];
    char path[4096];
    snprintf(path, sizeof path, "%s:%s", s->java, BENCH_CLOJURE);
    snprintf(text[0], 32, "%d", setting->readers);
    snprintf(text[1], 32, "%d", setting->held);
    snprintf(text[2], 32, "%.3f", setting->warm_s);
    snprintf(text[3], 32, "%.3f", setting->full_speed_s);
    snprintf(text[4], 32, "%.3f", paced_seconds(s, setting));
    snprintf(text[5], 32, "%.1f", setting->rate);
    snprintf(text[6], 32, "%d", HOLD_EVERY_MS);
    snprintf(text[7], 32, "%d", setting->readers + 1 <= bench_cpus());
    rewind(s->registry_file);
    dup2(fileno(s->registry_file), STDIN_FILENO);
    execlp("java", "java", "-Xmx2g", "-cp", path, "ClojureMapBench", text[0], text[1], text[2], text[3], text[4],
           text[5], text[6], text[7], (char *)NULL);
}

static void start_java(const suite *s, const snapshot_setting *setting) {
    const bench_words *words = s->in.words;
    char text[12][32];
    snprintf(text[0], 32, "%d", setting->readers);
    snprintf(text[1], 32, "%d", setting->held);
    snprintf(text[2], 32, "%.3f", setting->warm_s);
    snprintf(text[3], 32, "%.3f", setting->full_speed_s);
    snprintf(text[4], 32, "%.3f", setting->paced_s);
    snprintf(text[5], 32, "%.1f", setting->rate);
    snprintf(text[6], 32, "%d", HOLD_EVERY);
    snprintf(text[7], 32, "%zu", snapshot_full_speed_start(words->n));
    snprintf(text[8], 32, "%zu", snapshot_paced_start(words->n, setting));
    snprintf(text[9], 32, "%d", setting->readers + 1 <= bench_cpus());
    snprintf(text[10], 32, "%zu", words->n);
    snprintf(text[11], 32, "%d", BENCH_WORD_LONGEST);
    execlp("java", "java", "-Xmx2g", "-cp", s->java, "CowalBench", s->input, text[0], text[1], text[2], text[3],
           text[4], text[5], text[6], text[7], text[8], text[9], text[10], text[11],
           s->kind->texts ? "strings" : "records", (char *)NULL);
}

/* Of a table after EDITS_IN_CHECKSUM edits, and of the keys that they belong to. */
static uint64_t checksum_of_edits(const bench_registry *registry) {
    uint64_t sum = bench_registry_expected(registry, EDITS_IN_CHECKSUM);
    for (uint64_t i = 0; i < EDITS_IN_CHECKSUM; i++) {
        sum += bench_edit_vendor(registry, i)->key;
    }
    return sum;
}

/* The checksum a Java program must find: of all words, or of the table and its edits. */
static uint64_t checksum_in_java(const suite *s) {
    if (s->kind->table) {
        return checksum_of_edits(s->in.registry);
    }
    return s->kind->texts ? s->in.words->text_prefix[s->n] : s->in.words->prefix[s->n];
}

/* A Java program prints one "metric value" a line, and its checksum. */
static void read_java(const suite *s, FILE *lines, double figures[FIGURES]) {
    char key[64], value[64];
    bool checked = false;
    while (fscanf(lines, "%63s %63s", key, value) == 2) {
        if (strcmp(key, "checksum") == 0) {
            checked = strtoull(value, NULL, 10) == checksum_in_java(s);
        }
        for (int i = 0; i < FIGURES; i++) {
            if (strcmp(key, names[i].metric) == 0) {
                figures[i] = strtod(value, NULL);
            }
        }
    }
    if (!checked) {
        bench_die("%s computes another checksum of the %s", s->kind->java, s->kind->elements);
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
        dup2(channel[1], STDOUT_FILENO);
        (s->kind->table ? start_clojure : start_java)(s, setting);
        bench_die("cannot start java: %s", strerror(errno));
    }
    close(channel[1]);
    FILE *lines = fdopen(channel[0], "r");
    read_java(s, lines, figures);
    fclose(lines);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (child < 0 || status != 0) {
        bench_die("%s failed (wait status %d)", s->kind->java, status);
    }
}

/* A gibibyte is scanned three times a second at best. What saves does so for half of one at least. */
static void set_for_paged(const suite *s, snapshot_setting *setting, bool saving) {
    setting->warm_s = 0.3;
    setting->full_speed_s = setting->paced_s = s->plan->quick ? 0.5 : s->plan->full ? 3.0 : 1.5;
    setting->memory_s = s->plan->quick ? 0.5 : 1.0;
    if (saving) {
        size_t image = s->in.rows * sizeof(snapshot_row);
        setting->saves = image < SAVED_BYTES ? (int)(SAVED_BYTES / image) : 1;
    }
}

static snapshot_setting setting_of(const suite *s, int configuration) {
    const bench_plan *plan = s->plan;
    snapshot_setting setting = {
        .texts = s->kind->texts,
        .by_clock = s->kind->table,
        .readers = s->kind->shapes[configuration].readers,
        .held = s->kind->shapes[configuration].held,
        .warm_s = 0.1,
        .full_speed_s = plan->quick  ? 0.2
                        : plan->full ? 1.0
                                     : 0.5,
        .paced_s = plan->quick  ? 0.4
                   : plan->full ? 2.0
                                : 1.0,
        .rate = 10000,
    };
    if (s->kind->paged) {
        set_for_paged(s, &setting, s->kind->shapes[configuration].saving);
    } else if (s->kind->table &&
               !plan->full) { /* long enough to renew what is held, short enough for everybody's patience */
        setting.full_speed_s = 0.3;
        setting.paced_s = 0.3;
    }
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
        if (paced_seconds(s, &setting) > 0) {
            measure_native(s, s->kind->natives[peer], &setting, true, figures);
        }
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
    snprintf(name, 32, setting.saves > 0 ? "save" : "r%d_k%d", setting.readers, setting.held);
    return name;
}

static bool is_wanted(const suite *s, int configuration, const char *only) {
    char name[32];
    return only == NULL || strcmp(configuration_name(s, configuration, name), only) == 0;
}

static int threads_of(const snapshot_setting *setting) { return setting->readers + (setting->saves > 0) + 1; }

static void record_rows(const suite *s, int configuration) {
    snapshot_setting setting = setting_of(s, configuration);
    char name[32];
    configuration_name(s, configuration, name);
    for (int peer = 0; peer < s->peers; peer++) {
        for (int i = 0; i < FIGURES; i++) {
            const bench_series *series = &s->series[configuration][peer][i];
            if (series->count > 0) {
                bench_result(s->kind->suite, name, peer_name(s, peer), s->n, threads_of(&setting), names[i].metric,
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

static void print_configuration(const snapshot_setting *setting) {
    const char *star = threads_of(setting) > bench_cpus() ? " *" : "";
    if (setting->saves > 0) {
        printf("save%-4s", star);
    } else {
        printf("%d  %d%-4s", setting->readers, setting->held, star);
    }
}

/* Whether any configuration has the figure. */
static bool is_there(const suite *s, int figure) {
    int count = 0;
    for (int configuration = 0; configuration < s->configurations; configuration++) {
        for (int peer = 0; peer < s->peers; peer++) {
            count += s->series[configuration][peer][figure].count;
        }
    }
    return count > 0;
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
        print_configuration(&setting);
        for (int peer = 0; peer < s->peers; peer++) {
            print_cell(&s->series[configuration][peer][figure], names[figure].shown_as);
        }
        printf("\n");
    }
}

static void print_tables(const suite *s, const char *only) {
    snapshot_setting setting = setting_of(s, 0);
    printf("\n%s: %zu %s of %s %s; R readers, K held snapshots; median (min-max) of %d rounds\n", s->kind->suite, s->n,
           s->kind->elements, s->kind->table ? BENCH_REGISTRY : s->input, s->kind->holding, s->rounds);
    if (s->kind->paged) {
        printf("%zu MiB, the registry again and again; ", s->in.rows * sizeof(snapshot_row) >> 20);
    }
    printf("%s\n", s->kind->writing);
    printf("paced runs: %.0f writes per second for %.2g s; runs at full speed: %.2g s\n", setting.rate, setting.paced_s,
           setting.full_speed_s);
    for (int figure = 0; figure < FIGURES; figure++) {
        if (names[figure].title != NULL && is_there(s, figure)) {
            print_table(s, only, figure);
        }
    }
    printf("\n* oversubscribed: more threads than the %d CPUs here; wall times contain waiting for a CPU\n",
           bench_cpus());
    if (BENCH_SKIPPED[0] != '\0') {
        printf("%s", BENCH_SKIPPED);
    }
    if (s->kind->java == NULL) {
        return;
    }
    if (s->java == NULL) {
        printf("%s: skipped (no JDK: apt-get install default-jdk-headless)\n", s->kind->java);
    } else if (!has_java(s)) {
        printf("clojure: skipped (no clojure.jar: apt-get install clojure)\n");
    }
}

/* ---- the three jobs ---- */

static void run_round(suite *s, const char *only, int round) {
    for (int configuration = 0; configuration < s->configurations; configuration++) {
        snapshot_setting setting = setting_of(s, configuration);
        int order[PEERS_MAX];
        if (!is_wanted(s, configuration, only)) {
            continue;
        }
        bench_order(order, s->peers, round * s->configurations + configuration);
        bench_progress("%s: round %d of %d: R=%d K=%d%s, %d peers", s->kind->suite, round + 1, s->rounds,
                       setting.readers, setting.held, setting.saves > 0 ? " save" : "", s->peers);
        for (int turn = 0; turn < s->peers; turn++) {
            if (bench_asks_for(s->plan, peer_name(s, order[turn]))) {
                measure(s, configuration, order[turn]);
            }
        }
    }
}

static void run_kind(suite *s, const job_kind *kind, const char *only) {
    s->kind = kind;
    s->configurations = s->plan->full ? kind->full_count : kind->count;
    s->peers = kind->native_count + has_java(s);
    s->rounds = kind->paged ? (s->plan->rounds + 2) / 3 : s->plan->rounds; /* a gibibyte takes long to fill */
    memset(s->series, 0, sizeof s->series);
    for (int round = 0; round < s->rounds; round++) {
        run_round(s, only, round);
    }
    bench_progress_end();
    for (int configuration = 0; configuration < s->configurations; configuration++) {
        record_rows(s, configuration);
    }
    print_tables(s, only);
}

static void run_lists(suite *s, const char *only) {
    bench_words words = bench_words_read(s->input);
    s->in = (snapshot_input){.words = &words};
    s->n = words.n;
    run_kind(s, &records, only);
    if (words.bytes <= STRINGS_BYTES_MAX) {
        run_kind(s, &strings, only);
    } else {
        printf("snapshot_str: skipped (%s has more than %d MiB: the deep copies of some peers would fill the memory)\n",
               s->input, STRINGS_BYTES_MAX >> 20);
    }
    free(words.text); /* or its share would count as memory of the table's peers */
    free(words.word);
    free(words.prefix);
    free(words.text_prefix);
}

static void run_table(suite *s, const char *only) {
    if (access(BENCH_REGISTRY, R_OK) != 0) {
        printf("\nsnapshot_map: skipped (no %s: apt-get install ieee-data)\n", BENCH_REGISTRY);
        return;
    }
    bench_registry registry = bench_registry_read(BENCH_REGISTRY);
    s->in = (snapshot_input){.registry = &registry};
    s->n = registry.n;
    s->registry_file = tmpfile();
    if (s->registry_file == NULL) {
        bench_die("cannot make a temporary file: %s", strerror(errno));
    }
    bench_registry_write(&registry, s->registry_file);
    run_kind(s, &table, only);
    fclose(s->registry_file);
}

void suite_snapshot(const bench_plan *plan, const char *only, const char *input, const char *java) {
    static suite s;
    s.plan = plan;
    s.input = input;
    s.java = java;
    run_lists(&s, only);
    run_table(&s, only);
    suite_snapshot_paged(plan, only);
}

void suite_snapshot_paged(const bench_plan *plan, const char *only) {
    static suite s;
    size_t bytes = plan->quick ? QUICK_ROWS_BYTES : ROWS_BYTES;
    if (access(BENCH_REGISTRY, R_OK) != 0) {
        printf("\nsnapshot_paged: skipped (no %s: apt-get install ieee-data)\n", BENCH_REGISTRY);
        return;
    }
    bench_registry registry = bench_registry_read(BENCH_REGISTRY);
    bench_registry all = snapshot_rows_registry(&registry, bytes / sizeof(snapshot_row));
    s.plan = plan;
    s.in = (snapshot_input){.registry = &all, .rows = bytes / sizeof(snapshot_row)};
    s.n = s.in.rows;
    run_kind(&s, &paged, only);
}
