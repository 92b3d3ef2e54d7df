/* SPDX-License-Identifier: MIT */
/* paged_restore: makes a region again what a snapshot of it is. Floor 5, built on paged_io and paged_snapshot.

   Pages that were written since are copied back, and stay open: whoever restores again and again, as a fuzzer does, pays a
   copy for what each round writes, and no fault. A page that several rounds left as it was is protected again. */
#ifdef COW_PAGED
#ifndef COW__PAGED_RESTORE_H
#define COW__PAGED_RESTORE_H

#include "paged_region.h"

COW__BEGIN_C
/* Makes the region's bytes those of its snapshot `s`; bytes behind, by which it has grown, stay. O(pages written since).
   Nobody else may write to the region meanwhile; snapshots stay what they are. False with COW_CONFLICT for a snapshot that
   was given up, else as cow_paged_will_write: then some pages may be restored already. */
COW__API bool cow_paged_restore(cow_paged *r, const cow_snap *s);
COW__END_C

#endif
#endif

#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_RESTORE_BODY)
#define COW__PAGED_RESTORE_BODY

#include "paged_io.h"
#include "paged_snapshot.h"

COW__BEGIN_C

#if COW__PAGED_FAULTS

/* Keeping a page open costs a comparison a round; protecting it, and a fault when it is written after all, as much as these. */
enum { COW__CALM_ENOUGH = 64 };

/* Protects a page that is again what the newest snapshot sees. */
static void cow__calm_down(cow_paged *r, const cow_snap *s, size_t page) {
    if (!cow__os_protect(r->data + (page << r->shift), (size_t)1 << r->shift, false)) return;
    size_t borders = cow__borders(r, page, page + 1);
    COW__STORE(&r->opened[page], s->epoch, COW__RELAXED);
    r->dirty[page / 64] &= ~((uint64_t)1 << page % 64);
    r->calm[page] = 0;
    cow__chunk_of(r, page)->again_epoch = 0; /* it may be caught once more in this epoch */
    cow__mappings_add(r, cow__borders(r, page, page + 1) - borders);
}

static void cow__restore_page(cow_paged *r, const cow_snap *s, size_t page) {
    const char *from = cow__snap_page(s, page);
    char *to = r->data + (page << r->shift);
    size_t bytes = (size_t)1 << r->shift;
    if (memcmp(to, from, bytes) != 0) {
        memcpy(to, from, bytes);
        if (r->calm) r->calm[page] = 0;
    } else if (r->calm && s == r->newest && !r->pins && ++r->calm[page] >= COW__CALM_ENOUGH)
        cow__calm_down(r, s, page);
}

static bool cow__restore_run(cow_paged *r, const cow_snap *s, size_t begin, size_t end) {
    while (begin < end) {
        size_t part = cow__chunk_end(r, begin) < end ? cow__chunk_end(r, begin) : end;
        if (!cow__open_pages(r, begin, part)) return false;
        cow__chunk *c = cow__chunk_of(r, begin);
        cow__mutex_lock(&c->lock);
        bool lost = cow__snap_lost(s); /* to make room for opening them */
        for (; !lost && begin < part; begin++) cow__restore_page(r, s, begin);
        cow__mutex_unlock(&c->lock);
        if (lost) return cow__fail(COW_CONFLICT);
    }
    return true;
}

static bool cow__region_restore(cow_paged *r, const cow_snap *s) {
    cow__quiet quiet;
    size_t begin = 0, end = 0, pages = s->bytes >> r->shift;
    if (!cow__region_mine(r)) return false;
    uint64_t *set = cow__set_new(r);
    if (!set) return false;
    cow__turn_begin(r, &quiet);
    if (!r->calm) r->calm = (uint8_t *)cow__os_zeros(cow__pages_of(r, r->reserved));
    cow__dirty_between(s, NULL, set);
    bool ok = true;
    for (; ok && cow__set_run(set, &begin, &end, pages); begin = end) ok = cow__restore_run(r, s, begin, end);
    cow__turn_end(r, &quiet);
    cow__set_free(r, set);
    return ok && (cow_snap_ok(s) || cow__fail(COW_CONFLICT));
}

#endif

COW__API bool cow_paged_restore(cow_paged *r, const cow_snap *s) {
    if (s->region != r) return cow__fail(COW_INVALID);
    if (!cow_snap_ok(s)) return cow__fail(COW_CONFLICT);
    if (!cow__paged_copies(r)) return cow__region_restore(r, s);
    memcpy(r->data, s->view, s->bytes);
    return true;
}

COW__END_C
#endif
