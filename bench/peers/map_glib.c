/* SPDX-License-Identifier: MIT */
/* Peer `glib`: GHashTable, an open table of pointers. Numbers stand in the pointers, strings are owned by the table. It
 * has no copy and no comparison; a snapshot is a new table with everything inserted again. */
#include "map_peer.h"

#include <glib.h>
#include <string.h>

typedef GHashTable *table;

G_STATIC_ASSERT(sizeof(gpointer) == sizeof(uint64_t));

static inline gpointer pointer_of(uint64_t number) { return GSIZE_TO_POINTER(number); }

static inline uint64_t number_of(gconstpointer pointer) { return (uint64_t)GPOINTER_TO_SIZE(pointer); }

#ifdef MAP_STR
typedef char *map_key;

static inline void peer_key(map_key *slot, const char *text) { *slot = g_strndup(text, MAP_DIGITS); }

static inline void peer_forget(map_key *slot) { g_free(*slot); }

static inline gpointer own_key(gconstpointer k) { return g_strdup(k); }

static inline gconstpointer probe(const map_key *k) { return *k; }

static inline uint64_t peer_number(gconstpointer k) { return map_number(k); }

static inline void peer_init(table *m) { *m = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL); }
#else
typedef uint64_t map_key;

static inline gpointer own_key(gconstpointer k) { return pointer_of(number_of(k)); }

static inline gconstpointer probe(const map_key *k) { return pointer_of(*k); }

static inline uint64_t peer_number(gconstpointer k) { return number_of(k); }

static inline void peer_init(table *m) { *m = g_hash_table_new(g_direct_hash, g_direct_equal); }
#endif

static inline void peer_copy(table *to, const table *from) {
    GHashTableIter it;
    gpointer k, value;
    *to = g_hash_table_new_similar(*from);
    g_hash_table_iter_init(&it, *from);
    while (g_hash_table_iter_next(&it, &k, &value)) {
        g_hash_table_insert(*to, own_key(k), value);
    }
}

static inline void peer_drop(table *m) { g_hash_table_destroy(*m); }

static inline void peer_put(table *m, const map_key *k, uint64_t value) {
    g_hash_table_insert(*m, own_key(probe(k)), pointer_of(value));
}

static inline uint64_t peer_get(const table *m, const map_key *k) {
    return number_of(g_hash_table_lookup(*m, probe(k)));
}

static inline bool peer_erase(table *m, const map_key *k) { return g_hash_table_remove(*m, probe(k)); }

static inline size_t peer_len(const table *m) { return g_hash_table_size(*m); }

static inline uint64_t peer_sum(const table *m) {
    uint64_t sum = 0;
    GHashTableIter it;
    gpointer value;
    g_hash_table_iter_init(&it, *m);
    while (g_hash_table_iter_next(&it, NULL, &value)) {
        sum += number_of(value);
    }
    return sum;
}

static uint64_t peer_checksum(const table *m) {
    uint64_t sum = 0;
    GHashTableIter it;
    gpointer k, value;
    g_hash_table_iter_init(&it, *m);
    while (g_hash_table_iter_next(&it, &k, &value)) {
        sum += map_mix(peer_number(k), number_of(value));
    }
    return sum;
}

#define MAP table
#define KEY map_key
#define PEER glib
#include "map_loops.h"
