/* SPDX-License-Identifier: MIT */
/* afl_mutator: lets AFL++ change inputs by whole operations: its interface for mutators in a shared library, over mutate.c. */
#include "program.h"
#include <stdlib.h>

enum { OUTPUT_MOST = 1 << 16 };

struct mutator {
    unsigned seed;
    uint8_t output[OUTPUT_MOST];
};

void *afl_custom_init(void *afl, unsigned seed);
size_t afl_custom_fuzz(void *state, uint8_t *input, size_t size, uint8_t **output, uint8_t *other_input,
                       size_t other_size, size_t max_size);
void afl_custom_deinit(void *state);

void *afl_custom_init(void *afl, unsigned seed) {
    struct mutator *m = calloc(1, sizeof *m);
    (void)afl;
    if (m) m->seed = seed;
    return m;
}

size_t afl_custom_fuzz(void *state, uint8_t *input, size_t size, uint8_t **output, uint8_t *other_input,
                       size_t other_size, size_t max_size) {
    struct mutator *m = state;
    if (max_size > OUTPUT_MOST) max_size = OUTPUT_MOST;
    if (size > max_size) size = max_size;
    *output = m->output;
    m->seed = m->seed * 1664525u + 1013904223u;
    if (other_input && m->seed >> 30 == 0)
        return LLVMFuzzerCustomCrossOver(input, size, other_input, other_size, m->output, max_size, m->seed >> 2);
    for (size_t i = 0; i < size; i++) m->output[i] = input[i];
    return LLVMFuzzerCustomMutator(m->output, size, max_size, m->seed >> 2);
}

void afl_custom_deinit(void *state) { free(state); }
