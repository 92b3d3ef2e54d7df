/* SPDX-License-Identifier: MIT */
/* compile_time ROUNDS FOLDER COMMAND...: what including cow costs the compiler, in CPU time.
 * Writes four small files to FOLDER (empty, a plain include, the include with 8 arrays, and with 8 maps), compiles each in
 * turn ROUNDS times, and prints the medians' differences. Exits 1 above the budget. CPU time of the compiler and its
 * children, not wall time, so that a busy machine does not decide the result. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { sources = 4, instances = 8, most_rounds = 101 };
static const double include_budget_ms = 60.0;
static const double instance_budget_ms = 30.0;

static void fail(const char *what) {
    perror(what);
    exit(2);
}

enum source { EMPTY, INCLUDE, ARRAYS, MAPS };

static void write_source(const char *path, enum source kind) {
    FILE *file = fopen(path, "w");
    if (!file) {
        fail(path);
    }
    if (kind != EMPTY) {
        fputs("#include \"cow/cow.h\"\n", file);
    }
    for (int i = 0; i < instances; i++) {
        if (kind == ARRAYS) {
            fprintf(file, "#define COW_ARRAY array%d, int\n#include \"cow/cow.h\"\n", i);
        }
        if (kind == MAPS) {
            fprintf(file, "#define COW_MAP map%d, cow_str, int\n#include \"cow/cow.h\"\n", i);
        }
    }
    fputs("int main(void) { return 0; }\n", file);
    if (fclose(file) != 0) {
        fail(path);
    }
}

static double milliseconds(struct timeval t) { return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3; }

static double compile(char **command) {
    pid_t child = fork();
    if (child == 0) {
        execvp(command[0], command);
        _exit(127);
    }
    int status = 0;
    struct rusage used;
    if (child < 0 || wait4(child, &status, 0, &used) < 0) {
        fail("wait4");
    }
    if (status != 0) {
        fprintf(stderr, "compile_time: the compiler failed\n");
        exit(2);
    }
    return milliseconds(used.ru_utime) + milliseconds(used.ru_stime);
}

static int by_value(const void *a, const void *b) {
    const double *x = a;
    const double *y = b;
    return (*x > *y) - (*x < *y);
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, by_value);
    return values[count / 2];
}

int main(int argc, char **argv) {
    int rounds = argc > 3 ? atoi(argv[1]) : 0;
    if (rounds < 1 || rounds > most_rounds) {
        fprintf(stderr, "usage: compile_time ROUNDS FOLDER COMMAND...\n");
        return 2;
    }
    char paths[sources][4096];
    for (int i = 0; i < sources; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/compile_time_%d.c", argv[2], i);
        write_source(paths[i], (enum source)i);
    }

    /* The command, the source, NULL. */
    int words = argc - 3;
    char **command = calloc((size_t)words + 2, sizeof *command);
    if (!command) {
        fail("calloc");
    }
    memcpy(command, argv + 3, (size_t)words * sizeof *command);

    /* Interleaved, so that a slow minute touches all alike. */
    static double times[sources][most_rounds];
    for (int round = -1; round < rounds; round++) {
        for (int i = 0; i < sources; i++) {
            command[words] = paths[i];
            double took = compile(command);
            if (round >= 0) {
                times[i][round] = took;
            }
        }
    }
    free(command);

    double empty = median(times[EMPTY], rounds), plain = median(times[INCLUDE], rounds), include = plain - empty;
    double array = (median(times[ARRAYS], rounds) - plain) / instances;
    double map = (median(times[MAPS], rounds) - plain) / instances;
    printf(
        "compile time: include %.1f ms (at most %.0f), array %.1f ms, map %.1f ms (at most %.0f each), median of %d\n",
        include, include_budget_ms, array, map, instance_budget_ms, rounds);
    return include <= include_budget_ms && array <= instance_budget_ms && map <= instance_budget_ms ? 0 : 1;
}
