/* SPDX-License-Identifier: MIT */
/*
 * Regions when the system refuses: each kind of call at the N-th time, once and from then on, limits on address space
 * and file sizes, and limits on what snapshots may hold. A refusal is an error of the function that asked. Within the
 * fault handler the write goes on all the same, or the process dies with a sentence. In no case does a snapshot that
 * says it is right show what is wrong, or a write get lost. Each case runs in a child of its own.
 */
#define _GNU_SOURCE
#define COW_PAGED
#include "../unit/kit_threads.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- the N-th call of a kind is refused ---- */

static volatile int refused_kind = -1; /* none */
static volatile size_t refused_at, refused_calls, refused_now;
static volatile bool refused_for_good;

static bool refuses(int kind) {
    if (kind != refused_kind) return false;
    refused_calls = refused_calls + 1;
    if (refused_calls < refused_at || (refused_calls > refused_at && !refused_for_good)) return false;
    refused_now = refused_now + 1;
    return true;
}

#define COW__OS_REFUSES(call) refuses((int)(call))
#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define LENGTH(a) (sizeof(a) / sizeof *(a))
#define FAILS(call, code) (cow__set_error(COW_OK), !(call) && cow_error() == (code))

static size_t page; /* bytes */

enum { PAGES = 64, MOST_PAGES = 640, SNAPS = 6 };

typedef struct world {
    cow_paged *r;
    char *data;
    cow_snap *snap[SNAPS];
    unsigned char live[MOST_PAGES], image[SNAPS][MOST_PAGES];
    size_t pages[SNAPS], failures;
    bool refused; /* a call failed, and why was right */
} world;

/* What a call may say when the system refuses. */
static bool went(world *w, bool ok) {
    if (ok) return true;
    CHECK(cow_error() == COW_NOMEM || cow_error() == COW_UNSUPPORTED);
    CHECK(refused_now > 0 && "nothing fails that was not refused");
    cow__set_error(COW_OK);
    w->failures++;
    return false;
}

static size_t pages_now(const world *w) { return cow_paged_size(w->r) / page; }

static void set(world *w, size_t p, int value) {
    memset(w->data + p * page, value, page);
    w->live[p] = (unsigned char)value;
}

static void check_live(const world *w) {
    for (size_t p = 0; p < pages_now(w); p++) {
        const unsigned char *at = (const unsigned char *)w->data + p * page;
        CHECK(at[0] == w->live[p] && at[page - 1] == w->live[p] && "no write is lost");
    }
}

/* Right, or it says that it is not. */
static void check_snap(const world *w, size_t i) {
    unsigned char got[2];
    if (!w->snap[i]) return;
    for (size_t p = 0; p < w->pages[i]; p++) {
        bool ok = cow_snap_read(w->snap[i], p * page, &got[0], 1) &&
                  cow_snap_read(w->snap[i], (p + 1) * page - 1, &got[1], 1);
        if (!ok) CHECK(!cow_snap_ok(w->snap[i]));
        if (!cow_snap_ok(w->snap[i])) return;
        CHECK(got[0] == w->image[i][p] && got[1] == w->image[i][p] && "a snapshot is right or says so");
    }
}

static void check_all(const world *w) {
    check_live(w);
    for (size_t i = 0; i < SNAPS; i++) check_snap(w, i);
}

static void cut(world *w, size_t i, bool bare) {
    cow_snap *s = bare ? cow_paged_snapshot_bare(w->r) : cow_paged_snapshot(w->r);
    if (went(w, s != NULL)) {
        w->snap[i] = s;
        w->pages[i] = pages_now(w);
        memcpy(w->image[i], w->live, sizeof w->live);
    }
    check_all(w);
}

static bool any_run(size_t offset, size_t n, void *ctx) { return (void)offset, (void)n, (void)ctx, true; }

/* One that fails has restored some pages, and others not. */
static void restore(world *w, size_t i) {
    if (!w->snap[i] || !cow_snap_ok(w->snap[i])) return;
    bool ok = went(w, cow_paged_restore(w->r, w->snap[i]));
    for (size_t p = 0; p < w->pages[i]; p++) {
        unsigned char is = (unsigned char)w->data[p * page];
        CHECK(is == w->image[i][p] || (!ok && is == w->live[p]));
        w->live[p] = is;
    }
    check_all(w);
}

/* A little of everything. */
static void do_everything(world *w, bool single_writer, cow_paged_detector detector) {
    cow_paged_options o = {0};
    o.detector = detector;
    o.single_writer = single_writer;
    o.reserve = MOST_PAGES * page;
    w->r = cow_paged_new(PAGES * page, &o);
    if (!went(w, w->r != NULL)) return;
    w->data = (char *)cow_paged_data(w->r);
    for (size_t p = 0; p < PAGES; p++) set(w, p, 1);
    cut(w, 0, false);
    for (size_t p = 5; p < 40; p++) set(w, p, 2);
    cut(w, 1, true);
    set(w, 60, 3);
    for (size_t p = 5; p < 9; p++) set(w, p, 3);
    if (went(w, cow_paged_will_write(w->r, w->data + 9 * page, 20 * page)))
        for (size_t p = 9; p < 29; p++) set(w, p, 3);
    if (went(w, cow_paged_grow(w->r, MOST_PAGES * page)))
        for (size_t p = PAGES; p < MOST_PAGES; p++) set(w, p, 4);
    cut(w, 2, false);
    for (size_t p = 1; p < pages_now(w); p += p / 4 + 1) set(w, p, 5);
    cut(w, 3, true);
    for (size_t p = pages_now(w); p-- > 0;) set(w, p, 6);
    if (w->snap[0]) (void)went(w, cow_paged_each_dirty(w->snap[0], w->snap[2], any_run, NULL));
    restore(w, 1);
    cow_snap_drop(w->snap[1]);
    w->snap[1] = NULL;
    set(w, 7, 7);
    restore(w, 2);
    cut(w, 4, false);
    for (size_t p = 0; p < pages_now(w); p += 3) set(w, p, 8);
    check_all(w);
    cow_snap_drop(w->snap[0]);
    w->snap[0] = NULL;
    cut(w, 5, false);
    set(w, 7, 9);
    check_all(w);
    cow_paged_free(w->r);
    for (size_t i = 0; i < SNAPS; i++) cow_snap_drop(w->snap[i]);
}

/* ---- children ---- */

enum { NOT_REFUSED, WENT_ON, SAID_SO, DIED_WITH_A_SENTENCE };

typedef struct trial {
    int kind;
    size_t at;
    bool for_good, single_writer;
    cow_paged_detector detector;
} trial;

static int in_child(int (*fn)(const void *), const void *job, char *said, size_t most) {
    int err[2], status = 0;
    size_t n = 0;
    CHECK(pipe(err) == 0);
    fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        struct rlimit none = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)dup2(err[1], 2);
        (void)close(err[0]);
        (void)close(err[1]);
        alarm(10);
        _exit(fn(job));
    }
    (void)close(err[1]);
    for (ssize_t got = 1; got > 0 && n + 1 < most; n += got > 0 ? (size_t)got : 0)
        got = read(err[0], said + n, most - 1 - n);
    said[n] = 0;
    (void)close(err[0]);
    CHECK(waitpid(child, &status, 0) == child);
    return status;
}

static int refuse_and_do(const void *job) {
    const trial *t = (const trial *)job;
    static world w;
    refused_at = t->at;
    refused_for_good = t->for_good;
    refused_kind = t->kind;
    do_everything(&w, t->single_writer, t->detector);
    return !refused_now ? NOT_REFUSED : w.failures ? SAID_SO : WENT_ON;
}

/* NOT_REFUSED: there are no more calls of that kind. */
static int try_one(const trial *t) {
    char said[500];
    int status = in_child(refuse_and_do, t, said, sizeof said);
    if (WIFEXITED(status) && WEXITSTATUS(status) <= SAID_SO) return WEXITSTATUS(status);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && strncmp(said, "cow_paged: ", 11) == 0)
        return DIED_WITH_A_SENTENCE;
    fprintf(stderr, "call %zu of kind %d refused%s%s: status %x, said: %s\n", t->at, t->kind,
            t->for_good ? " for good" : "", t->single_writer ? ", a single writer" : "", (unsigned)status, said);
    abort();
}

static const char *const kinds[] = {"map", "protect", "move", "advise", "file", "resize", "signal"};

static void each_call_is_refused(bool single_writer, cow_paged_detector detector, const char *what) {
    for (int kind = 0; kind <= COW__OS_SIGNAL; kind++) {
        size_t ends[4] = {0};
        for (int for_good = 0; for_good < 2; for_good++) {
            for (size_t at = 1;; at += 1 + at / 16) {
                trial t = {kind, at, for_good != 0, single_writer, detector};
                int end = try_one(&t);
                ends[end]++;
                if (end == NOT_REFUSED) break;
                CHECK(at < 100000);
            }
        }
        printf("paged limits: %s: %s refused: %zu times the work went on, %zu it was an error, %zu the process died "
               "with a sentence\n",
               what, kinds[kind], ends[WENT_ON], ends[SAID_SO], ends[DIED_WITH_A_SENTENCE]);
    }
}

/* ---- limits of the system ---- */

static size_t address_space(void) {
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    CHECK(f != NULL && fscanf(f, "%lu", &pages) == 1);
    (void)fclose(f);
    return (size_t)pages * page;
}

static int address_space_ends(const void *job) {
    (void)job;
    enum { MANY = 100 };
    size_t mib = (size_t)1 << 20;
    struct rlimit limit = {address_space() + 200 * mib, RLIM_INFINITY};
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    CHECK(FAILS(cow_paged_new(300 * mib, NULL), COW_NOMEM));
    cow_paged *r = cow_paged_new(8 * mib, NULL);
    CHECK(r != NULL);
    char *data = (char *)cow_paged_data(r);
    cow_snap *s[MANY];
    size_t n = 0;
    cow__set_error(COW_OK);
    for (; n < MANY; n++) {
        data[5] = data[3 * mib + n * page] = (char)n;
        s[n] = n % 2 ? cow_paged_snapshot_bare(r) : cow_paged_snapshot(r);
        if (!s[n]) break;
    }
    CHECK(n > 5 && n < MANY && cow_error() == COW_NOMEM);
    data[5] = 99;
    for (size_t i = 0; i < n; i++) {
        char byte = 0;
        CHECK(cow_snap_ok(s[i]) && cow_snap_read(s[i], 5, &byte, 1) && byte == (char)i);
    }
    cow_snap_drop(s[n / 2]);
    cow_snap_drop(s[n / 2 - 1]);
    s[n / 2] = cow_paged_snapshot(r);
    CHECK(s[n / 2] != NULL);
    s[n / 2 - 1] = NULL;
    data[5] = 98;
    CHECK(((const char *)cow_snap_data(s[n / 2]))[5] == 99);
    for (size_t i = 0; i < n; i++) cow_snap_drop(s[i]);
    cow_paged_free(r);
    return 0;
}

static int files_end(const void *job) {
    (void)job;
    size_t mib = (size_t)1 << 20;
    struct rlimit limit = {mib, RLIM_INFINITY};
    cow_paged_options o = {0};
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHECK(FAILS(cow_paged_new(2 * mib, NULL), COW_NOMEM));
    o.prefault = true;
    CHECK(FAILS(cow_paged_new(2 * mib, &o), COW_NOMEM));
    o.reserve = 4 * mib;
    cow_paged *r = cow_paged_new(mib / 2, &o);
    CHECK(r != NULL && cow_paged_detector_of(r) == COW_PAGED_MPROTECT);
    memset(cow_paged_data(r), 1, mib / 2);
    cow_snap *s = cow_paged_snapshot(r);
    CHECK(s && FAILS(cow_paged_grow(r, 2 * mib), COW_NOMEM) && cow_paged_size(r) == mib / 2);
    memset(cow_paged_data(r), 2, mib / 2);
    CHECK(cow_paged_grow(r, mib) && cow_paged_size(r) == mib);
    memset(cow_paged_data(r), 3, mib);
    CHECK(((const char *)cow_snap_data(s))[mib / 2 - 1] == 1);
    cow_snap_drop(s);
    cow_paged_free(r);
    return 0;
}

static void child_succeeds(int (*fn)(const void *), const char *what) {
    char said[500];
    int status = in_child(fn, NULL, said, sizeof said);
    if (status) fprintf(stderr, "%s: status %x, said: %s\n", what, (unsigned)status, said);
    CHECK(status == 0);
    printf("paged limits: %s\n", what);
}

/* ---- most_held ---- */

static cow_paged *new_limited(size_t pages, size_t most, cow_paged_when_full when_full) {
    cow_paged_options o = {0};
    o.most_held = most * page;
    o.when_full = when_full;
    cow_paged *r = cow_paged_new(pages * page, &o);
    CHECK(r != NULL);
    memset(cow_paged_data(r), 1, pages * page);
    return r;
}

static cow_paged_stats stats_of(cow_paged *r) {
    cow_paged_stats stats;
    cow_paged_stats_of(r, &stats);
    return stats;
}

static bool shows(const cow_snap *s, size_t p, char value) {
    char byte = 0;
    return cow_snap_read(s, p * page, &byte, 1) && byte == value && cow_snap_ok(s);
}

/* The oldest is given up, and tells. */
static int the_oldest_is_given_up(const void *bare) {
    cow_paged *r = new_limited(2000, 10, COW_PAGED_INVALIDATE);
    char *data = (char *)cow_paged_data(r), byte;
    cow_snap *a = bare ? cow_paged_snapshot_bare(r) : cow_paged_snapshot(r);
    for (size_t p = 0; p < 6; p++) data[(1900 - p * 300) * page] = 2;
    cow_snap *b = bare ? cow_paged_snapshot_bare(r) : cow_paged_snapshot(r);
    CHECK(a && b && shows(a, 1900, 1) && stats_of(r).held == 6 * page);
    data[150 * page] = data[50 * page] = 2; /* both keep these */
    CHECK(shows(a, 150, 1) && shows(b, 50, 1) && stats_of(r).given_up == 0);
    data[1750 * page] = 2;
    CHECK(!cow_snap_ok(a) && FAILS(cow_snap_read(a, 0, &byte, 1), COW_CONFLICT));
    CHECK(FAILS(cow_paged_restore(r, a), COW_CONFLICT));
    CHECK(shows(b, 1750, 1) && shows(b, 150, 1) && shows(b, 1900, 2) && shows(b, 50, 1));
    cow_paged_stats stats = stats_of(r);
    CHECK(stats.given_up == 1 && stats.held == 3 * page && stats.held_peak <= 10 * page && stats.snapshots == 2);
    CHECK(cow_snap_held(a) == 0);
    /* Also the last one, when it alone is too much. */
    for (size_t p = 0; p < 20; p++) data[(20 + p * 90) * page] = 3;
    CHECK(!cow_snap_ok(b) && stats_of(r).given_up == 2 && stats_of(r).held == 0);
    cow_snap *c = cow_paged_snapshot(r);
    data[10 * page] = 9;
    CHECK(c && shows(c, 10, 1));
    cow_snap_drop(b);
    cow_snap_drop(a);
    CHECK(cow_paged_restore(r, c) && data[10 * page] == 1);
    cow_snap_drop(c);
    cow_paged_free(r);
    return 0;
}

static int bare_ones_are_given_up(const void *job) { return (void)job, the_oldest_is_given_up(""); }

/* What one that was given up would have kept needs no more room: of three that hold two pages each, six in all, the
   oldest goes, and the others keep one more. */
static int no_more_than_needed_are_given_up(const void *job) {
    (void)job;
    cow_paged *r = new_limited(2000, 6, COW_PAGED_INVALIDATE);
    char *data = (char *)cow_paged_data(r);
    cow_snap *a = cow_paged_snapshot(r), *b = cow_paged_snapshot_bare(r), *c = cow_paged_snapshot(r);
    data[1900 * page] = data[700 * page] = 2;
    CHECK(a && b && c && stats_of(r).held == 6 * page && stats_of(r).given_up == 0);
    data[100 * page] = 2;
    CHECK(!cow_snap_ok(a) && stats_of(r).given_up == 1 && stats_of(r).held == 6 * page);
    CHECK(shows(b, 100, 1) && shows(b, 700, 1) && shows(c, 100, 1) && shows(c, 1900, 1));
    cow_snap_drop(a);
    cow_snap_drop(b);
    cow_snap_drop(c);
    cow_paged_free(r);
    return 0;
}

/* A window of many pages must not take what one page has. */
static int windows_fit_into_what_there_is(const void *when_full) {
    cow_paged *r = new_limited(2000, 32, *(const cow_paged_when_full *)when_full);
    char *data = (char *)cow_paged_data(r);
    for (size_t round = 0; round < 60; round++) {
        cow_snap *s = cow_paged_snapshot(r);
        CHECK(s != NULL);
        for (size_t p = 0; p < 20; p++) data[(round * 20 + p) * page] = 2;
        CHECK(shows(s, round * 20, 1) && shows(s, round * 20 + 19, 1) && stats_of(r).given_up == 0);
        cow_snap_drop(s);
    }
    CHECK(stats_of(r).held_peak <= 32 * page);
    cow_paged_free(r);
    return 0;
}

static const cow_paged_when_full waits = COW_PAGED_WAIT, invalidates = COW_PAGED_INVALIDATE;
static int windows_that_wait(const void *job) { return (void)job, windows_fit_into_what_there_is(&waits); }
static int windows_that_invalidate(const void *job) { return (void)job, windows_fit_into_what_there_is(&invalidates); }

typedef struct waiter {
    char *data;
    atomic_size_t written;
} waiter;

static void *write_forty(void *job) {
    waiter *w = (waiter *)job;
    for (size_t p = 0; p < 40; p++) {
        w->data[p * 47 % 2000 * page] = 2;
        atomic_store(&w->written, p + 1);
    }
    return NULL;
}

static void wait_ms(long ms) {
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL);
}

static int writers_wait(const void *job) {
    (void)job;
    cow_paged *r = new_limited(2000, 10, COW_PAGED_WAIT);
    waiter w = {(char *)cow_paged_data(r), 0};
    pthread_t thread;
    cow_snap *s = cow_paged_snapshot(r);
    CHECK(s != NULL && pthread_create(&thread, NULL, write_forty, &w) == 0);
    while (atomic_load(&w.written) < 10) wait_ms(1);
    for (int i = 0; i < 3; i++) {
        wait_ms(60);
        CHECK(atomic_load(&w.written) == 10 && "it waits");
        for (size_t p = 0; p < 40; p++) CHECK(shows(s, p * 47 % 2000, 1));
    }
    CHECK(FAILS(cow_paged_will_write(r, w.data + 1999 * page, 1), COW_CONFLICT));
    CHECK(stats_of(r).held == 10 * page && stats_of(r).given_up == 0);
    cow_snap_drop(s);
    CHECK(pthread_join(thread, NULL) == 0 && atomic_load(&w.written) == 40);
    for (size_t p = 0; p < 40; p++) CHECK(w.data[p * 47 % 2000 * page] == 2);
    cow_paged_free(r);
    return 0;
}

int main(void) {
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    page = (size_t)sysconf(_SC_PAGESIZE);
    /* First when nobody knows yet what the system can do. */
    each_call_is_refused(false, COW_PAGED_AUTO, "at the start");
    CHECK(cow__os_can() & COW__OS_MAPS_TWICE);
    each_call_is_refused(false, COW_PAGED_MPROTECT, "later");
    each_call_is_refused(true, COW_PAGED_MPROTECT, "a single writer");
    child_succeeds(address_space_ends, "the address space ends: an error, and snapshots stay");
    child_succeeds(files_end, "files may not be so large: an error, and no signal");
    child_succeeds(the_oldest_is_given_up, "the oldest snapshot is given up, and says so");
    child_succeeds(bare_ones_are_given_up, "bare snapshots, too");
    child_succeeds(writers_wait, "writers wait for room");
    child_succeeds(windows_that_invalidate, "nothing is given up while there is room for a page");
    child_succeeds(windows_that_wait, "nobody waits while there is room for a page");
    child_succeeds(no_more_than_needed_are_given_up, "no more snapshots are given up than needed");
    return 0;
}
