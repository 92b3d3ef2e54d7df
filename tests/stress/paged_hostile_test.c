/* SPDX-License-Identifier: MIT */
/*
 * Regions among hostile neighbours: threads that are cancelled, handlers that write to the region, leave by longjmp or
 * stand above, memory that is locked, forks at the worst moment, limits that are reached, numbers that are used up. Each
 * case was a defect once. It runs in a process of its own with a deadline, because what is looked for is often a hang or
 * a death.
 *
 *   paged_hostile_test [pattern]     runs the cases whose names match
 */
#define _GNU_SOURCE
#define COW_PAGED
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include "../unit/kit_threads.h"
#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void system_is_asked(int call);

#define COW__OS_REFUSES(call) (system_is_asked((int)(call)), false)
#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define COW_PAGED_ARRAY numbers, int
#include "cow/cow.h"

#define LENGTH(a) (sizeof(a) / sizeof *(a))
#define FAILS(call, code) (cow__set_error(COW_OK), !(call) && cow_error() == (code))

enum { CASE_MS = 20000, CHILD_MS = 5000, HANGS = -1, SKIPPED = 77 };

static size_t page; /* bytes */

/* ---- processes that may die or hang ---- */

static uint64_t now_ms(void) {
    struct timespec t;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void wait_us(long us) {
    struct timespec t = {us / 1000000, us % 1000000 * 1000};
    (void)nanosleep(&t, NULL);
}

/* A thread that hangs in a lock of the library has all signals blocked: only SIGKILL ends it. */
static int status_of(pid_t child, uint64_t most_ms) {
    uint64_t end = now_ms() + most_ms;
    int status = 0;
    for (;;) {
        pid_t got = waitpid(child, &status, WNOHANG);
        CHECK(got >= 0);
        if (got == child) return status;
        if (now_ms() >= end) break;
        wait_us(500);
    }
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
    return HANGS;
}

static int status_in_child(void (*fn)(void), uint64_t most_ms) {
    fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child) return status_of(child, most_ms);
    fn();
    fflush(NULL);
    _exit(0);
}

static pthread_t start(void *(*fn)(void *), void *job) {
    pthread_t thread = pthread_self();
    CHECK(pthread_create(&thread, NULL, fn, job) == 0);
    return thread;
}

/* A case ends like this where the system does not let it be tried. */
static void skip_because(const char *reason) {
    printf("skipped: %s\n", reason);
    fflush(NULL);
    _exit(SKIPPED);
}

/* ---- regions ---- */

static cow_paged *filled_with(size_t pages, const cow_paged_options *options) {
    cow_paged *r = cow_paged_new(pages * page, options);
    CHECK(r != NULL);
    memset(cow_paged_data(r), 1, pages * page);
    return r;
}

static cow_paged *filled(size_t pages) { return filled_with(pages, NULL); }

static char *data_of(const cow_paged *r) { return (char *)cow_paged_data(r); }

static char shown(const cow_snap *s, size_t p) {
    char byte = 0;
    CHECK(cow_snap_read(s, p * page, &byte, 1));
    return byte;
}

static void check_all_ones(const cow_snap *s) {
    for (size_t p = 0; p < cow_snap_size(s) / page; p++) CHECK(shown(s, p) == 1);
}

/* ---- handlers ---- */

static void handle(int sig, void (*plain)(int), void (*full)(int, siginfo_t *, void *), int flags) {
    struct sigaction act;
    memset(&act, 0, sizeof act);
    act.sa_flags = flags;
    if (full) {
        act.sa_sigaction = full;
        act.sa_flags |= SA_SIGINFO;
    } else
        act.sa_handler = plain;
    CHECK(sigaction(sig, &act, NULL) == 0);
}

/* What handlers that stand above found, each for itself. */
enum { TOPS = 6 };
static struct sigaction found[TOPS];

static void pass_on(const struct sigaction *h, int sig, siginfo_t *info, void *context) {
    if (h->sa_flags & SA_SIGINFO)
        h->sa_sigaction(sig, info, context);
    else
        h->sa_handler(sig);
}

#define TOP(i) \
    static void top_##i(int sig, siginfo_t *info, void *context) { pass_on(&found[i], sig, info, context); }
TOP(0)
TOP(1)
TOP(2)
TOP(3)
TOP(4)
TOP(5)
static void (*const tops[TOPS])(int, siginfo_t *, void *) = {top_0, top_1, top_2, top_3, top_4, top_5};

static void stand_on_top(size_t i, int flags) {
    CHECK(sigaction(SIGSEGV, NULL, &found[i]) == 0);
    handle(SIGSEGV, NULL, tops[i], flags);
}

static volatile char *volatile nowhere;

/* ---- a signal that comes all the time, whose handler writes to the region ---- */

enum { STORM_PAGES = 64 };
static char *volatile stormed;
static volatile sig_atomic_t gusts;
static atomic_bool storm_ends;

static void gust(int sig) {
    (void)sig;
    for (size_t p = 0; p < STORM_PAGES; p++) stormed[p * page] = (char)(stormed[p * page] + 1);
    gusts = gusts + 1;
}

typedef struct storm {
    pthread_t at;
    int sig;
} storm;

/* One at a time, so that the thread which gets them goes on in between. */
static void *send_signals(void *job) {
    const storm *s = (const storm *)job;
    for (long n = 0; !atomic_load(&storm_ends); n++) {
        sig_atomic_t before = gusts;
        CHECK(pthread_kill(s->at, s->sig) == 0);
        while (gusts == before && !atomic_load(&storm_ends)) wait_us(1);
        wait_us(n * 37 % 100);
    }
    return NULL;
}

/* This thread takes snapshots and writes, while the handler of the signal does, too. With a lock held, or within the
   handler of faults, it would wait for its own thread. */
static void write_in_a_storm(cow_paged *r, int sig) {
    storm s = {pthread_self(), sig};
    uint64_t end = now_ms() + 1500;
    stormed = data_of(r);
    handle(sig, gust, NULL, SA_RESTART);
    pthread_t sender = start(send_signals, &s);
    for (char n = 2; now_ms() < end; n++) {
        cow_snap *snap = cow_paged_snapshot(r);
        CHECK(snap != NULL);
        char was = shown(snap, 5);
        for (size_t p = 0; p < STORM_PAGES; p++) stormed[p * page + 1] = n;
        CHECK(shown(snap, 5) == was);
        cow_snap_drop(snap);
    }
    atomic_store(&storm_ends, true);
    CHECK(pthread_join(sender, NULL) == 0 && gusts > 100);
    for (size_t p = 0; p < STORM_PAGES; p++) CHECK((unsigned char)stormed[p * page] == (unsigned char)(gusts + 1));
    cow_paged_free(r);
}

static void a_sent_signal_of_faults_writes_during_snapshots(void) { write_in_a_storm(filled(STORM_PAGES), SIGTRAP); }

/* Ours runs with whatever signals the one above leaves open. */
static void a_handler_above_that_blocks_nothing_passes_on(void) {
    cow_paged *r = filled(STORM_PAGES);
    stand_on_top(0, SA_ONSTACK | SA_NODEFER);
    write_in_a_storm(r, SIGUSR1);
}

static void signals_that_are_blocked_stay_so(void) {
    static const int blocked[] = {SIGTRAP, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGUSR1};
    cow_paged *r = filled(8);
    sigset_t set, pending, mask;
    (void)sigemptyset(&set);
    for (size_t i = 0; i < LENGTH(blocked); i++) (void)sigaddset(&set, blocked[i]);
    CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    for (size_t i = 0; i < LENGTH(blocked); i++) CHECK(raise(blocked[i]) == 0);
    cow_snap *s = cow_paged_snapshot(r), *bare = cow_paged_snapshot_bare(r);
    CHECK(s && bare);
    data_of(r)[0] = 2;
    CHECK(cow_paged_will_write(r, data_of(r) + page, page) && shown(bare, 0) == 1);
    CHECK(cow_paged_restore(r, s));
    cow_snap_drop(s);
    cow_snap_drop(bare);
    cow_paged_free(r);
    CHECK(sigpending(&pending) == 0 && pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0);
    for (size_t i = 0; i < LENGTH(blocked); i++)
        CHECK(sigismember(&pending, blocked[i]) == 1 && sigismember(&mask, blocked[i]) == 1);
    CHECK(sigismember(&mask, SIGUSR2) == 0 && sigismember(&mask, SIGSEGV) == 0);
}

/* ---- crashes that are not ours ---- */

static sigjmp_buf way_back;
static volatile sig_atomic_t ways_back;

static void leave(int sig) {
    (void)sig;
    ways_back = ways_back + 1;
    siglongjmp(way_back, 1);
}

__attribute__((noinline)) static void crash_and_come_back(void) {
    if (sigsetjmp(way_back, 1)) return;
    *nowhere = 1;
    die(__FILE__, __LINE__, "the handler does not return");
}

/* As a program does that probes which addresses it may read. The frame lies at the same address each time. */
static void crash_three_times(int flags) {
    handle(SIGSEGV, leave, NULL, flags);
    cow_paged *r = filled(8);
    cow_snap *s = cow_paged_snapshot(r);
    for (size_t i = 0; i < 3; i++) {
        crash_and_come_back();
        data_of(r)[i * page] = 2; /* ours are served in between */
    }
    CHECK(ways_back == 3);
    check_all_ones(s);
    cow_snap_drop(s);
    cow_paged_free(r);
}

static void an_older_handler_leaves_by_longjmp(void) { crash_three_times(0); }

static void an_older_handler_leaves_an_alternate_stack_by_longjmp(void) {
    static char aside[65536];
    stack_t stack = {0};
    stack.ss_sp = aside;
    stack.ss_size = sizeof aside;
    CHECK(sigaltstack(&stack, NULL) == 0);
    crash_three_times(SA_ONSTACK);
}

static volatile sig_atomic_t crash_is_due;

static void the_first_handler(int sig) {
    (void)sig;
    _exit(crash_is_due ? 0 : 9);
}

/* Each time the last region goes, another handler stands on top of ours. */
static void stay_below(size_t others) {
    handle(SIGSEGV, the_first_handler, NULL, 0);
    for (size_t i = 0; i <= others; i++) {
        cow_paged *r = filled(4);
        cow_snap *s = cow_paged_snapshot(r);
        if (i < others) stand_on_top(i, 0);
        for (size_t p = 0; p < 4; p++) data_of(r)[p * page] = 2;
        check_all_ones(s);
        cow_snap_drop(s);
        if (i < others) cow_paged_free(r);
    }
    crash_is_due = 1;
    *nowhere = 1;
    die(__FILE__, __LINE__, "the first handler does not return");
}

static void the_handler_below_gets_the_crash_after_the_last_region_went(void) { stay_below(1); }
static void it_does_so_under_many_handlers(void) { stay_below(TOPS); }

/* ---- cancelled threads ---- */

typedef struct cancelled {
    cow_paged *r;
    cow_snap *s;
    int file;
    ssize_t (*receive)(cow_paged *r, int file, void *p, size_t n);
    ssize_t got;
    bool ok;
    char read[64 * 4096];
} cancelled;

static void join_cancelled(pthread_t thread) {
    void *end = NULL;
    CHECK(pthread_join(thread, &end) == 0);
    CHECK(end == PTHREAD_CANCELED && "it is cancelled, but later");
}

static void *read_when_cancelled(void *job) {
    cancelled *c = (cancelled *)job;
    CHECK(pthread_cancel(pthread_self()) == 0);
    c->ok = cow_snap_read(c->s, 0, c->read, sizeof c->read);
    pthread_testcancel();
    return NULL;
}

static void a_thread_that_is_cancelled_while_it_reads_keeps_no_lock(void) {
    static cancelled c;
    c.r = filled(sizeof c.read / page + 1);
    c.s = cow_paged_snapshot_bare(c.r);
    CHECK(c.s != NULL);
    join_cancelled(start(read_when_cancelled, &c));
    data_of(c.r)[0] = 2; /* waited for ever */
    CHECK(c.ok && shown(c.s, 0) == 1);
    for (size_t i = 0; i < sizeof c.read; i++) CHECK(c.read[i] == 1);
    cow_snap_drop(c.s);
    cow_paged_free(c.r);
}

static atomic_bool asking_cancels;

/* Each question to the system may be where a thread is cancelled, in some library. */
static void *do_all_when_cancelled(void *job) {
    cancelled *c = (cancelled *)job;
    CHECK(pthread_cancel(pthread_self()) == 0);
    atomic_store(&asking_cancels, true);
    CHECK(cow_paged_grow(c->r, 1024 * page));
    c->s = cow_paged_snapshot(c->r);
    CHECK(c->s && cow_paged_will_write(c->r, data_of(c->r), 800 * page));
    memset(data_of(c->r), 2, 800 * page);
    cow_snap_drop(cow_paged_snapshot_bare(c->r));
    CHECK(cow_paged_restore(c->r, c->s));
    atomic_store(&asking_cancels, false);
    c->ok = true;
    pthread_testcancel();
    return NULL;
}

static void a_cancelled_thread_finishes_what_it_began(void) {
    static cancelled c;
    cow_paged_options o = {0};
    o.reserve = 1024 * page;
    o.prefault = true;
    c.r = filled_with(8, &o);
    join_cancelled(start(do_all_when_cancelled, &c));
    CHECK(c.ok);
    data_of(c.r)[700 * page] = 3;
    CHECK(shown(c.s, 700) == 0 && shown(c.s, 7) == 1);
    cow_snap_drop(c.s);
    cow_paged_free(c.r);
}

static ssize_t by_recv(cow_paged *r, int file, void *p, size_t n) { return cow_paged_recv(r, file, p, n, 0); }

static ssize_t by_readv(cow_paged *r, int file, void *p, size_t n) {
    struct iovec part = {p, n};
    return cow_paged_readv(r, file, &part, 1);
}

static void *receive_until_cancelled(void *job) {
    cancelled *c = (cancelled *)job;
    c->got = c->receive(c->r, c->file, data_of(c->r), page);
    pthread_testcancel();
    return NULL;
}

static bool pinned(cow_paged *r) {
    cow__mutex_lock(&r->turn);
    bool any = r->pins != NULL;
    cow__mutex_unlock(&r->turn);
    return any;
}

/* A thread that died in the call would leave a list that goes through its stack. */
static void cancel_a_receiver(ssize_t (*receive)(cow_paged *r, int file, void *p, size_t n)) {
    static cancelled c;
    int ends[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    c.r = filled(8);
    c.file = ends[0];
    c.receive = receive;
    c.got = -2;
    pthread_t thread = start(receive_until_cancelled, &c);
    while (!pinned(c.r)) wait_us(100);
    CHECK(pthread_cancel(thread) == 0);
    wait_us(20000);
    CHECK(pinned(c.r) && "it is not cancelled within the call");
    cow_snap *s = cow_paged_snapshot(c.r);
    CHECK(s && write(ends[1], "x", 1) == 1);
    join_cancelled(thread);
    CHECK(c.got == 1 && data_of(c.r)[0] == 'x' && !pinned(c.r) && shown(s, 0) == 1);
    cow_snap *next = cow_paged_snapshot(c.r);
    data_of(c.r)[0] = 2;
    CHECK(next && shown(next, 0) == 'x');
    cow_snap_drop(s);
    cow_snap_drop(next);
    cow_paged_free(c.r);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void a_thread_is_cancelled_after_its_call_that_reads(void) {
    cancel_a_receiver(cow_paged_read);
    cancel_a_receiver(by_readv);
    cancel_a_receiver(by_recv);
}

/* ---- memory that is locked ---- */

/* Writes to a page that is still open, as another thread would, whenever the system is asked to protect something. */
static char *volatile written_late;
static volatile char late_value;

static void system_is_asked(int call) {
    if (atomic_load(&asking_cancels)) pthread_testcancel();
    if (call != COW__OS_PROTECT || !written_late) return;
    late_value = (char)(late_value + 1);
    *written_late = late_value;
}

/* The last write lies between the mapping of the view and the cut. */
static cow_snap *snapshot_with_late_writes(cow_paged *r) {
    char before = late_value;
    data_of(r)[0] = before; /* opens it */
    written_late = data_of(r);
    cow_snap *s = cow_paged_snapshot(r);
    written_late = NULL;
    CHECK(s != NULL && late_value != before);
    CHECK(shown(s, 0) == late_value && "what is written before the cut is in the view");
    data_of(r)[0] = 99;
    CHECK(shown(s, 0) == late_value && shown(s, 3) == 1);
    return s;
}

static void lock_memory(int flags) {
    if (mlockall(flags)) skip_because("this process may not lock its memory");
    void *p = mmap(NULL, (size_t)64 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) skip_because("this process may lock too little memory");
    (void)munmap(p, (size_t)64 << 20);
}

static void views_follow_until_the_cut(int flags) {
    cow_paged *r = filled(8);
    cow_snap *held = snapshot_with_late_writes(r);
    cow_snap_drop(snapshot_with_late_writes(r)); /* leaves a view for the next one, which is locked then */
    char value = shown(held, 0);
    lock_memory(flags);
    for (size_t i = 0; i < 4; i++) {
        cow_snap *a = snapshot_with_late_writes(r), *b = snapshot_with_late_writes(r);
        CHECK(shown(a, 3) == 1 && shown(b, 0) == late_value);
        cow_snap_drop(a);
        cow_snap_drop(b);
    }
    CHECK(shown(held, 0) == value);
    CHECK(munlockall() == 0);
    cow_snap_drop(snapshot_with_late_writes(r));
    cow_snap_drop(held);
    cow_paged_free(r);
}

static void views_are_right_when_future_memory_is_locked(void) { views_follow_until_the_cut(MCL_FUTURE); }
static void views_are_right_when_all_memory_is_locked(void) { views_follow_until_the_cut(MCL_CURRENT | MCL_FUTURE); }

static void writes_are_caught_when_memory_was_locked_before(void) {
    lock_memory(MCL_CURRENT | MCL_FUTURE);
    cow_paged *r = filled(8);
    CHECK(cow_paged_detector_of(r) == COW_PAGED_MPROTECT);
    cow_snap_drop(snapshot_with_late_writes(r));
    cow_snap_drop(snapshot_with_late_writes(r));
    cow_paged_free(r);
}

/* A writer that counts first here, then there: what was written later is not seen alone. */
static atomic_bool counting_ends;

static void *count_at_both_ends(void *job) {
    const cow_paged *r = (const cow_paged *)job;
    volatile uint64_t *a = (volatile uint64_t *)cow_paged_data(r);
    volatile uint64_t *b = a + (cow_paged_size(r) - page) / sizeof *a;
    for (uint64_t n = 1; !atomic_load_explicit(&counting_ends, memory_order_relaxed); n++) {
        *a = n;
        atomic_signal_fence(memory_order_seq_cst);
        *b = n;
    }
    return NULL;
}

static void views_of_locked_memory_are_not_torn(void) {
    cow_paged *r = filled(4096);
    memset(cow_paged_data(r), 0, cow_paged_size(r));
    pthread_t writer = start(count_at_both_ends, r);
    lock_memory(MCL_FUTURE);
    for (size_t i = 0; i < 50; i++) {
        cow_snap *s = cow_paged_snapshot(r);
        uint64_t a = 0, b = 0;
        CHECK(s && cow_snap_read(s, 0, &a, sizeof a) && cow_snap_read(s, cow_paged_size(r) - page, &b, sizeof b));
        CHECK((a == b || a == b + 1) && "the snapshot is of one moment");
        cow_snap_drop(s);
    }
    atomic_store(&counting_ends, true);
    CHECK(pthread_join(writer, NULL) == 0 && munlockall() == 0);
    cow_paged_free(r);
}

/* ---- restoring ---- */

/* Opening the pages makes the newer snapshot keep them, and for that the one that is restored is given up. */
static void restore_what_is_given_up(size_t apart) {
    enum { N = 10 };
    cow_paged_options o = {0};
    o.most_held = 15 * page;
    cow_paged *r = filled_with(N * apart, &o);
    char *data = data_of(r);
    cow_snap *s = cow_paged_snapshot_bare(r);
    for (size_t i = 0; i < N; i++) memset(data + i * apart * page, 2, page);
    cow_snap *newer = cow_paged_snapshot(r);
    CHECK(s && newer && cow_snap_ok(s));
    CHECK(FAILS(cow_paged_restore(r, s), COW_CONFLICT) && !cow_snap_ok(s) && cow_snap_ok(newer));
    for (size_t i = 0; i < N * apart * page; i++) {
        bool changed = i / page % apart == 0; /* restored before, or not any more */
        CHECK(data[i] == 1 || (changed && data[i] == 2));
    }
    for (size_t i = 0; i < N; i++) CHECK(shown(newer, i * apart) == 2 && shown(newer, i * apart + 1) == 1);
    cow_snap_drop(s);
    cow_snap_drop(newer);
    cow_paged_free(r);
}

static void restoring_a_snapshot_that_is_given_up_meanwhile_writes_no_zeros(void) {
    restore_what_is_given_up(7);
    restore_what_is_given_up(103); /* of two chunks, the first of which is restored */
}

static void an_array_that_was_restored_to_be_shorter_grows_by_zeros(void) {
    numbers a;
    numbers_snapshot shorter, longer;
    cow_paged_options o = {0};
    o.reserve = (size_t)1 << 20;
    CHECK(numbers_new(&a, 10, &o));
    numbers_data(&a)[9] = 5;
    CHECK(numbers_snapshot_of(&a, &shorter) && numbers_grow(&a, 5000));
    for (size_t i = 10; i < 5000; i++) numbers_data(&a)[i] = 77;
    CHECK(numbers_snapshot_of(&a, &longer) && numbers_restore(&a, &shorter) && numbers_len(&a) == 10);
    CHECK(numbers_grow(&a, 6000) && numbers_len(&a) == 6000 && numbers_data(&a)[9] == 5);
    for (size_t i = 10; i < 6000; i++) CHECK(numbers_data(&a)[i] == 0);
    CHECK(numbers_restore(&a, &longer) && numbers_len(&a) == 5000);
    for (size_t i = 10; i < 5000; i++) CHECK(numbers_data(&a)[i] == 77);
    CHECK(numbers_grow(&a, 6000) && numbers_data(&a)[5000] == 0);
    numbers_snapshot_drop(&shorter);
    numbers_snapshot_drop(&longer);
    numbers_free(&a);
}

typedef struct duel {
    cow_paged *r;
    pthread_barrier_t round;
    atomic_size_t asked, done;
    atomic_bool ends;
} duel;

static void restore_until_protected(cow_paged *r, const cow_snap *s) {
    for (size_t i = 0; i < 300 && cow__page_open(r, 0); i++) CHECK(cow_paged_restore(r, s) && data_of(r)[0] == 1);
    CHECK(!cow__page_open(r, 0));
}

static void *write_when_asked(void *job) {
    duel *d = (duel *)job;
    for (size_t n = 1; n <= 8; n++) {
        while (atomic_load(&d->asked) < n) (void)sched_yield();
        data_of(d->r)[0] = (char)(n + 1);
        atomic_store(&d->done, n);
    }
    return NULL;
}

/* The same thread faults on a page, and finds it open by then, many times in one epoch: each time it was protected again
   in between. */
static void a_page_that_others_open_first_is_written_again_and_again(void) {
    duel d;
    d.r = filled(4);
    atomic_init(&d.asked, 0);
    atomic_init(&d.done, 0);
    cow_snap *s = cow_paged_snapshot(d.r);
    CHECK(s != NULL);
    pthread_t thread = start(write_when_asked, &d);
    for (size_t n = 1; n <= 8; n++) {
        cow__mutex_lock(&d.r->chunks[0].lock);
        atomic_store(&d.asked, n);
        wait_us(5000); /* until it waits for the lock */
        CHECK(atomic_load(&d.done) == n - 1 && cow__open(d.r, 0, 1) == COW__OPENED);
        cow__mutex_unlock(&d.r->chunks[0].lock);
        while (atomic_load(&d.done) < n) (void)sched_yield();
        CHECK(data_of(d.r)[0] == (char)(n + 1));
        restore_until_protected(d.r, s);
    }
    CHECK(pthread_join(thread, NULL) == 0);
    check_all_ones(s);
    cow_snap_drop(s);
    cow_paged_free(d.r);
}

static void *write_each_round(void *job) {
    duel *d = (duel *)job;
    for (;;) {
        (void)pthread_barrier_wait(&d->round);
        if (atomic_load(&d->ends)) return NULL;
        data_of(d->r)[0] = 2;
        (void)pthread_barrier_wait(&d->round);
    }
}

static void two_threads_write_a_page_that_is_protected_again(void) {
    duel d;
    pthread_t threads[2];
    uint64_t end = now_ms() + 1000;
    d.r = filled(4);
    atomic_init(&d.ends, false);
    cow_snap *s = cow_paged_snapshot(d.r);
    CHECK(s && pthread_barrier_init(&d.round, NULL, 3) == 0);
    for (size_t i = 0; i < 2; i++) threads[i] = start(write_each_round, &d);
    while (now_ms() < end) {
        (void)pthread_barrier_wait(&d.round);
        (void)pthread_barrier_wait(&d.round);
        restore_until_protected(d.r, s);
    }
    atomic_store(&d.ends, true);
    (void)pthread_barrier_wait(&d.round);
    for (size_t i = 0; i < 2; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    check_all_ones(s);
    cow_snap_drop(s);
    cow_paged_free(d.r);
    (void)pthread_barrier_destroy(&d.round);
}

/* ---- the numbers of epochs are used up ---- */

enum { PAST_PAGES = 16, PASTS = 5 };

typedef struct past {
    cow_snap *s;
    char image[PAST_PAGES];
} past;

typedef struct history {
    cow_paged *r;
    char live[PAST_PAGES];
    past past[PASTS];
    uint32_t random;
} history;

static size_t any_below(history *h, size_t n) {
    h->random = h->random * 1664525u + 1013904223u;
    return (size_t)(h->random >> 16) % n;
}

typedef struct runs {
    bool dirty[PAST_PAGES];
} runs;

static bool add_run(size_t offset, size_t n, void *ctx) {
    runs *out = (runs *)ctx;
    for (size_t p = offset / page; p < (offset + n) / page; p++) out->dirty[p] = true;
    return true;
}

static void check_dirty(const past *a, const past *b) {
    runs out;
    if (!a->s || !b->s || a == b) return;
    memset(&out, 0, sizeof out);
    CHECK(cow_paged_each_dirty(a->s, b->s, add_run, &out));
    for (size_t p = 0; p < PAST_PAGES; p++) CHECK(a->image[p] == b->image[p] || out.dirty[p]);
}

static void check_history(history *h) {
    for (size_t p = 0; p < PAST_PAGES; p++) CHECK(data_of(h->r)[p * page] == h->live[p]);
    for (size_t i = 0; i < PASTS; i++)
        for (size_t p = 0; h->past[i].s && p < PAST_PAGES; p++)
            CHECK(shown(h->past[i].s, p) == h->past[i].image[p] && "a snapshot is what it was");
    check_dirty(&h->past[any_below(h, PASTS)], &h->past[any_below(h, PASTS)]);
}

static void write_some(history *h) {
    for (size_t n = any_below(h, 4); n > 0; n--) {
        size_t p = any_below(h, PAST_PAGES);
        h->live[p] = (char)(h->live[p] + 1);
        data_of(h->r)[p * page] = h->live[p];
    }
}

static void cut(history *h) {
    past *at = &h->past[any_below(h, PASTS)];
    cow_snap_drop(at->s);
    at->s = any_below(h, 2) ? cow_paged_snapshot(h->r) : cow_paged_snapshot_bare(h->r);
    CHECK(at->s != NULL);
    memcpy(at->image, h->live, sizeof h->live);
}

static void restore_one(history *h) {
    const past *at = &h->past[any_below(h, PASTS)];
    if (!at->s || any_below(h, 4)) return;
    CHECK(cow_paged_restore(h->r, at->s));
    memcpy(h->live, at->image, sizeof h->live);
}

/* As if so many snapshots had been made and dropped. Nothing is open right behind a cut, so no page has the number. */
static void pass_epochs(history *h, uint32_t until) {
    cut(h);
    COW__STORE(&h->r->epoch, until, COW__RELAXED);
}

static void go_past_epoch(uint32_t last, bool single_writer) {
    static history h;
    cow_paged_options o = {0};
    memset(&h, 0, sizeof h);
    o.single_writer = single_writer;
    h.r = filled_with(PAST_PAGES, &o);
    memset(h.live, 1, sizeof h.live);
    for (size_t step = 0; step < 600; step++) {
        if (step % 30 == 20) pass_epochs(&h, last - (uint32_t)any_below(&h, 8));
        write_some(&h);
        check_history(&h);
        if (any_below(&h, 2)) cut(&h);
        restore_one(&h);
        check_history(&h);
    }
    for (size_t i = 0; i < PASTS; i++) cow_snap_drop(h.past[i].s);
    cow_paged_free(h.r);
}

/* At the end that the library sees, and at that of their type. */
static void snapshots_stay_right_when_epochs_are_used_up(void) {
    for (int single_writer = 0; single_writer < 2; single_writer++) {
        go_past_epoch(INT32_MAX, single_writer != 0);
        go_past_epoch(UINT32_MAX, single_writer != 0);
    }
}

/* ---- mappings ---- */

static size_t mappings_of_process(void) {
    size_t n = 0;
    FILE *f = fopen("/proc/self/maps", "r");
    CHECK(f != NULL);
    for (int c = getc(f); c != EOF; c = getc(f)) n += c == '\n';
    (void)fclose(f);
    return n;
}

static void most_mappings_are_those_of_all_regions(void) {
    enum { REGIONS = 3, PAGES = 8192, MOST = 6000 };
    cow_paged *r[REGIONS];
    cow_snap *s[REGIONS];
    size_t before = mappings_of_process();
    for (size_t i = 0; i < REGIONS; i++) {
        r[i] = cow_paged_new(PAGES * page, NULL);
        CHECK(r[i] != NULL);
        r[i]->most_mappings = MOST;
        s[i] = cow_paged_snapshot(r[i]);
        CHECK(s[i] != NULL);
    }
    for (size_t n = 0; n < PAGES / 4; n++) { /* each fourth page, none near the last */
        for (size_t i = 0; i < REGIONS; i++) data_of(r[i])[n * 1237 % (PAGES / 4) * 4 * page] = 2;
        if (n % 256 == 255) CHECK(mappings_of_process() < before + MOST);
    }
    for (size_t i = 0; i < REGIONS; i++) {
        for (size_t p = 0; p < PAGES; p += 97) CHECK(shown(s[i], p) == 0);
        cow_snap_drop(s[i]);
        cow_paged_free(r[i]);
    }
    CHECK(mappings_of_process() < before + 100);
}

/* The budget of regions that are gone is there for others. */
static void mappings_of_regions_that_are_gone_do_not_count(void) {
    for (size_t round = 0; round < 20; round++) {
        cow_paged *r = cow_paged_new(4096 * page, NULL);
        CHECK(r != NULL);
        r->most_mappings = 1000;
        cow_snap *s = cow_paged_snapshot(r);
        data_of(r)[77 * page] = 2;
        CHECK(s && cow_snap_held(s) == page && "there are enough to open a single page");
        for (size_t p = 0; p < 4096; p += 8) data_of(r)[p * page] = 2;
        cow_paged_free(r);
        cow_snap_drop(s);
    }
}

static void *receive_one_byte(void *job) {
    cancelled *c = (cancelled *)job;
    c->got = cow_paged_read(c->r, c->file, data_of(c->r), 1);
    return NULL;
}

/* As in a server, where some thread always waits in a call: most of the region is protected anew all the same. */
static void mappings_are_counted_while_a_call_reads(void) {
    enum { PAGES = 4096, WRITES = 50 };
    static cancelled c;
    static history h;
    int ends[2];
    cow_snap *s = NULL;
    CHECK(pipe(ends) == 0);
    c.r = cow_paged_new(PAGES * page, NULL);
    CHECK(c.r != NULL);
    c.file = ends[0];
    pthread_t thread = start(receive_one_byte, &c);
    while (!pinned(c.r)) wait_us(100);
    size_t before = mappings_of_process();
    for (size_t round = 0; round < 40; round++) {
        cow_paged_stats stats;
        cow_snap *next = cow_paged_snapshot(c.r);
        CHECK(next != NULL);
        cow_snap_drop(s);
        s = next;
        cow_paged_stats_of(c.r, &stats);
        CHECK(stats.mappings <= 8 && "what is protected again takes no mappings any more");
        for (size_t n = 0; n < WRITES; n++) data_of(c.r)[(1 + any_below(&h, PAGES - 1)) * page] = 2;
        CHECK(mappings_of_process() <= before + 2 * WRITES + 20);
    }
    CHECK(write(ends[1], "x", 1) == 1 && pthread_join(thread, NULL) == 0 && c.got == 1);
    cow_snap_drop(s);
    cow_paged_free(c.r);
}

/* ---- forked children ---- */

/* A region of its own works. */
static void check_own_region(void) {
    cow_paged *r = filled(8);
    CHECK(cow_paged_detector_of(r) == COW_PAGED_MPROTECT);
    cow_snap *s = cow_paged_snapshot(r);
    CHECK(s != NULL);
    for (size_t p = 0; p < 8; p++) data_of(r)[p * page] = 2;
    check_all_ones(s);
    cow_snap_drop(s);
    cow_paged_free(r);
}

static void start_anew_and_write(void) {
    (void)signal(SIGSEGV, SIG_DFL); /* as many do in a child */
    check_own_region();
    check_own_region();
}

static void start_anew_and_crash(void) {
    start_anew_and_write();
    *nowhere = 1;
}

static void a_child_that_resets_its_handlers_makes_a_region(void) {
    cow_paged *r = filled(8);
    cow_snap *s = cow_paged_snapshot(r);
    CHECK(status_in_child(start_anew_and_write, CHILD_MS) == 0);
    int status = status_in_child(start_anew_and_crash, CHILD_MS);
    CHECK(status != HANGS && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    data_of(r)[0] = 2;
    check_all_ones(s);
    cow_snap_drop(s);
    cow_paged_free(r);
}

static atomic_bool lock_is_held, making_ends;

static void *hold_the_lock_of_regions(void *job) {
    (void)job;
    cow__mutex_lock(&cow__watch_turn);
    atomic_store(&lock_is_held, true);
    wait_us(50000);
    cow__mutex_unlock(&cow__watch_turn);
    return NULL;
}

static void a_child_forked_while_a_region_is_made_makes_one(void) {
    check_own_region();
    pthread_t thread = start(hold_the_lock_of_regions, NULL);
    while (!atomic_load(&lock_is_held)) (void)sched_yield();
    CHECK(status_in_child(check_own_region, CHILD_MS) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    check_own_region();
}

static void *make_and_free(void *job) {
    (void)job;
    while (!atomic_load(&making_ends)) check_own_region();
    return NULL;
}

static void children_are_forked_while_regions_come_and_go(void) {
    uint64_t end = now_ms() + 1000;
    check_own_region();
    pthread_t thread = start(make_and_free, NULL);
    while (now_ms() < end) CHECK(status_in_child(check_own_region, CHILD_MS) == 0);
    atomic_store(&making_ends, true);
    CHECK(pthread_join(thread, NULL) == 0);
}

/* ---- limits and options ---- */

/* What is written by a call must be kept at once, and that is more than may be held at all. */
static void a_snapshot_that_can_never_fit_gives_up_no_other(void) {
    cow_paged_options o = {0};
    cow__pin pin;
    o.most_held = 8 * page;
    o.reserve = 64 * page;
    cow_paged *r = filled_with(8, &o);
    cow_snap *older = cow_paged_snapshot(r);
    CHECK(older && cow_paged_grow(r, 64 * page) && cow__pin_begin(r, &pin, data_of(r) + 8 * page, 16 * page));
    CHECK(FAILS(cow_paged_snapshot(r), COW_CONFLICT) && cow_snap_ok(older));
    CHECK(FAILS(cow_paged_snapshot_bare(r), COW_CONFLICT) && cow_snap_ok(older));
    cow__pin_end(r, &pin);
    data_of(r)[0] = 2;
    check_all_ones(older);
    cow_snap *s = cow_paged_snapshot(r);
    CHECK(s && cow_snap_ok(older));
    cow_snap_drop(s);
    cow_snap_drop(older);
    cow_paged_free(r);
}

static size_t held_at_once(cow_paged *r) {
    cow_snap *s = cow_paged_snapshot(r);
    CHECK(s != NULL);
    size_t held = cow_snap_held(s);
    cow_snap_drop(s);
    return held;
}

/* Also where a snapshot is always there: else all of a chunk is opened. */
static void a_single_writer_pays_only_for_what_it_writes_again(void) {
    cow_paged_options o = {0};
    o.single_writer = true;
    cow_paged *r = filled_with(64, &o);
    cow_snap *first = cow_paged_snapshot(r);
    CHECK(first && held_at_once(r) == 0);
    data_of(r)[5 * page] = 2;
    for (size_t i = 0; i < 20; i++) CHECK(held_at_once(r) == 0 && "it was written in one epoch only");
    for (size_t i = 0; i < 4; i++) {
        data_of(r)[9 * page] = (char)i;
        size_t held = held_at_once(r);
        CHECK(held == 0 || (i > 0 && held == page));
    }
    data_of(r)[9 * page] = 7;
    CHECK(held_at_once(r) == page && "it is written all the time");
    for (size_t i = 0; i < 20; i++) (void)held_at_once(r);
    CHECK(held_at_once(r) == 0 && "it is not written any more");
    check_all_ones(first);
    cow_snap_drop(first);
    cow_paged_free(r);
}

static void options_out_of_range_are_refused(void) {
    cow_paged_options o = {0};
    o.detector = (cow_paged_detector)7;
    CHECK(FAILS(cow_paged_new(page, &o), COW_RANGE));
    o.detector = COW_PAGED_AUTO;
    o.when_full = (cow_paged_when_full)9;
    CHECK(FAILS(cow_paged_new(page, &o), COW_RANGE));
}

/* Else a program would go on with copies, and not know why it is slow. */
static void a_want_of_files_is_an_error(void) {
    struct rlimit before, none;
    CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
    none = before;
    none.rlim_cur = 3;
    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    CHECK(FAILS(cow_paged_new(page, NULL), COW_NOMEM));
    CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
    check_own_region();
}

static void a_bare_snapshot_has_no_image(void) {
    static const cow_paged_detector detectors[] = {COW_PAGED_MPROTECT, COW_PAGED_COPY};
    for (size_t i = 0; i < LENGTH(detectors); i++) {
        cow_paged_options o = {0};
        o.detector = detectors[i];
        cow_paged *r = filled_with(4, &o);
        cow_snap *s = cow_paged_snapshot_bare(r);
        CHECK(s && cow_snap_data(s) == NULL);
        data_of(r)[page] = 2;
        check_all_ones(s);
        CHECK(cow_paged_restore(r, s) && data_of(r)[page] == 1);
        cow_snap_drop(s);
        cow_paged_free(r);
    }
}

static void a_heap_grows_by_no_more_than_it_needs(void) {
    cow_paged_options o = {0};
    o.reserve = (size_t)1 << 20;
    cow_paged *r = cow_paged_new((size_t)512 << 10, &o);
    CHECK(r && cow_heap_begin(r));
    char *p = (char *)cow_heap_alloc(r, (size_t)600 << 10);
    CHECK(p != NULL && "half of it is free at the end of the heap");
    memset(p, 1, (size_t)600 << 10);
    char *q = (char *)cow_heap_alloc(r, (size_t)400 << 10);
    CHECK(q != NULL && cow_paged_size(r) <= o.reserve);
    memset(q, 2, (size_t)400 << 10);
    CHECK(FAILS(cow_heap_alloc(r, (size_t)100 << 10), COW_NOMEM));
    for (size_t i = 0; i < (size_t)600 << 10; i++) CHECK(p[i] == 1);
    cow_heap_free(r, q);
    CHECK(cow_heap_resize(r, p, (size_t)500 << 10) == p && cow_heap_alloc(r, (size_t)500 << 10) != NULL);
    cow_paged_free(r);
}

/* ---- running them ---- */

typedef struct trial {
    void (*run)(void);
} trial;

static const trial *now_running;

/* As a program starts: without the handlers of the test runner. */
static void run_now(void) {
    static const int handled[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGSYS};
    struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    for (size_t i = 0; i < LENGTH(handled); i++) (void)signal(handled[i], SIG_DFL);
    now_running->run();
}

static void in_a_child(void **state) {
    now_running = (const trial *)*state;
    int status = status_in_child(run_now, CASE_MS);
    if (status == HANGS) fail_msg("it hangs");
    if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED) skip();
    if (WIFSIGNALED(status)) fail_msg("it dies of signal %d", WTERMSIG(status));
    assert_int_equal(status, 0);
}

static struct CMUnitTest named(const char *name, trial *t) {
    struct CMUnitTest test = {name, in_a_child, NULL, NULL, t};
    return test;
}

#define TRIAL(fn) named(#fn, &(trial){fn})

int main(int argc, char **argv) {
    page = (size_t)sysconf(_SC_PAGESIZE);
    const struct CMUnitTest tests[] = {
        TRIAL(a_sent_signal_of_faults_writes_during_snapshots),
        TRIAL(a_handler_above_that_blocks_nothing_passes_on),
        TRIAL(signals_that_are_blocked_stay_so),
        TRIAL(an_older_handler_leaves_by_longjmp),
        TRIAL(an_older_handler_leaves_an_alternate_stack_by_longjmp),
        TRIAL(the_handler_below_gets_the_crash_after_the_last_region_went),
        TRIAL(it_does_so_under_many_handlers),
        TRIAL(a_thread_that_is_cancelled_while_it_reads_keeps_no_lock),
        TRIAL(a_cancelled_thread_finishes_what_it_began),
        TRIAL(a_thread_is_cancelled_after_its_call_that_reads),
        TRIAL(views_are_right_when_future_memory_is_locked),
        TRIAL(views_are_right_when_all_memory_is_locked),
        TRIAL(writes_are_caught_when_memory_was_locked_before),
        TRIAL(views_of_locked_memory_are_not_torn),
        TRIAL(restoring_a_snapshot_that_is_given_up_meanwhile_writes_no_zeros),
        TRIAL(an_array_that_was_restored_to_be_shorter_grows_by_zeros),
        TRIAL(a_page_that_others_open_first_is_written_again_and_again),
        TRIAL(two_threads_write_a_page_that_is_protected_again),
        TRIAL(snapshots_stay_right_when_epochs_are_used_up),
        TRIAL(most_mappings_are_those_of_all_regions),
        TRIAL(mappings_of_regions_that_are_gone_do_not_count),
        TRIAL(mappings_are_counted_while_a_call_reads),
        TRIAL(a_child_that_resets_its_handlers_makes_a_region),
        TRIAL(a_child_forked_while_a_region_is_made_makes_one),
        TRIAL(children_are_forked_while_regions_come_and_go),
        TRIAL(a_snapshot_that_can_never_fit_gives_up_no_other),
        TRIAL(a_single_writer_pays_only_for_what_it_writes_again),
        TRIAL(options_out_of_range_are_refused),
        TRIAL(a_want_of_files_is_an_error),
        TRIAL(a_bare_snapshot_has_no_image),
        TRIAL(a_heap_grows_by_no_more_than_it_needs),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests_name("paged hostile", tests, NULL, NULL);
}
