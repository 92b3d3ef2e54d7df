/* SPDX-License-Identifier: MIT */
/* The atomics interface of cow.h (cow/parts/atomic.h) with the explorer behind it. Select it with
 * -DCOW_ATOMICS_HEADER='"explorer_atomics.h"'. */
#ifndef COW_TESTS_EXPLORER_ATOMICS_H
#define COW_TESTS_EXPLORER_ATOMICS_H

#include "explorer.h"

typedef struct {
    uint32_t value;
} cow__atomic_u32;
typedef struct {
    void *value;
} cow__atomic_ptr;
typedef struct {
    size_t value;
} cow__atomic_size;

#define COW__RELAXED ORDER_RELAXED
#define COW__ACQUIRE ORDER_ACQUIRE
#define COW__RELEASE ORDER_RELEASE
#define COW__ACQ_REL ORDER_ACQ_REL
#define COW__SEQ_CST ORDER_SEQ_CST

/* Values travel as uint64_t; the cast through uintptr_t serves pointers and integers alike. */
#define EXPLORER__OUT(a, word) ((__typeof__((a)->value))(uintptr_t)(word))
#define EXPLORER__IN(x) ((uint64_t)(uintptr_t)(x))

#define COW__LOAD(a, order) EXPLORER__OUT(a, explorer_load((a), sizeof(a)->value, (order)))
/* A load that promises that no other thread's store races with it: as a plain read, so that the promise is checked. */
#define COW__LOAD_OWNED(a) ((a)->value)
#define COW__STORE(a, x, order) explorer_store((a), sizeof(a)->value, EXPLORER__IN(x), (order))
#define COW__ADD(a, x, order) \
    EXPLORER__OUT(a, explorer_modify((a), sizeof(a)->value, UPDATE_ADD, EXPLORER__IN(x), (order)))
#define COW__SUB(a, x, order) \
    EXPLORER__OUT(a, explorer_modify((a), sizeof(a)->value, UPDATE_SUBTRACT, EXPLORER__IN(x), (order)))
#define COW__SWAP(a, x, order) \
    EXPLORER__OUT(a, explorer_modify((a), sizeof(a)->value, UPDATE_SWAP, EXPLORER__IN(x), (order)))
#define COW__CAS(a, expected, desired, order, failure_order) \
    explorer_compare_and_swap((a), sizeof(a)->value, (expected), EXPLORER__IN(desired), (order), (failure_order))
#define COW__SINGLE_THREADED() 0

#endif
