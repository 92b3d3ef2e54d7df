/* SPDX-License-Identifier: MIT */
/* What every soak has in common: roles of threads that work until the time is over, a line about them every so often, a watch for
   threads that are stuck, and an allocator that counts. Include it before cow/cow.h: it takes over COW_MALLOC, COW_REALLOC and
   COW_FREE, with malloc below, so that the sanitizers see each block. */
#ifndef SOAK_H
#define SOAK_H

#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Works in release builds, too. */
#define CHECK(condition) ((condition) ? (void)0 : soak_die(__FILE__, __LINE__, #condition))

static inline void soak_die(const char *file, int line, const char *what) {
    fprintf(stderr, "%s:%d: FAILED: %s\n", file, line, what);
    abort();
}

/* ---- counting ---- */

typedef struct soak_count {
    atomic_llong now, most;
} soak_count;

static inline void soak_add(soak_count *c, long long n) {
    long long now = atomic_fetch_add_explicit(&c->now, n, memory_order_relaxed) + n;
    long long most = atomic_load_explicit(&c->most, memory_order_relaxed);
    while (now > most &&
           !atomic_compare_exchange_weak_explicit(&c->most, &most, now, memory_order_relaxed, memory_order_relaxed)) {
    }
}

static inline long long soak_now(soak_count *c) { return atomic_load_explicit(&c->now, memory_order_relaxed); }
static inline long long soak_most(soak_count *c) { return atomic_load_explicit(&c->most, memory_order_relaxed); }

/* ---- memory ---- */

static soak_count soak_bytes, soak_blocks, soak_versions;

static inline void *soak_malloc(size_t size) {
    soak_add(&soak_bytes, (long long)size);
    soak_add(&soak_blocks, 1);
    return malloc(size);
}

static inline void *soak_realloc(void *p, size_t old_size, size_t new_size) {
    soak_add(&soak_bytes, (long long)new_size - (long long)old_size);
    return realloc(p, new_size);
}

static inline void soak_free(void *p, size_t size) {
    soak_add(&soak_bytes, -(long long)size);
    soak_add(&soak_blocks, -1);
    free(p);
}

#define COW_MALLOC(size) soak_malloc(size)
#define COW_REALLOC(p, old_size, new_size) soak_realloc((p), (old_size), (new_size))
#define COW_FREE(p, size) soak_free((p), (size))

/* What versions come from, so that they are counted apart; given as COW_ALLOC = &soak_versions_alloc. */
static inline void *soak_version_take(void *ctx, size_t size) {
    (void)ctx;
    soak_add(&soak_versions, 1);
    return soak_malloc(size);
}

static inline void soak_version_give_back(void *ctx, void *p, size_t size) {
    (void)ctx;
    soak_add(&soak_versions, -1);
    soak_free(p, size);
}

/* ---- checksums and chance ---- */

static inline uint64_t soak_mix(uint64_t h, uint64_t x) {
    h = (h ^ x) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

/* xorshift64* */
static inline uint64_t soak_random(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545f4914f6cdd1d);
}

/* Less than n. */
static inline unsigned soak_pick(uint64_t *state, unsigned n) { return (unsigned)(soak_random(state) >> 33) % n; }

/* ---- time ---- */

static inline double soak_clock(void) {
    struct timespec t;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline void soak_sleep(double seconds) {
    struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&t, NULL);
}

/* ---- threads ---- */

enum { SOAK_MOST_WORKERS = 16 };

typedef struct soak_worker {
    const struct soak_role *role;
    uint64_t random;
    atomic_ullong done; /* by this thread alone */
    unsigned long long seen;
    double moved; /* when `done` was seen to change */
    pthread_t thread;
} soak_worker;

typedef struct soak_role {
    const char *name; /* NULL ends a table of roles */
    unsigned threads;
    void (*work)(soak_worker *me); /* until soak_goes_on is false */
} soak_role;

static atomic_bool soak_is_over;
static soak_worker soak_workers[SOAK_MOST_WORKERS];
static unsigned soak_worker_count;

static inline bool soak_goes_on(void) { return !atomic_load_explicit(&soak_is_over, memory_order_relaxed); }
static inline void soak_did(soak_worker *me) { atomic_fetch_add_explicit(&me->done, 1, memory_order_relaxed); }

static inline unsigned long long soak_done(const soak_role *role) {
    unsigned long long sum = 0;
    for (unsigned i = 0; i < soak_worker_count; i++)
        if (soak_workers[i].role == role) sum += atomic_load_explicit(&soak_workers[i].done, memory_order_relaxed);
    return sum;
}

static inline void *soak_worker_main(void *worker) {
    soak_worker *me = (soak_worker *)worker;
    me->role->work(me);
    return NULL;
}

static inline void soak_start(const soak_role *roles) {
    double now = soak_clock();
    for (const soak_role *r = roles; r->name; r++)
        for (unsigned i = 0; i < r->threads; i++) {
            CHECK(soak_worker_count < SOAK_MOST_WORKERS);
            soak_worker *w = &soak_workers[soak_worker_count++];
            w->role = r;
            w->random = soak_mix(0, soak_worker_count); /* never 0, where xorshift would stay */
            w->moved = now;
            CHECK(pthread_create(&w->thread, NULL, soak_worker_main, w) == 0);
        }
}

/* A thread that has done nothing for two minutes waits for something that never comes. */
static inline void soak_watch(void) {
    double now = soak_clock();
    for (unsigned i = 0; i < soak_worker_count; i++) {
        soak_worker *w = &soak_workers[i];
        unsigned long long done = atomic_load_explicit(&w->done, memory_order_relaxed);
        if (done != w->seen) w->moved = now;
        w->seen = done;
        if (now - w->moved < 120) continue;
        fprintf(stderr, "a thread is stuck after %llu %s\n", done, w->role->name);
        abort();
    }
}

static inline void soak_print(const char *name, const soak_role *roles, double seconds) {
    printf("soak: %s: %.0f s:", name, seconds);
    for (const soak_role *r = roles; r->name; r++) printf(" %s %llu,", r->name, soak_done(r));
    printf(" %lld versions, %lld KB\n", soak_now(&soak_versions), soak_now(&soak_bytes) / 1024);
    fflush(stdout);
}

/* Lets all work for so many seconds. Never are there more versions than `most`. */
static inline void soak_run(const char *name, const soak_role *roles, double seconds, long long most) {
    double began = soak_clock(), step = seconds < 20 ? 1 : seconds / 20, next = step;
    soak_start(roles);
    for (double now = 0; now < seconds; now = soak_clock() - began) {
        soak_watch();
        CHECK(soak_most(&soak_versions) <= most);
        if (now >= next) {
            soak_print(name, roles, now);
            next += step;
        }
        soak_sleep(0.05);
    }
    atomic_store(&soak_is_over, true);
    for (unsigned i = 0; i < soak_worker_count; i++) CHECK(pthread_join(soak_workers[i].thread, NULL) == 0);
    CHECK(soak_most(&soak_versions) <= most);
}

#endif
