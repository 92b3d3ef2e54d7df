/* SPDX-License-Identifier: MIT */
/* paged_heap: allocates inside a region, and pointers that mean the same in every view of it. Floor 5, built on paged.

   All that the heap knows stands in the region: so a snapshot has it too, and restoring one restores it. Blocks are found
   by their size in 64 lists, as in the allocator of Doug Lea; neighbours that are free grow together. */
#ifdef COW_PAGED
#ifndef COW__PAGED_HEAP_H
#define COW__PAGED_HEAP_H

#include "paged_region.h"

/* A pointer to T that holds how far it is from itself, so that it can be followed in the region and in every snapshot. It
   must not be copied by assignment: read it with cow_off_get and write it with cow_off_set. All-zero is NULL. Use:
       struct item { cow_off(struct item) next; int value; }; */
#define cow_off(T)   \
    union {          \
        int64_t off; \
        T *type;     \
    }
/* Where the cow_off(T) *o points to, as a T *. */
#define cow_off_get(T, o) ((T *)cow__off_get(&(o)->off))
/* Makes the cow_off(T) *o point to `p`, which lies in the same region, or is NULL. */
#define cow_off_set(o, p) cow__off_set(&(o)->off, (p))

/* Distances from 0 on are stored one larger: 0 is NULL, and an object may point to itself. */
static inline void *cow__off_get(const int64_t *off) {
    int64_t distance = *off > 0 ? *off - 1 : *off;
    return *off ? (void *)((uintptr_t)off + (uintptr_t)(intptr_t)distance) : NULL;
}

static inline void cow__off_set(int64_t *off, const void *p) {
    int64_t distance = (int64_t)(intptr_t)((uintptr_t)p - (uintptr_t)off);
    *off = !p ? 0 : distance >= 0 ? distance + 1 : distance;
}

COW__BEGIN_C
/* Makes the region a heap, of which nothing is allocated; what stood there is lost. COW_RANGE when it is smaller than 4
   KiB. */
COW__API bool cow_heap_begin(cow_paged *r);
/* A block of `n` bytes, aligned to 16; the region grows when it must and may. NULL with COW_NOMEM, and with COW_INVALID when
   the region is no heap. Any threads may allocate and free at the same time, but no handler of signals may, nor a forked
   child. Where writers wait for room, others wait with them. O(1) but for the last free blocks of a size, and what faults
   cost. */
COW__API void *cow_heap_alloc(cow_paged *r, size_t n);
/* Makes a block larger or smaller, as realloc does. NULL with COW_NOMEM: the block is as it was. */
COW__API void *cow_heap_resize(cow_paged *r, void *p, size_t n);
/* NULL is allowed. */
COW__API void cow_heap_free(cow_paged *r, void *p);
/* One pointer that is found again: in the region by its cow_paged_data, in a snapshot by its cow_snap_data. NULL also in an
   image from before cow_heap_begin. */
COW__API void cow_heap_set_root(cow_paged *r, const void *p);
COW__API void *cow_heap_root(const void *data);
/* Bytes that are allocated, with what the heap itself takes; 0 when the image is no heap. */
COW__API size_t cow_heap_used(const void *data);
COW__END_C

#endif
#endif

#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_HEAP_BODY)
#define COW__PAGED_HEAP_BODY

#include "paged.h"

COW__BEGIN_C

enum { COW__HEAP_LISTS = 64, COW__HEAP_STEP = 16, COW__HEAP_LEAST = 32 };

/* Offsets from the begin of the region; 0 is none. */
typedef struct cow__heap {
    uint64_t magic, root, end, used;
    uint64_t filled; /* a bit for each list that is not empty */
    uint64_t list[COW__HEAP_LISTS];
} cow__heap;

/* Lies in front of each block. */
typedef struct cow__piece {
    uint64_t size;       /* with this; a multiple of 16; the lowest bits are flags */
    uint64_t before;     /* where the block before this begins, if that is free */
    uint64_t next, last; /* of a free one: the others of its list */
} cow__piece;

#define COW__HEAP_MAGIC UINT64_C(0x636f775f68656170)
enum { COW__PIECE_TAKEN = 1, COW__PIECE_AFTER_TAKEN = 2, COW__PIECE_FLAGS = 15, COW__PIECE_HEAD = 16 };

static cow__heap *cow__heap_of(const cow_paged *r) { return (cow__heap *)(void *)r->data; }
static bool cow__heap_begun(const cow__heap *h) { return h->magic == COW__HEAP_MAGIC; }
static cow__piece *cow__piece_at(cow__heap *h, uint64_t at) { return (cow__piece *)(void *)((char *)h + at); }
static uint64_t cow__piece_offset(const cow__heap *h, const cow__piece *b) {
    return (uint64_t)((uintptr_t)b - (uintptr_t)h);
}
static uint64_t cow__piece_size(const cow__piece *b) { return b->size & ~(uint64_t)COW__PIECE_FLAGS; }
static cow__piece *cow__piece_next(cow__piece *b) { return (cow__piece *)(void *)((char *)b + cow__piece_size(b)); }

/* Four lists for each power of two. */
static unsigned cow__heap_list(uint64_t size) {
    unsigned log = 0;
    while (size >> log > 1) log++;
    unsigned i = (log - 5) * 4 + (unsigned)(size >> (log - 2) & 3);
    return i < COW__HEAP_LISTS ? i : COW__HEAP_LISTS - 1;
}

static void cow__piece_list(cow__heap *h, cow__piece *b) {
    unsigned i = cow__heap_list(cow__piece_size(b));
    uint64_t at = cow__piece_offset(h, b);
    b->next = h->list[i];
    b->last = 0;
    if (b->next) cow__piece_at(h, b->next)->last = at;
    h->list[i] = at;
    h->filled |= (uint64_t)1 << i;
    cow__piece_next(b)->before = at;
    cow__piece_next(b)->size &= ~(uint64_t)COW__PIECE_AFTER_TAKEN;
}

static void cow__piece_unlist(cow__heap *h, cow__piece *b) {
    unsigned i = cow__heap_list(cow__piece_size(b));
    if (b->next) cow__piece_at(h, b->next)->last = b->last;
    if (b->last)
        cow__piece_at(h, b->last)->next = b->next;
    else
        h->list[i] = b->next;
    if (!h->list[i]) h->filled &= ~((uint64_t)1 << i);
    cow__piece_next(b)->size |= COW__PIECE_AFTER_TAKEN;
}

/* Makes a block free, and one with its free neighbours. It is not in a list. */
static void cow__piece_join(cow__heap *h, cow__piece *b) {
    cow__piece *next = cow__piece_next(b);
    b->size &= ~(uint64_t)COW__PIECE_TAKEN;
    if (!(next->size & COW__PIECE_TAKEN)) {
        cow__piece_unlist(h, next);
        b->size += cow__piece_size(next);
    }
    if (!(b->size & COW__PIECE_AFTER_TAKEN)) {
        cow__piece *before = cow__piece_at(h, b->before);
        cow__piece_unlist(h, before);
        before->size += cow__piece_size(b);
        b = before;
    }
    cow__piece_list(h, b);
}

/* The first of at most `tries` blocks of a list that is large enough. */
static cow__piece *cow__heap_search(cow__heap *h, unsigned list, uint64_t size, size_t tries) {
    for (uint64_t at = h->list[list]; at && tries--; at = cow__piece_at(h, at)->next)
        if (cow__piece_size(cow__piece_at(h, at)) >= size) return cow__piece_at(h, at);
    return NULL;
}

/* A free block of `size` bytes: of the list that may have some, or of one whose blocks are all large enough. When there is no
   such, all of the first. */
static cow__piece *cow__heap_find(cow__heap *h, uint64_t size) {
    enum { TRIES = 16 };
    unsigned i = cow__heap_list(size), list = i;
    uint64_t larger = i + 1 < COW__HEAP_LISTS ? h->filled >> (i + 1) << (i + 1) : 0;
    cow__piece *b = cow__heap_search(h, i, size, TRIES);
    if (b || !larger) return b ? b : cow__heap_search(h, i, size, SIZE_MAX);
    while (!(larger >> list & 1)) list++;
    return cow__piece_at(h, h->list[list]);
}

/* Gives back what a taken block has beyond `size`. */
static void cow__piece_trim(cow__heap *h, cow__piece *b, uint64_t size) {
    uint64_t rest = cow__piece_size(b) - size;
    if (rest < COW__HEAP_LEAST) return;
    b->size -= rest;
    cow__piece *tail = cow__piece_next(b);
    tail->size = rest | COW__PIECE_TAKEN | COW__PIECE_AFTER_TAKEN;
    h->used -= rest;
    cow__piece_join(h, tail);
}

static void cow__piece_take(cow__heap *h, cow__piece *b, uint64_t size) {
    cow__piece_unlist(h, b);
    b->size |= COW__PIECE_TAKEN;
    h->used += cow__piece_size(b);
    cow__piece_trim(h, b, size);
}

/* The last block of the heap is a head alone, and always taken. */
static void cow__heap_append(cow__heap *h, uint64_t end) {
    cow__piece *b = cow__piece_at(h, h->end - COW__PIECE_HEAD);
    b->size = (end - h->end) | COW__PIECE_TAKEN | (b->size & COW__PIECE_AFTER_TAKEN);
    h->end = end;
    cow__piece_next(b)->size = COW__PIECE_HEAD | COW__PIECE_TAKEN | COW__PIECE_AFTER_TAKEN;
    cow__piece_join(h, b);
}

/* How much of `size` the last block has, if that is free. */
static uint64_t cow__heap_tail(cow__heap *h, uint64_t size) {
    const cow__piece *end = cow__piece_at(h, h->end - COW__PIECE_HEAD);
    uint64_t tail = end->size & COW__PIECE_AFTER_TAKEN ? 0 : cow__piece_size(cow__piece_at(h, end->before));
    return tail < size ? tail : size;
}

/* A heap that was restored may be smaller than the region is by now. */
static bool cow__heap_grow(cow_paged *r, uint64_t size) {
    if (r->bytes - (size_t)cow__heap_of(r)->end >= COW__HEAP_LEAST) {
        bool enough = r->bytes - (size_t)cow__heap_of(r)->end >= size;
        cow__heap_append(cow__heap_of(r), r->bytes);
        if (enough) return true;
    }
    size_t bytes = r->bytes, need = (size_t)(size - cow__heap_tail(cow__heap_of(r), size));
    size_t more = bytes / 2 > need ? bytes / 2 : need;
    if (more > r->reserved - bytes) more = r->reserved - bytes;
    if (more < need || !cow_paged_grow(r, bytes + more)) return cow__fail(COW_NOMEM);
    cow__heap_append(cow__heap_of(r), r->bytes);
    return true;
}

COW__API bool cow_heap_begin(cow_paged *r) {
    cow__heap *h = cow__heap_of(r);
    if (r->bytes < 4096) return cow__fail(COW_RANGE);
    memset(h, 0, sizeof *h);
    h->magic = COW__HEAP_MAGIC;
    h->used = (sizeof *h + COW__HEAP_STEP - 1) / COW__HEAP_STEP * COW__HEAP_STEP + COW__PIECE_HEAD;
    h->end = h->used;
    cow__piece_at(h, h->end - COW__PIECE_HEAD)->size = COW__PIECE_HEAD | COW__PIECE_TAKEN | COW__PIECE_AFTER_TAKEN;
    cow__heap_append(h, r->bytes);
    return true;
}

/* Bytes of the block for `n`; false when that overflows. */
static bool cow__heap_size(size_t n, uint64_t *size) {
    size_t all;
    if (!cow__add_size(n, (size_t)COW__PIECE_HEAD + (size_t)COW__HEAP_STEP - 1, &all)) return cow__fail(COW_NOMEM);
    all &= ~(size_t)(COW__HEAP_STEP - 1);
    *size = all < COW__HEAP_LEAST ? (uint64_t)COW__HEAP_LEAST : all;
    return true;
}

static void *cow__heap_take(cow_paged *r, uint64_t size) {
    cow__piece *b = cow__heap_find(cow__heap_of(r), size);
    if (!b && cow__heap_grow(r, size)) b = cow__heap_find(cow__heap_of(r), size);
    if (!b) return NULL;
    cow__piece_take(cow__heap_of(r), b, size);
    return (char *)b + COW__PIECE_HEAD;
}

COW__API void *cow_heap_alloc(cow_paged *r, size_t n) {
    uint64_t size;
    if (!cow__heap_begun(cow__heap_of(r))) return (void)cow__fail(COW_INVALID), (void *)NULL;
    if (!cow__heap_size(n, &size)) return NULL;
    cow__mutex_lock(&r->heap_turn);
    void *p = cow__heap_take(r, size);
    cow__mutex_unlock(&r->heap_turn);
    return p;
}

static cow__piece *cow__piece_of(void *p) { return (cow__piece *)(void *)((char *)p - COW__PIECE_HEAD); }

static void cow__heap_give(cow_paged *r, cow__piece *b) {
    cow__heap_of(r)->used -= cow__piece_size(b);
    cow__piece_join(cow__heap_of(r), b);
}

COW__API void cow_heap_free(cow_paged *r, void *p) {
    if (!p) return;
    cow__mutex_lock(&r->heap_turn);
    cow__heap_give(r, cow__piece_of(p));
    cow__mutex_unlock(&r->heap_turn);
}

static void *cow__heap_move(cow_paged *r, cow__piece *b, uint64_t size) {
    void *to = cow__heap_take(r, size);
    if (!to) return NULL;
    memcpy(to, (char *)b + COW__PIECE_HEAD, (size_t)cow__piece_size(b) - COW__PIECE_HEAD);
    cow__heap_give(r, b);
    return to;
}

COW__API void *cow_heap_resize(cow_paged *r, void *p, size_t n) {
    uint64_t size;
    if (!p) return cow_heap_alloc(r, n);
    if (!cow__heap_size(n, &size)) return NULL;
    cow__piece *b = cow__piece_of(p);
    cow__mutex_lock(&r->heap_turn);
    if (cow__piece_size(b) < size)
        p = cow__heap_move(r, b, size);
    else
        cow__piece_trim(cow__heap_of(r), b, size);
    cow__mutex_unlock(&r->heap_turn);
    return p;
}

COW__API void cow_heap_set_root(cow_paged *r, const void *p) {
    cow__heap *h = cow__heap_of(r);
    h->root = p ? (uint64_t)((uintptr_t)p - (uintptr_t)h) : 0;
}

COW__API void *cow_heap_root(const void *data) {
    const cow__heap *h = (const cow__heap *)data;
    return cow__heap_begun(h) && h->root ? (void *)((uintptr_t)data + (uintptr_t)h->root) : NULL;
}

COW__API size_t cow_heap_used(const void *data) {
    const cow__heap *h = (const cow__heap *)data;
    return cow__heap_begun(h) ? (size_t)h->used : 0;
}

COW__END_C
#endif
