/* SPDX-License-Identifier: MIT */
/* The threads of one measurement: a writer, readers or one who saves, and this thread, which watches the clock and the
 * memory, and renews what is held by the clock. */
#include "memory.h"
#include "snapshot_crew.h"
#include "snapshot_saver.h"
#include "times.h"

#include <math.h>
#include <sys/prctl.h>

enum { READERS_MAX = 8, HELD_MAX = 16, TIMES_MAX = 1 << 16, TICK_MS = 50, LOOK_EVERY_MS = 200 };

typedef struct reader {
    job *job;
    int index;
    pthread_t thread;
    times take, take_drop;
    uint64_t wall_ns, cpu_ns, elements, scans;
} reader;

/* The held snapshots. All of them are taken, renewed and dropped by one thread: fork's children die with the thread that
 * made them. */
typedef struct keeper {
    job *job;
    times take, take_drop;
    snapshot_handle held[HELD_MAX];
    bounds edits[HELD_MAX]; /* of each */
    int oldest;
} keeper;

/* What the writer did in one phase. */
typedef struct progress {
    uint64_t writes, wall_ns, cpu_ns, copied;
} progress;

typedef struct writer {
    job *job;
    pthread_t thread;
    keeper *keeper; /* NULL: the held snapshots are renewed by the clock, not here */
    times latency;
    size_t position;
    uint64_t late;
    progress in[STOP];
} writer;

void sleep_ms(double ms) {
    struct timespec t = {(time_t)(ms / 1000), (long)((ms - 1000 * floor(ms / 1000)) * 1e6)};
    nanosleep(&t, NULL);
}

/* ---- what is written ---- */

/* How many different writes there are. A list ends with its input, a table can be edited for ever. */
static size_t writes_of(const job *j) { return j->in->registry != NULL ? SIZE_MAX : j->in->words->n; }

/* How many elements a scan visits that has seen `writes` writes. */
static size_t elements_of(const job *j, size_t writes) {
    size_t records = j->in->rows > 0 ? j->in->rows : j->in->registry != NULL ? j->in->registry->n : 0;
    return records > 0 ? records : writes;
}

/* The checksum of a scan that has seen `writes` writes. */
static uint64_t checksum_of(const job *j, size_t writes) {
    if (j->in->registry != NULL) {
        return bench_registry_expected(j->in->registry, writes);
    }
    return j->setting->texts ? j->in->words->text_prefix[writes] : j->in->words->prefix[writes];
}

/* ---- scanning ---- */

static size_t edits_of(const job *j) { return __atomic_load_n(&j->edits, __ATOMIC_ACQUIRE); }

bounds bounds_before(const job *j) { return (bounds){edits_of(j), SIZE_MAX}; }

void bounds_after(const job *j, bounds *b) { b->most = j->in->registry != NULL ? edits_of(j) + HOLD_EVERY : SIZE_MAX; }

void check_scan(const job *j, snapshot_scan s, bounds b) {
    if (s.count > writes_of(j) || s.checksum != checksum_of(j, s.count)) {
        bench_die("%s: a scan of %zu %s has a wrong checksum", j->peer->name, s.count,
                  j->in->registry != NULL ? "edits" : "words");
    }
    if (s.count < b.least || s.count > b.most) {
        bench_die("%s: a snapshot shows %zu edits; when it was taken, %zu to %zu were done", j->peer->name, s.count,
                  b.least, b.most);
    }
}

/* The peers in this process are timed here, fork's child times itself; what is left of the round trip belongs to
 * taking. */
static void scan_once(reader *r, bool record) {
    const snapshot_peer *peer = r->job->peer;
    snapshot_handle snapshot;
    bounds edits = bounds_before(r->job);
    uint64_t begin = bench_now();
    peer->take(&snapshot);
    uint64_t taken = bench_now();
    bounds_after(r->job, &edits);
    uint64_t cpu = bench_clock(CLOCK_THREAD_CPUTIME_ID);
    uint64_t scan_begin = bench_now();
    snapshot_scan s = peer->scan(&snapshot);
    BENCH_USE(&s);
    uint64_t scanned = bench_now();
    cpu = bench_clock(CLOCK_THREAD_CPUTIME_ID) - cpu;
    uint64_t before_drop = bench_now();
    peer->drop(&snapshot);
    uint64_t end = bench_now();
    check_scan(r->job, s, edits);
    if (!record) {
        return;
    }
    uint64_t wall = s.wall_ns != 0 ? s.wall_ns : scanned - scan_begin;
    times_add(&r->take, taken - begin);
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

static void hold(keeper *k, int i) {
    k->edits[i] = bounds_before(k->job);
    k->job->peer->take(&k->held[i]);
    bounds_after(k->job, &k->edits[i]);
}

static void hold_first(keeper *k) {
    for (int i = 0; k != NULL && i < k->job->setting->held; i++) {
        hold(k, i);
    }
}

/* The oldest held snapshot gives way to a new one. */
static void hold_next(keeper *k, bool record) {
    if (k == NULL || k->job->setting->held == 0) {
        return;
    }
    uint64_t begin = bench_now();
    k->job->peer->drop(&k->held[k->oldest]);
    uint64_t dropped = bench_now();
    hold(k, k->oldest);
    if (record) {
        uint64_t end = bench_now();
        times_add(&k->take, end - dropped);
        times_add(&k->take_drop, end - begin);
    }
    k->oldest = (k->oldest + 1) % k->job->setting->held;
}

static void check_held(keeper *k) {
    for (int i = 0; k != NULL && i < k->job->setting->held; i++) {
        check_scan(k->job, k->job->peer->scan(&k->held[i]), k->edits[i]);
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

/* A list begins again and again, so a snapshot of it may show less than an older one. */
static void tell_position(const writer *w) {
    if (w->job->in->registry != NULL) {
        __atomic_store_n(&w->job->edits, w->position, __ATOMIC_RELEASE);
    }
}

/* Appends the second half of the list over and over, or edits on and on, in stretches of HOLD_EVERY; starting again is not
 * timed. */
static void write_at_full_speed(writer *w, int phase) {
    job *j = w->job;
    progress *now = &w->in[phase];
    size_t n = writes_of(j);
    while (phase_of(j) == phase) {
        if (w->position == n) {
            w->position = snapshot_full_speed_start(n);
            uint64_t copied = j->peer->bytes_copied();
            j->peer->fill(j->in, w->position);
            now->copied -= j->peer->bytes_copied() - copied;
        }
        size_t stretch = n - w->position < HOLD_EVERY ? n - w->position : HOLD_EVERY;
        uint64_t begin = bench_now();
        size_t done = j->peer->write(j->in, w->position, stretch, &j->phase, phase);
        if (done == stretch) {
            hold_next(w->keeper, phase == MEASURE);
        }
        now->wall_ns += bench_now() - begin;
        w->position += done;
        now->writes += done;
        tell_position(w);
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
            w->in[MEASURE].writes++;
        }
        tell_position(w);
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
        uint64_t cpu = bench_clock(CLOCK_THREAD_CPUTIME_ID);
        uint64_t copied = j->peer->bytes_copied();
        if (paced) {
            write_paced(w, phase);
        } else {
            write_at_full_speed(w, phase);
        }
        w->in[phase].copied += j->peer->bytes_copied() - copied;
        w->in[phase].cpu_ns = bench_clock(CLOCK_THREAD_CPUTIME_ID) - cpu;
    }
    while (phase_of(j) != STOP) {
        sleep_ms(1);
    }
    check_held(w->keeper);
    return NULL;
}

/* ---- one run ---- */

/* What a table of one width takes more is anonymous memory for every peer. */
static double look(const job *j) { return bench_pss_kib(j->in->rows > 0 ? "Pss_Anon" : "Pss"); }

/* Until the time is over; meanwhile keeps snapshots by the clock, if there is a keeper, and looks at memory, unless
 * `look_ms` is 0. Returns the largest. */
static double watch(job *j, double seconds, int look_ms, keeper *k) {
    double peak = NAN;
    uint64_t end = bench_now() + (uint64_t)(seconds * 1e9);
    for (uint64_t i = 1, now = bench_now(); now < end; i++, now = bench_now()) {
        double left = (double)(end - now) / 1e6;
        sleep_ms((look_ms > 0 || k != NULL) && left > TICK_MS ? TICK_MS : left);
        peak = look_ms > 0 && i % (uint64_t)(look_ms / TICK_MS) == 0 ? fmax(peak, look(j)) : peak;
        if (i % (HOLD_EVERY_MS / TICK_MS) == 0) {
            hold_next(k, phase_of(j) == MEASURE);
        }
    }
    return peak;
}

static void go_on_to(job *j, int phase) { __atomic_store_n(&j->phase, phase, __ATOMIC_RELEASE); }

/* Memory is looked at in the run at full speed only: reading it walks the page tables and would disturb the latencies. With
 * large memory it would disturb the writer too, and has a phase of its own. Returns the peak. */
static double run_phases(job *j, double seconds, bool memory, keeper *k) {
    bool apart = j->setting->memory_s > 0;
    watch(j, j->setting->warm_s, 0, k);
    go_on_to(j, MEASURE);
    double peak = watch(j, seconds, memory && !apart ? TICK_MS : 0, k);
    if (apart) {
        go_on_to(j, MEMORY);
        peak = watch(j, memory ? j->setting->memory_s : 0, LOOK_EVERY_MS, k);
        watch(j, TICK_MS / 1000.0, 0, NULL); /* what is held then, and checked, has seen writes come after it */
    }
    go_on_to(j, STOP);
    return peak;
}

/* The same with one who saves. Images are checked while only the writer is at work, and nothing is measured. Writes down
 * the CPU time of all from the first save that counts to the end of the last. */
static double run_saves(job *j, bool memory, saver *s, uint64_t *cpu) {
    watch(j, j->setting->warm_s, 0, NULL);
    go_on_to(j, SETTLE);
    saver_save(s, 1);
    saver_check(s);
    *cpu = bench_clock(CLOCK_PROCESS_CPUTIME_ID) + saver_cpu_of_children();
    go_on_to(j, MEASURE);
    saver_save(s, j->setting->saves);
    *cpu = bench_clock(CLOCK_PROCESS_CPUTIME_ID) + saver_cpu_of_children() - *cpu;
    go_on_to(j, MEMORY);
    saver_check(s);
    if (memory) {
        saver_save(s, 1);
        saver_check(s);
    }
    go_on_to(j, STOP);
    return s->anonymous_kib;
}

/* With readers it is their snapshots that count, not those held. */
static void summarise_readers(reader *readers, int count, double seconds, keeper *all, double *figures) {
    all->take.count *= count == 0;
    all->take_drop.count *= count == 0;
    double wall = 0;
    double cpu = 0;
    double elements = 0;
    double scans = 0;
    for (int i = 0; i < count; i++) {
        wall += (double)readers[i].wall_ns;
        cpu += (double)readers[i].cpu_ns;
        elements += (double)readers[i].elements;
        scans += (double)readers[i].scans;
        times_add_all(&all->take, &readers[i].take);
        times_add_all(&all->take_drop, &readers[i].take_drop);
    }
    figures[FIGURE_SCAN] = elements > 0 ? wall / elements : NAN;
    figures[FIGURE_SCAN_CPU] = elements > 0 ? cpu / elements : NAN;
    figures[FIGURE_SCANS] = count > 0 ? scans / seconds : NAN;
}

static void summarise_take_drop(keeper *all, double *figures) {
    times *t = &all->take_drop;
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
    figures[FIGURE_LATE] = 1000.0 * (double)w->late / (double)(w->late + w->in[MEASURE].writes + (count == 0));
}

static size_t start_of(const job *j, bool paced) {
    if (j->in->registry != NULL) {
        return 0;
    }
    return paced ? snapshot_paced_start(j->in->words->n, j->setting) : snapshot_full_speed_start(j->in->words->n);
}

static void summarise_writer(const writer *w, double *figures) {
    const progress *p = &w->in[MEASURE];
    figures[FIGURE_THROUGHPUT] = (double)p->writes * 1e9 / (double)p->wall_ns;
    figures[FIGURE_COPIED] = (double)p->copied / (double)(p->writes + (p->writes == 0));
}

/* What of the CPU time of all is not what the writer would have needed alone for what it wrote. */
static void summarise_saver(saver *s, const writer *w, uint64_t cpu, double *figures) {
    const progress *alone = &w->in[WARM_UP];
    double own = (double)w->in[MEASURE].writes * (double)alone->cpu_ns / (double)alone->writes;
    figures[FIGURE_CYCLE_CPU] = ((double)cpu - own) / s->job->setting->saves;
    figures[FIGURE_SAVER_CPU] = times_median(&s->cpu);
    figures[FIGURE_SAVE] = times_median(&s->save);
    figures[FIGURE_TAKE] = times_median(&s->take);
}

/* Everybody of one run. */
typedef struct crew {
    job job;
    keeper keeper;
    writer writer;
    saver saver;
    reader readers[READERS_MAX];
    double memory; /* KiB before the first snapshot */
} crew;

static void begin(crew *c, bool paced) {
    const snapshot_setting *setting = c->job.setting;
    c->keeper = (keeper){.job = &c->job, .take = times_of(TIMES_MAX), .take_drop = times_of(TIMES_MAX)};
    c->writer = (writer){.job = &c->job, .keeper = setting->by_clock ? NULL : &c->keeper};
    if (paced) {
        c->writer.latency = times_of((size_t)(setting->rate * (setting->paced_s + 60)));
    }
    for (int i = 0; i < setting->readers; i++) {
        c->readers[i] =
            (reader){.job = &c->job, .index = i, .take = times_of(TIMES_MAX), .take_drop = times_of(TIMES_MAX)};
    }
    c->writer.position = start_of(&c->job, paced);
    c->job.peer->fill(c->job.in, c->writer.position);
    c->memory = paced || c->job.in->rows == 0 ? NAN : look(&c->job);
    hold_first(setting->by_clock ? &c->keeper : NULL);
    for (int i = 0; i < setting->readers; i++) {
        pthread_create(&c->readers[i].thread, NULL, read_all_the_time, &c->readers[i]);
    }
    if (setting->saves > 0) {
        saver_begin(&c->saver, &c->job);
    }
    pthread_create(&c->writer.thread, NULL, write_all_the_time, &c->writer);
}

static void end(crew *c) {
    pthread_join(c->writer.thread, NULL);
    check_held(c->job.setting->by_clock ? &c->keeper : NULL);
    for (int i = 0; i < c->job.setting->readers; i++) {
        pthread_join(c->readers[i].thread, NULL);
    }
    if (c->job.setting->saves > 0) {
        saver_end(&c->saver);
    }
}

void snapshot_run(const snapshot_peer *peer, const snapshot_input *in, const snapshot_setting *setting, bool paced,
                  double figures[FIGURES]) {
    static crew c;
    uint64_t cpu = 0;
    double seconds = paced ? setting->paced_s : setting->full_speed_s;
    int threads = setting->readers + (setting->saves > 0) + 1;
    c.job = (job){.peer = peer, .in = in, .setting = setting, .phase = WARM_UP, .pin = threads <= bench_cpus()};
    begin(&c, paced);
    double peak = setting->saves > 0 ? run_saves(&c.job, !paced, &c.saver, &cpu)
                                     : run_phases(&c.job, seconds, !paced, setting->by_clock ? &c.keeper : NULL);
    end(&c);
    if (paced) {
        summarise_latency(&c.writer, figures);
        return;
    }
    summarise_readers(c.readers, setting->readers, seconds, &c.keeper, figures);
    summarise_take_drop(&c.keeper, figures);
    summarise_writer(&c.writer, figures);
    if (in->rows > 0) {
        const progress *p = &c.writer.in[MEASURE];
        figures[FIGURE_WRITE_CPU] = (double)p->cpu_ns / (double)(p->writes + (p->writes == 0));
        figures[FIGURE_TAKE] = times_median(&c.keeper.take);
        figures[FIGURE_EXTRA] = peak - c.memory;
    } else {
        figures[FIGURE_PEAK_PSS] = peak;
    }
    if (setting->saves > 0) {
        summarise_saver(&c.saver, &c.writer, cpu, figures);
    }
}
