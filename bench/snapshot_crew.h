/* SPDX-License-Identifier: MIT */
/* What the threads of one measurement of suite `snapshot` have in common. */
#ifndef BENCH_SNAPSHOT_CREW_H
#define BENCH_SNAPSHOT_CREW_H

#include "snapshot_job.h"

/* One who saves does so for the first time in SETTLE; until then the writer is alone. Nobody else needs it. In MEMORY all
 * goes on as before, but only memory is looked at. */
enum phase { WARM_UP, SETTLE, MEASURE, MEMORY, STOP };

typedef struct job {
    const snapshot_peer *peer;
    const snapshot_input *in;
    const snapshot_setting *setting;
    int phase;
    bool pin;
    size_t edits; /* of a table: that are done; up to HOLD_EVERY more of them may be */
} job;

static inline int phase_of(const job *j) { return __atomic_load_n(&j->phase, __ATOMIC_RELAXED); }

/* How many edits a snapshot may show that is taken from now on, and when it has been taken. Of a list nothing is known. */
typedef struct bounds {
    size_t least, most;
} bounds;

bounds bounds_before(const job *j);
void bounds_after(const job *j, bounds *b);

/* Stops the program when a snapshot is not what the container was at one moment, and at that one. */
void check_scan(const job *j, snapshot_scan s, bounds b);

void sleep_ms(double ms);

#endif
