/* SPDX-License-Identifier: MIT */
/* replay: runs a fuzz target without a fuzzer.

   replay FILE ...                  the regression test
   replay --print FILE              prints the input as a C program, whether it fails or not, and however it dies
   replay --mutate SEED N FILE ...  a small fuzzer: N mutated inputs that start from the files; it tests the mutator too
   replay --kind                    says whether the target's inputs are `operations` or `text` */
/* MAP_ANONYMOUS and fork */
#define _DEFAULT_SOURCE
#include "program.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { INPUT_MOST = 1 << 16, POOL = 64, MUTATED_MOST = 1536 };

struct bytes {
    uint8_t data[INPUT_MOST];
    size_t size;
};

static void read_input(const char *name, struct bytes *in) {
    FILE *f = fopen(name, "rb");
    if (!f) {
        perror(name);
        exit(1);
    }
    in->size = fread(in->data, 1, sizeof in->data, f);
    (void)fclose(f);
}

static void run_input(const struct bytes *in) { (void)LLVMFuzzerTestOneInput(in->data, in->size); }

static int replay(int files, char **names) {
    static struct bytes in;
    for (int i = 0; i < files; i++) {
        read_input(names[i], &in);
        program_name(names[i]);
        run_input(&in);
    }
    printf("replay: %s: %d inputs, no failure\n", fuzz_target.name, files);
    return files ? 0 : 1;
}

/* A child runs the input and leaves what it did in shared memory, so that nothing it dies of gets in the way of printing. */
static int print_input(const char *name) {
    static struct bytes in;
    struct progress *seen =
        mmap(NULL, program_progress_size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (seen == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    read_input(name, &in);
    program_name(name);
    program_quietly_into(seen);
    pid_t child = fork();
    if (child == 0) {
        run_input(&in);
        exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("fork");
        return 1;
    }
    program_print(stdout);
    return 0;
}

/* The pool holds inputs to start from; each mutated one replaces one of them now and then, so that changes add up. */
static int mutate(unsigned seed, unsigned n, int files, char **names) {
    static struct bytes pool[POOL], next;
    for (int i = 0; i < files; i++) read_input(names[i], &pool[i % POOL]);
    for (unsigned i = 0; i < n; i++, seed = seed * 1664525u + 1013904223u) {
        struct bytes *start = &pool[(seed >> 8) % POOL], *with = &pool[(seed >> 16) % POOL];
        if (i % 4 == 0) {
            next.size = LLVMFuzzerCustomCrossOver(start->data, start->size, with->data, with->size, next.data,
                                                  MUTATED_MOST, seed);
        } else {
            next = *start;
            if (next.size > MUTATED_MOST) next.size = MUTATED_MOST;
            next.size = LLVMFuzzerCustomMutator(next.data, next.size, MUTATED_MOST, seed);
        }
        run_input(&next);
        if (i % 2 == 0) *start = next;
    }
    printf("replay: %s: %u mutated inputs, no failure\n", fuzz_target.name, n);
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "--print") == 0) return print_input(argv[2]);
    if (argc >= 4 && strcmp(argv[1], "--mutate") == 0)
        return mutate((unsigned)strtoul(argv[2], NULL, 10), (unsigned)strtoul(argv[3], NULL, 10), argc - 4, argv + 4);
    if (argc == 2 && strcmp(argv[1], "--kind") == 0) return puts(fuzz_target.stateless ? "text" : "operations") < 0;
    return replay(argc - 1, argv + 1);
}
