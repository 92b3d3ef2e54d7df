/* SPDX-License-Identifier: MIT */
/* refcount: how many values share a buffer. Floor 2.

   Increments are relaxed: whoever copies holds a count already. The last owner must see everything the others did, so
   decrements are acquire-release and the shortcut "it is 1 already" is an acquire load. A count past half its range
   sticks: the buffer is immortal from then on (the idea of Linux's refcount_t), because a wrapped count would free
   memory that is in use. Non-atomic counting (a single thread, or a type that is never shared) uses relaxed loads and
   stores; it is not safe in signal handlers. */
#ifndef COW__REFCOUNT_H
#define COW__REFCOUNT_H

#include "atomic.h"

#define COW__RC_STUCK 0x80000000u /* counts from here on stick */
#define COW__RC_IMMORTAL 0xc0000000u

/* One more owner. `local`: the type is never shared between threads. */
static inline void cow__rc_retain(cow__atomic_u32 *rc, bool local) {
    if (COW__LIKELY(local || COW__SINGLE_THREADED())) {
        uint32_t n = COW__LOAD(rc, COW__RELAXED);
        if (COW__LIKELY(n < COW__RC_STUCK)) COW__STORE(rc, n + 1, COW__RELAXED);
        return;
    }
    uint32_t before = COW__ADD(rc, 1u, COW__RELAXED);
    if (!COW__LIKELY(before < COW__RC_STUCK)) COW__STORE(rc, COW__RC_IMMORTAL, COW__RELAXED);
}

/* One owner less; true when it was the last, who now owns the buffer alone and must destroy it. */
static inline bool cow__rc_release(cow__atomic_u32 *rc, bool local) {
    if (COW__LIKELY(local || COW__SINGLE_THREADED())) {
        uint32_t n = COW__LOAD(rc, COW__RELAXED);
        if (!COW__LIKELY(n - 2 < COW__RC_STUCK - 2)) return n == 1; /* the last one, or stuck */
        COW__STORE(rc, n - 1, COW__RELAXED);
        return false;
    }
    if (COW__LOAD(rc, COW__ACQUIRE) == 1) return true;
    uint32_t before = COW__SUB(rc, 1u, COW__ACQ_REL);
    if (!COW__LIKELY(before < COW__RC_STUCK)) COW__STORE(rc, COW__RC_IMMORTAL, COW__RELAXED);
    return before == 1;
}

/* Whether the caller is the only owner, and sees all that former owners did. */
static inline bool cow__rc_unique(cow__atomic_u32 *rc) { return COW__LOAD(rc, COW__ACQUIRE) == 1; }

/* Makes the count stick: the buffer is never unique again and never freed. */
static inline void cow__rc_saturate(cow__atomic_u32 *rc) { COW__STORE(rc, COW__RC_IMMORTAL, COW__RELAXED); }

#endif
