/* SPDX-License-Identifier: MIT */
/* paged_keep: what a snapshot keeps of pages before they are written. Floor 5, built on paged_region.

   A snapshot with a view keeps a page there: writing to it makes the kernel copy it. One without a view keeps copies in a
   pool, which costs half. All this runs in the fault handler: it calls the kernel, and no function of libc. */
#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_KEEP_BODY)
#define COW__PAGED_KEEP_BODY

#include "paged_region.h"

COW__BEGIN_C

struct cow_snap {
    cow_paged *region;
    cow_snap *older, *newer;
    cow__atomic_u32 copies;
    cow__atomic_u32 lost; /* it was given up for lack of room */
    bool bare;            /* nobody reads the view */
    char *view;           /* NULL: there is a pool instead */
    size_t bytes;
    cow__atomic_size held;
#if COW__PAGED_FAULTS
    uint32_t epoch;  /* that it ended: it sees pages of the region that were opened in it or before, and not since */
    uint64_t *dirty; /* the pages that were opened after the snapshot before it */
    uint64_t *kept;  /* those that it has of its own; a word belongs to one chunk */
    char *pool;      /* copies of pages one after the other */
    uint32_t *place; /* by page: of its copy in the pool, counted from 1; 0: there is none */
    cow__mutex pool_turn; /* of those who hold the locks of different chunks */
    size_t used, ready;   /* pages of the pool that are taken, and that have memory */
#endif
};

static bool cow__snap_lost(const cow_snap *s) { return COW__LOAD(&s->lost, COW__ACQUIRE) != 0; }

/* What it holds is free again. */
static void cow__count_released(cow_snap *s) {
    (void)COW__SUB(&s->region->held, COW__SWAP(&s->held, (size_t)0, COW__RELAXED), COW__RELAXED);
}

#if COW__PAGED_FAULTS

/* Sanitizers need not know that what is written is what was there. */
#if defined(__clang__)
#define COW__UNCHECKED __attribute__((no_sanitize("thread", "address")))
#else
#define COW__UNCHECKED __attribute__((no_sanitize_thread, no_sanitize_address))
#endif

/* Copies pages of a private mapping by writing to each what is there: one fault a page. A locked instruction asks for writing
   at once; elsewhere what to write is read from the region, because reading it here would be a fault of its own. */
COW__UNCHECKED static void cow__touch(char *view, const char *live, size_t bytes, size_t page) {
    for (size_t i = 0; i < bytes; i += page) {
#if defined(__x86_64__) || defined(__i386__)
        __asm__ volatile("lock; orb $0, %0" : "+m"(view[i]) : : "cc");
        (void)live;
#else
        *(volatile char *)(view + i) = *(const volatile char *)(live + i);
#endif
    }
}

/* ThreadSanitizer does not see that the region's page is protected, and looks into memcpy. */
COW__UNCHECKED static void cow__copy_bytes(char *to, const char *from, size_t bytes) {
#ifdef COW__TSAN
    for (size_t i = 0; i < bytes; i++) *(volatile char *)(to + i) = *(const volatile char *)(from + i);
#else
    memcpy(to, from, bytes);
#endif
}

static bool cow__keep_in_view(cow_snap *s, size_t begin, size_t n) {
    char *p = s->view + (begin << s->region->shift);
    size_t bytes = n << s->region->shift, page = (size_t)1 << s->region->page_shift;
    bool many = bytes > page && (COW__LOAD(&cow__os_abilities, COW__RELAXED) & COW__OS_POPULATES);
    if (many && cow__os_advise(p, bytes, MADV_POPULATE_WRITE)) return true;
    if (many && !cow__os_forbidden()) return false;
    cow__touch(p, s->region->data + (begin << s->region->shift), bytes, page);
    return true;
}

/* Memory is taken ahead, for many pages at once. */
static bool cow__pool_ready(cow_snap *s, size_t n) {
    enum { AHEAD = 64 };
    size_t pages = s->bytes >> s->region->shift, more = s->used + n - s->ready;
    if (s->used + n <= s->ready) return true;
    if (more < AHEAD) more = AHEAD;
    if (s->ready + more > pages) more = pages - s->ready;
    char *p = s->pool + (s->ready << s->region->shift);
    if (COW__LOAD(&cow__os_abilities, COW__RELAXED) & COW__OS_POPULATES)
        if (!cow__os_advise(p, more << s->region->shift, MADV_POPULATE_WRITE) && !cow__os_forbidden()) return false;
    s->ready += more;
    return true;
}

static bool cow__keep_in_pool(cow_snap *s, size_t begin, size_t n) {
    const cow_paged *r = s->region;
    cow__mutex_lock(&s->pool_turn);
    bool ok = cow__pool_ready(s, n);
    for (size_t p = begin; ok && p < begin + n; p++) {
        cow__copy_bytes(s->pool + (s->used << r->shift), r->data + (p << r->shift), (size_t)1 << r->shift);
        s->place[p] = (uint32_t)++s->used;
    }
    cow__mutex_unlock(&s->pool_turn);
    return ok;
}

/* ---- How much may be held ---- */

/* Gives the memory of a snapshot back. Those who read it see that it is lost, or what is in the region now. */
static void cow__snap_lose(cow_snap *s) {
    cow_paged *r = s->region;
    if (COW__SWAP(&s->lost, 1u, COW__ACQ_REL)) return;
    (void)COW__ADD(&r->given_up, (size_t)1, COW__RELAXED);
    cow__count_released(s);
    (void)cow__os_advise(s->view ? s->view : s->pool, s->bytes, MADV_DONTNEED);
}

static cow_snap *cow__oldest_kept(const cow_paged *r) {
    cow_snap *oldest = NULL;
    for (cow_snap *s = r->newest; s; s = s->older)
        if (!cow__snap_lost(s)) oldest = s;
    return oldest;
}

/* ---- Preserving ---- */

/* Where the snapshot has this page. The caller holds the lock of its chunk, unless there is a view. */
static const char *cow__snap_page(const cow_snap *s, size_t page) {
    const cow_paged *r = s->region;
    if (s->view) return s->view + (page << r->shift);
    return s->place[page] ? s->pool + ((size_t)(s->place[page] - 1) << r->shift) : r->data + (page << r->shift);
}

/* Whether a snapshot sees this page of the region itself. */
static bool cow__snap_sees(const cow_snap *s, size_t page) {
    return page < s->bytes >> s->region->shift && COW__LOAD(&s->region->opened[page], COW__RELAXED) <= s->epoch &&
           !cow__set_has(s->kept, page);
}

static void cow__keep(cow_snap *s, size_t begin, size_t n) {
    cow_paged *r = s->region;
    bool ok = s->view ? cow__keep_in_view(s, begin, n) : cow__keep_in_pool(s, begin, n);
    if (!ok) {
        cow__snap_lose(s);
        return;
    }
    cow__set_add(s->kept, begin, begin + n);
    (void)COW__ADD(&s->held, n << r->shift, COW__RELAXED);
    cow__count_held(r, n << r->shift);
    (void)COW__ADD(&r->preserved, n, COW__RELAXED);
}

/* Bytes that snapshots must keep before [begin, end) is written. The caller holds the lock of the chunk. */
static size_t cow__to_keep(const cow_paged *r, size_t begin, size_t end) {
    size_t n = 0;
    for (const cow_snap *s = r->newest; s; s = s->older)
        for (size_t p = begin; p < end && !cow__snap_lost(s); p++) n += cow__snap_sees(s, p);
    return n << r->shift;
}

static bool cow__has_room(const cow_paged *r, size_t bytes) {
    size_t most = r->options.most_held;
    return bytes <= most && COW__LOAD(&r->held, COW__RELAXED) <= most - bytes;
}

static bool cow__has_room_for(const cow_paged *r, size_t begin, size_t end) {
    return !r->options.most_held || cow__has_room(r, cow__to_keep(r, begin, end));
}

/* Gives up the oldest snapshot, unless the options say to wait, or there is none. */
static bool cow__lose_oldest(cow_paged *r) {
    cow_snap *oldest = r->options.when_full == COW_PAGED_WAIT ? NULL : cow__oldest_kept(r);
    if (oldest) cow__snap_lose(oldest);
    return oldest != NULL;
}

/* Makes room for what is to be kept; or the writer has to wait: false. */
static bool cow__make_room(cow_paged *r, size_t begin, size_t end) {
    while (!cow__has_room_for(r, begin, end))
        if (!cow__lose_oldest(r))
            return r->options.when_full != COW_PAGED_WAIT; /* else nothing is to be kept any more */
    return true;
}

/* Lets every snapshot keep what it sees of [begin, end). False when the writer has to wait for room. */
static bool cow__preserve(cow_paged *r, size_t begin, size_t end) {
    if (!cow__make_room(r, begin, end)) return false;
    for (cow_snap *s = r->newest; s; s = s->older) {
        for (size_t p = begin; p < end && !cow__snap_lost(s);) {
            size_t from = p;
            while (p < end && cow__snap_sees(s, p)) p++;
            if (p > from)
                cow__keep(s, from, p - from);
            else
                p++;
        }
    }
    return true;
}

#endif

COW__END_C
#endif
