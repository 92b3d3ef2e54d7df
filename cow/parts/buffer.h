/* SPDX-License-Identifier: MIT */
/* buffer: a header with contiguous storage behind it, shared by values that each see a part. Floor 3.

       block     header   base      begin     p        p+n     used      end
         |---pad---|--------|-- room --|--------|========|-------|--room--|
                                       constructed elements ..............

   A value is {p, n, header}: any run of constructed elements. Many values share one header.

   The tail claim. `used` remembers how far storage was ever handed out. A value whose end equals `used` may claim free
   storage behind it by compare-and-swap, even while others share the buffer, because nobody else can see beyond
   their own n. So appending to a shared array copies nothing.

   Keeping `used` exact on every push would cost a store each, so it is raised late: by the copy that makes a value
   shared (from the end of its *source*: a slice's own end may lie below elements its source still owns). That copy also
   clears `limit`, which is otherwise the end of the storage. So `limit` is armed (not NULL) only while nothing was
   shared since the sole owner last settled: then no leftovers of dropped branches lie behind it, `used` is `base`, and
   p + n < limit alone tells a push that it may write. Once cleared, the slow path must find the count at 1 to settle
   and arm it again.

   Rules. `used` falls only while unique, or when a claimer undoes its own failed claim. While shared, `used` is at or
   beyond every value's end. Claim before constructing. `begin` and `end` change only while unique. Death destroys
   [begin, max(used, p + n)). */
#ifndef COW__BUFFER_H
#define COW__BUFFER_H

#include "debug.h"
#include "error.h"
#include "live.h"
#include "refcount.h"
#include "stats.h"
#include "trace.h"
#include "type.h"

typedef struct cow__header {
    cow__atomic_u32 rc;
    cow__atomic_ptr limit; /* `end` while armed, NULL once shared */
    cow__atomic_ptr used;  /* end of the storage known to be handed out */
    char *begin;           /* first constructed element */
    char *end;             /* end of the storage */
    char *block;           /* what the allocator gave */
    const cow_type *type;
    const cow_alloc *alloc;
#if COW__DEBUG
    cow__watch watch;
#endif
#if COW__LIVE
    cow__live live;
#endif
} cow__header;

/* The fields of a typed value, as the shared code takes and returns them. A typed handle is never cast to this. */
typedef struct cow__raw {
    char *p;
    size_t n;
    cow__header *h;
} cow__raw;

/* Storage starts behind the header, whose size keeps an alignment of 16. What plain allocation promises may be less (8 on
   32-bit ARM): stricter types pad. */
#define COW__PLAIN_ALIGN (COW__ALIGNOF(max_align_t) < 16 ? COW__ALIGNOF(max_align_t) : (size_t)16)
#define COW__HEADER_SIZE ((sizeof(cow__header) + 15) & ~(size_t)15)

static inline char *cow__base(cow__header *h) { return (char *)h + COW__HEADER_SIZE; }

static inline char *cow__used(cow__header *h) { return (char *)COW__LOAD(&h->used, COW__RELAXED); }

COW__BEGIN_C
/* A buffer with room for `capacity` elements, of which `n` will be made at once, the first of them `front` elements behind
   the base. rc is 1. NULL with COW_NOMEM or COW_RANGE. */
COW__API cow__header *cow__buffer_new(const cow_type *type, const cow_alloc *alloc, size_t front, size_t capacity,
                                      size_t n);
/* Destroys all constructed elements and frees the buffer; `value_end` is where the last owner's elements end. */
COW__API COW__COLD void cow__buffer_destroy(cow__header *h, void *value_end);
/* Works off what waits to be destroyed; see node. */
COW__API void cow__destroy_waiting(void);
/* Frees the memory alone. */
COW__API void cow__buffer_free(cow__header *h);
/* Resizes the storage of a unique, settled buffer. The value's pointer moves along. */
COW__API bool cow__buffer_resize(cow__raw *a, size_t capacity);
/* Readies an armed buffer for sharing: raises `used` to `value_end` and clears `limit`. Several threads may do so at once. */
COW__API void cow__buffer_expose(cow__header *h, void *value_end);
/* Unique owners only: destroys the leftovers behind the value, or on both sides, and arms the limit. */
COW__API void cow__buffer_settle_tail(cow__raw *a);
COW__API void cow__buffer_settle(cow__raw *a);
/* Takes `bytes` of free tail behind `value_end` of a shared buffer. False: another branch has it, or there is none. */
COW__API bool cow__buffer_claim(cow__header *h, char *value_end, size_t bytes);
/* Gives a claim back; what was constructed in it has been destroyed. */
COW__API void cow__buffer_unclaim(cow__header *h, char *value_end, size_t bytes);
/* Makes the buffer immortal. Elements of a unique one become uncounted too. */
COW__API void cow__buffer_freeze(cow__raw *a);
COW__END_C

#if COW__DEBUG
#define COW__ALIVE(h, mistake) cow__watch_alive(&(h)->watch, (h)->type->name, mistake)
#define COW__WATCH_SHARE(h, first, last) cow__watch_share(&(h)->watch, (first), (last), (h)->type->name)
#define COW__WATCH_CHECK(h) cow__watch_check(&(h)->watch, (h)->type->name)
#define COW__WATCH_FORGET(h) cow__watch_forget(&(h)->watch, (h)->type->name)
#else
#define COW__ALIVE(h, mistake) ((void)0)
#define COW__WATCH_SHARE(h, first, last) ((void)0)
#define COW__WATCH_CHECK(h) ((void)0)
#define COW__WATCH_FORGET(h) ((void)0)
#endif

/* Whether nothing was shared since the sole owner last settled: it may then write at both ends without looking further. No
   store races with this load: `limit` is only cleared by a copier of a sole owner's variable. That comes before the owner's
   next change, by the rules of use, and before the changes of other copiers' values, because they acquired it. */
static inline bool cow__buffer_armed(cow__header *h) { return COW__LOAD_OWNED(&h->limit) != NULL; }

/* One more value shares the buffer; [p, value_end) are the elements of the value it is taken from. Acquire: whoever finds
   the limit cleared by another copier must also find `used` raised, or its own claim could start below live elements. */
static inline void cow__buffer_retain(cow__header *h, void *p, void *value_end, bool local) {
    COW__ALIVE(h, "use after drop");
    (void)p;
    if (COW__LOAD(&h->limit, COW__ACQUIRE)) cow__buffer_expose(h, value_end);
    cow__rc_retain(&h->rc, local);
    COW__WATCH_SHARE(h, (const char *)p, (const char *)value_end);
    COW__COUNT(RETAINS, 1);
}

/* One value less; the last one destroys the buffer. */
static inline void cow__buffer_release(cow__header *h, void *value_end, bool local) {
    COW__ALIVE(h, "double drop");
    COW__WATCH_CHECK(h);
    if (cow__rc_release(&h->rc, local)) cow__buffer_destroy(h, value_end);
}

/* Whether a value with this header may write in place. NULL means empty, borrowed or frozen: nothing of its own. */
static inline bool cow__buffer_unique(cow__header *h) {
    if (!h) return false;
    COW__ALIVE(h, "use after drop");
    return cow__rc_unique(&h->rc);
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__BUFFER_BODY)
#define COW__BUFFER_BODY
COW__BEGIN_C

/* Bytes of the whole block: padding for strict alignment, header, storage. */
static bool cow__block_size(const cow_type *type, size_t capacity, size_t *out) {
    size_t storage;
    size_t extra = COW__HEADER_SIZE + (type->align > COW__PLAIN_ALIGN ? type->align : 0);
    return cow__mul_size(capacity, type->size, &storage) && cow__add_size(storage, extra, out);
}

/* Places the header in a block so that the storage behind it is aligned. */
static cow__header *cow__place_header(const cow_type *type, char *block) {
    size_t base = (size_t)((uintptr_t)block + COW__HEADER_SIZE), align = type->align;
    size_t pad = align > COW__PLAIN_ALIGN ? (size_t)(-base & (align - 1)) : 0;
    return (cow__header *)(void *)(block + pad);
}

static size_t cow__buffer_block_size(const cow__header *h) {
    size_t size = (size_t)(h->end - h->block);
    if (h->type->align <= COW__PLAIN_ALIGN) return size;
    /* The padding that was not needed in front is behind the storage. */
    return size + h->type->align - (size_t)((const char *)h - h->block);
}

COW__API cow__header *cow__buffer_new(const cow_type *type, const cow_alloc *alloc, size_t front, size_t capacity,
                                      size_t n) {
    size_t size = 0;
    if (!cow__block_size(type, capacity, &size)) return (void)cow__fail(COW_RANGE), (cow__header *)NULL;
    char *block = (char *)cow__allocate_filled(alloc, size, n * type->size);
    if (!block) return (void)cow__fail(COW_NOMEM), (cow__header *)NULL;
    cow__header *h = cow__place_header(type, block);
    h->block = block;
    h->begin = cow__base(h) + front * type->size;
    h->end = cow__base(h) + capacity * type->size;
    h->type = type;
    h->alloc = alloc;
    COW__STORE(&h->rc, 1u, COW__RELAXED);
    COW__STORE(&h->limit, h->end, COW__RELAXED);
    COW__STORE(&h->used, cow__base(h), COW__RELAXED);
    COW__SHUT(cow__base(h), (size_t)(h->end - cow__base(h)));
#if COW__DEBUG
    cow__watch_begin(&h->watch);
#endif
#if COW__LIVE
    cow__live_add(&h->live, type->name, capacity * type->size);
#endif
    COW__COUNT(BUFFERS_NEW, 1);
    COW__COUNT(BYTES_ALLOCATED, capacity * type->size);
    return h;
}

COW__API void cow__buffer_free(cow__header *h) {
    size_t size = cow__buffer_block_size(h);
    char *block = h->block;
    const cow_alloc *alloc = h->alloc;
    COW__OPEN(cow__base(h), (size_t)(h->end - cow__base(h)));
    COW__COUNT(BUFFERS_FREED, 1);
#if COW__LIVE
    cow__live_remove(&h->live);
#endif
#if COW__DEBUG
    h->watch.magic = COW__MAGIC_DEAD;
    if (!alloc) {
        cow__quarantine(block, size);
        return;
    }
#endif
    cow__release(alloc, block, size);
}

/* Dropping an element may drop the last owner of another buffer, and so on ten million deep. A few levels are destroyed at
   once, so that a drop hook finds what it dropped gone; deeper ones queue here, linked through `limit`, and the outermost
   call works them off, with the nodes of maps that queue likewise. */
#define COW__EAGER_LEVELS 16
static COW__THREAD_LOCAL cow__header *cow__doomed;
static COW__THREAD_LOCAL unsigned cow__destroy_level;

static void cow__destroy_one(cow__header *h) {
    cow__elements_drop(h->type, h->begin, cow__used(h));
    cow__buffer_free(h);
}

COW__API void cow__buffer_destroy(cow__header *h, void *value_end) {
    if (!h->type->drop) {
        cow__buffer_free(h);
        return;
    }
    if (cow__used(h) < (char *)value_end) COW__STORE(&h->used, value_end, COW__RELAXED);
    if (cow__destroy_level == COW__EAGER_LEVELS) {
        COW__STORE(&h->limit, cow__doomed, COW__RELAXED);
        cow__doomed = h;
        return;
    }
    cow__destroy_level++;
    cow__destroy_one(h);
    if (cow__destroy_level == 1) cow__destroy_waiting();
    cow__destroy_level--;
}

/* For a unique owner without leftovers. */
static void cow__buffer_arm(cow__header *h) {
    COW__STORE(&h->used, cow__base(h), COW__RELAXED);
    COW__STORE(&h->limit, h->end, COW__RELAXED);
}

COW__API bool cow__buffer_resize(cow__raw *a, size_t capacity) {
    cow__header *h = a->h;
    const cow_type *type = h->type;
    size_t old_size = cow__buffer_block_size(h), size = 0, offset = (size_t)(a->p - cow__base(h));
    if (!cow__block_size(type, capacity, &size)) return cow__fail(COW_RANGE);
    COW__OPEN(cow__base(h), (size_t)(h->end - cow__base(h)));
#if COW__LIVE
    cow__live_remove(&h->live);
#endif
    char *block = (char *)cow__resize(h->alloc, h->block, old_size, size);
    if (block) {
        h = (cow__header *)(void *)block;
        h->block = block;
        h->begin = a->p = cow__base(h) + offset;
        h->end = cow__base(h) + capacity * type->size;
        cow__buffer_arm(h);
        a->h = h;
        COW__COUNT(GROWN_IN_PLACE, 1);
        COW__COUNT(BYTES_ALLOCATED, size > old_size ? size - old_size : 0);
    }
#if COW__LIVE
    cow__live_add(&h->live, type->name, (size_t)(h->end - cow__base(h)));
#endif
    COW__SHUT(cow__base(h), offset);
    COW__SHUT(a->p + a->n * type->size, (size_t)(h->end - (a->p + a->n * type->size)));
    return block ? true : cow__fail(COW_NOMEM);
}

/* One try to raise is enough: while the limit is armed, all who share copy one variable, and raise to the same end.
   One copier alone clears the limit. The others fail to, and that failure acquires: so their own later plain loads of it
   come after the one store (a store by each would race with them). */
COW__API void cow__buffer_expose(cow__header *h, void *value_end) {
    void *u = COW__LOAD(&h->used, COW__RELAXED), *armed = h->end;
    if ((char *)u < (char *)value_end) (void)COW__CAS(&h->used, &u, value_end, COW__RELAXED, COW__RELAXED);
    (void)COW__CAS(&h->limit, &armed, NULL, COW__RELEASE, COW__ACQUIRE);
}

COW__API void cow__buffer_settle_tail(cow__raw *a) {
    cow__header *h = a->h;
    char *end = a->p + a->n * h->type->size, *used = cow__used(h);
    COW__WATCH_FORGET(h);
    cow__buffer_arm(h);
    if (used <= end) return;
    cow__elements_drop(h->type, end, used);
    COW__SHUT(end, (size_t)(used - end));
}

COW__API void cow__buffer_settle(cow__raw *a) {
    cow__header *h = a->h;
    char *begin = h->begin;
    cow__buffer_settle_tail(a);
    h->begin = a->p;
    if (begin == a->p) return;
    cow__elements_drop(h->type, begin, a->p);
    COW__SHUT(begin, (size_t)(a->p - begin));
}

/* Acquire: what a former claimer destroyed when it undid its claim must be over before this one constructs there. */
COW__API bool cow__buffer_claim(cow__header *h, char *value_end, size_t bytes) {
    void *expected = value_end;
    if ((size_t)(h->end - value_end) < bytes) return false;
    if (!COW__CAS(&h->used, &expected, value_end + bytes, COW__ACQUIRE, COW__RELAXED)) return false;
    COW__OPEN(value_end, bytes);
    COW__COUNT(TAIL_CLAIMS, 1);
    return true;
}

COW__API void cow__buffer_unclaim(cow__header *h, char *value_end, size_t bytes) {
    (void)bytes;
    COW__SHUT(value_end, bytes);
    COW__STORE(&h->used, value_end, COW__RELEASE);
}

COW__API void cow__buffer_freeze(cow__raw *a) {
    cow__header *h = a->h;
    size_t size = h->type->size;
    if (cow__rc_unique(&h->rc)) {
        cow__buffer_settle(a);
        if (h->type->freeze)
            for (size_t i = 0; i < a->n; i++) h->type->freeze(a->p + i * size);
    }
    cow__buffer_expose(h, a->p + a->n * size);
    cow__rc_saturate(&h->rc);
#if COW__LIVE
    cow__live_freeze(&h->live);
#endif
    COW__FORGET_LEAK(h->block);
    a->h = NULL;
}

COW__END_C
#endif
