/* SPDX-License-Identifier: MIT */
/* text: what strings are made of: the 24-byte handle and the counted buffer of bytes. Floor 3.

       inline   text and its NUL in bytes 0 to 22 of the handle ...... byte 23: the length, at most 22
       far      header | pointer | length ............................ byte 23: COW__STR_FAR and more flags

   All-zero is the inline empty text. A far handle without a header (a literal, a borrowed or a frozen text) counts
   nothing and is never changed in place. A buffer always ends its text with a NUL; a slice that ends earlier has none,
   and cow_str_cstr looks. So strings never claim a shared tail as arrays do: the byte behind a shared text is its NUL.

   `limit` is the end of the storage while nothing was shared, hashed or edited since the sole owner last settled, else
   NULL: an append needs to look at nothing else. `hashed` says what `hash` is the hash of. It is written once, by
   whoever takes it from none to busy; only a sole owner that is about to change the text takes it back. */
#ifndef COW__TEXT_H
#define COW__TEXT_H

#include "debug.h"
#include "error.h"
#include "live.h"
#include "memory.h"
#include "refcount.h"
#include "stats.h"
#include "trace.h"

typedef struct cow__text {
    cow__atomic_u32 rc;
    cow__atomic_ptr limit;
    char *end;               /* where the NUL of a full buffer stands; NULL when the bytes are adopted */
    cow__atomic_size hashed; /* COW__HASHED_NONE and its kin, or COW__HASHED(n): of the first n bytes, */
    uint64_t hash, seed;     /* by this seed: libraries that each embed cow have their own, and share texts */
    const cow_alloc *alloc;
#if COW__DEBUG
    cow__watch watch;
#endif
#if COW__LIVE
    cow__live live;
#endif
} cow__text;

#define COW__HASHED_NONE ((size_t)0)
#define COW__HASHED_BUSY ((size_t)1)   /* somebody is storing `hash` */
#define COW__HASHED_EDITED ((size_t)2) /* bytes may change unseen, through a pointer from cow_str_edit */
#define COW__HASHED(n) ((n) + 3)

/* A string: 24 bytes, all-zero is "". Private: use the functions. Copying the handle bitwise moves the string. */
typedef struct cow_str {
    cow__text *cow__h;
    const char *cow__p;
    size_t cow__n;
#if UINTPTR_MAX <= 0xffffffffu
    unsigned char cow__rest[24 - 2 * sizeof(void *) - sizeof(size_t)];
#endif
} cow_str;

#define COW__STR_INLINE ((size_t)22)
#define COW__STR_FAR 0x80u
#define COW__STR_OPEN 0x40u /* the byte behind the text may not be read: it is somebody else's */

/* The length and the flags share the last word, so that the flags come to lie in byte 23. */
#if UINTPTR_MAX <= 0xffffffffu
#define COW__STR_LAST(n, tag) \
    (n), { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (tag) }
#define COW__STR_UNPACK(word) (word)
#define COW__STR_UNIT ((size_t)1) /* what a byte of length adds to the word */
#define COW__STR_MOST ((size_t)PTRDIFF_MAX - 4096)
#elif defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define COW__STR_PACK(n, tag) ((size_t)(n) << 8 | (size_t)(tag))
#define COW__STR_UNPACK(word) ((word) >> 8)
#define COW__STR_UNIT ((size_t)256)
#else
#define COW__STR_PACK(n, tag) ((size_t)(n) | (size_t)(tag) << 56)
#define COW__STR_UNPACK(word) ((word) & (SIZE_MAX >> 8))
#define COW__STR_UNIT ((size_t)1)
#endif
#ifdef COW__STR_PACK
#define COW__STR_LAST(n, tag) COW__STR_PACK((n), (tag))
#define COW__STR_MOST ((SIZE_MAX >> 8) - 4096)
#endif

COW__STATIC_ASSERT(sizeof(cow_str) == 24, "cow: a string handle is 24 bytes");
#if UINTPTR_MAX <= 0xffffffffu
COW__STATIC_ASSERT(sizeof(void *) == 4 && offsetof(cow_str, cow__rest) == 12, "cow: flags lie in byte 23");
#else
COW__STATIC_ASSERT(sizeof(size_t) == 8 && offsetof(cow_str, cow__n) == 16, "cow: flags lie in byte 23");
#endif
COW__STATIC_ASSERT(sizeof(cow__text) % COW__ALIGNOF(uint64_t) == 0, "cow: headers can lie side by side");

static inline cow_str cow__str_empty(void) {
    cow_str s;
    memset(&s, 0, sizeof s);
    return s;
}

static inline unsigned cow__str_tag(const cow_str *s) { return ((const unsigned char *)s)[23]; }

static inline bool cow__str_is_far(const cow_str *s) { return (cow__str_tag(s) & COW__STR_FAR) != 0; }

/* The header of a counted text, else NULL. */
static inline cow__text *cow__str_header(const cow_str *s) { return cow__str_is_far(s) ? s->cow__h : NULL; }

static inline void cow__str_set_far(cow_str *s, cow__text *h, const char *p, size_t n, unsigned flags) {
    s->cow__h = h;
    s->cow__p = p;
#ifdef COW__STR_PACK
    s->cow__n = COW__STR_PACK(n, COW__STR_FAR | flags);
#else
    s->cow__n = n;
    s->cow__rest[11] = (unsigned char)(COW__STR_FAR | flags);
#endif
}

/* Ends the text of a handle that holds `n` bytes. */
static inline void cow__str_end_inline(cow_str *s, size_t n) {
    ((char *)s)[n] = '\0';
    ((unsigned char *)s)[23] = (unsigned char)n;
}

static inline char *cow__text_base(cow__text *h) { return (char *)(h + 1); }

/* The bytes of a sole owner's far text, to be written. */
static inline char *cow__str_writable(const cow_str *s) { return (char *)(uintptr_t)s->cow__p; }

/* The bytes of a text that nobody else sees, in the handle or in storage, to be written. */
static inline char *cow__str_owned(cow_str *s) { return cow__str_is_far(s) ? cow__str_writable(s) : (char *)s; }

/* Strings have no descriptor that names the layout. Whoever drops or changes one calls one of these. */
#define cow__text_free COW__ABI_FUNCTION(cow__text_free)
#define cow__str_splice COW__ABI_FUNCTION(cow__str_splice)
#define cow__str_append COW__ABI_FUNCTION(cow__str_append)

COW__BEGIN_C
/* A buffer with room for `capacity` bytes and a NUL, of which `filled` are written at once; rc is 1.
   NULL with COW_NOMEM. */
COW__API cow__text *cow__text_new(size_t capacity, size_t filled, const cow_alloc *alloc);
/* A counted header for bytes that `release` gives back. NULL with COW_NOMEM. */
COW__API cow__text *cow__text_adopt(const void *p, size_t n, void (*release)(void *ctx, const void *p, size_t n),
                                    void *ctx);
/* Resizes the storage of a sole owner, whose first `kept` bytes stay. NULL with COW_NOMEM: nothing happened. */
COW__API cow__text *cow__text_resize(cow__text *h, size_t capacity, size_t kept);
/* Frees the buffer, or gives adopted bytes back. */
COW__API void cow__text_free(cow__text *h);
/* Bytes of memory that the buffer takes. */
COW__API size_t cow__text_bytes(const cow__text *h);
/* Hash of [p, p + n) by `seed`, from the cache where it holds that. */
COW__API uint64_t cow__text_hash(cow__text *h, const char *p, size_t n, uint64_t seed);
COW__END_C

#if COW__DEBUG
#define COW__TEXT_ALIVE(h, mistake) cow__watch_alive(&(h)->watch, "cow_str", mistake)
#define COW__TEXT_SHARE(h, first, last) cow__watch_share(&(h)->watch, (first), (last), "cow_str")
#define COW__TEXT_CHECK(h) cow__watch_check(&(h)->watch, "cow_str")
#define COW__TEXT_FORGET(h) cow__watch_forget(&(h)->watch, "cow_str")
#else
#define COW__TEXT_ALIVE(h, mistake) ((void)0)
#define COW__TEXT_SHARE(h, first, last) ((void)0)
#define COW__TEXT_CHECK(h) ((void)0)
#define COW__TEXT_FORGET(h) ((void)0)
#endif

/* One more value shares the buffer, from now on unwritable. Relaxed: the limit publishes nothing. Whoever loads it next
   as the owner of a variable either made or was handed that variable after this store. */
static inline void cow__text_retain(cow__text *h, const char *first, const char *last) {
    COW__TEXT_ALIVE(h, "use after drop");
    (void)first, (void)last;
    if (COW__LOAD(&h->limit, COW__RELAXED)) COW__STORE(&h->limit, NULL, COW__RELAXED);
    cow__rc_retain(&h->rc, false);
    COW__TEXT_SHARE(h, first, last);
    COW__COUNT(RETAINS, 1);
}

/* One value less; the last one frees the buffer. */
static inline void cow__text_release(cow__text *h) {
    COW__TEXT_ALIVE(h, "double drop");
    COW__TEXT_CHECK(h);
    if (cow__rc_release(&h->rc, false)) cow__text_free(h);
}

/* Whether a text with this header may be written in place. */
static inline bool cow__text_unique(cow__text *h) {
    if (!h) return false;
    COW__TEXT_ALIVE(h, "use after drop");
    return h->end && cow__rc_unique(&h->rc);
}

/* A sole owner is about to change its text: the hash is forgotten, appends may take the short way again. */
static inline void cow__text_settle(cow__text *h) {
    COW__TEXT_FORGET(h);
    COW__STORE(&h->hashed, COW__HASHED_NONE, COW__RELAXED);
    COW__STORE(&h->limit, h->end, COW__RELAXED);
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__TEXT_BODY)
#define COW__TEXT_BODY
COW__BEGIN_C

/* Bytes that somebody else owns, counted. */
typedef struct cow__adopted {
    cow__text text;
    void (*release)(void *ctx, const void *p, size_t n);
    void *ctx;
    const void *p;
    size_t n;
} cow__adopted;

static void cow__text_begin(cow__text *h, char *end, const cow_alloc *alloc) {
    h->end = end;
    h->hash = h->seed = 0;
    h->alloc = alloc;
    COW__STORE(&h->rc, 1u, COW__RELAXED);
    COW__STORE(&h->limit, end, COW__RELAXED);
    COW__STORE(&h->hashed, COW__HASHED_NONE, COW__RELAXED);
#if COW__DEBUG
    cow__watch_begin(&h->watch);
#endif
#if COW__LIVE
    cow__live_add(&h->live, "cow_str", cow__text_bytes(h) - sizeof *h);
#endif
}

/* The block for `capacity` bytes and a NUL, rounded to what common allocators give anyway:
   8 behind a multiple of 16. */
static size_t cow__text_block(size_t capacity) {
    return ((sizeof(cow__text) + capacity + 1 + 8 + 15) & ~(size_t)15) - 8;
}

COW__API cow__text *cow__text_new(size_t capacity, size_t filled, const cow_alloc *alloc) {
    if (capacity > COW__STR_MOST) return (void)cow__fail(COW_RANGE), (cow__text *)NULL;
    size_t size = cow__text_block(capacity);
    cow__text *h = (cow__text *)cow__allocate_filled(alloc, size, filled);
    if (!h) return (void)cow__fail(COW_NOMEM), (cow__text *)NULL;
    cow__text_begin(h, (char *)h + size - 1, alloc);
    COW__SHUT(cow__text_base(h), size - sizeof *h);
    COW__COUNT(BUFFERS_NEW, 1);
    COW__COUNT(BYTES_ALLOCATED, size - sizeof *h);
    return h;
}

COW__API cow__text *cow__text_adopt(const void *p, size_t n, void (*release)(void *ctx, const void *p, size_t n),
                                    void *ctx) {
    cow__adopted *a = (cow__adopted *)cow__allocate(NULL, sizeof *a);
    if (!a) return (void)cow__fail(COW_NOMEM), (cow__text *)NULL;
    a->release = release;
    a->ctx = ctx;
    a->p = p;
    a->n = n;
    cow__text_begin(&a->text, NULL, NULL);
    COW__COUNT(BUFFERS_NEW, 1);
    return &a->text;
}

COW__API size_t cow__text_bytes(const cow__text *h) {
    if (!h->end) return sizeof(cow__adopted) + ((const cow__adopted *)(const void *)h)->n;
    return (size_t)(h->end + 1 - (const char *)h);
}

COW__API cow__text *cow__text_resize(cow__text *h, size_t capacity, size_t kept) {
    const cow_alloc *alloc = h->alloc;
    size_t old_size = cow__text_bytes(h), size = cow__text_block(capacity);
    COW__OPEN(cow__text_base(h), old_size - sizeof *h);
    cow__text *to = NULL;
#if COW__LIVE
    cow__live_remove(&h->live);
#endif
    if (capacity <= COW__STR_MOST) to = (cow__text *)cow__resize(alloc, h, old_size, size);
    if (!to) {
        (void)cow__fail(capacity <= COW__STR_MOST ? COW_NOMEM : COW_RANGE);
        size = old_size;
    }
    cow__text *now = to ? to : h;
    now->end = (char *)now + size - 1;
    COW__STORE(&now->limit, now->end, COW__RELAXED);
    COW__SHUT(cow__text_base(now) + kept, size - sizeof *now - kept);
#if COW__LIVE
    cow__live_add(&now->live, "cow_str", size - sizeof *now);
#endif
    if (to && size > old_size) {
        COW__COUNT(GROWN_IN_PLACE, 1);
        COW__COUNT(BYTES_ALLOCATED, size - old_size);
    }
    return to;
}

COW__API void cow__text_free(cow__text *h) {
    COW__COUNT(BUFFERS_FREED, 1);
#if COW__LIVE
    cow__live_remove(&h->live);
#endif
    size_t size = cow__text_bytes(h);
    if (!h->end) {
        cow__adopted *a = (cow__adopted *)(void *)h;
        size = sizeof *a;
        a->release(a->ctx, a->p, a->n);
    } else {
        COW__OPEN(cow__text_base(h), size - sizeof *h);
    }
#if COW__DEBUG
    h->watch.magic = COW__MAGIC_DEAD;
    if (!h->alloc) {
        cow__quarantine(h, size);
        return;
    }
#endif
    cow__release(h->alloc, h, size);
}

/* A text that begins at the base of its buffer may be cached, by the seed that containers use. Acquire and release
   carry `hash` and `seed` from who stored them. */
COW__API uint64_t cow__text_hash(cow__text *h, const char *p, size_t n, uint64_t seed) {
    bool first = p == (h->end ? cow__text_base(h) : (const char *)((const cow__adopted *)(const void *)h)->p);
    size_t seen = COW__LOAD(&h->hashed, COW__ACQUIRE);
    if (first && seen == COW__HASHED(n) && h->seed == seed) return h->hash;
    uint64_t hash = cow_hash_bytes(p, n, seed);
    if (!first || seen != COW__HASHED_NONE || seed != cow_seed()) return hash;
    if (!COW__CAS(&h->hashed, &seen, COW__HASHED_BUSY, COW__RELAXED, COW__RELAXED)) return hash;
    h->hash = hash;
    h->seed = seed;
    if (h->end) COW__STORE(&h->limit, NULL, COW__RELAXED);
    COW__STORE(&h->hashed, COW__HASHED(n), COW__RELEASE);
    return hash;
}

COW__END_C
#endif
