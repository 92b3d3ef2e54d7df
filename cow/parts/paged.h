/* SPDX-License-Identifier: MIT */
/* paged: `#define COW_PAGED`: regions of memory that are written through plain pointers, and frozen in O(what was written).
   Floor 5, built on paged_fault.

   A region is used by any number of threads; who writes what is theirs to agree on, as with any memory. A write to memory
   that a snapshot still sees is caught once a page. What the kernel writes is not caught: a system call that writes into a
   protected page fails with EFAULT, or returns a short count. cow_paged_will_write opens what such a call is about to
   write; the functions of paged_io do that themselves. A thread that blocks SIGSEGV dies at such a write. A forked child
   has neither regions nor snapshots. */
#ifdef COW_PAGED
#ifndef COW__PAGED_H
#define COW__PAGED_H

#include "paged_region.h"

COW__BEGIN_C
/* A region of `bytes` zero bytes, rounded up to whole pages. NULL with COW_NOMEM, COW_RANGE for options that make no sense,
   or COW_UNSUPPORTED for a detector that is not there. `options` may be NULL, for the defaults. */
COW__API cow_paged *cow_paged_new(size_t bytes, const cow_paged_options *options);
/* Its first byte: on a boundary of 2 MiB, and of 1 GiB when it is that large, where writes are caught. It never moves. */
COW__API void *cow_paged_data(const cow_paged *r);
COW__API size_t cow_paged_size(const cow_paged *r);
/* How its writes are caught. */
COW__API cow_paged_detector cow_paged_detector_of(const cow_paged *r);
/* Makes it larger, in place; new bytes are zero. COW_RANGE beyond the options' `reserve`. No other thread may ask for its
   size meanwhile. */
COW__API bool cow_paged_grow(cow_paged *r, size_t bytes);
/* Gives it up; NULL is allowed. No other thread may use it any more. Snapshots stay what they are. */
COW__API void cow_paged_free(cow_paged *r);
COW__END_C

#endif
#endif

#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_BODY)
#define COW__PAGED_BODY

#include "paged_copy.h"
#include "paged_fault.h"

COW__BEGIN_C

#if COW__PAGED_FAULTS

static bool cow__os_catches(bool *starved) {
    uint32_t can = cow__os_can();
    *starved = !can;
    return (can & COW__OS_MAPS_TWICE) != 0;
}

static bool cow__region_make(cow_paged *r) {
    r->process = (long)getpid();
    r->page_shift = cow__log2(cow__os_page());
    r->most_mappings = cow__os_most_mappings();
    COW__STORE(&r->epoch, 1u, COW__RELAXED);
    r->file = cow__os_file();
    if (r->file < 0 || !cow__os_resize(r->file, r->bytes, r->options.prefault)) return false;
    if (!cow__region_map(r) || !cow__region_tables(r)) return false;
    cow__region_open_new(r, 0);
    return cow__watch_region(r);
}

static void cow__region_end(cow_paged *r) {
    cow__mappings_set(r, 0);
    cow__unwatch_region(r);
    cow__os_unmap(r->spare, r->spare_bytes);
    cow__region_free_tables(r);
    cow__region_unmap(r);
    if (r->file >= 0) (void)close(r->file);
}

/* Its owner gives it up; false in a forked child, which has no part in it. Snapshots may still see pages of the region:
   nobody must write to them any more. */
static bool cow__region_leave(cow_paged *r) {
    if (!cow__region_mine(r)) return false;
    cow__unwatch_region(r);
    if (COW__LOAD(&r->users, COW__ACQUIRE) > 1) (void)cow__os_protect(r->data, r->bytes, false);
    return true;
}

/* Nobody cuts or faults in what is new: it is not part of the region yet. */
static bool cow__region_grow(cow_paged *r, size_t bytes) {
    size_t old = r->bytes;
    cow__quiet quiet;
    if (!cow__region_mine(r)) return false;
    cow__turn_begin(r, &quiet);
    bool ok = cow__os_resize(r->file, bytes, r->options.prefault) &&
              cow__os_map_file(r->data + old, bytes - old, r->file, old);
    if (ok) {
        cow__chunks_lock(r);
        size_t locked = cow__chunks_of(r, cow__pages(r));
        r->bytes = bytes;
        cow__region_open_new(r, old >> r->shift);
        for (size_t c = 0; c < locked; c++) cow__mutex_unlock(&r->chunks[c].lock);
    }
    cow__turn_end(r, &quiet);
    return ok || cow__fail(COW_NOMEM);
}

#endif

/* Whether the options make sense; writes out what they leave open. */
static bool cow__paged_settle(cow_paged *r, size_t bytes) {
    cow_paged_options *o = &r->options;
    if (o->granule & (o->granule - 1) || o->granule > COW__CHUNK_BYTES) return cow__fail(COW_RANGE);
    if ((unsigned)o->detector > COW_PAGED_COPY || (unsigned)o->when_full > COW_PAGED_WAIT) return cow__fail(COW_RANGE);
    if (o->granule < cow__os_page()) o->granule = cow__os_page();
    size_t most = o->reserve > bytes ? o->reserve : bytes;
    if (!bytes || !cow__add_size(most, o->granule - 1, &most)) return cow__fail(COW_RANGE);
    r->bytes = (bytes + o->granule - 1) & ~(o->granule - 1);
    r->reserved = most & ~(o->granule - 1);
    r->shift = cow__log2(o->granule);
    r->chunk_shift = cow__log2(COW__CHUNK_BYTES / o->granule);
    if (r->chunk_shift < 6) r->chunk_shift = 6; /* a word of a set of pages */
    return r->reserved >> r->shift < UINT32_MAX || cow__fail(COW_RANGE);
}

static bool cow__paged_detect(cow_paged *r) {
    cow_paged_detector *d = &r->options.detector;
    bool starved = false, catches = *d != COW_PAGED_COPY && cow__os_catches(&starved);
    if (starved) return cow__fail(COW_NOMEM); /* it may be able to when there is memory */
    if (*d == COW_PAGED_MPROTECT && !catches) return cow__fail(COW_UNSUPPORTED);
    if (*d == COW_PAGED_AUTO) *d = catches ? COW_PAGED_MPROTECT : COW_PAGED_COPY;
    return true;
}

static void cow__paged_end(cow_paged *r) {
    if (cow__paged_copies(r))
        cow__copied_end(r);
    else
        cow__region_end(r);
    cow__release(NULL, r, sizeof *r);
}

/* Gives up one use of the region; the last one ends it. */
static void cow__paged_release(cow_paged *r) {
    if (COW__SUB(&r->users, 1u, COW__ACQ_REL) == 1) cow__paged_end(r);
}

COW__API cow_paged *cow_paged_new(size_t bytes, const cow_paged_options *options) {
    cow_paged *r = (cow_paged *)cow__allocate(NULL, sizeof *r);
    if (!r) return (void)cow__fail(COW_NOMEM), (cow_paged *)NULL;
    memset((void *)r, 0, sizeof *r);
    if (options) r->options = *options;
    COW__STORE(&r->users, 1u, COW__RELAXED);
    if (!cow__paged_settle(r, bytes) || !cow__paged_detect(r)) {
        cow__release(NULL, r, sizeof *r);
        return NULL;
    }
    if (cow__paged_copies(r) ? cow__copied_make(r) : cow__region_make(r)) return r;
    cow__paged_end(r);
    return (void)cow__fail(COW_NOMEM), (cow_paged *)NULL;
}

COW__API void *cow_paged_data(const cow_paged *r) { return r->data; }

COW__API size_t cow_paged_size(const cow_paged *r) { return r->bytes; }

COW__API cow_paged_detector cow_paged_detector_of(const cow_paged *r) { return r->options.detector; }

COW__API bool cow_paged_grow(cow_paged *r, size_t bytes) {
    size_t rounded;
    if (!cow__add_size(bytes, r->options.granule - 1, &rounded)) return cow__fail(COW_RANGE);
    rounded &= ~(r->options.granule - 1);
    if (rounded < r->bytes || rounded > r->reserved) return cow__fail(COW_RANGE);
    if (rounded == r->bytes) return true;
    if (!cow__paged_copies(r)) return cow__region_grow(r, rounded);
    r->bytes = rounded;
    return true;
}

COW__API void cow_paged_free(cow_paged *r) {
    if (r && (cow__paged_copies(r) || cow__region_leave(r))) cow__paged_release(r);
}

COW__END_C
#endif
