/* SPDX-License-Identifier: MIT */
/* Peers `cow` and `bare`: snapshots with a view, and without. And `live`: with a view, but the live region is what is
 * scanned, for comparison. */
#include "paged_peer.h"

#define COW_PAGED
#include "cow/cow.h"

static cow_paged *region;
static cow_snap *snapshot;

static char *make(size_t bytes) {
    region = cow_paged_new(bytes, NULL);
    if (region == NULL) {
        bench_die("cannot make a region of %zu bytes: %s", bytes, cow_error_text(cow_error()));
    }
    return cow_paged_data(region);
}

static uint64_t take_with(cow_snap *(*call)(cow_paged *)) {
    uint64_t begin = bench_now();
    snapshot = call(region);
    uint64_t ns = bench_now() - begin;
    if (snapshot == NULL) {
        bench_die("cannot take a snapshot: %s", cow_error_text(cow_error()));
    }
    return ns;
}

static uint64_t take(void) { return take_with(cow_paged_snapshot); }

static uint64_t take_bare(void) { return take_with(cow_paged_snapshot_bare); }

static paged_scan scan(size_t offset, size_t bytes, size_t step) {
    return paged_scan_here((const char *)cow_snap_data(snapshot) + offset, bytes, step);
}

static paged_scan scan_live(size_t offset, size_t bytes, size_t step) {
    return paged_scan_here((const char *)cow_paged_data(region) + offset, bytes, step);
}

/* What has no view is read through a buffer: all of it, or a word at a time. */
static paged_scan scan_bare(size_t offset, size_t bytes, size_t step) {
    static char buffer[1 << 16];
    uint64_t begin = bench_now();
    paged_scan s = {0, 0};
    size_t piece = step == sizeof(uint64_t) ? sizeof buffer : sizeof(uint64_t);
    size_t stride = step == sizeof(uint64_t) ? sizeof buffer : step;
    for (size_t end = offset + bytes; offset < end; offset += stride) {
        size_t n = end - offset < piece ? end - offset : piece;
        if (!cow_snap_read(snapshot, offset, buffer, n)) {
            bench_die("cannot read a snapshot: %s", cow_error_text(cow_error()));
        }
        s.sum += paged_sum(buffer, n, sizeof(uint64_t));
    }
    s.ns = bench_now() - begin;
    return s;
}

static void drop(void) {
    cow_snap_drop(snapshot);
    snapshot = NULL;
}

static void will_write(char *p, size_t bytes) {
    if (!cow_paged_will_write(region, p, bytes)) {
        bench_die("cannot announce a write: %s", cow_error_text(cow_error()));
    }
}

static size_t held(void) { return cow_snap_held(snapshot); }

const paged_peer paged_cow = {
    .name = "cow", .make = make, .take = take, .scan = scan, .drop = drop, .will_write = will_write, .held = held};
const paged_peer paged_bare = {.name = "bare",
                               .make = make,
                               .take = take_bare,
                               .scan = scan_bare,
                               .drop = drop,
                               .will_write = will_write,
                               .held = held};
const paged_peer paged_live = {.name = "live", .make = make, .take = take, .scan = scan_live, .drop = drop};
