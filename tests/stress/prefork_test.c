/* SPDX-License-Identifier: MIT */
/*
 * The prefork case: a parent builds a frozen value of 500 MB, forks ten workers, and each reads all of it, copies it and drops the
 * copies. Frozen values are not counted, so the workers write to none of its pages: the private dirty memory of each grows by
 * less than 1 MB. A control shows that the measure works: workers that copy a value that is not frozen dirty its pages.
 *
 *   prefork_test [megabytes]
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COW_IMPLEMENTATION
#include "cow/cow.h"
#define COW_ARRAY numbers, uint64_t
#include "cow/cow.h"
#define COW_ARRAY tables, numbers
#include "cow/cow.h"

enum { WORKERS = 10, LIMIT_KB = 1024, INNER = 512 };

static void must(bool said, const char *what) {
    if (said) return;
    fprintf(stderr, "prefork_test: FAILED: %s\n", what);
    abort();
}

static long private_dirty_kb(void) {
    char line[256];
    long kb = -1;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    must(file != NULL, "opening /proc/self/smaps_rollup");
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "Private_Dirty: %ld kB", &kb) == 1) break;
    }
    fclose(file);
    must(kb >= 0, "reading Private_Dirty");
    return kb;
}

/* ---- the two values: one long array, and an array of many arrays ---- */

static numbers flat;
static tables nested;

static void build(size_t megabytes) {
    size_t n = megabytes * 1000000 / sizeof(uint64_t);
    must(numbers_with_capacity(&flat, n), "memory for the flat value");
    for (size_t i = 0; i < n; i++) must(numbers_push(&flat, i), "building the flat value");
    for (size_t i = 0; i < n / INNER; i++) {
        numbers row = {0};
        must(numbers_from(&row, numbers_data(&flat) + i * INNER, INNER) && tables_push(&nested, row),
             "building the nested value");
    }
}

static uint64_t sum_flat(void) {
    uint64_t sum = 0;
    for (int round = 0; round < 1000; round++) {
        numbers copy = numbers_copy(&flat), part = numbers_slice(&copy, (size_t)round, flat.n / 2);
        sum += numbers_at(&part, 0);
        numbers_drop(&copy);
        numbers_drop(&part);
    }
    COW_EACH (uint64_t, it, &flat) sum += *it;
    return sum;
}

static uint64_t sum_nested(void) {
    uint64_t sum = 0;
    tables copy = tables_copy(&nested);
    COW_EACH (numbers, row, &copy) {
        numbers held = numbers_copy(row);
        COW_EACH (uint64_t, it, &held) sum += *it;
        numbers_drop(&held);
    }
    tables_drop(&copy);
    return sum;
}

/* Forks workers that all run `read_all` at once; the largest growth of private dirty memory among them. */
static long worst_worker(int workers, uint64_t (*read_all)(void), uint64_t expected) {
    int channel[2], start[2];
    must(pipe(channel) == 0 && pipe(start) == 0, "pipe");
    for (int i = 0; i < workers; i++) {
        pid_t child = fork();
        must(child >= 0, "fork");
        if (child > 0) continue;
        char go;
        close(start[1]);
        must(read(start[0], &go, 1) == 0, "waiting for all workers");
        long before = private_dirty_kb();
        uint64_t sum = read_all();
        long grown = private_dirty_kb() - before;
        if (sum != expected) grown = -1;
        _exit(write(channel[1], &grown, sizeof grown) == (ssize_t)sizeof grown ? 0 : 1);
    }
    close(start[0]);
    close(start[1]); /* all read end of file: go */
    long worst = 0;
    for (int i = 0; i < workers; i++) {
        long grown;
        must(read(channel[0], &grown, sizeof grown) == (ssize_t)sizeof grown, "a worker's figure");
        must(grown >= 0, "a worker sees the right values");
        if (grown > worst) worst = grown;
    }
    for (int i = 0; i < workers; i++) must(wait(NULL) > 0, "wait");
    close(channel[0]);
    close(channel[1]);
    return worst;
}

static void check(const char *what, uint64_t (*read_all)(void), uint64_t expected) {
    long worst = worst_worker(WORKERS, read_all, expected);
    printf("prefork: %s: %d workers, worst private dirty memory %ld kB (limit %d kB)\n", what, WORKERS, worst,
           LIMIT_KB);
    fflush(stdout);
    must(worst < LIMIT_KB, "private dirty memory of each worker stays below 1 MB");
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static void *wait_at_gate(void *unused) {
    (void)unused;
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    return NULL;
}

int main(int argc, char **argv) {
    size_t megabytes = argc > 1 ? strtoull(argv[1], NULL, 10) : 500;
    build(megabytes);
    uint64_t flat_sum = sum_flat(), nested_sum = sum_nested();

    /* Counting is atomic once a second thread exists, so the parent has one: the harder case, and the usual one. */
    pthread_t second;
    pthread_mutex_lock(&gate);
    must(pthread_create(&second, NULL, wait_at_gate, NULL) == 0, "a second thread");

    long control = worst_worker(1, sum_nested, nested_sum);
    printf("prefork: control, one worker, not frozen: private dirty memory %ld kB\n", control);
    must(control > LIMIT_KB, "the control is seen to dirty pages");

    numbers_freeze(&flat);
    tables_freeze(&nested);
    char what[80];
    snprintf(what, sizeof what, "frozen array of %zu MB, read and copied", megabytes);
    check(what, sum_flat, flat_sum);
    snprintf(what, sizeof what, "frozen array of arrays of %zu MB, read and copied inside", megabytes);
    check(what, sum_nested, nested_sum);
    pthread_mutex_unlock(&gate);
    pthread_join(second, NULL);
    return 0;
}
