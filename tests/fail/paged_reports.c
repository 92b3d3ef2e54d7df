/* SPDX-License-Identifier: MIT */
/* A program, or with FUZZER a target of libFuzzer, that has a paged region whose faults are served, and then crashes:
   whoever reports crashes must report this one. paged_reports.sh builds and runs it. */
#define _GNU_SOURCE
#define COW_PAGED
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COW_IMPLEMENTATION
#include "cow/cow.h"

static cow_paged *region;
static cow_snap *before;

static void make_region(void) {
    region = cow_paged_new(1 << 16, NULL);
    before = region ? cow_paged_snapshot(region) : NULL;
    if (!before) exit(3);
}

/* A write that is caught, and forgotten again. */
static void use_region(const void *text, size_t n) {
    char *data = (char *)cow_paged_data(region);
    memcpy(data, text, n < 1000 ? n : 1000);
    if (n && memcmp(data, text, 1) != 0) exit(4);
    if (!cow_paged_restore(region, before) || data[0]) exit(5);
}

static volatile char *volatile nowhere;
__attribute__((noinline, no_sanitize("undefined"))) static void null_is_written(void) { *nowhere = 1; }

#ifdef FUZZER

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    if (getenv("REGION_FIRST")) make_region();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t n) {
    if (!region) make_region();
    use_region(input, n);
    if (n >= 4 && memcmp(input, "BOOM", 4) == 0) null_is_written();
    return 0;
}

#else

__attribute__((noinline)) static void heap_is_overrun(void) {
    volatile char *block = (volatile char *)malloc(10);
    if (block) block[10] = 1;
    free((void *)(uintptr_t)block);
}

int main(int argc, char **argv) {
    make_region();
    use_region("hello", 5);
    if (argc > 1 && strcmp(argv[1], "null") == 0) null_is_written();
    if (argc > 1 && strcmp(argv[1], "heap") == 0) heap_is_overrun();
    cow_snap_drop(before);
    cow_paged_free(region);
    printf("served\n");
    return 0;
}

#endif
