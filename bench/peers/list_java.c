/* SPDX-License-Identifier: MIT */
/* Peer `cowal`: CopyOnWriteArrayList in a Java process of its own, ListLoops.java, which is asked through two pipes. */
#include "list_peer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static FILE *questions, *answers;
static pid_t java;

void list_java_start(const char *class_path) {
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
        execlp("java", "java", "-Xmx3g", "-cp", class_path, "ListLoops", (char *)NULL);
        bench_die("cannot start java: %s", strerror(errno));
    }
    close(to[0]);
    close(from[1]);
    questions = fdopen(to[1], "w");
    answers = fdopen(from[0], "r");
    if (java < 0 || questions == NULL || answers == NULL) {
        bench_die("cannot start java: %s", strerror(errno));
    }
}

void list_java_stop(void) {
    fclose(questions);
    fclose(answers);
    while (waitpid(java, NULL, 0) < 0 && errno == EINTR) {
    }
}

bench_sample list_java_measure(const char *loop, size_t n, uint64_t sample_ns) {
    bench_sample sample = {.ok = true};
    char line[256];
    fprintf(questions, "%s %zu %" PRIu64 "\n", loop, n, sample_ns);
    fflush(questions);
    if (fgets(line, sizeof line, answers) == NULL ||
        sscanf(line, "%lf %lf %" SCNu64, &sample.wall, &sample.cpu, &sample.checksum) != 3) {
        bench_die("the Java peer gives no answer to %s", loop);
    }
    return sample;
}

/* Not called: what this peer does, it does in Java. */
static void no_loop(bench_run *run) { bench_die("a loop over %zu elements of the peer in Java", run->n); }

const list_peer list_cowal = {"cowal", false, no_loop, no_loop, no_loop, no_loop, no_loop};
