/* SPDX-License-Identifier: MIT */
/* The input of rows `snapshot_map`: the registry of network card makers as a table from assignment to record, and the edits
 * that a writer makes to it.
 *
 * An assignment is a number of 24 bits. A record is a name, an address and two numbers: how many edits it has had, and the
 * sum of their amounts. Edit i belongs to a record that looks random, and its amount is known, so whoever counts the edits
 * that a snapshot shows knows what the amounts must add up to. A snapshot that misses one edit and shows a later one has
 * another sum. */
#ifndef BENCH_REGISTRY_H
#define BENCH_REGISTRY_H

#include "words.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BENCH_REGISTRY "/usr/share/ieee-data/oui.csv"

typedef struct bench_text {
    const char *p;
    size_t length;
} bench_text;

typedef struct bench_vendor {
    uint32_t key;
    bench_text name, address;
} bench_vendor;

typedef struct bench_registry {
    bench_vendor *vendor;
    size_t n;
    uint64_t texts; /* what all names and addresses add to the checksum of a scan */
} bench_registry;

/* Reads a CSV file of the registry; of an assignment that stands there twice the first. Stops the program and says why when
 * it cannot be read or holds no record. */
bench_registry bench_registry_read(const char *path);

/* For programs that do not parse CSV: the number of records; then of each its key and the lengths of name and address, and
 * the bytes of both. Numbers have 32 bits, the highest byte first. */
void bench_registry_write(const bench_registry *registry, FILE *out);

/* Which of n records edit i belongs to: multiply and mix, the same in every peer. */
static inline size_t bench_edit_index(size_t n, uint64_t i) {
    uint64_t x = (i + 1) * 0x9E3779B97F4A7C15U;
    x = (x ^ x >> 32) * 0xD6E8FEB86659FD93U;
    return (size_t)((x >> 32) * n >> 32);
}
static inline const bench_vendor *bench_edit_vendor(const bench_registry *registry, uint64_t i) {
    return &registry->vendor[bench_edit_index(registry->n, i)];
}

/* What edit i adds: odd numbers, which sum up to squares, times a factor that spreads them over all bits. */
enum { BENCH_EDIT_FACTOR = 0x5851F42D };
static inline uint64_t bench_edit_amount(uint64_t i) { return (2 * i + 1) * BENCH_EDIT_FACTOR; }

/* What a scan makes of its sums, and what it must get after the first `edits` edits. */
static inline uint64_t bench_registry_checksum(uint64_t amounts, uint64_t ends, uint64_t letters) {
    return amounts + bench_word_checksum(ends, letters);
}
static inline uint64_t bench_registry_expected(const bench_registry *registry, uint64_t edits) {
    return edits * edits * BENCH_EDIT_FACTOR + registry->texts;
}

/* What one name or address adds as `ends`, so that a scan has to go where the bytes are. Some are empty. */
static inline uint64_t bench_text_ends(const char *p, size_t length) {
    return length == 0 ? 0 : bench_word_ends(p, length);
}

#ifdef __cplusplus
}
#endif
#endif
