/* SPDX-License-Identifier: MIT */
/* paged_region: what a region of memory consists of: its pages, chunks and locks. Floor 5, built on paged_os and error.

   The region is a file in memory, mapped shared: that is what the application writes to. A snapshot maps the same file once
   more, as a private mapping: a page of it is the file's until it is written, and stays what it is from then on. So before
   a page of the region is written for the first time after a snapshot, its view is written first, with what it holds
   already, and keeps that.

   A page here is what is preserved and opened at once: the system's page, or the granule that the options ask for. A page
   is open while it may be written; `opened` says in which epoch that was so last. A snapshot ends an epoch. A chunk is 2
   MiB, or 64 pages if that is more, under one lock; whoever cuts holds all of them. */
#ifdef COW_PAGED
#ifndef COW__PAGED_REGION_H
#define COW__PAGED_REGION_H

#include "error.h"
#include "paged_os.h"

typedef struct cow_paged cow_paged;
typedef struct cow_snap cow_snap;

/* How writes are caught. */
typedef enum cow_paged_detector {
    COW_PAGED_AUTO,     /* the best one that this system has */
    COW_PAGED_MPROTECT, /* protected pages, and a handler of SIGSEGV */
    COW_PAGED_COPY      /* not at all: a snapshot copies the region, and nobody may write meanwhile */
} cow_paged_detector;

typedef enum cow_paged_when_full {
    COW_PAGED_INVALIDATE, /* the oldest snapshot is given up: cow_snap_ok says so to those who read it */
    COW_PAGED_WAIT        /* writers wait until a snapshot is dropped */
} cow_paged_when_full;

/* All-zero means the defaults. */
typedef struct cow_paged_options {
    cow_paged_detector detector;
    size_t granule; /* bytes that are preserved at once: a power of two from the system's page, the default, to 2 MiB */
    size_t reserve; /* bytes to which the region may grow, by default not; taken at once where snapshots are copies */
    bool prefault;  /* take all memory at once, so that lack of it is an error here, and does not kill a writer later */
    /* One thread writes, and takes the snapshots: some pages that it writes all the time are preserved by the snapshot. */
    bool single_writer;
    size_t most_held; /* bytes that all snapshots together may hold, about; 0: any number */
    cow_paged_when_full when_full;
} cow_paged_options;

#endif
#endif

#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_REGION_BODY)
#define COW__PAGED_REGION_BODY

#include <string.h>

COW__BEGIN_C

#define COW__CHUNK_BYTES ((size_t)2 << 20)

typedef struct cow__chunk {
    cow__mutex lock;
    cow__atomic_u32 next;        /* the page behind what was opened last */
    cow__atomic_u32 window;      /* how many pages that were */
    uint32_t again, again_epoch; /* a page that was open already when it faulted, and when */
    long again_thread;
} cow__chunk;

struct cow_paged {
    char *data;
    size_t bytes, reserved;
    unsigned shift;       /* log2 of the bytes of a page */
    unsigned page_shift;  /* the same of a page of the system */
    unsigned chunk_shift; /* log2 of the pages of a chunk */
    cow_paged_options options;
    cow__atomic_u32 users; /* the region itself, and each snapshot */
    cow_snap *newest;      /* changes under `turn` and all chunk locks */
    cow__mutex heap_turn;
    uint64_t last_pause, worst_pause;
    cow__atomic_size faults, opened_pages, preserved, held, peak, given_up;
#if COW__PAGED_FAULTS
    int file;
    long process;
    cow__mutex turn;         /* of those who cut, drop, restore and grow */
    cow__atomic_u32 epoch;   /* changes under `turn` and all chunk locks */
    cow__atomic_u32 *opened; /* by page: the epoch */
    cow__atomic_u32
        *caught;       /* by page: twice the epoch of the last fault on this very page, and 1: it was likely by then */
    uint64_t *dirty;   /* pages that were opened in this epoch; a word belongs to one chunk */
    uint64_t *carried; /* those between the newest snapshot and the last cut; NULL: none */
    uint64_t *stay;    /* pages that the next cut leaves open; empty between cuts */
    struct cow__pin *pins; /* what the kernel is writing to; changes under `turn` */
    uint8_t *calm;         /* by page: how often in a row it was restored without need; NULL: never restored */
    cow__chunk *chunks;
    char *aside; /* address space to which page tables are moved */
    bool untidy; /* there are some */
    char *spare; /* a view of `spare_bytes` that nobody uses */
    size_t spare_bytes;
    struct cow__watched *watched;
    size_t most_mappings;
    cow__atomic_size mappings; /* of this region; changes under chunk locks */
    cow__atomic_u32 released;  /* changes when a snapshot gives memory back */
#endif
};

/* Whether the region is plain memory, and its snapshots are copies of it. Always so where writes cannot be caught. */
static bool cow__paged_copies(const cow_paged *r) { return r->options.detector == COW_PAGED_COPY; }

static void cow__count_held(cow_paged *r, size_t bytes) {
    size_t held = COW__ADD(&r->held, bytes, COW__RELAXED) + bytes, peak = COW__LOAD(&r->peak, COW__RELAXED);
    while (held > peak && !COW__CAS(&r->peak, &peak, held, COW__RELAXED, COW__RELAXED)) {
    }
}

static unsigned cow__log2(size_t n) {
    unsigned i = 0;
    while ((n >> i) > 1) i++;
    return i;
}

#if COW__PAGED_FAULTS

static size_t cow__pages_of(const cow_paged *r, size_t bytes) {
    return (bytes + ((size_t)1 << r->shift) - 1) >> r->shift;
}

static size_t cow__pages(const cow_paged *r) { return r->bytes >> r->shift; }

static size_t cow__chunks_of(const cow_paged *r, size_t pages) {
    return (pages + ((size_t)1 << r->chunk_shift) - 1) >> r->chunk_shift;
}

static cow__chunk *cow__chunk_of(const cow_paged *r, size_t page) { return &r->chunks[page >> r->chunk_shift]; }

/* The page behind the chunk of this one. */
static size_t cow__chunk_end(const cow_paged *r, size_t page) {
    size_t end = ((page >> r->chunk_shift) + 1) << r->chunk_shift;
    return end < cow__pages(r) ? end : cow__pages(r);
}

static bool cow__page_open(const cow_paged *r, size_t page) {
    return COW__LOAD(&r->opened[page], COW__RELAXED) == COW__LOAD(&r->epoch, COW__RELAXED);
}

/* Whether this page is likely to be written in this epoch: it was caught in one of the last few. Those that are opened
   because of that are not caught, so they prove themselves again after some epochs. */
enum { COW__LIKELY_EPOCHS = 8 };

static bool cow__page_likely(const cow_paged *r, size_t page) {
    uint32_t caught = COW__LOAD(&r->caught[page], COW__RELAXED);
    return caught && COW__LOAD(&r->epoch, COW__RELAXED) - (caught >> 1) <= COW__LIKELY_EPOCHS;
}

/* Whether it was so before it was caught last, too. */
static bool cow__page_hot(const cow_paged *r, size_t page) {
    return cow__page_likely(r, page) && (COW__LOAD(&r->caught[page], COW__RELAXED) & 1);
}

/* Notes that a write to this very page was caught. */
static void cow__page_caught(cow_paged *r, size_t page) {
    uint32_t before = cow__page_likely(r, page);
    COW__STORE(&r->caught[page], COW__LOAD(&r->epoch, COW__RELAXED) << 1 | before, COW__RELAXED);
}

/* Mappings that protecting pages costs this process: one limit for all its regions. */
static cow__atomic_size cow__mappings;

/* Modulo: there may become fewer. */
static void cow__mappings_add(cow_paged *r, size_t more) {
    (void)COW__ADD(&r->mappings, more, COW__RELAXED);
    (void)COW__ADD(&cow__mappings, more, COW__RELAXED);
}

static void cow__mappings_set(cow_paged *r, size_t n) {
    cow__mappings_add(r, n - COW__LOAD(&r->mappings, COW__RELAXED));
}

/* ---- Sets of pages, a bit each ---- */

static size_t cow__set_bytes(const cow_paged *r) {
    return (cow__pages_of(r, r->reserved) + 63) / 64 * sizeof(uint64_t);
}

/* Words that pages of the region have. */
static size_t cow__set_words(const cow_paged *r) { return (cow__pages(r) + 63) / 64; }

static bool cow__set_has(const uint64_t *set, size_t page) { return set[page / 64] >> page % 64 & 1; }

static void cow__set_add(uint64_t *set, size_t begin, size_t end) {
    for (size_t p = begin; p < end; p++) set[p / 64] |= (uint64_t)1 << p % 64;
}

/* Those of large regions take memory only where there is something in them: a region may never grow to what is reserved. */
static bool cow__set_large(size_t bytes) { return bytes >= (size_t)128 << 10; }

/* An empty set of all pages there can ever be. NULL with COW_NOMEM. */
static uint64_t *cow__set_new(const cow_paged *r) {
    size_t bytes = cow__set_bytes(r);
    uint64_t *set = (uint64_t *)(cow__set_large(bytes) ? cow__os_zeros(bytes) : cow__allocate(NULL, bytes));
    if (!set) return (void)cow__fail(COW_NOMEM), (uint64_t *)NULL;
    if (!cow__set_large(bytes)) memset(set, 0, bytes);
    return set;
}

static void cow__set_free(const cow_paged *r, uint64_t *set) {
    size_t bytes = cow__set_bytes(r);
    if (cow__set_large(bytes))
        cow__os_unmap(set, bytes);
    else if (set)
        cow__release(NULL, set, bytes);
}

static void cow__set_clear(const cow_paged *r, uint64_t *set) { memset(set, 0, cow__set_words(r) * sizeof *set); }

static void cow__set_join(const cow_paged *r, uint64_t *set, const uint64_t *other) {
    for (size_t i = 0; i < cow__set_words(r); i++) set[i] |= other[i];
}

/* The next run of pages of a set that begins at *begin or behind, within `end`. */
static bool cow__set_run(const uint64_t *set, size_t *begin, size_t *run_end, size_t end) {
    size_t p = *begin;
    while (p < end && !cow__set_has(set, p)) p = p % 64 == 0 && !set[p / 64] ? p + 64 : p + 1;
    if (p >= end) return false;
    *begin = p;
    while (p < end && cow__set_has(set, p)) p = p % 64 == 0 && set[p / 64] == UINT64_MAX ? p + 64 : p + 1;
    *run_end = p < end ? p : end;
    return true;
}

static size_t cow__set_runs(const uint64_t *set, size_t pages) {
    size_t n = 0, begin = 0, end = 0;
    for (; cow__set_run(set, &begin, &end, pages); begin = end) n++;
    return n;
}

/* Notes that these pages are open from now on. */
static void cow__mark_open(cow_paged *r, size_t begin, size_t end) {
    uint32_t epoch = COW__LOAD(&r->epoch, COW__RELAXED);
    for (size_t p = begin; p < end; p++) COW__STORE(&r->opened[p], epoch, COW__RELAXED);
    cow__set_add(r->dirty, begin, end);
}

/* ---- Locks ---- */

static void cow__chunks_lock(cow_paged *r) {
    for (size_t c = 0; c < cow__chunks_of(r, cow__pages(r)); c++) cow__mutex_lock(&r->chunks[c].lock);
}

static void cow__chunks_unlock(cow_paged *r) {
    for (size_t c = 0; c < cow__chunks_of(r, cow__pages(r)); c++) cow__mutex_unlock(&r->chunks[c].lock);
}

/* Waits for the turn. Nothing interrupts this thread until its end. */
static void cow__turn_begin(cow_paged *r, cow__quiet *before) {
    cow__quiet_begin(before);
    cow__mutex_lock(&r->turn);
}

static void cow__turn_end(cow_paged *r, const cow__quiet *before) {
    cow__mutex_unlock(&r->turn);
    cow__quiet_end(before);
}

/* A forked child has no region: its parent's is not mapped there. */
static bool cow__region_mine(const cow_paged *r) { return r->process == (long)getpid() || cow__fail(COW_UNSUPPORTED); }

/* ---- Mapping ---- */

/* The live mapping lies on a boundary of page tables, and so does the space beside it. */
static bool cow__region_map(cow_paged *r) {
    size_t align = r->reserved >= (size_t)1 << 30 ? (size_t)1 << 30 : COW__CHUNK_BYTES, rounded, all;
    if (!cow__add_size(r->reserved, align - 1, &rounded)) return false;
    rounded &= ~(align - 1);
    if (!cow__mul_size(rounded, 2, &all) || !cow__add_size(all, align, &all)) return false;
    char *space = cow__os_reserve(all);
    if (!space) return false;
    char *data = space + (align - (uintptr_t)space % align) % align, *end = data + 2 * rounded;
    if (data != space) cow__os_unmap(space, (size_t)(data - space));
    if (end != space + all) cow__os_unmap(end, (size_t)(space + all - end));
    r->data = data;
    r->aside = data + rounded;
    return cow__os_map_file(data, r->bytes, r->file, 0) != NULL;
}

static void cow__region_unmap(cow_paged *r) {
    if (r->data) cow__os_unmap(r->data, (size_t)(r->aside - r->data) * 2);
}

static bool cow__region_tables(cow_paged *r) {
    size_t pages = cow__pages_of(r, r->reserved);
    r->opened = (cow__atomic_u32 *)cow__os_zeros(pages * sizeof *r->opened);
    r->caught = (cow__atomic_u32 *)cow__os_zeros(pages * sizeof *r->caught);
    r->chunks = (cow__chunk *)cow__os_zeros(cow__chunks_of(r, pages) * sizeof *r->chunks);
    r->dirty = cow__set_new(r);
    r->stay = cow__set_new(r);
    return r->opened && r->caught && r->chunks && r->dirty && r->stay;
}

static void cow__region_free_tables(cow_paged *r) {
    size_t pages = cow__pages_of(r, r->reserved);
    cow__os_unmap(r->opened, pages * sizeof *r->opened);
    cow__os_unmap(r->caught, pages * sizeof *r->caught);
    cow__os_unmap(r->chunks, cow__chunks_of(r, pages) * sizeof *r->chunks);
    cow__set_free(r, r->dirty);
    cow__set_free(r, r->carried);
    cow__set_free(r, r->stay);
    cow__os_unmap(r->calm, pages);
}

/* New pages are open: no snapshot has them. */
static void cow__region_open_new(cow_paged *r, size_t begin) { cow__mark_open(r, begin, cow__pages(r)); }

/* Unmaps page tables that a cut moved aside: O(pages). */
static void cow__region_tidy(cow_paged *r) {
    if (!r->untidy) return;
    r->untidy = false;
    (void)mmap(r->aside, (size_t)(r->aside - r->data), PROT_NONE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

#endif

COW__END_C
#endif
