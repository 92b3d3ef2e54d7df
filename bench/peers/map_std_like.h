/* SPDX-License-Identifier: MIT */
/* The operations of a map with the interface of std::unordered_map, for map_loops.h. The including file defines MAP, KEY
 * and PEER. */
#include <new>

static inline void peer_init(MAP *m) { new (m) MAP(); }

static inline void peer_copy(MAP *to, const MAP *from) { new (to) MAP(*from); }

static inline void peer_drop(MAP *m) { m->~MAP(); }

static inline void peer_put(MAP *m, const KEY *k, uint64_t value) { (*m)[*k] = value; }

static inline uint64_t peer_get(const MAP *m, const KEY *k) {
    auto found = m->find(*k);
    return found == m->end() ? 0 : found->second;
}

static inline bool peer_erase(MAP *m, const KEY *k) { return m->erase(*k) == 1; }

static inline size_t peer_len(const MAP *m) { return m->size(); }

static inline uint64_t peer_sum(const MAP *m) {
    uint64_t sum = 0;
    for (const auto &entry : *m) {
        sum += entry.second;
    }
    return sum;
}

#ifdef MAP_STR
static inline void peer_key(KEY *slot, const char *text) { new (slot) KEY(text, MAP_DIGITS); }

static inline void peer_forget(KEY *slot) { slot->~KEY(); }

static inline uint64_t peer_number(const KEY &k) { return map_number(k.data()); }
#else
static inline uint64_t peer_number(KEY k) { return k; }
#endif

static uint64_t peer_checksum(const MAP *m) {
    uint64_t sum = 0;
    for (const auto &entry : *m) {
        sum += map_mix(peer_number(entry.first), entry.second);
    }
    return sum;
}

static inline bool peer_equal(const MAP *a, const MAP *b) { return *a == *b; }

#define PEER_EQUALS
#include "map_loops.h"
