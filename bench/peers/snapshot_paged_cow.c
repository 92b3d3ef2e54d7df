/* SPDX-License-Identifier: MIT */
/* Peer `cow` with a table of one width: a paged region. Readers take snapshots with a view; one that is saved has none. The
 * lock makes an edit, which is two stores, one write; a snapshot is whole without it. */
#include "snapshot_rows.h"

#define COW_PAGED
#include "cow/cow.h"

#include <errno.h>
#include <string.h>

static pthread_rwlock_t lock = SNAPSHOT_LOCK_INITIALIZER;
static cow_paged *region;
static uint64_t copied;

static void fill(const snapshot_input *in, size_t n) {
    (void)n;
    region = cow_paged_new(in->rows * sizeof(snapshot_row), NULL);
    if (region == NULL) {
        bench_die("cannot make a region: %s", cow_error_text(cow_error()));
    }
    snapshot_rows_fill(cow_paged_data(region), in);
}

static size_t edit(const snapshot_input *in, size_t begin, size_t n, const int *phase, int while_phase) {
    return snapshot_rows_write(cow_paged_data(region), &lock, in, begin, n, phase, while_phase);
}

static cow_snap *take_with(cow_snap *(*call)(cow_paged *)) {
    pthread_rwlock_rdlock(&lock);
    cow_snap *s = call(region);
    pthread_rwlock_unlock(&lock);
    if (s == NULL) {
        bench_die("cannot take a snapshot: %s", cow_error_text(cow_error()));
    }
    return s;
}

static void drop_snapshot(cow_snap *s) {
    __atomic_fetch_add(&copied, cow_snap_held(s), __ATOMIC_RELAXED);
    cow_snap_drop(s);
}

static void take(snapshot_handle *snapshot) { snapshot->as.pointer = take_with(cow_paged_snapshot); }

static snapshot_scan scan(snapshot_handle *snapshot) {
    const cow_snap *s = snapshot->as.pointer;
    return snapshot_rows_scan(cow_snap_data(s), cow_snap_size(s) / sizeof(snapshot_row));
}

static void drop(snapshot_handle *snapshot) { drop_snapshot(snapshot->as.pointer); }

static uint64_t save(int file, void (*written)(void *), void *context) {
    uint64_t begin = bench_now();
    cow_snap *s = take_with(cow_paged_snapshot_bare);
    uint64_t ns = bench_now() - begin;
    if (!cow_snap_write(s, 0, cow_snap_size(s), file)) {
        bench_die("cannot save a snapshot: %s, %s", cow_error_text(cow_error()), strerror(errno));
    }
    written(context);
    drop_snapshot(s);
    return ns;
}

static uint64_t bytes_copied(void) { return __atomic_load_n(&copied, __ATOMIC_RELAXED); }

const snapshot_peer snapshot_paged_cow = {"cow", fill, edit, take, scan, drop, bytes_copied, save};
