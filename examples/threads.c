/* SPDX-License-Identifier: MIT */
/* One thread appends, others read: each reader takes a snapshot under a lock, then walks it without one.
 *
 * The lock protects the variable `published`, not its elements: it is held for one copy of a handle, however long the
 * array is. Distinct variables may be used from distinct threads even when they share storage, so the writer goes on
 * while the readers walk. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define COW_IMPLEMENTATION
#define COW_ARRAY numbers, long
#include "cow/cow.h"

enum { last = 20000, readers = 2 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static numbers published;

static numbers take_snapshot(void) {
    pthread_mutex_lock(&lock);
    numbers snapshot = numbers_copy(&published);
    pthread_mutex_unlock(&lock);
    return snapshot;
}

/* Shows the readers `now`. The old version is dropped outside the lock: the last drop of a buffer frees it. */
static void publish(const numbers *now) {
    numbers old = numbers_copy(now);
    pthread_mutex_lock(&lock);
    numbers_swap(&published, &old);
    pthread_mutex_unlock(&lock);
    numbers_drop(&old);
}

/* The numbers are 1, 2, 3, ..., so every consistent snapshot of n of them sums to n(n+1)/2. */
static void *read_until_done(void *unused) {
    (void)unused;
    long snapshots = 0;
    for (bool done = false; !done; snapshots++) {
        numbers snapshot = take_snapshot();
        long sum = 0;
        COW_EACH (long, number, &snapshot) {
            sum += *number;
        }
        long n = (long)numbers_len(&snapshot);
        if (sum != n * (n + 1) / 2) {
            fprintf(stderr, "threads: %ld elements sum to %ld\n", n, sum);
            exit(1);
        }
        done = n == last;
        numbers_drop(&snapshot);
    }
    return snapshots > 0 ? &lock : NULL;
}

int main(void) {
    pthread_t threads[readers];
    for (int i = 0; i < readers; i++) {
        if (pthread_create(&threads[i], NULL, read_until_done, NULL) != 0) return 1;
    }
    numbers own = {0};
    for (long i = 1; i <= last; i++) {
        if (!numbers_push(&own, i)) return 1;
        publish(&own);
    }
    int satisfied = 0;
    for (int i = 0; i < readers; i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        satisfied += result != NULL;
    }
    printf("%d readers saw consistent snapshots of up to %zu numbers\n", satisfied, numbers_len(&own));
    numbers_drop(&own);
    numbers_drop(&published);
    return 0;
}
