/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double pss_of(const char *pid, const char *what) {
    char path[64], line[256];
    double kib = 0;
    size_t length = strlen(what);
    snprintf(path, sizeof path, "/proc/%.20s/smaps_rollup", pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, what, length) == 0 && line[length] == ':') {
            kib = strtod(line + length + 1, NULL);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return kib;
}

static double pss_of_children(const char *task, const char *what) {
    char path[64], pid[32];
    double kib = 0;
    snprintf(path, sizeof path, "/proc/self/task/%.20s/children", task);
    FILE *file = fopen(path, "r");
    while (file != NULL && fscanf(file, "%31s", pid) == 1) {
        kib += pss_of(pid, what);
    }
    if (file != NULL) {
        fclose(file);
    }
    return kib;
}

double bench_pss_kib(const char *what) {
    double kib = pss_of("self", what);
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *e = tasks == NULL ? NULL : readdir(tasks); e != NULL; e = readdir(tasks)) {
        kib += e->d_name[0] == '.' ? 0 : pss_of_children(e->d_name, what);
    }
    if (tasks != NULL) {
        closedir(tasks);
    }
    return kib;
}
