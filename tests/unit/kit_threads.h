/* SPDX-License-Identifier: MIT */
/* The test kit of threads: a check that ends the program, a value that owns memory whose reads and writes are plain, so that a
   race, a double free or a read after free is the sanitizer's to see, and turns of threads over shared values. */
#ifndef KIT_THREADS_H
#define KIT_THREADS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition) ((condition) ? (void)0 : die(__FILE__, __LINE__, #condition))

static inline void die(const char *file, int line, const char *what) {
    fprintf(stderr, "%s:%d: FAILED: %s\n", file, line, what);
    abort();
}

/* ---- a value that owns a plain int on the heap ---- */

typedef struct boxed {
    int *value;
} boxed;

static atomic_long alive; /* how many there are */
static _Thread_local unsigned hook_calls, hook_fails_at;

static inline boxed box(int value) {
    boxed b = {malloc(sizeof(int))};
    CHECK(b.value != NULL);
    *b.value = value;
    atomic_fetch_add_explicit(&alive, 1, memory_order_relaxed);
    return b;
}

static inline bool box_copy(boxed *to, const boxed *from) {
    if (hook_fails_at && ++hook_calls == hook_fails_at) return false;
    *to = box(*from->value);
    return true;
}

static inline void box_drop(boxed *b) {
    *b->value = -1;
    free(b->value);
    atomic_fetch_sub_explicit(&alive, 1, memory_order_relaxed);
}

static inline bool box_equal(const boxed *a, const boxed *b) { return *a->value == *b->value; }

/* ---- turns ---- */

/* A turn makes the shared values anew, lets `n` threads work on them, and looks at what is left. A job is the thread's number and
   the rounds. */
typedef struct kit_turn {
    void (*set_up)(void);
    void *(*work)(void *job);
    void (*tear_down)(void);
} kit_turn;

enum { KIT_MOST_THREADS = 8 };

static inline void kit_turns(const kit_turn *turn, size_t turns, size_t n, size_t rounds) {
    CHECK(n <= KIT_MOST_THREADS);
    for (size_t t = 0; t < turns; t++) {
        pthread_t threads[KIT_MOST_THREADS];
        size_t jobs[KIT_MOST_THREADS][2];
        turn->set_up();
        for (size_t i = 0; i < n; i++) {
            jobs[i][0] = i + t * n;
            jobs[i][1] = rounds;
            CHECK(pthread_create(&threads[i], NULL, turn->work, jobs[i]) == 0);
        }
        for (size_t i = 0; i < n; i++) pthread_join(threads[i], NULL);
        turn->tear_down();
    }
}

#endif
