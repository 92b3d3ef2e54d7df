/* SPDX-License-Identifier: MIT */
/* str_split: cutting strings into fields, and joining them. Floor 4, built on str_search.

   An iterator holds its own copy of the text: fields stay right whatever happens to the variable. Fields are values,
   made as cow_str_slice makes them: short ones are copied, long ones share the text. */
#ifndef COW__STR_SPLIT_H
#define COW__STR_SPLIT_H

#include "str_search.h"
#include "str_storage.h"

enum cow__split_kind {
    COW__SPLIT_DONE, /* an iterator of zero bytes gives nothing */
    COW__SPLIT_SET,
    COW__SPLIT_BYTES,
    COW__SPLIT_LINES,
    COW__SPLIT_SPACE
};

#define COW__SPLIT_FEW 4u

/* An iterator over the fields of a text. Private. */
typedef struct cow_str_split {
    cow_str text;
    union {
        cow_str separator; /* COW__SPLIT_BYTES */
        cow__byte_set set; /* all others */
    } by;
    size_t at;      /* where the next field begins */
    size_t seen;    /* bytes whose separators are known, */
    uint64_t found; /* and those of the last 64 that were not used yet */
    cow_str spare;  /* the buffer of a field that was given up, for the next long one */
    size_t easy;    /* fields that begin before may be copied with 24 bytes at once */
    enum cow__split_kind kind;
    unsigned few; /* how many bytes separate; more than COW__SPLIT_FEW: only `set` tells */
    char bytes[COW__SPLIT_FEW];
} cow_str_split;

COW__BEGIN_C
/* Begin to cut a text at every separator: a byte, a C string (or bytes, or a string), or any byte of the C string
   `set`. There is one field more than there are separators, and some may be empty; "" has one empty field. An empty
   separator cuts nowhere. A long separator is copied: when that fails there are no fields,
   and cow_error() is COW_NOMEM.
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

COW__API bool cow__str_split_next(cow_str_split *it, cow_str *field);
COW__END_C

/* Makes *field the next field, and gives up what it was: it must be initialised. A small buffer of its own is used
   again. At the end returns false, leaves *field "" and drops the iterator. Never fails otherwise. O(field).
   Example: s = COW_STR("k=v");
            cow_str_split it = cow_str_split_by(&s, "=");
            while (cow_str_split_next(&it, &t)) assert(cow_str_len(&t) == 1); */
COW__INLINE bool cow_str_split_next(cow_str_split *it, cow_str *field) {
    size_t end = it->seen - 64 + cow__lowest_bit(it->found | (uint64_t)1 << 63), n = end - it->at;
    if (!it->found || it->at >= it->easy || n > COW__STR_INLINE || cow__str_is_far(field))
        return cow__str_split_next(it, field);
    /* A short field is copied with what follows it: a fixed number of bytes needs no loop. */
    memcpy(field, it->text.cow__p + it->at, sizeof *field);
    cow__str_end_inline(field, n);
    it->found &= it->found - 1;
    it->at = end + 1;
    return true;
}

/* The byte that ended the field given last (of a longer separator the last one); -1 when it was the end of the text. So
   one pass can tell a comma from the end of a line.
   Example: s = COW_STR("a,b\nc");
            cow_str_split it = cow_str_split_any(&s, ",\n");
            while (cow_str_split_next(&it, &t) && !cow_str_is(&t, "b")) {}
            assert(cow_str_split_ended_by(&it) == '\n');
            cow_str_split_drop(&it); */
COW__INLINE int cow_str_split_ended_by(const cow_str_split *it) {
    if (it->at == 0 || it->at > cow_str_len(&it->text)) return -1;
    return (unsigned char)cow_str_data(&it->text)[it->at - 1];
}

COW__BEGIN_C
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
    it->found = 0;
    cow_str_drop(&it->spare);
}

/* Gives up an iterator before its end; may be repeated.
   Example: s = COW_STR("a b");
            cow_str_split it = cow_str_split_byte(&s, ' ');
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
static void cow__split_begin(cow_str_split *it, const cow_str *s, enum cow__split_kind kind) {
    size_t n = cow_str_len(s);
    it->text = cow_str_copy(s);
    it->spare = cow__str_empty();
    it->at = it->seen = 0;
    it->found = 0;
    it->easy = kind == COW__SPLIT_SET && cow__str_header(s) && n >= sizeof *s ? n - sizeof *s + 1 : 0;
    it->kind = kind;
    it->few = 0;
}

static void cow__split_at(cow_str_split *it, char c) {
    cow__add_to_set(&it->by.set, c);
    if (it->few < COW__SPLIT_FEW) it->bytes[it->few] = c;
    it->few++;
}

/* A text cut at the `n` bytes of `set`. */
static cow_str_split cow__split_by_set(const cow_str *s, enum cow__split_kind kind, const char *set, size_t n) {
    cow_str_split it;
    cow__split_begin(&it, s, kind);
    memset(&it.by.set, 0, sizeof it.by.set);
    for (size_t i = 0; i < n; i++) cow__split_at(&it, set[i]);
    return it;
}

COW__API cow_str_split cow_str_split_byte(const cow_str *s, char separator) {
    return cow__split_by_set(s, COW__SPLIT_SET, &separator, 1);
}

COW__API cow_str_split cow_str_split_any(const cow_str *s, const char *set) {
    return cow__split_by_set(s, COW__SPLIT_SET, set, strlen(set));
}

COW__API cow_str_split cow_str_split_lines(const cow_str *s) {
    return cow__split_by_set(s, cow_str_is_empty(s) ? COW__SPLIT_DONE : COW__SPLIT_LINES, "\n", 1);
}

COW__API cow_str_split cow_str_split_space(const cow_str *s) {
    return cow__split_by_set(s, COW__SPLIT_SPACE, " \t\n\v\f\r", 6);
}

COW__API cow_str_split cow_str_split_by_bytes(const cow_str *s, const void *p, size_t n) {
    cow_str_split it;
    cow__split_begin(&it, s, COW__SPLIT_BYTES);
    it.by.separator = cow__str_empty();
    if (!cow_str_from_bytes(&it.by.separator, p, n)) cow_str_split_drop(&it);
    return it;
}

COW__API cow_str_split cow_str_split_by_str(const cow_str *s, const cow_str *separator) {
    cow_str_split it;
    cow__split_begin(&it, s, COW__SPLIT_BYTES);
    it.by.separator = cow_str_copy(separator);
    return it;
}

#if COW__SSE2
static inline uint64_t cow__equal_16(const char *p, __m128i wanted) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted));
}

/* Which of the `n` bytes at `p`, 16 to 64, are `c`: a bit for each. */
static uint64_t cow__equal_64(const char *p, size_t n, char c) {
    __m128i wanted = _mm_set1_epi8(c);
    uint64_t found = 0;
    size_t i = 0;
    for (; i + 16 <= n; i += 16) found |= cow__equal_16(p + i, wanted) << i;
    /* The last 16 bytes lie over some that were seen: their bits are shifted out. */
    return i == n ? found : found | cow__equal_16(p + n - 16, wanted) >> (16 - (n - i)) << i;
}
#endif

/* Which of the `n` bytes at `p`, at most 64, separate fields: a bit for each. */
static uint64_t cow__split_separators(const cow_str_split *it, const char *p, size_t n) {
    uint64_t found = 0;
#if COW__SSE2
    if (n >= 16 && it->few <= COW__SPLIT_FEW) {
        for (unsigned k = 0; k < it->few; k++) found |= cow__equal_64(p, n, it->bytes[k]);
        return found;
    }
#endif
    for (size_t i = 0; i < n; i++) found |= (uint64_t)cow__in_set(&it->by.set, p[i]) << i;
    return found;
}

/* Takes the next separating byte; n when there is none. Fields are short:
   64 bytes are looked at together, and remembered. */
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
    if (cow_str_is_empty(&it->by.separator)) return n;
    *separator = cow_str_len(&it->by.separator);
    size_t found = cow_str_find_str(&it->text, &it->by.separator, it->at);
    return found == COW_NPOS ? n : found;
}

/* Takes back the buffer of the last field, if it is small, nobody kept it, and slices of the text come from the same
   allocator; gives up the field. */
static void cow__split_give_up(cow_str_split *it, cow_str *field) {
    size_t room;
    bool ours = cow__str_is_far(field) && cow__str_alloc(field) == cow__str_alloc(&it->text);
    if (ours && cow__str_in_place(field, &room) && room <= 2 * COW__STR_SLICE_COPIED) cow_str_swap(field, &it->spare);
    cow_str_drop(field);
}

/* Makes *field, which is "", the bytes [begin, end) of the text. */
static void cow__split_give(cow_str_split *it, size_t begin, size_t end, cow_str *field) {
    size_t n = end - begin;
    if (n <= COW__STR_INLINE || n > COW__STR_SLICE_COPIED || !cow__str_header(&it->text) ||
        cow_str_capacity(&it->spare) < n) {
        *field = cow_str_slice(&it->text, begin, end);
        return;
    }
    *field = cow_str_move(&it->spare);
    char *to = cow__str_writable(field);
    COW__OPEN(to, n + 1);
    memcpy(to, cow_str_data(&it->text) + begin, n);
    cow__str_end(field, n);
    cow__str_shut_tail(field);
}

COW__API bool cow__str_split_next(cow_str_split *it, cow_str *field) {
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
    cow__split_give_up(it, field);
    cow__split_give(it, begin, end, field);
    if (last) cow__split_finish(it);
    return true;
}

COW__API bool cow_str_join_bytes(cow_str *out, const cow_str *parts, size_t n, const void *between, size_t between_n) {
    size_t total = 0;
    for (size_t i = 0; i < n; i++) {
        size_t more = cow_str_len(&parts[i]), gap = i ? between_n : 0;
        if (more > COW__STR_MOST - total || gap > COW__STR_MOST - total - more) return cow__fail(COW_RANGE);
        total += more + gap;
    }
    cow_str made;
    char *to = cow__str_begin(&made, total, total, NULL);
    if (!to) return false;
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
