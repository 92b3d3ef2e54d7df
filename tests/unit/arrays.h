/* SPDX-License-Identifier: MIT */
/* The instances most array tests use: plain ints, and tracked elements whose every copy and death is counted. */
#ifndef ARRAYS_H
#define ARRAYS_H

#include "kit.h"

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define COW_ARRAY ints, int
#include "cow/cow.h"

static inline uint64_t tracked_hash(const tracked *e, uint64_t seed) {
    return cow_hash_u64((uint64_t)tracked_value(e), seed);
}

#define COW_ARRAY tracks, tracked
#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#define COW_EQUAL tracked_equal
#define COW_COMPARE tracked_compare
#define COW_HASH tracked_hash
#include "cow/cow.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* An ints of the given numbers: INTS(1, 2, 3). */
static inline ints ints_of(const int *values, size_t n) {
    ints a = {0};
    assert_true(ints_from(&a, values, n));
    return a;
}
#define INTS(...) ints_of((const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

static inline void check_ints(const ints *a, const int *values, size_t n) {
    assert_int_equal(ints_len(a), n);
    for (size_t i = 0; i < n; i++) assert_int_equal(ints_at(a, i), values[i]);
}
#define CHECK_INTS(a, ...) check_ints(a, (const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

/* A tracks holding first, first + 1, ... */
static inline tracks tracks_run(int first, int n) {
    tracks a = {0};
    for (int i = 0; i < n; i++) assert_true(tracks_push(&a, tracked_make(first + i)));
    return a;
}

static inline void check_tracks(const tracks *a, const int *values, size_t n) {
    assert_int_equal(tracks_len(a), n);
    for (size_t i = 0; i < n; i++) assert_int_equal(tracked_value(&a->p[i]), values[i]);
}
#define CHECK_TRACKS(a, ...) \
    check_tracks(a, (const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

/* All three words of a handle, for "nothing happened". */
#define SAME_HANDLE(a, b) ((a).p == (b).p && (a).n == (b).n && (a).h == (b).h)
#define IS_ZERO(a) ((a).p == NULL && (a).n == 0 && (a).h == NULL)

#endif
