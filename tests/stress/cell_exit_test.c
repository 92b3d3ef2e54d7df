/* SPDX-License-Identifier: MIT */
/*
 * A program ends while detached threads read cells for the first time, and others end: nothing that the header does at exit
 * may race with them. ThreadSanitizer says so; without it this is a program that must end well.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define COW_IMPLEMENTATION
#include "cow/cow.h"
#define COW_CELL number, int
#include "cow/cow.h"

enum { THREADS = 8 };

static number shared;

static void must(bool said, const char *what) {
    if (said) return;
    fprintf(stderr, "cell_exit_test: FAILED: %s\n", what);
    abort();
}

static void *reads_late(void *after) {
    number_guard g;
    (void)usleep((useconds_t)(uintptr_t)after);
    must(number_borrow(&shared, &g) && *g.value == 7, "a thread reads what is there");
    number_end(&g);
    (void)usleep(2000000);
    return NULL;
}

/* Runs after the header's own destructor, and gives the threads time. */
static __attribute__((destructor(101))) void wait_at_exit(void) { (void)usleep(300000); }

int main(void) {
    int seen = 0;
    must(number_store(&shared, 7) && number_load(&shared, &seen) && seen == 7, "the cell holds a value");
    for (uintptr_t i = 0; i < THREADS; i++) {
        pthread_t thread;
        must(pthread_create(&thread, NULL, reads_late, (void *)(i * 400)) == 0 && pthread_detach(thread) == 0,
             "there is a thread");
    }
    (void)usleep(900);
    printf("cell_exit_test: %d threads read a cell while the program ends\n", (int)THREADS);
    return 0;
}
