/* SPDX-License-Identifier: MIT */
/* What each peer of suite `snapshot` provides: one container in one shared variable. It is a growing list of words, as
 * records or as strings that each peer makes out of the text when it appends them; or it is a table whose records are
 * edited where they stand: a map, or records of one width in memory of pages (snapshot_rows.h).
 *
 * The rule of publication is the same for all: a write, an append or an edit, is done when a snapshot taken from now on
 * shows it. The peers that live in this process keep the container in a variable guarded by a pthread rwlock; the writer
 * changes it in place under the write lock, a reader takes its snapshot under the read lock and scans it without any
 * lock. Nobody has to copy for the sake of publishing. */
#ifndef BENCH_SNAPSHOT_PEER_H
#define BENCH_SNAPSHOT_PEER_H

#include "../harness.h"
#include "../registry.h"
#include "../words.h"

#include <pthread.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The lock of the shared variable. Without writer preference two overlapping readers of a slow peer would starve the
 * writer. */
#define SNAPSHOT_LOCK_INITIALIZER PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP

/* Room for any peer's snapshot. */
typedef struct snapshot_handle {
    union {
        void *pointer;
        uint64_t bits;
        unsigned char bytes[64];
    } as;
} snapshot_handle;

/* What the list is made of, or the table. */
typedef struct snapshot_input {
    const bench_words *words;
    const bench_registry *registry; /* NULL: the container is a list of words */
    size_t rows; /* of a table of one width, where the registry stands again and again; 0: each record stands once */
} snapshot_input;

typedef struct snapshot_scan {
    uint64_t checksum;
    size_t count;             /* how many writes the snapshot shows: words of the list, or edits of all records */
    uint64_t wall_ns, cpu_ns; /* filled in only by a peer that scans in another process */
} snapshot_scan;

typedef struct snapshot_peer {
    const char *name;
    /* Replaces the list by the first n words, or the table by one that has had no edit (n is 0). Not timed. */
    void (*fill)(const snapshot_input *in, size_t n);
    /* Does n writes from number `begin` one by one, each published before the next; stops when *phase is no longer
     * `while_phase`. Returns how many are done. The loop stands here so that only one call per thousand goes through a
     * pointer. */
    size_t (*write)(const snapshot_input *in, size_t begin, size_t n, const int *phase, int while_phase);
    void (*take)(snapshot_handle *snapshot);
    snapshot_scan (*scan)(snapshot_handle *snapshot);
    void (*drop)(snapshot_handle *snapshot);
    uint64_t (*bytes_copied)(void); /* so far, in this process */
    /* Takes a snapshot, writes it to the end of a file and drops it; calls `written` before it drops it. Returns the wall
     * time of taking alone, waiting for the lock included. NULL: only a table of one width is saved. */
    uint64_t (*save)(int file, void (*written)(void *), void *context);
} snapshot_peer;

extern const snapshot_peer snapshot_cow, snapshot_rwlock, snapshot_qt, snapshot_fork;
extern const snapshot_peer snapshot_str_cow, snapshot_str_rwlock, snapshot_str_qt;
extern const snapshot_peer snapshot_map_cow, snapshot_map_qt, snapshot_map_fork;
extern const snapshot_peer snapshot_paged_cow, snapshot_paged_fork, snapshot_paged_copy;

/* The text of word i. */
static inline const char *snapshot_text(const bench_words *words, size_t i, size_t *length) {
    *length = words->word[i].length;
    return words->text + words->word[i].offset;
}

static inline bool snapshot_goes_on(const int *phase, int while_phase) {
    return __atomic_load_n(phase, __ATOMIC_RELAXED) == while_phase;
}

#ifdef __cplusplus
}
#endif
#endif
