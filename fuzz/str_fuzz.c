/* SPDX-License-Identifier: MIT */
/* str_fuzz: operations on six strings, inline and far, counted, literal, borrowed and adopted, that share bytes; after each one
   every string is compared with what it should be. Pieces of strings are given to changes of the same string; allocations fail
   when the input says so. See program.h. */
#define FUZZ_TARGET
#include "kit.h"
#include "str_world.h"
#include "program.h"

/* ---- Plans ---- */

static size_t size_of(size_t i) { return wanted[i].n; }
static char *mine(void) { return wanted[self].v; }
static bool room(size_t n) { return size_of(self) + n <= MOST; }

static bool pick_other(void) {
    other = below(STRINGS);
    return true;
}

/* A piece of another string; of the input's text; and of that up to its first NUL. */
static bool pick_source(void) {
    other = below(STRINGS);
    from = below(size_of(other) + 1);
    length = below(size_of(other) - from + 1);
    return true;
}

static bool pick_text(void) {
    from = below(text_length + 1);
    length = below(text_length - from + 1);
    return true;
}

static size_t before_nul(const char *p, size_t n) {
    const char *nul = n ? memchr(p, 0, n) : NULL;
    return nul ? (size_t)(nul - p) : n;
}

static bool pick_c_text(void) {
    (void)pick_text();
    length = before_nul(text + from, length);
    return true;
}

/* A place in the string, for its own text from there on as a C string. */
static bool pick_own_text(void) {
    from = below(size_of(self) + 1);
    length = before_nul(mine() + from, size_of(self) - from);
    return true;
}

static bool pick_gap(void) {
    at = below(size_of(self) + 2);
    if (at > size_of(self)) refusal = COW_RANGE;
    return true;
}

/* A place to search from; once in a while far beyond the end. */
static bool pick_place(void) {
    at = below(size_of(self) + 3);
    if (at > size_of(self) + 1) at = COW_NPOS;
    return true;
}

static bool pick_index(void) {
    at = below(size_of(self) + 1);
    if (at >= size_of(self)) refusal = COW_RANGE;
    return true;
}

static bool pick_piece(void) {
    at = below(size_of(self) + 1);
    count = below(size_of(self) - at + 2);
    if (at + count > size_of(self)) refusal = COW_RANGE;
    return true;
}

static bool pick_own_piece(void) {
    at = below(size_of(self) + 1);
    count = below(size_of(self) - at + 1);
    return true;
}

/* Small ones half of the time: what fits into a handle is treated differently. */
static bool pick_size(size_t most) {
    size_t small = next_byte();
    count = small < 128 ? small % (most < 64 ? most + 1 : 64) : below(most + 1);
    return true;
}

/* Bytes that texts often have, or any. */
static bool pick_byte(void) {
    static const char often[] = "ab AB,\n\t";
    size_t i = next_byte();
    value = i < 128 ? often[i % (sizeof often - 1)] : (signed char)i;
    return true;
}

static bool pick_long_number(void) {
    static const long long edges[] = {0, 1, -1, 9, 10, 99, INT64_MAX, INT64_MIN, 1000000000000};
    size_t i = next_byte();
    value = edges[i % 9];
    if (i >= 128)
        for (i = 0; i < 8; i++) value = (long long)((unsigned long long)value << 8 | next_byte());
    return true;
}

static bool pick_code_point(void) {
    static const long long edges[] = {0,      0x7f,   0x80,   0x7ff,   0x800,    0xd7ff,  0xd800,
                                      0xdfff, 0xe000, 0xffff, 0x10000, 0x10ffff, 0x110000};
    size_t i = next_byte();
    value = i < 128 ? edges[i % 13] : (long long)(below(0x1100) << 8 | next_byte());
    if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) refusal = COW_RANGE;
    return true;
}

/* ---- The model ---- */

static void splice(size_t place, size_t removed, const char *src, size_t n) {
    char copy[MOST];
    char *v = mine();
    if (n) memcpy(copy, src, n);
    memmove(v + place + n, v + place + removed, size_of(self) - place - removed);
    memcpy(v + place, copy, n);
    wanted[self].n += n - removed;
}

static const char *source(void) { return wanted[other].v + from; }
static void add(size_t place, const char *src, size_t n) { splice(place, 0, src, n); }

static void become(const char *src, size_t n) {
    char copy[MOST];
    memcpy(copy, src, n);
    want(self, n, copy);
}

static void add_byte(void) {
    char c = (char)value;
    add(size_of(self), &c, 1);
}

/* Which text a number has is the business of parse_fuzz; here the numbers are simple. */
static void add_number(const char *format, long long number) {
    char printed[40];
    add(size_of(self), printed, (size_t)snprintf(printed, sizeof printed, format, number));
}

static void add_formatted(const char *src, size_t n) {
    char formatted[MOST];
    n = before_nul(src, n);
    memcpy(formatted, src, n);
    add(size_of(self), formatted, n + (size_t)sprintf(formatted + n, "<%lld>", value));
}

static void add_code_point(void) {
    uint32_t c = (uint32_t)value;
    char u[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; c >>= 6) u[i] = (char)(0x80 | (c & 0x3f));
    u[0] = (char)(first[n] | c);
    add(size_of(self), u, n);
}

static void resize_to(size_t n) {
    for (size_t i = size_of(self); i < n; i++) mine()[i] = (char)value;
    wanted[self].n = n;
}

static void fill_all(void) { memset(mine(), (int)value, size_of(self)); }

static void turn_round(void) {
    for (size_t i = 0, k = size_of(self); i + 1 < k; i++) {
        char c = mine()[--k];
        mine()[k] = mine()[i];
        mine()[i] = c;
    }
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }
static char upper(char c) { return c >= 'a' && c <= 'z' ? (char)(c - 32) : c; }

static void change_case(char (*to)(char)) {
    for (size_t i = 0; i < size_of(self); i++) mine()[i] = to(mine()[i]);
}

static void exchange(void) {
    char old[MOST];
    size_t n = size_of(self);
    memcpy(old, mine(), n);
    want(self, size_of(other), wanted[other].v);
    want(other, n, old);
}

static bool is_white(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static void trim(bool start, bool stop) {
    const char *p = wanted[other].v;
    size_t n = size_of(other);
    while (stop && n && is_white(p[n - 1])) n--;
    while (start && n && is_white(*p)) p++, n--;
    become(p, n);
}

/* ---- Naive searches ---- */

static bool here(size_t i, const char *p, size_t n) {
    return i <= size_of(self) && size_of(self) - i >= n && (!n || memcmp(mine() + i, p, n) == 0);
}

static size_t find(size_t i, const char *p, size_t n) {
    for (; i <= size_of(self); i++)
        if (here(i, p, n)) return i;
    return COW_NPOS;
}

static size_t find_last(size_t i, const char *p, size_t n) {
    if (i > size_of(self)) i = size_of(self);
    for (i++; i-- > 0;)
        if (here(i, p, n)) return i;
    return COW_NPOS;
}

static bool in_set(char c, const char *p, size_t n) { return n && memchr(p, c, n); }

static size_t find_of_set(bool member) {
    for (size_t i = at; i < size_of(self); i++)
        if (in_set(mine()[i], text + from, length) == member) return i;
    return COW_NPOS;
}

static size_t count_of(const char *p, size_t n) {
    size_t found = 0;
    for (size_t i = 0; n && (i = find(i, p, n)) != COW_NPOS; i += n) found++;
    return found;
}

static bool ends_with(const char *p, size_t n) { return n <= size_of(self) && here(size_of(self) - n, p, n); }

static int order(void) {
    size_t x = size_of(self), y = size_of(other);
    int difference = memcmp(mine(), wanted[other].v, x < y ? x : y);
    return difference ? sign_of(difference) : (x > y) - (x < y);
}

static bool equal_ignoring_case(void) {
    if (size_of(self) != size_of(other)) return false;
    for (size_t i = 0; i < size_of(self); i++)
        if (lower(mine()[i]) != lower(wanted[other].v[i])) return false;
    return true;
}

/* Replaces every `what` by `by`, both copied before. */
static void replace_each(const char *what, size_t n, const char *by, size_t by_n) {
    char w[MOST], b[MOST];
    memcpy(w, what, n);
    memcpy(b, by, by_n);
    for (size_t i = 0; (i = find(i, w, n)) != COW_NPOS; i += by_n) splice(i, n, b, by_n);
}

static bool room_for_all(const char *p, size_t n, size_t by_n) {
    if (!n) refusal = COW_RANGE;
    return by_n <= n || room(count_of(p, n) * (by_n - n));
}

/* A second string, `value`, to replace what is in the first. */
static bool pick_two_others(void) {
    other = below(STRINGS);
    value = (long long)below(STRINGS);
    return room_for_all(wanted[other].v, size_of(other), size_of((size_t)value));
}

/* ---- Fields ---- */

static const char *separator; /* of `length` bytes */

/* How many bytes separate two fields at i, 0 when none do. */
enum { BYTE, BYTES, ANY, LINES, SPACE };
static size_t separator_at(int kind, size_t i) {
    char c = mine()[i];
    switch (kind) {
    case BYTE: return c == (char)value;
    case BYTES: return length && here(i, separator, length) ? length : 0;
    case ANY: return in_set(c, text + from, length);
    case LINES: return c == '\n' ? 1 : here(i, "\r\n", 2) ? 2 : 0;
    default: return is_white(c);
    }
}

static long long digest_fields(int kind) {
    uint64_t digest = 1;
    size_t start = 0, i = 0, n = size_of(self), step;
    for (; i < n; i += step ? step : 1) {
        step = separator_at(kind, i);
        if (!step) continue;
        if (kind != SPACE || i > start) digest = digest_field(digest, mine() + start, i - start);
        start = i + step;
    }
    if ((kind != SPACE && kind != LINES) || start < n) digest = digest_field(digest, mine() + start, n - start);
    return (long long)(digest >> 1);
}

static bool pick_separator(void) {
    (void)pick_text();
    separator = text + from;
    value = digest_fields(BYTES);
    return true;
}

static bool pick_c_separator(void) {
    (void)pick_c_text();
    separator = text + from;
    value = digest_fields(BYTES);
    return true;
}

static bool pick_str_separator(void) {
    other = below(STRINGS);
    length = size_of(other);
    separator = wanted[other].v;
    value = digest_fields(BYTES);
    return true;
}

static void become_nth_field(void) {
    size_t start = 0, stop;
    for (size_t i = 0; i < count; i++) {
        stop = find(start, "a", 1);
        if (stop == COW_NPOS) {
            want(self, 0, "");
            return;
        }
        start = stop + 1;
    }
    stop = find(start, "a", 1);
    become(mine() + start, (stop == COW_NPOS ? size_of(self) : stop) - start);
}

/* The strings [at, at + count), with a piece of the text between them. */
static bool pick_parts(void) {
    size_t n = 0;
    at = below(STRINGS);
    count = below(STRINGS - at + 1);
    (void)pick_text();
    for (size_t i = at; i < at + count; i++) n += size_of(i) + length;
    return n <= MOST;
}

static bool pick_c_parts(void) {
    bool fits = pick_parts();
    length = before_nul(text + from, length);
    return fits;
}

static bool pick_str_parts(void) {
    size_t n = 0;
    at = below(STRINGS);
    count = below(STRINGS - at + 1);
    other = below(STRINGS);
    length = size_of(other);
    for (size_t i = at; i < at + count; i++) n += size_of(i) + length;
    return n <= MOST;
}

static void become_joined(const char *between) {
    char joined[MOST];
    size_t n = 0;
    for (size_t i = at; i < at + count; i++) {
        if (i > at) memcpy(joined + n, between, length), n += length;
        memcpy(joined + n, wanted[i].v, size_of(i));
        n += size_of(i);
    }
    want(self, n, joined);
}

/* ---- The table: name, weight, plan, call, effect ---- */

/* clang-format off */
#define OPERATIONS(TRY, IS, DO) \
    TRY(make, 4, pick_c_text(), replace_when(cow_str_from(&made, c_text(text + from, length)), &s[self]), become(text + from, length)) \
    TRY(make_from_text, 5, pick_text(), replace_when(cow_str_from_bytes(&made, text + from, length), &s[self]), become(text + from, length)) \
    TRY(make_from_other, 4, pick_source(), replace_when(cow_str_from_bytes(&made, in(other, from), length), &s[self]), become(source(), length)) \
    TRY(make_formatted, 2, pick_source() && pick_long_number() && length + 22 <= MOST, \
        replace_when(cow_str_from_format(&made, "%.*s<%lld>", (int)length, in(other, from), (long long)value), &s[self]), \
        (want(self, 0, ""), add_formatted(source(), length))) \
    TRY(with_capacity, 2, pick_size(MOST), replace_when(cow_str_with_capacity(&made, count), &s[self]), want(self, 0, "")) \
    TRY(new_in, 2, pick_size(100), replace_when(cow_str_new_in(&made, count, instance()), &s[self]), want(self, 0, "")) \
    TRY(adopt, 4, pick_text(), replace_when(adopt_copy(&made, text + from, length), &s[self]), become(text + from, length)) \
    DO(borrow, 5, pick_text(), replace(&s[self], cow_str_borrow(text + from, length)), become(text + from, length)) \
    DO(take_literal, 4, pick_size(4), replace(&s[self], literals[count]), become(literal_texts[count], strlen(literal_texts[count]))) \
    DO(assign, 12, pick_other(), cow_str_assign(&s[self], &s[other]), become(wanted[other].v, size_of(other))) \
    DO(move, 2, pick_other() && other != self, replace(&s[self], cow_str_move(&s[other])), \
       (want(self, size_of(other), wanted[other].v), want(other, 0, ""))) \
    DO(swap, 3, pick_other(), cow_str_swap(&s[self], &s[other]), exchange()) \
    DO(freeze, 3, true, freeze(&s[self]), (void)0) \
    DO(drop, 5, true, cow_str_drop(&s[self]), want(self, 0, "")) \
    DO(clear, 3, true, cow_str_clear(&s[self]), want(self, 0, "")) \
    DO(slice, 12, pick_source(), replace(&s[self], cow_str_slice(&s[other], from, from + length)), become(source(), length)) \
    DO(prefix, 3, pick_other() && pick_size(MOST), replace(&s[self], cow_str_prefix(&s[other], count)), \
       become(wanted[other].v, count < size_of(other) ? count : size_of(other))) \
    DO(suffix, 3, pick_other() && pick_size(MOST), replace(&s[self], cow_str_suffix(&s[other], count)), \
       (from = count < size_of(other) ? size_of(other) - count : 0, become(source(), size_of(other) - from))) \
    DO(trim, 3, pick_other(), replace(&s[self], cow_str_trim(&s[other])), trim(true, true)) \
    DO(trim_start, 2, pick_other(), replace(&s[self], cow_str_trim_start(&s[other])), trim(true, false)) \
    DO(trim_end, 2, pick_other(), replace(&s[self], cow_str_trim_end(&s[other])), trim(false, true)) \
    TRY(reserve, 5, pick_size(MOST), cow_str_reserve(&s[self], count), (void)0) \
    TRY(shrink, 4, true, cow_str_shrink(&s[self]), (void)0) \
    TRY(compact, 4, true, cow_str_compact(&s[self]), (void)0) \
    TRY(c_string, 6, true, has_nul(&s[self]), (void)0) \
    TRY(truncate, 5, (count = below(size_of(self) + 2), refusal = count > size_of(self) ? COW_RANGE : COW_OK, true), \
        cow_str_truncate(&s[self], count), resize_to(count)) \
    TRY(resize, 8, pick_size(MOST) && pick_byte(), cow_str_resize(&s[self], count, (char)value), resize_to(count)) \
    TRY(edit, 8, pick_byte() && (at = below(size_of(self)), refusal = size_of(self) ? COW_OK : COW_ABSENT, true), \
        write_to(cow_str_edit(&s[self]), at, (char)value), mine()[at] = (char)value) \
    TRY(set, 6, pick_index() && pick_byte(), cow_str_set(&s[self], at, (char)value), mine()[at] = (char)value) \
    TRY(fill, 2, pick_byte(), cow_str_fill(&s[self], (char)value), fill_all()) \
    TRY(reverse, 2, true, cow_str_reverse(&s[self]), turn_round()) \
    TRY(append, 5, pick_c_text() && room(length), cow_str_append(&s[self], c_text(text + from, length)), add(size_of(self), text + from, length)) \
    TRY(append_own, 4, pick_own_text() && room(length), append_own(&s[self], from), add(size_of(self), mine() + from, length)) \
    TRY(append_text, 8, pick_text() && room(length), cow_str_append_bytes(&s[self], text + from, length), add(size_of(self), text + from, length)) \
    TRY(append_piece, 8, pick_source() && room(length), cow_str_append_bytes(&s[self], in(other, from), length), add(size_of(self), source(), length)) \
    TRY(append_str, 8, pick_other() && room(size_of(other)), cow_str_append_str(&s[self], &s[other]), add(size_of(self), wanted[other].v, size_of(other))) \
    TRY(append_byte, 12, room(1) && pick_byte(), cow_str_append_byte(&s[self], (char)value), add_byte()) \
    TRY(append_format, 4, pick_source() && room(length + 22) && pick_long_number(), \
        cow_str_append_format(&s[self], "%.*s<%lld>", (int)length, in(other, from), (long long)value), add_formatted(source(), length)) \
    TRY(append_int, 3, room(21) && pick_long_number(), cow_str_append_int(&s[self], value), add_number("%lld", value)) \
    TRY(append_uint, 3, room(21) && pick_long_number(), cow_str_append_uint(&s[self], (uint64_t)value), add_number("%llu", value)) \
    TRY(append_double, 3, room(30) && pick_long_number(), cow_str_append_double(&s[self], (double)(value % 1000)), add_number("%lld", value % 1000)) \
    TRY(append_code_point, 4, room(4) && pick_code_point(), cow_str_append_code_point(&s[self], (uint32_t)value), add_code_point()) \
    TRY(prepend, 2, pick_c_text() && room(length), cow_str_prepend(&s[self], c_text(text + from, length)), add(0, text + from, length)) \
    TRY(prepend_piece, 3, pick_source() && room(length), cow_str_prepend_bytes(&s[self], in(other, from), length), add(0, source(), length)) \
    TRY(prepend_str, 3, pick_other() && room(size_of(other)), cow_str_prepend_str(&s[self], &s[other]), add(0, wanted[other].v, size_of(other))) \
    TRY(insert, 3, pick_c_text() && room(length) && pick_gap(), cow_str_insert(&s[self], at, c_text(text + from, length)), add(at, text + from, length)) \
    TRY(insert_own, 4, pick_own_text() && room(length) && (at = below(size_of(self) + 1), true), insert_own(&s[self], at, from), add(at, mine() + from, length)) \
    TRY(insert_piece, 6, pick_source() && room(length) && pick_gap(), cow_str_insert_bytes(&s[self], at, in(other, from), length), add(at, source(), length)) \
    TRY(insert_str, 4, pick_other() && room(size_of(other)) && pick_gap(), cow_str_insert_str(&s[self], at, &s[other]), add(at, wanted[other].v, size_of(other))) \
    TRY(erase, 4, pick_index(), cow_str_erase(&s[self], at), splice(at, 1, "", 0)) \
    TRY(erase_range, 6, pick_piece(), cow_str_erase_range(&s[self], at, at + count), splice(at, count, "", 0)) \
    TRY(replace_by, 3, pick_piece() && pick_c_text() && room(length), \
        cow_str_replace(&s[self], at, at + count, c_text(text + from, length)), splice(at, count, text + from, length)) \
    TRY(replace_by_piece, 6, pick_piece() && pick_source() && room(length), \
        cow_str_replace_bytes(&s[self], at, at + count, in(other, from), length), splice(at, count, source(), length)) \
    TRY(replace_by_str, 3, pick_piece() && pick_other() && room(size_of(other)), \
        cow_str_replace_str(&s[self], at, at + count, &s[other]), splice(at, count, wanted[other].v, size_of(other))) \
    TRY(replace_all, 3, pick_c_text() && room_for_all(text + from, length, 2), \
        cow_str_replace_all(&s[self], c_text(text + from, length), "ab"), replace_each(text + from, length, "ab", 2)) \
    TRY(replace_all_bytes, 6, pick_text() && pick_other() && room_for_all(text + from, length, size_of(other)), \
        cow_str_replace_all_bytes(&s[self], text + from, length, in(other, 0), cow_str_len(&s[other])), \
        replace_each(text + from, length, wanted[other].v, size_of(other))) \
    TRY(replace_all_own, 6, pick_own_piece() && pick_other() && room_for_all(mine() + at, count, size_of(other)), \
        cow_str_replace_all_bytes(&s[self], in(self, at), count, in(other, 0), cow_str_len(&s[other])), \
        replace_each(mine() + at, count, wanted[other].v, size_of(other))) \
    TRY(replace_all_str, 5, pick_two_others(), cow_str_replace_all_str(&s[self], &s[other], &s[value]), \
        replace_each(wanted[other].v, size_of(other), wanted[value].v, size_of((size_t)value))) \
    TRY(to_lower, 3, true, cow_str_to_lower(&s[self]), change_case(lower)) \
    TRY(to_upper, 3, true, cow_str_to_upper(&s[self]), change_case(upper)) \
    IS(find, 3, pick_c_text() && pick_place(), cow_str_find(&s[self], c_text(text + from, length), at), find(at, text + from, length)) \
    IS(find_piece, 3, pick_source() && pick_place(), cow_str_find_bytes(&s[self], in(other, from), length, at), find(at, source(), length)) \
    IS(find_str, 1, pick_other() && pick_place(), cow_str_find_str(&s[self], &s[other], at), find(at, wanted[other].v, size_of(other))) \
    IS(rfind, 3, pick_c_text() && pick_place(), cow_str_rfind(&s[self], c_text(text + from, length), at), find_last(at, text + from, length)) \
    IS(rfind_piece, 3, pick_source() && pick_place(), cow_str_rfind_bytes(&s[self], in(other, from), length, at), find_last(at, source(), length)) \
    IS(rfind_str, 1, pick_other() && pick_place(), cow_str_rfind_str(&s[self], &s[other], at), find_last(at, wanted[other].v, size_of(other))) \
    IS(find_byte, 3, pick_byte() && pick_place(), cow_str_find_byte(&s[self], (char)value, at), find(at, (char[]){(char)value}, 1)) \
    IS(rfind_byte, 3, pick_byte() && pick_place(), cow_str_rfind_byte(&s[self], (char)value, at), find_last(at, (char[]){(char)value}, 1)) \
    IS(find_any, 2, pick_c_text() && pick_place(), cow_str_find_any(&s[self], c_text(text + from, length), at), find_of_set(true)) \
    IS(find_not_any, 2, pick_c_text() && pick_place(), cow_str_find_not_any(&s[self], c_text(text + from, length), at), find_of_set(false)) \
    IS(contains, 1, pick_c_text(), cow_str_contains(&s[self], c_text(text + from, length)), find(0, text + from, length) != COW_NPOS) \
    IS(contains_str, 1, pick_other(), cow_str_contains_str(&s[self], &s[other]), find(0, wanted[other].v, size_of(other)) != COW_NPOS) \
    IS(starts_with, 1, pick_c_text(), cow_str_starts_with(&s[self], c_text(text + from, length)), here(0, text + from, length)) \
    IS(starts_with_str, 1, pick_other(), cow_str_starts_with_str(&s[self], &s[other]), here(0, wanted[other].v, size_of(other))) \
    IS(ends_with, 1, pick_c_text(), cow_str_ends_with(&s[self], c_text(text + from, length)), ends_with(text + from, length)) \
    IS(ends_with_piece, 1, pick_source(), cow_str_ends_with_bytes(&s[self], in(other, from), length), ends_with(source(), length)) \
    IS(ends_with_str, 1, pick_other(), cow_str_ends_with_str(&s[self], &s[other]), ends_with(wanted[other].v, size_of(other))) \
    IS(count_str, 1, pick_other(), cow_str_count_str(&s[self], &s[other]), count_of(wanted[other].v, size_of(other))) \
    IS(same, 1, true, cow_str_same(&s[self], &s[self]), 1) \
    IS(count, 1, pick_c_text(), cow_str_count(&s[self], c_text(text + from, length)), count_of(text + from, length)) \
    IS(count_piece, 1, pick_source(), cow_str_count_bytes(&s[self], in(other, from), length), count_of(source(), length)) \
    IS(equal, 2, pick_other(), cow_str_equal(&s[self], &s[other]), order() == 0) \
    IS(equal_ignoring_case, 2, pick_other(), cow_str_equal_ignoring_case(&s[self], &s[other]), equal_ignoring_case()) \
    IS(is, 1, pick_c_text(), cow_str_is(&s[self], c_text(text + from, length)), size_of(self) == length && here(0, text + from, length)) \
    IS(compare, 2, pick_other(), sign_of(cow_str_compare(&s[self], &s[other])), order()) \
    IS(hash, 5, true, cow_str_hash(&s[self], cow_seed()) == cow_hash_bytes(in(self, 0), cow_str_len(&s[self]), cow_seed()), 1) \
    IS(hash_seeded, 1, pick_byte(), cow_str_hash(&s[self], (uint64_t)value) == cow_hash_bytes(in(self, 0), cow_str_len(&s[self]), (uint64_t)value), 1) \
    IS(split_byte, 2, pick_byte(), digest_of(cow_str_split_byte(&s[self], (char)value)), digest_fields(BYTE)) \
    IS(split_any, 2, pick_c_text(), digest_of(cow_str_split_any(&s[self], c_text(text + from, length))), digest_fields(ANY)) \
    IS(split_lines, 2, true, digest_of(cow_str_split_lines(&s[self])), digest_fields(LINES)) \
    IS(split_space, 2, true, digest_of(cow_str_split_space(&s[self])), digest_fields(SPACE)) \
    TRY(split_by, 3, pick_c_separator(), digest_is(cow_str_split_by(&s[self], c_text(text + from, length)), value), (void)0) \
    TRY(split_by_bytes, 3, pick_separator(), digest_is(cow_str_split_by_bytes(&s[self], text + from, length), value), (void)0) \
    TRY(split_by_str, 3, pick_str_separator(), digest_is(cow_str_split_by_str(&s[self], &s[other]), value), (void)0) \
    DO(become_field, 3, pick_size(4), become_field(&s[self], count), become_nth_field()) \
    TRY(join, 2, pick_c_parts(), replace_when(cow_str_join(&made, s + at, count, c_text(text + from, length)), &s[self]), become_joined(text + from)) \
    TRY(join_str, 2, pick_str_parts(), replace_when(cow_str_join_str(&made, s + at, count, &s[other]), &s[self]), become_joined(wanted[other].v)) \
    TRY(join_bytes, 3, pick_parts(), replace_when(cow_str_join_bytes(&made, s + at, count, text + from, length), &s[self]), become_joined(text + from)) \
    IS(capacity, 1, true, cow_str_capacity(&s[self]) == 0 || cow_str_capacity(&s[self]) >= cow_str_len(&s[self]), 1) \
    IS(get, 1, (at = below(size_of(self) + 1), true), byte_in(cow_str_get(&s[self], at)), at < size_of(self) ? (unsigned char)mine()[at] : -1) \
    IS(slice_beyond, 1, pick_gap(), length_of(cow_str_slice(&s[self], at, MOST + 1)), 0)
/* clang-format on */

PROGRAM_TABLE

static void print_wanted(FILE *out, size_t i) {
    (void)fprintf(out, "    want(%zu, %zu, ", i, size_of(i));
    print_literal(out, wanted[i].v, size_of(i));
    (void)fputs(");\n", out);
}

static const char *const world[] = {
#include "str_world.inc"
    NULL};

const struct target fuzz_target = {
    .name = "str",
    .operations = operations,
    .count = sizeof operations / sizeof *operations,
    .wanted = wanted,
    .values = STRINGS,
    .value_size = sizeof *wanted,
    .print_wanted = print_wanted,
    .check_all = check_all,
    .finish = finish,
    .fallible = true,
    .text_most = 64,
    .world = world,
};
