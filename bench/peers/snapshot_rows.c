/* SPDX-License-Identifier: MIT */
#include "snapshot_rows.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static snapshot_row row_of(const bench_vendor *from) {
    snapshot_row row = {.key = from->key};
    row.name_length = (uint16_t)least(from->name.length, sizeof row.name);
    row.address_length = (uint16_t)least(from->address.length, sizeof row.address);
    memcpy(row.name, from->name.p, row.name_length);
    memcpy(row.address, from->address.p, row.address_length);
    return row;
}

static uint64_t ends_of(const snapshot_row *row) {
    return bench_text_ends(row->name, row->name_length) + bench_text_ends(row->address, row->address_length);
}

bench_registry snapshot_rows_registry(const bench_registry *registry, size_t rows) {
    bench_registry all = *registry;
    all.texts = 0;
    for (size_t i = 0; i < registry->n; i++) {
        snapshot_row row = row_of(&registry->vendor[i]);
        uint64_t times = rows / registry->n + (i < rows % registry->n);
        all.texts += times * bench_registry_checksum(0, ends_of(&row), (uint64_t)row.name_length + row.address_length);
    }
    return all;
}

void snapshot_rows_fill(snapshot_row *row, const snapshot_input *in) {
    for (size_t i = 0; i < in->rows; i++) {
        row[i] = row_of(&in->registry->vendor[i % in->registry->n]);
    }
}

snapshot_row *snapshot_rows_map(size_t rows) {
    size_t bytes = rows * sizeof(snapshot_row);
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED || madvise(p, bytes, MADV_NOHUGEPAGE) != 0) {
        bench_die("no memory for %zu bytes: %s", bytes, strerror(errno));
    }
    return p;
}

size_t snapshot_rows_write(snapshot_row *row, pthread_rwlock_t *lock, const snapshot_input *in, size_t begin, size_t n,
                           const int *phase, int while_phase) {
    size_t done = 0;
    while (done < n && snapshot_goes_on(phase, while_phase)) {
        snapshot_row *which = &row[bench_edit_index(in->rows, begin + done)];
        pthread_rwlock_wrlock(lock);
        which->edits++;
        which->amount += bench_edit_amount(begin + done);
        pthread_rwlock_unlock(lock);
        done++;
    }
    return done;
}

snapshot_scan snapshot_rows_scan(const snapshot_row *row, size_t rows) {
    uint64_t edits = 0;
    uint64_t amounts = 0;
    uint64_t ends = 0;
    uint64_t letters = 0;
    for (const snapshot_row *end = row + rows; row < end; row++) {
        edits += row->edits;
        amounts += row->amount;
        ends += ends_of(row);
        letters += (uint64_t)row->name_length + row->address_length;
    }
    return (snapshot_scan){.checksum = bench_registry_checksum(amounts, ends, letters), .count = edits};
}

bool snapshot_rows_save(const void *p, size_t bytes, int file) {
    for (const char *at = p; bytes > 0;) {
        ssize_t n = write(file, at, bytes);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        at += n > 0 ? n : 0;
        bytes -= n > 0 ? (size_t)n : 0;
    }
    return true;
}
