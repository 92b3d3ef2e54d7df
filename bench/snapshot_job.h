/* SPDX-License-Identifier: MIT */
/* One measurement of suite `snapshot`: one peer, R readers, K held snapshots, in the calling process. */
#ifndef BENCH_SNAPSHOT_JOB_H
#define BENCH_SNAPSHOT_JOB_H

#include "peers/snapshot_peer.h"

/* The figures, in the order of the tables. NaN: does not exist in this configuration. */
enum snapshot_figure {
    FIGURE_SCAN,      /* wall ns per element of a scan */
    FIGURE_SCAN_CPU,  /* thread CPU ns per element */
    FIGURE_SCANS,     /* scans per second, all readers */
    FIGURE_TAKE_DROP, /* median ns to take and to drop a snapshot, waiting for the lock included */
    FIGURE_TAKE_DROP_MEAN,
    FIGURE_TAKE,       /* median ns to take one, waiting for the lock included */
    FIGURE_SAVE,       /* median ns to take one, to write it to a file and to drop it */
    FIGURE_SAVER_CPU,  /* CPU ns of that of the thread or process that does it, system time included */
    FIGURE_CYCLE_CPU,  /* the same, and what the writer takes longer for its writes than alone */
    FIGURE_THROUGHPUT, /* writes per second, writer at full speed */
    FIGURE_WRITE_CPU,  /* CPU ns of the writer per write at full speed, system time included */
    FIGURE_COPIED,     /* bytes copied per write */
    FIGURE_PEAK_PSS,   /* KiB, this process and its children */
    FIGURE_EXTRA, /* KiB of anonymous memory more than before the first snapshot, of this process and its children */
    FIGURE_P50,
    FIGURE_P99,
    FIGURE_P999,
    FIGURE_MAX,  /* ns from the intended start of a write to its end */
    FIGURE_LATE, /* writes per thousand that were due but not done when the time was over */
    FIGURES
};

typedef struct snapshot_setting {
    bool texts; /* the list holds strings, not records */
    int readers, held;
    bool by_clock; /* a held snapshot is renewed every HOLD_EVERY_MS; else every HOLD_EVERY writes */
    int saves; /* 0: snapshots are read. Else one thread saves so many in a row, and what is measured ends with them */
    double memory_s; /* after the run at full speed memory is looked at for so long; 0: during the run */
    double warm_s, full_speed_s, paced_s;
    double rate; /* writes per second of the paced run */
} snapshot_setting;

enum { HOLD_EVERY = 1000, HOLD_EVERY_MS = 100 };

/* Where each run's list begins. A table begins without edits. */
size_t snapshot_full_speed_start(size_t n);
size_t snapshot_paced_start(size_t n, const snapshot_setting *setting);

/* The run at full speed fills the figures up to the Pss, the paced run the latencies. */
void snapshot_run(const snapshot_peer *peer, const snapshot_input *in, const snapshot_setting *setting, bool paced,
                  double figures[FIGURES]);

#endif
