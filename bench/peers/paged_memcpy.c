/* SPDX-License-Identifier: MIT */
/* Peer `memcpy`: a snapshot is a copy of everything, into memory that is there already. */
#include "paged_peer.h"

#include <string.h>
#include <sys/mman.h>

static char *region, *copy;
static size_t region_bytes;

static char *map(size_t bytes) {
    char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        bench_die("no memory for %zu bytes", bytes);
    }
    (void)madvise(p, bytes, MADV_NOHUGEPAGE);
    return p;
}

static char *make(size_t bytes) {
    region_bytes = bytes;
    region = map(bytes);
    copy = map(bytes);
    memset(copy, 1, bytes);
    return region;
}

static uint64_t take(void) {
    uint64_t begin = bench_now();
    memcpy(copy, region, region_bytes);
    BENCH_USE(copy);
    return bench_now() - begin;
}

static paged_scan scan(size_t offset, size_t bytes, size_t step) { return paged_scan_here(copy + offset, bytes, step); }

static void drop(void) {}

static size_t held(void) { return region_bytes; }

const paged_peer paged_memcpy = {
    .name = "memcpy", .make = make, .take = take, .scan = scan, .drop = drop, .held = held};
