/* SPDX-License-Identifier: MIT */
/* Peer `cow`: a typed array in the shared variable; a snapshot is a copy, which counts a reference. */
#include "snapshot_peer.h"

#define COW_ARRAY records, bench_word
#include "cow/cow.h"

static pthread_rwlock_t lock = SNAPSHOT_LOCK_INITIALIZER;
static records shared;
static uint64_t copied;

static void fill(const snapshot_input *in, size_t n) {
    records fresh = {0};
    for (size_t i = 0; i < n; i++) {
        if (!records_push(&fresh, in->words->word[i])) {
            bench_die("out of memory");
        }
    }
    pthread_rwlock_wrlock(&lock);
    records_swap(&shared, &fresh);
    pthread_rwlock_unlock(&lock);
    records_drop(&fresh);
}

/* Every move of the data is counted as a copy of all of it, also when realloc only remaps pages. */
static size_t append(const snapshot_input *in, size_t begin, size_t n, const int *phase, int while_phase) {
    size_t done = 0;
    while (done < n && snapshot_goes_on(phase, while_phase)) {
        pthread_rwlock_wrlock(&lock);
        const bench_word *before = records_data(&shared);
        if (!records_push(&shared, in->words->word[begin + done])) {
            bench_die("out of memory");
        }
        if (records_data(&shared) != before) {
            copied += records_len(&shared) * sizeof(bench_word);
        }
        pthread_rwlock_unlock(&lock);
        done++;
    }
    return done;
}

static records *of(snapshot_handle *snapshot) {
    _Static_assert(sizeof(records) <= sizeof(snapshot_handle), "a snapshot fits its handle");
    return (records *)(void *)snapshot;
}

static void take(snapshot_handle *snapshot) {
    pthread_rwlock_rdlock(&lock);
    *of(snapshot) = records_copy(&shared);
    pthread_rwlock_unlock(&lock);
}

static snapshot_scan scan(snapshot_handle *snapshot) {
    uint64_t hashes = 0;
    uint64_t letters = 0;
    COW_EACH (bench_word, word, of(snapshot)) {
        hashes += word->hash;
        letters += word->length;
    }
    return (snapshot_scan){.checksum = bench_word_checksum(hashes, letters), .count = records_len(of(snapshot))};
}

static void drop(snapshot_handle *snapshot) { records_drop(of(snapshot)); }

static uint64_t bytes_copied(void) { return copied; }

const snapshot_peer snapshot_cow = {"cow", fill, append, take, scan, drop, bytes_copied, NULL};
