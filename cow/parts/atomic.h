/* SPDX-License-Identifier: MIT */
/* atomic: one interface to the atomics of C11, C++ and the explorer of the model tests. Floor 0.

   Three types (a 32-bit number, a pointer, a size), five orders, six operations, and COW__LOAD_OWNED for a load that no
   other thread's store can race with: where the backend permits it is a plain load, which compilers keep in a register. The
   orders that callers name are load-bearing: the model tests weaken each one and expect a failure. COW_ATOMICS_HEADER
   replaces the whole part. */
#ifndef COW__ATOMIC_H
#define COW__ATOMIC_H

#include "config.h"

#if defined(COW_ATOMICS_HEADER)

#include COW_ATOMICS_HEADER

#elif defined(__GNUC__) && !defined(COW_ATOMICS_C11) && !defined(COW_ATOMICS_CXX)

/* The builtins work the same in C and C++, and need no header (g++ 12 lacks a usable <stdatomic.h>). */
typedef struct cow__atomic_u32 {
    uint32_t v;
} cow__atomic_u32;
typedef struct cow__atomic_ptr {
    void *v;
} cow__atomic_ptr;
typedef struct cow__atomic_size {
    size_t v;
} cow__atomic_size;
#define COW__RELAXED __ATOMIC_RELAXED
#define COW__ACQUIRE __ATOMIC_ACQUIRE
#define COW__RELEASE __ATOMIC_RELEASE
#define COW__ACQ_REL __ATOMIC_ACQ_REL
#define COW__SEQ_CST __ATOMIC_SEQ_CST
#define COW__LOAD(a, order) __atomic_load_n(&(a)->v, (order))
/* Under ThreadSanitizer it is atomic: TSan takes a compare-and-swap that fails for a store, and would see a race. */
#if defined(__SANITIZE_THREAD__)
#define COW__TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define COW__TSAN 1
#endif
#endif
#ifndef COW__TSAN
#define COW__LOAD_OWNED(a) ((a)->v)
#endif
#define COW__STORE(a, x, order) __atomic_store_n(&(a)->v, (x), (order))
#define COW__ADD(a, x, order) __atomic_fetch_add(&(a)->v, (x), (order))
#define COW__SUB(a, x, order) __atomic_fetch_sub(&(a)->v, (x), (order))
#define COW__SWAP(a, x, order) __atomic_exchange_n(&(a)->v, (x), (order))
#define COW__CAS(a, expected, x, ok, fail) __atomic_compare_exchange_n(&(a)->v, (expected), (x), 0, (ok), (fail))

#elif defined(__cplusplus)

#include <atomic>
struct cow__atomic_u32 {
    std::atomic<uint32_t> v;
};
struct cow__atomic_ptr {
    std::atomic<void *> v;
};
struct cow__atomic_size {
    std::atomic<size_t> v;
};
#define COW__RELAXED std::memory_order_relaxed
#define COW__ACQUIRE std::memory_order_acquire
#define COW__RELEASE std::memory_order_release
#define COW__ACQ_REL std::memory_order_acq_rel
#define COW__SEQ_CST std::memory_order_seq_cst
#define COW__LOAD(a, order) (a)->v.load(order)
#define COW__STORE(a, x, order) (a)->v.store((x), (order))
#define COW__ADD(a, x, order) (a)->v.fetch_add((x), (order))
#define COW__SUB(a, x, order) (a)->v.fetch_sub((x), (order))
#define COW__SWAP(a, x, order) (a)->v.exchange((x), (order))
#define COW__CAS(a, expected, x, ok, fail) (a)->v.compare_exchange_strong(*(expected), (x), (ok), (fail))

#else

#include <stdatomic.h>
typedef struct cow__atomic_u32 {
    _Atomic(uint32_t) v;
} cow__atomic_u32;
typedef struct cow__atomic_ptr {
    _Atomic(void *) v;
} cow__atomic_ptr;
typedef struct cow__atomic_size {
    _Atomic(size_t) v;
} cow__atomic_size;
#define COW__RELAXED memory_order_relaxed
#define COW__ACQUIRE memory_order_acquire
#define COW__RELEASE memory_order_release
#define COW__ACQ_REL memory_order_acq_rel
#define COW__SEQ_CST memory_order_seq_cst
#define COW__LOAD(a, order) atomic_load_explicit(&(a)->v, (order))
#define COW__STORE(a, x, order) atomic_store_explicit(&(a)->v, (x), (order))
#define COW__ADD(a, x, order) atomic_fetch_add_explicit(&(a)->v, (x), (order))
#define COW__SUB(a, x, order) atomic_fetch_sub_explicit(&(a)->v, (x), (order))
#define COW__SWAP(a, x, order) atomic_exchange_explicit(&(a)->v, (x), (order))
#define COW__CAS(a, expected, x, ok, fail) \
    atomic_compare_exchange_strong_explicit(&(a)->v, (expected), (x), (ok), (fail))

#endif

#ifndef COW__LOAD_OWNED
#define COW__LOAD_OWNED(a) COW__LOAD((a), COW__RELAXED)
#endif

/* glibc knows whether this process has ever had a second thread. Until then counts need no locked instruction. */
#ifndef COW__SINGLE_THREADED
#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 32)
#include <sys/single_threaded.h>
#define COW__SINGLE_THREADED() (__libc_single_threaded != 0)
#endif
#endif
#endif
#ifndef COW__SINGLE_THREADED
#define COW__SINGLE_THREADED() 0
#endif

#endif
