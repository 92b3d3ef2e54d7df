/* SPDX-License-Identifier: MIT */
/* Peer `qt`: QVector in the shared variable. A snapshot shares; the first append after one copies everything. */
#include "snapshot_peer.h"

#include <QVector>
#include <new>

Q_DECLARE_TYPEINFO(bench_word, Q_PRIMITIVE_TYPE); /* may be moved with memcpy and realloc */

typedef QVector<bench_word> list;

static pthread_rwlock_t lock = SNAPSHOT_LOCK_INITIALIZER;
static list shared;
static uint64_t copied;

static void fill(const snapshot_input *in, size_t n) {
    list fresh;
    for (size_t i = 0; i < n; i++) {
        fresh.append(in->words->word[i]);
    }
    pthread_rwlock_wrlock(&lock);
    shared.swap(fresh);
    pthread_rwlock_unlock(&lock);
}

static size_t append(const snapshot_input *in, size_t begin, size_t n, const int *phase, int while_phase) {
    size_t done = 0;
    while (done < n && snapshot_goes_on(phase, while_phase)) {
        pthread_rwlock_wrlock(&lock);
        const bench_word *before = shared.constData();
        shared.append(in->words->word[begin + done]);
        if (shared.constData() != before) {
            copied += static_cast<uint64_t>(shared.size()) * sizeof(bench_word);
        }
        pthread_rwlock_unlock(&lock);
        done++;
    }
    return done;
}

static list *of(snapshot_handle *snapshot) {
    static_assert(sizeof(list) <= sizeof(snapshot_handle), "a snapshot fits its handle");
    return reinterpret_cast<list *>(snapshot);
}

static void take(snapshot_handle *snapshot) {
    pthread_rwlock_rdlock(&lock);
    new (of(snapshot)) list(shared);
    pthread_rwlock_unlock(&lock);
}

static snapshot_scan scan(snapshot_handle *snapshot) {
    const list *a = of(snapshot);
    uint64_t hashes = 0;
    uint64_t letters = 0;
    for (const bench_word &word : *a) {
        hashes += word.hash;
        letters += word.length;
    }
    return {bench_word_checksum(hashes, letters), static_cast<size_t>(a->size()), 0, 0};
}

static void drop(snapshot_handle *snapshot) { of(snapshot)->~list(); }

static uint64_t bytes_copied(void) { return copied; }

const snapshot_peer snapshot_qt = {"qt", fill, append, take, scan, drop, bytes_copied, nullptr};
