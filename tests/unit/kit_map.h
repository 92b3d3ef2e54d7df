/* SPDX-License-Identifier: MIT */
/* The map and set instances most tests use, and what looks at them: plain ints, strings, tracked keys and values whose every copy and
   death is counted. Include it before cow/cow.h. */
#ifndef KIT_MAP_H
#define KIT_MAP_H

#include "kit.h"

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* Says yes to a call that failed for `code`; the reason of an earlier failure does not count. */
#define FAILS(call, code) (cow__set_error(COW_OK), !(call) && cow_error() == (code))

#define COW_MAP imap, int, int
#include "cow/cow.h"
#define COW_SET iset, int
#include "cow/cow.h"
#define COW_MAP smap, cow_str, int
#include "cow/cow.h"

static inline uint64_t tracked_hash(const tracked *e, uint64_t seed) {
    return cow_hash_u64((uint64_t)tracked_value(e), seed);
}

#define COW_MAP tmap, tracked, tracked
#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#define COW_EQUAL tracked_equal
#define COW_COMPARE tracked_compare
#define COW_HASH tracked_hash
#define COW_VALUE_COPY tracked_copy
#define COW_VALUE_DROP tracked_drop
#define COW_VALUE_EQUAL tracked_equal
#define COW_VALUE_HASH tracked_hash
#include "cow/cow.h"

#define COW_SET tset, tracked
#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#define COW_EQUAL tracked_equal
#define COW_COMPARE tracked_compare
#define COW_HASH tracked_hash
#include "cow/cow.h"

/* ---- maps of ints ---- */

static inline bool imap_has(const imap *m, int key, int value) {
    const int *v = imap_get(m, &key);
    return v && *v == value;
}

/* The map holds these n pairs, and says so in each way of reading. */
static inline void check_imap(const imap *m, const int (*pairs)[2], size_t n) {
    assert_int_equal(imap_len(m), n);
    assert_true(imap_is_empty(m) == (n == 0));
    for (size_t i = 0; i < n; i++) {
        assert_true(imap_has(m, pairs[i][0], pairs[i][1]));
        assert_true(imap_contains(m, &pairs[i][0]));
        assert_int_equal(imap_get_or(m, &pairs[i][0], -12345), pairs[i][1]);
    }
    size_t walked = 0;
    COW_MAP_EACH (imap, it, m) {
        assert_true(imap_has(m, it->key, it->value));
        walked++;
    }
    assert_int_equal(walked, n);
}
#define CHECK_IMAP(m, ...) \
    check_imap(m, (const int[][2]){__VA_ARGS__}, sizeof((const int[][2]){__VA_ARGS__}) / sizeof(int[2]))

static inline imap imap_of(const int (*pairs)[2], size_t n) {
    imap m = {0};
    for (size_t i = 0; i < n; i++) assert_true(imap_put(&m, pairs[i][0], pairs[i][1]));
    return m;
}
#define IMAP(...) imap_of((const int[][2]){__VA_ARGS__}, sizeof((const int[][2]){__VA_ARGS__}) / sizeof(int[2]))

/* The keys first, first + step, ... each with ten times itself. */
static inline imap imap_run(int first, int n, int step) {
    imap m = {0};
    for (int i = 0; i < n; i++) assert_true(imap_put(&m, first + i * step, 10 * (first + i * step)));
    return m;
}

/* What imap_run(first, n, step) holds, and nothing else. */
static inline void check_run(const imap *m, int first, int n, int step) {
    assert_int_equal(imap_len(m), n);
    for (int i = 0; i < n; i++) assert_true(imap_has(m, first + i * step, 10 * (first + i * step)));
    size_t walked = 0;
    COW_MAP_EACH (imap, it, m) {
        assert_true(it->value == 10 * it->key && (it->key - first) % step == 0);
        walked++;
    }
    assert_int_equal(walked, n);
}

/* Sizes around what a leaf, a node and a second level of nodes hold. */
static const int map_sizes[] = {0, 1, 2, 7, 8, 9, 16, 17, 24, 31, 32, 33, 40, 64, 100, 512, 513, 700, 3000, 20000};

/* ---- tracked maps ---- */

/* The keys first, ..., each with its hundredfold. */
static inline tmap tmap_run(int first, int n) {
    tmap m = {0};
    for (int i = first; i < first + n; i++) assert_true(tmap_put(&m, tracked_make(i), tracked_make(100 * i)));
    return m;
}

/* A key to look up; it lives outside of the count of elements, so a test need not drop it. */
static inline int tmap_value(const tmap *m, int key) {
    tracked k = tracked_make(key);
    const tracked *v = tmap_get(m, &k);
    int value = v ? tracked_value(v) : -1;
    tracked_drop(&k);
    return value;
}

/* What tmap_run(first, n) holds, and nothing else. Reads every element, so that a dead one is seen. */
static inline void check_tmap_run(const tmap *m, int first, int n) {
    assert_int_equal(tmap_len(m), n);
    int walked = 0;
    long sum = 0;
    COW_MAP_EACH (tmap, it, m) {
        int key = tracked_value(&it->key);
        assert_int_equal(tracked_value(&it->value), 100 * key);
        assert_true(key >= first && key < first + n);
        sum += key;
        walked++;
    }
    assert_int_equal(walked, n);
    assert_int_equal(sum, (long)n * (2L * first + n - 1) / 2);
    for (int i = first; i < first + n; i++) assert_int_equal(tmap_value(m, i), 100 * i);
}

/* ---- sets ---- */

static inline bool iset_has(const iset *s, int key) { return iset_contains(s, &key); }

static inline iset iset_run(int first, int n, int step) {
    iset s = {0};
    for (int i = 0; i < n; i++) assert_true(iset_put(&s, first + i * step));
    return s;
}

static inline void check_iset_run(const iset *s, int first, int n, int step) {
    assert_int_equal(iset_len(s), n);
    for (int i = 0; i < n; i++) assert_true(iset_has(s, first + i * step));
    size_t walked = 0;
    COW_MAP_EACH (iset, it, s) {
        assert_int_equal((*it - first) % step, 0);
        walked++;
    }
    assert_int_equal(walked, n);
}

#endif
