/* SPDX-License-Identifier: MIT */
/* Peers `java` and `cowal`: AtomicReference and CopyOnWriteArrayList in a Java process of their own, CellLoops.java,
 * which is asked through two pipes. */
#include "cell_peer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static FILE *questions, *answers;
static pid_t java;

static void run_java(const char *class_path, const bench_plan *plan) {
    execlp("java", "java", "-Xmx3g", "-cp", class_path, "CellLoops", plan->quick ? "150" : "1000", (char *)NULL);
    bench_die("cannot start java: %s", strerror(errno));
}

void cell_java_start(const char *class_path, const bench_plan *plan) {
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
        run_java(class_path, plan);
    }
    close(to[0]);
    close(from[1]);
    questions = fdopen(to[1], "w");
    answers = fdopen(from[0], "r");
    if (java < 0 || questions == NULL || answers == NULL) {
        bench_die("cannot start java: %s", strerror(errno));
    }
}

void cell_java_stop(void) {
    fclose(questions);
    fclose(answers);
    while (waitpid(java, NULL, 0) < 0 && errno == EINTR) {
    }
}

bench_sample cell_java_measure(const cell_question *q) {
    static const char *const figures[] = {[CROWD_READS] = "reads", [CROWD_WRITES] = "writes", [CROWD_P99] = "p99"};
    bench_sample sample = {.ok = true};
    char line[256];
    fprintf(questions, "%s %s %zu %d %d %" PRIu64 " %" PRIu64 "\n", q->peer, figures[q->figure], q->n, q->readers,
            q->writers, q->pace_ns, q->window_ns);
    fflush(questions);
    if (fgets(line, sizeof line, answers) == NULL || sscanf(line, "%lf %lf %lf %lf %" SCNu64, &sample.wall, &sample.cpu,
                                                            &sample.overlap, &sample.writes, &sample.checksum) != 5) {
        bench_die("the Java peer gives no answer to %s of %s", q->loop, q->peer);
    }
    return sample;
}

/* Not called: what these peers do, they do in Java. */
static uint64_t no_read(void *me, size_t count) {
    (void)me;
    bench_die("%zu reads of a peer in Java", count);
}

static void no_write(void *me, uint64_t begin, size_t count) {
    (void)me;
    bench_die("%zu replacements from %" PRIu64 " on of a peer in Java", count, begin);
}

/* Reading a reference is all there is: it may be kept, too. */
const cell_peer cell_java = {
    .name = "java",
    .borrow = no_read,
    .strong = no_read,
    .cached = no_read,
    .replace = no_write,
    .patience = 4,
};

const cell_peer cell_cowal = {.name = "cowal", .replace = no_write, .only_writes = true, .patience = 4};
