/* SPDX-License-Identifier: MIT */
/* memory: checked size arithmetic, the allocator hooks, big blocks, poisoning. Floor 1.

   Every block the library owns comes from here, and every size is computed here. */
#ifndef COW__MEMORY_H
#define COW__MEMORY_H

#include "config.h"

/* An allocator instance. A value that is created with one allocates from it for as long as its buffer lives, and so
   do the copies that detach from it; it must outlive them all. Blocks are aligned to 16 bytes. `resize` may be NULL. */
typedef struct cow_alloc {
    void *(*alloc)(void *ctx, size_t size);
    void *(*resize)(void *ctx, void *p, size_t old_size, size_t new_size);
    void (*release)(void *ctx, void *p, size_t size);
    void *ctx;
} cow_alloc;

/* a * b and a + b; false when the result does not fit into a pointer difference. */
static inline bool cow__mul_size(size_t a, size_t b, size_t *out) {
#if defined(__GNUC__)
    return !__builtin_mul_overflow(a, b, out) && *out <= (size_t)PTRDIFF_MAX;
#else
    if (b != 0 && a > (size_t)PTRDIFF_MAX / b) return false;
    *out = a * b;
    return true;
#endif
}

static inline bool cow__add_size(size_t a, size_t b, size_t *out) {
    if (a > (size_t)PTRDIFF_MAX || b > (size_t)PTRDIFF_MAX - a) return false;
    *out = a + b;
    return true;
}

/* Spare capacity is poisoned under AddressSanitizer, so that a write past the length is caught even when it stays
   inside the block. `shut` makes bytes untouchable, `open` makes them usable. */
#if defined(__SANITIZE_ADDRESS__)
#define COW__ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COW__ASAN 1
#endif
#endif
#ifndef COW__ASAN
#define COW__ASAN 0
#endif
#if COW__ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#define COW__SHUT(p, bytes) __asan_poison_memory_region((p), (bytes))
#define COW__OPEN(p, bytes) __asan_unpoison_memory_region((p), (bytes))
#define COW__FORGET_LEAK(p) __lsan_ignore_object(p)
#else
#define COW__SHUT(p, bytes) ((void)(p), (void)(bytes))
#define COW__OPEN(p, bytes) ((void)(p), (void)(bytes))
#define COW__FORGET_LEAK(p) ((void)(p))
#endif

COW__BEGIN_C
/* Allocates, resizes and frees through `from`, or through COW_MALLOC and its kin when `from` is NULL. NULL on failure. */
COW__API void *cow__allocate(const cow_alloc *from, size_t size);
COW__API void *cow__resize(const cow_alloc *from, void *p, size_t old_size, size_t new_size);
COW__API void cow__release(const cow_alloc *from, void *p, size_t size);
/* Whether blocks of `from` can grow where they stand (or move cheaply). */
COW__API bool cow__can_resize(const cow_alloc *from);
/* A block of which `filled` bytes are written at once. When those are many, it is aligned to 2 MiB and asks for huge pages:
   page faults, not copying, are what a large detach costs. */
COW__API void *cow__allocate_filled(const cow_alloc *from, size_t size, size_t filled);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__MEMORY_BODY)
#define COW__MEMORY_BODY

#include <stdlib.h>

#if (defined(COW_MALLOC) || defined(COW_REALLOC) || defined(COW_FREE)) && \
    !(defined(COW_MALLOC) && defined(COW_REALLOC) && defined(COW_FREE))
#error "cow: define COW_MALLOC, COW_REALLOC and COW_FREE together"
#endif
/* Override the three together, before the implementation. COW_REALLOC and COW_FREE are told the size of the block. */
#ifndef COW_MALLOC
#define COW_MALLOC(size) malloc(size)
#define COW_REALLOC(p, old_size, new_size) ((void)(old_size), realloc((p), (new_size)))
#define COW_FREE(p, size) ((void)(size), free(p))
#if defined(__linux__) && defined(__GNUC__)
#define COW__HUGE_PAGES 1
#endif
#endif
#ifndef COW__HUGE_PAGES
#define COW__HUGE_PAGES 0
#endif

#define COW__HUGE_PAGE ((size_t)2 << 20)
#define COW__HUGE_BLOCK ((size_t)4 << 20)

COW__BEGIN_C

COW__API void *cow__allocate(const cow_alloc *from, size_t size) {
    return from ? from->alloc(from->ctx, size) : COW_MALLOC(size);
}

COW__API void *cow__resize(const cow_alloc *from, void *p, size_t old_size, size_t new_size) {
    return from ? from->resize(from->ctx, p, old_size, new_size) : COW_REALLOC(p, old_size, new_size);
}

COW__API void cow__release(const cow_alloc *from, void *p, size_t size) {
    if (from)
        from->release(from->ctx, p, size);
    else
        COW_FREE(p, size);
}

COW__API bool cow__can_resize(const cow_alloc *from) { return !from || from->resize; }

#if COW__HUGE_PAGES
/* madvise under a private name: -std=c11 hides its declaration, and a second one would clash with the system's.
   14 is MADV_HUGEPAGE on every Linux architecture. A refusal is harmless: the block then has small pages. */
extern int cow__madvise(void *p, size_t size, int advice) __asm__("madvise");
#define COW__MADV_HUGEPAGE 14
#endif

COW__API void *cow__allocate_filled(const cow_alloc *from, size_t size, size_t filled) {
#if COW__HUGE_PAGES
    if (!from && filled >= COW__HUGE_BLOCK) {
        size_t rounded = (size + COW__HUGE_PAGE - 1) & ~(COW__HUGE_PAGE - 1);
        void *p = aligned_alloc(COW__HUGE_PAGE, rounded);
        /* Whole huge pages only: the last piece would waste most of one. */
        if (p) (void)cow__madvise(p, size & ~(COW__HUGE_PAGE - 1), COW__MADV_HUGEPAGE);
        return p;
    }
#endif
    (void)filled;
    return cow__allocate(from, size);
}

COW__END_C
#endif
