/* SPDX-License-Identifier: MIT */
/* replay: runs a fuzz target over files, without libFuzzer: the regression test, and how a crash is debugged. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *name) {
    static uint8_t data[1 << 20];
    FILE *f = fopen(name, "rb");
    if (!f) {
        perror(name);
        return 1;
    }
    size_t size = fread(data, 1, sizeof data, f);
    fclose(f);
    /* A block of its exact size, so that the sanitizers see a read past it. */
    uint8_t *exact = malloc(size ? size : 1);
    if (!exact) return 1;
    for (size_t i = 0; i < size; i++) exact[i] = data[i];
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 0;
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        if (replay(argv[i])) return 1;
    printf("replay: %d inputs, no failure\n", argc - 1);
    return argc > 1 ? 0 : 1;
}
