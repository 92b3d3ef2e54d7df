/* SPDX-License-Identifier: MIT */
/* Peer `qt`: QVector of Qt 5, the best-known copy-on-write array. Built as Qt programs are shipped: QT_NO_DEBUG, so
 * without its own assertions; the index check of `set` is written here. */
#include "array_peer.h"

#include <QVector>
#include <new>

typedef QVector<uint64_t> vector;

static inline bool peer_push(vector *a, uint64_t value) {
    a->append(value);
    return true;
}

static inline bool peer_push_front(vector *a, uint64_t value) {
    a->prepend(value);
    return true;
}

static inline void peer_pop(vector *a) { a->removeLast(); }

static inline bool peer_set(vector *a, size_t i, uint64_t value) {
    if (i >= static_cast<size_t>(a->size())) {
        return false;
    }
    (*a)[static_cast<int>(i)] = value;
    return true;
}

static inline uint64_t *peer_edit(vector *a) { return a->data(); }

static inline const uint64_t *peer_data(const vector *a) { return a->constData(); }

static inline uint64_t peer_sum(const vector *a) {
    uint64_t total = 0;
    for (uint64_t element : *a) {
        total += element;
    }
    return total;
}

static inline size_t peer_len(const vector *a) { return static_cast<size_t>(a->size()); }

static inline uint64_t peer_at(const vector *a, size_t i) { return a->at(static_cast<int>(i)); }

static inline vector peer_copy(const vector *a) { return *a; }

static inline void peer_drop(vector *) {}

static inline void peer_keep(vector *slot, const vector *a) { new (slot) vector(*a); }

static inline void peer_forget(vector *slot) { slot->~vector(); }

#define ARRAY vector
#define ARRAY_EMPTY \
    {}
#define PEER qt
#define PEER_SHARES_APPENDS false
#include "array_loops.h"
