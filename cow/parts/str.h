/* SPDX-License-Identifier: MIT */
/* str: strings with value semantics: making, sharing, reading and slicing them. Floor 4, built on text.

   Up to 22 bytes live in the handle; longer texts in a counted buffer, shared by copies and slices until one of them
   changes. Unless a function says otherwise: it is O(1); a change of a shared, literal or borrowed text first copies
   it, which is O(n); false or NULL means that nothing happened, and cow_error() says why (COW_NOMEM, COW_RANGE); any
   pointer given to a function may point into the string itself; an embedded NUL is data; one variable may be read by
   many threads at once, and changed by one thread alone. Lengths and positions count bytes.

   The plain name takes a C string, _bytes takes (p, n) where p may be NULL if n is 0, _str takes another string. */
#ifndef COW__STR_H
#define COW__STR_H

#include "text.h"

#include <stdarg.h>

/* Checks formats as the compiler checks those of printf. */
#if defined(__GNUC__)
#define COW__FORMAT(text, first) __attribute__((__format__(__printf__, text, first)))
#else
#define COW__FORMAT(text, first)
#endif

/* ---- Making strings ---- */

/* The string of a literal. Nothing is copied or counted, and nothing needs to be dropped.
   COW_STR_INIT is the same as an initialiser, for static tables.
   Example: static const cow_str days[] = {COW_STR_INIT("Mon"), COW_STR_INIT("Tue")};
            s = COW_STR("Tuesday");
            assert(cow_str_starts_with_str(&s, &days[1])); */
#define COW_STR_INIT(literal) \
    { NULL, "" literal, COW__STR_LAST(sizeof(literal) - 1, COW__STR_FAR) }
#ifdef __cplusplus
#define COW_STR(literal) cow__str_literal("" literal, sizeof(literal) - 1)
static inline cow_str cow__str_literal(const char *p, size_t n) {
    cow_str s;
    cow__str_set_far(&s, NULL, p, n, 0);
    return s;
}
#else
#define COW_STR(literal) ((cow_str)COW_STR_INIT(literal))
#endif

/* For printf, which takes at most INT_MAX bytes and stops at a NUL: the format of a string, and its two arguments.
   Example: char line[32];
            s = COW_STR("cow");
            snprintf(line, sizeof line, "<" COW_STR_FMT ">", COW_STR_ARG(&s));
            assert(strcmp(line, "<cow>") == 0); */
#define COW_STR_FMT "%.*s"
#define COW_STR_ARG(s) (int)cow_str_len(s), cow_str_data(s)

COW__BEGIN_C
/* Makes *out a string of a copy of the bytes. O(n). *out is not read and need not be empty; so with all makers below.
   Example: assert(cow_str_from_bytes(&s, "a\0b", 3) && cow_str_len(&s) == 3); */
COW__API bool cow_str_from_bytes(cow_str *out, const void *p, size_t n);

/* Makes *out what printf would print. COW_INVALID when the arguments cannot be printed (a wide character without a form
   in this locale). O(n).
   Example: assert(cow_str_from_format(&s, "%d of %s", 3, "ten") && cow_str_is(&s, "3 of ten")); */
COW__API bool cow_str_from_format(cow_str *out, const char *format, ...) COW__FORMAT(2, 3);
COW__API bool cow_str_from_vformat(cow_str *out, const char *format, va_list args) COW__FORMAT(2, 0);

/* Makes *out an empty string with room for `capacity` bytes, from `alloc` (NULL: COW_MALLOC). The buffer and those that
   detach from it stay with that allocator, which must outlive them.
   A short text may move into the handle, and leaves it then.
   Example: assert(cow_str_new_in(&s, 100, NULL) && cow_str_capacity(&s) >= 100); */
COW__API bool cow_str_new_in(cow_str *out, size_t capacity, const cow_alloc *alloc);

/* Makes *out a string over bytes of the user's, which never change. When the last copy or slice goes, `release` is
   called with them; up to 22 bytes are copied, and released at once. On failure they stay the caller's.
   A change copies.
   Example: static const char page[] = "thirty bytes of somebody else.";
            assert(cow_str_adopt(&s, page, 30, example_release, NULL) && cow_str_data(&s) == page); */
COW__API bool cow_str_adopt(cow_str *out, const void *p, size_t n, void (*release)(void *ctx, const void *p, size_t n),
                            void *ctx);
COW__END_C

/* Makes *out a copy of a C string. O(n).
   Example: assert(cow_str_from(&s, "hello") && cow_str_len(&s) == 5); */
COW__INLINE bool cow_str_from(cow_str *out, const char *text) { return cow_str_from_bytes(out, text, strlen(text)); }

/* Makes *out an empty string with room for `capacity` bytes.
   Example: assert(cow_str_with_capacity(&s, 1000) && cow_str_is_empty(&s)); */
COW__INLINE bool cow_str_with_capacity(cow_str *out, size_t capacity) {
    if (capacity > COW__STR_INLINE) return cow_str_new_in(out, capacity, NULL);
    *out = cow__str_empty();
    return true;
}

/* A string over bytes that belong to somebody else, never change, and outlive every copy: a constant, a mapped file.
   They need no NUL behind them. Nothing is counted; a change copies.
   Example: s = cow_str_borrow("read only", 4);
            assert(cow_str_is(&s, "read")); */
COW__INLINE cow_str cow_str_borrow(const void *p, size_t n) {
    cow_str s = cow__str_empty();
    if (n) cow__str_set_far(&s, NULL, (const char *)p, n, COW__STR_OPEN);
    return s;
}

/* ---- Reading: nothing is written, not even a count ---- */

/* Bytes of the text.
   Example: s = COW_STR("four");
            assert(cow_str_len(&s) == 4 && !cow_str_is_empty(&s)); */
COW__INLINE size_t cow_str_len(const cow_str *s) {
    if (cow__str_is_far(s)) return COW__STR_UNPACK(s->cow__n);
    COW__ASSUME(cow__str_tag(s) <= COW__STR_INLINE); /* or gcc warns of reading beyond the handle */
    return cow__str_tag(s);
}
COW__INLINE bool cow_str_is_empty(const cow_str *s) { return cow_str_len(s) == 0; }

/* Dies in COW_DEBUG builds when the string was dropped before. */
static inline void cow__str_check(const cow_str *s) {
    (void)s;
#if COW__DEBUG
    if (cow__str_header(s)) COW__TEXT_ALIVE(s->cow__h, "use after drop");
#endif
}

/* Borrows the bytes, until the next change, move, drop or cow_str_cstr of this variable. Never NULL. A slice need not
   have a NUL behind it: cow_str_cstr does.
   Example: s = COW_STR("abc");
            assert(memcmp(cow_str_data(&s), "abc", 3) == 0); */
COW__INLINE const char *cow_str_data(const cow_str *s) {
    cow__str_check(s);
    return cow__str_is_far(s) ? s->cow__p : (const char *)s;
}

/* Borrows byte `i`, until the next change, move, drop or cow_str_cstr of this variable;
   NULL with COW_RANGE when there is none.
   Example: s = COW_STR("abc");
            assert(*cow_str_get(&s, 2) == 'c' && !cow_str_get(&s, 3)); */
COW__INLINE const char *cow_str_get(const cow_str *s, size_t i) {
    if (COW__LIKELY(i < cow_str_len(s))) return cow_str_data(s) + i;
    (void)cow__fail(COW_RANGE);
    return NULL;
}

/* Byte `i` itself, which must exist: COW_DEBUG builds die when it does not.
   Example: s = COW_STR("abc");
            assert(cow_str_at(&s, 0) == 'a'); */
COW__INLINE char cow_str_at(const cow_str *s, size_t i) {
#if COW__DEBUG
    if (i >= cow_str_len(s)) cow__die_of("index out of range", "cow_str", "at() needs an index below the length");
#endif
    return cow_str_data(s)[i];
}

/* Bytes that fit before the storage must grow: 22 in the handle; 0 for a text that is not in storage of its own
   (literal, borrowed, adopted, frozen). Whether they can be used without a copy depends on who shares the buffer.
   Example: assert(cow_str_capacity(&s) == 22); */
COW__INLINE size_t cow_str_capacity(const cow_str *s) {
    cow__str_check(s);
    if (!cow__str_is_far(s)) return COW__STR_INLINE;
    return s->cow__h && s->cow__h->end ? (size_t)(s->cow__h->end - s->cow__p) : 0;
}

/* Whether a change would copy the text, because it is shared, literal, borrowed, adopted or frozen.
   Example: s = COW_STR("constant");
            assert(cow_str_is_shared(&s)); */
COW__INLINE bool cow_str_is_shared(const cow_str *s) {
    return cow__str_is_far(s) && cow_str_len(s) && !cow__text_unique(s->cow__h);
}

/* Bytes of memory outside the handle that this value keeps alive, alone or with others: the whole buffer of a slice,
   the adopted bytes. 0 when none are counted.
   Example: s = COW_STR("free");
            assert(cow_str_retained_bytes(&s) == 0); */
COW__INLINE size_t cow_str_retained_bytes(const cow_str *s) {
    cow__str_check(s);
    return cow__str_header(s) ? cow__text_bytes(s->cow__h) : 0;
}

/* Whether two values are the same bytes in the same place. Short texts never are: they live in their handles.
   Example: s = COW_STR("here");
            t = cow_str_copy(&s);
            assert(cow_str_same(&s, &t)); */
COW__INLINE bool cow_str_same(const cow_str *a, const cow_str *b) {
    return cow_str_data(a) == cow_str_data(b) && cow_str_len(a) == cow_str_len(b);
}

/* ---- Sharing and giving up ---- */

/* Another value of the same text: 24 bytes are copied, and one count raised if it is longer than 22 bytes. Never fails.
   Example: cow_str_from(&s, "kept");
            t = cow_str_copy(&s);
            cow_str_append(&s, " not");
            assert(cow_str_is(&t, "kept")); */
COW__INLINE cow_str cow_str_copy(const cow_str *s) {
    if (cow__str_header(s)) cow__text_retain(s->cow__h, s->cow__p, s->cow__p + COW__STR_UNPACK(s->cow__n));
    return *s;
}

/* Gives up the value and leaves "" behind; may be repeated. The last value to share a buffer frees it.
   Example: cow_str_from(&s, "gone");
            cow_str_drop(&s);
            assert(cow_str_is_empty(&s)); */
COW__INLINE void cow_str_drop(cow_str *s) {
    cow__text *h = cow__str_header(s);
    COW__WRITER_ENTER(s, "cow_str");
    *s = cow__str_empty();
    if (h) cow__text_release(h);
    COW__WRITER_LEAVE(s);
}

/* Takes the value out of the variable and leaves "" there. No count changes.
   Example: cow_str_from(&s, "moved");
            t = cow_str_move(&s);
            assert(cow_str_is_empty(&s) && cow_str_is(&t, "moved")); */
COW__INLINE cow_str cow_str_move(cow_str *s) {
    cow_str out = *s;
    *s = cow__str_empty();
    return out;
}

/* Exchanges two values.
   Example: cow_str_from(&s, "a");
            cow_str_swap(&s, &t);
            assert(cow_str_is(&t, "a")); */
COW__INLINE void cow_str_swap(cow_str *a, cow_str *b) {
    cow_str t = *a;
    *a = *b;
    *b = t;
}

/* Makes *to another value of *from and gives up what it was. The two may be the same variable.
   Example: s = COW_STR("new");
            cow_str_from(&t, "old");
            cow_str_assign(&t, &s);
            assert(cow_str_equal(&s, &t)); */
COW__INLINE void cow_str_assign(cow_str *to, const cow_str *from) {
    cow_str shared = cow_str_copy(from);
    cow_str_drop(to);
    *to = shared;
}

COW__BEGIN_C
/* Makes the text immortal: reading and copying it writes nothing from now on, so that forked workers keep its pages
   shared. A change copies. The memory is never freed.
   Example: cow_str_from(&s, "short texts live in the handle: nothing to freeze");
            cow_str_freeze(&s);
            assert(cow_str_is_shared(&s) && cow_str_retained_bytes(&s) == 0); */
COW__API void cow_str_freeze(cow_str *s);
COW__END_C

/* ---- Slices: values of a part of the text ---- */

/* Slices longer than this share the buffer, and keep all of it alive; shorter ones are copied, which costs no more than
   counting, so that a small slice never pins a large buffer. */
#ifndef COW__STR_SLICE_COPIED
#define COW__STR_SLICE_COPIED ((size_t)512)
#endif
/* A buffer larger than this is not kept alive by a short text, not even by one that is all there is in it. */
#define COW__STR_LARGE (4 * COW__STR_SLICE_COPIED)

COW__BEGIN_C
/* The bytes [begin, end). An end beyond the length, or before begin, gives "" and COW_RANGE. Slices of literals,
   borrowed and frozen texts count and copy nothing. Others share the buffer when longer than 512 bytes (or all of the
   text in a buffer that is not large), else they copy; never fails: where a copy finds no memory, it shares after all.
   cow_str_compact lets go of a buffer.
   Example: s = COW_STR("key=value");
            t = cow_str_slice(&s, 4, 9);
            assert(cow_str_is(&t, "value")); */
COW__API cow_str cow_str_slice(const cow_str *s, size_t begin, size_t end);

/* The text without ASCII white space (space, \t, \n, \v, \f, \r) at both ends, at its start, at its end.
   O(white space).
   Example: s = COW_STR(" a b\n");
            t = cow_str_trim(&s);
            assert(cow_str_is(&t, "a b")); */
COW__API cow_str cow_str_trim(const cow_str *s);
COW__API cow_str cow_str_trim_start(const cow_str *s);
COW__API cow_str cow_str_trim_end(const cow_str *s);
COW__END_C

/* The first `n` bytes, the last `n` bytes, or the whole text when it has fewer; as cow_str_slice.
   Example: s = COW_STR("file.tar.gz");
            t = cow_str_suffix(&s, 3);
            u = cow_str_prefix(&s, 4);
            assert(cow_str_is(&t, ".gz") && cow_str_is(&u, "file")); */
COW__INLINE cow_str cow_str_prefix(const cow_str *s, size_t n) {
    size_t len = cow_str_len(s);
    return cow_str_slice(s, 0, n < len ? n : len);
}
COW__INLINE cow_str cow_str_suffix(const cow_str *s, size_t n) {
    size_t len = cow_str_len(s);
    return cow_str_slice(s, n < len ? len - n : 0, len);
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__STR_BODY)
#define COW__STR_BODY

#include <stdio.h>
#include <string.h>

COW__BEGIN_C

/* Writes where a text of a sole owner or of a handle ends: its length and its NUL. */
static void cow__str_end(cow_str *s, size_t n) {
    if (cow__str_is_far(s)) {
        COW__OPEN(s->cow__p + n, 1);
        cow__str_writable(s)[n] = '\0';
        cow__str_set_far(s, s->cow__h, s->cow__p, n, 0);
    } else {
        cow__str_end_inline(s, n);
    }
}

/* Makes *s an inline text; [p, p + n) may lie in the handle itself. */
static void cow__str_set_inline(cow_str *s, const char *p, size_t n) {
    cow_str out = cow__str_empty();
    if (n) memcpy(&out, p, n);
    ((unsigned char *)&out)[23] = (unsigned char)n;
    *s = out;
}

/* Makes *s a new buffer's text of `n` bytes, which the caller writes next: storage for `capacity`. */
static bool cow__str_set_new(cow_str *s, size_t n, size_t capacity, const cow_alloc *alloc) {
    cow__text *h = cow__text_new(capacity, n, alloc);
    if (!h) return false;
    char *base = cow__text_base(h);
    COW__OPEN(base, n + 1);
    base[n] = '\0';
    cow__str_set_far(s, h, base, n, 0);
    return true;
}

/* Begins a text of `n` bytes in *s: in the handle when it is short, else in storage for `capacity`. Returns where the
   caller writes them, before cow__str_end; NULL when there is no memory. */
static char *cow__str_begin(cow_str *s, size_t n, size_t capacity, const cow_alloc *alloc) {
    *s = cow__str_empty();
    if (n > COW__STR_INLINE && !cow__str_set_new(s, n, capacity, alloc)) return NULL;
    return cow__str_owned(s);
}

static const cow_alloc *cow__str_alloc(const cow_str *s) {
    const cow__text *h = cow__str_header(s);
    return h ? h->alloc : NULL;
}

/* Makes *out an unshared text of a copy of the bytes, without spare room. */
static bool cow__str_make(cow_str *out, const char *p, size_t n, const cow_alloc *alloc) {
    if (n <= COW__STR_INLINE) {
        cow__str_set_inline(out, p, n);
        return true;
    }
    if (!cow__str_set_new(out, n, n, alloc)) return false;
    memcpy(cow__str_writable(out), p, n);
    return true;
}

COW__API bool cow_str_from_bytes(cow_str *out, const void *p, size_t n) {
    return cow__str_make(out, (const char *)p, n, NULL);
}

COW__API bool cow_str_from_format(cow_str *out, const char *format, ...) {
    va_list args;
    va_start(args, format);
    bool ok = cow_str_from_vformat(out, format, args);
    va_end(args);
    return ok;
}

/* Prints `n` bytes. *out stays as it is until then: an argument may point into it. */
static bool cow__str_print(cow_str *out, size_t n, const char *format, va_list args) COW__FORMAT(3, 0);
static bool cow__str_print(cow_str *out, size_t n, const char *format, va_list args) {
    cow_str made;
    if (!cow__str_set_new(&made, n, n, NULL)) return false;
    int printed = vsnprintf(cow__str_writable(&made), n + 1, format, args);
    if (printed < 0 || (size_t)printed != n) return cow_str_drop(&made), cow__fail(COW_INVALID);
    *out = made;
    return true;
}

COW__API bool cow_str_from_vformat(cow_str *out, const char *format, va_list args) {
    char line[256];
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(line, sizeof line, format, args);
    bool ok = n >= 0;
    if (!ok)
        (void)cow__fail(COW_INVALID);
    else if ((size_t)n < sizeof line)
        ok = cow_str_from_bytes(out, line, (size_t)n);
    else
        ok = cow__str_print(out, (size_t)n, format, again);
    va_end(again);
    return ok;
}

COW__API bool cow_str_new_in(cow_str *out, size_t capacity, const cow_alloc *alloc) {
    return cow__str_set_new(out, 0, capacity, alloc);
}

COW__API bool cow_str_adopt(cow_str *out, const void *p, size_t n, void (*release)(void *ctx, const void *p, size_t n),
                            void *ctx) {
    if (n <= COW__STR_INLINE) {
        cow__str_set_inline(out, (const char *)p, n);
        release(ctx, p, n);
        return true;
    }
    if (n > COW__STR_MOST) return cow__fail(COW_RANGE);
    cow__text *h = cow__text_adopt(p, n, release, ctx);
    if (!h) return false;
    cow__str_set_far(out, h, (const char *)p, n, COW__STR_OPEN);
    return true;
}

COW__API void cow_str_freeze(cow_str *s) {
    cow__text *h = cow__str_header(s);
    if (!h) return;
    COW__TEXT_ALIVE(h, "use after drop");
    COW__WRITER_ENTER(s, "cow_str");
    cow__rc_saturate(&h->rc);
#if COW__LIVE
    cow__live_freeze(&h->live);
#endif
    COW__FORGET_LEAK(h);
    s->cow__h = NULL;
    COW__WRITER_LEAVE(s);
}

COW__API cow_str cow_str_slice(const cow_str *s, size_t begin, size_t end) {
    cow_str out = cow__str_empty();
    size_t len = cow_str_len(s), n = end - begin;
    if (begin > end || end > len) return (void)cow__fail(COW_RANGE), out;
    if (!n) return out;
    const char *p = cow_str_data(s) + begin;
    cow__text *h = cow__str_header(s);
    if (n == len && !(h && n <= COW__STR_SLICE_COPIED && cow__text_bytes(h) > COW__STR_LARGE)) return cow_str_copy(s);
    bool counted = h || !cow__str_is_far(s);
    if (counted && n <= COW__STR_INLINE) {
        cow__str_set_inline(&out, p, n);
        return out;
    }
    if (h && n <= COW__STR_SLICE_COPIED) {
        cow_error_code before = cow_error();
        if (cow__str_make(&out, p, n, h->alloc)) return out;
        cow__set_error(before); /* sharing does as well */
    }
    if (h) cow__text_retain(h, s->cow__p, s->cow__p + len);
    cow__str_set_far(&out, h, p, n, end == len ? cow__str_tag(s) & COW__STR_OPEN : 0);
    return out;
}

static bool cow__is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static cow_str cow__str_trim(const cow_str *s, bool start, bool at_end) {
    const char *p = cow_str_data(s);
    size_t begin = 0, end = cow_str_len(s);
    while (start && begin < end && cow__is_space(p[begin])) begin++;
    while (at_end && begin < end && cow__is_space(p[end - 1])) end--;
    return cow_str_slice(s, begin, end);
}

COW__API cow_str cow_str_trim(const cow_str *s) { return cow__str_trim(s, true, true); }
COW__API cow_str cow_str_trim_start(const cow_str *s) { return cow__str_trim(s, true, false); }
COW__API cow_str cow_str_trim_end(const cow_str *s) { return cow__str_trim(s, false, true); }

COW__END_C
#endif
