/* SPDX-License-Identifier: MIT */
/* What is done to a region and its snapshot, and what of it is timed. Every snapshot is verified: its sum is what the live
 * region's was at the cut. */
#include "paged_job.h"

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct job {
    const paged_peer *peer;
    const paged_setting *setting;
    char *region;
    uint64_t stamp; /* what is written next */
} job;

/* ---- memory ---- */

static uint64_t *word_at(char *region, size_t offset) { return (uint64_t *)(void *)(region + offset); }

static void fill(const job *j) {
    for (size_t i = 0; i < j->setting->bytes; i += sizeof(uint64_t)) {
        *word_at(j->region, i) = i * 0x9E3779B97F4A7C15U;
    }
}

/* Page i of those in a random order, each once when their number is a power of two. Else they are spread evenly. */
static size_t random_page(size_t i, size_t pages) {
    if ((pages & (pages - 1)) != 0) {
        return i * 7919 % pages;
    }
    uint64_t x = i;
    for (int round = 0; round < 3; round++) {
        x = (x + 12345) * 0x9E3779B1U & (pages - 1);
        x ^= x >> 5;
    }
    return (size_t)x;
}

static size_t page_of(const job *j, size_t i) {
    return j->setting->in_order ? i : random_page(i, j->setting->bytes / PAGED_PAGE);
}

/* Writes one word in each of the pages; returns the wall time. */
static uint64_t write_pages(job *j, bool announced) {
    void (*will_write)(char *, size_t) = announced ? j->peer->will_write : NULL;
    uint64_t begin = bench_now();
    j->stamp++;
    for (size_t i = 0; i < j->setting->pages; i++) {
        char *p = j->region + page_of(j, i) * PAGED_PAGE;
        if (will_write != NULL) {
            will_write(p, sizeof(uint64_t));
        }
        *(volatile uint64_t *)(void *)p = j->stamp * i;
    }
    return bench_now() - begin;
}

static paged_scan read_live(const job *j) { return paged_scan_here(j->region, j->setting->bytes, PAGED_PAGE); }

static paged_scan read_snapshot(const job *j) { return j->peer->scan(0, j->setting->bytes, PAGED_PAGE); }

static void check_sum(const job *j, uint64_t sum, uint64_t expected) {
    if (sum != expected) {
        bench_die("paged: a snapshot of %s is not what the region was", j->peer->name);
    }
}

/* Takes and drops snapshots, so that what is measured is not the first one: that comes after all pages were written. With
 * `dirty`, pages are written under the last of them. What is fresh would not be so afterwards. */
static void warm_up(job *j, bool dirty) {
    for (int i = 0; i < 2 && !j->peer->fresh; i++) {
        (void)j->peer->take();
        if (dirty && i == 1) {
            write_pages(j, false);
        }
        j->peer->drop();
    }
    if (j->peer->fresh && dirty) {
        write_pages(j, false);
    }
    (void)read_live(j);
}

/* ---- what the kernel says ---- */

static uint64_t cpu_now(const job *j) {
    return bench_clock(CLOCK_PROCESS_CPUTIME_ID) + (j->peer->others_cpu != NULL ? j->peer->others_cpu() : 0);
}

/* KiB. Without stdio, whose buffers would be counted. */
static double pss_of(long process) {
    static char text[4096];
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", process);
    int file = open(path, O_RDONLY);
    ssize_t n = file < 0 ? -1 : read(file, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    if (file >= 0) {
        close(file);
    }
    const char *line = strstr(text, "\nPss:");
    if (line == NULL) {
        bench_die("cannot read %s", path);
    }
    return strtod(line + 5, NULL);
}

static double pss_now(const job *j, bool alive) {
    double kib = pss_of((long)getpid());
    return kib + (alive && j->peer->other_process != NULL ? pss_of(j->peer->other_process()) : 0);
}

/* ---- one snapshot ---- */

static void cut(job *j, double *figures) {
    warm_up(j, true);
    uint64_t cpu = cpu_now(j);
    figures[PAGED_PAUSE] = (double)j->peer->take();
    paged_scan live = read_live(j);
    paged_scan cold = read_snapshot(j);
    paged_scan warm = read_snapshot(j);
    figures[PAGED_REWRITE] = (double)write_pages(j, false);
    cpu = cpu_now(j) - cpu;
    figures[PAGED_LIVE_REFAULT] = (double)live.ns;
    figures[PAGED_SCAN_COLD] = (double)cold.ns;
    figures[PAGED_SCAN_WARM] = (double)warm.ns;
    check_sum(j, cold.sum, live.sum);
    check_sum(j, read_snapshot(j).sum, live.sum);
    figures[PAGED_PSS] = pss_now(j, true);
    uint64_t before = cpu_now(j);
    uint64_t begin = bench_now();
    j->peer->drop();
    figures[PAGED_RELEASE] = (double)(bench_now() - begin);
    figures[PAGED_CYCLE_CPU] = (double)(cpu + cpu_now(j) - before);
}

static void sweep(job *j, double *figures) {
    double pages = (double)j->setting->pages;
    warm_up(j, false);
    uint64_t sum = read_live(j).sum;
    uint64_t cpu = cpu_now(j);
    figures[PAGED_PAUSE] = (double)j->peer->take();
    figures[PAGED_TIME] = (double)write_pages(j, j->setting->announced) / pages;
    cpu = cpu_now(j) - cpu;
    check_sum(j, read_snapshot(j).sum, sum);
    uint64_t before = cpu_now(j);
    j->peer->drop();
    figures[PAGED_CYCLE_CPU] = (double)(cpu + cpu_now(j) - before);
}

/* Of copying alone, for comparison with a sweep over as many bytes. */
static void copy_alone(job *j, double *figures) {
    (void)j->peer->take();
    figures[PAGED_TIME] = (double)j->peer->take() / ((double)j->setting->bytes / PAGED_PAGE);
}

static void read_again(job *j, double *figures) {
    enum { PASSES = 4 };
    size_t bytes = j->setting->bytes;
    double pages = (double)bytes / PAGED_PAGE;
    uint64_t live = paged_sum(j->region, bytes, sizeof(uint64_t));
    (void)j->peer->take();
    figures[PAGED_SCAN_COLD] = (double)j->peer->scan(0, bytes, sizeof(uint64_t)).ns / pages;
    uint64_t ns = 0;
    for (int i = 0; i < PASSES; i++) {
        paged_scan s = j->peer->scan(0, bytes, sizeof(uint64_t));
        check_sum(j, s.sum, live);
        ns += s.ns;
    }
    figures[PAGED_TIME] = (double)ns / PASSES / pages;
    j->peer->drop();
}

/* Everything that is mapped lazily is there before the memory is looked at. */
static void growth(job *j, double *figures, bool demo) {
    double written = (double)j->setting->pages * PAGED_PAGE;
    warm_up(j, false);
    (void)pss_now(j, false); /* its own memory is there now */
    uint64_t sum = read_live(j).sum;
    double before = pss_now(j, false);
    (void)j->peer->take();
    write_pages(j, false);
    if (demo) {
        (void)read_live(j);
        (void)read_snapshot(j);
    }
    double extra = (pss_now(j, true) - before) * 1024;
    check_sum(j, read_snapshot(j).sum, sum);
    figures[PAGED_PRIVATE] = extra / written;
    figures[PAGED_EXTRA] = extra;
    figures[PAGED_UNSHARED] = extra / (double)j->setting->bytes;
    figures[PAGED_HELD] = j->peer->held != NULL ? (double)j->peer->held() : NAN;
    j->peer->drop();
}

/* ---- snapshots by the clock ---- */

enum { EVERY_NS = 100000000, TARGETS = 1 << 20, RECORD = 64, UNTIMED = 256, PAUSES_MAX = 256 };

/* Times in buckets of 1/64 octave. */
enum { BUCKETS = 58 * 64 };

static uint32_t targets[TARGETS]; /* offsets, in records */

/* Zipf with exponent 0.99, the records in no order: what is hot is spread over all pages. */
void paged_prepare_rolling(size_t bytes) {
    size_t n = bytes / RECORD;
    double *upto = malloc(n * sizeof *upto);
    double sum = 0;
    uint64_t state = 42;
    if (upto == NULL) {
        bench_die("out of memory for the records");
    }
    for (size_t i = 0; i < n; i++) {
        upto[i] = sum += pow((double)(i + 1), -0.99);
    }
    for (size_t i = 0; i < TARGETS; i++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        double hit = (double)(state >> 11) / 9007199254740992.0 * sum;
        size_t low = 0;
        for (size_t high = n - 1; low < high;) {
            size_t middle = (low + high) / 2;
            if (upto[middle] < hit) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        targets[i] = (uint32_t)random_page(low, n);
    }
    free(upto);
}

typedef struct rolling {
    job *job;
    pthread_t thread;
    sem_t taken;
    int busy; /* whether the reader still has the last snapshot */
    bool over;
    uint64_t sum; /* of all words, as the writer keeps it */
    uint64_t expected;
    uint64_t pauses[PAUSES_MAX];
    size_t snapshots;
    size_t at;
    uint32_t stalls[BUCKETS];
} rolling;

static void *verify(void *argument) {
    rolling *r = argument;
    size_t bytes = r->job->setting->bytes;
    if (bench_cpus() > 1) {
        bench_pin(1);
    }
    for (;;) {
        while (sem_wait(&r->taken) != 0) {
        }
        if (r->over) {
            return NULL;
        }
        check_sum(r->job, r->job->peer->scan(0, bytes, sizeof(uint64_t)).sum, r->expected);
        r->job->peer->drop();
        __atomic_store_n(&r->busy, 0, __ATOMIC_RELEASE);
    }
}

static void take_for_reader(rolling *r) {
    uint64_t ns = r->job->peer->take();
    r->expected = r->sum;
    r->pauses[r->snapshots++ % PAUSES_MAX] = ns;
    __atomic_store_n(&r->busy, 1, __ATOMIC_RELEASE);
    sem_post(&r->taken);
}

static inline void write_record(rolling *r) {
    volatile uint64_t *word = word_at(r->job->region, (size_t)targets[r->at % TARGETS] * RECORD);
    uint64_t old = *word;
    *word = old + r->at;
    r->sum += r->at++;
}

static size_t bucket_of(uint64_t ns) {
    unsigned octave = ns < 128 ? 6 : 63 - (unsigned)__builtin_clzll(ns);
    return (octave - 6) * 64 + (size_t)(ns >> (octave - 6));
}

static double bucket_ns(size_t bucket) {
    return bucket < 128 ? (double)bucket : ldexp((double)(bucket % 64 + 64), (int)(bucket / 64 - 1));
}

static double stall_at(const rolling *r, double quantile) {
    double all = 0;
    double seen = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        all += r->stalls[i];
    }
    for (size_t i = 0; i < BUCKETS; i++) {
        seen += r->stalls[i];
        if (seen >= quantile * all) {
            return bucket_ns(i);
        }
    }
    return NAN;
}

/* Writes for this long. Timing every write would be a good part of what it takes, so one run is for the speed, another one
 * for the times. */
static void write_for(rolling *r, double seconds, bool timed) {
    uint64_t now = bench_now();
    uint64_t end = now + (uint64_t)(seconds * 1e9);
    for (uint64_t due = now; now < end;) {
        if (now >= due && !__atomic_load_n(&r->busy, __ATOMIC_ACQUIRE)) {
            take_for_reader(r);
            due += now - due > EVERY_NS ? now - due : EVERY_NS;
            now = bench_now();
        }
        for (int i = 0; i < UNTIMED; i++) {
            write_record(r);
            if (timed) {
                uint64_t then = now;
                now = bench_now();
                r->stalls[bucket_of(now - then)]++;
            }
        }
        now = timed ? now : bench_now();
    }
}

static int compare_times(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void roll(job *j, double *figures) {
    static rolling r;
    double seconds = j->setting->seconds;
    r.job = j;
    r.sum = paged_sum(j->region, j->setting->bytes, sizeof(uint64_t));
    if (bench_cpus() > 1) {
        bench_pin(0);
    }
    if (sem_init(&r.taken, 0, 0) != 0 || pthread_create(&r.thread, NULL, verify, &r) != 0) {
        bench_die("cannot start a reader");
    }
    write_for(&r, 0.25, false);
    r.snapshots = 0;
    size_t before = r.at;
    uint64_t cpu = cpu_now(j);
    uint64_t begin = bench_now();
    write_for(&r, seconds, false);
    double took = (double)(bench_now() - begin);
    double writes = (double)(r.at - before);
    figures[PAGED_CYCLE_CPU] = (double)(cpu_now(j) - cpu) / (double)r.snapshots;
    figures[PAGED_TIME] = took / writes;
    figures[PAGED_WRITES] = writes / took * 1e9;
    figures[PAGED_SNAPSHOTS] = (double)r.snapshots / took * 1e9;
    write_for(&r, seconds, true);
    size_t pauses = r.snapshots < PAUSES_MAX ? r.snapshots : PAUSES_MAX;
    qsort(r.pauses, pauses, sizeof r.pauses[0], compare_times);
    figures[PAGED_PAUSE] = (double)r.pauses[pauses / 2];
    figures[PAGED_STALL_P99] = stall_at(&r, 0.99);
    figures[PAGED_STALL_P999] = stall_at(&r, 0.999);
    figures[PAGED_STALL_MAX] = stall_at(&r, 1);
    r.over = true;
    while (__atomic_load_n(&r.busy, __ATOMIC_ACQUIRE)) {
    }
    sem_post(&r.taken);
    pthread_join(r.thread, NULL);
}

/* ---- */

bool paged_run(const paged_peer *peer, const paged_setting *setting, double figures[PAGED_FIGURES]) {
    job j = {.peer = peer, .setting = setting, .region = peer->make(setting->bytes)};
    if (j.region == NULL) {
        return false;
    }
    fill(&j);
    switch (setting->work) {
    case PAGED_CUT: cut(&j, figures); break;
    case PAGED_SWEEP: (peer == &paged_memcpy ? copy_alone : sweep)(&j, figures); break;
    case PAGED_READ: read_again(&j, figures); break;
    case PAGED_GROWTH: growth(&j, figures, false); break;
    case PAGED_DEMO: growth(&j, figures, true); break;
    case PAGED_ROLLING: roll(&j, figures); break;
    }
    return true;
}
