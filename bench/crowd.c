/* SPDX-License-Identifier: MIT */
#include "crowd.h"
#include "timeline.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum phase { WARM_UP, MEASURE, STOP };

/* ---- latencies ---- */

/* A histogram with 64 steps to each power of two: as exact as a percentile needs to be, and it does not grow. */
enum { STEPS = 64, STEP_BITS = 6, BUCKETS = 64 * STEPS };

static size_t bucket_of(uint64_t ns) {
    if (ns < STEPS) {
        return (size_t)ns;
    }
    int shift = 63 - __builtin_clzll(ns) - STEP_BITS;
    return (size_t)(shift + 1) * STEPS + (size_t)(ns >> shift) - STEPS;
}

/* The middle of the bucket. */
static double value_of(size_t bucket) {
    if (bucket < STEPS) {
        return (double)bucket;
    }
    size_t shift = bucket / STEPS - 1;
    return ((double)(bucket % STEPS + STEPS) + 0.5) * (double)(1ULL << shift);
}

static double quantile(const uint64_t *counts, uint64_t total, double q) {
    uint64_t rank = (uint64_t)(q * (double)(total - 1));
    uint64_t seen = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        seen += counts[i];
        if (seen > rank) {
            return value_of(i);
        }
    }
    return value_of(BUCKETS - 1);
}

/* ---- threads ---- */

typedef struct crowd {
    const crowd_job *job;
    int phase;
    int warm, measuring; /* how many threads are */
    int writing;         /* writers that are not done */
    uint64_t versions;   /* how many the writer has made; written when it is done */
    bool pin;
    sem_t woken;
    uint64_t *latencies;
} crowd;

/* On cache lines of its own, which processors fetch in pairs: threads count while others do. */
typedef struct member {
    _Alignas(128) crowd *crowd;
    pthread_t thread;
    void *me;
    int cpu;
    size_t batch; /* so many operations at once, before the thread asks whether to go on */
    uint64_t operations, versions;
    uint64_t wall_from, wall_to, cpu_from, cpu_to;
    uint64_t drain_ns;
    timeline times;
} member;

static enum phase phase_of(const crowd *c) { return (enum phase)__atomic_load_n(&c->phase, __ATOMIC_ACQUIRE); }

static void add(int *counter, int n) { __atomic_add_fetch(counter, n, __ATOMIC_ACQ_REL); }

static void pause_a_little(void) {
    struct timespec t = {.tv_nsec = 50000};
    nanosleep(&t, NULL);
}

static void wait_until(const int *counter, int value) {
    while (__atomic_load_n(counter, __ATOMIC_ACQUIRE) != value) {
        pause_a_little();
    }
}

static void begin(member *m) {
    m->operations = 0;
    m->cpu_from = bench_clock(CLOCK_THREAD_CPUTIME_ID);
    m->wall_from = bench_now();
    timeline_begin(&m->times, m->wall_from);
    add(&m->crowd->measuring, 1);
}

static void end(member *m) {
    m->wall_to = bench_now();
    m->cpu_to = bench_clock(CLOCK_THREAD_CPUTIME_ID);
}

static void join(member *m) {
    const crowd_job *job = m->crowd->job;
    if (m->crowd->pin && !bench_pin(m->cpu)) {
        bench_die("no CPU number %d", m->cpu);
    }
    m->me = job->hooks->join == NULL ? NULL : job->hooks->join();
}

/* A batch is done that began at `from`. While the thread warms up, batches grow until one takes so long that asking
 * for the time after each does not matter, and still much less than the kernel lets a thread run. */
static void mark(member *m, enum phase phase, uint64_t from) {
    enum { BATCH_NS = 10000, BATCH_MAX = 1 << 14 };
    uint64_t now = bench_now();
    m->operations += m->batch;
    if (phase == WARM_UP && now - from < BATCH_NS && m->batch < BATCH_MAX) {
        m->batch *= 2;
    }
    timeline_mark(&m->times, now);
}

static void call(void (*hook)(void *), void *me) {
    if (hook != NULL) {
        hook(me);
    }
}

/* ---- readers ---- */

static void check_sum(const crowd_job *job, size_t count, uint64_t sum) {
    bool right = job->writers > 0 ? job->may_be(job->n, count, sum) : sum == count * job->sum_of(job->n, 0);
    if (!right) {
        bench_die("%s: %zu reads of %zu elements saw what no version holds", job->peer, count, job->n);
    }
}

static void read_all_the_time(member *m) {
    const crowd_job *job = m->crowd->job;
    enum phase phase = WARM_UP;
    for (bool first = true; phase != STOP; first = false) {
        uint64_t from = bench_now();
        uint64_t sum = job->read(m->me, m->batch);
        check_sum(job, m->batch, sum);
        mark(m, phase, from);
        if (first) {
            add(&m->crowd->warm, 1);
        }
        enum phase now = phase_of(m->crowd);
        if (now != phase) {
            (now == MEASURE ? begin : end)(m);
            phase = now;
        }
    }
}

/* The same thread that has been reading must see the last version now, whatever it remembers. */
static void check_last(member *m) {
    const crowd_job *job = m->crowd->job;
    call(job->hooks->rest, m->me);
    wait_until(&m->crowd->writing, 0);
    call(job->hooks->wake, m->me);
    if (job->read(m->me, 1) != job->sum_of(job->n, m->crowd->versions)) {
        bench_die("%s: a reader does not see version %llu, the last one", job->peer,
                  (unsigned long long)m->crowd->versions);
    }
}

static void *reader_thread(void *arg) {
    member *m = arg;
    join(m);
    read_all_the_time(m);
    check_last(m);
    call(m->crowd->job->hooks->leave, m->me);
    return NULL;
}

/* Has read, and does nothing: whoever keeps records of readers has one for it. */
static void *resting_thread(void *arg) {
    member *m = arg;
    const crowd_hooks *hooks = m->crowd->job->hooks;
    join(m);
    check_sum(m->crowd->job, 1, m->crowd->job->read(m->me, 1));
    call(hooks->rest, m->me);
    add(&m->crowd->warm, 1);
    add(&m->crowd->measuring, 1);
    while (sem_wait(&m->crowd->woken) != 0 && errno == EINTR) {
    }
    check_last(m);
    call(hooks->leave, m->me);
    return NULL;
}

/* ---- the writer ---- */

static void be_busy(uint64_t until) {
    while (bench_now() < until) {
    }
}

static void write_some(member *m, enum phase phase) {
    crowd *c = m->crowd;
    const crowd_job *job = c->job;
    uint64_t from = bench_now();
    if (job->figure != CROWD_P99) {
        job->write(m->me, m->versions + 1, m->batch);
        m->versions += m->batch;
        mark(m, phase, from);
        return;
    }
    be_busy(from + job->pace_ns);
    from = bench_now();
    job->write(m->me, ++m->versions, 1);
    c->latencies[bucket_of(bench_now() - from)]++;
    m->operations++;
}

/* What the warm-up left to be freed is not part of the figure, what the measurement leaves is. */
static void turn(member *m, enum phase now) {
    crowd *c = m->crowd;
    uint64_t from = bench_now();
    if (c->job->figure == CROWD_WRITES) {
        call(c->job->hooks->drain, m->me);
    }
    if (now == STOP) {
        end(m);
        m->drain_ns = m->wall_to - from;
        return;
    }
    memset(c->latencies, 0, BUCKETS * sizeof *c->latencies);
    begin(m);
}

static void *writer_thread(void *arg) {
    member *m = arg;
    enum phase phase = WARM_UP;
    join(m);
    for (bool first = true; phase != STOP; first = false) {
        write_some(m, phase);
        if (first) {
            add(&m->crowd->warm, 1);
        }
        enum phase now = phase_of(m->crowd);
        if (now != phase) {
            turn(m, now);
            phase = now;
        }
    }
    m->crowd->versions = m->versions;
    add(&m->crowd->writing, -1);
    call(m->crowd->job->hooks->drain, m->me);
    call(m->crowd->job->hooks->leave, m->me);
    return NULL;
}

/* ---- one run ---- */

static void start(member *m, crowd *c, int cpu, void *(*run)(void *)) {
    m->crowd = c;
    m->cpu = cpu;
    m->batch = 1;
    if (pthread_create(&m->thread, NULL, run, m) != 0) {
        bench_die("cannot start a thread: %s", strerror(errno));
    }
}

/* The writer has the first CPU, readers have the last ones; a thread that rests has none to itself. */
static int start_all(crowd *c, member *all) {
    const crowd_job *job = c->job;
    int count = 0;
    for (int i = 0; i < job->readers; i++) {
        start(&all[count++], c, bench_cpus() - 1 - i, reader_thread);
    }
    for (int i = 0; i < job->writers; i++) {
        start(&all[count++], c, i, writer_thread);
    }
    for (int i = 0; i < job->resting; i++) {
        start(&all[count++], c, bench_cpus() - 1, resting_thread);
    }
    return count;
}

static void sleep_ns(uint64_t ns) {
    struct timespec t = {(time_t)(ns / 1000000000U), (long)(ns % 1000000000U)};
    while (nanosleep(&t, &t) != 0 && errno == EINTR) {
    }
}

static void set_phase(crowd *c, enum phase phase) { __atomic_store_n(&c->phase, (int)phase, __ATOMIC_RELEASE); }

static void run_phases(crowd *c, int threads) {
    wait_until(&c->warm, threads);
    sleep_ns(c->job->window_ns / 4);
    set_phase(c, MEASURE);
    wait_until(&c->measuring, threads);
    sleep_ns(c->job->window_ns);
    set_phase(c, STOP);
    for (int i = 0; i < c->job->resting; i++) {
        sem_post(&c->woken);
    }
}

/* Time per operation: of each of the threads, not of them all together. */
static void summarise(const member *some, int count, bench_sample *out) {
    double wall = 0, cpu = 0, operations = 0;
    for (int i = 0; i < count; i++) {
        wall += (double)(some[i].wall_to - some[i].wall_from);
        cpu += (double)(some[i].cpu_to - some[i].cpu_from);
        operations += (double)some[i].operations;
    }
    if (operations == 0) {
        bench_die("a thread did nothing in its time");
    }
    out->wall = wall / operations;
    out->cpu = cpu / operations;
}

/* What of `count` threads' time counts: of those batches alone in which all that read or write ran, if there are any. */
typedef struct common {
    double ns, operations, part; /* the part of their time */
} common;

static common common_of(const crowd_job *job, member *all, int first, int count) {
    timeline *times[CROWD_THREADS_MAX];
    int active = job->readers + job->writers;
    double wall = 0;
    common sum = {0, 0, 0};
    for (int i = 0; i < active; i++) {
        times[i] = &all[i].times;
    }
    for (int i = first; i < first + count; i++) {
        timeline_part part = timeline_common(times, active, i);
        wall += (double)(all[i].wall_to - all[i].wall_from - all[i].drain_ns);
        sum.ns += (double)part.ns;
        sum.operations += (double)(part.batches * all[i].batch);
    }
    sum.part = sum.ns / wall;
    return sum;
}

/* Of the time that was spent on freeing what was left at the end, each replacement has its share. */
static double drained_of(const member *writer) { return (double)writer->drain_ns / (double)writer->operations; }

static void count_common(const crowd_job *job, member *all, bench_sample *out) {
    common readers = common_of(job, all, 0, job->readers);
    common writers = common_of(job, all, job->readers, job->writers);
    bool reads = job->figure == CROWD_READS;
    common measured = reads ? readers : writers;
    if (measured.operations > 0) {
        out->wall = measured.ns / measured.operations + (reads ? 0 : drained_of(&all[job->readers]));
    }
    out->overlap = measured.part;
    if (reads && writers.operations > 0) {
        out->writes = writers.operations * 1e9 / writers.ns;
    }
}

static double peak_bytes(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss * 1024;
}

static void fill_in(const crowd *c, member *all, double bytes_before, bench_sample *out) {
    const crowd_job *job = c->job;
    const member *writer = &all[job->readers];
    bool reads = job->figure == CROWD_READS;
    summarise(reads ? all : writer, reads ? job->readers : job->writers, out);
    if (job->figure == CROWD_P99) {
        out->wall = quantile(c->latencies, writer->operations, 0.99);
    }
    if (job->figure != CROWD_P99) {
        count_common(job, all, out);
    }
    if (job->figure == CROWD_WRITES) {
        out->kept_bytes = peak_bytes() - bytes_before;
    }
    out->checksum = 1;
    out->ok = true;
}

void crowd_run(const crowd_job *job, bench_sample *out) {
    enum { BATCHES_MAX = 1 << 16 };
    member all[CROWD_THREADS_MAX] = {{0}};
    crowd c = {.job = job, .writing = job->writers, .latencies = calloc(BUCKETS, sizeof *c.latencies)};
    int threads = job->readers + job->writers + job->resting;
    if (c.latencies == NULL || threads > CROWD_THREADS_MAX || sem_init(&c.woken, 0, 0) != 0) {
        bench_die("no room for %d threads", threads);
    }
    for (int i = 0; i < threads; i++) {
        all[i].times = timeline_of(BATCHES_MAX);
    }
    double bytes_before = peak_bytes();
    c.pin = job->readers + job->writers <= bench_cpus();
    job->hooks->open(job->n, threads);
    start_all(&c, all);
    run_phases(&c, threads);
    for (int i = 0; i < threads; i++) {
        pthread_join(all[i].thread, NULL);
    }
    fill_in(&c, all, bytes_before, out);
    for (int i = 0; i < threads; i++) {
        timeline_free(&all[i].times);
    }
    free(c.latencies);
}
