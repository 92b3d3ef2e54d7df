/* SPDX-License-Identifier: MIT */
/* str_split: cutting strings into fields, and joining them. Floor 4, built on str_search.

   An iterator holds its own copy of the text: fields stay right whatever happens to the variable. Fields are values, made as
   cow_str_slice makes them: short ones are copied, long ones share the text. */
#ifndef COW__STR_SPLIT_H
#define COW__STR_SPLIT_H

#include "str_search.h"
#include "str_storage.h"

enum cow__split_kind {
    COW__SPLIT_DONE, /* an iterator of zero bytes gives nothing */
    COW__SPLIT_BYTE,
    COW__SPLIT_BYTES,
    COW__SPLIT_ANY,
    COW__SPLIT_LINES,
    COW__SPLIT_SPACE
};

/* An iterator over the fields of a text. Private. */
typedef struct cow_str_split {
    cow_str text;
    union {
        cow_str separator; /* COW__SPLIT_BYTES */
        cow__byte_set set; /* COW__SPLIT_ANY, COW__SPLIT_SPACE */
    } by;
    size_t at;      /* where the next field begins */
    size_t seen;    /* bytes whose separators are known, */
    uint64_t found; /* and those of the last 64 that were not used yet */
    enum cow__split_kind kind;
    char byte;
} cow_str_split;

COW__BEGIN_C
/* Begin to cut a text at every separator: a byte, a C string (or bytes, or a string), or any byte of the C string `set`. There is one
   field more than there are separators, and some may be empty; "" has one empty field. An empty separator cuts nowhere. A long
   separator is copied: when that fails there are no fields, and cow_error() is COW_NOMEM.
   Example: size_t fields = 0;
            s = COW_STR("a,,b");
            for (cow_str_split it = cow_str_split_byte(&s, ','); cow_str_split_next(&it, &t);) fields++;
            assert(fields == 3); */
COW__API cow_str_split cow_str_split_byte(const cow_str *s, char separator);
COW__API cow_str_split cow_str_split_by_bytes(const cow_str *s, const void *p, size_t n);
COW__API cow_str_split cow_str_split_by_str(const cow_str *s, const cow_str *separator);
COW__API cow_str_split cow_str_split_any(const cow_str *s, const char *set);

/* Begins to cut a text into lines, without their ends (\n or \r\n). The last line may lack its end; "" has no line.
   Example: size_t lines = 0;
            s = COW_STR("one\r\ntwo\n");
            for (cow_str_split it = cow_str_split_lines(&s); cow_str_split_next(&it, &t);) lines++;
            assert(lines == 2); */
COW__API cow_str_split cow_str_split_lines(const cow_str *s);

/* Begins to cut a text into words: runs of bytes other than ASCII white space. No word is empty.
   Example: s = COW_STR("  two words ");
            cow_str_split it = cow_str_split_space(&s);
            assert(cow_str_split_next(&it, &t) && cow_str_is(&t, "two"));
            cow_str_split_drop(&it); */
COW__API cow_str_split cow_str_split_space(const cow_str *s);

/* Makes *field the next field, and gives up what it was: it must be initialised. A small buffer of its own is used again. At the end
   returns false, leaves *field "" and drops the iterator. Never fails otherwise. O(field).
   Example: s = COW_STR("k=v");
            cow_str_split it = cow_str_split_by(&s, "=");
            while (cow_str_split_next(&it, &t)) assert(cow_str_len(&t) == 1); */
COW__API bool cow_str_split_next(cow_str_split *it, cow_str *field);

/* Makes *out the `n` parts with `between` in between. O(bytes). *out is not read.
   Example: cow_str parts[] = {COW_STR_INIT("a"), COW_STR_INIT("b"), COW_STR_INIT("c")};
            assert(cow_str_join(&s, parts, 3, ", ") && cow_str_is(&s, "a, b, c")); */
COW__API bool cow_str_join_bytes(cow_str *out, const cow_str *parts, size_t n, const void *between, size_t between_n);
COW__END_C
COW__INLINE bool cow_str_join(cow_str *out, const cow_str *parts, size_t n, const char *between) {
    return cow_str_join_bytes(out, parts, n, between, strlen(between));
}
COW__INLINE bool cow_str_join_str(cow_str *out, const cow_str *parts, size_t n, const cow_str *between) {
    return cow_str_join_bytes(out, parts, n, cow_str_data(between), cow_str_len(between));
}

/* As the functions above: cuts at every occurrence of a C string.
   Example: s = COW_STR("a -> b");
            cow_str_split it = cow_str_split_by(&s, " -> ");
            assert(cow_str_split_next(&it, &t) && cow_str_is(&t, "a"));
            cow_str_split_drop(&it); */
COW__INLINE cow_str_split cow_str_split_by(const cow_str *s, const char *separator) {
    return cow_str_split_by_bytes(s, separator, strlen(separator));
}

/* No fields any more. */
static inline void cow__split_finish(cow_str_split *it) {
    if (it->kind == COW__SPLIT_BYTES) cow_str_drop(&it->by.separator);
    it->kind = COW__SPLIT_DONE;
}

/* Gives up an iterator before its end; may be repeated.
   Example: s = COW_STR("a b");
            cow_str_split it = cow_str_split_space(&s);
            cow_str_split_drop(&it);
            assert(!cow_str_split_next(&it, &t)); */
COW__INLINE void cow_str_split_drop(cow_str_split *it) {
    cow__split_finish(it);
    cow_str_drop(&it->text);
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__STR_SPLIT_BODY)
#define COW__STR_SPLIT_BODY
COW__BEGIN_C

/* Member by member: compilers clear a struct of this size by a slow instruction. */
static void cow__split_begin(cow_str_split *it, const cow_str *s, enum cow__split_kind kind, char byte) {
    it->text = cow_str_copy(s);
    it->at = it->seen = 0;
    it->found = 0;
    it->kind = kind;
    it->byte = byte;
}

COW__API cow_str_split cow_str_split_byte(const cow_str *s, char separator) {
    cow_str_split it;
    cow__split_begin(&it, s, COW__SPLIT_BYTE, separator);
    return it;
}

COW__API cow_str_split cow_str_split_by_bytes(const cow_str *s, const void *p, size_t n) {
    cow_str_split it;
    cow__split_begin(&it, s, COW__SPLIT_BYTES, '\0');
    it.by.separator = cow__str_empty();
    if (!cow_str_from_bytes(&it.by.separator, p, n)) cow_str_split_drop(&it);
    return it;
}

COW__API cow_str_split cow_str_split_by_str(const cow_str *s, const cow_str *separator) {
    cow_str_split it;
    cow__split_begin(&it, s, COW__SPLIT_BYTES, '\0');
    it.by.separator = cow_str_copy(separator);
    return it;
}

COW__API cow_str_split cow_str_split_any(const cow_str *s, const char *set) {
    cow_str_split it;
    cow__split_begin(&it, s, COW__SPLIT_ANY, '\0');
    it.by.set = cow__set_of(set);
    return it;
}

COW__API cow_str_split cow_str_split_lines(const cow_str *s) {
    cow_str_split it;
    cow__split_begin(&it, s, cow_str_is_empty(s) ? COW__SPLIT_DONE : COW__SPLIT_LINES, '\n');
    return it;
}

COW__API cow_str_split cow_str_split_space(const cow_str *s) {
    cow_str_split it;
    cow__split_begin(&it, s, COW__SPLIT_SPACE, '\0');
    it.by.set = cow__set_of(" \t\n\v\f\r");
    return it;
}

#if COW__SSE2
static inline unsigned cow__split_16(const char *p, __m128i wanted) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted));
}
#endif

/* Which of the `n` bytes at `p`, at most 64, separate fields: a bit for each. */
static uint64_t cow__split_separators(const cow_str_split *it, const char *p, size_t n) {
    uint64_t found = 0;
    size_t i = 0;
#if COW__SSE2
    __m128i wanted = _mm_set1_epi8(it->byte);
    for (; it->kind != COW__SPLIT_ANY && i + 16 <= n; i += 16) found |= (uint64_t)cow__split_16(p + i, wanted) << i;
    /* The last 16 bytes lie over some that were seen: their bits are shifted out. */
    if (i && i < n) return found | (uint64_t)(cow__split_16(p + n - 16, wanted) >> (16 - (n - i))) << i;
#endif
    for (; i < n; i++) {
        bool separates = it->kind == COW__SPLIT_ANY ? cow__in_set(&it->by.set, p[i]) : p[i] == it->byte;
        found |= (uint64_t)separates << i;
    }
    return found;
}

/* Takes the next separating byte; n when there is none. Fields are short: 64 bytes are looked at together, and remembered. */
static size_t cow__split_take_byte(cow_str_split *it, const char *p, size_t n) {
    while (!it->found && it->seen < n) {
        size_t block = n - it->seen < 64 ? n - it->seen : 64;
        it->found = cow__split_separators(it, p + it->seen, block);
        it->seen += 64;
    }
    if (!it->found) return n;
    size_t at = it->seen - 64 + cow__lowest_bit(it->found);
    it->found &= it->found - 1;
    return at;
}

static size_t cow__split_find_in(const cow_str_split *it, const char *p, size_t n, bool wanted) {
    size_t at = it->at;
    while (at < n && cow__in_set(&it->by.set, p[at]) != wanted) at++;
    return at;
}

/* Where the field that begins at it->at ends, and how many bytes separate it from the next. */
static size_t cow__split_end(cow_str_split *it, const char *p, size_t n, size_t *separator) {
    *separator = 1;
    if (it->kind == COW__SPLIT_SPACE) return cow__split_find_in(it, p, n, true);
    if (it->kind != COW__SPLIT_BYTES) return cow__split_take_byte(it, p, n);
    *separator = cow_str_len(&it->by.separator);
    size_t found = *separator ? cow_str_find_str(&it->text, &it->by.separator, it->at) : COW_NPOS;
    return found == COW_NPOS ? n : found;
}

/* Copies a field into the buffer that the last one had, when nobody kept that, and it is large enough and not much too large. */
static bool cow__split_reuse(cow_str *field, const char *p, size_t n) {
    size_t room;
    if (!cow__str_is_far(field) || n <= COW__STR_INLINE || n > COW__STR_SLICE_COPIED) return false;
    char *to = cow__str_in_place(field, &room);
    if (!to || room < n || room > 2 * COW__STR_SLICE_COPIED) return false;
    COW__OPEN(to, n + 1);
    memcpy(to, p, n);
    cow__str_end(field, n);
    cow__str_shut_tail(field);
    return true;
}

/* Makes *field the bytes [begin, end) of the text. A short field is most often copied with what follows it: 24 bytes at once
   need no loop. */
static void cow__split_give(const cow_str *text, size_t begin, size_t end, cow_str *field) {
    size_t n = end - begin;
    if (cow__str_header(text) && cow__split_reuse(field, cow_str_data(text) + begin, n)) return;
    cow_str_drop(field);
    if (n > COW__STR_INLINE || !cow__str_header(text) || cow_str_len(text) - begin < sizeof *field) {
        *field = cow_str_slice(text, begin, end);
        return;
    }
    memcpy(field, cow_str_data(text) + begin, sizeof *field);
    ((char *)field)[n] = '\0';
    ((unsigned char *)field)[23] = (unsigned char)n;
}

COW__API bool cow_str_split_next(cow_str_split *it, cow_str *field) {
    const char *p = cow_str_data(&it->text);
    size_t n = cow_str_len(&it->text), separator;
    if (it->kind == COW__SPLIT_SPACE) {
        it->at = cow__split_find_in(it, p, n, false);
        if (it->at == n) it->kind = COW__SPLIT_DONE;
    }
    if (it->kind == COW__SPLIT_DONE) {
        cow_str_split_drop(it);
        cow_str_drop(field);
        return false;
    }
    size_t begin = it->at, end = cow__split_end(it, p, n, &separator), next = end + separator;
    bool last = it->kind == COW__SPLIT_LINES ? next >= n : end == n;
    if (it->kind == COW__SPLIT_LINES && end < n && end > begin && p[end - 1] == '\r') end--;
    it->at = next;
    if (last) cow__split_finish(it);
    cow__split_give(&it->text, begin, end, field);
    return true;
}

COW__API bool cow_str_join_bytes(cow_str *out, const cow_str *parts, size_t n, const void *between, size_t between_n) {
    size_t total = 0;
    for (size_t i = 0; i < n; i++) {
        size_t more = cow_str_len(&parts[i]), gap = i ? between_n : 0;
        if (more > COW__STR_MOST - total || gap > COW__STR_MOST - total - more) return cow__fail(COW_RANGE);
        total += more + gap;
    }
    cow_str made = cow__str_empty();
    if (total > COW__STR_INLINE && !cow__str_set_new(&made, total, total, NULL)) return false;
    char *to = cow__str_is_far(&made) ? cow__str_writable(&made) : (char *)&made;
    for (size_t i = 0; i < n; i++) {
        size_t part = cow_str_len(&parts[i]), gap = i ? between_n : 0;
        if (gap) memcpy(to, between, gap);
        memcpy(to + gap, cow_str_data(&parts[i]), part);
        to += gap + part;
    }
    cow__str_end(&made, total);
    *out = made;
    return true;
}

COW__END_C
#endif
