/* SPDX-License-Identifier: MIT */
/* One measurement of suite `paged`: one peer, one kind of work, in the calling process. */
#ifndef BENCH_PAGED_JOB_H
#define BENCH_PAGED_JOB_H

#include "peers/paged_peer.h"

/* NaN: the work or the peer does not have it. */
enum paged_figure {
    PAGED_TIME,         /* wall ns per page that is written or read, or per write */
    PAGED_PAUSE,        /* wall ns on the thread that takes the snapshot */
    PAGED_CYCLE_CPU,    /* CPU ns of all processes, system time included, from the cut to the last drop */
    PAGED_LIVE_REFAULT, /* wall ns of the first read of one word in each page of the live region */
    PAGED_SCAN_COLD,    /* the same of the snapshot */
    PAGED_SCAN_WARM,    /* the same once more */
    PAGED_REWRITE,      /* wall ns of writing the dirty pages again, while the snapshot is alive */
    PAGED_RELEASE,      /* wall ns of dropping it */
    PAGED_PSS,          /* KiB of all processes, before the drop */
    PAGED_WRITES,       /* per second */
    PAGED_STALL_P99,    /* ns a write takes, while snapshots are taken and dropped */
    PAGED_STALL_P999,
    PAGED_STALL_MAX,
    PAGED_SNAPSHOTS, /* that were taken and verified per second */
    PAGED_PRIVATE,   /* pages of more memory per page written */
    PAGED_EXTRA,     /* bytes of more memory, everything included */
    PAGED_UNSHARED,  /* the same as a part of the region's bytes */
    PAGED_HELD,      /* bytes the snapshot says it holds */
    PAGED_FIGURES
};

typedef enum paged_work {
    PAGED_CUT,     /* a snapshot after `pages` pages were written under the one before it */
    PAGED_SWEEP,   /* one word in each of `pages` pages, under a snapshot */
    PAGED_READ,    /* all of a snapshot, again and again */
    PAGED_GROWTH,  /* memory for `pages` pages written */
    PAGED_DEMO,    /* the same, with everything read, too */
    PAGED_ROLLING, /* snapshots by the clock beside a writer at full speed */
} paged_work;

typedef struct paged_setting {
    paged_work work;
    size_t bytes;   /* of the region */
    size_t pages;   /* that are written */
    bool in_order;  /* from the first on, else at random */
    bool announced; /* by will_write, where the peer has that */
    double seconds; /* of each of the two runs of PAGED_ROLLING */
} paged_setting;

/* Which record each write of PAGED_ROLLING goes to. Made once, before the processes that measure. */
void paged_prepare_rolling(size_t bytes);

/* Fills in figures, which are NaN. False: this system does not have the peer's kind of memory. */
bool paged_run(const paged_peer *peer, const paged_setting *setting, double figures[PAGED_FIGURES]);

#endif
