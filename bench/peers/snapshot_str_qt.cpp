/* SPDX-License-Identifier: MIT */
/* Peer `qt` with strings: QVector<QByteArray> in the shared variable. A snapshot shares; the first append after one
 * copies the pointers and counts every string. */
#include "snapshot_peer.h"

#include <QByteArray>
#include <QVector>
#include <new>

typedef QVector<QByteArray> list;

static pthread_rwlock_t lock = SNAPSHOT_LOCK_INITIALIZER;
static list shared;
static uint64_t copied;

static void push(list *a, const bench_words *words, size_t i) {
    size_t length;
    const char *p = snapshot_text(words, i, &length);
    a->append(QByteArray(p, static_cast<int>(length)));
}

static void fill(const snapshot_input *in, size_t n) {
    list fresh;
    for (size_t i = 0; i < n; i++) {
        push(&fresh, in->words, i);
    }
    pthread_rwlock_wrlock(&lock);
    shared.swap(fresh);
    pthread_rwlock_unlock(&lock);
}

static size_t append(const snapshot_input *in, size_t begin, size_t n, const int *phase, int while_phase) {
    size_t done = 0;
    while (done < n && snapshot_goes_on(phase, while_phase)) {
        pthread_rwlock_wrlock(&lock);
        const QByteArray *before = shared.constData();
        push(&shared, in->words, begin + done);
        if (shared.constData() != before) {
            copied += static_cast<uint64_t>(shared.size()) * sizeof(QByteArray);
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
    uint64_t ends = 0;
    uint64_t letters = 0;
    for (const QByteArray &word : *a) {
        ends += bench_word_ends(word.constData(), static_cast<size_t>(word.size()));
        letters += static_cast<uint64_t>(word.size());
    }
    return {bench_word_checksum(ends, letters), static_cast<size_t>(a->size()), 0, 0};
}

static void drop(snapshot_handle *snapshot) { of(snapshot)->~list(); }

static uint64_t bytes_copied(void) { return copied; }

const snapshot_peer snapshot_str_qt = {"qt", fill, append, take, scan, drop, bytes_copied, nullptr};
