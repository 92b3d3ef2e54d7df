/* SPDX-License-Identifier: MIT */
/* Peer `qt`: QHash of Qt 5, a chained table that allocates every entry. A copy shares until the first write, which then
 * copies everything: so it has a snapshot, and no persistent cases. Strings are QByteArray, whose copies share. */
#include "map_peer.h"

#include <QByteArray>
#include <QHash>
#include <new>

#ifdef MAP_STR
typedef QByteArray map_key;
#else
typedef quint64 map_key;
#endif
typedef QHash<map_key, quint64> table;

static inline void peer_init(table *m) { new (m) table(); }

static inline void peer_copy(table *to, const table *from) { new (to) table(*from); }

static inline void peer_drop(table *m) { m->~table(); }

static inline void peer_put(table *m, const map_key *k, uint64_t value) { m->insert(*k, value); }

static inline uint64_t peer_get(const table *m, const map_key *k) {
    auto found = m->constFind(*k);
    return found == m->constEnd() ? 0 : *found;
}

static inline bool peer_erase(table *m, const map_key *k) { return m->remove(*k) == 1; }

static inline size_t peer_len(const table *m) { return static_cast<size_t>(m->size()); }

static inline uint64_t peer_sum(const table *m) {
    uint64_t sum = 0;
    for (quint64 value : *m) {
        sum += value;
    }
    return sum;
}

#ifdef MAP_STR
static inline void peer_key(map_key *slot, const char *text) { new (slot) map_key(text, MAP_DIGITS); }

static inline void peer_forget(map_key *slot) { slot->~map_key(); }

static inline uint64_t peer_number(const map_key &k) { return map_number(k.constData()); }
#else
static inline uint64_t peer_number(map_key k) { return k; }
#endif

static uint64_t peer_checksum(const table *m) {
    uint64_t sum = 0;
    for (auto it = m->constBegin(); it != m->constEnd(); ++it) {
        sum += map_mix(peer_number(it.key()), it.value());
    }
    return sum;
}

static inline bool peer_equal(const table *a, const table *b) { return *a == *b; }

#define MAP table
#define KEY map_key
#define PEER qt
#define PEER_EQUALS
#include "map_loops.h"
