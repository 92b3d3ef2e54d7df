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
    FIGURE_THROUGHPUT, /* writes per second, writer at full speed */
    FIGURE_COPIED,     /* bytes copied per write */
    FIGURE_PEAK_PSS,   /* KiB, this process and its children */
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
