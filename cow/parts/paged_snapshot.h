/* SPDX-License-Identifier: MIT */
/* paged_snapshot: frozen images of a region. Floor 5, built on paged_cut and paged.

   A snapshot sees the region as it was at one moment: what a thread wrote before something else that is seen, is seen, too.
   It is read by any thread while others write to the region. It holds the pages that were written since, and no others. */
#ifdef COW_PAGED
#ifndef COW__PAGED_SNAPSHOT_H
#define COW__PAGED_SNAPSHOT_H

#include "paged_region.h"

COW__BEGIN_C
/* Freezes the region as it is. O(pages written since the last snapshot) at most, far less for long runs; writers wait
   meanwhile. NULL with COW_NOMEM, and COW_UNSUPPORTED in a forked child. */
COW__API cow_snap *cow_paged_snapshot(cow_paged *r);
/* The same without cow_snap_data: read by cow_snap_read and cow_snap_write only. Writers are delayed half as long by it. */
COW__API cow_snap *cow_paged_snapshot_bare(cow_paged *r);
/* Another owner of the same snapshot. One count. */
COW__API cow_snap *cow_snap_copy(cow_snap *s);
/* Gives it up; NULL is allowed. In any order, also after the region. O(pages that it holds). */
COW__API void cow_snap_drop(cow_snap *s);
/* The image, in the order of the region; NULL for a bare one, and in a forked child. Nobody may write there. */
COW__API const void *cow_snap_data(const cow_snap *s);
COW__API size_t cow_snap_size(const cow_snap *s);
/* Whether it is still what it was: false when it was given up because of `most_held`. Asked after reading, it says that
   what was read is right. */
COW__API bool cow_snap_ok(const cow_snap *s);
/* Copies `n` bytes from `offset` on to `to`. COW_RANGE, and COW_CONFLICT for one that was given up. */
COW__API bool cow_snap_read(const cow_snap *s, size_t offset, void *to, size_t n);
/* Bytes of memory that it holds. */
COW__API size_t cow_snap_held(const cow_snap *s);
/* Calls `fn` with each run of pages, in bytes, that were written between two snapshots of one region in any order, or
   between one and now when `b` is NULL, until it returns false; returns whether it never did. Pages that were written with
   what they held are among them. COW_NOMEM. */
COW__API bool cow_paged_each_dirty(const cow_snap *a, const cow_snap *b, bool (*fn)(size_t offset, size_t n, void *ctx),
                                   void *ctx);
COW__END_C

#endif
#endif

#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_SNAPSHOT_BODY)
#define COW__PAGED_SNAPSHOT_BODY

#include "paged.h"
#include "paged_cut.h"

COW__BEGIN_C

/* ---- Without a detector ---- */

static bool cow__copying_snapshot(cow_paged *r, cow_snap *s) {
    s->bytes = r->bytes;
    s->view = (char *)cow__allocate(NULL, s->bytes);
    if (!s->view) return cow__fail(COW_NOMEM);
    memcpy(s->view, r->data, s->bytes);
    return true;
}

/* ---- Making and dropping ---- */

static cow_snap *cow__snapshot(cow_paged *r, bool with_view) {
    bool ok = false;
    cow_snap *s = (cow_snap *)cow__allocate(NULL, sizeof *s);
    if (!s) return (void)cow__fail(COW_NOMEM), (cow_snap *)NULL;
    memset((void *)s, 0, sizeof *s);
    s->region = r;
    COW__STORE(&s->copies, 1u, COW__RELAXED);
    if (cow__paged_copies(r)) ok = cow__copying_snapshot(r, s);
#if COW__PAGED_FAULTS
    else
        ok = cow__region_snapshot(r, s, with_view);
#endif
    (void)with_view;
    if (ok) {
        (void)COW__ADD(&r->users, 1u, COW__RELAXED);
        return s;
    }
    cow__release(NULL, s, sizeof *s);
    return NULL;
}

COW__API cow_snap *cow_paged_snapshot(cow_paged *r) { return cow__snapshot(r, true); }

COW__API cow_snap *cow_paged_snapshot_bare(cow_paged *r) { return cow__snapshot(r, false); }

COW__API cow_snap *cow_snap_copy(cow_snap *s) {
    (void)COW__ADD(&s->copies, 1u, COW__RELAXED);
    return s;
}

COW__API void cow_snap_drop(cow_snap *s) {
    if (!s || COW__SUB(&s->copies, 1u, COW__ACQ_REL) != 1) return;
    cow_paged *r = s->region;
    if (cow__paged_copies(r)) cow__release(NULL, s->view, s->bytes);
#if COW__PAGED_FAULTS
    else if (cow__region_mine(r))
        cow__region_drop(s);
    else
        return; /* a forked child has no part in it */
#endif
    cow__release(NULL, s, sizeof *s);
    cow__paged_release(r);
}

/* ---- Reading ---- */

/* Whether the snapshot can be read in this process. */
static bool cow__snap_mine(const cow_snap *s) {
#if COW__PAGED_FAULTS
    return cow__paged_copies(s->region) || cow__region_mine(s->region);
#else
    return s != NULL;
#endif
}

COW__API const void *cow_snap_data(const cow_snap *s) { return cow__snap_mine(s) ? s->view : NULL; }

COW__API size_t cow_snap_size(const cow_snap *s) { return s->bytes; }

COW__API bool cow_snap_ok(const cow_snap *s) { return !cow__snap_lost(s); }

#if COW__PAGED_FAULTS

COW__API size_t cow_snap_held(const cow_snap *s) {
    return cow__paged_copies(s->region) ? s->bytes : COW__LOAD(&s->held, COW__RELAXED);
}

/* Reads within one page of a snapshot without a view. */
static void cow__snap_read_page(const cow_snap *s, size_t offset, char *to, size_t n) {
    cow_paged *r = s->region;
    size_t page = offset >> r->shift, rest = offset & (((size_t)1 << r->shift) - 1);
    cow__chunk *c = cow__chunk_of(r, page);
    cow__mutex_lock(&c->lock);
    const char *from = s->place[page] ? s->pool + ((size_t)(s->place[page] - 1) << r->shift) + rest : r->data + offset;
    cow__copy_bytes(to, from, n);
    cow__mutex_unlock(&c->lock);
}

static void cow__snap_read_bare(const cow_snap *s, size_t offset, char *to, size_t n) {
    size_t page = (size_t)1 << s->region->shift;
    sigset_t signals;
    cow__os_block_signals(&signals);
    while (n) {
        size_t part = page - (offset & (page - 1));
        if (part > n) part = n;
        cow__snap_read_page(s, offset, to, part);
        offset += part, to += part, n -= part;
    }
    cow__os_restore_signals(&signals);
}

#else

COW__API size_t cow_snap_held(const cow_snap *s) { return s->bytes; }
static void cow__snap_read_bare(const cow_snap *s, size_t offset, char *to, size_t n) {
    (void)s, (void)offset, (void)to, (void)n;
}

#endif

COW__API bool cow_snap_read(const cow_snap *s, size_t offset, void *to, size_t n) {
    if (offset > s->bytes || n > s->bytes - offset) return cow__fail(COW_RANGE);
    if (!cow__snap_mine(s)) return false;
    if (s->view)
        memcpy(to, s->view + offset, n);
    else
        cow__snap_read_bare(s, offset, (char *)to, n);
    return cow_snap_ok(s) || cow__fail(COW_CONFLICT);
}

/* ---- What differs ---- */

typedef bool (*cow__run_fn)(size_t offset, size_t n, void *ctx);

/* Without a detector images are compared, in pages. What only the larger one has differs. */
static bool cow__copying_each_dirty(const cow_snap *a, const cow_snap *b, cow__run_fn fn, void *ctx) {
    const char *x = a->view, *y = b ? b->view : a->region->data;
    size_t n = a->bytes, m = b ? b->bytes : a->region->bytes, page = a->region->options.granule, end = 0;
    size_t both = n < m ? n : m, all = n < m ? m : n;
    for (size_t begin = 0; begin < all; begin = end + page) {
        end = begin;
        while (end < all && (end >= both || memcmp(x + end, y + end, page) != 0)) end += page;
        if (end > begin && !fn(begin, end - begin, ctx)) return false;
    }
    return true;
}

#if COW__PAGED_FAULTS

/* What was written after `a`, and not after `b` (NULL: until now). The caller has the turn. */
static void cow__dirty_between(const cow_snap *a, const cow_snap *b, uint64_t *out) {
    cow_paged *r = a->region;
    for (const cow_snap *s = a->newer; s; s = s->newer) {
        cow__set_join(r, out, s->dirty);
        if (s == b) return;
    }
    if (r->carried) cow__set_join(r, out, r->carried);
    cow__chunks_lock(r);
    cow__set_join(r, out, r->dirty);
    cow__chunks_unlock(r);
}

static bool cow__region_each_dirty(const cow_snap *a, const cow_snap *b, cow__run_fn fn, void *ctx) {
    cow_paged *r = a->region;
    sigset_t signals;
    size_t begin = 0, end = 0;
    bool more = true;
    if (!cow__region_mine(r)) return false;
    uint64_t *set = cow__set_new(r);
    if (!set) return false;
    cow__turn_begin(r, &signals);
    cow__dirty_between(a, b, set);
    size_t pages = cow__pages(r);
    cow__turn_end(r, &signals);
    for (; more && cow__set_run(set, &begin, &end, pages); begin = end)
        more = fn(begin << r->shift, (end - begin) << r->shift, ctx);
    cow__set_free(r, set);
    return more;
}

#endif

COW__API bool cow_paged_each_dirty(const cow_snap *a, const cow_snap *b, bool (*fn)(size_t offset, size_t n, void *ctx),
                                   void *ctx) {
    const cow_paged *r = a->region;
    if (a == b) return true;
    if (cow__paged_copies(r)) return cow__copying_each_dirty(a, b, fn, ctx);
#if COW__PAGED_FAULTS
    bool in_order = !b || a->epoch < b->epoch;
    return cow__region_each_dirty(in_order ? a : b, in_order ? b : a, fn, ctx);
#else
    return false;
#endif
}

COW__END_C
#endif
