/* SPDX-License-Identifier: MIT */
/* Peer `fork`: a growable array; a snapshot is a forked child (snapshot_child.h). */
#include "snapshot_child.h"

#include <stdlib.h>

static pthread_rwlock_t lock = SNAPSHOT_LOCK_INITIALIZER;
static bench_word *list;
static size_t length, capacity;

static void push(bench_word **p, size_t *n, size_t *room, bench_word word) {
    if (*n == *room) {
        *room = *room == 0 ? 8 : *room * 2;
        *p = realloc(*p, *room * sizeof **p);
        if (*p == NULL) {
            bench_die("out of memory");
        }
    }
    (*p)[(*n)++] = word;
}

static void fill(const snapshot_input *in, size_t n) {
    bench_word *fresh = NULL;
    size_t count = 0;
    size_t room = 0;
    for (size_t i = 0; i < n; i++) {
        push(&fresh, &count, &room, in->words->word[i]);
    }
    pthread_rwlock_wrlock(&lock);
    bench_word *old = list;
    list = fresh;
    length = count;
    capacity = room;
    pthread_rwlock_unlock(&lock);
    free(old);
}

static size_t append(const snapshot_input *in, size_t begin, size_t n, const int *phase, int while_phase) {
    size_t done = 0;
    while (done < n && snapshot_goes_on(phase, while_phase)) {
        pthread_rwlock_wrlock(&lock);
        push(&list, &length, &capacity, in->words->word[begin + done]);
        pthread_rwlock_unlock(&lock);
        done++;
    }
    return done;
}

static snapshot_scan scan_here(void) {
    uint64_t hashes = 0;
    uint64_t letters = 0;
    for (const bench_word *word = list; word < list + length; word++) {
        hashes += word->hash;
        letters += word->length;
    }
    return (snapshot_scan){.checksum = bench_word_checksum(hashes, letters), .count = length};
}

static void take(snapshot_handle *snapshot) { snapshot_child_take(snapshot, &lock, scan_here); }

const snapshot_peer snapshot_fork = {
    "fork", fill, append, take, snapshot_child_scan, snapshot_child_drop, snapshot_child_bytes_copied, NULL};
