/* SPDX-License-Identifier: MIT */
/* paged_copy: regions whose snapshots are copies, for want of a detector or by choice. Floor 5, built on paged_keep.

   Where writes can never be caught, what the other parts do for regions that catch them is here, too: nothing. */
#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_COPY_BODY)
#define COW__PAGED_COPY_BODY

#include "paged_keep.h"

COW__BEGIN_C

typedef bool (*cow__run_fn)(size_t offset, size_t n, void *ctx);

static bool cow__copied_make(cow_paged *r) {
    r->data = (char *)cow__allocate(NULL, r->reserved);
    if (r->data) memset(r->data, 0, r->reserved);
    return r->data != NULL;
}

static void cow__copied_end(cow_paged *r) {
    if (r->data) cow__release(NULL, r->data, r->reserved);
}

/* Readers of a copy cannot be told that its memory is given back; so when there is no room, there is no new one. */
static bool cow__copied_snapshot(cow_paged *r, cow_snap *s) {
    size_t most = r->options.most_held;
    if (most && (r->bytes > most || COW__LOAD(&r->held, COW__RELAXED) > most - r->bytes)) return cow__fail(COW_NOMEM);
    s->bytes = r->bytes;
    s->view = (char *)cow__allocate(NULL, s->bytes);
    if (!s->view) return cow__fail(COW_NOMEM);
    memcpy(s->view, r->data, s->bytes);
    COW__STORE(&s->held, s->bytes, COW__RELAXED);
    cow__count_held(r, s->bytes);
    return true;
}

static void cow__copied_drop(cow_snap *s) {
    cow__count_released(s);
    cow__release(NULL, s->view, s->bytes);
}

/* Images are compared, in pages. What only the larger one has differs. */
static bool cow__copied_each_dirty(const cow_snap *a, const cow_snap *b, cow__run_fn fn, void *ctx) {
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

#if !COW__PAGED_FAULTS

static size_t cow__os_page(void) { return 4096; }
static bool cow__os_catches(bool *starved) { return *starved; }
static bool cow__region_mine(const cow_paged *r) { return r != NULL; }
static bool cow__region_make(cow_paged *r) { return r != NULL; }
static bool cow__region_leave(cow_paged *r) { return r != NULL; }
static void cow__region_end(cow_paged *r) { (void)r; }
static bool cow__region_grow(cow_paged *r, size_t bytes) { return (void)bytes, r != NULL; }
static bool cow__region_snapshot(cow_paged *r, cow_snap *s, bool view) { return (void)s, (void)view, r != NULL; }
static void cow__region_drop(cow_snap *s) { (void)s; }
static void cow__snap_read_bare(const cow_snap *s, size_t offset, char *to, size_t n) {
    (void)s, (void)offset, (void)to, (void)n;
}
static bool cow__region_each_dirty(const cow_snap *a, const cow_snap *b, cow__run_fn fn, void *ctx) {
    return (void)b, (void)fn, (void)ctx, a != NULL;
}
typedef struct cow__pin {
    char nothing;
} cow__pin;
static bool cow__pin_begin(cow_paged *r, cow__pin *pin, void *p, size_t n) {
    return (void)pin, (void)p, (void)n, r != NULL;
}
static void cow__pin_end(cow_paged *r, cow__pin *pin) { (void)r, (void)pin; }
static bool cow__region_will_write(cow_paged *r, void *p, size_t n) { return (void)p, (void)n, r != NULL; }
static bool cow__region_restore(cow_paged *r, const cow_snap *s) { return (void)s, r != NULL; }

#endif

COW__END_C
#endif
