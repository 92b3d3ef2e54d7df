/* SPDX-License-Identifier: MIT */
/* The threads of one measurement: a writer, readers, and this thread, which watches the clock and the memory, and renews
 * what is held by the clock. */
#include "snapshot_job.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { READERS_MAX = 8, HELD_MAX = 16, TIMES_MAX = 1 << 16, TICK_MS = 50 };
enum phase { WARM_UP, MEASURE, STOP };

/* A list of times; beyond its room it keeps the newest. */
typedef struct times {
    uint64_t *ns;
    size_t room, count;
} times;

typedef struct job {
    const snapshot_peer *peer;
    const snapshot_input *in;
    const snapshot_setting *setting;
    int phase;
    bool pin;
} job;

typedef struct reader {
    job *job;
    int index;
    pthread_t thread;
    times take_drop;
    uint64_t wall_ns, cpu_ns, elements, scans;
} reader;

/* The held snapshots. All of them are taken, renewed and dropped by one thread: fork's children die with the thread that
 * made them. */
typedef struct keeper {
    job *job;
    times take_drop;
    snapshot_handle held[HELD_MAX];
    int oldest;
} keeper;

typedef struct writer {
    job *job;
    pthread_t thread;
    keeper *keeper; /* NULL: the held snapshots are renewed by the clock, not here */
    times latency;
    size_t position;
    uint64_t writes, write_ns, late;
    uint64_t copied_base, copied;
} writer;

static int phase_of(const job *j) { return __atomic_load_n(&j->phase, __ATOMIC_RELAXED); }

static times times_of(size_t room) {
    times t = {malloc(room * sizeof *t.ns), room, 0};
    if (t.ns == NULL) {
        bench_die("out of memory for the times");
    }
    memset(t.ns, 0, room * sizeof *t.ns); /* no page faults later, among what is measured */
    return t;
}

static void times_add(times *t, uint64_t ns) { t->ns[t->count++ % t->room] = ns; }

static int compare_times(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static size_t times_sort(times *t) {
    size_t count = t->count < t->room ? t->count : t->room;
    qsort(t->ns, count, sizeof *t->ns, compare_times);
    return count;
}

static double times_quantile(const times *t, size_t count, double quantile) {
    if (count == 0) {
        return NAN;
    }
    size_t rank = (size_t)ceil(quantile * (double)count);
    return (double)t->ns[rank == 0 ? 0 : rank - 1];
}

static void sleep_ms(double ms) {
    struct timespec t = {(time_t)(ms / 1000), (long)((ms - 1000 * floor(ms / 1000)) * 1e6)};
    nanosleep(&t, NULL);
}

/* ---- what is written ---- */

/* How many different writes there are. A list ends with its input, a table can be edited for ever. */
static size_t writes_of(const job *j) { return j->in->registry != NULL ? SIZE_MAX : j->in->words->n; }

/* How many elements a scan visits that has seen `writes` writes. */
static size_t elements_of(const job *j, size_t writes) { return j->in->registry != NULL ? j->in->registry->n : writes; }

/* The checksum of a scan that has seen `writes` writes. */
static uint64_t checksum_of(const job *j, size_t writes) {
    if (j->in->registry != NULL) {
        return bench_registry_expected(j->in->registry, writes);
    }
    return j->setting->texts ? j->in->words->text_prefix[writes] : j->in->words->prefix[writes];
}

/* ---- scanning ---- */

static void check_scan(const job *j, snapshot_scan s) {
    if (s.count > writes_of(j) || s.checksum != checksum_of(j, s.count)) {
        bench_die("%s: a scan of %zu %s has a wrong checksum", j->peer->name, s.count,
                  j->in->registry != NULL ? "edits" : "words");
    }
}

/* The peers in this process are timed here, fork's child times itself; what is left of the round trip belongs to
 * taking. */
static void scan_once(reader *r, bool record) {
    const snapshot_peer *peer = r->job->peer;
    snapshot_handle snapshot;
    uint64_t begin = bench_now();
    peer->take(&snapshot);
    uint64_t taken = bench_now();
    uint64_t cpu = bench_clock(CLOCK_THREAD_CPUTIME_ID);
    uint64_t scan_begin = bench_now();
    snapshot_scan s = peer->scan(&snapshot);
    BENCH_USE(&s);
    uint64_t scanned = bench_now();
    cpu = bench_clock(CLOCK_THREAD_CPUTIME_ID) - cpu;
    uint64_t before_drop = bench_now();
    peer->drop(&snapshot);
    uint64_t end = bench_now();
    check_scan(r->job, s);
    if (!record) {
        return;
    }
    uint64_t wall = s.wall_ns != 0 ? s.wall_ns : scanned - scan_begin;
    times_add(&r->take_drop, (taken - begin) + (scanned - scan_begin - wall) + (end - before_drop));
    r->wall_ns += wall;
    r->cpu_ns += s.wall_ns != 0 ? s.cpu_ns : cpu;
    r->elements += elements_of(r->job, s.count);
    r->scans++;
}

static void *read_all_the_time(void *argument) {
    reader *r = argument;
    if (r->job->pin) {
        bench_pin(1 + r->index);
    }
    for (int phase = phase_of(r->job); phase != STOP; phase = phase_of(r->job)) {
        scan_once(r, phase == MEASURE);
    }
    return NULL;
}

/* ---- holding: nothing when there is no keeper ---- */

static void hold_first(keeper *k) {
    for (int i = 0; k != NULL && i < k->job->setting->held; i++) {
        k->job->peer->take(&k->held[i]);
    }
}

/* The oldest held snapshot gives way to a new one. */
static void hold_next(keeper *k, bool record) {
    if (k == NULL || k->job->setting->held == 0) {
        return;
    }
    snapshot_handle *snapshot = &k->held[k->oldest];
    uint64_t begin = bench_now();
    k->job->peer->drop(snapshot);
    k->job->peer->take(snapshot);
    if (record) {
        times_add(&k->take_drop, bench_now() - begin);
    }
    k->oldest = (k->oldest + 1) % k->job->setting->held;
}

static void check_held(keeper *k) {
    for (int i = 0; k != NULL && i < k->job->setting->held; i++) {
        check_scan(k->job, k->job->peer->scan(&k->held[i]));
        k->job->peer->drop(&k->held[i]);
    }
}

/* ---- writing ---- */

size_t snapshot_full_speed_start(size_t n) { return n / 2; }

/* The list passes a power of two in the middle of the measured time: doubling peers must grow while they are watched.
 */
size_t snapshot_paced_start(size_t n, const snapshot_setting *setting) {
    size_t before = (size_t)(setting->rate * (setting->warm_s + setting->paced_s / 2));
    size_t after = (size_t)(setting->rate * setting->paced_s / 2);
    for (size_t boundary = (size_t)1 << 40; boundary > before; boundary /= 2) {
        if (boundary + after <= n) {
            return boundary - before;
        }
    }
    return n / 2;
}

/* Appends the second half of the list over and over, or edits on and on, in stretches of HOLD_EVERY; starting again is not
 * timed. */
static void write_at_full_speed(writer *w, int phase) {
    job *j = w->job;
    size_t n = writes_of(j);
    while (phase_of(j) == phase) {
        if (w->position == n) {
            w->position = snapshot_full_speed_start(n);
            uint64_t copied = j->peer->bytes_copied();
            j->peer->fill(j->in, w->position);
            w->copied_base += j->peer->bytes_copied() - copied;
        }
        size_t stretch = n - w->position < HOLD_EVERY ? n - w->position : HOLD_EVERY;
        uint64_t begin = bench_now();
        size_t done = j->peer->write(j->in, w->position, stretch, &j->phase, phase);
        if (done == stretch) {
            hold_next(w->keeper, phase == MEASURE);
        }
        w->write_ns += bench_now() - begin;
        w->position += done;
        w->writes += done;
    }
}

static void wait_until(const job *j, uint64_t when) {
    if (!j->pin) { /* more threads than CPUs: spinning would steal a reader's time */
        struct timespec t = {(time_t)(when / 1000000000U), (long)(when % 1000000000U)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
    }
    while (bench_now() < when) {
    }
}

/* What was due and is not done has waited until now at least: leaving it out would flatter the slow. The write that
 * fell due in the last period was not late, only cut off. */
static void count_overdue(writer *w, uint64_t start, size_t first, size_t room) {
    double period = 1e9 / w->job->setting->rate;
    uint64_t now = bench_now();
    for (size_t i = first; i < room; i++) {
        uint64_t due = start + (uint64_t)((double)i * period);
        if (due + (uint64_t)period > now) {
            break;
        }
        times_add(&w->latency, now - due);
        w->late++;
    }
}

/* Write i is due at start + i * period whatever became of the others; its latency runs from there. */
static void write_paced(writer *w, int phase) {
    job *j = w->job;
    double period = 1e9 / j->setting->rate;
    uint64_t start = bench_now();
    size_t room = writes_of(j) - w->position;
    size_t i = 0;
    for (; i < room; i++) {
        uint64_t due = start + (uint64_t)((double)i * period);
        wait_until(j, due);
        if (j->peer->write(j->in, w->position, 1, &j->phase, phase) == 0) {
            break;
        }
        w->position++;
        if (phase == MEASURE) {
            times_add(&w->latency, bench_now() - due);
            w->writes++;
        }
        if (w->position % HOLD_EVERY == 0) {
            hold_next(w->keeper, phase == MEASURE);
        }
    }
    if (phase == MEASURE) {
        count_overdue(w, start, i, room);
    }
}

static void *write_all_the_time(void *argument) {
    writer *w = argument;
    job *j = w->job;
    bool paced = w->latency.ns != NULL;
    if (j->pin) {
        bench_pin(0);
    }
    prctl(PR_SET_TIMERSLACK, 1UL); /* a sleeping writer wakes when it said */
    hold_first(w->keeper);
    for (int phase = WARM_UP; phase < STOP; phase++) {
        while (phase_of(j) < phase) {
        }
        w->writes = 0;
        w->write_ns = 0;
        w->copied_base = j->peer->bytes_copied();
        if (paced) {
            write_paced(w, phase);
        } else {
            write_at_full_speed(w, phase);
        }
    }
    w->copied = j->peer->bytes_copied() - w->copied_base;
    while (phase_of(j) != STOP) {
        sleep_ms(1);
    }
    check_held(w->keeper);
    return NULL;
}

/* ---- memory ---- */

static double pss_of(const char *pid) {
    char path[64], line[256];
    double kib = 0;
    snprintf(path, sizeof path, "/proc/%.20s/smaps_rollup", pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "Pss:", 4) == 0) {
            kib = strtod(line + 4, NULL);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return kib;
}

static double pss_of_children(const char *task) {
    char path[64], pid[32];
    double kib = 0;
    snprintf(path, sizeof path, "/proc/self/task/%.20s/children", task);
    FILE *file = fopen(path, "r");
    while (file != NULL && fscanf(file, "%31s", pid) == 1) {
        kib += pss_of(pid);
    }
    if (file != NULL) {
        fclose(file);
    }
    return kib;
}

static double pss_now(void) {
    double kib = pss_of("self");
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *e = tasks == NULL ? NULL : readdir(tasks); e != NULL; e = readdir(tasks)) {
        kib += e->d_name[0] == '.' ? 0 : pss_of_children(e->d_name);
    }
    if (tasks != NULL) {
        closedir(tasks);
    }
    return kib;
}

/* ---- one run ---- */

/* Until the time is over; meanwhile keeps snapshots by the clock, if there is a keeper, and looks at the Pss. Returns the
 * largest. */
static double watch(job *j, double seconds, bool memory, keeper *k) {
    double peak = NAN;
    uint64_t end = bench_now() + (uint64_t)(seconds * 1e9);
    for (uint64_t i = 1, now = bench_now(); now < end; i++, now = bench_now()) {
        double left = (double)(end - now) / 1e6;
        sleep_ms((memory || k != NULL) && left > TICK_MS ? TICK_MS : left);
        if (i % (HOLD_EVERY_MS / TICK_MS) == 0) {
            hold_next(k, phase_of(j) == MEASURE);
        }
        peak = memory ? fmax(peak, pss_now()) : peak;
    }
    return peak;
}

/* The Pss is looked at in the run at full speed only: reading it walks the page tables and would disturb the latencies.
 * Returns the peak. */
static double run_phases(job *j, double seconds, bool memory, keeper *k) {
    watch(j, j->setting->warm_s, false, k);
    __atomic_store_n(&j->phase, MEASURE, __ATOMIC_RELEASE);
    double peak = watch(j, seconds, memory, k);
    __atomic_store_n(&j->phase, STOP, __ATOMIC_RELEASE);
    return peak;
}

static void summarise_readers(reader *readers, int count, double seconds, times *take_drop, double *figures) {
    double wall = 0;
    double cpu = 0;
    double elements = 0;
    double scans = 0;
    for (int i = 0; i < count; i++) {
        wall += (double)readers[i].wall_ns;
        cpu += (double)readers[i].cpu_ns;
        elements += (double)readers[i].elements;
        scans += (double)readers[i].scans;
        for (size_t k = 0; k < readers[i].take_drop.count && k < readers[i].take_drop.room; k++) {
            times_add(take_drop, readers[i].take_drop.ns[k]);
        }
    }
    figures[FIGURE_SCAN] = elements > 0 ? wall / elements : NAN;
    figures[FIGURE_SCAN_CPU] = elements > 0 ? cpu / elements : NAN;
    figures[FIGURE_SCANS] = count > 0 ? scans / seconds : NAN;
}

static void summarise_take_drop(times *t, double *figures) {
    size_t count = times_sort(t);
    double total = 0;
    for (size_t i = 0; i < count; i++) {
        total += (double)t->ns[i];
    }
    figures[FIGURE_TAKE_DROP] = times_quantile(t, count, 0.5);
    figures[FIGURE_TAKE_DROP_MEAN] = count > 0 ? total / (double)count : NAN;
}

static void summarise_latency(writer *w, double *figures) {
    size_t count = times_sort(&w->latency);
    figures[FIGURE_P50] = times_quantile(&w->latency, count, 0.5);
    figures[FIGURE_P99] = times_quantile(&w->latency, count, 0.99);
    figures[FIGURE_P999] = times_quantile(&w->latency, count, 0.999);
    figures[FIGURE_MAX] = times_quantile(&w->latency, count, 1);
    figures[FIGURE_LATE] = 1000.0 * (double)w->late / (double)(w->late + w->writes + (count == 0));
}

static size_t start_of(const job *j, bool paced) {
    if (j->in->registry != NULL) {
        return 0;
    }
    return paced ? snapshot_paced_start(j->in->words->n, j->setting) : snapshot_full_speed_start(j->in->words->n);
}

void snapshot_run(const snapshot_peer *peer, const snapshot_input *in, const snapshot_setting *setting, bool paced,
                  double figures[FIGURES]) {
    job j = {.peer = peer, .in = in, .setting = setting, .phase = WARM_UP, .pin = setting->readers + 1 <= bench_cpus()};
    reader readers[READERS_MAX] = {0};
    keeper k = {.job = &j, .take_drop = times_of(TIMES_MAX)};
    keeper *by_clock = setting->by_clock ? &k : NULL;
    writer w = {.job = &j, .keeper = by_clock == NULL ? &k : NULL};
    times take_drop = times_of(TIMES_MAX);
    if (paced) {
        w.latency = times_of((size_t)(setting->rate * (setting->paced_s + 60)));
    }
    w.position = start_of(&j, paced);
    peer->fill(in, w.position);
    hold_first(by_clock);
    for (int i = 0; i < setting->readers; i++) {
        readers[i] = (reader){.job = &j, .index = i, .take_drop = times_of(TIMES_MAX)};
        pthread_create(&readers[i].thread, NULL, read_all_the_time, &readers[i]);
    }
    pthread_create(&w.thread, NULL, write_all_the_time, &w);
    double seconds = paced ? setting->paced_s : setting->full_speed_s;
    double peak = run_phases(&j, seconds, !paced, by_clock);
    pthread_join(w.thread, NULL);
    check_held(by_clock);
    for (int i = 0; i < setting->readers; i++) {
        pthread_join(readers[i].thread, NULL);
    }
    if (paced) {
        summarise_latency(&w, figures);
        return;
    }
    summarise_readers(readers, setting->readers, seconds, &take_drop, figures);
    summarise_take_drop(setting->readers > 0 ? &take_drop : &k.take_drop, figures);
    figures[FIGURE_THROUGHPUT] = (double)w.writes * 1e9 / (double)w.write_ns;
    figures[FIGURE_COPIED] = (double)w.copied / (double)(w.writes + (w.writes == 0));
    figures[FIGURE_PEAK_PSS] = peak;
}
