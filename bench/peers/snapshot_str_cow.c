/* SPDX-License-Identifier: MIT */
/* Peer `cow` with strings: a typed array of cow_str in the shared variable. Words of up to 22 bytes stand in the array
 * itself. */
#include "snapshot_peer.h"

#include "cow/cow.h"

#define COW_ARRAY strings, cow_str
#include "cow/cow.h"

static pthread_rwlock_t lock = SNAPSHOT_LOCK_INITIALIZER;
static strings shared;
static uint64_t copied;

static void push(strings *list, const bench_words *words, size_t i) {
    size_t length;
    const char *p = snapshot_text(words, i, &length);
    cow_str word;
    if (!cow_str_from_bytes(&word, p, length) || !strings_push(list, word)) {
        bench_die("out of memory");
    }
}

static void fill(const snapshot_input *in, size_t n) {
    strings fresh = {0};
    for (size_t i = 0; i < n; i++) {
        push(&fresh, in->words, i);
    }
    pthread_rwlock_wrlock(&lock);
    strings_swap(&shared, &fresh);
    pthread_rwlock_unlock(&lock);
    strings_drop(&fresh);
}

/* Every move of the data is counted as a copy of all of it; the bytes of longer words are never copied. */
static size_t append(const snapshot_input *in, size_t begin, size_t n, const int *phase, int while_phase) {
    size_t done = 0;
    while (done < n && snapshot_goes_on(phase, while_phase)) {
        pthread_rwlock_wrlock(&lock);
        const cow_str *before = strings_data(&shared);
        push(&shared, in->words, begin + done);
        if (strings_data(&shared) != before) {
            copied += strings_len(&shared) * sizeof(cow_str);
        }
        pthread_rwlock_unlock(&lock);
        done++;
    }
    return done;
}

static strings *of(snapshot_handle *snapshot) {
    _Static_assert(sizeof(strings) <= sizeof(snapshot_handle), "a snapshot fits its handle");
    return (strings *)(void *)snapshot;
}

static void take(snapshot_handle *snapshot) {
    pthread_rwlock_rdlock(&lock);
    *of(snapshot) = strings_copy(&shared);
    pthread_rwlock_unlock(&lock);
}

static snapshot_scan scan(snapshot_handle *snapshot) {
    uint64_t ends = 0;
    uint64_t letters = 0;
    COW_EACH (cow_str, word, of(snapshot)) {
        ends += bench_word_ends(cow_str_data(word), cow_str_len(word));
        letters += cow_str_len(word);
    }
    return (snapshot_scan){.checksum = bench_word_checksum(ends, letters), .count = strings_len(of(snapshot))};
}

static void drop(snapshot_handle *snapshot) { strings_drop(of(snapshot)); }

static uint64_t bytes_copied(void) { return copied; }

const snapshot_peer snapshot_str_cow = {"cow", fill, append, take, scan, drop, bytes_copied, NULL};
