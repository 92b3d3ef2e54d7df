/* SPDX-License-Identifier: MIT */
/* Peer `std`: std::vector. A snapshot is a deep copy. */
#include "array_peer.h"

#include <new>
#include <vector>

typedef std::vector<uint64_t> vector;

static inline bool peer_push(vector *a, uint64_t value) {
    a->push_back(value);
    return true;
}

static inline bool peer_push_front(vector *a, uint64_t value) {
    a->insert(a->begin(), value);
    return true;
}

static inline void peer_pop(vector *a) { a->pop_back(); }

static inline bool peer_set(vector *a, size_t i, uint64_t value) {
    if (i >= a->size()) {
        return false;
    }
    (*a)[i] = value;
    return true;
}

static inline uint64_t *peer_edit(vector *a) { return a->data(); }

static inline const uint64_t *peer_data(const vector *a) { return a->data(); }

static inline uint64_t peer_sum(const vector *a) {
    uint64_t total = 0;
    for (uint64_t element : *a) {
        total += element;
    }
    return total;
}

static inline size_t peer_len(const vector *a) { return a->size(); }

static inline uint64_t peer_at(const vector *a, size_t i) { return (*a)[i]; }

static inline vector peer_copy(const vector *a) { return *a; }

static inline void peer_drop(vector *) {}

static inline void peer_keep(vector *slot, const vector *a) { new (slot) vector(*a); }

static inline void peer_forget(vector *slot) { slot->~vector(); }

#define ARRAY vector
#define ARRAY_EMPTY \
    {}
#define PEER std
#define PEER_SHARES_APPENDS false
#include "array_loops.h"
