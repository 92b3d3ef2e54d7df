/* SPDX-License-Identifier: MIT */
/* debug: what COW_DEBUG builds check, and how they die. Floor 1.

   Four mistakes no container can forgive: dropping a stale bitwise copy, using a value after its drop, writing through a
   pointer that a copy has made shared, and two writers on one variable. Each dies naming itself. */
#ifndef COW__DEBUG_H
#define COW__DEBUG_H

#include "hash.h"
#include "live.h"
#include "memory.h"

/* COW_PANIC(message) ends the program with a sentence. Override it to log elsewhere; it must not return. */
#ifndef COW_PANIC
#define COW_PANIC(message) cow__panic(message)
#endif

#if COW__DEBUG

#define COW__MAGIC_LIVE 0x0c0ffee1u
#define COW__MAGIC_DEAD 0x0dead0c0u

/* What a header carries in this build. The checksum covers [first, last) of a shared buffer. */
typedef struct cow__watch {
    uint32_t magic;
    cow__atomic_u32 lock;
    const char *first, *last;
    uint64_t sum;
} cow__watch;

COW__BEGIN_C
COW__API COW__COLD void cow__panic(const char *message);
COW__API COW__COLD void cow__die_of(const char *mistake, const char *type, const char *advice);
/* Readies the watch of a new header. */
COW__API void cow__watch_begin(cow__watch *w);
/* Dies unless the watched header is alive. */
COW__API void cow__watch_alive(const cow__watch *w, const char *type, const char *mistake);
/* Remembers what [first, last) holds, now that it is shared; checks it; forgets it, now that its owner may write. */
COW__API void cow__watch_share(cow__watch *w, const char *first, const char *last, const char *type);
COW__API void cow__watch_check(cow__watch *w, const char *type);
COW__API void cow__watch_forget(cow__watch *w, const char *type);
/* Marks `variable` as being written by this thread, and unmarks it. */
COW__API void cow__writer_enter(const void *variable, const char *type);
COW__API void cow__writer_leave(const void *variable);
/* Takes a dead block of the default allocator and frees it later, so that stale handles find a dead header. */
COW__API void cow__quarantine(void *block, size_t size);
COW__END_C

#define COW__WRITER_ENTER(variable, type) cow__writer_enter((variable), (type))
#define COW__WRITER_LEAVE(variable) cow__writer_leave(variable)
/* Inline shortcuts would pass by the checks. */
#define COW__FAST_PATHS 0

#else

#define COW__WRITER_ENTER(variable, type) ((void)0)
#define COW__WRITER_LEAVE(variable) ((void)0)
#define COW__FAST_PATHS 1

#endif
#endif

#if COW__DEBUG && defined(COW__IMPLEMENT) && !defined(COW__DEBUG_BODY)
#define COW__DEBUG_BODY

#include <stdio.h>
#include <stdlib.h>

COW__BEGIN_C

COW__API void cow__panic(const char *message) {
    (void)fprintf(stderr, "cow: %s\n", message);
    abort();
}

COW__API void cow__die_of(const char *mistake, const char *type, const char *advice) {
    char message[320];
    (void)snprintf(message, sizeof message, "%s of a value of type %s: %s", mistake, type, advice);
    COW_PANIC(message);
}

COW__API void cow__watch_begin(cow__watch *w) {
    w->magic = COW__MAGIC_LIVE;
    COW__STORE(&w->lock, 0u, COW__RELAXED);
    w->first = w->last = NULL;
    w->sum = 0;
}

COW__API void cow__watch_alive(const cow__watch *w, const char *type, const char *mistake) {
    if (w->magic == COW__MAGIC_LIVE) return;
    cow__die_of(mistake, type,
                "its buffer was freed before; the variable is a stale bitwise copy (b = a instead of copy or move), or "
                "was used again after its drop");
}

static uint64_t cow__watch_sum(const cow__watch *w) {
    return cow_hash_bytes(w->first, (size_t)(w->last - w->first), 0);
}

static void cow__watch_compare(const cow__watch *w, const char *type) {
    if (w->first && w->sum != cow__watch_sum(w))
        cow__die_of(
            "write through a stale pointer", type,
            "its elements changed while they were shared; pointers from mut, edit and data end at the next copy");
}

COW__API void cow__watch_share(cow__watch *w, const char *first, const char *last, const char *type) {
    if (first == last) return;
    cow__lock(&w->lock);
    cow__watch_compare(w, type);
    if (!w->first || first < w->first || last > w->last) {
        if (!w->first || first < w->first) w->first = first;
        if (!w->last || last > w->last) w->last = last;
        w->sum = cow__watch_sum(w);
    }
    cow__unlock(&w->lock);
}

COW__API void cow__watch_check(cow__watch *w, const char *type) {
    cow__lock(&w->lock);
    cow__watch_compare(w, type);
    cow__unlock(&w->lock);
}

COW__API void cow__watch_forget(cow__watch *w, const char *type) {
    cow__lock(&w->lock);
    cow__watch_compare(w, type);
    w->first = w->last = NULL;
    cow__unlock(&w->lock);
}

/* Variables being written right now. A slot holds the variable's address; probing stays within a few slots, and a
   full neighbourhood only means that one write goes unwatched. */
#define COW__WRITERS 1024u
#define COW__WRITER_PROBES 8u
static cow__atomic_ptr cow__writers[COW__WRITERS];

static cow__atomic_ptr *cow__writer_slot(const void *variable, unsigned probe) {
    return &cow__writers[(cow_hash_u64((uint64_t)(uintptr_t)variable, 0) + probe) % COW__WRITERS];
}

COW__API void cow__writer_enter(const void *variable, const char *type) {
    unsigned seen = 0, probe = 0;
    bool entered = false;
    for (; probe < COW__WRITER_PROBES && !entered; probe++) {
        void *expected = NULL;
        entered = COW__CAS(cow__writer_slot(variable, probe), &expected, (void *)(uintptr_t)variable, COW__SEQ_CST,
                           COW__SEQ_CST);
    }
    for (probe = 0; probe < COW__WRITER_PROBES; probe++)
        seen += COW__LOAD(cow__writer_slot(variable, probe), COW__SEQ_CST) == variable;
    if (seen > (entered ? 1u : 0u))
        cow__die_of(
            "two concurrent writers", type,
            "one variable is being changed twice at once, by two threads or by a hook that uses its own container");
}

COW__API void cow__writer_leave(const void *variable) {
    for (unsigned probe = 0; probe < COW__WRITER_PROBES; probe++) {
        void *expected = (void *)(uintptr_t)variable;
        if (COW__CAS(cow__writer_slot(variable, probe), &expected, NULL, COW__SEQ_CST, COW__SEQ_CST)) return;
    }
}

/* A ring of dead blocks, bounded in number and bytes; the oldest ones are freed when new ones come. */
#define COW__QUARANTINED 256u
#define COW__QUARANTINE_BYTES ((size_t)64 << 20)
static struct {
    void *block;
    size_t size;
} cow__dead[COW__QUARANTINED];
static unsigned cow__dead_first, cow__dead_last;
static size_t cow__dead_bytes;
static cow__atomic_u32 cow__dead_lock;

static void cow__quarantine_evict(void) {
    unsigned i = cow__dead_first++ % COW__QUARANTINED;
    cow__dead_bytes -= cow__dead[i].size;
    cow__release(NULL, cow__dead[i].block, cow__dead[i].size);
}

COW__API void cow__quarantine(void *block, size_t size) {
    cow__lock(&cow__dead_lock);
    if (cow__dead_last - cow__dead_first == COW__QUARANTINED) cow__quarantine_evict();
    unsigned i = cow__dead_last++ % COW__QUARANTINED;
    cow__dead[i].block = block;
    cow__dead[i].size = size;
    cow__dead_bytes += size;
    while (cow__dead_bytes > COW__QUARANTINE_BYTES) cow__quarantine_evict();
    cow__unlock(&cow__dead_lock);
}

COW__END_C
#endif
