/* SPDX-License-Identifier: MIT */
/* The suites that bench/main.c can run. */
#ifndef BENCH_SUITES_H
#define BENCH_SUITES_H

#include "harness.h"

/* All cases of suite `array`; with `only` not NULL just that case. Tables go to stdout. */
void suite_array(const bench_plan *plan, const char *only);

/* All cases of suite `string`, over texts made of the words of `path`. */
void suite_string(const bench_plan *plan, const char *only, const char *path);

/* Suite `map_u64`, or with `strings` `map_str`. `java` is the folder with ClojureLoops.class or NULL. */
void suite_map(const bench_plan *plan, const char *only, bool strings, const char *java);

/* Suite `cell`. `java` is the folder with CellLoops.class or NULL. */
void suite_cell(const bench_plan *plan, const char *only, const char *java);

/* Suite `list`. `java` is the folder with ListLoops.class or NULL. */
void suite_list(const bench_plan *plan, const char *only, const char *java);

/* Suite `paged`: regions of 64 MiB, 256 MiB and 1 GiB. */
void suite_paged(const bench_plan *plan, const char *only);

/* The main job, once with the words as records and once as strings; with `only` just that configuration, as r1_k4. `java` is the folder with CowalBench.class or
 * NULL, `input` a file with one word per line. */
void suite_snapshot(const bench_plan *plan, const char *only, const char *input, const char *java);

/* The part of it with a table of one width in a gibibyte; with `plan->quick` in 64 MiB. */
void suite_snapshot_paged(const bench_plan *plan, const char *only);

/* What the build left out, for the table: "" or "qt: skipped (...)". Comes from bench.mk. */
#ifndef BENCH_SKIPPED
#define BENCH_SKIPPED ""
#endif

#endif
