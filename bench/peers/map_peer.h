/* SPDX-License-Identifier: MIT */
/* What each peer of suites `map_u64` and `map_str` provides: one whole timed loop per case; NULL where it cannot do
 * that. A map goes from a key to a uint64_t; keys are uint64_t, or strings of 16 hexadecimal digits. The cases, with n
 * entries in the map:
 *
 *   bulk             insert n keys into an empty map, one by one, without reserving
 *   hit              look up every key, in another order
 *   miss             look up n keys that are not there
 *   iterate          add up all values
 *   erase            take out every key, in another order
 *   drop             give up the map of n
 *   bytes            heap that a map takes, per entry; under 1,000 entries: a thousand such maps
 *   snapshot         copy the map and drop the copy, nothing written
 *   persist_insert   up to 10,000 new keys, the version before each insert alive until it is done
 *   persist_erase    the same with erasing
 *   snap1000         up to 100,000 new keys, a snapshot every 1,000 writes, the last 16 alive
 *   snap10           20,000 values replaced, a snapshot every 10 writes, the last 16 alive
 *   diff100          what differs between two versions, 100 values apart
 *   eq_shared        compare two equal versions, 100 of whose values were changed and changed back
 *   eq_independent   compare two equal maps that were built on their own, in opposite order; per entry
 *
 * A container whose copy is a deep one leaves out the persistent cases, snapshot apart. */
#ifndef BENCH_MAP_PEER_H
#define BENCH_MAP_PEER_H

#include "../harness.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct map_peer {
    const char *name;
    bench_loop bulk, hit, miss, iterate, erase, drop, bytes, snapshot, persist_insert, persist_erase, snap1000, snap10,
        diff100, eq_shared, eq_independent;
} map_peer;

extern const map_peer map_u64_cow, map_u64_absl, map_u64_std, map_u64_qt, map_u64_glib, map_u64_imrc, map_u64_clojure;
extern const map_peer map_str_cow, map_str_absl, map_str_std, map_str_qt, map_str_glib, map_str_imrc, map_str_clojure;

/* The Clojure peer is a Java program that waits for questions. Started before the first sample, so that every sample
 * finds it warm; told to end after the last. */
void map_clojure_start(const char *class_path, bool strings, const bench_plan *plan);
void map_clojure_stop(void);

enum {
    MAP_RING = 16,         /* snapshots alive */
    MAP_SEEN = 64,         /* places at which each of them is looked into */
    MAP_CHANGED = 100,     /* values apart */
    MAP_STRIDE = 7919,     /* between those, in the shuffled order */
    MAP_TINY = 1000,       /* below this many entries, `bytes` makes ... */
    MAP_TINY_COUNT = 1000, /* ... so many maps */
    MAP_SNAP10_WRITES = 20000,
    MAP_DIGITS = 16 /* of a string key */
};

/* The i-th key has this value; what is written later has n + i + 1. */
static inline uint64_t map_value(size_t i) { return i + 1; }

static inline size_t map_persist_writes(size_t n) { return n < 10000 ? n : 10000; }

static inline size_t map_snap1000_writes(size_t n) { return n < 1000 ? 1000 : n < 100000 ? n : 100000; }

/* One entry's part in the checksum of a map: a sum, because every map has another order. */
static inline uint64_t map_mix(uint64_t number, uint64_t value) {
    return (number * 0x9E3779B97F4A7C15U ^ value) * 0xD6E8FEB86659FD93U;
}

/* The text of a number and the number of a text. */
static inline void map_text(char text[MAP_DIGITS], uint64_t number) {
    for (int i = MAP_DIGITS - 1; i >= 0; i--, number >>= 4) {
        text[i] = "0123456789abcdef"[number & 15];
    }
}

static inline uint64_t map_number(const char *text) {
    uint64_t number = 0;
    for (int i = 0; i < MAP_DIGITS; i++) {
        unsigned digit = (unsigned char)text[i];
        number = number << 4 | (digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    return number;
}

/* What a snapshot that was taken before write number `when` must hold for the key of write number `write`: the last
 * write to it by then, or else `original`. Write i goes to key i modulo n. */
static inline uint64_t map_value_then(size_t n, size_t write, size_t when, uint64_t original) {
    size_t key = write % n;
    if (key >= when) {
        return original;
    }
    return map_value(n + key + (when - 1 - key) / n * n);
}

#ifdef __cplusplus
}
#endif
#endif
