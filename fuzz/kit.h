/* SPDX-License-Identifier: MIT */
/* kit: what a fuzz target and the C program printed for a failing input share: an allocator that fails when told to, and
   the checks of a call. It is pasted into that program in front of the target's world, so it needs nothing but cow.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* regions ask the system for what the standard does not have */
#endif
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In a fuzz target, the input says which allocations and hooks fail, and a failed check prints the program. In the printed
   program, fail_after says it for the next call, and a failed check is the end. */
#ifdef FUZZ_TARGET
void program_broken(const char *what);
bool program_fails_now(void);
#define BROKEN program_broken
#else
#define BROKEN(what) ((void)fprintf(stderr, "failed: %s\n", (what)), abort())

static size_t to_succeed, to_fail;

static inline void fail_after(size_t successes, size_t times) {
    to_succeed = successes;
    to_fail = times;
}

static inline bool program_fails_now(void) {
    if (!to_fail) return false;
    if (to_succeed) return to_succeed--, false;
    return to_fail--, true;
}
#endif

static inline void check(bool ok, const char *what) {
    if (!ok) BROKEN(what);
}

static size_t blocks;   /* blocks of the library that are alive */
static size_t failures; /* how many allocations and hooks failed since the last call was checked */

static inline bool fails_now(void) {
    bool now = program_fails_now();
    failures += now;
    return now;
}

/* Ends a call: what failed since then is the business of the next one. */
static inline size_t settle(void) {
    size_t n = failures;
    failures = 0;
#ifndef FUZZ_TARGET
    to_fail = 0;
#endif
    return n;
}

static inline void *kit_malloc(size_t size);
static inline void *kit_realloc(void *p, size_t old_size, size_t size);
static inline void kit_free(void *p, size_t size);

#define COW_MALLOC(size) kit_malloc(size)
#define COW_REALLOC(p, old_size, new_size) kit_realloc((p), (old_size), (new_size))
#define COW_FREE(p, size) kit_free((p), (size))
#define COW_PANIC(message) BROKEN(message)
#define COW_STATIC
#include "cow/cow.h"

/* Behind each block lie bytes that must stay as they are. ASan alone would not do: the library opens the spare room of its blocks
   for itself, and might open more than is there. And a wrong size is seen, because they are looked for behind it. */
enum { GUARD = 16, GUARD_BYTE = 0xa5 };

static inline void *guarded(void *p, size_t size) {
    if (!p) return NULL;
    memset((char *)p + size, GUARD_BYTE, GUARD);
    COW__SHUT((char *)p + size, GUARD);
    return p;
}

static inline void check_guard(const void *p, size_t size) {
    const unsigned char *guard = (const unsigned char *)p + size;
    COW__OPEN(guard, GUARD);
    for (size_t i = 0; i < GUARD; i++) check(guard[i] == GUARD_BYTE, "a block was written past its end");
}

static inline void *kit_malloc(size_t size) {
    void *p = fails_now() ? NULL : guarded(malloc(size + GUARD), size);
    blocks += p != NULL;
    return p;
}

static inline void *kit_realloc(void *p, size_t old_size, size_t size) {
    if (fails_now()) return NULL;
    check_guard(p, old_size);
    return guarded(realloc(p, size + GUARD), size);
}

static inline void kit_free(void *p, size_t size) {
    if (!p) return;
    check_guard(p, size);
    blocks--;
    free(p);
}

/* An allocator instance, without resize. */
static inline void *kit_alloc_in(void *ctx, size_t size) { return (void)ctx, kit_malloc(size); }
static inline void kit_release_in(void *ctx, void *p, size_t size) { (void)ctx, kit_free(p, size); }

static inline const cow_alloc *instance(void) {
    static const cow_alloc it = {kit_alloc_in, NULL, kit_release_in, NULL};
    return &it;
}

/* A call may only fail when a failure was injected during it, and must say so. */
static inline bool tried(bool ok) {
    size_t injected = settle();
    check(ok || injected, "a call failed for no reason");
    check(ok || cow_error() == COW_NOMEM || cow_error() == COW_HOOK, "a call failed and gave another reason");
    return ok;
}

static inline void did(bool ok) { check(tried(ok), "a call failed that should not"); }
static inline void failed(bool ok) { check(!tried(ok), "a call did not fail that should"); }

static inline void refused(bool ok, int reason) {
    (void)settle();
    check(!ok, "a call that makes no sense was not refused");
    check((int)cow_error() == reason, "a call was refused for another reason");
}

static inline void gives(long long got, long long expected) {
    char text[80];
    (void)settle();
    if (got == expected) return;
    (void)snprintf(text, sizeof text, "a call gives %lld instead of %lld", got, expected);
    BROKEN(text);
}

/* At the end, when everything was dropped. Debug builds keep dead blocks for a while. */
static inline void check_blocks(void) {
#ifndef COW_DEBUG
    check(blocks == 0, "a block is lost");
#endif
}
