/* SPDX-License-Identifier: MIT */
/* str_write: appending, inserting, replacing and removing. Floor 4, built on str_storage.

   Every change of length is one splice: some bytes of the text are replaced by others. */
#ifndef COW__STR_WRITE_H
#define COW__STR_WRITE_H

#include "str_storage.h"

COW__BEGIN_C
/* Replaces [begin, end) by the `n` bytes at `p`, in place where there is room and nobody else sees it. */
COW__API bool cow__str_splice(cow_str *s, size_t begin, size_t end, const void *p, size_t n);
COW__API bool cow__str_append(cow_str *s, const void *p, size_t n);
COW__API bool cow__str_append_byte(cow_str *s, char c);
COW__API bool cow__str_append_vformat(cow_str *s, const char *format, va_list args) COW__FORMAT(2, 0);
COW__API bool cow__str_resize_filled(cow_str *s, size_t n, char fill);
COW__API bool cow__str_fill(cow_str *s, char c);
COW__API bool cow__str_reverse(cow_str *s);
COW__API bool cow__str_replace_all(cow_str *s, const void *what, size_t what_n, const void *by, size_t by_n);
/* Moves the letters from `first` to its 25th follower to the other case. */
COW__API bool cow__str_flip_case(cow_str *s, char first);
COW__END_C

/* ---- Appending: amortised O(bytes added) while unshared ---- */

/* Append bytes: all of them or none.
   Example: cow_str_append(&s, "key");
            cow_str_append_byte(&s, '=');
            cow_str_append_bytes(&s, "value...", 5);
            cow_str_append_str(&s, &s);
            assert(cow_str_is(&s, "key=valuekey=value")); */
COW__INLINE bool cow_str_append_bytes(cow_str *s, const void *p, size_t n) {
    if (COW__FAST_PATHS && COW__LIKELY(cow__str_is_far(s))) {
        cow__text *h = s->cow__h;
        char *end = cow__str_writable(s) + COW__STR_UNPACK(s->cow__n);
        uintptr_t limit = h ? (uintptr_t)COW__LOAD(&h->limit, COW__RELAXED) : 0;
        if (COW__LIKELY(limit > (uintptr_t)end && n <= limit - (uintptr_t)end)) {
            COW__OPEN(end, n + 1);
            if (n) memmove(end, p, n);
            end[n] = '\0';
            s->cow__n += COW__STR_UNIT * n;
            return true;
        }
    }
    COW__STR_CHANGE(s, cow__str_append(s, p, n));
}
COW__INLINE bool cow_str_append(cow_str *s, const char *text) { return cow_str_append_bytes(s, text, strlen(text)); }
COW__INLINE bool cow_str_append_str(cow_str *s, const cow_str *t) {
    return cow_str_append_bytes(s, cow_str_data(t), cow_str_len(t));
}
COW__INLINE bool cow_str_append_byte(cow_str *s, char c) {
    if (COW__FAST_PATHS && COW__LIKELY(cow__str_is_far(s))) {
        cow__text *h = s->cow__h;
        char *end = cow__str_writable(s) + COW__STR_UNPACK(s->cow__n);
        if (COW__LIKELY(h && end < (char *)COW__LOAD(&h->limit, COW__RELAXED))) {
            COW__OPEN(end, 2);
            end[0] = c;
            end[1] = '\0';
            s->cow__n += COW__STR_UNIT;
            return true;
        }
    }
    COW__STR_CHANGE(s, cow__str_append_byte(s, c));
}

/* Append what printf would print; the arguments may point into the string. COW_INVALID when they cannot be printed.
   Example: cow_str_append_format(&s, "%d+%d", 1, 2);
            cow_str_append_format(&s, "=%d (%s)", 3, cow_str_cstr(&s));
            assert(cow_str_is(&s, "1+2=3 (1+2)")); */
COW__INLINE bool cow_str_append_vformat(cow_str *s, const char *format, va_list args) COW__FORMAT(2, 0);
COW__INLINE bool cow_str_append_vformat(cow_str *s, const char *format, va_list args) {
    COW__STR_CHANGE(s, cow__str_append_vformat(s, format, args));
}
COW__BEGIN_C
COW__API bool cow_str_append_format(cow_str *s, const char *format, ...) COW__FORMAT(2, 3);
COW__END_C

/* ---- Changing anywhere: O(n) ---- */

/* Replace the bytes [begin, end) by others; COW_RANGE when there are no such bytes.
   Example: cow_str_from(&s, "2026-11-21");
            assert(cow_str_replace(&s, 5, 7, "November") && cow_str_is(&s, "2026-November-21")); */
COW__INLINE bool cow_str_replace_bytes(cow_str *s, size_t begin, size_t end, const void *p, size_t n) {
    COW__STR_CHANGE(s, cow__str_splice(s, begin, end, p, n));
}
COW__INLINE bool cow_str_replace(cow_str *s, size_t begin, size_t end, const char *text) {
    return cow_str_replace_bytes(s, begin, end, text, strlen(text));
}
COW__INLINE bool cow_str_replace_str(cow_str *s, size_t begin, size_t end, const cow_str *t) {
    return cow_str_replace_bytes(s, begin, end, cow_str_data(t), cow_str_len(t));
}

/* Insert bytes before byte `i`, which may be the length.
   Example: cow_str_from(&s, "ac");
            assert(cow_str_insert(&s, 1, "b") && cow_str_is(&s, "abc")); */
COW__INLINE bool cow_str_insert_bytes(cow_str *s, size_t i, const void *p, size_t n) {
    return cow_str_replace_bytes(s, i, i, p, n);
}
COW__INLINE bool cow_str_insert(cow_str *s, size_t i, const char *text) {
    return cow_str_insert_bytes(s, i, text, strlen(text));
}
COW__INLINE bool cow_str_insert_str(cow_str *s, size_t i, const cow_str *t) {
    return cow_str_insert_bytes(s, i, cow_str_data(t), cow_str_len(t));
}

/* Insert bytes before the first one.
   Example: cow_str_from(&s, "world");
            assert(cow_str_prepend(&s, "hello ") && cow_str_is(&s, "hello world")); */
COW__INLINE bool cow_str_prepend_bytes(cow_str *s, const void *p, size_t n) { return cow_str_insert_bytes(s, 0, p, n); }
COW__INLINE bool cow_str_prepend(cow_str *s, const char *text) { return cow_str_insert(s, 0, text); }
COW__INLINE bool cow_str_prepend_str(cow_str *s, const cow_str *t) { return cow_str_insert_str(s, 0, t); }

/* Remove the bytes [begin, end), or byte `i`; COW_RANGE when there are none such. Removing at either end copies
   nothing, except what is left of a shared text when that is short.
   Example: cow_str_from(&s, "abcdef");
            cow_str_erase_range(&s, 1, 3);
            cow_str_erase(&s, 0);
            assert(cow_str_is(&s, "def")); */
COW__INLINE bool cow_str_erase_range(cow_str *s, size_t begin, size_t end) {
    return cow_str_replace_bytes(s, begin, end, NULL, 0);
}
COW__INLINE bool cow_str_erase(cow_str *s, size_t i) {
    return i < cow_str_len(s) ? cow_str_erase_range(s, i, i + 1) : cow__fail(COW_RANGE);
}

/* Replace every occurrence of `what` by `by`, from left to right without overlaps, in one pass. COW_RANGE when `what`
   is empty. When there is none, nothing is copied.
   Example: cow_str_from(&s, "a, b, c");
            assert(cow_str_replace_all(&s, ", ", ";") && cow_str_is(&s, "a;b;c")); */
COW__INLINE bool cow_str_replace_all_bytes(cow_str *s, const void *what, size_t what_n, const void *by, size_t by_n) {
    COW__STR_CHANGE(s, cow__str_replace_all(s, what, what_n, by, by_n));
}
COW__INLINE bool cow_str_replace_all(cow_str *s, const char *what, const char *by) {
    return cow_str_replace_all_bytes(s, what, strlen(what), by, strlen(by));
}
COW__INLINE bool cow_str_replace_all_str(cow_str *s, const cow_str *what, const cow_str *by) {
    return cow_str_replace_all_bytes(s, cow_str_data(what), cow_str_len(what), cow_str_data(by), cow_str_len(by));
}

/* Makes the length `n`: cuts, or appends copies of `fill`.
   Example: cow_str_resize(&s, 3, '-');
            assert(cow_str_is(&s, "---")); */
COW__INLINE bool cow_str_resize(cow_str *s, size_t n, char fill) {
    if (n <= cow_str_len(s)) return cow_str_truncate(s, n);
    COW__STR_CHANGE(s, cow__str_resize_filled(s, n, fill));
}

/* Replaces byte `i`; COW_RANGE when there is none.
   Example: cow_str_from(&s, "cat");
            assert(cow_str_set(&s, 0, 'b') && cow_str_is(&s, "bat")); */
COW__INLINE bool cow_str_set(cow_str *s, size_t i, char c) {
    if (i >= cow_str_len(s)) return cow__fail(COW_RANGE);
    if (!COW__FAST_PATHS || (cow__str_is_far(s) && !cow__text_unique(s->cow__h)))
        return cow_str_replace_bytes(s, i, i + 1, &c, 1);
    if (cow__str_is_far(s)) cow__text_settle(s->cow__h);
    cow__str_owned(s)[i] = c;
    return true;
}

/* Makes every byte `c`.
   Example: cow_str_from(&s, "secret");
            assert(cow_str_fill(&s, '*') && cow_str_is(&s, "******")); */
COW__INLINE bool cow_str_fill(cow_str *s, char c) { COW__STR_CHANGE(s, cow__str_fill(s, c)); }

/* Reverses the order of the bytes (not of code points).
   Example: cow_str_from(&s, "abc");
            assert(cow_str_reverse(&s) && cow_str_is(&s, "cba")); */
COW__INLINE bool cow_str_reverse(cow_str *s) { COW__STR_CHANGE(s, cow__str_reverse(s)); }

/* Move the ASCII letters to one case; all other bytes stay, and so does UTF-8.
   When there is nothing to move, nothing is copied.
   Example: cow_str_from(&s, "Straße 7");
            assert(cow_str_to_upper(&s) && cow_str_is(&s, "STRAßE 7")); */
COW__INLINE bool cow_str_to_lower(cow_str *s) { COW__STR_CHANGE(s, cow__str_flip_case(s, 'A')); }
COW__INLINE bool cow_str_to_upper(cow_str *s) { COW__STR_CHANGE(s, cow__str_flip_case(s, 'a')); }

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__STR_WRITE_BODY)
#define COW__STR_WRITE_BODY

#include "find.h"

COW__BEGIN_C

/* The capacity for a text of `n` bytes that outgrew `room`, so that appending costs O(1) on average:
   the block doubles, header and all. */
static size_t cow__str_growth(size_t n, size_t room) {
    size_t doubled = room < COW__STR_MOST / 4 ? 2 * room + sizeof(cow__text) : n;
    return n < doubled ? doubled : n;
}

/* Whether `p` points into the text, its NUL, or its storage. */
static bool cow__str_holds(const cow_str *s, const void *p) {
    uintptr_t at = (uintptr_t)p, from = (uintptr_t)cow_str_data(s), to = from + cow_str_len(s);
    if (!cow__str_is_far(s)) from = (uintptr_t)s, to = (uintptr_t)(s + 1);
    return from <= at && at <= to;
}

/* The same bytes as a text of `total`, in storage of its own. */
static bool cow__str_splice_new(cow_str *s, size_t begin, size_t end, const void *p, size_t n, size_t total) {
    size_t len = cow_str_len(s), capacity = total;
    const char *text = cow_str_data(s);
    bool unshared = !cow__str_is_far(s) || cow__text_unique(s->cow__h);
    /* An unshared text that outgrew its storage goes on growing. */
    if (unshared && n > end - begin && total > COW__STR_INLINE) capacity = cow__str_growth(total, len);
    cow_str made;
    char *to = cow__str_begin(&made, total, capacity, cow__str_alloc(s));
    if (!to) return false;
    if (begin) memcpy(to, text, begin);
    if (n) memcpy(to + begin, p, n);
    if (len - end) memcpy(to + begin + n, text + end, len - end);
    cow__str_end(&made, total);
    if (unshared && !cow__str_holds(s, p))
        cow__str_become(s, &made);
    else
        cow__str_detach_to(s, &made, len - (end - begin));
    return true;
}

/* Replaces the first `end` bytes and leaves the rest where it is: the start of a sole owner's text moves (`text` is its
   bytes), and a shared text (NULL) that only loses bytes is sliced. False when neither will do. */
static bool cow__str_splice_front(cow_str *s, const char *text, size_t end, const void *p, size_t n) {
    size_t len = cow_str_len(s);
    if (!cow__str_is_far(s) || (!text && n)) return false;
    if (!text) {
        cow_str made = cow_str_slice(s, end, len);
        return cow__str_become(s, &made), true;
    }
    if (n == end || n > end + (size_t)(text - cow__text_base(s->cow__h))) return false;
    cow__str_set_far(s, s->cow__h, text + end - n, len - end + n, 0);
    if (n) memcpy(cow__str_writable(s), p, n);
    return true;
}

/* Replaces [begin, end) of a text at `text` that nobody else sees and that has the room. */
static void cow__str_splice_there(cow_str *s, char *text, size_t begin, size_t end, const void *p, size_t n) {
    size_t rest = cow_str_len(s) - end, total = begin + n + rest;
    if (cow__str_is_far(s)) COW__OPEN(text, total + 1);
    if (rest) memmove(text + begin + n, text + end, rest);
    if (n) memmove(text + begin, p, n);
    cow__str_end(s, total);
    cow__str_shut_tail(s);
}

COW__API bool cow__str_splice(cow_str *s, size_t begin, size_t end, const void *p, size_t n) {
    size_t room, len = cow_str_len(s);
    if (begin > end || end > len) return cow__fail(COW_RANGE);
    size_t rest = len - end, total = begin + rest;
    if (n > COW__STR_MOST - total) return cow__fail(COW_RANGE);
    total += n;
    if (begin == end && !n) return true;
    if (!n && !rest) return cow__str_shorten(s, begin), true;
    char *text = cow__str_in_place(s, &room);
    bool inside = n && cow__str_holds(s, p);
    size_t offset = inside ? (size_t)((uintptr_t)p - (uintptr_t)text) : 0;
    if (inside && rest) text = NULL; /* what is inserted would move away under our hands */
    if (!begin && rest && cow__str_splice_front(s, text, end, p, n)) return true;
    if (text && total > room && cow__str_can_resize(s)) {
        if (!cow__str_resize(s, cow__str_growth(total, room))) return false;
        text = cow__str_writable(s);
        if (inside) p = text + offset;
        room = total;
    }
    if (!text || total > room) return cow__str_splice_new(s, begin, end, p, n, total);
    cow__str_splice_there(s, text, begin, end, p, n);
    return true;
}

COW__API bool cow__str_append(cow_str *s, const void *p, size_t n) {
    size_t len = cow_str_len(s);
    if (cow__str_is_far(s) || n > COW__STR_INLINE - len) return cow__str_splice(s, len, len, p, n);
    if (n) memmove((char *)s + len, p, n);
    cow__str_end(s, len + n);
    return true;
}

/* Apart from cow__str_append, so that the short way needs no address of `c`. */
COW__API bool cow__str_append_byte(cow_str *s, char c) { return cow__str_append(s, &c, 1); }

/* Through a string of its own: arguments may point into *s, which must not change while they are printed. */
COW__API bool cow__str_append_vformat(cow_str *s, const char *format, va_list args) {
    cow_str printed;
    if (!cow_str_from_vformat(&printed, format, args)) return false;
    bool ok = cow__str_append(s, cow_str_data(&printed), cow_str_len(&printed));
    cow_str_drop(&printed);
    return ok;
}

COW__API bool cow_str_append_format(cow_str *s, const char *format, ...) {
    va_list args;
    va_start(args, format);
    COW__MARK_CALLER();
    COW__WRITER_ENTER(s, "cow_str");
    bool ok = cow__str_append_vformat(s, format, args);
    COW__WRITER_LEAVE(s);
    va_end(args);
    return ok;
}

COW__API bool cow__str_resize_filled(cow_str *s, size_t n, char fill) {
    size_t room, len = cow_str_len(s);
    char *text = cow__str_in_place(s, &room);
    if (!text || n > room) {
        if (!cow__str_reserve(s, text ? cow__str_growth(n, room) : n)) return false;
        text = cow__str_owned(s);
    }
    if (cow__str_is_far(s)) COW__OPEN(text, n + 1);
    memset(text + len, fill, n - len);
    cow__str_end(s, n);
    return true;
}

COW__API bool cow__str_fill(cow_str *s, char c) {
    if (!cow_str_is_empty(s) && !cow__str_own(s)) return false;
    memset(cow__str_owned(s), c, cow_str_len(s));
    return true;
}

COW__API bool cow__str_reverse(cow_str *s) {
    size_t n = cow_str_len(s);
    if (n < 2) return true;
    if (!cow__str_own(s)) return false;
    char *p = cow__str_owned(s);
    for (size_t i = 0; i < n / 2; i++) {
        char c = p[i];
        p[i] = p[n - 1 - i];
        p[n - 1 - i] = c;
    }
    return true;
}

static bool cow__is_letter(char c, char first) { return (unsigned char)(c - first) < 26; }

/* Flips the letters among 8 bytes: an ASCII byte is one if adding what lies between it and 128 carries for its first,
   and does not for the one behind its last. */
static void cow__flip_8(char *p, char first) {
    const uint64_t each = 0x0101010101010101u, high = 0x80 * each;
    uint64_t word, low;
    memcpy(&word, p, sizeof word);
    low = word & ~high;
    uint64_t reached = low + each * (uint64_t)(0x80 - first), passed = low + each * (uint64_t)(0x80 - first - 26);
    word ^= (reached & ~passed & ~word & high) >> 2;
    memcpy(p, &word, sizeof word);
}

COW__API bool cow__str_flip_case(cow_str *s, char first) {
    size_t n = cow_str_len(s), i = 0;
    const char *text = cow_str_data(s);
    while (i < n && !cow__is_letter(text[i], first)) i++;
    if (i == n) return true;
    if (!cow__str_own(s)) return false;
    char *p = cow__str_owned(s);
    for (; n - i >= 8; i += 8) cow__flip_8(p + i, first);
    for (; i < n; i++) p[i] = (char)(p[i] ^ (cow__is_letter(p[i], first) ? 0x20 : 0));
    return true;
}

/* The text with each occurrence replaced, written to `to`; how many bytes that takes when `to` is NULL.
   COW_NPOS: too many. */
static size_t cow__str_replaced(const cow_str *s, const char *what, size_t what_n, const char *by, size_t by_n,
                                char *to) {
    const char *text = cow_str_data(s);
    size_t len = cow_str_len(s), at = 0, size = 0;
    for (;;) {
        size_t found = cow__find(text + at, len - at, what, what_n), kept = found == COW_NPOS ? len - at : found;
        if (to && kept) memcpy(to + size, text + at, kept);
        size += kept;
        if (found == COW_NPOS) return size;
        if (by_n > COW__STR_MOST - len || size > COW__STR_MOST - len - by_n) return COW_NPOS;
        if (to && by_n) memcpy(to + size, by, by_n);
        size += by_n;
        at += found + what_n;
    }
}

COW__API bool cow__str_replace_all(cow_str *s, const void *what, size_t what_n, const void *by, size_t by_n) {
    if (!what_n) return cow__fail(COW_RANGE);
    const char *old = (const char *)what, *now = (const char *)by;
    if (cow__find(cow_str_data(s), cow_str_len(s), old, what_n) == COW_NPOS) return true;
    size_t total = cow__str_replaced(s, old, what_n, now, by_n, NULL);
    if (total == COW_NPOS) return cow__fail(COW_RANGE);
    cow_str made;
    char *to = cow__str_begin(&made, total, total, cow__str_alloc(s));
    if (!to) return false;
    (void)cow__str_replaced(s, old, what_n, now, by_n, to);
    cow__str_end(&made, total);
    if (cow__str_is_far(s) && cow__text_unique(s->cow__h))
        cow__str_become(s, &made);
    else
        cow__str_detach_to(s, &made, cow_str_len(s));
    return true;
}

COW__END_C
#endif
