/* SPDX-License-Identifier: MIT */
/* paged_open: how many pages a write opens, and opening them. Floor 5, built on paged_keep.

   Opening one page costs a fault and up to two mappings. Pages are opened together when they are likely to be written next:
   those behind a run that a writer goes through, twice as many each time; those near it that were written in the last few
   epochs; all of a chunk when there is no snapshot. And when the system is short of mappings, larger pieces, because
   neighbours that are open share one. */
#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_OPEN_BODY)
#define COW__PAGED_OPEN_BODY

#include "paged_keep.h"

#if COW__PAGED_FAULTS

COW__BEGIN_C

enum { COW__WINDOW_MOST = 256, COW__GROUP = 64 };

typedef struct cow__window {
    size_t begin, end;
} cow__window;

/* The pages that a writer who goes forwards needs next. */
static cow__window cow__window_ahead(cow_paged *r, size_t page) {
    cow__chunk *c = cow__chunk_of(r, page);
    size_t end = cow__chunk_end(r, page), n = 1;
    bool first = page == (size_t)(c - r->chunks) << r->chunk_shift;
    const cow__chunk *from = first && page ? c - 1 : c; /* a run goes on in the next chunk */
    if (page && COW__LOAD(&from->next, COW__RELAXED) == page) n = 2 * (size_t)COW__LOAD(&from->window, COW__RELAXED);
    if (n > COW__WINDOW_MOST) n = COW__WINDOW_MOST;
    cow__window w = {page, page + 1};
    while (w.end < end && w.end - w.begin < n && !cow__page_open(r, w.end)) w.end++;
    return w;
}

/* Those around it that were written in the last few epochs. */
static cow__window cow__window_again(const cow_paged *r, size_t page) {
    size_t begin = page / COW__GROUP * COW__GROUP, end = begin + COW__GROUP, chunk_end = cow__chunk_end(r, page);
    cow__window w = {page, page + 1};
    if (end > chunk_end) end = chunk_end;
    while (w.begin > begin && cow__page_likely(r, w.begin - 1) && !cow__page_open(r, w.begin - 1)) w.begin--;
    while (w.end < end && cow__page_likely(r, w.end) && !cow__page_open(r, w.end)) w.end++;
    return w;
}

/* The least that may be opened, so that the mappings last. */
static size_t cow__window_least(const cow_paged *r) {
    size_t mappings = COW__LOAD(&cow__mappings, COW__RELAXED), most = r->most_mappings;
    if (mappings < most * 2 / 5) return 1;
    if (mappings < most / 2) return 16;
    if (mappings < most * 3 / 5) return 64;
    return (size_t)1 << r->chunk_shift;
}

static cow__window cow__window_widen(const cow_paged *r, cow__window w, size_t least) {
    size_t chunk_end = cow__chunk_end(r, w.begin);
    if (w.end - w.begin >= least) return w;
    w.begin = w.begin / least * least;
    if (w.end < w.begin + least) w.end = w.begin + least;
    if (w.end > chunk_end) w.end = chunk_end;
    return w;
}

static cow__window cow__window_of(cow_paged *r, size_t page) {
    size_t all = (size_t)1 << r->chunk_shift;
    cow__window one = {page, page + 1};
    if (!r->newest) return cow__window_widen(r, one, all);
    cow__window w = cow__window_ahead(r, page);
    if (w.end - w.begin == 1) w = cow__window_again(r, page);
    w = cow__window_widen(r, w, cow__window_least(r));
    return cow__has_room_for(r, w.begin, w.end) ? w : one;
}

/* ---- Opening ---- */

/* How often open and protected pages meet in [begin - 1, end + 1): so many mappings more than one there are. */
static size_t cow__borders(const cow_paged *r, size_t begin, size_t end) {
    size_t n = 0;
    if (begin) begin--;
    if (end < cow__pages(r)) end++;
    for (size_t p = begin + 1; p < end; p++) n += cow__page_open(r, p) != cow__page_open(r, p - 1);
    return n;
}

/* Maps pages that a snapshot has moved aside, so that writing to each is not one more fault. Those of a chunk that is opened
   for want of snapshots are perhaps never written. */
static void cow__map_ahead(cow_paged *r, size_t begin, size_t end) {
    if (end - begin > 1 && r->newest && (COW__LOAD(&cow__os_abilities, COW__RELAXED) & COW__OS_POPULATES))
        (void)cow__os_advise(r->data + (begin << r->shift), (end - begin) << r->shift, MADV_POPULATE_WRITE);
}

/* Opens pages that are preserved. */
static bool cow__unprotect(cow_paged *r, size_t begin, size_t end) {
    if (!cow__os_protect(r->data + (begin << r->shift), (end - begin) << r->shift, true)) return false;
    size_t borders = cow__borders(r, begin, end);
    cow__mark_open(r, begin, end);
    cow__mappings_add(r, cow__borders(r, begin, end) - borders);
    (void)COW__ADD(&r->opened_pages, end - begin, COW__RELAXED);
    cow__map_ahead(r, begin, end);
    return true;
}

typedef enum cow__opened { COW__OPENED, COW__NO_ROOM, COW__NOT_OPENED } cow__opened;

/* Preserves and opens [begin, end), which lies in one chunk whose lock the caller holds. When the system refuses, all of
   the chunk is tried: that takes fewer mappings. */
static cow__opened cow__open(cow_paged *r, size_t begin, size_t end) {
    if (!cow__preserve(r, begin, end)) return COW__NO_ROOM;
    if (cow__unprotect(r, begin, end)) return COW__OPENED;
    end = cow__chunk_end(r, begin);
    begin = begin >> r->chunk_shift << r->chunk_shift;
    if (!cow__preserve(r, begin, end)) return COW__NO_ROOM;
    return cow__unprotect(r, begin, end) ? COW__OPENED : COW__NOT_OPENED;
}

/* Opens what a write to this page needs. The caller holds the lock of its chunk. */
static cow__opened cow__open_for(cow_paged *r, size_t page) {
    cow__window w = cow__window_of(r, page);
    cow__opened done = cow__open(r, w.begin, w.end);
    if (done != COW__OPENED) return done;
    cow__page_caught(r, page);
    cow__chunk *c = cow__chunk_of(r, page);
    COW__STORE(&c->window, (uint32_t)(w.end - w.begin), COW__RELAXED);
    COW__STORE(&c->next, (uint32_t)w.end, COW__RELAXED);
    return done;
}

COW__END_C
#endif
#endif
