/* SPDX-License-Identifier: MIT */
/* The measuring half of the benchmark: what a suite and a peer need to time a loop fairly.
 *
 * A peer hands over whole loops. The loop is compiled inside the peer's own file, so nothing stands between the timer
 * and the container: no call through a pointer, no wrapper. A loop does `reps` repetitions of its case between
 * bench_start() and bench_stop(), says how many operations that was and leaves a checksum. The harness runs each loop
 * in a child process of its own, so one peer's heap, threads and page tables never reach the next one. C and C++ peers
 * include this file. */
#ifndef BENCH_HARNESS_H
#define BENCH_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Forces the compiler to believe that everything behind `pointer` is read and written here: the work before it must be
 * done. */
#define BENCH_USE(pointer) __asm__ volatile("" : : "r"(pointer) : "memory")

typedef struct bench_run {
    size_t n;                /* elements */
    size_t reps;             /* repetitions inside the timed part */
    size_t blocks;           /* append cases: this many stretches of ... */
    size_t block_len;        /* ... this many appends, spread over the growth from 0 to n */
    int threads;             /* threads that exist in the process while the loop runs */
    const uint32_t *indices; /* one precomputed random sequence, the same for every peer */
    size_t index_count;
    const char *text; /* what a case on text works on, and what it looks for there or puts between */
    size_t text_size;
    const char *needle;
    size_t needle_size;
    const uint64_t *numbers; /* what keys are made of: 2 n different ones */
    void *ready;             /* NULL at first; what a loop keeps for its next call in the same process */
    uint64_t operations;     /* out: operations timed */
    uint64_t checksum;       /* out: must be the same for every peer */
    uint64_t kept_bytes;     /* out: heap that the result of one repetition takes; 0: the case does not say */
    uint64_t wall_ns, cpu_ns;
    uint64_t wall_from, cpu_from;
} bench_run;

typedef void (*bench_loop)(bench_run *);

static inline uint64_t bench_clock(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static inline uint64_t bench_now(void) { return bench_clock(CLOCK_MONOTONIC); }

/* The CPU clock is a system call, so it is read outside the wall clock's bracket. */
static inline void bench_start(bench_run *run) {
    run->cpu_from = bench_clock(CLOCK_THREAD_CPUTIME_ID);
    run->wall_from = bench_now();
}

static inline void bench_stop(bench_run *run) {
    run->wall_ns += bench_now() - run->wall_from;
    run->cpu_ns += bench_clock(CLOCK_THREAD_CPUTIME_ID) - run->cpu_from;
}

/* The same two for loops that are not compiled by a C compiler. */
void bench_start_call(bench_run *run);
void bench_stop_call(bench_run *run);

/* Length of the array just before block `block` of an append case begins: the blocks lie evenly in [0, n]. */
static inline size_t bench_block_begin(const bench_run *run, size_t block) {
    if (run->blocks == 1) {
        return 0;
    }
    return run->n * (2 * block + 1) / (2 * run->blocks) - run->block_len / 2;
}

/* How thorough: rounds per case, time per sample. */
typedef struct bench_plan {
    int rounds;
    uint64_t sample_ns;
    bool quick, full;
    const char *peers; /* names with commas between; NULL: all of them */
} bench_plan;

typedef struct bench_sample {
    bool ok;
    double wall, cpu; /* ns per operation */
    double kept_bytes;
    double bytes; /* kept_bytes per operation */
    /* Of threads that share a variable; 0: the case has none. */
    double overlap; /* the part of the time in which all of them ran */
    double writes;  /* per second, beside the readers whose time is the figure */
    uint64_t checksum;
} bench_sample;

enum { BENCH_MAX_ROUNDS = 64 };

/* The values one figure took in each round. */
typedef struct bench_series {
    double value[BENCH_MAX_ROUNDS];
    int count;
} bench_series;

typedef struct bench_summary {
    double median, min, max;
    int rounds;
} bench_summary;

void bench_series_add(bench_series *series, double value);
bench_summary bench_summarise(const bench_series *series);

/* Bytes that malloc has handed out in this process and not taken back, its own overhead included. */
size_t bench_heap_bytes(void);

/* Lets `work` fill in the sample in a fresh child process. Stops the program when the child fails. */
typedef void (*bench_work)(const void *what, bench_sample *out);
bench_sample bench_in_child(bench_work work, const void *what, int round, const char *name);

/* Runs `loop` in a fresh pinned child process that has `run->threads` threads. Stops the program when the child fails.
 */
bench_sample bench_measure(bench_loop loop, const bench_run *run, const bench_plan *plan, int round, const char *name);

/* The order in which `count` peers take their turn in one round: shuffled, and different in every round. */
void bench_order(int *order, int count, int round);

/* Pins the calling thread to the `which`-th CPU this process may use; false when there is no such CPU. */
bool bench_pin(int which);
int bench_cpus(void);
int bench_thread_count(void);

/* One progress line on stderr, rewritten in place on a terminal. bench_progress_end() finishes it. */
void bench_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void bench_progress_end(void);

/* Prints "bench: ..." and leaves with status 1. */
void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* results.tsv: rows are appended; for the same key the last row counts. */
void bench_results_open(const char *path);
void bench_result(const char *suite, const char *case_name, const char *peer, size_t n, int threads, const char *metric,
                  const char *unit, bench_summary summary);
void bench_results_close(void);

/* A figure that fits a table: 0.453, 12.30, 4510, 215k, 3.42M. `text` has room for 16 bytes. */
const char *bench_figure(double value, char *text);

#ifdef __cplusplus
}
#endif
#endif
