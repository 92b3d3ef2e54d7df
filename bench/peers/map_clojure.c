/* SPDX-License-Identifier: MIT */
/* Peer `clojure`: PersistentHashMap in a Java process of its own, ClojureLoops.java. It is started once for a suite, so
 * that it is warm, and asked by the children through two pipes; only one of them runs at a time. */
#include "map_peer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static FILE *questions, *answers;
static pid_t java;

/* The more thorough the plan, the longer it warms up, and measures. */
static void run_java(const char *class_path, bool strings, const bench_plan *plan) {
    char sample_ms[24];
    snprintf(sample_ms, sizeof sample_ms, "%d", (int)(plan->sample_ns / 100000));
    execlp("java", "java", "-Xmx3g", "-cp", class_path, "ClojureLoops", strings ? "str" : "u64",
           plan->quick ? "150" : "1000", sample_ms, (char *)NULL);
    bench_die("cannot start java: %s", strerror(errno));
}

void map_clojure_start(const char *class_path, bool strings, const bench_plan *plan) {
    int to[2], from[2];
    if (pipe(to) != 0 || pipe(from) != 0) {
        bench_die("cannot make a pipe: %s", strerror(errno));
    }
    fflush(NULL);
    java = fork();
    if (java == 0) {
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        close(to[1]);
        close(from[0]);
        run_java(class_path, strings, plan);
    }
    close(to[0]);
    close(from[1]);
    questions = fdopen(to[1], "w");
    answers = fdopen(from[0], "r");
    if (java < 0 || questions == NULL || answers == NULL) {
        bench_die("cannot start java: %s", strerror(errno));
    }
    /* A child reads its one line through the pipe, and must not take more from it. */
    setvbuf(answers, NULL, _IONBF, 0);
}

void map_clojure_stop(void) {
    fclose(questions);
    fclose(answers);
    while (waitpid(java, NULL, 0) < 0 && errno == EINTR) {
    }
}

/* One answer is a whole sample, which repeats the loop often enough by itself: so it is asked for once in a process. */
static void ask(bench_run *run, const char *name) {
    static bench_run answer;
    char line[160];
    if (answer.operations == 0) {
        fprintf(questions, "%s %zu\n", name, run->n);
        fflush(questions);
        if (fgets(line, sizeof line, answers) == NULL ||
            sscanf(line, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &answer.wall_ns, &answer.cpu_ns,
                   &answer.operations, &answer.checksum, &answer.kept_bytes) != 5) {
            bench_die("the Clojure peer gives no answer to %s", name);
        }
    }
    run->wall_ns = answer.wall_ns;
    run->cpu_ns = answer.cpu_ns;
    run->operations = answer.operations;
    run->checksum = answer.checksum;
    run->kept_bytes = answer.kept_bytes;
}

static void loop_bulk(bench_run *run) { ask(run, "bulk"); }
static void loop_hit(bench_run *run) { ask(run, "hit"); }
static void loop_miss(bench_run *run) { ask(run, "miss"); }
static void loop_iterate(bench_run *run) { ask(run, "iterate"); }
static void loop_erase(bench_run *run) { ask(run, "erase"); }
static void loop_persist_insert(bench_run *run) { ask(run, "persist_insert"); }
static void loop_persist_erase(bench_run *run) { ask(run, "persist_erase"); }
static void loop_snap1000(bench_run *run) { ask(run, "snap1000"); }
static void loop_snap10(bench_run *run) { ask(run, "snap10"); }
static void loop_bytes(bench_run *run) { ask(run, "bytes"); }
static void loop_eq_shared(bench_run *run) { ask(run, "eq_shared"); }
static void loop_eq_independent(bench_run *run) { ask(run, "eq_independent"); }

/* Dropping is the collector's work, a copy is an assignment, and there is no comparison that tells what differs. */
#define CLOJURE_PEER                                                                                   \
    {                                                                                                  \
        "clojure", loop_bulk, loop_hit, loop_miss, loop_iterate, loop_erase, NULL, loop_bytes, NULL,   \
            loop_persist_insert, loop_persist_erase, loop_snap1000, loop_snap10, NULL, loop_eq_shared, \
            loop_eq_independent                                                                        \
    }

const map_peer map_u64_clojure = CLOJURE_PEER;
const map_peer map_str_clojure = CLOJURE_PEER;
