/* SPDX-License-Identifier: MIT */
/* paged_cut: ends an epoch: makes a snapshot of a region and protects what was open. Floor 5, built on paged_fault.

   Protecting costs what page tables are walked for. Those of long open runs are moved aside first, in O(1) each 2 MiB; then
   one call protects everything from the first open page to the last, and mappings of their own grow together again. A
   thread that writes meanwhile writes to pages that are not protected yet, or waits for the lock of a chunk: so whatever it
   wrote before it waits is in the snapshot, and nothing of what it writes after. */
#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_CUT_BODY)
#define COW__PAGED_CUT_BODY

#include "paged_fault.h"

#if COW__PAGED_FAULTS

COW__BEGIN_C

/* Runs of so many bytes are worth a call of their own. */
#define COW__ASIDE_BYTES ((size_t)64 * 4096)

static void cow__move_aside(cow_paged *r, size_t begin, size_t end) {
    size_t offset = begin << r->shift, bytes = (end - begin) << r->shift;
    if (bytes >= COW__ASIDE_BYTES && cow__os_move_tables(r->data + offset, bytes, r->aside + offset)) r->untidy = true;
}

/* Protects all pages that are open. */
static bool cow__protect_all(cow_paged *r) {
    size_t begin = 0, end = 0, first = cow__pages(r), last = 0, pages = cow__pages(r);
    bool moves = (cow__os_can() & COW__OS_MOVES_TABLES) != 0;
    for (; cow__set_run(r->dirty, &begin, &end, pages); begin = end) {
        if (begin < first) first = begin;
        last = end;
        if (moves) cow__move_aside(r, begin, end);
    }
    if (first >= last) return true;
    if (!cow__os_protect(r->data + (first << r->shift), (last - first) << r->shift, false)) return false;
    cow__mappings_set(r, 0);
    return true;
}

/* Protects those that are open and not in `stay`, a run at a time. */
static bool cow__protect_some(cow_paged *r) {
    size_t begin = 0, end = 0, words = cow__set_words(r);
    for (size_t i = 0; i < words; i++) r->dirty[i] &= ~r->stay[i];
    bool ok = true;
    for (; ok && cow__set_run(r->dirty, &begin, &end, cow__pages(r)); begin = end)
        ok = cow__os_protect(r->data + (begin << r->shift), (end - begin) << r->shift, false);
    for (size_t i = 0; i < words; i++) r->dirty[i] |= r->stay[i];
    if (ok) cow__mappings_set(r, 2 * cow__set_runs(r->stay, cow__pages(r)));
    return ok;
}

/* ---- Pages that stay open ---- */

/* A system call that is writing to these pages, meanwhile. */
typedef struct cow__pin {
    size_t begin, end;
    int cancel;
    struct cow__pin *next;
} cow__pin;

/* What a single writer writes in every epoch costs less to keep at once than to protect and to open again. */
enum { COW__HOT_MOST = 256 };

static bool cow__find_hot(cow_paged *r) {
    size_t n = 0, begin = 0, end = 0;
    for (; n <= COW__HOT_MOST && cow__set_run(r->dirty, &begin, &end, cow__pages(r)); begin = end)
        for (size_t p = begin; n <= COW__HOT_MOST && p < end; p++)
            if (cow__page_hot(r, p)) {
                cow__set_add(r->stay, p, p + 1);
                n++;
            }
    if (n > COW__HOT_MOST) cow__set_clear(r, r->stay);
    return n && n <= COW__HOT_MOST;
}

/* Says in `stay` which open pages to leave so; whether there are any. */
static bool cow__find_stay(cow_paged *r) {
    bool any = r->options.single_writer && !r->options.most_held && cow__find_hot(r);
    for (const cow__pin *pin = r->pins; pin; pin = pin->next) {
        cow__set_add(r->stay, pin->begin, pin->end);
        any = true;
    }
    return any;
}

/* Whether there is room for those pages, or can be made. */
static bool cow__make_room_to_stay(cow_paged *r) {
    size_t bytes = 0, begin = 0, end = 0;
    if (!r->options.most_held) return true;
    for (; cow__set_run(r->stay, &begin, &end, cow__pages(r)); begin = end) bytes += (end - begin) << r->shift;
    while (!cow__has_room(r, bytes))
        if (bytes > r->options.most_held || !cow__lose_oldest(r)) return cow__fail(COW_CONFLICT);
    return true;
}

/* The new snapshot keeps those pages at once, because nothing will be caught there. */
static void cow__keep_stay(cow_paged *r, cow_snap *s) {
    size_t begin = 0, end = 0;
    for (; cow__set_run(r->stay, &begin, &end, cow__pages(r)); begin = end) {
        cow__keep(s, begin, end - begin);
        cow__mark_open(r, begin, end);
    }
    cow__set_clear(r, r->stay);
}

/* ---- What a snapshot needs before the cut ---- */

static char *cow__view_new(cow_paged *r) {
    char *view = r->spare;
    if (view && r->spare_bytes == r->bytes) {
        r->spare = NULL;
        /* Refused when it was locked by mlockall, which has written to all of it. */
        if (cow__os_advise(view, (size_t)1 << r->page_shift, MADV_DONTNEED)) return view;
        cow__os_unmap(view, r->bytes);
    }
    return cow__os_map_view(r->bytes, r->file);
}

static bool cow__pool_new(cow_snap *s) {
    s->pool = (char *)cow__os_zeros(s->bytes);
    s->place = (uint32_t *)cow__os_zeros((s->bytes >> s->region->shift) * sizeof *s->place);
    return s->pool && s->place;
}

/* Gives the memory of a snapshot back. A view is kept for the next one. */
static void cow__snap_end(cow_snap *s) {
    cow_paged *r = s->region;
    cow__set_free(r, s->dirty);
    cow__set_free(r, s->kept);
    cow__os_unmap(s->pool, s->bytes);
    if (s->place) cow__os_unmap(s->place, (s->bytes >> r->shift) * sizeof *s->place);
    bool keep = s->view && !r->spare && r->watched && s->bytes == r->bytes;
    if (keep && cow__os_advise(s->view, s->bytes, MADV_DONTNEED)) {
        r->spare = s->view;
        r->spare_bytes = s->bytes;
    } else
        cow__os_unmap(s->view, s->bytes);
}

/* ---- The cut ---- */

enum { COW__EPOCH_LAST = INT32_MAX };

/* After so many snapshots that the numbers are used up: as few as there are snapshots, in the same order. */
COW__COLD static void cow__epochs_renumber(cow_paged *r) {
    uint32_t n = 1;
    for (size_t p = 0; p < cow__pages(r); p++) {
        uint32_t older = 1;
        for (const cow_snap *s = r->newest; s; s = s->older) older += s->epoch < COW__LOAD(&r->opened[p], COW__RELAXED);
        COW__STORE(&r->opened[p], older, COW__RELAXED);
        COW__STORE(&r->caught[p], 0u, COW__RELAXED);
    }
    for (size_t c = 0; c < cow__chunks_of(r, cow__pages(r)); c++) r->chunks[c].again_epoch = 0;
    for (const cow_snap *s = r->newest; s; s = s->older) n++;
    COW__STORE(&r->epoch, n, COW__RELAXED);
    for (cow_snap *s = r->newest; s; s = s->older) s->epoch = --n;
}

/* The pages of the epoch that ends become the snapshot's; its own, empty ones are those of the next. */
static void cow__epoch_end(cow_paged *r, cow_snap *s) {
    uint64_t *empty = s->dirty;
    s->epoch = COW__LOAD(&r->epoch, COW__RELAXED);
    s->dirty = r->dirty;
    r->dirty = empty;
    s->older = r->newest;
    if (r->newest) r->newest->newer = s;
    r->newest = s;
    COW__STORE(&r->epoch, s->epoch + 1, COW__RELAXED);
}

/* What dropped snapshots left to the next one. */
static void cow__take_over(cow_paged *r, cow_snap *s) {
    if (!r->carried) return;
    cow__set_join(r, s->dirty, r->carried);
    cow__set_free(r, r->carried);
    r->carried = NULL;
}

/* Some pages may be protected now. All that are open are taken for protected: the snapshots have them, so writing to one
   that is not protected does no harm, and opening one again is all that a fault has to do. */
static void cow__cut_failed(cow_paged *r) {
    size_t begin = 0, end = 0;
    uint32_t epoch = COW__LOAD(&r->epoch, COW__RELAXED);
    for (; cow__set_run(r->dirty, &begin, &end, cow__pages(r)); begin = end)
        for (size_t p = begin; p < end; p++) COW__STORE(&r->opened[p], epoch - 1, COW__RELAXED);
    cow__set_clear(r, r->stay);
}

static bool cow__cut(cow_paged *r, cow_snap *s) {
    cow__chunks_lock(r);
    if (COW__LOAD(&r->epoch, COW__RELAXED) >= COW__EPOCH_LAST) cow__epochs_renumber(r);
    bool some = cow__find_stay(r), ok = !some || cow__make_room_to_stay(r);
    ok = ok && ((some ? cow__protect_some(r) : cow__protect_all(r)) || cow__fail(COW_NOMEM));
    if (ok)
        cow__epoch_end(r, s);
    else
        cow__cut_failed(r);
    if (ok && some) cow__keep_stay(r, s);
    cow__chunks_unlock(r);
    if (ok) cow__take_over(r, s);
    return ok;
}

static bool cow__region_snapshot(cow_paged *r, cow_snap *s, bool with_view) {
    cow__quiet quiet;
    uint64_t began = cow__now();
    if (!cow__region_mine(r)) return false;
    cow__turn_begin(r, &quiet);
    cow__region_tidy(r);
    s->bytes = r->bytes;
    s->dirty = cow__set_new(r);
    s->kept = cow__set_new(r);
    if (with_view) s->view = cow__view_new(r);
    bool ok = (s->dirty && s->kept && (with_view ? s->view != NULL : cow__pool_new(s))) || cow__fail(COW_NOMEM);
    ok = ok && cow__cut(r, s);
    if (!ok) cow__snap_end(s);
    r->last_pause = cow__now() - began;
    if (r->last_pause > r->worst_pause) r->worst_pause = r->last_pause;
    cow__turn_end(r, &quiet);
    return ok;
}

/* ---- Dropping ---- */

/* What was written between the snapshot before this one and it counts for the next one from now on, which may not be there
   yet. */
static void cow__snap_hand_on(cow_snap *s) {
    cow_paged *r = s->region;
    if (!s->older) return;
    if (s->newer)
        cow__set_join(r, s->newer->dirty, s->dirty);
    else if (r->carried)
        cow__set_join(r, r->carried, s->dirty);
    else {
        r->carried = s->dirty;
        s->dirty = NULL;
    }
}

static void cow__snap_unlink(cow_snap *s) {
    cow_paged *r = s->region;
    cow__chunks_lock(r);
    if (s->newer)
        s->newer->older = s->older;
    else
        r->newest = s->older;
    if (s->older) s->older->newer = s->newer;
    cow__chunks_unlock(r);
    if (r->newest) return;
    cow__set_free(r, r->carried);
    r->carried = NULL;
}

static void cow__region_drop(cow_snap *s) {
    cow_paged *r = s->region;
    cow__quiet quiet;
    cow__turn_begin(r, &quiet);
    cow__snap_hand_on(s);
    cow__snap_unlink(s);
    cow__count_released(s);
    cow__snap_end(s);
    cow__region_tidy(r);
    cow__turn_end(r, &quiet);
    (void)COW__ADD(&r->released, 1u, COW__RELEASE);
    cow__unpark(&r->released, INT32_MAX);
}

COW__END_C
#endif
#endif
