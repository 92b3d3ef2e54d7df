/* SPDX-License-Identifier: MIT */
/* Peer `rwlock` with strings: std::vector<std::string> under a pthread rwlock; a snapshot is a deep copy made under the
 * read lock. */
#include "snapshot_peer.h"

#include <new>
#include <string>
#include <vector>

typedef std::vector<std::string> strings;

static pthread_rwlock_t lock = SNAPSHOT_LOCK_INITIALIZER;
static strings shared;
static uint64_t copied;
static size_t far_bytes; /* of the words in `shared` that do not fit their std::string */

static void push(strings *list, size_t *far, const bench_words *words, size_t i) {
    size_t length;
    const char *p = snapshot_text(words, i, &length);
    list->emplace_back(p, length);
    *far += length > 15 ? length + 1 : 0;
}

static void fill(const snapshot_input *in, size_t n) {
    strings fresh;
    size_t far = 0;
    for (size_t i = 0; i < n; i++) {
        push(&fresh, &far, in->words, i);
    }
    pthread_rwlock_wrlock(&lock);
    shared.swap(fresh);
    far_bytes = far;
    pthread_rwlock_unlock(&lock);
}

static size_t append(const snapshot_input *in, size_t begin, size_t n, const int *phase, int while_phase) {
    size_t done = 0;
    while (done < n && snapshot_goes_on(phase, while_phase)) {
        pthread_rwlock_wrlock(&lock);
        const std::string *before = shared.data();
        push(&shared, &far_bytes, in->words, begin + done);
        if (shared.data() != before) {
            __atomic_fetch_add(&copied, shared.size() * sizeof(std::string), __ATOMIC_RELAXED);
        }
        pthread_rwlock_unlock(&lock);
        done++;
    }
    return done;
}

static strings *of(snapshot_handle *snapshot) {
    static_assert(sizeof(strings) <= sizeof(snapshot_handle), "a snapshot fits its handle");
    return reinterpret_cast<strings *>(snapshot);
}

static void take(snapshot_handle *snapshot) {
    pthread_rwlock_rdlock(&lock);
    new (of(snapshot)) strings(shared);
    size_t bytes = shared.size() * sizeof(std::string) + far_bytes;
    pthread_rwlock_unlock(&lock);
    __atomic_fetch_add(&copied, bytes, __ATOMIC_RELAXED);
}

static snapshot_scan scan(snapshot_handle *snapshot) {
    uint64_t ends = 0;
    uint64_t letters = 0;
    for (const std::string &word : *of(snapshot)) {
        ends += bench_word_ends(word.data(), word.size());
        letters += word.size();
    }
    return {bench_word_checksum(ends, letters), of(snapshot)->size(), 0, 0};
}

static void drop(snapshot_handle *snapshot) { of(snapshot)->~strings(); }

static uint64_t bytes_copied(void) { return __atomic_load_n(&copied, __ATOMIC_RELAXED); }

const snapshot_peer snapshot_str_rwlock = {"rwlock", fill, append, take, scan, drop, bytes_copied, nullptr};
