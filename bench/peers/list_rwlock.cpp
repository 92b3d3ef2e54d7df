// SPDX-License-Identifier: MIT
// Peer `rwlock`: a vector under a pthread rwlock, changed in place. Iterating holds the lock; a snapshot is a copy.
#include "list_peer.h"

#include <pthread.h>
#include <vector>

namespace {

typedef std::vector<uint64_t> array;

struct list {
    array all;
    mutable pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
};

} // namespace

#define PEER rwlock
#define PEER_SHARES_ADDS true
typedef list LIST;
typedef array SNAPSHOT;

static inline void peer_add(LIST *l, uint64_t v) {
    pthread_rwlock_wrlock(&l->lock);
    l->all.push_back(v);
    pthread_rwlock_unlock(&l->lock);
}

static void peer_fill(LIST *l, size_t n) {
    for (size_t i = 0; i < n; i++) {
        peer_add(l, i);
    }
}

static inline void peer_set(LIST *l, size_t i, uint64_t v) {
    pthread_rwlock_wrlock(&l->lock);
    l->all[i] = v;
    pthread_rwlock_unlock(&l->lock);
}

static size_t peer_len(const LIST *l) { return l->all.size(); }
static void peer_drop(LIST *l) { l->all.clear(); }

static inline void peer_keep(SNAPSHOT *s, const LIST *l) {
    pthread_rwlock_rdlock(&l->lock);
    *s = l->all;
    pthread_rwlock_unlock(&l->lock);
}
static size_t peer_count(const SNAPSHOT *s) { return s->size(); }
static inline void peer_forget(SNAPSHOT *s) { s->clear(); }

static uint64_t peer_sum(const LIST *l) {
    uint64_t sum = 0;
    pthread_rwlock_rdlock(&l->lock);
    for (uint64_t x : l->all) {
        sum += x;
    }
    pthread_rwlock_unlock(&l->lock);
    return sum;
}

#include "list_loops.h"
