/* SPDX-License-Identifier: MIT */
#include "snapshot_saver.h"
#include "memory.h"
#include "peers/snapshot_rows.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

uint64_t saver_cpu_of_children(void) {
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    return (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000000U +
           (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000U;
}

static void look_at_memory(void *context) {
    saver *s = context;
    if (phase_of(s->job) == MEMORY) {
        s->anonymous_kib = bench_pss_kib("Pss_Anon");
    }
}

static void save_once(saver *s) {
    uint64_t cpu = bench_clock(CLOCK_THREAD_CPUTIME_ID) + saver_cpu_of_children();
    s->edits[s->done] = bounds_before(s->job);
    uint64_t begin = bench_now();
    uint64_t took = s->job->peer->save(s->file, look_at_memory, s);
    uint64_t end = bench_now();
    if (phase_of(s->job) == MEASURE) {
        times_add(&s->take, took);
        times_add(&s->save, end - begin);
        times_add(&s->cpu, bench_clock(CLOCK_THREAD_CPUTIME_ID) + saver_cpu_of_children() - cpu);
    }
    __atomic_store_n(&s->done, s->done + 1, __ATOMIC_RELEASE);
}

static void *save_when_asked(void *argument) {
    saver *s = argument;
    if (s->job->pin) {
        bench_pin(1);
    }
    for (;;) {
        while (sem_wait(&s->wanted) != 0) {
        }
        if (s->over) {
            return NULL;
        }
        save_once(s);
    }
}

void saver_begin(saver *s, job *j) {
    *s = (saver){.job = j, .take = times_of(SAVES_MAX), .save = times_of(SAVES_MAX), .cpu = times_of(SAVES_MAX)};
    s->file = memfd_create("saved", MFD_CLOEXEC);
    if (s->file < 0 || sem_init(&s->wanted, 0, 0) != 0 || pthread_create(&s->thread, NULL, save_when_asked, s) != 0) {
        bench_die("cannot save: %s", strerror(errno));
    }
}

void saver_end(saver *s) {
    s->over = true;
    sem_post(&s->wanted);
    pthread_join(s->thread, NULL);
}

void saver_save(saver *s, int count) {
    s->asked += count;
    if (s->asked > SAVES_MAX) {
        bench_die("more than %d saves", SAVES_MAX);
    }
    for (int i = 0; i < count; i++) {
        sem_post(&s->wanted);
    }
    while (__atomic_load_n(&s->done, __ATOMIC_ACQUIRE) < s->asked) {
        sleep_ms(1);
    }
}

void saver_check(saver *s) {
    const job *j = s->job;
    size_t bytes = j->in->rows * sizeof(snapshot_row) * (size_t)s->done;
    const snapshot_row *row = mmap(NULL, bytes, PROT_READ, MAP_SHARED, s->file, 0);
    if (lseek(s->file, 0, SEEK_END) != (off_t)bytes || row == MAP_FAILED) {
        bench_die("%s: %d images are not %zu bytes", j->peer->name, s->done, bytes);
    }
    for (int i = 0; i < s->done; i++) {
        check_scan(j, snapshot_rows_scan(row + (size_t)i * j->in->rows, j->in->rows), s->edits[i]);
    }
    munmap((void *)(uintptr_t)row, bytes);
    if (ftruncate(s->file, 0) != 0 || lseek(s->file, 0, SEEK_SET) != 0) {
        bench_die("cannot empty the file: %s", strerror(errno));
    }
    s->asked = 0;
    s->done = 0;
}
