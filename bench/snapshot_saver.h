/* SPDX-License-Identifier: MIT */
/* One who saves snapshots of a table, in suite `snapshot`: a thread that does so when it is asked to, one image behind the
 * other in one file. The file is in memory: a disk would be what is measured, and what it does comes and goes. */
#ifndef BENCH_SNAPSHOT_SAVER_H
#define BENCH_SNAPSHOT_SAVER_H

#include "snapshot_crew.h"
#include "times.h"

#include <semaphore.h>

enum { SAVES_MAX = 64 };

typedef struct saver {
    job *job;
    pthread_t thread;
    sem_t wanted;
    bool over;
    int file;
    int asked, done; /* since the file was empty */
    bounds edits[SAVES_MAX];
    times take, save, cpu; /* in MEASURE */
    double anonymous_kib;  /* when an image was written and not yet given up, in MEMORY */
} saver;

void saver_begin(saver *s, job *j);
void saver_end(saver *s);

/* Has so many images saved, and returns when they are. */
void saver_save(saver *s, int count);

/* Reads what was saved, as a snapshot is read, and empties the file. */
void saver_check(saver *s);

/* CPU time of the processes that saved, and have ended. */
uint64_t saver_cpu_of_children(void);

#endif
