/* SPDX-License-Identifier: MIT */
/*
 * The out-of-memory sweep of strings. Every public function runs on every form of a string, in lengths around the borders;
 * allocation k fails, once and from then on, for k = 1, 2, ... until nothing was left to fail.
 *
 * When a call says false: the 24 bytes of every handle and every text are as before, *out has the bytes it had, and cow_error()
 * says COW_NOMEM. When it says true, the result is the one of a run without faults. Either way, once all is dropped, no block
 * is left, and adopted bytes were released once.
 *
 * QUIET functions must not allocate at all; those that ABSORB a failure (a slice shares where it would have copied) must never
 * say false. `oom_str --list` prints the functions of the table; names.sh compares them with those the header declares.
 */
#define _POSIX_C_SOURCE 200809L /* kit_files.h */
#include <stdarg.h>

#include "../unit/kit_files.h"
#include "../unit/strs.h"

typedef struct scene {
    subject of;     /* of.s is the subject of the call */
    cow_str other;  /* a second string: an argument, or the right side of swap */
    cow_str made;   /* what the call makes */
    bool has_made;  /* ... when it did; until then, bytes that must stay as they are */
    size_t adopted; /* releases of what a row let the library adopt */
    long answer;    /* what a reader found: faults must not change answers either */
} scene;

static const char other_text[] = "another text, longer than a handle";
static const size_t sizes[] = {0, 5, 22, 23, 40, 600};

static char file_path[KIT_PATH];

static void set_scene(scene *s, form which, size_t n) {
    memset(s, 0, sizeof *s);
    subject_set(&s->of, which, prose(), n);
    s->other = str_of(other_text, sizeof other_text - 1);
    memset(&s->made, 0xa5, sizeof s->made);
}

static void strike_scene(scene *s, form which) {
    cow_str_drop(&s->other);
    if (s->has_made) cow_str_drop(&s->made);
    subject_strike(&s->of, which);
}

/* ---- what the scene looks like ---- */

typedef struct picture {
    cow_str handle[4];
    text texts[4]; /* made: only when it was */
    long answer;
    size_t adopted;
} picture;

static void take_picture(picture *shot, const scene *s) {
    const cow_str *all[4] = {&s->of.s, &s->of.keeper, &s->other, &s->made};
    for (size_t i = 0; i < 4; i++) {
        memcpy(&shot->handle[i], all[i], sizeof(cow_str));
        shot->texts[i].n = 0;
        if (i < 3 || s->has_made) text_set(&shot->texts[i], cow_str_data(all[i]), cow_str_len(all[i]));
    }
    shot->answer = s->answer;
    shot->adopted = s->adopted;
}

static bool same_texts(const picture *a, const picture *b) {
    for (size_t i = 0; i < 4; i++) {
        if (a->texts[i].n != b->texts[i].n || memcmp(a->texts[i].b, b->texts[i].b, a->texts[i].n) != 0) return false;
    }
    return true;
}

/* ---- the table's rows ---- */

#define ROW(name) static bool row_##name(scene *s)
#define S (&s->of.s)
#define LEN cow_str_len(S)

static bool received(scene *s, bool said) {
    s->has_made = said;
    return said;
}
static bool made(scene *s, cow_str value) {
    s->made = value;
    return received(s, true);
}
static bool found(scene *s, size_t answer) {
    s->answer = (long)answer;
    return true;
}

static bool list_from(cow_str *out, const char *format, ...) {
    va_list args;
    va_start(args, format);
    bool said = cow_str_from_vformat(out, format, args);
    va_end(args);
    return said;
}
static bool list_append(cow_str *s, const char *format, ...) {
    va_list args;
    va_start(args, format);
    bool said = cow_str_append_vformat(s, format, args);
    va_end(args);
    return said;
}
static void count_release(void *context, const void *p, size_t n) {
    (void)p;
    (void)n;
    ++*(size_t *)context;
}

ROW(cow_str_from) { return received(s, cow_str_from(&s->made, other_text)); }
ROW(cow_str_from_bytes) { return received(s, cow_str_from_bytes(&s->made, prose(), 300)); }
ROW(cow_str_from_format) { return received(s, cow_str_from_format(&s->made, "%0100d %s", 7, other_text)); }
ROW(from_long_format) { return received(s, cow_str_from_format(&s->made, "%03000d", 7)); }
ROW(cow_str_from_vformat) { return received(s, list_from(&s->made, "%0700d %s", 7, other_text)); }
ROW(cow_str_from_file) { return received(s, cow_str_from_file(&s->made, file_path)); }
ROW(cow_str_with_capacity) { return received(s, cow_str_with_capacity(&s->made, 100)); }
ROW(cow_str_new_in) { return received(s, cow_str_new_in(&s->made, 3, &instance)); }
ROW(cow_str_borrow) { return made(s, cow_str_borrow(other_text, 30)); }
ROW(cow_str_adopt) { return received(s, cow_str_adopt(&s->made, prose(), 50, count_release, &s->adopted)); }
ROW(adopt_few) { return received(s, cow_str_adopt(&s->made, prose(), 22, count_release, &s->adopted)); }

ROW(cow_str_copy) { return made(s, cow_str_copy(S)); }
ROW(cow_str_drop) { return cow_str_drop(S), true; }
ROW(cow_str_move) { return made(s, cow_str_move(S)); }
ROW(cow_str_swap) { return cow_str_swap(S, &s->other), true; }
ROW(cow_str_assign) { return cow_str_assign(S, &s->other), true; }
ROW(cow_str_freeze) {
    cow_str_freeze(S);
    return true;
}

ROW(cow_str_len) { return found(s, LEN); }
ROW(cow_str_is_empty) { return found(s, cow_str_is_empty(S)); }
ROW(cow_str_data) { return found(s, LEN ? (unsigned char)cow_str_data(S)[LEN - 1] : 0); }
ROW(cow_str_cstr) {
    const char *c = cow_str_cstr(S);
    return c && found(s, strlen(c) + (unsigned char)c[LEN]);
}
ROW(cow_str_get) { return found(s, cow_str_get(S, 3) != NULL); }
ROW(cow_str_at) { return LEN == 0 || found(s, (unsigned char)cow_str_at(S, LEN - 1)); }
ROW(cow_str_capacity) { return found(s, cow_str_capacity(S)); }
ROW(cow_str_is_shared) { return found(s, cow_str_is_shared(S)); }
ROW(cow_str_same) { return found(s, cow_str_same(S, &s->of.keeper)); }
ROW(cow_str_retained_bytes) { return found(s, cow_str_retained_bytes(S)); }

ROW(cow_str_slice) { return made(s, cow_str_slice(S, LEN / 4, LEN - LEN / 4)); }
ROW(cow_str_prefix) { return made(s, cow_str_prefix(S, LEN - LEN / 4)); }
ROW(cow_str_suffix) { return made(s, cow_str_suffix(S, LEN - LEN / 4)); }
ROW(cow_str_trim) { return made(s, cow_str_trim(S)); }
ROW(cow_str_trim_start) { return made(s, cow_str_trim_start(S)); }
ROW(cow_str_trim_end) { return made(s, cow_str_trim_end(S)); }

ROW(cow_str_reserve) { return cow_str_reserve(S, 1000); }
ROW(reserve_little) { return cow_str_reserve(S, 0); }
ROW(cow_str_shrink) { return cow_str_shrink(S); }
ROW(cow_str_compact) { return cow_str_compact(S); }
ROW(cow_str_truncate) { return cow_str_truncate(S, LEN - LEN / 4); }
ROW(truncate_to_little) { return cow_str_truncate(S, LEN / 4); }
ROW(cow_str_clear) { return cow_str_clear(S), true; }
ROW(cow_str_resize) { return cow_str_resize(S, LEN + 50, '#'); }
ROW(cow_str_edit) {
    char *p = cow_str_edit(S);
    if (p) memset(p, '=', LEN);
    return p || LEN == 0;
}
ROW(cow_str_set) { return LEN == 0 || cow_str_set(S, LEN / 2, '!'); }
ROW(cow_str_fill) { return cow_str_fill(S, '!'); }
ROW(cow_str_reverse) { return cow_str_reverse(S); }

ROW(cow_str_append) { return cow_str_append(S, other_text); }
ROW(append_to_its_room) { return cow_str_reserve(S, LEN + 60) && cow_str_append(S, other_text); }
ROW(cow_str_append_bytes) { return cow_str_append_bytes(S, prose(), 300); }
ROW(append_itself) { return cow_str_append_bytes(S, cow_str_data(S), LEN); }
ROW(cow_str_append_str) { return cow_str_append_str(S, &s->other); }
ROW(append_str_itself) { return cow_str_append_str(S, S); }
ROW(cow_str_append_byte) { return cow_str_append_byte(S, '!'); }
ROW(cow_str_append_format) { return cow_str_append_format(S, "%050d", 7); }
ROW(append_format_long) { return cow_str_append_format(S, "%02000d", 7); }
ROW(cow_str_append_vformat) { return list_append(S, "%0700d", 7); }
ROW(cow_str_append_int) { return cow_str_append_int(S, INT64_MIN); }
ROW(cow_str_append_uint) { return cow_str_append_uint(S, UINT64_MAX); }
ROW(cow_str_append_double) { return cow_str_append_double(S, -1.2345678901234567e-300); }
ROW(cow_str_append_code_point) { return cow_str_append_code_point(S, 0x20ac); }

ROW(cow_str_prepend) { return cow_str_prepend(S, other_text); }
ROW(cow_str_prepend_bytes) { return cow_str_prepend_bytes(S, prose(), 3); }
ROW(cow_str_prepend_str) { return cow_str_prepend_str(S, &s->other); }
ROW(cow_str_insert) { return cow_str_insert(S, LEN / 2, other_text); }
ROW(cow_str_insert_bytes) { return cow_str_insert_bytes(S, LEN / 2, prose(), 3); }
ROW(cow_str_insert_str) { return cow_str_insert_str(S, LEN / 2, &s->other); }
ROW(insert_itself) { return cow_str_insert_str(S, LEN / 2, S); }
ROW(cow_str_erase) { return LEN == 0 || cow_str_erase(S, LEN / 2); }
ROW(cow_str_erase_range) { return cow_str_erase_range(S, LEN / 3, LEN / 2); }
ROW(erase_the_front) { return cow_str_erase_range(S, 0, LEN / 4); }
ROW(cow_str_replace) { return cow_str_replace(S, LEN / 3, LEN / 2, other_text); }
ROW(cow_str_replace_bytes) { return cow_str_replace_bytes(S, 0, LEN, prose() + 5, 30); }
ROW(cow_str_replace_str) { return cow_str_replace_str(S, LEN / 3, LEN, &s->other); }
ROW(replace_by_itself) { return cow_str_replace_str(S, LEN / 3, LEN, S); }
ROW(cow_str_replace_all) { return cow_str_replace_all(S, "e", "<more>"); }
ROW(cow_str_replace_all_bytes) { return cow_str_replace_all_bytes(S, " ", 1, NULL, 0); }
ROW(cow_str_replace_all_str) {
    cow_str what = COW_STR("h");
    return cow_str_replace_all_str(S, &what, &s->other);
}
ROW(cow_str_to_lower) { return cow_str_to_lower(S); }
ROW(cow_str_to_upper) { return cow_str_to_upper(S); }

ROW(cow_str_find) { return found(s, cow_str_find(S, "own", 0)); }
ROW(cow_str_find_bytes) { return found(s, cow_str_find_bytes(S, "fox", 3, 0)); }
ROW(cow_str_find_str) { return found(s, cow_str_find_str(S, S, 0)); }
ROW(cow_str_rfind) { return found(s, cow_str_rfind(S, "q", COW_NPOS)); }
ROW(cow_str_rfind_bytes) { return found(s, cow_str_rfind_bytes(S, "fox", 3, COW_NPOS)); }
ROW(cow_str_rfind_str) { return found(s, cow_str_rfind_str(S, S, COW_NPOS)); }
ROW(find_a_long_one) {
    cow_str part = cow_str_borrow(prose() + 100, 400); /* long needles are looked at before the search */
    return found(s, cow_str_find_str(S, &part, 0) + cow_str_rfind_str(S, &part, COW_NPOS));
}
ROW(cow_str_find_byte) { return found(s, cow_str_find_byte(S, 'q', 0)); }
ROW(cow_str_rfind_byte) { return found(s, cow_str_rfind_byte(S, 'q', COW_NPOS)); }
ROW(cow_str_find_any) { return found(s, cow_str_find_any(S, "xyz", 0)); }
ROW(cow_str_find_not_any) { return found(s, cow_str_find_not_any(S, "The quick", 0)); }
ROW(cow_str_contains) { return found(s, cow_str_contains(S, "fox")); }
ROW(cow_str_contains_bytes) { return found(s, cow_str_contains_bytes(S, "fox", 3)); }
ROW(cow_str_contains_str) { return found(s, cow_str_contains_str(S, &s->other)); }
ROW(cow_str_starts_with) { return found(s, cow_str_starts_with(S, "The")); }
ROW(cow_str_starts_with_bytes) { return found(s, cow_str_starts_with_bytes(S, "The", 3)); }
ROW(cow_str_starts_with_str) { return found(s, cow_str_starts_with_str(S, S)); }
ROW(cow_str_ends_with) { return found(s, cow_str_ends_with(S, "k")); }
ROW(cow_str_ends_with_bytes) { return found(s, cow_str_ends_with_bytes(S, "k", 1)); }
ROW(cow_str_ends_with_str) { return found(s, cow_str_ends_with_str(S, S)); }
ROW(cow_str_count) { return found(s, cow_str_count(S, "e")); }
ROW(cow_str_count_bytes) { return found(s, cow_str_count_bytes(S, "th", 2)); }
ROW(cow_str_count_str) { return found(s, cow_str_count_str(S, S)); }

ROW(cow_str_equal) { return found(s, cow_str_equal(S, &s->of.keeper)); }
ROW(cow_str_is) { return found(s, cow_str_is(S, other_text)); }
ROW(cow_str_is_bytes) { return found(s, cow_str_is_bytes(S, prose(), LEN)); }
ROW(cow_str_equal_ignoring_case) { return found(s, cow_str_equal_ignoring_case(S, &s->other)); }
ROW(cow_str_compare) { return found(s, cow_str_compare(S, &s->other) > 0); }
ROW(cow_str_hash) { return found(s, (size_t)cow_str_hash(S, cow_seed())); }

/* Counts the fields, and what was in them; the iterator is used up. */
static bool count_fields(scene *s, cow_str_split it) {
    cow_str field = {0};
    while (cow_str_split_next(&it, &field)) s->answer = s->answer % 1000003 * 31 + (long)cow_str_len(&field) + 1;
    KIT_CHECK(cow_str_is_empty(&field));
    return true;
}
/* A separator or set that is copied says so when that fails, and the iterator then yields nothing. */
static bool count_fields_if_made(scene *s, cow_str_split it) {
    bool failed = cow_error() == COW_NOMEM;
    count_fields(s, it);
    if (failed) KIT_CHECK(s->answer == 0);
    return !failed;
}

ROW(cow_str_split_byte) { return count_fields(s, cow_str_split_byte(S, ' ')); }
ROW(cow_str_split_by) { return count_fields_if_made(s, cow_str_split_by(S, "the separator is not inline")); }
ROW(cow_str_split_by_bytes) { return count_fields_if_made(s, cow_str_split_by_bytes(S, prose() + 3, 60)); }
ROW(cow_str_split_by_str) { return count_fields_if_made(s, cow_str_split_by_str(S, &s->other)); }
ROW(split_by_itself) { return count_fields_if_made(s, cow_str_split_by_str(S, S)); }
ROW(cow_str_split_any) { return count_fields_if_made(s, cow_str_split_any(S, "abcdefghijklmnopqrstuvwxyz0123456789")); }
ROW(cow_str_split_lines) { return count_fields(s, cow_str_split_lines(S)); }
ROW(cow_str_split_space) { return count_fields(s, cow_str_split_space(S)); }
ROW(cow_str_split_ended_by) {
    cow_str field = {0};
    cow_str_split it = cow_str_split_any(S, " ,;");
    while (cow_str_split_next(&it, &field)) s->answer += cow_str_split_ended_by(&it) + 1;
    return true;
}
ROW(cow_str_split_drop) {
    cow_str field = {0};
    cow_str_split it = cow_str_split_byte(S, 'o');
    bool there = cow_str_split_next(&it, &field);
    cow_str_split_drop(&it);
    found(s, cow_str_len(&field) + there);
    cow_str_drop(&field);
    return true;
}

/* Parts: the subject, the other, the subject again. */
static bool join_with(scene *s, bool (*join)(cow_str *out, const cow_str *parts, size_t n, const void *between)) {
    cow_str parts[3] = {cow_str_copy(S), cow_str_copy(&s->other), cow_str_copy(S)};
    bool said = join(&s->made, parts, 3, " and ");
    for (size_t i = 0; i < 3; i++) cow_str_drop(&parts[i]);
    return received(s, said);
}
static bool by_text(cow_str *out, const cow_str *parts, size_t n, const void *between) {
    return cow_str_join(out, parts, n, between);
}
static bool by_bytes(cow_str *out, const cow_str *parts, size_t n, const void *between) {
    return cow_str_join_bytes(out, parts, n, between, 2);
}
static bool by_str(cow_str *out, const cow_str *parts, size_t n, const void *between) {
    (void)between;
    return cow_str_join_str(out, parts, n, &parts[0]);
}
ROW(cow_str_join) { return join_with(s, by_text); }
ROW(cow_str_join_bytes) { return join_with(s, by_bytes); }
ROW(cow_str_join_str) { return join_with(s, by_str); }

ROW(cow_str_parse_int) {
    cow_str number = COW_STR("-123456789012345678");
    int64_t x;
    return cow_str_parse_int(&number, 10, &x, NULL) && found(s, (size_t)x);
}
ROW(cow_str_parse_uint) {
    cow_str number = COW_STR("0xffffffff");
    uint64_t x;
    return cow_str_parse_uint(&number, 0, &x, NULL) && found(s, (size_t)x);
}
ROW(cow_str_parse_double) {
    static char digits[1000]; /* more of them than fit anywhere */
    memset(digits, '7', sizeof digits);
    digits[1] = '.';
    cow_str number = cow_str_borrow(digits, sizeof digits);
    double x;
    return cow_str_parse_double(&number, &x, NULL) && found(s, (size_t)(x * 1e6));
}

ROW(cow_utf8_valid_prefix) { return found(s, cow_utf8_valid_prefix(prose(), PROSE_LENGTH)); }
ROW(cow_utf8_decode) {
    uint32_t c;
    return found(s, cow_utf8_decode(prose() + 20, 4, &c) + c);
}
ROW(cow_utf8_encode) {
    char out[4];
    return found(s, cow_utf8_encode(0x20ac, out));
}
ROW(cow_str_is_utf8) {
    size_t end;
    return found(s, cow_str_is_utf8(S, &end) + end);
}
ROW(cow_str_next_code_point) {
    size_t at = 0;
    uint32_t c;
    while (cow_str_next_code_point(S, &at, &c)) s->answer += (long)c;
    return true;
}
ROW(cow_str_prev_code_point) {
    size_t at = LEN;
    uint32_t c;
    while (cow_str_prev_code_point(S, &at, &c)) s->answer += (long)c;
    return true;
}
ROW(cow_str_count_code_points) { return found(s, cow_str_count_code_points(S)); }
ROW(cow_str_is_boundary) { return found(s, cow_str_is_boundary(S, 21)); }
ROW(cow_str_boundary_before) { return found(s, cow_str_boundary_before(S, 22)); }
ROW(cow_str_boundary_after) { return found(s, cow_str_boundary_after(S, 22)); }

typedef enum kind { MAY_FAIL, ABSORBS, QUIET, MAKES_IMMORTAL } kind;

typedef struct row {
    const char *name;
    bool (*run)(scene *s);
    kind kind;
} row;

#define ROW_OF(name, kind) \
    { #name, row_##name, kind }
static const row rows[] = {
    ROW_OF(cow_str_from, MAY_FAIL),
    ROW_OF(cow_str_from_bytes, MAY_FAIL),
    ROW_OF(cow_str_from_format, MAY_FAIL),
    ROW_OF(from_long_format, MAY_FAIL),
    ROW_OF(cow_str_from_vformat, MAY_FAIL),
    ROW_OF(cow_str_from_file, MAY_FAIL),
    ROW_OF(cow_str_with_capacity, MAY_FAIL),
    ROW_OF(cow_str_new_in, MAY_FAIL),
    ROW_OF(cow_str_borrow, QUIET),
    ROW_OF(cow_str_adopt, MAY_FAIL),
    ROW_OF(adopt_few, QUIET),
    ROW_OF(cow_str_copy, QUIET),
    ROW_OF(cow_str_drop, QUIET),
    ROW_OF(cow_str_move, QUIET),
    ROW_OF(cow_str_swap, QUIET),
    ROW_OF(cow_str_assign, QUIET),
    ROW_OF(cow_str_freeze, MAKES_IMMORTAL),
    ROW_OF(cow_str_len, QUIET),
    ROW_OF(cow_str_is_empty, QUIET),
    ROW_OF(cow_str_data, QUIET),
    ROW_OF(cow_str_cstr, MAY_FAIL),
    ROW_OF(cow_str_get, QUIET),
    ROW_OF(cow_str_at, QUIET),
    ROW_OF(cow_str_capacity, QUIET),
    ROW_OF(cow_str_is_shared, QUIET),
    ROW_OF(cow_str_same, QUIET),
    ROW_OF(cow_str_retained_bytes, QUIET),
    ROW_OF(cow_str_slice, ABSORBS),
    ROW_OF(cow_str_prefix, ABSORBS),
    ROW_OF(cow_str_suffix, ABSORBS),
    ROW_OF(cow_str_trim, ABSORBS),
    ROW_OF(cow_str_trim_start, ABSORBS),
    ROW_OF(cow_str_trim_end, ABSORBS),
    ROW_OF(cow_str_reserve, MAY_FAIL),
    ROW_OF(reserve_little, MAY_FAIL),
    ROW_OF(cow_str_shrink, MAY_FAIL),
    ROW_OF(cow_str_compact, MAY_FAIL),
    ROW_OF(cow_str_truncate, ABSORBS),
    ROW_OF(truncate_to_little, ABSORBS),
    ROW_OF(cow_str_clear, QUIET),
    ROW_OF(cow_str_resize, MAY_FAIL),
    ROW_OF(cow_str_edit, MAY_FAIL),
    ROW_OF(cow_str_set, MAY_FAIL),
    ROW_OF(cow_str_fill, MAY_FAIL),
    ROW_OF(cow_str_reverse, MAY_FAIL),
    ROW_OF(cow_str_append, MAY_FAIL),
    ROW_OF(append_to_its_room, MAY_FAIL),
    ROW_OF(cow_str_append_bytes, MAY_FAIL),
    ROW_OF(append_itself, MAY_FAIL),
    ROW_OF(cow_str_append_str, MAY_FAIL),
    ROW_OF(append_str_itself, MAY_FAIL),
    ROW_OF(cow_str_append_byte, MAY_FAIL),
    ROW_OF(cow_str_append_format, MAY_FAIL),
    ROW_OF(append_format_long, MAY_FAIL),
    ROW_OF(cow_str_append_vformat, MAY_FAIL),
    ROW_OF(cow_str_append_int, MAY_FAIL),
    ROW_OF(cow_str_append_uint, MAY_FAIL),
    ROW_OF(cow_str_append_double, MAY_FAIL),
    ROW_OF(cow_str_append_code_point, MAY_FAIL),
    ROW_OF(cow_str_prepend, MAY_FAIL),
    ROW_OF(cow_str_prepend_bytes, MAY_FAIL),
    ROW_OF(cow_str_prepend_str, MAY_FAIL),
    ROW_OF(cow_str_insert, MAY_FAIL),
    ROW_OF(cow_str_insert_bytes, MAY_FAIL),
    ROW_OF(cow_str_insert_str, MAY_FAIL),
    ROW_OF(insert_itself, MAY_FAIL),
    ROW_OF(cow_str_erase, MAY_FAIL),
    ROW_OF(cow_str_erase_range, MAY_FAIL),
    ROW_OF(erase_the_front, MAY_FAIL),
    ROW_OF(cow_str_replace, MAY_FAIL),
    ROW_OF(cow_str_replace_bytes, MAY_FAIL),
    ROW_OF(cow_str_replace_str, MAY_FAIL),
    ROW_OF(replace_by_itself, MAY_FAIL),
    ROW_OF(cow_str_replace_all, MAY_FAIL),
    ROW_OF(cow_str_replace_all_bytes, MAY_FAIL),
    ROW_OF(cow_str_replace_all_str, MAY_FAIL),
    ROW_OF(cow_str_to_lower, MAY_FAIL),
    ROW_OF(cow_str_to_upper, MAY_FAIL),
    ROW_OF(cow_str_find, QUIET),
    ROW_OF(cow_str_find_bytes, QUIET),
    ROW_OF(cow_str_find_str, QUIET),
    ROW_OF(cow_str_rfind, QUIET),
    ROW_OF(cow_str_rfind_bytes, QUIET),
    ROW_OF(cow_str_rfind_str, QUIET),
    ROW_OF(find_a_long_one, QUIET),
    ROW_OF(cow_str_find_byte, QUIET),
    ROW_OF(cow_str_rfind_byte, QUIET),
    ROW_OF(cow_str_find_any, QUIET),
    ROW_OF(cow_str_find_not_any, QUIET),
    ROW_OF(cow_str_contains, QUIET),
    ROW_OF(cow_str_contains_bytes, QUIET),
    ROW_OF(cow_str_contains_str, QUIET),
    ROW_OF(cow_str_starts_with, QUIET),
    ROW_OF(cow_str_starts_with_bytes, QUIET),
    ROW_OF(cow_str_starts_with_str, QUIET),
    ROW_OF(cow_str_ends_with, QUIET),
    ROW_OF(cow_str_ends_with_bytes, QUIET),
    ROW_OF(cow_str_ends_with_str, QUIET),
    ROW_OF(cow_str_count, QUIET),
    ROW_OF(cow_str_count_bytes, QUIET),
    ROW_OF(cow_str_count_str, QUIET),
    ROW_OF(cow_str_equal, QUIET),
    ROW_OF(cow_str_is, QUIET),
    ROW_OF(cow_str_is_bytes, QUIET),
    ROW_OF(cow_str_equal_ignoring_case, QUIET),
    ROW_OF(cow_str_compare, QUIET),
    ROW_OF(cow_str_hash, QUIET),
    ROW_OF(cow_str_split_byte, ABSORBS),
    ROW_OF(cow_str_split_by, MAY_FAIL),
    ROW_OF(cow_str_split_by_bytes, MAY_FAIL),
    ROW_OF(cow_str_split_by_str, MAY_FAIL),
    ROW_OF(split_by_itself, MAY_FAIL),
    ROW_OF(cow_str_split_any, MAY_FAIL),
    ROW_OF(cow_str_split_lines, ABSORBS),
    ROW_OF(cow_str_split_space, ABSORBS),
    {"cow_str_split_next", row_cow_str_split_space, ABSORBS},
    ROW_OF(cow_str_split_ended_by, ABSORBS),
    ROW_OF(cow_str_split_drop, ABSORBS),
    ROW_OF(cow_str_join, MAY_FAIL),
    ROW_OF(cow_str_join_bytes, MAY_FAIL),
    ROW_OF(cow_str_join_str, MAY_FAIL),
    ROW_OF(cow_str_parse_int, QUIET),
    ROW_OF(cow_str_parse_uint, QUIET),
    ROW_OF(cow_str_parse_double, QUIET),
    ROW_OF(cow_utf8_valid_prefix, QUIET),
    ROW_OF(cow_utf8_decode, QUIET),
    ROW_OF(cow_utf8_encode, QUIET),
    ROW_OF(cow_str_is_utf8, QUIET),
    ROW_OF(cow_str_next_code_point, QUIET),
    ROW_OF(cow_str_prev_code_point, QUIET),
    ROW_OF(cow_str_count_code_points, QUIET),
    ROW_OF(cow_str_is_boundary, QUIET),
    ROW_OF(cow_str_boundary_before, QUIET),
    ROW_OF(cow_str_boundary_after, QUIET),
};
enum { ROWS = sizeof rows / sizeof *rows };

/* ---- the sweep ---- */

static struct { size_t runs, failed, worked_anyway; } total;

/* What a row let the library adopt is released by the time all is dropped, and once. */
static bool adopted_once(const row *r, const scene *s) {
    return s->adopted == (r->run == row_cow_str_adopt || r->run == row_adopt_few);
}

/* One run with one fault. False when the fault was never reached: the sweep of this row is complete. */
static bool run_with_fault(const row *r, form which, size_t n, size_t at, bool sticky, const picture *expected) {
    snprintf(kit_context, sizeof kit_context, "%s, %s, %zu bytes, allocation %zu%s fails", r->name, form_names[which],
             n, at, sticky ? " and on" : "");
    static scene s;
    static picture before, after;
    set_scene(&s, which, n);
    take_picture(&before, &s);
    cow__set_error(COW_OK);
    kit_fail(at, sticky);
    bool said = r->run(&s);
    size_t injected = kit.injected;
    cow_error_code why = cow_error();
    kit_fail_none();
    take_picture(&after, &s);
    total.runs++;
    if (said) {
        total.worked_anyway += injected > 0;
        KIT_CHECK(same_texts(expected, &after) && expected->answer == after.answer);
        KIT_CHECK(why != COW_NOMEM && "it worked, and says that memory ran out");
    } else {
        total.failed++;
        KIT_CHECK(injected > 0 && "false without a fault");
        KIT_CHECK(r->kind == MAY_FAIL && "a function that cannot fail says false");
        KIT_CHECK(why == COW_NOMEM);
        KIT_CHECK(memcmp(before.handle, after.handle, sizeof before.handle) == 0 && "the handles are as they were");
        KIT_CHECK(same_texts(&before, &after) && after.adopted == 0);
    }
    subject_check_others(&s.of, prose(), n);
    strike_scene(&s, which);
    KIT_CHECK(!said || adopted_once(r, &s));
    return injected > 0;
}

/* The run without faults: it works, says what to expect, and a quiet function is seen to be quiet. */
static void run_without_fault(const row *r, form which, size_t n, picture *expected) {
    snprintf(kit_context, sizeof kit_context, "%s, %s, %zu bytes, no fault", r->name, form_names[which], n);
    static scene s;
    set_scene(&s, which, n);
    kit_fail_none();
    size_t blocks = kit.blocks;
    cow__set_error(COW_OK);
    KIT_CHECK(r->run(&s) && "works without faults");
    if (r->kind == QUIET) KIT_CHECK(kit.calls == 0 && "a quiet function allocates");
    take_picture(expected, &s);
    if (r->kind == MAKES_IMMORTAL) { /* what the call froze stays: its own block, and adopted bytes with it */
        KIT_CHECK(kit.blocks == blocks);
        cow_str_drop(&s.other);
        cow_str_drop(&s.of.s);
        cow_str_drop(&s.of.keeper);
        free(s.of.lent);
        kit_abandon();
    } else {
        subject_check_others(&s.of, prose(), n);
        strike_scene(&s, which);
        KIT_CHECK(adopted_once(r, &s));
    }
}

static void sweep(const row *r, form which, size_t n) {
    static picture expected;
    run_without_fault(r, which, n, &expected);
    if (r->kind == QUIET || r->kind == MAKES_IMMORTAL) return;
    for (int sticky = 0; sticky < 2; sticky++) {
        size_t at = 1;
        while (run_with_fault(r, which, n, at, sticky, &expected)) at++;
    }
}

static void write_file(void) {
    int file = kit_file(file_path);
    for (int i = 0; i < 9; i++) KIT_CHECK(write(file, prose(), PROSE_LENGTH) == PROSE_LENGTH);
    close(file);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < ROWS; i++) puts(rows[i].name);
        return 0;
    }
    write_file();
    for (size_t i = 0; i < ROWS; i++) {
        for (form which = 0; which < FORMS; which++) {
            for (size_t k = 0; k < LENGTH(sizes); k++)
                if (form_fits(which, sizes[k])) sweep(&rows[i], which, sizes[k]);
        }
    }
    unlink(file_path);
    printf("oom sweep, strings: %d operations x %d forms, %zu runs with a fault armed: %zu failed cleanly, "
           "%zu did without\n",
           (int)ROWS, (int)FORMS, total.runs, total.failed, total.worked_anyway);
    KIT_CHECK(total.failed > ROWS && "the sweep injects failures");
    return 0;
}
