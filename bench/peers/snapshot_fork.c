/* SPDX-License-Identifier: MIT */
/* Peer `fork`: a snapshot is a forked child that sees memory as it was; it scans on request and sends the checksum
 * through a pipe. The kernel copies a page when the writer first touches it afterwards. */
#include "snapshot_peer.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_rwlock_t lock = SNAPSHOT_LOCK_INITIALIZER;
static bench_word *list;
static size_t length, capacity;

typedef struct child {
    pid_t pid;
    int command, answer; /* our ends of the two pipes */
} child;

static void push(bench_word **p, size_t *n, size_t *room, bench_word word) {
    if (*n == *room) {
        *room = *room == 0 ? 8 : *room * 2;
        *p = realloc(*p, *room * sizeof **p);
        if (*p == NULL) {
            bench_die("out of memory");
        }
    }
    (*p)[(*n)++] = word;
}

static void fill(const bench_words *words, size_t n) {
    bench_word *fresh = NULL;
    size_t count = 0;
    size_t room = 0;
    for (size_t i = 0; i < n; i++) {
        push(&fresh, &count, &room, words->word[i]);
    }
    pthread_rwlock_wrlock(&lock);
    bench_word *old = list;
    list = fresh;
    length = count;
    capacity = room;
    pthread_rwlock_unlock(&lock);
    free(old);
}

static size_t append(const bench_words *words, size_t begin, size_t n, const int *phase, int while_phase) {
    size_t done = 0;
    while (done < n && snapshot_goes_on(phase, while_phase)) {
        pthread_rwlock_wrlock(&lock);
        push(&list, &length, &capacity, words->word[begin + done]);
        pthread_rwlock_unlock(&lock);
        done++;
    }
    return done;
}

static snapshot_scan scan_here(void) {
    snapshot_scan result = {.count = length};
    uint64_t cpu = bench_clock(CLOCK_THREAD_CPUTIME_ID);
    uint64_t wall = bench_now();
    uint64_t hashes = 0;
    uint64_t letters = 0;
    for (const bench_word *word = list; word < list + length; word++) {
        hashes += word->hash;
        letters += word->length;
    }
    result.checksum = bench_word_checksum(hashes, letters);
    BENCH_USE(&result);
    result.wall_ns = bench_now() - wall;
    result.cpu_ns = bench_clock(CLOCK_THREAD_CPUTIME_ID) - cpu;
    return result;
}

/* The child of a process with threads may only do async-signal-safe things: read, write, _exit. */
static void serve(int command, int answer) {
    char what = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (read(command, &what, 1) == 1 && what == 's') {
        snapshot_scan result = scan_here();
        if (write(answer, &result, sizeof result) != (ssize_t)sizeof result) {
            _exit(1);
        }
    }
    _exit(what == 'q' ? 0 : 1);
}

static void take(snapshot_handle *snapshot) {
    int command[2], answer[2];
    if (pipe(command) != 0 || pipe(answer) != 0) {
        bench_die("cannot make a pipe: %s", strerror(errno));
    }
    pthread_rwlock_rdlock(&lock); /* the list is whole while the child is made */
    pid_t pid = fork();
    if (pid == 0) {
        serve(command[0], answer[1]);
    }
    pthread_rwlock_unlock(&lock);
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

static snapshot_scan scan(snapshot_handle *snapshot) {
    child kept = of(snapshot);
    snapshot_scan result;
    if (write(kept.command, "s", 1) != 1 || read(kept.answer, &result, sizeof result) != (ssize_t)sizeof result) {
        bench_die("a forked child does not answer");
    }
    return result;
}

static void drop(snapshot_handle *snapshot) {
    child kept = of(snapshot);
    int status = 0;
    if (write(kept.command, "q", 1) != 1 || waitpid(kept.pid, &status, 0) != kept.pid || status != 0) {
        bench_die("a forked child failed (wait status %d)", status);
    }
    close(kept.command);
    close(kept.answer);
}

/* What the kernel copied: our minor page faults. Fresh pages of growth are among them, so this is an upper bound. */
static uint64_t bytes_copied(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_minflt * 4096;
}

const snapshot_peer snapshot_fork = {"fork", fill, append, take, scan, drop, bytes_copied};
