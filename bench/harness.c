/* SPDX-License-Identifier: MIT */
/* Children, clocks, medians and rows. Knows nothing about containers. */
#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- figures ---- */

void bench_series_add(bench_series *series, double value) {
    if (series->count == BENCH_MAX_ROUNDS) {
        bench_die("more than %d rounds", BENCH_MAX_ROUNDS);
    }
    series->value[series->count++] = value;
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

bench_summary bench_summarise(const bench_series *series) {
    bench_series sorted = *series;
    size_t count = (size_t)sorted.count;
    if (count == 0) {
        return (bench_summary){0, 0, 0, 0};
    }
    qsort(sorted.value, count, sizeof sorted.value[0], compare_doubles);
    double median = (sorted.value[(count - 1) / 2] + sorted.value[count / 2]) / 2;
    return (bench_summary){median, sorted.value[0], sorted.value[count - 1], sorted.count};
}

const char *bench_figure(double value, char *text) {
    if (value >= 999500) {
        snprintf(text, 16, "%.3gM", value / 1e6);
    } else if (value >= 99950) {
        snprintf(text, 16, "%.3gk", value / 1e3);
    } else {
        snprintf(text, 16, value < 0.9995 ? "%.3f" : value < 99.95 ? "%.2f" : "%.0f", value);
    }
    return text;
}

/* ---- the machine ---- */

int bench_cpus(void) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
        return 1;
    }
    return CPU_COUNT(&allowed);
}

bool bench_pin(int which) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
        return false;
    }
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET((size_t)cpu, &allowed) || which-- > 0) {
            continue;
        }
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET((size_t)cpu, &one);
        return sched_setaffinity(0, sizeof one, &one) == 0;
    }
    return false;
}

int bench_thread_count(void) {
    DIR *tasks = opendir("/proc/self/task");
    int count = 0;
    if (tasks == NULL) {
        return -1;
    }
    for (struct dirent *entry = readdir(tasks); entry != NULL; entry = readdir(tasks)) {
        count += entry->d_name[0] != '.';
    }
    closedir(tasks);
    return count;
}

size_t bench_heap_bytes(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

void bench_start_call(bench_run *run) { bench_start(run); }

void bench_stop_call(bench_run *run) { bench_stop(run); }

/* ---- one sample, in a child ---- */

static void *sleep_for_ever(void *unused) {
    for (;;) {
        pause();
    }
    return unused;
}

/* The single-threaded variant must really be that: libraries decide by it whether to use atomic instructions. */
static void set_threads(int threads) {
    for (int i = 1; i < threads; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, sleep_for_ever, NULL) != 0) {
            bench_die("cannot start a thread: %s", strerror(errno));
        }
    }
    if (bench_thread_count() != threads) {
        bench_die("%d threads exist, %d were asked for", bench_thread_count(), threads);
    }
}

/* Returns what it took, what the loop does not count included. */
static uint64_t run_once(bench_loop loop, bench_run *run, size_t reps) {
    uint64_t began = bench_clock(CLOCK_MONOTONIC);
    run->reps = reps;
    run->operations = 0;
    run->checksum = 0;
    run->wall_ns = 0;
    run->cpu_ns = 0;
    loop(run);
    if (run->operations == 0) {
        bench_die("a loop reports no operations");
    }
    return bench_clock(CLOCK_MONOTONIC) - began;
}

/* How many repetitions make `ns`, after a run that took `all`. Those of which little is counted, such as dropping a map that has to be
 * filled first, may take eight times as long in all. */
static size_t reps_for(const bench_run *run, uint64_t all, uint64_t ns) {
    uint64_t counted = run->wall_ns > all / 8 ? run->wall_ns : all / 8;
    return (size_t)(ns / (counted / run->reps + 1)) + 1;
}

/* What a child needs to know for its sample of a loop. */
typedef struct loop_sample {
    bench_loop loop;
    const bench_run *run;
    const bench_plan *plan;
} loop_sample;

/* The first two repetitions warm caches, page tables and the allocator; the rest is as many as fill the sample's time.
 */
static void sample_of_loop(const void *what, bench_sample *out) {
    const loop_sample *sample = what;
    const bench_plan *plan = sample->plan;
    bench_loop loop = sample->loop;
    bench_run run = *sample->run;
    bench_pin(bench_cpus() - 1);
    set_threads(run.threads);
    run_once(loop, &run, 1);
    uint64_t all = run_once(loop, &run, 1);
    uint64_t budget = plan->sample_ns;
    uint64_t fast = budget / 64;
    if (run.wall_ns < fast) {
        all = run_once(loop, &run, reps_for(&run, all, fast));
    }
    run_once(loop, &run, reps_for(&run, all, budget));
    out->wall = (double)run.wall_ns / (double)run.operations;
    out->cpu = (double)run.cpu_ns / (double)run.operations;
    out->kept_bytes = (double)run.kept_bytes;
    out->bytes = out->kept_bytes / (double)run.operations;
    out->checksum = run.checksum;
    out->ok = true;
}

/* Another start of the heap in every round, the same for all peers of the round: no peer owns a lucky address. */
static void shift_heap(int round) {
    void *shift = malloc((size_t)(round * 528 % 4096 + 16));
    BENCH_USE(shift);
}

bench_sample bench_in_child(bench_work work, const void *what, int round, const char *name) {
    bench_sample *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        bench_die("no memory for a result: %s", strerror(errno));
    }
    shared->ok = false;
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        bench_die("cannot fork: %s", strerror(errno));
    }
    if (child == 0) {
        shift_heap(round);
        work(what, shared);
        _exit(0);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    bench_sample sample = *shared;
    munmap(shared, sizeof *shared);
    if (status != 0 || !sample.ok) {
        bench_die("%s failed (wait status %d)", name, status);
    }
    return sample;
}

bench_sample bench_measure(bench_loop loop, const bench_run *run, const bench_plan *plan, int round, const char *name) {
    loop_sample sample = {loop, run, plan};
    return bench_in_child(sample_of_loop, &sample, round, name);
}

/* Fisher-Yates with a small generator seeded by the round, so that a run can be repeated in the same order. */
void bench_order(int *order, int count, int round) {
    uint32_t state = (uint32_t)round * 2654435761U + 12345U;
    for (int i = 0; i < count; i++) {
        order[i] = i;
    }
    for (int i = count - 1; i > 0; i--) {
        state = state * 1664525U + 1013904223U;
        int j = (int)((state >> 16) % (uint32_t)(i + 1));
        int other = order[i];
        order[i] = order[j];
        order[j] = other;
    }
}

/* ---- talking ---- */

static int progress_width;

void bench_progress(const char *format, ...) {
    va_list arguments;
    bool terminal = isatty(STDERR_FILENO) != 0;
    va_start(arguments, format);
    fputs(terminal ? "\r" : "", stderr);
    int width = vfprintf(stderr, format, arguments);
    va_end(arguments);
    if (!terminal) {
        fputc('\n', stderr);
        return;
    }
    for (int i = width; i < progress_width; i++) {
        fputc(' ', stderr);
    }
    progress_width = width;
    fflush(stderr);
}

void bench_progress_end(void) {
    if (progress_width > 0) {
        fputc('\n', stderr);
    }
    progress_width = 0;
}

void bench_die(const char *format, ...) {
    va_list arguments;
    bench_progress_end();
    fputs("bench: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

/* ---- results.tsv ---- */

static FILE *results;

void bench_results_open(const char *path) {
    results = fopen(path, "a");
    if (results == NULL) {
        bench_die("cannot write %s: %s", path, strerror(errno));
    }
    fseek(results, 0, SEEK_END);
    if (ftell(results) == 0) {
        fputs("suite\tcase\tpeer\tn\tthreads\tmetric\tunit\tmedian\tmin\tmax\trounds\n", results);
    }
}

void bench_result(const char *suite, const char *case_name, const char *peer, size_t n, int threads, const char *metric,
                  const char *unit, bench_summary s) {
    fprintf(results, "%s\t%s\t%s\t%zu\t%d\t%s\t%s\t%.6g\t%.6g\t%.6g\t%d\n", suite, case_name, peer, n, threads, metric,
            unit, s.median, s.min, s.max, s.rounds);
    fflush(results);
}

void bench_results_close(void) {
    if (fclose(results) != 0) {
        bench_die("cannot finish the results file: %s", strerror(errno));
    }
    results = NULL;
}
