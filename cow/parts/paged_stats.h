/* SPDX-License-Identifier: MIT */
/* paged_stats: what regions cost. Floor 5, built on paged_cut. */
#ifdef COW_PAGED
#ifndef COW__PAGED_STATS_H
#define COW__PAGED_STATS_H

#include "paged_region.h"

typedef struct cow_paged_stats {
    size_t bytes;           /* of the region */
    size_t snapshots;       /* that are live, with those that were given up */
    size_t given_up;        /* because of most_held */
    uint64_t last_pause_ns; /* of cow_paged_snapshot, on the clock of the wall */
    uint64_t worst_pause_ns;
    size_t faults;          /* writes that were caught */
    size_t pages_opened;    /* by them, and by cow_paged_will_write */
    size_t pages_preserved; /* once for each snapshot that kept them */
    size_t held, held_peak; /* bytes that snapshots hold */
    size_t mappings;        /* about so many more than at first does the kernel keep for the region */
    size_t pss;             /* bytes of memory of this process, shared pages in parts; 0 when the system does not say */
} cow_paged_stats;

COW__BEGIN_C
/* Writes what there is to know to *out. Reads /proc, which takes a while. */
COW__API void cow_paged_stats_of(cow_paged *r, cow_paged_stats *out);
COW__END_C

#endif
#endif

#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_STATS_BODY)
#define COW__PAGED_STATS_BODY

#include "paged_cut.h"

COW__BEGIN_C

#if COW__PAGED_FAULTS

static size_t cow__pss(void) {
    char line[256];
    unsigned long kib = 0;
    FILE *f = fopen("/proc/self/smaps_rollup", "r");
    while (f && !kib && fgets(line, sizeof line, f))
        if (sscanf(line, "Pss: %lu", &kib) != 1) kib = 0;
    if (f) (void)fclose(f);
    return (size_t)kib * 1024;
}

/* What changes under the turn. */
static void cow__stats_of_cuts(cow_paged *r, cow_paged_stats *out) {
    cow__quiet quiet;
    cow__turn_begin(r, &quiet);
    for (const cow_snap *s = r->newest; s; s = s->older) out->snapshots++;
    out->last_pause_ns = r->last_pause;
    out->worst_pause_ns = r->worst_pause;
    cow__turn_end(r, &quiet);
}

#endif

COW__API void cow_paged_stats_of(cow_paged *r, cow_paged_stats *out) {
    memset((void *)out, 0, sizeof *out);
    out->bytes = r->bytes;
    out->given_up = COW__LOAD(&r->given_up, COW__RELAXED);
    out->faults = COW__LOAD(&r->faults, COW__RELAXED);
    out->pages_opened = COW__LOAD(&r->opened_pages, COW__RELAXED);
    out->pages_preserved = COW__LOAD(&r->preserved, COW__RELAXED);
    out->held = COW__LOAD(&r->held, COW__RELAXED);
    out->held_peak = COW__LOAD(&r->peak, COW__RELAXED);
    if (cow__paged_copies(r)) out->snapshots = COW__LOAD(&r->users, COW__RELAXED) - 1;
#if COW__PAGED_FAULTS
    if (cow__paged_copies(r) || !cow__region_mine(r)) return;
    cow__stats_of_cuts(r, out);
    out->mappings = COW__LOAD(&r->mappings, COW__RELAXED);
    out->pss = cow__pss();
#endif
}

COW__END_C
#endif
