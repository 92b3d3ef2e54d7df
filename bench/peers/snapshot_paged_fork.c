/* SPDX-License-Identifier: MIT */
/* Peer `fork` with a table of one width: private memory in pages of 4 KiB; a snapshot is a forked child (snapshot_child.h).
 * One that is saved is a child, too, which writes itself to the file and ends, as the background save of Redis does. */
#include "snapshot_child.h"
#include "snapshot_rows.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_rwlock_t lock = SNAPSHOT_LOCK_INITIALIZER;
static snapshot_row *table;
static size_t rows;

static void fill(const snapshot_input *in, size_t n) {
    (void)n;
    rows = in->rows;
    table = snapshot_rows_map(rows);
    snapshot_rows_fill(table, in);
}

static size_t edit(const snapshot_input *in, size_t begin, size_t n, const int *phase, int while_phase) {
    return snapshot_rows_write(table, &lock, in, begin, n, phase, while_phase);
}

static snapshot_scan scan_here(void) { return snapshot_rows_scan(table, rows); }

static void take(snapshot_handle *snapshot) { snapshot_child_take(snapshot, &lock, scan_here); }

/* Says so when all is written, and ends when the parent closes its end. */
_Noreturn static void save_and_end(int file, int parent) {
    char end = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!snapshot_rows_save(table, rows * sizeof *table, file)) {
        _exit(errno);
    }
    _exit(write(parent, &end, 1) == 1 && read(parent, &end, 1) == 0 ? 0 : 1);
}

static void reap(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0) {
        bench_die("cannot save in a child: %s", WIFEXITED(status) ? strerror(WEXITSTATUS(status)) : "it was killed");
    }
}

static uint64_t save(int file, void (*written)(void *), void *context) {
    int ends[2];
    char end = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        bench_die("cannot make a pair of sockets: %s", strerror(errno));
    }
    uint64_t begin = bench_now();
    pthread_rwlock_rdlock(&lock);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        save_and_end(file, ends[1]);
    }
    pthread_rwlock_unlock(&lock);
    uint64_t ns = bench_now() - begin;
    if (child < 0) {
        bench_die("cannot fork: %s", strerror(errno));
    }
    close(ends[1]);
    if (read(ends[0], &end, 1) == 1) {
        written(context);
    }
    close(ends[0]);
    reap(child);
    return ns;
}

const snapshot_peer snapshot_paged_fork = {
    "fork", fill, edit, take, snapshot_child_scan, snapshot_child_drop, snapshot_child_bytes_copied, save};
