/* SPDX-License-Identifier: MIT */
/* Peers that freeze memory with fork(): a child has it as it was, scans it when it is told to, and dies when the snapshot
 * is dropped. Its memory are pages of 4 KiB, huge pages, or huge pages that the kernel maps in pieces. */
#include "paged_peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define HUGE ((size_t)2 << 20)

typedef struct order {
    size_t offset, bytes, step;
} order;

static char *region;
static pid_t child;
static int orders, answers;
static uint64_t reaped_cpu;

/* ---- memory ---- */

static char *map_aligned(size_t bytes, int advice) {
    char *p = mmap(NULL, bytes + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) {
        bench_die("no memory for %zu bytes", bytes);
    }
    p += -(uintptr_t)p & (HUGE - 1);
    return madvise(p, bytes, advice) == 0 ? p : NULL;
}

static char *make_small(size_t bytes) { return region = map_aligned(bytes, MADV_NOHUGEPAGE); }

/* How much of this process's memory huge entries of page tables map. */
static size_t huge_kib(void) {
    char line[256];
    size_t kib = 0;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "AnonHugePages:", 14) == 0) {
            kib = strtoul(line + 14, NULL, 10);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return kib;
}

static char *make_huge(size_t bytes) {
    region = map_aligned(bytes, MADV_HUGEPAGE);
    if (region == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < bytes; i += HUGE) {
        *(volatile char *)(region + i) = 0;
    }
    return huge_kib() >= bytes / 1024 / 10 * 9 ? region : NULL;
}

/* A page with other rights than its neighbours has the kernel map the whole piece page by page; it does not go back. */
static char *make_split(size_t bytes) {
    if (make_huge(bytes) == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < bytes; i += HUGE) {
        if (mprotect(region + i, PAGED_PAGE, PROT_READ) != 0 ||
            mprotect(region + i, PAGED_PAGE, PROT_READ | PROT_WRITE) != 0) {
            return NULL;
        }
    }
    (void)madvise(region, bytes, MADV_NOHUGEPAGE);
    return huge_kib() <= bytes / 1024 / 10 ? region : NULL;
}

/* ---- snapshots ---- */

_Noreturn static void serve(int in, int out) {
    order o;
    while (read(in, &o, sizeof o) == (ssize_t)sizeof o) {
        paged_scan s = paged_scan_here(region + o.offset, o.bytes, o.step);
        if (write(out, &s, sizeof s) != (ssize_t)sizeof s) {
            break;
        }
    }
    _exit(0);
}

static uint64_t take(void) {
    int to[2], back[2];
    if (pipe(to) != 0 || pipe(back) != 0) {
        bench_die("cannot make a pipe: %s", strerror(errno));
    }
    uint64_t begin = bench_now();
    child = fork();
    if (child == 0) {
        close(to[1]);
        serve(to[0], back[1]);
    }
    uint64_t ns = bench_now() - begin;
    if (child < 0) {
        bench_die("cannot fork: %s", strerror(errno));
    }
    close(to[0]);
    close(back[1]);
    orders = to[1];
    answers = back[0];
    return ns;
}

static paged_scan scan(size_t offset, size_t bytes, size_t step) {
    order o = {offset, bytes, step};
    paged_scan s;
    if (write(orders, &o, sizeof o) != (ssize_t)sizeof o || read(answers, &s, sizeof s) != (ssize_t)sizeof s) {
        bench_die("the child does not answer");
    }
    return s;
}

static uint64_t ns_of(struct timeval t) { return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_usec * 1000U; }

static void drop(void) {
    struct rusage used;
    int status = 0;
    close(orders);
    close(answers);
    while (wait4(child, &status, 0, &used) < 0) {
        if (errno != EINTR) {
            bench_die("cannot wait for the child: %s", strerror(errno));
        }
    }
    if (status != 0) {
        bench_die("the child failed (wait status %d)", status);
    }
    reaped_cpu += ns_of(used.ru_utime) + ns_of(used.ru_stime);
}

static uint64_t others_cpu(void) { return reaped_cpu; }

static long other_process(void) { return (long)child; }

#define PEER(make_, name_, fresh_)                                                                        \
    {                                                                                                     \
        .name = name_, .make = make_, .take = take, .scan = scan, .drop = drop, .others_cpu = others_cpu, \
        .other_process = other_process, .fresh = fresh_                                                   \
    }

const paged_peer paged_fork = PEER(make_small, "fork", false);
const paged_peer paged_fork_huge = PEER(make_huge, "fork_huge", true);
const paged_peer paged_fork_split = PEER(make_split, "fork_split", true);
