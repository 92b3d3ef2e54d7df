/* SPDX-License-Identifier: MIT */
/* One measurement of threads that share a variable: readers that read it in a loop, a writer that replaces it in a
 * loop, or both. What suite `cell` is made of, and what a suite of lists needs.
 *
 * Phases. Every thread runs its loop from before the measurement begins until after it has ended: a controlling
 * thread waits until all of them are warm, tells them to measure, waits until all of them do, sleeps for the length
 * of the window, and tells them to stop. Each thread times itself, from the moment it saw the first word to the
 * moment it saw the second. So the windows of two threads are the same but for one batch at either end.
 *
 * Overlap. While they run, the kernel may give one of the CPUs to somebody else. Threads note when each batch of
 * reads or replacements ends; only those batches count in which all threads that read or write had a CPU
 * (timeline.h), and the sample says what part of the time that was. Percentiles count everything. */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include "harness.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How a peer lets threads share its variable. Every hook but `open` may be NULL. */
typedef struct crowd_hooks {
    void (*open)(size_t n, int threads); /* makes the variable, version 0; before there is any other thread */
    void *(*join)(void);                 /* each thread's first call; what it returns goes with all its others */
    void (*leave)(void *me);             /* and its last one */
    void (*rest)(void *me);              /* the thread will not read for long ... */
    void (*wake)(void *me);              /* ... and now it will again */
    void (*drain)(void *me);             /* returns when all that the writer has replaced is freed */
} crowd_hooks;

/* `count` reads, and what they saw added up; `count` replacements, the first of which makes version `begin`. */
typedef uint64_t (*crowd_read)(void *me, size_t count);
typedef void (*crowd_write)(void *me, uint64_t begin, size_t count);

/* Whose time is the figure: the readers' per read; the writer's per replacement, with all that it leaves to be freed;
 * or the 99th percentile of what one replacement takes, from the call to its return, when the writer is busy with
 * something else for pace_ns before each. (A writer that does nothing but replace would hide what is rare, but long:
 * it gets most of its replacements done while nobody else has a CPU.) */
enum crowd_figure { CROWD_READS, CROWD_WRITES, CROWD_P99 };

typedef struct crowd_job {
    const char *peer; /* for messages */
    const crowd_hooks *hooks;
    crowd_read read;
    crowd_write write;
    size_t n;
    int readers, writers;
    int resting; /* threads that have read once, and sleep until the end */
    enum crowd_figure figure;
    uint64_t window_ns, pace_ns;
    /* What a read of a version sees, and whether `count` reads of any versions may have seen `sum`. */
    uint64_t (*sum_of)(size_t n, uint64_t version);
    bool (*may_be)(size_t n, size_t count, uint64_t sum);
} crowd_job;

enum { CROWD_THREADS_MAX = 16 };

/* Runs the job in the calling process and fills in the sample. Stops the program when a read saw what no version
 * holds, or when a thread that was reading does not see the last version once the writer is done. */
void crowd_run(const crowd_job *job, bench_sample *out);

#ifdef __cplusplus
}
#endif
#endif
