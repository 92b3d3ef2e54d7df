/* SPDX-License-Identifier: MIT */
/*
 * What the model of maps runs with, one a build (-DMODEL_ELEMENT=...), behind a few functions:
 *
 *   PLAIN      uint64_t to int: the bitwise paths, and the order of keys that the header finds
 *   TRACKED    keys and values whose every copy and death is counted, and whose copy hooks can fail
 *   UNORDERED  the same without an order of keys, with stored hashes, in an allocator instance, never shared between threads
 *   STRING     cow_str to maps of int, which have nodes themselves: all hooks are found by the header
 *   SET        a set of tracked keys
 *
 * A key is a number below KEYS. Tracked ones come in two variants that are equal, so that it shows which of them a map has kept.
 * Where keys have a hash of ours it is forged (map_forge.h).
 */
#ifndef MAP_ELEMENT_H
#define MAP_ELEMENT_H

#include "tests/unit/kit_tracked.h"

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#include "map_forge.h"

#define PLAIN 1
#define TRACKED 2
#define UNORDERED 3
#define STRING 4
#define SET 5
#ifndef MODEL_ELEMENT
#define MODEL_ELEMENT TRACKED
#endif

#define HAS_VALUES (MODEL_ELEMENT != SET)
#define HAS_VARIANTS (MODEL_ELEMENT == TRACKED || MODEL_ELEMENT == UNORDERED || MODEL_ELEMENT == SET)
#define HAS_FORGED_HASH (HAS_VARIANTS || MODEL_ELEMENT == PLAIN)

enum { KEYS = 256 };

/* ---- Elements made while a fault is armed: it is meant for the operation, not for them ---- */

static inline size_t hold_faults(void) {
    size_t at = kit.fail_at;
    kit.fail_at = 0;
    return at;
}

static inline void arm_faults(size_t at, size_t calls) {
    kit.fail_at = at;
    kit.calls = calls;
}

/* An allocator instance, without resize. */
static inline void *arena_alloc(void *context, size_t size) {
    (*(size_t *)context)++;
    return kit_malloc(size);
}
static inline void arena_release(void *context, void *p, size_t size) {
    (*(size_t *)context)--;
    kit_free(p, size);
}
static size_t arena_blocks;
static const cow_alloc arena = {arena_alloc, NULL, arena_release, &arena_blocks};

/* ---- The elements ---- */

#if MODEL_ELEMENT == PLAIN

typedef uint64_t dkey;
typedef int dval;
static inline dkey dkey_make(int number, bool variant) { return (void)variant, (dkey)number; }
static inline int dkey_number(const dkey *k) { return (int)*k; }
static inline bool dkey_variant(const dkey *k) { return (void)k, false; }
static inline void dkey_drop(dkey *k) { (void)k; }
static inline dval dval_make(int number) { return number; }
static inline int dval_number(const dval *v) { return *v; }
static inline void dval_drop(dval *v) { (void)v; }
static inline uint64_t dkey_hash(const dkey *k, uint64_t seed) { return forged_hash(*k, seed); }
#define COW_MAP dict, dkey, dval
#define COW_HASH dkey_hash
#define COW__HASH_AS_IS
#include "cow/cow.h"

#elif HAS_VARIANTS

typedef tracked dkey;
typedef tracked dval;
static inline dkey dkey_make(int number, bool variant) { return tracked_make(number + (variant ? KEYS : 0)); }
static inline int dkey_number(const dkey *k) { return tracked_value(k) % KEYS; }
static inline bool dkey_variant(const dkey *k) { return tracked_value(k) >= KEYS; }
static inline void dkey_drop(dkey *k) { tracked_drop(k); }
static inline dval dval_make(int number) { return tracked_make(number); }
static inline int dval_number(const dval *v) { return tracked_value(v); }
static inline void dval_drop(dval *v) { tracked_drop(v); }
static inline uint64_t dkey_hash(const dkey *k, uint64_t seed) { return forged_hash((uint64_t)dkey_number(k), seed); }
static inline uint64_t dval_hash(const dval *v, uint64_t seed) { return cow_hash_u64((uint64_t)dval_number(v), seed); }
static inline bool dkey_equal(const dkey *a, const dkey *b) { return dkey_number(a) == dkey_number(b); }
static inline int dkey_compare(const dkey *a, const dkey *b) {
    int x = dkey_number(a), y = dkey_number(b);
    return (x > y) - (x < y);
}

#if MODEL_ELEMENT == SET

#define COW_SET dict, dkey
#define COW_COMPARE dkey_compare /* equality follows from it */

#else

#define COW_MAP dict, dkey, dval
#define COW_VALUE_COPY tracked_copy
#define COW_VALUE_DROP tracked_drop
#define COW_VALUE_EQUAL tracked_equal
#define COW_VALUE_HASH dval_hash
#define COW_EQUAL dkey_equal

#if MODEL_ELEMENT == UNORDERED
#define COW_ALLOC &arena
#define COW_NONATOMIC
#define COW_STORE_HASH
#else
#define COW_COMPARE dkey_compare
#endif

#endif

#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#define COW_HASH dkey_hash
#define COW__HASH_AS_IS
#include "cow/cow.h"

#elif MODEL_ELEMENT == STRING

#define COW_MAP nested, int, int
#include "cow/cow.h"

typedef cow_str dkey;
typedef nested dval;

/* The odd ones do not fit into a handle. */
static inline dkey dkey_make(int number, bool variant) {
    size_t calls = kit.calls, at = hold_faults();
    cow_str s = {0};
    (void)variant;
    KIT_CHECK(cow_str_append_int(&s, number));
    KIT_CHECK(number % 2 == 0 || cow_str_append(&s, " is a key of more than 22 bytes"));
    arm_faults(at, calls);
    return s;
}
static inline int dkey_number(const dkey *k) { return (int)strtol(cow_str_data(k), NULL, 10); }
static inline bool dkey_variant(const dkey *k) { return (void)k, false; }
static inline void dkey_drop(dkey *k) { cow_str_drop(k); }

/* The values of each number are made once, and shared from then on. */
static nested made_values[KEYS];

static inline dval dval_make(int number) {
    size_t calls = kit.calls, at = hold_faults();
    nested *m = &made_values[number];
    if (nested_is_empty(m)) KIT_CHECK(nested_put(m, -7, number) && nested_put(m, number, 3));
    arm_faults(at, calls);
    return nested_copy(m);
}
static inline int dval_number(const dval *v) {
    const int *number = nested_get(v, &(int){-7});
    KIT_CHECK(number != NULL && nested_len(v) == 2);
    return *number;
}
static inline void dval_drop(dval *v) { nested_drop(v); }
#define COW_MAP dict, dkey, dval
#include "cow/cow.h"

#endif

/* Memory that elements keep for themselves. */
static inline void elements_end(void) {
#if MODEL_ELEMENT == STRING
    for (int i = 0; i < KEYS; i++) nested_drop(&made_values[i]);
#endif
}

/* ---- The same calls for maps and sets. A value is a number below VALUES ---- */

/* What a call is given by value. It is ours again when the call fails. */
typedef struct given {
    dkey key;
#if HAS_VALUES
    dval val;
#endif
} given;

#if HAS_VALUES

enum { VALUES = 10 };
static inline const dkey *pair_key(const dict_pair *e) { return &e->key; }
static inline int pair_value(const dict_pair *e) { return dval_number(&e->value); }
static inline given give(int key, bool variant, int value) {
    given g = {dkey_make(key, variant), dval_make(value)};
    return g;
}
static inline void take_back(given *g) {
    dkey_drop(&g->key);
    dval_drop(&g->val);
}
static inline bool put(dict *m, given g) { return dict_put(m, g.key, g.val); }
static inline bool put_if_absent(dict *m, given g) { return dict_put_if_absent(m, g.key, g.val); }

#else

enum { VALUES = 1 };
static inline const dkey *pair_key(const dict_pair *e) { return e; }
static inline int pair_value(const dict_pair *e) { return (void)e, 0; }
static inline given give(int key, bool variant, int value) { return (void)value, (given){dkey_make(key, variant)}; }
static inline void take_back(given *g) { dkey_drop(&g->key); }
static inline bool put(dict *m, given g) { return dict_put(m, g.key); }
static inline bool put_if_absent(dict *m, given g) { return dict_put_if_absent(m, g.key); }

#endif
#endif
