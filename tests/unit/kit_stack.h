/* SPDX-License-Identifier: MIT */
/* The test kit of deep values: a thread with a small stack, a clock, and a check that ends the program. The including file asks
   for _GNU_SOURCE first. */
#ifndef KIT_STACK_H
#define KIT_STACK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { STACK = 64 << 10 };

static inline void must(bool said, const char *what) {
    if (said) return;
    fprintf(stderr, "FAILED: %s\n", what);
    abort();
}

static inline double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static inline void run_on_a_small_stack(void *(*run)(void *), void *argument) {
    pthread_attr_t attributes;
    pthread_t thread;
    must(pthread_attr_init(&attributes) == 0 && pthread_attr_setstacksize(&attributes, STACK) == 0,
         "a stack of 64 KiB");
    must(pthread_create(&thread, &attributes, run, argument) == 0, "starting a thread");
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
}

#endif
