/* SPDX-License-Identifier: MIT */
/*
 * Writes to protected pages from where a signal handler is hard to run, and crashes that are not ours. Each case that
 * may die runs in a program of its own, started anew, because its handlers and its death are what is looked at: with
 * a region and without, the same must be seen.
 *
 *   paged_signals_test [case [yes]]     runs one case, with a region if it says yes
 *
 * COW_TEST_UNDER in the environment names the emulator that runs it, if there is one.
 */
#define _GNU_SOURCE
#define COW_PAGED
#include "../unit/kit_threads.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define LENGTH(a) (sizeof(a) / sizeof *(a))

/* By so much less is done, where it is slow. */
#ifndef LESS
#define LESS 1
#endif

static size_t page; /* bytes */

/* A filled region and a snapshot of it. */
typedef struct frozen {
    cow_paged *r;
    cow_snap *s;
    char *data;
    const char *view;
} frozen;

static frozen freeze(size_t pages) {
    frozen f = {cow_paged_new(pages * page, NULL), NULL, NULL, NULL};
    CHECK(f.r != NULL);
    f.data = (char *)cow_paged_data(f.r);
    memset(f.data, 1, pages * page);
    f.s = cow_paged_snapshot(f.r);
    CHECK(f.s != NULL);
    f.view = (const char *)cow_snap_data(f.s);
    return f;
}

/* The snapshot is as it was, all over. */
static void check_view(const frozen *f) {
    CHECK(f->view[0] == 1 && memcmp(f->view, f->view + 1, cow_snap_size(f->s) - 1) == 0);
}

static void thaw(frozen *f) {
    check_view(f);
    cow_snap_drop(f->s);
    cow_paged_free(f->r);
}

static void again(frozen *f) {
    check_view(f);
    cow_snap_drop(f->s);
    memset(f->data, 1, cow_paged_size(f->r));
    f->s = cow_paged_snapshot(f->r);
    CHECK(f->s != NULL);
    f->view = (const char *)cow_snap_data(f->s);
}

/* ---- writes from an asynchronous handler ---- */

#ifndef NO_ASYNCHRONOUS_FAULTS /* says why, where an emulator or a sanitizer dies of them */

static char *volatile beaten;
static volatile sig_atomic_t beats;
static size_t beaten_pages;

static void beat(int sig) {
    (void)sig;
    int before = errno;
    errno = 77;
    size_t at = (size_t)beats % beaten_pages;
    beaten[at * page] = (char)(beaten[at * page] + 1);
    if (errno != 77) abort(); /* the fault may not be seen */
    errno = before;
    beats = beats + 1;
}

/* The handler comes while this thread writes, takes snapshots, drops and restores: with a lock held it would wait for
   itself. */
static void an_asynchronous_handler_writes(void) {
    enum { PAGES = 64 };
    cow_paged *r = cow_paged_new(PAGES * page, NULL);
    CHECK(r != NULL);
    char *data = (char *)cow_paged_data(r);
    struct sigaction act;
    memset(&act, 0, sizeof act);
    act.sa_handler = beat;
    act.sa_flags = SA_RESTART;
    beaten = data;
    beaten_pages = PAGES;
    CHECK(sigaction(SIGALRM, &act, NULL) == 0);
    struct itimerval often = {{0, 150}, {0, 150}}, never = {{0, 0}, {0, 0}};
    CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
    cow_snap *old = NULL;
    size_t rounds = 0;
    while (beats < 6000 / LESS) {
        cow_snap *s = rounds++ % 2 ? cow_paged_snapshot(r) : cow_paged_snapshot_bare(r);
        CHECK(s != NULL);
        char was[PAGES], is[PAGES];
        for (size_t p = 0; p < PAGES; p++) CHECK(cow_snap_read(s, p * page, &was[p], 1));
        for (size_t p = 0; p < PAGES; p++) data[p * page + 1] = (char)rounds;
        CHECK(cow_paged_will_write(r, data, 9 * page));
        for (size_t p = 0; p < PAGES; p++) CHECK(cow_snap_read(s, p * page, &is[p], 1));
        CHECK(memcmp(was, is, PAGES) == 0);
        cow_paged_stats stats;
        cow_paged_stats_of(r, &stats);
        cow_snap_drop(old);
        old = s;
    }
    CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
    size_t sum = 0;
    for (size_t p = 0; p < PAGES; p++) {
        size_t expected = (size_t)beats / PAGES + (p < (size_t)beats % PAGES);
        CHECK((unsigned char)data[p * page] == (unsigned char)expected && "no write of the handler is lost");
        sum += expected;
    }
    CHECK(sum == (size_t)beats);
    cow_snap_drop(old);
    cow_paged_free(r);
    (void)signal(SIGALRM, SIG_DFL);
    printf("paged signals: %d writes from an asynchronous handler, during %zu snapshots\n", (int)beats, rounds);
}

#endif

/* ---- stacks ---- */

static void *write_each_page(void *job) {
    frozen *f = (frozen *)job;
    for (size_t p = 0; p < cow_paged_size(f->r) / page; p++) f->data[p * page + p] = 2;
    return NULL;
}

static void on_stack_of(size_t bytes) {
    frozen f = freeze(40);
    pthread_t thread;
    pthread_attr_t attr;
    CHECK(pthread_attr_init(&attr) == 0);
    if (bytes) CHECK(pthread_attr_setstacksize(&attr, bytes) == 0);
    CHECK(pthread_create(&thread, &attr, write_each_page, &f) == 0 && pthread_join(thread, NULL) == 0);
    for (size_t p = 0; p < 40; p++) CHECK(f.data[p * page + p] == 2);
    thaw(&f);
    (void)pthread_attr_destroy(&attr);
}

/* The main thread has an alternate stack here, the others have none. */
static void small_stacks_and_none_aside(void) {
    size_t least = (size_t)sysconf(_SC_THREAD_STACK_MIN), small = least > 16384 ? least : 16384;
    static char aside[65536];
    stack_t stack = {0}, before;
    stack.ss_sp = aside;
    stack.ss_size = sizeof aside;
    CHECK(sigaltstack(&stack, &before) == 0);
    frozen f = freeze(40);
    write_each_page(&f);
    thaw(&f);
    CHECK(sigaltstack(&before, NULL) == 0);
    on_stack_of(small);
    on_stack_of(0);
    printf("paged signals: on a stack of %zu bytes, on an alternate stack and without one\n", small);
}

/* ---- kinds of writes ---- */

__attribute__((noinline)) static void copy_over(char *to, const char *from, size_t n) { memcpy(to, from, n); }
__attribute__((noinline)) static void set_over(char *to, int value, size_t n) { memset(to, value, n); }

typedef struct __attribute__((packed)) odd {
    uint64_t word;
} odd;

static void wide_and_unaligned_stores(void) {
    static const size_t sizes[] = {2, 3, 8, 15, 16, 31, 32, 63, 64, 100, 256, 1000, 5000, 20000};
    static char from[20000];
    frozen f = freeze(600);
    size_t n = 0;
    memset(from, 2, sizeof from);
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        for (size_t before = 1; before < sizes[i] && before < 130; before += before / 4 + LESS) {
            size_t border = (511 + i % 2 * 17) * page; /* of two chunks, and within one */
            char *to = f.data + border - before;
            copy_over(to, from, sizes[i]);
            CHECK(memcmp(to, from, sizes[i]) == 0 && to[-1] == 1 && to[sizes[i]] == 1);
            again(&f);
            set_over(f.data + border - before, 2, sizes[i]);
            to = f.data + border - before;
            CHECK(memcmp(to, from, sizes[i]) == 0 && to[-1] == 1 && to[sizes[i]] == 1);
            again(&f);
            n += 2;
        }
    }
    for (size_t before = 1; before < 8; before++) {
        ((volatile odd *)(void *)(f.data + 3 * page - before))->word = 0x0202020202020202u;
        CHECK(memcmp(f.data + 3 * page - before, from, 8) == 0);
        again(&f);
        n++;
    }
    thaw(&f);
    printf("paged signals: %zu stores over a border of pages\n", n);
}

static void *add_many(void *job) {
    frozen *f = (frozen *)job;
    for (size_t i = 0; i < 20000 / LESS; i++) {
        atomic_ulong *at = (atomic_ulong *)(void *)(f->data + i % 8 * page);
        unsigned long seen = atomic_load(at + 1);
        atomic_fetch_add(at, 1);
        while (!atomic_compare_exchange_weak(at + 1, &seen, seen + 3)) {
        }
    }
    return NULL;
}

/* An atomic change is done once, though its instruction runs twice. */
static void atomic_changes(void) {
    frozen f = freeze(8);
    pthread_t thread[2];
    cow_snap *s = NULL;
    memset(f.data, 0, 8 * page);
    for (size_t i = 0; i < 2; i++) CHECK(pthread_create(&thread[i], NULL, add_many, &f) == 0);
    for (size_t i = 0; i < 2000 / LESS; i++) {
        cow_snap_drop(s);
        s = cow_paged_snapshot(f.r);
        CHECK(s != NULL);
    }
    for (size_t i = 0; i < 2; i++) CHECK(pthread_join(thread[i], NULL) == 0);
    for (size_t p = 0; p < 8; p++) {
        atomic_ulong *at = (atomic_ulong *)(void *)(f.data + p * page);
        CHECK(atomic_load(at) == 5000 / LESS && atomic_load(at + 1) == 15000 / LESS);
    }
    cow_snap_drop(s);
    thaw(&f);
    printf("paged signals: %d atomic changes under %d snapshots, none lost or done twice\n", 80000 / LESS, 2000 / LESS);
}

/* ---- crashes ---- */

static frozen held; /* what the cases below have, when they run with a region */

static void say(const char *text) { CHECK(write(1, text, strlen(text)) == (ssize_t)strlen(text)); }

static volatile bool always = true;
__attribute__((noinline)) static int deeper(volatile char *above) {
    volatile char here[1024];
    here[0] = above ? (char)(above[0] + 1) : 0;
    return (always ? deeper(here) : 0) + here[0];
}

static volatile char *volatile nowhere;
__attribute__((no_sanitize("undefined"))) static void null_is_written(void) { *nowhere = 1; }
static void the_stack_overflows(void) { (void)deeper(NULL); }
static void it_aborts(void) { abort(); }
static void it_is_killed(void) { CHECK(raise(SIGSEGV) == 0); }

static const char constant[] = "constant";
static void constants_are_written(void) { *(volatile char *)(uintptr_t)constant = 1; }

/* What is called lies in the region, if there is one: a fault there that writing does not make. */
static void data_is_called(void) {
    static char own[64];
    char *data = held.data ? held.data + 5 * page : own;
    void (*call)(void);
    memcpy(&call, &data, sizeof call);
    call();
}

static void a_handler(int sig) {
    say(sig == SIGSEGV ? "handler " : "?");
    _exit(7);
}

/* Where the fault was; s390x knows the page only. */
static void tell_address(int sig, siginfo_t *info, void *context) {
    uintptr_t at = (uintptr_t)info->si_addr, expected = (uintptr_t)constant;
#ifdef __s390x__
    expected &= ~(uintptr_t)(page - 1);
#endif
    (void)context;
    if (sig == SIGSEGV && info->si_code == SEGV_MAPERR && at == 0)
        say("at null ");
    else
        say(sig == SIGSEGV && info->si_code == SEGV_ACCERR && at == expected ? "at the constant " : "elsewhere ");
    _exit(7);
}

static void go_on(int sig, siginfo_t *info, void *context) {
    (void)context;
    say(sig == SIGSEGV && info->si_addr == NULL ? "once " : "once, elsewhere ");
}

static void is_on_stack_aside(int sig) {
    (void)sig;
    stack_t now;
    CHECK(sigaltstack(NULL, &now) == 0);
    say(now.ss_flags & SS_ONSTACK ? "aside " : "on its stack ");
    _exit(7);
}

static void tell_mask(int sig) {
    sigset_t now;
    (void)sig;
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &now) == 0);
    say(sigismember(&now, SIGSEGV) ? "segv " : "");
    say(sigismember(&now, SIGUSR1) ? "usr1 " : "");
    say(sigismember(&now, SIGUSR2) ? "usr2 " : "");
    _exit(7);
}

static void handle(void (*plain)(int), void (*full)(int, siginfo_t *, void *), int flags, int blocks) {
    struct sigaction act;
    memset(&act, 0, sizeof act);
    act.sa_flags = flags;
    if (full) {
        act.sa_sigaction = full;
        act.sa_flags |= SA_SIGINFO;
    } else
        act.sa_handler = plain;
    if (blocks) (void)sigaddset(&act.sa_mask, blocks);
    CHECK(sigaction(SIGSEGV, &act, NULL) == 0);
}

static void stack_aside(void) {
    static char aside[65536];
    stack_t stack = {0};
    stack.ss_sp = aside;
    stack.ss_size = sizeof aside;
    CHECK(sigaltstack(&stack, NULL) == 0);
}

static void before_plain(void) { handle(a_handler, NULL, 0, 0); }
static void before_full(void) { handle(NULL, tell_address, 0, 0); }
static void before_once(void) { handle(NULL, go_on, (int)SA_RESETHAND, 0); }
static void before_once_nodefer(void) { handle(NULL, go_on, (int)SA_RESETHAND | SA_NODEFER, 0); }
static void before_mask(void) { handle(tell_mask, NULL, 0, SIGUSR1); }
static void before_mask_nodefer(void) { handle(tell_mask, NULL, SA_NODEFER, SIGUSR2); }
static void before_ignored(void) { (void)signal(SIGSEGV, SIG_IGN); }
static void before_aside(void) {
    stack_aside();
    handle(is_on_stack_aside, NULL, SA_ONSTACK, 0);
}

/* What happens, and what was set up before the region was there. */
typedef struct crash {
    const char *name;
    void (*before)(void);
    void (*happen)(void);
    int signal;       /* it dies of, or 0: exits with 7 */
    const char *says; /* on its standard output */
} crash;

static const crash crashes[] = {
    {"NULL", NULL, null_is_written, SIGSEGV, ""},
    {"constant", NULL, constants_are_written, SIGSEGV, ""},
    {"overflow", NULL, the_stack_overflows, SIGSEGV, ""},
    {"overflow, a stack aside", stack_aside, the_stack_overflows, SIGSEGV, ""},
    {"abort", NULL, it_aborts, SIGABRT, ""},
    {"raise", NULL, it_is_killed, SIGSEGV, ""},
    {"NULL, plain handler", before_plain, null_is_written, 0, "handler "},
    {"NULL, full handler", before_full, null_is_written, 0, "at null "},
    {"constant, full handler", before_full, constants_are_written, 0, "at the constant "},
    {"data called", NULL, data_is_called, SIGSEGV, ""},
    {"data called, plain handler", before_plain, data_is_called, 0, "handler "},
    {"NULL, handler once", before_once, null_is_written, SIGSEGV, "once "},
    {"NULL, handler once, not deferred", before_once_nodefer, null_is_written, SIGSEGV, "once "},
    {"overflow, handler aside", before_aside, the_stack_overflows, 0, "aside "},
    {"NULL, handler that blocks", before_mask, null_is_written, 0, "segv usr1 "},
    {"NULL, handler that blocks, not deferred", before_mask_nodefer, null_is_written, 0, "usr2 "},
    {"NULL, ignored", before_ignored, null_is_written, SIGSEGV, ""},
    {"raise, plain handler", before_plain, it_is_killed, 0, "handler "},
};

/* ---- the child's part ---- */

static int run_case(const char *name, bool with_region) {
    struct rlimit none = {0, 0}, stack = {1 << 20, 1 << 20};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)setrlimit(RLIMIT_STACK, &stack);
    alarm(5); /* one that goes round in circles dies of something else */
    for (size_t i = 0; i < LENGTH(crashes); i++) {
        if (strcmp(crashes[i].name, name) != 0) continue;
        if (crashes[i].before) crashes[i].before();
        if (with_region) {
            held = freeze(8);
            held.data[page] = 5; /* ours are still served */
            if (held.view[page] != 1) _exit(3);
        }
        crashes[i].happen();
        _exit(4);
    }
    return 5;
}

/* ---- the parent's part ---- */

static int outcome(const char *program, const char *name, bool with_region, char *said, size_t most) {
    int out[2], status = 0;
    size_t n = 0;
    CHECK(pipe(out) == 0);
    fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        (void)dup2(out[1], 1);
        (void)close(2);
        (void)close(out[0]);
        const char *under = getenv("COW_TEST_UNDER"), *yes = with_region ? "yes" : "no";
        if (under)
            execlp(under, under, program, name, yes, (char *)NULL);
        else
            execl(program, program, name, yes, (char *)NULL);
        _exit(9);
    }
    (void)close(out[1]);
    for (ssize_t got = 1; got > 0 && n + 1 < most; n += got > 0 ? (size_t)got : 0)
        got = read(out[0], said + n, most - 1 - n);
    said[n] = 0;
    (void)close(out[0]);
    CHECK(waitpid(child, &status, 0) == child);
    return status;
}

/* As it must be, and by what it says. */
static bool goes_as_it_must(const char *program, const crash *c, bool with_region) {
    char said[200];
    int status = outcome(program, c->name, with_region, said, sizeof said);
    bool right = c->signal ? WIFSIGNALED(status) && WTERMSIG(status) == c->signal
                           : WIFEXITED(status) && WEXITSTATUS(status) == 7;
    if (right && strcmp(said, c->says) == 0) return true;
    fprintf(stderr, "%s, %s a region: status %x, says \"%s\"\n", c->name, with_region ? "with" : "without",
            (unsigned)status, said);
    return false;
}

/* An emulator may get some of them wrong already without us. */
static void crashes_stay_crashes(const char *program) {
    size_t n = 0;
    for (size_t i = 0; i < LENGTH(crashes); i++) {
        if (!goes_as_it_must(program, &crashes[i], false)) {
            CHECK(getenv("COW_TEST_UNDER") && "without a region it is what we think");
            printf("paged signals: left out here: %s (also without a region another thing)\n", crashes[i].name);
            continue;
        }
        CHECK(goes_as_it_must(program, &crashes[i], true));
        n++;
    }
    CHECK(n > LENGTH(crashes) / 2);
    printf("paged signals: %zu kinds of crashes are with a region what they are without\n", n);
}

/* ---- installing and removing ---- */

static bool stands(void (*plain)(int)) {
    struct sigaction now;
    CHECK(sigaction(SIGSEGV, NULL, &now) == 0);
    return !(now.sa_flags & SA_SIGINFO) && now.sa_handler == plain;
}

static void the_handler_goes_with_the_last_region(void) {
    before_plain();
    frozen a = freeze(2), b = freeze(2);
    CHECK(!stands(a_handler));
    thaw(&a);
    b.data[0] = 2;
    CHECK(!stands(a_handler));
    cow_paged_free(b.r); /* its snapshot lives on */
    CHECK(stands(a_handler) && b.view[0] == 1);
    cow_snap_drop(b.s);
    (void)signal(SIGSEGV, SIG_DFL);
    a = freeze(2);
    CHECK(!stands(SIG_DFL));
    thaw(&a);
    CHECK(stands(SIG_DFL));
    /* Somebody who came later stays. */
    a = freeze(2);
    before_plain();
    thaw(&a);
    CHECK(stands(a_handler));
    /* And when that one is gone, the next region has its handler all the same. */
    (void)signal(SIGSEGV, SIG_DFL);
    a = freeze(2);
    a.data[0] = 2;
    thaw(&a);
    CHECK(stands(SIG_DFL));
    printf("paged signals: the handler comes with the first region and goes with the last\n");
}

/* ---- forked children ---- */

#ifndef NO_FORKED_CHILDREN /* says why */

static bool any_run(size_t offset, size_t n, void *ctx) { return (void)offset, (void)n, (void)ctx, true; }

#define REFUSED(call) (cow__set_error(COW_OK), !(call) && cow_error() == COW_UNSUPPORTED)

/* What the child asks for is refused, and what it has of its own is not touched. */
static int child_is_refused(frozen *f) {
    char byte;
    if (!REFUSED(cow_paged_snapshot(f->r)) || !REFUSED(cow_paged_snapshot_bare(f->r))) return 10;
    if (!REFUSED(cow_paged_will_write(f->r, f->data, 1)) || !REFUSED(cow_paged_restore(f->r, f->s))) return 11;
    if (!REFUSED(cow_paged_each_dirty(f->s, NULL, any_run, NULL))) return 12;
    if (!REFUSED(cow_snap_read(f->s, 0, &byte, 1))) return 13;
    cow_paged_stats stats;
    cow_paged_stats_of(f->r, &stats);
    frozen own[3];
    for (size_t i = 0; i < LENGTH(own); i++) {
        own[i] = freeze(64);
        memset(own[i].data, 2, 64 * page);
    }
    cow_snap_drop(f->s);
    cow_paged_free(f->r);
    for (size_t i = 0; i < LENGTH(own); i++) thaw(&own[i]);
    return 0;
}

/* Memory of the child that lies where the parent's region was is the child's. */
static int child_keeps_its_memory(frozen *f) {
    size_t n = cow_paged_size(f->r);
    char *own = (char *)mmap(f->data, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (own == MAP_FAILED) return 20;
    memset(own, 3, n);
    cow_snap_drop(f->s);
    cow_paged_free(f->r);
    for (size_t i = 0; i < n; i++)
        if (own[i] != 3) return 21;
    return 0;
}

static int child_writes(frozen *f) {
    (void)close(2);
    f->data[0] = 3;
    return 30;
}

static int in_child(int (*fn)(frozen *), frozen *f) {
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        struct rlimit none = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &none);
        alarm(20);
        _exit(fn(f));
    }
    CHECK(waitpid(child, &status, 0) == child);
    return status;
}

/* A reused entry of the table lies behind those of regions that the child does not have. */
static void a_forked_child_is_refused(void) {
    frozen first = freeze(3), f = freeze(4096);
    thaw(&first);
    int status = in_child(child_is_refused, &f);
    if (status) fprintf(stderr, "status of the child: %x\n", (unsigned)status);
    CHECK(status == 0);
    CHECK(in_child(child_keeps_its_memory, &f) == 0);
    status = in_child(child_writes, &f);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    f.data[5] = 2;
    thaw(&f); /* the parent's is as it was */
    printf("paged signals: a forked child is refused, and keeps what is its own\n");
}

#endif

int main(int argc, char **argv) {
    page = (size_t)sysconf(_SC_PAGESIZE);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1) return run_case(argv[1], argc > 2 && strcmp(argv[2], "yes") == 0);
#ifdef NO_ASYNCHRONOUS_FAULTS
    printf("paged signals: left out here: writes from an asynchronous handler (%s)\n", NO_ASYNCHRONOUS_FAULTS);
#else
    an_asynchronous_handler_writes();
#endif
    small_stacks_and_none_aside();
    wide_and_unaligned_stores();
    atomic_changes();
    crashes_stay_crashes(argv[0]);
    the_handler_goes_with_the_last_region();
#ifdef NO_FORKED_CHILDREN
    printf("paged signals: left out here: forked children (%s)\n", NO_FORKED_CHILDREN);
#else
    a_forked_child_is_refused();
#endif
    return 0;
}
