/* SPDX-License-Identifier: MIT */
/* str_storage: who owns the bytes of a string, how much room they have, and raw access to them.
   Floor 4, built on str. */
#ifndef COW__STR_STORAGE_H
#define COW__STR_STORAGE_H

#include "str.h"

COW__BEGIN_C
COW__API bool cow__str_reserve(cow_str *s, size_t capacity);
COW__API bool cow__str_shrink(cow_str *s);
COW__API bool cow__str_compact(cow_str *s);
COW__API bool cow__str_own(cow_str *s);
COW__API void cow__str_shorten(cow_str *s, size_t n);
COW__API const char *cow__str_terminate(cow_str *s);
COW__END_C

/* A change by shared code: notes the caller for COW_TRACE, and the writer for COW_DEBUG. */
#define COW__STR_CHANGE(s, call)           \
    do {                                   \
        COW__MARK_SITE();                  \
        COW__WRITER_ENTER((s), "cow_str"); \
        bool cow__changed = (call);        \
        COW__WRITER_LEAVE(s);              \
        return cow__changed;               \
    } while (0)

/* Makes the value unshared, with room for `capacity` bytes in all.
   Example: assert(cow_str_reserve(&s, 1000) && cow_str_capacity(&s) >= 1000); */
COW__INLINE bool cow_str_reserve(cow_str *s, size_t capacity) { COW__STR_CHANGE(s, cow__str_reserve(s, capacity)); }

/* Gives spare room back to the allocator; a short text moves into the handle. Shared storage is left as it is. O(n).
   Example: cow_str_reserve(&s, 1000);
            assert(cow_str_shrink(&s) && cow_str_capacity(&s) == 22); */
COW__INLINE bool cow_str_shrink(cow_str *s) { COW__STR_CHANGE(s, cow__str_shrink(s)); }

/* Keeps no more memory alive than the text needs: a slice that retains a larger buffer is copied out of it, spare room
   is given back. What is counted nowhere (literal, borrowed, frozen) stays. O(n).
   Example: cow_str_from_format(&s, "%01000d", 0);
            t = cow_str_slice(&s, 0, 600);
            assert(cow_str_retained_bytes(&t) > 1000);
            assert(cow_str_compact(&t) && cow_str_retained_bytes(&t) < 700); */
COW__INLINE bool cow_str_compact(cow_str *s) { COW__STR_CHANGE(s, cow__str_compact(s)); }

/* Shortens to `n` bytes; COW_RANGE when there are fewer. Keeps the storage unless it is shared; a shared one is sliced.
   Example: cow_str_from(&s, "abcdef");
            assert(cow_str_truncate(&s, 3) && cow_str_is(&s, "abc")); */
COW__INLINE bool cow_str_truncate(cow_str *s, size_t n) {
    if (n > cow_str_len(s)) return cow__fail(COW_RANGE);
    COW__WRITER_ENTER(s, "cow_str");
    cow__str_shorten(s, n);
    COW__WRITER_LEAVE(s);
    return true;
}

/* Removes all bytes; keeps the storage unless it is shared.
   Example: cow_str_from(&s, "abc");
            cow_str_clear(&s);
            assert(cow_str_is_empty(&s)); */
COW__INLINE void cow_str_clear(cow_str *s) { (void)cow_str_truncate(s, 0); }

/* Borrows the bytes for writing, until the next change, copy, move or drop: makes the value unshared once, for tight
   loops. NULL with COW_ABSENT when it is empty. The hash of an edited text is not cached until the next change.
   Example: cow_str_from(&s, "cat");
            cow_str_edit(&s)[0] = 'h';
            assert(cow_str_is(&s, "hat")); */
COW__INLINE char *cow_str_edit(cow_str *s) {
    if (cow_str_is_empty(s)) return (void)cow__fail(COW_ABSENT), (char *)NULL;
    COW__MARK_SITE();
    COW__WRITER_ENTER(s, "cow_str");
    bool ok = cow__str_own(s);
    COW__WRITER_LEAVE(s);
    if (!ok) return NULL;
    if (!cow__str_is_far(s)) return (char *)s;
    char *p = cow__str_writable(s);
    COW__OPEN(p + cow_str_len(s), 1);
    p[cow_str_len(s)] = '\0'; /* so that cow_str_cstr need not change what is being edited */
    COW__STORE(&s->cow__h->limit, NULL, COW__RELAXED);
    COW__STORE(&s->cow__h->hashed, COW__HASHED_EDITED, COW__RELAXED);
    return p;
}

/* Borrows the text with a NUL behind it, until the next change, move or drop. A slice gets its NUL in place when nobody
   else sees the buffer; else it is copied, which ends other pointers into it: NULL when that fails. All other texts
   have their NUL already. A text with embedded NULs looks shorter to C.
   Example: s = COW_STR("half-open");
            t = cow_str_slice(&s, 0, 4);
            assert(strcmp(cow_str_cstr(&t), "half") == 0); */
COW__INLINE const char *cow_str_cstr(cow_str *s) {
    cow__str_check(s);
    if (!cow__str_is_far(s)) return (const char *)s;
    if (!(cow__str_tag(s) & COW__STR_OPEN) && s->cow__p[COW__STR_UNPACK(s->cow__n)] == '\0') return s->cow__p;
    COW__MARK_SITE();
    return cow__str_terminate(s);
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__STR_STORAGE_BODY)
#define COW__STR_STORAGE_BODY
COW__BEGIN_C

/* Poisons the spare room of a sole owner. */
static void cow__str_shut_tail(const cow_str *s) {
    const char *end = cow_str_data(s) + cow_str_len(s);
    if (cow__str_is_far(s)) COW__SHUT(end + 1, (size_t)(s->cow__h->end - end));
    (void)end;
}

/* The bytes to be changed in place, and how many fit there; NULL when others see them too. */
static char *cow__str_in_place(cow_str *s, size_t *room) {
    if (!cow__str_is_far(s)) {
        *room = COW__STR_INLINE;
        return (char *)s;
    }
    *room = 0;
    if (!cow__text_unique(s->cow__h)) return NULL;
    cow__text_settle(s->cow__h);
    *room = (size_t)(s->cow__h->end - s->cow__p);
    return cow__str_writable(s);
}

/* Gives up what *s was and makes it *made. */
static void cow__str_become(cow_str *s, const cow_str *made) {
    cow__text *h = cow__str_header(s);
    *s = *made;
    if (h) cow__text_release(h);
}

/* The same for a copy that sharing forced (or the text's own bytes, given as an argument):
   COW_TRACE and COW_STATS hear of it. */
static void cow__str_detach_to(cow_str *s, const cow_str *made, size_t copied) {
    cow__text *h = cow__str_header(s);
    if (cow__str_is_far(s) && copied) {
        cow_reason unshared = h && h->end && cow__rc_unique(&h->rc) ? COW_REASON_ALIAS : COW_REASON_SHARED;
        COW__TRACE_COPY("cow_str", copied, copied, h && h->end ? unshared : COW_REASON_BORROWED);
        COW__COUNT(COPIES, 1);
        COW__COUNT(BYTES_COPIED, copied);
        (void)unshared;
    }
    cow__str_become(s, made);
}

/* Makes the storage of a sole owner's text at its base larger or smaller; on failure nothing happened. */
static bool cow__str_resize(cow_str *s, size_t capacity) {
    size_t n = cow_str_len(s);
    cow__text *h = cow__text_resize(s->cow__h, capacity, n + 1);
    if (h) cow__str_set_far(s, h, cow__text_base(h), n, 0);
    return h != NULL;
}

/* Whether the allocator may move the text of a sole owner. Not in COW_DEBUG builds:
   a stale handle must find a dead header. */
static bool cow__str_can_resize(const cow_str *s) {
    cow__text *h = cow__str_header(s);
    return COW__FAST_PATHS && h && s->cow__p == cow__text_base(h) && cow__can_resize(h->alloc);
}

COW__API bool cow__str_reserve(cow_str *s, size_t capacity) {
    size_t room, n = cow_str_len(s);
    cow_str made;
    char *p = cow__str_in_place(s, &room);
    if (p && capacity <= room) return true;
    /* Once owned it stays so; but it may have become ours just now, as it was, and without the room. */
    if (!p && (capacity <= COW__STR_INLINE || capacity < n)) return cow__str_own(s) && cow__str_reserve(s, capacity);
    if (p && cow__str_can_resize(s)) return cow__str_resize(s, capacity);
    if (!cow__str_set_new(&made, n, capacity, cow__str_alloc(s))) return false;
    if (n) memcpy(cow__str_writable(&made), cow_str_data(s), n);
    if (p)
        cow__str_become(s, &made);
    else
        cow__str_detach_to(s, &made, n);
    return true;
}

COW__API bool cow__str_own(cow_str *s) {
    size_t room, n = cow_str_len(s);
    if (cow__str_in_place(s, &room)) return true;
    cow_str made;
    if (!cow__str_make(&made, cow_str_data(s), n, cow__str_alloc(s))) return false;
    cow__str_detach_to(s, &made, n);
    return true;
}

/* Moves the text to storage that is not larger than it needs. */
static bool cow__str_tighten(cow_str *s) {
    cow_str made;
    size_t n = cow_str_len(s);
    if (n > COW__STR_INLINE && cow__text_unique(s->cow__h) && cow__str_can_resize(s)) {
        cow__text_settle(s->cow__h);
        return cow__str_resize(s, n);
    }
    if (!cow__str_make(&made, cow_str_data(s), n, cow__str_alloc(s))) return false;
    cow__str_become(s, &made);
    return true;
}

/* Whether the text keeps more memory alive than a copy of it would. */
static bool cow__str_is_loose(const cow_str *s) {
    const cow__text *h = cow__str_header(s);
    size_t n = cow_str_len(s);
    if (!h) return false;
    if (!h->end) return cow__text_bytes(h) - sizeof(cow__adopted) > n;
    return cow__text_bytes(h) > (n <= COW__STR_INLINE ? 0 : cow__text_block(n));
}

COW__API bool cow__str_shrink(cow_str *s) {
    return !cow__str_is_loose(s) || !cow__text_unique(s->cow__h) || cow__str_tighten(s);
}

COW__API bool cow__str_compact(cow_str *s) { return !cow__str_is_loose(s) || cow__str_tighten(s); }

COW__API void cow__str_shorten(cow_str *s, size_t n) {
    size_t room, len = cow_str_len(s);
    if (n == len) return;
    char *p = cow__str_in_place(s, &room);
    if (!p) {
        cow_str made = cow_str_slice(s, 0, n);
        cow__str_become(s, &made);
        return;
    }
    if (!n && cow__str_is_far(s)) s->cow__p = cow__text_base(s->cow__h);
    cow__str_end(s, n);
    cow__str_shut_tail(s);
}

/* A slice that runs to a readable NUL has it; one that is the sole owner's can put its own. */
COW__API const char *cow__str_terminate(cow_str *s) {
    COW__WRITER_ENTER(s, "cow_str");
    bool ok = cow__str_own(s);
    if (ok) cow__str_end(s, cow_str_len(s));
    COW__WRITER_LEAVE(s);
    return ok ? cow_str_data(s) : NULL;
}

COW__END_C
#endif
