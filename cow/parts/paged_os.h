/* SPDX-License-Identifier: MIT */
/* paged_os: what the pager asks of the system, each call in one place. Floor 3, built on park and memory.

   Every mechanism that a kernel may lack is probed once by its effect, because some emulators say yes and do nothing. Calls
   that the fault handler makes go to the kernel directly, past the interceptors of sanitizers. Tests let any call fail:
   COW__OS_REFUSES. */
#ifdef COW_PAGED
#ifndef COW__PAGED_OS_H
#define COW__PAGED_OS_H

#include "debug.h"
#include "memory.h"
#include "park.h"

/* Whether writes can be caught here; elsewhere, and with COW_PAGED_EAGER, snapshots are copies. */
#ifndef COW__PAGED_FAULTS
#if !defined(COW_PAGED_EAGER) && defined(__GNUC__) && defined(__linux__)
#define COW__PAGED_FAULTS 1
#else
#define COW__PAGED_FAULTS 0
#endif
#endif

/* Where there are file descriptors. */
#if defined(__unix__) || defined(__APPLE__)
#define COW__PAGED_FILES 1
#else
#define COW__PAGED_FILES 0
#endif

#endif
#endif

#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_OS_BODY)
#define COW__PAGED_OS_BODY

#if COW__PAGED_FAULTS

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef MREMAP_MAYMOVE
#error "cow: COW_PAGED needs #define _GNU_SOURCE before the first system header of the file with COW_IMPLEMENTATION"
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

typedef enum cow__os_call {
    COW__OS_MAP,
    COW__OS_PROTECT,
    COW__OS_MOVE,
    COW__OS_ADVISE,
    COW__OS_FILE,
    COW__OS_RESIZE,
    COW__OS_SIGNAL
} cow__os_call;

#ifdef COW__OS_REFUSES
#define COW__REFUSED(call) (COW__OS_REFUSES(call) && (errno = ENOMEM))
#else
#define COW__REFUSED(call) false
#endif

COW__BEGIN_C

/* Whether the last call failed because it is not allowed any more, as in a sandbox, and not for want of memory. */
static bool cow__os_forbidden(void) { return errno == EPERM || errno == ENOSYS || errno == EINVAL || errno == EACCES; }

/* Address space without memory. NULL when there is none. */
static char *cow__os_reserve(size_t bytes) {
    void *p = MAP_FAILED;
    if (!COW__REFUSED(COW__OS_MAP))
        p = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : (char *)p;
}

/* Zero bytes that take memory when they are written. */
static void *cow__os_zeros(size_t bytes) {
    void *p = MAP_FAILED;
    if (!COW__REFUSED(COW__OS_MAP))
        p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return NULL;
    (void)madvise(p, bytes, MADV_DONTFORK);
    return p;
}

/* Maps bytes of a file from `offset` on, at `at` unless that is NULL. A forked child does not have them. */
static char *cow__os_map_file(void *at, size_t bytes, int file, size_t offset) {
    int flags = MAP_SHARED | MAP_NORESERVE | (at ? MAP_FIXED : 0);
    void *p = MAP_FAILED;
    if (!COW__REFUSED(COW__OS_MAP)) p = mmap(at, bytes, PROT_READ | PROT_WRITE, flags, file, (off_t)offset);
    if (p == MAP_FAILED) return NULL;
    (void)madvise(p, bytes, MADV_DONTFORK);
    return (char *)p;
}

static void cow__os_unmap(void *p, size_t bytes) {
    if (p) (void)munmap(p, bytes);
}

static bool cow__os_protect(void *p, size_t bytes, bool writable) {
    if (COW__REFUSED(COW__OS_PROTECT)) return false;
    return cow__syscall(SYS_mprotect, p, bytes, (long)(writable ? PROT_READ | PROT_WRITE : PROT_READ)) == 0;
}

static bool cow__os_advise(void *p, size_t bytes, int advice) {
    if (COW__REFUSED(COW__OS_ADVISE)) return false;
    return cow__syscall(SYS_madvise, p, bytes, (long)advice) == 0;
}

/* Moves the page tables of a mapping to `aside`, which then maps the same; where they were there are none. O(1) a large
   page table. */
static bool cow__os_move_tables(void *p, size_t bytes, void *aside) {
    if (COW__REFUSED(COW__OS_MOVE)) return false;
    long flags = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;
    return cow__syscall(SYS_mremap, p, bytes, bytes, flags, aside) == (long)aside;
}

/* A file in memory; -1 when there is none. */
static int cow__os_file(void) {
    return COW__REFUSED(COW__OS_FILE) ? -1 : (int)cow__syscall(SYS_memfd_create, "cow", 1L /* MFD_CLOEXEC */);
}

/* Makes a file larger, and takes the memory for it when `fill` says so. A limit on file sizes is asked first, because
   exceeding it is answered by a signal. */
static bool cow__os_resize(int file, size_t bytes, bool fill) {
    struct rlimit limit;
    if (COW__REFUSED(COW__OS_RESIZE)) return false;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && bytes > limit.rlim_cur) return false;
    if (ftruncate(file, (off_t)bytes)) return false;
    return !fill || posix_fallocate(file, 0, (off_t)bytes) == 0;
}

/* Maps a file so that no page follows it any more once it was written to. mlockall(MCL_FUTURE) would write to all of them
   here: so it is let nothing to write to, and taken back. */
static char *cow__os_map_view(size_t bytes, int file) {
    void *p =
        COW__REFUSED(COW__OS_MAP) ? MAP_FAILED : mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE, file, 0);
    if (p == MAP_FAILED) return NULL;
    (void)madvise(p, bytes, MADV_DONTFORK);
    bool ok = munlock(p, bytes) == 0 || cow__os_forbidden();
    if (ok && !COW__REFUSED(COW__OS_MAP) && mprotect(p, bytes, PROT_READ | PROT_WRITE) == 0) return (char *)p;
    cow__os_unmap(p, bytes);
    return NULL;
}

static size_t cow__os_page(void) { return (size_t)sysconf(_SC_PAGESIZE); }

/* How many mappings a process may have. */
static size_t cow__os_most_mappings(void) {
    unsigned long most = 65530;
    FILE *f = fopen("/proc/sys/vm/max_map_count", "r");
    if (f) {
        if (fscanf(f, "%lu", &most) != 1) most = 65530;
        (void)fclose(f);
    }
    return (size_t)most;
}

/* A thread that holds a lock which the fault handler takes, too, is not to be interrupted: a handler of signals that writes
   to the region would wait for itself, and a thread that is cancelled would never give it back. */
typedef struct cow__quiet {
    sigset_t signals;
    int cancel;
} cow__quiet;

static void cow__cancel_off(int *before) {
#ifdef PTHREAD_CANCEL_DISABLE
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, before);
#else
    *before = 0;
#endif
}

static void cow__cancel_restore(int before) {
#ifdef PTHREAD_CANCEL_DISABLE
    (void)pthread_setcancelstate(before, NULL);
#else
    (void)before;
#endif
}

/* SIGSEGV stays as it is, so that crashes are reported. */
static void cow__block_signals(sigset_t *before) {
    sigset_t all;
    (void)sigfillset(&all);
    (void)sigdelset(&all, SIGSEGV);
    (void)pthread_sigmask(SIG_BLOCK, &all, before);
}

static void cow__quiet_begin(cow__quiet *before) {
    cow__cancel_off(&before->cancel);
    cow__block_signals(&before->signals);
#if COW__DEBUG
    if (sigismember(&before->signals, SIGSEGV) == 1)
        COW_PANIC("a thread that uses a paged region blocks SIGSEGV: its first write to a protected page would end the "
                  "program");
#endif
}

static void cow__quiet_end(const cow__quiet *before) {
    (void)pthread_sigmask(SIG_SETMASK, &before->signals, NULL);
    cow__cancel_restore(before->cancel);
}

/* ---- What this kernel can do, by its effect ---- */

enum { COW__OS_PROBED = 1, COW__OS_POPULATES = 2, COW__OS_MOVES_TABLES = 4, COW__OS_MAPS_TWICE = 8 };

/* Whether a private page that was populated stays as it is when the file changes. */
static bool cow__os_probe_populate(char *live, int file, size_t page) {
    char *view = cow__os_map_view(page, file);
    if (!view) return false;
    *(volatile char *)live = 1;
    bool ok = cow__os_advise(view, page, MADV_POPULATE_WRITE);
    *(volatile char *)live = 2;
    ok = ok && *(volatile char *)view == 1;
    cow__os_unmap(view, page);
    return ok;
}

/* Whether both mappings are there after the move, and writes still go to the file. Some emulators say yes and take the old
   one away: so the kernel is asked first, which answers with an error where touching would be a crash. */
static bool cow__os_probe_move(char *live, int file, size_t page) {
    char *aside = cow__os_reserve(page);
    if (!aside) return false;
    *(volatile char *)live = 3;
    bool ok = cow__os_move_tables(live, page, aside) && pwrite(file, live, 1, 0) == 1;
    if (ok) *(volatile char *)live = 4;
    ok = ok && *(volatile char *)aside == 4;
    cow__os_unmap(aside, page);
    return ok;
}

/* Whether a private mapping that was only read follows the file, and one that was written does not. */
static bool cow__os_probe_views(char *live, int file, size_t page) {
    char *view = cow__os_map_view(page, file);
    if (!view) return false;
    *(volatile char *)live = 5;
    bool ok = *(volatile char *)view == 5;
    *(volatile char *)view = 5;
    *(volatile char *)live = 6;
    ok = ok && *(volatile char *)view == 5;
    cow__os_unmap(view, page);
    return ok;
}

/* 0: there was not even a file to try it with. */
static uint32_t cow__os_probe(void) {
    uint32_t can = COW__OS_PROBED;
    size_t page = cow__os_page();
    int file = cow__os_file();
    if (file < 0) return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? 0 : can;
    char *live = cow__os_resize(file, page, false) ? cow__os_map_file(NULL, page, file, 0) : NULL;
    if (live) {
        if (cow__os_probe_views(live, file, page)) can |= COW__OS_MAPS_TWICE;
        if (cow__os_probe_populate(live, file, page)) can |= COW__OS_POPULATES;
        if (cow__os_probe_move(live, file, page)) can |= COW__OS_MOVES_TABLES;
    }
    cow__os_unmap(live, page);
    (void)close(file);
    return can;
}

static cow__atomic_u32 cow__os_abilities;

static uint32_t cow__os_can(void) {
    uint32_t can = COW__LOAD(&cow__os_abilities, COW__RELAXED);
    if (can) return can;
    can = cow__os_probe();
    if (can & COW__OS_MAPS_TWICE)
        COW__STORE(&cow__os_abilities, can, COW__RELAXED); /* else it may have lacked something that comes back */
    return can;
}

COW__END_C
#endif
#endif
