/* SPDX-License-Identifier: MIT */
/* str_search: finding, comparing and hashing strings. Floor 4, built on str.
   Nothing here writes, except the cached hash. */
#ifndef COW__STR_SEARCH_H
#define COW__STR_SEARCH_H

#include "find.h"
#include "str.h"

/* ---- Finding: positions, or COW_NPOS (which sets no error). O(n), for every text and needle ---- */

/* The first occurrence that begins at `from` or later. An empty needle is found at `from` itself.
   Example: s = COW_STR("one two one");
            assert(cow_str_find(&s, "one", 1) == 8 && cow_str_find(&s, "six", 0) == COW_NPOS); */
COW__INLINE size_t cow_str_find_bytes(const cow_str *s, const void *p, size_t n, size_t from) {
    size_t len = cow_str_len(s);
    if (from > len) return COW_NPOS;
    size_t found = cow__find(cow_str_data(s) + from, len - from, (const char *)p, n);
    return found == COW_NPOS ? COW_NPOS : from + found;
}
COW__INLINE size_t cow_str_find(const cow_str *s, const char *needle, size_t from) {
    return cow_str_find_bytes(s, needle, strlen(needle), from);
}
COW__INLINE size_t cow_str_find_str(const cow_str *s, const cow_str *needle, size_t from) {
    return cow_str_find_bytes(s, cow_str_data(needle), cow_str_len(needle), from);
}

/* The last occurrence that begins at `from` or earlier; COW_NPOS searches all.
   An empty needle is found at `from`, or at the end.
   Example: s = COW_STR("one two one");
            assert(cow_str_rfind(&s, "one", COW_NPOS) == 8 && cow_str_rfind(&s, "one", 7) == 0); */
COW__INLINE size_t cow_str_rfind_bytes(const cow_str *s, const void *p, size_t n, size_t from) {
    size_t len = cow_str_len(s);
    if (n > len) return COW_NPOS;
    return cow__rfind(cow_str_data(s), from < len - n ? from + n : len, (const char *)p, n);
}
COW__INLINE size_t cow_str_rfind(const cow_str *s, const char *needle, size_t from) {
    return cow_str_rfind_bytes(s, needle, strlen(needle), from);
}
COW__INLINE size_t cow_str_rfind_str(const cow_str *s, const cow_str *needle, size_t from) {
    return cow_str_rfind_bytes(s, cow_str_data(needle), cow_str_len(needle), from);
}

/* The same for a single byte.
   Example: s = COW_STR("/usr/bin/cc");
            assert(cow_str_find_byte(&s, '/', 1) == 4 && cow_str_rfind_byte(&s, '/', COW_NPOS) == 8); */
COW__INLINE size_t cow_str_find_byte(const cow_str *s, char c, size_t from) {
    return cow_str_find_bytes(s, &c, 1, from);
}
COW__INLINE size_t cow_str_rfind_byte(const cow_str *s, char c, size_t from) {
    return cow_str_rfind_bytes(s, &c, 1, from);
}

COW__BEGIN_C
/* The first byte at `from` or later that is one of the C string `set`, or is none of them.
   Example: s = COW_STR("key : value");
            assert(cow_str_find_any(&s, ":= ", 0) == 3 && cow_str_find_not_any(&s, ":= ", 3) == 6); */
COW__API size_t cow_str_find_any(const cow_str *s, const char *set, size_t from);
COW__API size_t cow_str_find_not_any(const cow_str *s, const char *set, size_t from);

/* How many occurrences there are, from left to right without overlaps; 0 for an empty needle.
   Example: s = COW_STR("banana");
            assert(cow_str_count(&s, "ana") == 1 && cow_str_count(&s, "a") == 3); */
COW__API size_t cow_str_count_bytes(const cow_str *s, const void *p, size_t n);
COW__END_C
COW__INLINE size_t cow_str_count(const cow_str *s, const char *needle) {
    return cow_str_count_bytes(s, needle, strlen(needle));
}
COW__INLINE size_t cow_str_count_str(const cow_str *s, const cow_str *needle) {
    return cow_str_count_bytes(s, cow_str_data(needle), cow_str_len(needle));
}

/* Whether the bytes occur anywhere.
   Example: s = COW_STR("haystack");
            assert(cow_str_contains(&s, "stack")); */
COW__INLINE bool cow_str_contains_bytes(const cow_str *s, const void *p, size_t n) {
    return cow_str_find_bytes(s, p, n, 0) != COW_NPOS;
}
COW__INLINE bool cow_str_contains(const cow_str *s, const char *needle) {
    return cow_str_contains_bytes(s, needle, strlen(needle));
}
COW__INLINE bool cow_str_contains_str(const cow_str *s, const cow_str *needle) {
    return cow_str_contains_bytes(s, cow_str_data(needle), cow_str_len(needle));
}

/* Whether the text starts, or ends, with the bytes.
   Example: s = COW_STR("cow.h");
            assert(cow_str_starts_with(&s, "cow") && cow_str_ends_with(&s, ".h")); */
COW__INLINE bool cow_str_starts_with_bytes(const cow_str *s, const void *p, size_t n) {
    return n <= cow_str_len(s) && (!n || memcmp(cow_str_data(s), p, n) == 0);
}
COW__INLINE bool cow_str_starts_with(const cow_str *s, const char *text) {
    return cow_str_starts_with_bytes(s, text, strlen(text));
}
COW__INLINE bool cow_str_starts_with_str(const cow_str *s, const cow_str *t) {
    return cow_str_starts_with_bytes(s, cow_str_data(t), cow_str_len(t));
}
COW__INLINE bool cow_str_ends_with_bytes(const cow_str *s, const void *p, size_t n) {
    size_t len = cow_str_len(s);
    return n <= len && (!n || memcmp(cow_str_data(s) + len - n, p, n) == 0);
}
COW__INLINE bool cow_str_ends_with(const cow_str *s, const char *text) {
    return cow_str_ends_with_bytes(s, text, strlen(text));
}
COW__INLINE bool cow_str_ends_with_str(const cow_str *s, const cow_str *t) {
    return cow_str_ends_with_bytes(s, cow_str_data(t), cow_str_len(t));
}

/* ---- Comparing and hashing ---- */

/* Whether the text is these bytes; for C strings and bytes, cow_str_equal for two strings. O(n).
   Example: s = COW_STR("yes");
            assert(cow_str_is(&s, "yes") && !cow_str_is(&s, "yes!")); */
COW__INLINE bool cow_str_is_bytes(const cow_str *s, const void *p, size_t n) {
    return cow_str_len(s) == n && (!n || memcmp(cow_str_data(s), p, n) == 0);
}
COW__INLINE bool cow_str_is(const cow_str *s, const char *text) { return cow_str_is_bytes(s, text, strlen(text)); }

/* Whether two strings hold the same bytes; those that share a buffer are not looked at. O(n).
   Example: s = COW_STR("same");
            cow_str_from(&t, "same");
            assert(cow_str_equal(&s, &t)); */
COW__INLINE bool cow_str_equal(const cow_str *a, const cow_str *b) {
    size_t n = cow_str_len(a);
    if (n != cow_str_len(b)) return false;
    const char *p = cow_str_data(a), *q = cow_str_data(b);
    return p == q || memcmp(p, q, n) == 0;
}

COW__BEGIN_C
/* The same, with ASCII letters equal in either case.
   Example: s = COW_STR("Content-Type");
            t = COW_STR("content-type");
            assert(cow_str_equal_ignoring_case(&s, &t)); */
COW__API bool cow_str_equal_ignoring_case(const cow_str *a, const cow_str *b);

/* Order of the bytes as unsigned numbers, then of the lengths: negative, 0 or positive.
   Orders UTF-8 by code points. O(n).
   Example: s = COW_STR("apple");
            t = COW_STR("apples");
            assert(cow_str_compare(&s, &t) < 0); */
COW__API int cow_str_compare(const cow_str *a, const cow_str *b);

/* Hash of the bytes, the same as cow_hash_bytes gives. O(n). By cow_seed(), that of a counted text is kept in its
   buffer: asking again is O(1) until the text changes. One hash is kept for all who share, of the length that was asked
   for first, and only for texts that begin where the buffer does; none for literal, borrowed and frozen ones.
   Example: s = COW_STR("key");
            assert(cow_str_hash(&s, 7) == cow_hash_bytes("key", 3, 7)); */
COW__API uint64_t cow_str_hash(const cow_str *s, uint64_t seed);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__STR_SEARCH_BODY)
#define COW__STR_SEARCH_BODY
COW__BEGIN_C

static cow__byte_set cow__set_of(const char *bytes) {
    cow__byte_set set = {{0, 0, 0, 0, 0, 0, 0, 0}};
    for (; *bytes; bytes++) cow__add_to_set(&set, *bytes);
    return set;
}

static size_t cow__str_find_in(const cow_str *s, const char *bytes, size_t from, bool wanted) {
    cow__byte_set set = cow__set_of(bytes);
    const char *p = cow_str_data(s);
    for (size_t i = from, n = cow_str_len(s); i < n; i++)
        if (cow__in_set(&set, p[i]) == wanted) return i;
    return COW_NPOS;
}

COW__API size_t cow_str_find_any(const cow_str *s, const char *set, size_t from) {
    return cow__str_find_in(s, set, from, true);
}

COW__API size_t cow_str_find_not_any(const cow_str *s, const char *set, size_t from) {
    return cow__str_find_in(s, set, from, false);
}

COW__API size_t cow_str_count_bytes(const cow_str *s, const void *p, size_t n) {
    size_t found = 0, at = 0;
    if (!n) return 0;
    while ((at = cow_str_find_bytes(s, p, n, at)) != COW_NPOS) {
        at += n;
        found++;
    }
    return found;
}

static char cow__lower(char c) { return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c); }

COW__API bool cow_str_equal_ignoring_case(const cow_str *a, const cow_str *b) {
    size_t n = cow_str_len(a);
    if (n != cow_str_len(b)) return false;
    const char *p = cow_str_data(a), *q = cow_str_data(b);
    for (size_t i = 0; i < n; i++)
        if (cow__lower(p[i]) != cow__lower(q[i])) return false;
    return true;
}

COW__API int cow_str_compare(const cow_str *a, const cow_str *b) {
    size_t n = cow_str_len(a), m = cow_str_len(b);
    int order = memcmp(cow_str_data(a), cow_str_data(b), n < m ? n : m);
    return order ? order : (n > m) - (n < m);
}

COW__API uint64_t cow_str_hash(const cow_str *s, uint64_t seed) {
    cow__text *h = cow__str_header(s);
    if (h) return cow__text_hash(h, cow_str_data(s), cow_str_len(s), seed);
    return cow_hash_bytes(cow_str_data(s), cow_str_len(s), seed);
}

COW__END_C
#endif
