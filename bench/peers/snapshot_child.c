/* SPDX-License-Identifier: MIT */
#include "snapshot_child.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct child {
    pid_t pid;
    int command, answer; /* our ends of the two pipes */
} child;

static snapshot_scan timed_scan(snapshot_scan (*scan_here)(void)) {
    uint64_t cpu = bench_clock(CLOCK_THREAD_CPUTIME_ID);
    uint64_t wall = bench_now();
    snapshot_scan result = scan_here();
    BENCH_USE(&result);
    result.wall_ns = bench_now() - wall;
    result.cpu_ns = bench_clock(CLOCK_THREAD_CPUTIME_ID) - cpu;
    return result;
}

static void serve(int command, int answer, snapshot_scan (*scan_here)(void)) {
    char what = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (read(command, &what, 1) == 1 && what == 's') {
        snapshot_scan result = timed_scan(scan_here);
        if (write(answer, &result, sizeof result) != (ssize_t)sizeof result) {
            _exit(1);
        }
    }
    _exit(what == 'q' ? 0 : 1);
}

void snapshot_child_take(snapshot_handle *snapshot, pthread_rwlock_t *lock, snapshot_scan (*scan_here)(void)) {
    int command[2], answer[2];
    if (pipe(command) != 0 || pipe(answer) != 0) {
        bench_die("cannot make a pipe: %s", strerror(errno));
    }
    pthread_rwlock_rdlock(lock);
    pid_t pid = fork();
    if (pid == 0) {
        serve(command[0], answer[1], scan_here);
    }
    pthread_rwlock_unlock(lock);
    if (pid < 0) {
        bench_die("cannot fork: %s", strerror(errno));
    }
    close(command[0]);
    close(answer[1]);
    child kept = {pid, command[1], answer[0]};
    memcpy(snapshot->as.bytes, &kept, sizeof kept);
}

static child of(const snapshot_handle *snapshot) {
    child kept;
    memcpy(&kept, snapshot->as.bytes, sizeof kept);
    return kept;
}

snapshot_scan snapshot_child_scan(snapshot_handle *snapshot) {
    child kept = of(snapshot);
    snapshot_scan result;
    if (write(kept.command, "s", 1) != 1 || read(kept.answer, &result, sizeof result) != (ssize_t)sizeof result) {
        bench_die("a forked child does not answer");
    }
    return result;
}

void snapshot_child_drop(snapshot_handle *snapshot) {
    child kept = of(snapshot);
    int status = 0;
    if (write(kept.command, "q", 1) != 1 || waitpid(kept.pid, &status, 0) != kept.pid || status != 0) {
        bench_die("a forked child failed (wait status %d)", status);
    }
    close(kept.command);
    close(kept.answer);
}

uint64_t snapshot_child_bytes_copied(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_minflt * 4096;
}
