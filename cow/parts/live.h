/* SPDX-License-Identifier: MIT */
/* live: the buffers that are alive, listed by type, in COW_TRACE and COW_DEBUG builds. Floor 1. For leak hunting. */
#ifndef COW__LIVE_H
#define COW__LIVE_H

#include "atomic.h"

#include <stdio.h>

#if COW__LIVE

COW__BEGIN_C
/* Calls `fn` once for each type that has live buffers: how many, and the bytes of their storage. A buffer counts once,
   however many values share it. Frozen ones are listed under "<type> (frozen)". No buffer may be made or freed in `fn`. */
COW__API void cow_live_each(void (*fn)(void *ctx, const char *type, size_t buffers, size_t bytes), void *ctx);
/* Prints that listing. COW_TRACE builds do so at exit, to stderr, when anything but frozen buffers is left. */
COW__API void cow_live_report(FILE *to);
COW__END_C

/* A member of the list; each buffer's header holds one. */
typedef struct cow__live {
    struct cow__live *next, **link;
    const char *type;
    size_t bytes;
    bool frozen;
} cow__live;

COW__BEGIN_C
COW__API void cow__live_add(cow__live *node, const char *type, size_t bytes);
COW__API void cow__live_remove(cow__live *node);
COW__API void cow__live_freeze(cow__live *node);
COW__END_C

#endif
#endif

#if COW__LIVE && defined(COW__IMPLEMENT) && !defined(COW__LIVE_BODY)
#define COW__LIVE_BODY

#include <stdlib.h>
#include <string.h>

COW__BEGIN_C

static cow__live *cow__live_first;
static cow__atomic_u32 cow__live_lock;
#if COW__TRACE
static bool cow__live_at_exit;
#endif

/* A spin lock is enough for a build that looks for mistakes. */
static void cow__lock(cow__atomic_u32 *lock) {
    while (COW__SWAP(lock, 1u, COW__ACQUIRE)) {
    }
}

static void cow__unlock(cow__atomic_u32 *lock) { COW__STORE(lock, 0u, COW__RELEASE); }

#if COW__TRACE
static void cow__live_report_at_exit(void) {
    cow__live *n = cow__live_first;
    while (n && n->frozen) n = n->next;
    if (n) cow_live_report(stderr);
}
#endif

COW__API void cow__live_add(cow__live *node, const char *type, size_t bytes) {
    node->type = type;
    node->bytes = bytes;
    node->frozen = false;
    cow__lock(&cow__live_lock);
#if COW__TRACE
    if (!cow__live_at_exit) cow__live_at_exit = atexit(cow__live_report_at_exit) == 0;
#endif
    node->next = cow__live_first;
    node->link = &cow__live_first;
    if (node->next) node->next->link = &node->next;
    cow__live_first = node;
    cow__unlock(&cow__live_lock);
}

COW__API void cow__live_remove(cow__live *node) {
    cow__lock(&cow__live_lock);
    *node->link = node->next;
    if (node->next) node->next->link = node->link;
    cow__unlock(&cow__live_lock);
}

COW__API void cow__live_freeze(cow__live *node) {
    cow__lock(&cow__live_lock);
    node->frozen = true;
    cow__unlock(&cow__live_lock);
}

static bool cow__live_same(const cow__live *a, const cow__live *b) {
    return a->frozen == b->frozen && strcmp(a->type, b->type) == 0;
}

/* Quadratic in the number of buffers in the worst case, but needs no memory, which may be what ran out. */
COW__API void cow_live_each(void (*fn)(void *ctx, const char *type, size_t buffers, size_t bytes), void *ctx) {
    cow__lock(&cow__live_lock);
    for (cow__live *n = cow__live_first; n; n = n->next) {
        cow__live *before = cow__live_first;
        while (before != n && !cow__live_same(before, n)) before = before->next;
        if (before != n) continue;
        size_t buffers = 0, bytes = 0;
        for (cow__live *m = n; m; m = m->next) {
            if (!cow__live_same(m, n)) continue;
            buffers++;
            bytes += m->bytes;
        }
        char name[128];
        (void)snprintf(name, sizeof name, "%s%s", n->type, n->frozen ? " (frozen)" : "");
        fn(ctx, name, buffers, bytes);
    }
    cow__unlock(&cow__live_lock);
}

static void cow__live_print(void *to, const char *type, size_t buffers, size_t bytes) {
    (void)fprintf((FILE *)to, "cow: live %-32s %10lu buffers %14lu bytes\n", type, (unsigned long)buffers,
                  (unsigned long)bytes);
}

COW__API void cow_live_report(FILE *to) { cow_live_each(cow__live_print, to); }

COW__END_C
#endif
