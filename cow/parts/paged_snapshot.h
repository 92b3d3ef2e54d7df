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
   meanwhile. NULL with COW_NOMEM; COW_UNSUPPORTED in a forked child; COW_CONFLICT when a system call is writing into more pages
   than `most_held` has room for, because those are copied at once. */
COW__API cow_snap *cow_paged_snapshot(cow_paged *r);
/* The same without cow_snap_data, for saving and sending: read by cow_snap_read and cow_snap_write only. It takes no
   address space of its own, and less of the writers' time. */
COW__API cow_snap *cow_paged_snapshot_bare(cow_paged *r);
/* Another owner of the same snapshot. One count. */
COW__API cow_snap *cow_snap_copy(cow_snap *s);
/* Gives it up; NULL is allowed. In any order, also after the region. O(pages that it holds). */
COW__API void cow_snap_drop(cow_snap *s);
/* The image, in the order of the region; NULL for a bare one, and in a forked child. Nobody may write there. */
COW__API const void *cow_snap_data(const cow_snap *s);
COW__API size_t cow_snap_size(const cow_snap *s);
/* Whether it is still what it was: false when it was given up because of `most_held`, or because there was no memory for what
   it had to keep. Asked after reading, it says that what was read is right. */
COW__API bool cow_snap_ok(const cow_snap *s);
/* Copies `n` bytes from `offset` on to `to`. COW_RANGE, and COW_CONFLICT for one that was given up. */
COW__API bool cow_snap_read(const cow_snap *s, size_t offset, void *to, size_t n);
#if COW__PAGED_FILES
/* Writes `n` bytes from `offset` on to `file`, a descriptor that blocks, where that stands. As cow_snap_read; or COW_IO,
   and errno says why: then some may be written already. A bare snapshot also needs a buffer: COW_NOMEM. */
COW__API bool cow_snap_write(const cow_snap *s, size_t offset, size_t n, int file);
#endif
/* Bytes of memory that it holds. */
COW__API size_t cow_snap_held(const cow_snap *s);
/* Calls `fn` with each run of pages, in bytes, that were written between two snapshots of one region in any order, or
   between one and now when `b` is NULL, until it returns false; returns whether it never did. Among them are pages that were
   written with what they held, and some that were opened with their neighbours. COW_NOMEM. */
COW__API bool cow_paged_each_dirty(const cow_snap *a, const cow_snap *b, bool (*fn)(size_t offset, size_t n, void *ctx),
                                   void *ctx);
COW__END_C

#endif
#endif

#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_SNAPSHOT_BODY)
#define COW__PAGED_SNAPSHOT_BODY

#include "paged.h"
#include "paged_cut.h"

#if COW__PAGED_FILES
#include <errno.h>
#include <unistd.h>
#endif

COW__BEGIN_C

/* Whether this process has the snapshot: a forked child does not. */
static bool cow__snap_mine(const cow_snap *s) { return cow__paged_copies(s->region) || cow__region_mine(s->region); }

/* ---- Making and dropping ---- */

static cow_snap *cow__snapshot(cow_paged *r, bool with_view) {
    cow_snap *s = (cow_snap *)cow__allocate(NULL, sizeof *s);
    if (!s) return (void)cow__fail(COW_NOMEM), (cow_snap *)NULL;
    memset((void *)s, 0, sizeof *s);
    s->region = r;
    s->bare = !with_view;
    COW__STORE(&s->copies, 1u, COW__RELAXED);
    if (cow__paged_copies(r) ? cow__copied_snapshot(r, s) : cow__region_snapshot(r, s, with_view)) {
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
    if (!cow__snap_mine(s)) return;
    if (cow__paged_copies(r))
        cow__copied_drop(s);
    else
        cow__region_drop(s);
    cow__release(NULL, s, sizeof *s);
    cow__paged_release(r);
}

/* ---- Reading ---- */

COW__API const void *cow_snap_data(const cow_snap *s) { return cow__snap_mine(s) && !s->bare ? s->view : NULL; }

COW__API size_t cow_snap_size(const cow_snap *s) { return s->bytes; }

COW__API bool cow_snap_ok(const cow_snap *s) { return !cow__snap_lost(s); }

COW__API size_t cow_snap_held(const cow_snap *s) { return COW__LOAD(&s->held, COW__RELAXED); }

#if COW__PAGED_FAULTS

/* How many of `n` bytes from `offset` on are to be had in one go: up to the end of a page that the pool has, or of a run
   that it does not have. */
static size_t cow__snap_run(const cow_snap *s, size_t offset, size_t n) {
    unsigned shift = s->region->shift;
    size_t page = offset >> shift, stop = page + 1, last = (offset + n - 1) >> shift;
    while (!s->place[page] && stop <= last && !s->place[stop]) stop++;
    return stop <= last ? (stop << shift) - offset : n;
}

/* Reads within one chunk of a snapshot without a view; the caller holds the lock. Whole pages of the region are read from
   its file, because touching one that was never written takes memory for it. */
static void cow__snap_read_chunk(const cow_snap *s, size_t offset, char *to, size_t n) {
    const cow_paged *r = s->region;
    size_t page = (size_t)1 << r->shift;
    while (n) {
        size_t part = cow__snap_run(s, offset, n);
        bool pooled = s->place[offset >> r->shift] != 0;
        if (pooled || part < page || pread(r->file, to, part, (off_t)offset) != (ssize_t)part)
            cow__copy_bytes(to, cow__snap_page(s, offset >> r->shift) + (offset & (page - 1)), part);
        offset += part, to += part, n -= part;
    }
}

/* Locks are held for so many bytes at most: writers wait for them. */
#define COW__READ_AT_ONCE ((size_t)64 << 10)

static void cow__snap_read_bare(const cow_snap *s, size_t offset, char *to, size_t n) {
    const cow_paged *r = s->region;
    cow__quiet quiet;
    cow__quiet_begin(&quiet);
    while (n) {
        size_t part = COW__READ_AT_ONCE - (offset & (COW__READ_AT_ONCE - 1));
        if (part > n) part = n;
        cow__chunk *c = cow__chunk_of(r, offset >> r->shift);
        cow__mutex_lock(&c->lock);
        cow__snap_read_chunk(s, offset, to, part);
        cow__mutex_unlock(&c->lock);
        offset += part, to += part, n -= part;
    }
    cow__quiet_end(&quiet);
}

#endif

/* What is read may go into a region, where writing is a fault that takes the lock of a chunk: so none is held then. */
static void cow__snap_read_anywhere(const cow_snap *s, size_t offset, char *to, size_t n) {
    char between[4096];
    while (n) {
        size_t part = n < sizeof between ? n : sizeof between;
        cow__snap_read_bare(s, offset, between, part);
        memcpy(to, between, part);
        offset += part, to += part, n -= part;
    }
}

static bool cow__snap_has(const cow_snap *s, size_t offset, size_t n) {
    if (offset > s->bytes || n > s->bytes - offset) return cow__fail(COW_RANGE);
    return cow__snap_mine(s);
}

COW__API bool cow_snap_read(const cow_snap *s, size_t offset, void *to, size_t n) {
    if (!cow__snap_has(s, offset, n)) return false;
    if (s->view)
        memcpy(to, s->view + offset, n);
    else
        cow__snap_read_anywhere(s, offset, (char *)to, n);
    return cow_snap_ok(s) || cow__fail(COW_CONFLICT);
}

#if COW__PAGED_FILES

/* Some systems refuse to write more in one go; and what a buffer holds on the way from a bare snapshot. */
#define COW__WRITE_AT_ONCE ((size_t)1 << 30)
#define COW__SAVE_BYTES ((size_t)256 << 10)

static bool cow__write_all(int file, const char *from, size_t n) {
    while (n) {
        ssize_t done = write(file, from, n < COW__WRITE_AT_ONCE ? n : COW__WRITE_AT_ONCE);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return cow__fail(COW_IO);
        from += done, n -= (size_t)done;
    }
    return true;
}

static bool cow__write_bare(const cow_snap *s, size_t offset, size_t n, int file) {
    size_t room = n < COW__SAVE_BYTES ? n : COW__SAVE_BYTES;
    char *buffer = n ? (char *)cow__allocate(NULL, room) : NULL;
    bool ok = !n || buffer || cow__fail(COW_NOMEM);
    while (ok && n) {
        size_t part = n < room ? n : room;
        cow__snap_read_bare(s, offset, buffer, part);
        ok = cow__write_all(file, buffer, part);
        offset += part, n -= part;
    }
    if (buffer) cow__release(NULL, buffer, room);
    return ok;
}

COW__API bool cow_snap_write(const cow_snap *s, size_t offset, size_t n, int file) {
    if (!cow__snap_has(s, offset, n)) return false;
    if (!(s->view ? cow__write_all(file, s->view + offset, n) : cow__write_bare(s, offset, n, file))) return false;
    return cow_snap_ok(s) || cow__fail(COW_CONFLICT);
}

#endif

/* ---- What differs ---- */

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

static bool cow__region_each_dirty(const cow_snap *x, const cow_snap *y, cow__run_fn fn, void *ctx) {
    bool in_order = !y || x->epoch < y->epoch;
    const cow_snap *a = in_order ? x : y, *b = in_order ? y : x;
    cow_paged *r = a->region;
    cow__quiet quiet;
    size_t begin = 0, end = 0;
    bool more = true;
    if (!cow__region_mine(r)) return false;
    uint64_t *set = cow__set_new(r);
    if (!set) return false;
    cow__turn_begin(r, &quiet);
    cow__dirty_between(a, b, set);
    size_t pages = cow__pages(r);
    cow__turn_end(r, &quiet);
    for (; more && cow__set_run(set, &begin, &end, pages); begin = end)
        more = fn(begin << r->shift, (end - begin) << r->shift, ctx);
    cow__set_free(r, set);
    return more;
}

#endif

COW__API bool cow_paged_each_dirty(const cow_snap *a, const cow_snap *b, bool (*fn)(size_t offset, size_t n, void *ctx),
                                   void *ctx) {
    if (a == b) return true;
    return cow__paged_copies(a->region) ? cow__copied_each_dirty(a, b, fn, ctx) : cow__region_each_dirty(a, b, fn, ctx);
}

COW__END_C
#endif
