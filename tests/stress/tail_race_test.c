/* SPDX-License-Identifier: MIT */
/*
 * The one moment in which a value stops being alone: in each round the threads meet at a barrier that spins, copy one variable that
 * nobody shares yet, and at once push to their own copies, so that all of them expose the buffer and race for its tail together.
 * Then they drop their copies, and one thread writes to the variable, which makes it a sole owner's again. Nothing sleeps between
 * the meeting and the race: a mutex or a futex there would order what TSan is to see unordered.
 *
 *   tail_race_test [rounds]
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define COW_IMPLEMENTATION
#include "cow/cow.h"
#define COW_ARRAY ints, int
#include "cow/cow.h"

#define CHECK(condition) ((condition) ? (void)0 : die(__LINE__, #condition))

static void die(int line, const char *what) {
    fprintf(stderr, "tail_race_test.c:%d: FAILED: %s\n", line, what);
    abort();
}

enum { THREADS = 2, FIRST = 20, PUSHES = 4, PATIENCE = 10000 };

static ints common;
static atomic_uint arrivals;
static size_t rounds = 40000;

/* Yields only when the others cannot be running. */
static void meet(void) {
    unsigned ticket = atomic_fetch_add_explicit(&arrivals, 1, memory_order_acq_rel);
    unsigned goal = (ticket / THREADS + 1) * THREADS;
    for (int spins = 0; (int)(atomic_load_explicit(&arrivals, memory_order_acquire) - goal) < 0; spins++)
        if (spins > PATIENCE) sched_yield();
}

static void check_copy(const ints *mine, int mark) {
    CHECK(ints_len(mine) == FIRST + PUSHES);
    for (size_t i = 0; i < FIRST; i++) CHECK(ints_at(mine, i) == (int)i);
    for (size_t i = FIRST; i < FIRST + PUSHES; i++) CHECK(ints_at(mine, i) == mark + (int)i);
}

static void *work(void *number) {
    int mark = 1000 * (1 + *(const int *)number);
    for (size_t round = 0; round < rounds; round++) {
        meet();
        ints mine = ints_copy(&common);
        for (int i = FIRST; i < FIRST + PUSHES; i++) CHECK(ints_push(&mine, mark + i));
        meet();
        check_copy(&mine, mark);
        ints_drop(&mine);
        meet();
        if (mark != 1000) continue;
        CHECK(ints_len(&common) == FIRST && !ints_is_shared(&common));
        CHECK(ints_push(&common, -1) && ints_pop(&common, NULL));
    }
    return NULL;
}

int main(int argc, char **argv) {
    if (argc > 1) rounds = strtoull(argv[1], NULL, 10);
    pthread_t threads[THREADS];
    int numbers[THREADS];
    CHECK(ints_reserve(&common, 1000));
    for (int i = 0; i < FIRST; i++) CHECK(ints_push(&common, i));
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        CHECK(pthread_create(&threads[i], NULL, work, &numbers[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    ints_drop(&common);
    printf("tail race: %d threads met %zu times over a value nobody shared, and pushed to their copies\n", THREADS,
           rounds);
    return 0;
}
