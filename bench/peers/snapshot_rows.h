/* SPDX-License-Identifier: MIT */
/* What the peers of rows `snapshot_paged` share: a table of records of one width in plain memory, which the registry fills
 * again and again, and what is done to it. What differs is whose memory it is, and what a snapshot of it is. */
#ifndef BENCH_SNAPSHOT_ROWS_H
#define BENCH_SNAPSHOT_ROWS_H

#include "snapshot_peer.h"

/* A text that does not fit is cut; of the registry's that is one in a thousand. */
typedef struct snapshot_row {
    uint64_t edits, amount;
    uint32_t key;
    uint16_t name_length, address_length;
    char name[64], address[168];
} snapshot_row;

_Static_assert(sizeof(snapshot_row) == 256, "sixteen rows are a page");

/* The registry with what the texts of so many rows add to a checksum. */
bench_registry snapshot_rows_registry(const bench_registry *registry, size_t rows);

void snapshot_rows_fill(snapshot_row *row, const snapshot_input *in);

/* Memory of zero bytes in pages of 4 KiB, private to this process. */
snapshot_row *snapshot_rows_map(size_t rows);

/* Edits as snapshot_peer.write does, each under the write lock. */
size_t snapshot_rows_write(snapshot_row *row, pthread_rwlock_t *lock, const snapshot_input *in, size_t begin, size_t n,
                           const int *phase, int while_phase);

/* Both numbers, and length, first and last byte of both texts of each row. */
snapshot_scan snapshot_rows_scan(const snapshot_row *row, size_t rows);

/* Writes all of it; false with errno. */
bool snapshot_rows_save(const void *p, size_t bytes, int file);

#endif
