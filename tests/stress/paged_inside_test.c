/* SPDX-License-Identifier: MIT */
/*
 * What must hold inside the pager, looked at in the moment: the layer of system calls asks the test before each call
 * (COW__OS_REFUSES), also within the fault handler and in the middle of a cut. So what other tests find once in many
 * runs is found in each: a page that is opened before it is kept, a cut that lets a writer through, an errno that the
 * program sees, a lock that is held while signals come in.
 */
#define _GNU_SOURCE
#define COW_PAGED
#include "../unit/kit_threads.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static bool asked(int call);
#define COW__OS_REFUSES(call) asked((int)(call))
#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define LENGTH(a) (sizeof(a) / sizeof *(a))

static size_t page; /* bytes */

/* What looks at a system call, in the thread that is about to make it; true: the call is refused. */
typedef bool (*look)(int call);
static _Thread_local volatile look looks; /* a fault is no call that the compiler sees */

static bool asked(int call) {
    look now = looks;
    return now && now(call);
}

static void wait_ms(long ms) {
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL);
}

/* ---- a region, a snapshot with a view and a bare one ---- */

enum { PAGES = 1300 }; /* three chunks where pages are of 4 KiB */

typedef struct world {
    cow_paged *r;
    char *data;
    cow_snap *view, *bare;
} world;

static world begin(void) {
    world w = {0};
    cow_paged_options o = {0};
    o.detector = COW_PAGED_MPROTECT;
    o.reserve = (PAGES + 100) * page;
    w.r = cow_paged_new(PAGES * page, &o);
    CHECK(w.r != NULL);
    w.data = (char *)cow_paged_data(w.r);
    memset(w.data, 1, PAGES * page);
    w.view = cow_paged_snapshot(w.r);
    w.bare = cow_paged_snapshot_bare(w.r);
    CHECK(w.view && w.bare);
    return w;
}

/* The snapshots are all ones, still. */
static void end(world *w) {
    for (size_t p = 0; p < PAGES; p++) {
        char a = 0, b = 0;
        CHECK(cow_snap_read(w->view, p * page, &a, 1) && cow_snap_read(w->bare, p * page, &b, 1));
        CHECK(a == 1 && b == 1 && "a snapshot stays what it was");
    }
    cow_snap_drop(w->view);
    cow_snap_drop(w->bare);
    cow_paged_free(w->r);
}

/* Written where it stands, and not before or after. */
static void put(const world *w, size_t p, char value) { *(volatile char *)(w->data + p * page) = value; }

/* ---- kept first, opened then ---- */

static world *writing;
static volatile size_t kept_before, times_opened;

/* When a page is about to be opened, both snapshots have it. */
static bool has_both(int call) {
    if (call != COW__OS_PROTECT) return false;
    size_t by_view = cow_snap_held(writing->view), by_bare = cow_snap_held(writing->bare);
    CHECK(by_view > kept_before && by_bare > kept_before && "a page is kept before it is opened");
    CHECK(by_view == by_bare);
    kept_before = by_view;
    times_opened = times_opened + 1;
    return false;
}

/* One page; a run, for which more are opened each time; backwards; and what the program announces. */
static void pages_are_kept_before_they_are_opened(void) {
    world w = begin();
    writing = &w;
    kept_before = times_opened = 0;
    looks = has_both;
    put(&w, 700, 2);
    for (size_t p = 10; p < 60; p++) put(&w, p, 2);
    for (size_t p = 1290; p > 1280; p--) put(&w, p, 2);
    CHECK(cow_paged_will_write(w.r, w.data + 400 * page, 300 * page));
    looks = NULL;
    cow_paged_stats stats;
    cow_paged_stats_of(w.r, &stats);
    CHECK(times_opened > 12 && stats.pages_preserved * page == 2 * kept_before);
    end(&w);
    printf("paged inside: %zu times pages were opened, each time both snapshots had them\n", times_opened);
}

/* ---- a cut lets nobody through ---- */

typedef struct latecomer {
    char *at;
    atomic_bool go, wrote;
} latecomer;

static latecomer *late;
static size_t cuts;
static bool got_through;

static void *write_late(void *job) {
    latecomer *l = (latecomer *)job;
    while (!atomic_load(&l->go)) wait_ms(1);
    *(volatile char *)l->at = 2;
    atomic_store(&l->wrote, true);
    return NULL;
}

/* In the middle of the cut: a thread writes to a page of another chunk that was protected before. */
static bool let_somebody_write(int call) {
    if (call != COW__OS_PROTECT || cuts++) return false;
    atomic_store(&late->go, true);
    for (int i = 0; i < 150 && !got_through; i++) {
        wait_ms(1);
        got_through = atomic_load(&late->wrote);
    }
    return false;
}

static void nobody_writes_during_a_cut(bool with_view, size_t open, size_t late_page) {
    world w = begin();
    latecomer l = {w.data + late_page * page, false, false};
    pthread_t thread;
    late = &l;
    cuts = 0;
    put(&w, open, 3); /* something to protect */
    CHECK(pthread_create(&thread, NULL, write_late, &l) == 0);
    looks = let_somebody_write;
    cow_snap *s = with_view ? cow_paged_snapshot(w.r) : cow_paged_snapshot_bare(w.r);
    looks = NULL;
    CHECK(s && cuts > 0);
    CHECK(!got_through && "a write got through a cut");
    CHECK(pthread_join(thread, NULL) == 0 && w.data[late_page * page] == 2);
    char was = 0, is_open = 0;
    CHECK(cow_snap_read(s, late_page * page, &was, 1) && cow_snap_read(s, open * page, &is_open, 1));
    CHECK(was == 1 && is_open == 3);
    cow_snap_drop(s);
    end(&w);
}

static void a_cut_lets_nobody_through(void) {
    nobody_writes_during_a_cut(true, 3, 1200);
    nobody_writes_during_a_cut(false, 1200, 3);
    printf("paged inside: who writes during a cut waits for its end\n");
}

/* ---- errno ---- */

static volatile size_t disturbed, refuse_first;

/* As calls do that fail: errno is another one. */
static bool disturb_errno(int call) {
    errno = ENOMEM;
    disturbed = disturbed + 1;
    if (call != COW__OS_PROTECT || !refuse_first) return false;
    refuse_first = refuse_first - 1;
    return true;
}

static void errno_is_the_programs(void) {
    for (size_t refused = 0; refused < 2; refused++) {
        world w = begin();
        disturbed = 0;
        refuse_first = refused; /* then all of the chunk is opened at once */
        looks = disturb_errno;
        errno = 77;
        put(&w, 5, 2);
        int after = errno;
        looks = NULL;
        CHECK(after == 77 && "a fault does not change errno");
        CHECK(disturbed > 0 && refuse_first == 0 && w.data[5 * page] == 2);
        end(&w);
    }
    printf("paged inside: errno is what it was, also when a call failed within the handler\n");
}

/* ---- signals are blocked while a lock is held ---- */

/* A thread that is in the fault handler holds the lock of its chunk as long as the test likes. Meanwhile another one asks
   for something that takes the lock, too: what it waits with is what it would be interrupted with. */
typedef struct asking {
    const char *what;
    bool (*ask)(world *w);
    world *w;
    atomic_long thread;
    atomic_bool done, ok;
} asking;

static atomic_bool holds, let_go;

static bool hold_the_lock(int call) {
    if (call != COW__OS_PROTECT) return false;
    atomic_store(&holds, true);
    while (!atomic_load(&let_go)) wait_ms(1);
    return false;
}

static void *write_and_hold(void *job) {
    looks = hold_the_lock;
    *(volatile char *)job = 2;
    looks = NULL;
    return NULL;
}

static bool is_blocked(int sig) {
    sigset_t now;
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &now) == 0);
    return sigismember(&now, sig) == 1;
}

static void *ask_for_it(void *job) {
    asking *a = (asking *)job;
    atomic_store(&a->thread, (long)syscall(SYS_gettid));
    atomic_store(&a->ok, a->ask(a->w) && !is_blocked(SIGUSR1) && !is_blocked(SIGALRM));
    atomic_store(&a->done, true);
    return NULL;
}

/* The state of a thread, and which signals it blocks. */
static char state_of(long thread, unsigned long long *blocked) {
    char path[64], line[256], state = '?';
    (void)snprintf(path, sizeof path, "/proc/self/task/%ld/status", thread);
    FILE *f = fopen(path, "r");
    if (!f) return state;
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "State: %c", &state) == 1) continue;
        (void)sscanf(line, "SigBlk: %llx", blocked);
    }
    (void)fclose(f);
    return state;
}

/* Waits until the thread sleeps: nothing of what it asks for sleeps anywhere else than in front of a lock. */
static unsigned long long blocked_while_waiting(asking *a) {
    unsigned long long blocked = 0;
    for (int asleep = 0, i = 0; asleep < 5; i++) {
        long thread = atomic_load(&a->thread);
        if (i > 5000 || atomic_load(&a->done)) {
            fprintf(stderr, "%s does not wait for the lock of a chunk\n", a->what);
            abort();
        }
        asleep = thread && state_of(thread, &blocked) == 'S' ? asleep + 1 : 0;
        wait_ms(1);
    }
    return blocked;
}

static void check_blocked(const char *what, unsigned long long blocked) {
    static const int all[] = {SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGINT, SIGCHLD, SIGPROF};
    for (size_t i = 0; i < LENGTH(all); i++) {
        if (blocked >> (all[i] - 1) & 1) continue;
        fprintf(stderr, "%s waits for a lock with signal %d open\n", what, all[i]);
        abort();
    }
    CHECK(!(blocked >> (SIGSEGV - 1) & 1) && "faults are never blocked");
}

static void asks_with_signals_blocked(const char *what, bool (*ask)(world *w)) {
    world w = begin();
    asking a = {what, ask, &w, 0, false, false};
    pthread_t holder, asker;
    put(&w, 5, 3); /* there is something to restore */
    atomic_store(&holds, false);
    atomic_store(&let_go, false);
    CHECK(pthread_create(&holder, NULL, write_and_hold, w.data + 200 * page) == 0);
    while (!atomic_load(&holds)) wait_ms(1);
    CHECK(pthread_create(&asker, NULL, ask_for_it, &a) == 0);
    check_blocked(what, blocked_while_waiting(&a));
    atomic_store(&let_go, true);
    CHECK(pthread_join(holder, NULL) == 0 && pthread_join(asker, NULL) == 0);
    CHECK(atomic_load(&a.ok) && "it went, and the signals are open again");
    end(&w);
}

static bool any_run(size_t offset, size_t n, void *ctx) { return (void)offset, (void)n, (void)ctx, true; }

static bool ask_snapshot(world *w) {
    cow_snap *s = cow_paged_snapshot(w->r);
    cow_snap_drop(s);
    return s != NULL;
}

static bool ask_bare(world *w) {
    cow_snap *s = cow_paged_snapshot_bare(w->r);
    cow_snap_drop(s);
    return s != NULL;
}

static bool ask_drop(world *w) {
    cow_snap_drop(w->view);
    w->view = cow_snap_copy(w->bare);
    return true;
}

static bool ask_read(world *w) {
    char byte = 0;
    return cow_snap_read(w->bare, 3 * page, &byte, 1) && byte == 1;
}

static bool ask_to_save(world *w) {
    int end[2];
    char byte = 0;
    bool ok =
        pipe(end) == 0 && cow_snap_write(w->bare, 3 * page, 1, end[1]) && read(end[0], &byte, 1) == 1 && byte == 1;
    return close(end[0]) == 0 && close(end[1]) == 0 && ok;
}

static bool ask_to_write(world *w) { return cow_paged_will_write(w->r, w->data + 9 * page, 1); }
static bool ask_restore(world *w) { return cow_paged_restore(w->r, w->bare) && w->data[5 * page] == 1; }
static bool ask_dirty(world *w) { return cow_paged_each_dirty(w->view, NULL, any_run, NULL); }
static bool ask_grow(world *w) { return cow_paged_grow(w->r, (PAGES + 50) * page); }

static bool ask_the_kernel(world *w) {
    int end[2];
    bool ok = pipe(end) == 0 && write(end[1], "x", 1) == 1 && cow_paged_read(w->r, end[0], w->data + 9 * page, 1) == 1;
    return close(end[0]) == 0 && close(end[1]) == 0 && ok;
}

static const struct {
    const char *what;
    bool (*ask)(world *w);
} asks[] = {
    {"cow_paged_snapshot", ask_snapshot}, {"cow_paged_snapshot_bare", ask_bare},
    {"cow_snap_drop", ask_drop},          {"cow_snap_read of a bare snapshot", ask_read},
    {"cow_snap_write", ask_to_save},      {"cow_paged_will_write", ask_to_write},
    {"cow_paged_restore", ask_restore},   {"cow_paged_each_dirty", ask_dirty},
    {"cow_paged_grow", ask_grow},         {"cow_paged_read", ask_the_kernel},
};

static void locks_are_taken_with_signals_blocked(void) {
    for (size_t i = 0; i < LENGTH(asks); i++) asks_with_signals_blocked(asks[i].what, asks[i].ask);
    printf("paged inside: %zu functions wait for the lock of a chunk, each with signals blocked\n", LENGTH(asks));
}

int main(void) {
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    page = (size_t)sysconf(_SC_PAGESIZE);
    alarm(120); /* who waits for ever fails */
    pages_are_kept_before_they_are_opened();
    a_cut_lets_nobody_through();
    errno_is_the_programs();
    locks_are_taken_with_signals_blocked();
    return 0;
}
