/* SPDX-License-Identifier: MIT */
/*
 * The kinds of map that the random histories and the out-of-memory sweep run with, one a build (-DMODEL_MAP=...), behind a few functions.
 * To the tests a key and a value are small numbers.
 *
 *   TRACKED    hooks that record every lifetime and can fail       STRINGS    strings to strings, hooks found by the header
 *   FORGED     the same, hash bits chosen by the test              NESTED     ints to arrays of ints
 *   UNORDERED  ... and keys without an order                       SETS       a set of tracked elements, forged
 *   STORED     ... and stored hashes                               ARENA      tracked, in an allocator instance
 *   PLAIN      ints to ints, forged: the bitwise paths             NONATOMIC  tracked, never shared between threads
 */
#ifndef MODEL_MAP_H
#define MODEL_MAP_H

#include "kit_tracked.h"

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define TRACKED 1
#define FORGED 2
#define UNORDERED 3
#define STORED 4
#define PLAIN 5
#define STRINGS 6
#define NESTED 7
#define SETS 8
#define ARENA 9
#define NONATOMIC 10
#ifndef MODEL_MAP
#define MODEL_MAP FORGED
#endif

#define IS_SET (MODEL_MAP == SETS)
#define IS_FORGED (MODEL_MAP == FORGED || MODEL_MAP == UNORDERED || MODEL_MAP == STORED || MODEL_MAP == PLAIN || IS_SET)

enum { KEYS_MOST = 512, NOTHING = -1 };

/* Arguments are made while a fault may be armed, which is meant for the operation. */
typedef struct pause {
    size_t fail_at, calls;
} pause;
static inline pause faults_pause(void) {
    pause p = {kit.fail_at, kit.calls};
    kit.fail_at = 0;
    return p;
}
static inline void faults_resume(pause p) {
    kit.fail_at = p.fail_at;
    kit.calls = p.calls;
}

/* ---- forged bits: what key k hashes to, drawn anew for every history ---- */

static uint64_t forged_bits[KEYS_MOST];

/* Families of keys that lead to certain shapes: chains, one-sided splits, trees, and what is beside them. */
enum { FORGERIES = 17 };
static inline uint64_t forge_bits(unsigned family, size_t k, uint64_t salt) {
    uint64_t spread = (uint64_t)(k + 1) * 0x9e3779b97f4a7c15u;
    switch (family) {
    case 0: return spread;                                       /* as good as random */
    case 1: return 7;                                            /* one tree */
    case 2: return (salt & ~(uint64_t)15) | k % 16;              /* the lowest level alone: trees beside each other */
    case 3: return k;                                            /* zeros in front: a chain of inner nodes */
    case 4: return k << 55;                                      /* the two highest levels */
    case 5: return (uint64_t)1 << k % 64;                        /* a key a level */
    case 6: return k % 8 ? spread >> 8 : (uint64_t)k << 60;      /* all below one slot, and some beside it */
    case 7: return spread & 0xff000000000000ffu;                 /* two levels, and the tags */
    case 8: return spread << 8 | 0x5a;                           /* the same tag for all */
    case 9: return (spread & 0x3) * 0x1111111111111111u;         /* four trees far apart */
    case 10: return k % 3 ? salt : spread;                       /* one tree among leaves */
    case 11: return (salt & 0xffff000000000000u) | spread >> 16; /* all below one path of four levels */
    case 12: return k % 40 ? (uint64_t)(k % 40) << 60 | k : 0;   /* full slots and empty ones */
    case 13: return salt ^ (k & 1);                              /* two trees in one node */
    case 14: return k % 40 ? spread >> 1 : ~(uint64_t)0;         /* one lone key keeps the others in one half */
    case 15: return spread >> 1 | (uint64_t)k << 63;             /* odd and even keys in two halves */
    default: return ~(uint64_t)0 << k % 64;                      /* prefixes of each other */
    }
}

/* Two families share the keys between them. */
static inline void forge_all(unsigned one, unsigned other, uint64_t salt) {
    for (size_t k = 0; k < KEYS_MOST; k++) forged_bits[k] = forge_bits(k % 5 < 3 ? one : other, k, salt);
}

/* ---- keys and values ---- */

#if MODEL_MAP == STRINGS

typedef cow_str mkey;
typedef cow_str mval;
static inline cow_str str_make(int i, int far_when) {
    pause p = faults_pause();
    cow_str s = {0};
    KIT_CHECK(cow_str_append_format(&s, i % 3 == far_when ? "a text too long for a handle: %d" : "%d", i));
    faults_resume(p);
    return s;
}
static inline int str_number(const cow_str *s) {
    int64_t x;
    size_t colon = cow_str_find(s, ":", 0);
    cow_str digits = colon == COW_NPOS ? cow_str_copy(s) : cow_str_slice(s, colon + 2, cow_str_len(s));
    KIT_CHECK(cow_str_parse_int(&digits, 10, &x, NULL));
    cow_str_drop(&digits);
    return (int)x;
}
static inline mkey key_make(int i) { return str_make(i, 0); }
static inline mval val_make(int i) { return str_make(i, 1); }
static inline int key_value(const mkey *k) { return str_number(k); }
static inline int val_value(const mval *v) { return str_number(v); }
static inline void key_drop(mkey *k) { cow_str_drop(k); }
static inline void val_drop(mval *v) { cow_str_drop(v); }
static inline bool val_copy(mval *to, const mval *from) { return *to = cow_str_copy(from), true; }
#define COW_MAP maps, mkey, mval
#include "cow/cow.h"

#elif MODEL_MAP == PLAIN

typedef int mkey;
typedef int mval;
static inline mkey key_make(int i) { return i; }
static inline mval val_make(int i) { return i; }
static inline int key_value(const mkey *k) { return *k; }
static inline int val_value(const mval *v) { return *v; }
static inline void key_drop(mkey *k) { (void)k; }
static inline void val_drop(mval *v) { (void)v; }
static inline bool val_copy(mval *to, const mval *from) { return *to = *from, true; }
static inline uint64_t key_hash(const mkey *k, uint64_t seed) {
    (void)seed;
    return forged_bits[*k];
}
#define COW_MAP maps, mkey, mval
#define COW_HASH key_hash
#define COW__HASH_AS_IS
#include "cow/cow.h"

#elif MODEL_MAP == NESTED

#define COW_ARRAY trio, int
#include "cow/cow.h"
typedef int mkey;
typedef trio mval;
static inline mkey key_make(int i) { return i; }
static inline mval val_make(int i) {
    pause p = faults_pause();
    trio v = {0};
    int three[3] = {i, i + 1, i + 2};
    KIT_CHECK(trio_from(&v, three, 3));
    faults_resume(p);
    return v;
}
static inline int key_value(const mkey *k) { return *k; }
static inline int val_value(const mval *v) {
    KIT_CHECK(trio_len(v) == 3 && trio_at(v, 2) == trio_at(v, 0) + 2);
    return trio_at(v, 0);
}
static inline void key_drop(mkey *k) { (void)k; }
static inline void val_drop(mval *v) { trio_drop(v); }
static inline bool val_copy(mval *to, const mval *from) { return *to = trio_copy(from), true; }
#define COW_MAP maps, mkey, mval
#include "cow/cow.h"

#else

typedef tracked mkey;
static inline mkey key_make(int i) { return tracked_make(i); }
static inline int key_value(const mkey *k) { return tracked_value(k); }
static inline void key_drop(mkey *k) { tracked_drop(k); }
static inline uint64_t key_hash(const mkey *k, uint64_t seed) {
    int i = tracked_value(k);
    return IS_FORGED ? forged_bits[i] : cow_hash_u64((uint64_t)i, seed);
}
static inline uint64_t val_hash(const tracked *v, uint64_t seed) {
    return cow_hash_u64((uint64_t)tracked_value(v), seed);
}

#if MODEL_MAP == ARENA
static inline void *arena_alloc(void *context, size_t size) {
    ++*(size_t *)context;
    return kit_malloc(size);
}
static inline void arena_release(void *context, void *p, size_t size) {
    (void)context;
    kit_free(p, size);
}
static size_t arena_calls;
static const cow_alloc arena = {arena_alloc, NULL, arena_release, &arena_calls};
#define COW_ALLOC &arena
#endif
#if MODEL_MAP == NONATOMIC
#define COW_NONATOMIC
#endif
#if MODEL_MAP == STORED
#define COW_STORE_HASH
#endif
#if IS_FORGED
#define COW__HASH_AS_IS
#endif
#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#define COW_EQUAL tracked_equal
#define COW_HASH key_hash
#if MODEL_MAP != UNORDERED
#define COW_COMPARE tracked_compare
#endif

#if IS_SET
typedef int mval; /* of which a set has none: all are 0 */
static inline mval val_make(int i) { return i; }
static inline int val_value(const mval *v) { return *v; }
static inline void val_drop(mval *v) { (void)v; }
#define COW_SET maps, mkey
#include "cow/cow.h"
#else
typedef tracked mval;
static inline mval val_make(int i) { return tracked_make(i); }
static inline int val_value(const mval *v) { return tracked_value(v); }
static inline void val_drop(mval *v) { tracked_drop(v); }
static inline bool val_copy(mval *to, const mval *from) { return tracked_copy(to, from); }
#define COW_MAP maps, mkey, mval
#define COW_VALUE_COPY tracked_copy
#define COW_VALUE_DROP tracked_drop
#define COW_VALUE_EQUAL tracked_equal
#define COW_VALUE_HASH val_hash
#include "cow/cow.h"
#endif

#endif
#undef COW__HASH_AS_IS

/* ---- one face for maps and sets ---- */

#if IS_SET
static inline int pair_key(const maps_pair *e) { return key_value(e); }
static inline int pair_val(const maps_pair *e) { return (void)key_value(e), 0; }
static inline bool maps_insert(maps *m, mkey k, mval v) { return (void)v, maps_put(m, k); }
static inline bool maps_insert_if_absent(maps *m, mkey k, mval v) { return (void)v, maps_put_if_absent(m, k); }
#else
static inline int pair_key(const maps_pair *e) { return key_value(&e->key); }
static inline int pair_val(const maps_pair *e) { return val_value(&e->value); }
static inline bool maps_insert(maps *m, mkey k, mval v) { return maps_put(m, k, v); }
static inline bool maps_insert_if_absent(maps *m, mkey k, mval v) { return maps_put_if_absent(m, k, v); }
#endif

/* An allocator instance, for maps made with new_in. */
static inline void *instance_alloc(void *context, size_t size) {
    (void)context;
    return kit_malloc(size);
}
static inline void instance_release(void *context, void *p, size_t size) {
    (void)context;
    kit_free(p, size);
}
static const cow_alloc instance = {instance_alloc, NULL, instance_release, NULL};

#endif
