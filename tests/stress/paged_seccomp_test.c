/* SPDX-License-Identifier: MIT */
/*
 * Regions under seccomp, each case in a child of its own. A filter that refuses a call: the next best way is taken, or the
 * call that needs it is an error; snapshots are right or say that they are not. A filter that lets through nothing but
 * the calls of docs/design/testing.md: all goes on as ever, so there are no others. A filter that kills is obeyed.
 */
#define _GNU_SOURCE
#define COW_PAGED
#include "../unit/kit_threads.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define LENGTH(a) (sizeof(a) / sizeof *(a))
#define FAILS(call, code) (cow__set_error(COW_OK), !(call) && cow_error() == (code))

static size_t page; /* bytes */

/* ---- filters ---- */

/* 32 bits have another one. */
#ifndef SYS_mmap
#define SYS_mmap SYS_mmap2
#endif

enum { MOST_CALLS = 60 };

/* What happens to the calls of a list, which -1 ends, and to all others. */
static void filter(const long *calls, unsigned listed, unsigned others) {
    struct sock_filter code[2 * MOST_CALLS + 2];
    unsigned short n = 0;
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, nr));
    for (size_t i = 0; calls[i] >= 0; i++) {
        CHECK(i < MOST_CALLS);
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i], 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, listed);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, others);
    struct sock_fprog program = {n, code};
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void refuse(const long *calls) { filter(calls, SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_ALLOW); }
static void refuse_one(long call) {
    long calls[2] = {call, -1};
    refuse(calls);
}

/* ---- a little of everything ---- */

enum { PAGES = 700, SNAPS = 4 };

typedef struct world {
    cow_paged *r;
    char *data;
    cow_snap *snap[SNAPS];
    char live[PAGES], image[SNAPS][PAGES];
} world;

static void set(world *w, size_t p, char value) {
    memset(w->data + p * page, value, page);
    w->live[p] = value;
}

static void set_up(world *w, cow_paged_detector detector) {
    cow_paged_options o = {0};
    o.detector = detector;
    memset(w, 0, sizeof *w);
    w->r = cow_paged_new(PAGES * page, &o);
    CHECK(w->r != NULL);
    w->data = (char *)cow_paged_data(w->r);
    for (size_t p = 0; p < PAGES; p++) set(w, p, 1);
}

static void take(world *w, size_t i, bool bare) {
    w->snap[i] = bare ? cow_paged_snapshot_bare(w->r) : cow_paged_snapshot(w->r);
    CHECK(w->snap[i] != NULL);
    memcpy(w->image[i], w->live, sizeof w->live);
}

static void write_some(world *w, char value) {
    for (size_t p = 10; p < 200; p++) set(w, p, value); /* a run */
    for (size_t p = 699; p > 300; p -= 13) set(w, p, value);
    set(w, 0, value);
}

/* How many snapshots say that they are not right. */
static size_t check(const world *w) {
    size_t lost = 0;
    for (size_t p = 0; p < PAGES; p++)
        CHECK(w->data[p * page] == w->live[p] && w->data[(p + 1) * page - 1] == w->live[p]);
    for (size_t i = 0; i < SNAPS; i++) {
        for (size_t p = 0; w->snap[i] && cow_snap_ok(w->snap[i]) && p < PAGES; p++) {
            char byte = 0;
            bool ok = cow_snap_read(w->snap[i], p * page + 1, &byte, 1);
            CHECK((ok && byte == w->image[i][p]) || !cow_snap_ok(w->snap[i]));
        }
        lost += w->snap[i] && !cow_snap_ok(w->snap[i]);
    }
    return lost;
}

static bool any_run(size_t offset, size_t n, void *ctx) { return (void)offset, (void)n, (void)ctx, true; }

/* How many snapshots were lost on the way. */
static size_t use(world *w) {
    size_t lost;
    take(w, 0, false);
    write_some(w, 2);
    take(w, 1, true);
    write_some(w, 3);
    lost = check(w);
    CHECK(cow_paged_will_write(w->r, w->data + 250 * page, 20 * page));
    for (size_t p = 250; p < 270; p++) set(w, p, 4);
    take(w, 2, false);
    cow_snap_drop(w->snap[1]);
    w->snap[1] = NULL;
    write_some(w, 5);
    CHECK(cow_paged_each_dirty(w->snap[0], w->snap[2], any_run, NULL));
    if (cow_snap_ok(w->snap[0])) {
        CHECK(cow_paged_restore(w->r, w->snap[0]));
        memcpy(w->live, w->image[0], sizeof w->live);
    }
    take(w, 3, true);
    write_some(w, 6);
    return lost + check(w);
}

static void tear_down(world *w) {
    for (size_t i = 0; i < SNAPS; i++) cow_snap_drop(w->snap[i]);
    cow_paged_free(w->r);
}

/* ---- refused from the start ---- */

static world w;

static int no_memory_files(void) {
    cow_paged_options o = {0};
    refuse_one(SYS_memfd_create);
    o.detector = COW_PAGED_MPROTECT;
    CHECK(FAILS(cow_paged_new(page, &o), COW_UNSUPPORTED));
    set_up(&w, COW_PAGED_AUTO);
    CHECK(cow_paged_detector_of(w.r) == COW_PAGED_COPY);
    CHECK(use(&w) == 0);
    tear_down(&w);
    return 0;
}

/* Each of these only makes things slower. */
static int go_on_without(const long *calls) {
    refuse(calls);
    set_up(&w, COW_PAGED_AUTO);
    CHECK(cow_paged_detector_of(w.r) == COW_PAGED_MPROTECT);
    CHECK(use(&w) == 0);
    tear_down(&w);
    return 0;
}

static int no_advice(void) { return go_on_without((const long[]){SYS_madvise, -1}); }
static int no_moves(void) { return go_on_without((const long[]){SYS_mremap, -1}); }
static int neither(void) { return go_on_without((const long[]){SYS_mremap, SYS_madvise, -1}); }
static int no_reading(void) { return go_on_without((const long[]){SYS_openat, SYS_pread64, SYS_pwrite64, -1}); }

static int no_handler(void) {
    refuse_one(SYS_rt_sigaction);
    cow_paged_options o = {0};
    o.detector = COW_PAGED_MPROTECT;
    cow__set_error(COW_OK);
    CHECK(!cow_paged_new(page, &o) && cow_error() != COW_OK);
    return 0;
}

/* ---- refused once all is set up ---- */

static int no_advice_any_more(void) {
    set_up(&w, COW_PAGED_MPROTECT);
    refuse_one(SYS_madvise);
    (void)use(&w); /* some may be lost, and say so */
    tear_down(&w);
    return 0;
}

static int no_moves_any_more(void) {
    set_up(&w, COW_PAGED_MPROTECT);
    refuse_one(SYS_mremap);
    CHECK(use(&w) == 0);
    tear_down(&w);
    return 0;
}

static int no_mappings_any_more(void) {
    set_up(&w, COW_PAGED_MPROTECT);
    take(&w, 0, false);
    write_some(&w, 2);
    refuse_one(SYS_mmap);
    CHECK(FAILS(cow_paged_snapshot(w.r), COW_NOMEM) && FAILS(cow_paged_snapshot_bare(w.r), COW_NOMEM));
    write_some(&w, 3);
    CHECK(cow_paged_restore(w.r, w.snap[0]));
    memcpy(w.live, w.image[0], sizeof w.live);
    CHECK(check(&w) == 0);
    tear_down(&w);
    return 0;
}

/* Nothing can be protected: no snapshot. */
static int no_protection_any_more(void) {
    set_up(&w, COW_PAGED_MPROTECT);
    refuse_one(SYS_mprotect);
    CHECK(FAILS(cow_paged_snapshot(w.r), COW_NOMEM));
    write_some(&w, 2);
    CHECK(check(&w) == 0);
    tear_down(&w);
    return 0;
}

/* Nothing can be opened: a write cannot go on, and cannot be told. */
static int no_opening_any_more(void) {
    set_up(&w, COW_PAGED_MPROTECT);
    take(&w, 0, false);
    refuse_one(SYS_mprotect);
    CHECK(FAILS(cow_paged_will_write(w.r, w.data, 1), COW_NOMEM));
    w.data[5] = 2;
    return 1;
}

/* ---- killed ---- */

static int killed_for_a_file(void) {
    filter((const long[]){SYS_memfd_create, -1}, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ALLOW);
    (void)cow_paged_new(page, NULL);
    return 1;
}

/* ---- these calls and no others ---- */

#ifdef __LP64__ /* elsewhere they have other names */

/* Writes that are caught: what the handler asks for. rt_sigreturn is how the kernel leaves any handler. */
#define CALLS_OF_WRITES \
    SYS_getpid, SYS_gettid, SYS_futex, SYS_mprotect, SYS_madvise, SYS_rt_sigprocmask, SYS_rt_sigreturn
/* Taking, reading, saving, restoring and dropping snapshots. What malloc asks for is mmap, munmap, mremap and brk. */
#define CALLS_OF_SNAPSHOTS \
    CALLS_OF_WRITES, SYS_mmap, SYS_munmap, SYS_munlock, SYS_mremap, SYS_brk, SYS_clock_gettime, SYS_pread64

static int writes_alone(void) {
    set_up(&w, COW_PAGED_MPROTECT);
    take(&w, 0, false);
    take(&w, 1, true);
    filter((const long[]){CALLS_OF_WRITES, SYS_exit_group, -1}, SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS);
    write_some(&w, 2);
    for (size_t p = 0; p < PAGES; p++) set(&w, p, 3);
    return 0;
}

static int writes_and_snapshots(void) {
    set_up(&w, COW_PAGED_MPROTECT);
    filter((const long[]){CALLS_OF_SNAPSHOTS, SYS_exit_group, -1}, SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS);
    CHECK(use(&w) == 0);
    for (size_t i = 0; i < SNAPS; i++) cow_snap_drop(w.snap[i]);
    return 0;
}

static int everything(void) {
    cow_paged_options o = {0};
    cow_paged_stats stats;
    o.reserve = 2 * PAGES * page;
    o.prefault = true;
    void *volatile first = malloc(1); /* what malloc begins with is its own */
    free(first);
    filter((const long[]){CALLS_OF_SNAPSHOTS, SYS_exit_group, SYS_memfd_create, SYS_ftruncate, SYS_fallocate,
                          SYS_prlimit64, SYS_close, SYS_rt_sigaction, SYS_openat, SYS_newfstatat, SYS_read, SYS_lseek,
                          SYS_pwrite64, -1},
           SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS);
    set_up(&w, COW_PAGED_MPROTECT);
    CHECK(use(&w) == 0);
    tear_down(&w);
    cow_paged *r = cow_paged_new(PAGES * page, &o);
    CHECK(r && cow_paged_grow(r, 2 * PAGES * page));
    cow_paged_stats_of(r, &stats);
    CHECK(stats.bytes == 2 * PAGES * page && stats.pss > 0);
    cow_paged_free(r);
    return 0;
}

#endif

/* ---- children ---- */

static int in_child(int (*fn)(void), char *said, size_t most) {
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
        alarm(20);
        _exit(fn());
    }
    (void)close(err[1]);
    for (ssize_t got = 1; got > 0 && n + 1 < most; n += got > 0 ? (size_t)got : 0)
        got = read(err[0], said + n, most - 1 - n);
    said[n] = 0;
    (void)close(err[0]);
    CHECK(waitpid(child, &status, 0) == child);
    return status;
}

/* What it dies of, 0: it goes well; and what it says first. */
static void ends(int (*fn)(void), int signal, const char *says, const char *what) {
    char said[500];
    int status = in_child(fn, said, sizeof said);
    bool right = signal ? WIFSIGNALED(status) && WTERMSIG(status) == signal : status == 0;
    if (!right || strncmp(said, says, strlen(says)) != 0)
        fprintf(stderr, "%s: status %x, said: %s\n", what, (unsigned)status, said);
    CHECK(right && strncmp(said, says, strlen(says)) == 0);
    printf("paged seccomp: %s\n", what);
}

int main(void) {
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    page = (size_t)sysconf(_SC_PAGESIZE);
    ends(no_memory_files, 0, "", "memfd_create refused: snapshots are copies");
    ends(no_advice, 0, "", "madvise refused: all is right");
    ends(no_moves, 0, "", "mremap refused: all is right");
    ends(neither, 0, "", "both refused: all is right");
    ends(no_reading, 0, "", "openat, pread64 and pwrite64 refused: all is right");
    ends(no_handler, 0, "", "rt_sigaction refused: no region");
    ends(no_advice_any_more, 0, "", "madvise refused later: snapshots are right, or say so");
    ends(no_moves_any_more, 0, "", "mremap refused later: all is right");
    ends(no_mappings_any_more, 0, "", "mmap refused later: no new snapshots, and all else is right");
    ends(no_protection_any_more, 0, "", "mprotect refused later: no snapshots, and the region is what it was");
    ends(no_opening_any_more, SIGABRT,
         "cow_paged: ", "mprotect refused under a snapshot: a write dies with a sentence");
    ends(killed_for_a_file, SIGSYS, "", "a filter that kills is obeyed");
#ifdef __LP64__
    ends(writes_alone, 0, "", "writes need the documented calls and no others");
    ends(writes_and_snapshots, 0, "", "so do snapshots");
    ends(everything, 0, "", "so does all the rest");
#else
    printf("paged seccomp: left out here: the documented calls and no others (those are of 64 bits)\n");
#endif
    return 0;
}
