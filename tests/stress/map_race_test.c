/* SPDX-License-Identifier: MIT */
/*
 * The moments in which a node changes hands. One thread makes a map, a second that borrows the nodes of the first, and a third that borrows
 * from the second. Then the threads meet at a barrier that spins, and at once one gives the first map up, or changes it, while the other
 * changes the second, whose base may or may not be its own alone by then: it copies, adopts, or grows dense. Nothing sleeps between the
 * meeting and the race: a mutex or a futex there would order what TSan is to see unordered.
 *
 *   map_race_test [rounds]
 */
#include "../unit/kit_threads.h"

#include <sched.h>

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define COW_MAP boxes, int, boxed
#define COW_VALUE_COPY box_copy
#define COW_VALUE_DROP box_drop
#include "cow/cow.h"

enum { THREADS = 2, KEYS = 80, PATIENCE = 10000 };

static boxes first, second, third;
static atomic_uint arrivals;
static size_t rounds = 10000;

/* Yields only when the others cannot be running. */
static void meet(void) {
    unsigned ticket = atomic_fetch_add_explicit(&arrivals, 1, memory_order_acq_rel);
    unsigned goal = (ticket / THREADS + 1) * THREADS;
    for (int spins = 0; (int)(atomic_load_explicit(&arrivals, memory_order_acquire) - goal) < 0; spins++)
        if (spins > PATIENCE) sched_yield();
}

/* Sometimes the other is through before this one begins. Orders nothing, as waiting for a flag would. */
static void linger(size_t steps) {
    for (volatile size_t i = 0; i < steps; i++) continue;
}

/* Writes n values by turns in each way, from key `at` on in steps that lead to other leaves. */
static void change(boxes *m, int at, int n, int mark) {
    for (int i = 0; i < n; i++) {
        int key = (at + i * 13) % KEYS;
        switch (i % 3) {
        case 0: CHECK(boxes_put(m, key, box(mark))); break;
        case 1: CHECK(boxes_erase(m, &key) && boxes_put(m, key, box(mark))); break;
        default: *boxes_mut(m, &key)->value = mark;
        }
    }
}

/* Every value is its key's, or one of the marks that were written. */
static void check(const boxes *m, int mark, int other_mark) {
    size_t n = 0;
    COW_MAP_EACH (boxes, it, m) {
        int value = *it->value.value;
        CHECK(value == it->key || value == mark || value == other_mark);
        n++;
    }
    CHECK(n == KEYS && boxes_len(m) == KEYS);
}

static void prepare(size_t round) {
    for (int k = 0; k < KEYS; k++) CHECK(boxes_put(&first, k, box(k)));
    second = boxes_copy(&first);
    change(&second, (int)(round % KEYS), 1 + (int)(round % 4), -2);
    third = boxes_copy(&second);
    if (round % 2) change(&third, (int)(round % 7), 2, -2);
}

static void *work(void *number) {
    int me = *(const int *)number;
    for (size_t round = 0; round < rounds; round++) {
        if (me == 0) prepare(round);
        meet();
        int n = 1 + (int)(round / 16 % 6), at = (int)(round / 3 % KEYS);
        if (me == 0) {
            linger(round % 5 * 3000);
            change(&second, at, n, -3);
            check(&second, -2, -3);
        } else {
            if (round % 8 < 4) {
                if (round % 2) check(&first, -4, -4); /* what it reads to the last, the other may free at once */
                boxes_drop(&first);
            } else {
                change(&first, at, n, -4);
                check(&first, -4, -4);
            }
            if (round % 3 == 0) boxes_drop(&third);
            if (round % 3 == 1) change(&third, at + 5, n, -5);
        }
        meet();
        if (me == 1) check(&second, -2, -3);
        if (me == 0 && !boxes_is_empty(&third)) check(&third, -2, -5);
        meet();
        if (me == 0) boxes_drop(&second);
        if (me == 1) boxes_drop(&first);
        if (me == 1) boxes_drop(&third);
        meet();
    }
    return NULL;
}

int main(int argc, char **argv) {
    if (argc > 1) rounds = strtoull(argv[1], NULL, 10);
    pthread_t threads[THREADS];
    int numbers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        CHECK(pthread_create(&threads[i], NULL, work, &numbers[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    CHECK(atomic_load(&alive) == 0);
    printf("map race: %d threads met %zu times over maps that borrow from each other; one gave its map up, or changed "
           "it, while the other "
           "wrote\n",
           THREADS, rounds);
    return 0;
}
