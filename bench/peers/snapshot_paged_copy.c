/* SPDX-License-Identifier: MIT */
/* Peer `copy` with a table of one width: private memory in pages of 4 KiB; a snapshot is a copy of it all that is made
 * under the read lock. Its memory is kept for the next one, so the system hands out each page once. */
#include "snapshot_rows.h"

#include <errno.h>
#include <string.h>

enum { COPIES_MAX = 32 };

static pthread_rwlock_t lock = SNAPSHOT_LOCK_INITIALIZER;
static snapshot_row *table;
static size_t rows;
static uint64_t copied;

static pthread_mutex_t idle_lock = PTHREAD_MUTEX_INITIALIZER;
static snapshot_row *idle[COPIES_MAX];
static int idle_count;

static void fill(const snapshot_input *in, size_t n) {
    (void)n;
    rows = in->rows;
    table = snapshot_rows_map(rows);
    snapshot_rows_fill(table, in);
}

static size_t edit(const snapshot_input *in, size_t begin, size_t n, const int *phase, int while_phase) {
    return snapshot_rows_write(table, &lock, in, begin, n, phase, while_phase);
}

static snapshot_row *memory_for_copy(void) {
    snapshot_row *to = NULL;
    pthread_mutex_lock(&idle_lock);
    if (idle_count > 0) {
        to = idle[--idle_count];
    }
    pthread_mutex_unlock(&idle_lock);
    return to != NULL ? to : snapshot_rows_map(rows);
}

static snapshot_row *make_copy(void) {
    snapshot_row *to = memory_for_copy();
    pthread_rwlock_rdlock(&lock);
    memcpy(to, table, rows * sizeof *to);
    pthread_rwlock_unlock(&lock);
    __atomic_fetch_add(&copied, rows * sizeof *to, __ATOMIC_RELAXED);
    return to;
}

static void give_back(snapshot_row *copy) {
    pthread_mutex_lock(&idle_lock);
    if (idle_count == COPIES_MAX) {
        bench_die("more than %d copies", COPIES_MAX);
    }
    idle[idle_count++] = copy;
    pthread_mutex_unlock(&idle_lock);
}

static void take(snapshot_handle *snapshot) { snapshot->as.pointer = make_copy(); }

static snapshot_scan scan(snapshot_handle *snapshot) { return snapshot_rows_scan(snapshot->as.pointer, rows); }

static void drop(snapshot_handle *snapshot) { give_back(snapshot->as.pointer); }

static uint64_t save(int file, void (*written)(void *), void *context) {
    uint64_t begin = bench_now();
    snapshot_row *copy = make_copy();
    uint64_t ns = bench_now() - begin;
    if (!snapshot_rows_save(copy, rows * sizeof *copy, file)) {
        bench_die("cannot save a copy: %s", strerror(errno));
    }
    written(context);
    give_back(copy);
    return ns;
}

static uint64_t bytes_copied(void) { return __atomic_load_n(&copied, __ATOMIC_RELAXED); }

const snapshot_peer snapshot_paged_copy = {"copy", fill, edit, take, scan, drop, bytes_copied, save};
