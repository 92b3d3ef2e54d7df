/* SPDX-License-Identifier: MIT */
/* Peer `rwlock`: the plain C way. A growable array under a pthread rwlock; a snapshot is a deep copy made under the
 * read lock. */
#include "snapshot_peer.h"

#include <stdlib.h>
#include <string.h>

typedef struct list {
    bench_word *p;
    size_t n, capacity;
} list;

static pthread_rwlock_t lock = SNAPSHOT_LOCK_INITIALIZER;
static list shared;
static uint64_t copied;

static void push(list *a, bench_word word) {
    if (a->n == a->capacity) {
        a->capacity = a->capacity == 0 ? 8 : a->capacity * 2;
        bench_word *p = realloc(a->p, a->capacity * sizeof *p);
        if (p == NULL) {
            bench_die("out of memory");
        }
        __atomic_fetch_add(&copied, a->n * sizeof *p, __ATOMIC_RELAXED);
        a->p = p;
    }
    a->p[a->n++] = word;
}

static void fill(const snapshot_input *in, size_t n) {
    list fresh = {0};
    for (size_t i = 0; i < n; i++) {
        push(&fresh, in->words->word[i]);
    }
    pthread_rwlock_wrlock(&lock);
    list old = shared;
    shared = fresh;
    pthread_rwlock_unlock(&lock);
    free(old.p);
}

static size_t append(const snapshot_input *in, size_t begin, size_t n, const int *phase, int while_phase) {
    size_t done = 0;
    while (done < n && snapshot_goes_on(phase, while_phase)) {
        pthread_rwlock_wrlock(&lock);
        push(&shared, in->words->word[begin + done]);
        pthread_rwlock_unlock(&lock);
        done++;
    }
    return done;
}

static list *of(snapshot_handle *snapshot) {
    _Static_assert(sizeof(list) <= sizeof(snapshot_handle), "a snapshot fits its handle");
    return (list *)(void *)snapshot;
}

static void take(snapshot_handle *snapshot) {
    pthread_rwlock_rdlock(&lock);
    list copy = {malloc(shared.n * sizeof *shared.p), shared.n, shared.n};
    if (copy.p == NULL) {
        bench_die("out of memory");
    }
    memcpy(copy.p, shared.p, shared.n * sizeof *shared.p);
    pthread_rwlock_unlock(&lock);
    __atomic_fetch_add(&copied, copy.n * sizeof *copy.p, __ATOMIC_RELAXED);
    *of(snapshot) = copy;
}

static snapshot_scan scan(snapshot_handle *snapshot) {
    const list *a = of(snapshot);
    uint64_t hashes = 0;
    uint64_t letters = 0;
    for (const bench_word *word = a->p; word < a->p + a->n; word++) {
        hashes += word->hash;
        letters += word->length;
    }
    return (snapshot_scan){.checksum = bench_word_checksum(hashes, letters), .count = a->n};
}

static void drop(snapshot_handle *snapshot) { free(of(snapshot)->p); }

static uint64_t bytes_copied(void) { return __atomic_load_n(&copied, __ATOMIC_RELAXED); }

const snapshot_peer snapshot_rwlock = {"rwlock", fill, append, take, scan, drop, bytes_copied, NULL};
