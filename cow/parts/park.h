/* SPDX-License-Identifier: MIT */
/* park: threads that sleep until a word changes, and a lock made of that. Floor 3, built on atomic.

   The lock is the third mutex of Drepper, "Futexes Are Tricky" (2011): taking and giving it back is one locked instruction
   each while nobody waits. All-zero is a free one, and it needs no end. Elsewhere than on Linux a waiting thread looks
   again and again. */
#ifndef COW__PARK_H
#define COW__PARK_H

#include "atomic.h"

typedef struct cow__mutex {
    cow__atomic_u32 state; /* 0: free, 1: taken, 2: taken, and somebody may sleep */
} cow__mutex;

COW__BEGIN_C
/* Sleeps up to `timeout` nanoseconds (COW__PARK_LONGEST at most) while *word is `seen`; may return at any time. */
COW__API void cow__park(cow__atomic_u32 *word, uint32_t seen, uint64_t timeout);
/* Wakes up to `most` threads that sleep on this word. */
COW__API void cow__unpark(cow__atomic_u32 *word, int32_t most);
/* Nanoseconds of a clock that is not set back, if there is one. */
COW__API uint64_t cow__now(void);
COW__API void cow__mutex_wait(cow__mutex *m);
COW__END_C

/* Seconds are a long to the system. */
#define COW__PARK_LONGEST (3600u * (uint64_t)1000000000u)

static inline void cow__mutex_lock(cow__mutex *m) {
    uint32_t nobody = 0;
    if (!COW__LIKELY(COW__CAS(&m->state, &nobody, 1u, COW__ACQUIRE, COW__RELAXED))) cow__mutex_wait(m);
}

static inline void cow__mutex_unlock(cow__mutex *m) {
    if (!COW__LIKELY(COW__SWAP(&m->state, 0u, COW__RELEASE) == 1)) cow__unpark(&m->state, 1);
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__PARK_BODY)
#define COW__PARK_BODY

#include <errno.h>
#if defined(__linux__) && defined(__GNUC__)
#include <sys/syscall.h>
/* Where a long is what the system means by seconds. */
#if defined(SYS_futex) && defined(SYS_clock_gettime) && !(defined(__x86_64__) && defined(__ILP32__))
#define COW__FUTEX 1
#endif
#endif
#ifndef COW__FUTEX
#define COW__FUTEX 0
#include <time.h>
#endif

COW__BEGIN_C

#if COW__FUTEX
/* Under a private name: -std=c11 hides the declaration. */
extern long cow__syscall(long number, ...) __asm__("syscall");
enum { COW__FUTEX_WAIT_PRIVATE = 128, COW__FUTEX_WAKE_PRIVATE = 129 };

typedef struct cow__time {
    long seconds, nanoseconds;
} cow__time;

COW__API uint64_t cow__now(void) {
    cow__time t = {0, 0};
    (void)cow__syscall(SYS_clock_gettime, 1L /* CLOCK_MONOTONIC */, &t);
    return (uint64_t)t.seconds * 1000000000u + (uint64_t)t.nanoseconds;
}

COW__API void cow__park(cow__atomic_u32 *word, uint32_t seen, uint64_t timeout) {
    cow__time t = {(long)(timeout / 1000000000u), (long)(timeout % 1000000000u)};
    int before = errno;
    (void)cow__syscall(SYS_futex, word, (long)COW__FUTEX_WAIT_PRIVATE, (long)seen, &t, NULL, 0L);
    errno = before;
}

COW__API void cow__unpark(cow__atomic_u32 *word, int32_t most) {
    int before = errno;
    (void)cow__syscall(SYS_futex, word, (long)COW__FUTEX_WAKE_PRIVATE, (long)most, NULL, NULL, 0L);
    errno = before;
}
#else
COW__API uint64_t cow__now(void) {
    struct timespec t;
    (void)timespec_get(&t, TIME_UTC);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

COW__API void cow__park(cow__atomic_u32 *word, uint32_t seen, uint64_t timeout) {
    (void)word, (void)seen, (void)timeout;
}

COW__API void cow__unpark(cow__atomic_u32 *word, int32_t most) { (void)word, (void)most; }
#endif

/* How often to look before sleeping: most changes take less time than a system call. */
#ifndef COW__MUTEX_LOOKS
#define COW__MUTEX_LOOKS 100
#endif

/* Whoever slept leaves 2 behind, because others may sleep, too. */
COW__API void cow__mutex_wait(cow__mutex *m) {
    for (unsigned i = 0; i < COW__MUTEX_LOOKS; i++) {
        uint32_t nobody = 0;
        if (COW__LOAD(&m->state, COW__RELAXED)) continue;
        if (COW__CAS(&m->state, &nobody, 1u, COW__ACQUIRE, COW__RELAXED)) return;
    }
    while (COW__SWAP(&m->state, 2u, COW__ACQUIRE)) cow__park(&m->state, 2, COW__PARK_LONGEST);
}

COW__END_C
#endif
