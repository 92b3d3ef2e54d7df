/* SPDX-License-Identifier: MIT */
/* Peer `cow`: the maps of this library, as a user would write it. Strings are cow_str, whose 16 bytes stand in the
 * handle. */
#include "map_peer.h"

#include "cow/cow.h"

#ifdef MAP_STR
typedef cow_str map_key;

static inline void peer_key(map_key *slot, const char *text) {
    if (!cow_str_from_bytes(slot, text, MAP_DIGITS)) {
        bench_die("out of memory");
    }
}

static inline void peer_forget(map_key *slot) { cow_str_drop(slot); }

static inline map_key own_key(const map_key *k) { return cow_str_copy(k); }

static inline uint64_t peer_number(const map_key *k) { return map_number(cow_str_data(k)); }
#else
typedef uint64_t map_key;

static inline map_key own_key(const map_key *k) { return *k; }

static inline uint64_t peer_number(const map_key *k) { return *k; }
#endif

#define COW_MAP table, map_key, uint64_t
#include "cow/cow.h"

static inline void peer_init(table *m) { *m = (table){0}; }

static inline void peer_copy(table *to, const table *from) { *to = table_copy(from); }

static inline void peer_drop(table *m) { table_drop(m); }

static inline void peer_put(table *m, const map_key *k, uint64_t value) {
    if (!table_put(m, own_key(k), value)) {
        bench_die("out of memory");
    }
}

static inline uint64_t peer_get(const table *m, const map_key *k) {
    const uint64_t *value = table_get(m, k);
    return value == NULL ? 0 : *value;
}

static inline bool peer_erase(table *m, const map_key *k) { return table_erase(m, k); }

static inline size_t peer_len(const table *m) { return table_len(m); }

static inline uint64_t peer_sum(const table *m) {
    uint64_t sum = 0;
    COW_MAP_EACH (table, it, m) {
        sum += it->value;
    }
    return sum;
}

static uint64_t peer_checksum(const table *m) {
    uint64_t sum = 0;
    COW_MAP_EACH (table, it, m) {
        sum += map_mix(peer_number(&it->key), it->value);
    }
    return sum;
}

static inline bool peer_equal(const table *a, const table *b) { return table_equal(a, b); }

static bool count_difference(const table_pair *was, const table_pair *is, void *count) {
    BENCH_USE(was);
    BENCH_USE(is);
    ++*(size_t *)count;
    return true;
}

static inline size_t peer_diff(const table *was, const table *is) {
    size_t count = 0;
    table_diff(was, is, count_difference, &count);
    return count;
}

#define MAP table
#define KEY map_key
#define PEER cow
#define PEER_EQUALS
#define PEER_PERSISTS
#include "map_loops.h"
