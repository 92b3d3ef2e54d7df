/* SPDX-License-Identifier: MIT */
/*
 * Any list of operations on strings does what it does to naive strings, which copy everything.
 *
 * A few live strings change. Copies, slices and C strings of them are kept, and neither their handles nor a byte of their texts
 * may ever change. Arguments point into the very string that changes, into the bytes of inline handles, into others that share
 * the buffer, and into lent storage. A split goes on while its string changes. Every nth allocation fails, if the list
 * says so: an operation that says false must have changed nothing. Adopted bytes are given back once.
 *
 * Sizes and places come from tables of borders: 22 bytes stay in a handle, slices above 512 share. Each list runs in a child,
 * so aborts and the sanitizers' reports shrink to a minimal list as well.
 */
#include "str_world.h"

#include <inttypes.h>

/* ---- Commands and their arguments ---- */

#define COMMAND(name) static void run_##name(__attribute__((unused)) void *state, const int64_t *a)

#define ON \
    { "live", 0, LIVE - 1, NULL }
#define KEEP \
    { "kept", 0, KEPT - 1, NULL }
#define SOURCE \
    { "source", 1, SOURCES - 1, NULL }
#define AT \
    { "at", TABLE(places) }
#define COUNT \
    { "count", TABLE(counts) }
#define SIZE \
    { "size", TABLE(sizes) }
#define BYTE \
    { "byte", 'a', 'f', NULL }
/* What give() makes an argument of. Of a fresh text (source 0), `from` is the pattern. */
#define GIVE \
    {"how", 0, 2, NULL}, {"given", 0, SOURCES - 1, NULL}, {"from", TABLE(places)}, { "length", TABLE(sizes) }
#define GIVE_TOO \
    {"given2", 0, SOURCES - 1, NULL}, {"from2", TABLE(places)}, { "length2", TABLE(sizes) }

/* ---- Appending and inserting ---- */

COMMAND(append) {
    GIVEN g = {0};
    terminate(a[1], a[2]);
    give(&g, a[1], a[2], a[3], a[4], room_of(&world.live[a[0]]));
    live *s = subject(a[0]);
    bool said = g.how == AS_C     ? cow_str_append(&s->s, g.p)
                : g.how == AS_STR ? cow_str_append_str(&s->s, g.str)
                                  : cow_str_append_bytes(&s->s, g.p, g.is.n);
    if (worked(said)) splice(&s->is, s->is.n, 0, g.is.v, g.is.n);
}

COMMAND(append_byte) {
    char c = (char)a[1];
    if (!room_of(&world.live[a[0]])) return;
    live *s = subject(a[0]);
    if (worked(cow_str_append_byte(&s->s, c))) splice(&s->is, s->is.n, 0, &c, 1);
}

COMMAND(append_number) {
    char text[40];
    cow_str fresh = {0};
    double x = (double)a[2] / 8;
    (void)snprintf(text, sizeof text, a[1] ? "%" PRIu64 : "%" PRId64, a[2]);
    if (a[1] == 2) rc_assert(cow_str_append_double(&fresh, x) && cow_str_len(&fresh) < sizeof text);
    if (a[1] == 2) (void)snprintf(text, sizeof text, "%s", cow_str_cstr(&fresh));
    cow_str_drop(&fresh);
    if (room_of(&world.live[a[0]]) < sizeof text) return;
    live *s = subject(a[0]);
    bool said = a[1] == 0   ? cow_str_append_int(&s->s, a[2])
                : a[1] == 1 ? cow_str_append_uint(&s->s, (uint64_t)a[2])
                            : cow_str_append_double(&s->s, x);
    if (worked(said)) splice(&s->is, s->is.n, 0, text, strlen(text));
}

/* "7<" the argument ">", whose bytes may be the string's own. */
COMMAND(append_format) {
    GIVEN g = {0};
    if (room_of(&world.live[a[0]]) < 3) return;
    terminate(AS_C, a[1]);
    give(&g, AS_C, a[1], a[2], a[3], room_of(&world.live[a[0]]) - 3);
    live *s = subject(a[0]);
    if (!worked(cow_str_append_format(&s->s, "%d<%s>", 7, g.p))) return;
    splice(&s->is, s->is.n, 0, "7<", 2);
    splice(&s->is, s->is.n, 0, g.is.v, g.is.n);
    splice(&s->is, s->is.n, 0, ">", 1);
}

COMMAND(append_code_point) {
    static const char *const texts[] = {"a", "\xc3\xa9", "\xe2\x82\xac", "\xf4\x8f\xbf\xbf", NULL, NULL};
    static const uint32_t points[] = {'a', 0xe9, 0x20ac, 0x10ffff, 0xd800, 0x110000};
    if (room_of(&world.live[a[0]]) < 4) return;
    live *s = subject(a[0]);
    bool said = cow_str_append_code_point(&s->s, points[a[1]]);
    if (!texts[a[1]])
        refused(said, COW_RANGE);
    else if (worked(said))
        splice(&s->is, s->is.n, 0, texts[a[1]], strlen(texts[a[1]]));
}

COMMAND(prepend) {
    GIVEN g = {0};
    terminate(a[1], a[2]);
    give(&g, a[1], a[2], a[3], a[4], room_of(&world.live[a[0]]));
    live *s = subject(a[0]);
    bool said = g.how == AS_C     ? cow_str_prepend(&s->s, g.p)
                : g.how == AS_STR ? cow_str_prepend_str(&s->s, g.str)
                                  : cow_str_prepend_bytes(&s->s, g.p, g.is.n);
    if (worked(said)) splice(&s->is, 0, 0, g.is.v, g.is.n);
}

COMMAND(insert) {
    GIVEN g = {0};
    terminate(a[2], a[3]);
    give(&g, a[2], a[3], a[4], a[5], room_of(&world.live[a[0]]));
    live *s = subject(a[0]);
    size_t at = place(a[1], s->is.n);
    bool said = g.how == AS_C     ? cow_str_insert(&s->s, at, g.p)
                : g.how == AS_STR ? cow_str_insert_str(&s->s, at, g.str)
                                  : cow_str_insert_bytes(&s->s, at, g.p, g.is.n);
    if (at > s->is.n)
        refused(said, COW_RANGE);
    else if (worked(said))
        splice(&s->is, at, 0, g.is.v, g.is.n);
}

/* ---- Replacing ---- */

COMMAND(replace) {
    GIVEN g = {0};
    terminate(a[3], a[4]);
    give(&g, a[3], a[4], a[5], a[6], room_of(&world.live[a[0]]));
    live *s = subject(a[0]);
    size_t begin, end;
    range(a[1], a[2], s->is.n, &begin, &end);
    bool said = g.how == AS_C     ? cow_str_replace(&s->s, begin, end, g.p)
                : g.how == AS_STR ? cow_str_replace_str(&s->s, begin, end, g.str)
                                  : cow_str_replace_bytes(&s->s, begin, end, g.p, g.is.n);
    if (!in_range(begin, end, s->is.n))
        refused(said, COW_RANGE);
    else if (worked(said))
        splice(&s->is, begin, end - begin, g.is.v, g.is.n);
}

static bool replace_all(cow_str *s, const given *what, const given *by) {
    if (what->how == AS_C && by->how == AS_C) return cow_str_replace_all(s, what->p, by->p);
    if (what->how == AS_STR && by->how == AS_STR) return cow_str_replace_all_str(s, what->str, by->str);
    const char *p = what->how == AS_STR ? cow_str_data(what->str) : what->p;
    const char *q = by->how == AS_STR ? cow_str_data(by->str) : by->p;
    return cow_str_replace_all_bytes(s, p, what->is.n, q, by->is.n);
}

COMMAND(replace_all) {
    GIVEN what = {0}, by = {0};
    terminate(a[1], a[2]);
    terminate(a[1], a[5]);
    give(&what, a[1], a[2], a[3], a[4], LONGEST);
    give(&by, a[1], a[5], a[6], a[7], LONGEST);
    naive is = world.live[a[0]].is;
    if (!naive_replace_all(&is, &what.is, &by.is)) return;
    live *s = subject(a[0]);
    bool said = replace_all(&s->s, &what, &by);
    if (!what.is.n) {
        refused(said, COW_RANGE);
    } else if (naive_find(&s->is, &what.is, 0) == COW_NPOS) {
        must_work(said);
        rc_assert(untouched());
    } else if (worked(said)) {
        s->is = is;
    }
}

/* ---- Removing ---- */

COMMAND(erase) {
    live *s = subject(a[0]);
    size_t at = place(a[1], s->is.n);
    bool said = cow_str_erase(&s->s, at);
    if (at >= s->is.n)
        refused(said, COW_RANGE);
    else if (worked(said))
        splice(&s->is, at, 1, NULL, 0);
}

/* At either end it never fails: what is left is a slice. */
COMMAND(erase_range) {
    live *s = subject(a[0]);
    size_t begin, end;
    range(a[1], a[2], s->is.n, &begin, &end);
    bool said = cow_str_erase_range(&s->s, begin, end);
    if (!in_range(begin, end, s->is.n)) {
        refused(said, COW_RANGE);
    } else if (worked(said)) {
        splice(&s->is, begin, end - begin, NULL, 0);
    } else {
        rc_assert(begin > 0 && end < s->is.n);
    }
}

COMMAND(truncate) {
    live *s = subject(a[0]);
    size_t n = place(a[1], s->is.n);
    bool said = cow_str_truncate(&s->s, n);
    if (n > s->is.n) {
        refused(said, COW_RANGE);
        return;
    }
    must_work(said);
    s->is.n = n;
}

COMMAND(clear) {
    live *s = subject(a[0]);
    cow_str_clear(&s->s);
    must_work(true);
    s->is.n = 0;
}

/* ---- Changing in place ---- */

COMMAND(set) {
    live *s = subject(a[0]);
    size_t at = place(a[1], s->is.n);
    bool said = cow_str_set(&s->s, at, (char)a[2]);
    if (at >= s->is.n)
        refused(said, COW_RANGE);
    else if (worked(said))
        s->is.v[at] = (char)a[2];
}

COMMAND(edit) {
    live *s = subject(a[0]);
    char *p = cow_str_edit(&s->s);
    if (!s->is.n) {
        refused(p != NULL, COW_ABSENT);
    } else if (worked(p != NULL)) {
        rc_assert(p == cow_str_data(&s->s) && !cow_str_is_shared(&s->s));
        for (size_t i = 0; i < s->is.n; i += 3) p[i] = s->is.v[i] = (char)a[1];
    }
}

COMMAND(fill) {
    live *s = subject(a[0]);
    if (worked(cow_str_fill(&s->s, (char)a[1]))) memset(s->is.v, (int)a[1], s->is.n);
}

COMMAND(reverse) {
    live *s = subject(a[0]);
    if (!worked(cow_str_reverse(&s->s))) return;
    naive was = s->is;
    for (size_t i = 0; i < was.n; i++) s->is.v[i] = was.v[was.n - 1 - i];
}

COMMAND(change_case) {
    live *s = subject(a[0]);
    naive is = s->is;
    for (size_t i = 0; i < is.n; i++) is.v[i] = a[1] ? upper(is.v[i]) : lower(is.v[i]);
    bool said = a[1] ? cow_str_to_upper(&s->s) : cow_str_to_lower(&s->s);
    if (order(&is, &s->is) == 0) {
        must_work(said);
        rc_assert(untouched());
    } else if (worked(said)) {
        s->is = is;
    }
}

/* ---- Size and storage ---- */

COMMAND(resize) {
    live *s = subject(a[0]);
    size_t n = (size_t)a[1];
    bool said = cow_str_resize(&s->s, n, (char)a[2]);
    if (n <= s->is.n) rc_assert(said);
    if (!worked(said)) return;
    for (size_t i = s->is.n; i < n; i++) s->is.v[i] = (char)a[2];
    s->is.n = n;
}

COMMAND(reserve) {
    live *s = subject(a[0]);
    if (!worked(cow_str_reserve(&s->s, (size_t)a[1]))) return;
    rc_assert(cow_str_capacity(&s->s) >= (size_t)a[1] && !cow_str_is_shared(&s->s));
}

/* What a copy of the bytes retains. */
static size_t exact(const naive *is) {
    cow_str copy = {0};
    rc_assert(cow_str_from_bytes(&copy, is->v, is->n));
    size_t bytes = cow_str_retained_bytes(&copy);
    cow_str_drop(&copy);
    return bytes;
}

COMMAND(shrink) {
    bool shared = cow_str_is_shared(&world.live[a[0]].s);
    live *s = subject(a[0]);
    if (!worked(cow_str_shrink(&s->s))) return;
    if (shared)
        rc_assert(untouched());
    else if (!cow_str_is_empty(&s->s)) /* an empty text that shares a buffer does not count as shared */
        rc_assert(cow_str_retained_bytes(&s->s) <= exact(&s->is));
}

/* Adopted bytes that the text needs all of stay where they are, whatever their header takes. */
static bool is_adopted_whole(const cow_str *s) {
    for (size_t i = 0; i < world.adoptions; i++)
        if (world.adopted[i].p == cow_str_data(s) && world.adopted[i].n == cow_str_len(s))
            return !world.adopted[i].over;
    return false;
}

COMMAND(compact) {
    live *s = subject(a[0]);
    if (!worked(cow_str_compact(&s->s))) return;
    rc_assert(cow_str_retained_bytes(&s->s) <= exact(&s->is) || is_adopted_whole(&s->s));
}

COMMAND(cstr) {
    live *s = subject(a[0]);
    const char *c = cow_str_cstr(&s->s);
    if (worked(c != NULL)) rc_assert(c == cow_str_data(&s->s) && c[s->is.n] == '\0');
}

/* ---- Making: what it was is given up ---- */

static void becomes(live *s, cow_str made, const naive *is) {
    naive values = *is;
    cow_str_drop(&s->s);
    s->s = made;
    s->is = values;
}

COMMAND(from) {
    GIVEN g = {0};
    terminate(a[1], a[2]);
    give(&g, a[1], a[2], a[3], a[4], LONGEST);
    live *s = subject(a[0]);
    cow_str made;
    memset(&made, 0x5a, sizeof made);
    cow_str rubbish = made;
    const char *p = g.how == AS_STR ? cow_str_data(g.str) : g.p;
    if (worked(g.how == AS_C ? cow_str_from(&made, p) : cow_str_from_bytes(&made, p, g.is.n)))
        becomes(s, made, &g.is);
    else
        rc_assert(same_words(&made, &rubbish));
}

COMMAND(from_format) {
    GIVEN g = {0};
    terminate(AS_C, a[1]);
    give(&g, AS_C, a[1], a[2], a[3], LONGEST);
    live *s = subject(a[0]);
    cow_str made;
    if (worked(cow_str_from_format(&made, "%s", g.p))) becomes(s, made, &g.is);
}

COMMAND(with_capacity) {
    live *s = subject(a[0]);
    cow_str made;
    size_t capacity = (size_t)a[2];
    bool said =
        a[1] == 0 ? cow_str_with_capacity(&made, capacity) : cow_str_new_in(&made, capacity, a[1] == 1 ? NULL : &plain);
    if (!worked(said)) return;
    rc_assert(cow_str_capacity(&made) >= capacity);
    becomes(s, made, &(naive){0, {0}});
}

COMMAND(literal) {
    static const cow_str table[] = {COW_STR_INIT("literal in a table"), COW_STR_INIT("")};
    const char *text = a[1] == 0 ? "literal in a table" : a[1] == 1 ? "" : "a literal that is longer than 22 bytes";
    naive is = naive_of(text, strlen(text));
    becomes(&world.live[a[0]], a[1] < 2 ? table[a[1]] : COW_STR("a literal that is longer than 22 bytes"), &is);
}

COMMAND(borrow) {
    size_t begin, end;
    bounds(a[1], a[2], LENT, &begin, &end);
    naive is = part(&world.lent.is, begin, end);
    becomes(&world.live[a[0]], cow_str_borrow(world.storage + begin, end - begin), &is);
}

COMMAND(adopt) {
    size_t n = (size_t)a[2];
    adoption *bytes = new_adoption(a[1], n);
    naive is = text_of(a[1], n);
    live *s = subject(a[0]);
    cow_str made;
    if (worked(cow_str_adopt(&made, bytes->p, n, give_back, bytes))) {
        rc_assert(bytes->over == (n <= 22) && (n <= 22 || cow_str_data(&made) == bytes->p));
        becomes(s, made, &is);
    } else {
        rc_assert(!bytes->over);
        give_back(bytes, bytes->p, n);
    }
}

COMMAND(join) {
    GIVEN g = {0};
    cow_str parts[3], made;
    naive joined = {0, {0}};
    size_t n = (size_t)a[7];
    terminate(a[3], a[4]);
    give(&g, a[3], a[4], a[5], a[6], LONGEST);
    for (size_t i = 0; i < n; i++) {
        const naive *is;
        parts[i] = *source(a[1 + i % 2], &is); /* bitwise: join only reads them */
        if (joined.n + is->n + g.is.n > LONGEST) return;
        if (i) splice(&joined, joined.n, 0, g.is.v, g.is.n);
        splice(&joined, joined.n, 0, is->v, is->n);
    }
    live *s = subject(a[0]);
    bool said = g.how == AS_C     ? cow_str_join(&made, parts, n, g.p)
                : g.how == AS_STR ? cow_str_join_str(&made, parts, n, g.str)
                                  : cow_str_join_bytes(&made, parts, n, g.p, g.is.n);
    if (worked(said)) becomes(s, made, &joined);
}

/* ---- Sharing ---- */

COMMAND(slice) {
    const naive *is;
    const cow_str *from = source(a[1], &is);
    size_t begin, end;
    range(a[2], a[3], is->n, &begin, &end);
    live *s = subject(a[0]);
    cow_str made = cow_str_slice(from, begin, end);
    if (!in_range(begin, end, is->n)) {
        refused(cow_str_len(&made) > 0, COW_RANGE);
        return;
    }
    must_work(true);
    naive values = part(is, begin, end);
    becomes(s, made, &values);
}

COMMAND(end_of) {
    const naive *is;
    const cow_str *from = source(a[2], &is);
    size_t n = (size_t)a[3], most = n < is->n ? n : is->n;
    live *s = subject(a[0]);
    cow_str made = a[1] ? cow_str_suffix(from, n) : cow_str_prefix(from, n);
    must_work(true);
    naive values = a[1] ? part(is, is->n - most, is->n) : part(is, 0, most);
    becomes(s, made, &values);
}

COMMAND(trim) {
    const naive *is;
    const cow_str *from = source(a[2], &is);
    live *s = subject(a[0]);
    cow_str made = a[1] == 0 ? cow_str_trim(from) : a[1] == 1 ? cow_str_trim_start(from) : cow_str_trim_end(from);
    must_work(true);
    naive values = naive_trim(is, a[1] != 2, a[1] != 1);
    becomes(s, made, &values);
}

COMMAND(copy) {
    const naive *is;
    const cow_str *from = source(a[1], &is);
    live *s = subject(a[0]);
    cow_str made = cow_str_copy(from);
    must_work(true);
    becomes(s, made, is);
}

COMMAND(assign) {
    const naive *is;
    const cow_str *from = source(a[1], &is);
    live *s = subject(a[0]);
    cow_str_assign(&s->s, from);
    must_work(true);
    s->is = *is;
}

COMMAND(swap) {
    live *s = &world.live[a[0]], *t = &world.live[a[1]];
    naive was = s->is;
    cow_str_swap(&s->s, &t->s);
    s->is = t->is;
    t->is = was;
}

COMMAND(move) {
    live *s = &world.live[a[0]], *t = &world.live[a[1]];
    if (s == t) return;
    becomes(s, cow_str_move(&t->s), &t->is);
    t->is.n = 0;
}

COMMAND(freeze) {
    cow_str *s = &world.live[a[0]].s;
    cow_str_freeze(s);
    rc_assert(cow_str_retained_bytes(s) == 0);
    world.froze = true;
}

/* ---- Keeping, splitting, faults ---- */

COMMAND(keep) {
    const naive *is;
    const cow_str *from = source(a[1], &is);
    size_t begin, end;
    bounds(a[2], a[3], is->n, &begin, &end);
    kept made = {.s = cow_str_slice(from, begin, end), .is = part(is, begin, end)};
    kept *k = &world.kept[a[0]];
    cow_str_drop(&k->s);
    *k = made;
    if (a[4]) rc_assert((k->c = cow_str_cstr(&k->s)) != NULL);
    k->was = k->s;
}

COMMAND(forget) {
    kept *k = &world.kept[a[0]];
    cow_str_drop(&k->s);
    *k = (kept){.is = {0, {0}}};
}

static cow_str_split split_of(const cow_str *s, separation kind, const given *g, const naive *by) {
    if (kind == AT_BYTE) return cow_str_split_byte(s, by->v[0]);
    if (kind == AT_ANY) return cow_str_split_any(s, g->p);
    if (kind == AT_LINES) return cow_str_split_lines(s);
    if (kind == AT_SPACE) return cow_str_split_space(s);
    if (g->how == AS_BYTES) return cow_str_split_by_bytes(s, g->p, by->n);
    return g->how == AS_C ? cow_str_split_by(s, g->p) : cow_str_split_by_str(s, g->str);
}

COMMAND(split) {
    GIVEN g = {0};
    separation kind = (separation)a[1];
    int64_t how = kind == AT_ANY ? AS_C : a[2];
    terminate(how, a[3]);
    give(&g, how, a[3], a[4], a[5], 60);
    naive by = g.is;
    if (!by.n) by.v[0] = 'a';
    cow_str_split_drop(&world.split);
    live *s = subject(a[0]);
    world.split = split_of(&s->s, kind, &g, &by);
    cow_error_code why = cow_error();
    faults_end();
    rc_assert(untouched() && (world.injected ? why == COW_NOMEM : why == world.error));
    naive_split(&world.fields, &s->is, kind, &by);
    world.told = 0;
    if (world.injected) world.fields.n = 0;
}

/* A field takes the place of a live string, of the one that is split, too. */
COMMAND(split_next) {
    live *s = subject(a[0]);
    bool said = cow_str_split_next(&world.split, &s->s);
    must_work(true);
    rc_assert(said == (world.told < world.fields.n));
    if (said)
        s->is = field_of(&world.fields, world.told++);
    else
        s->is.n = 0;
    rc_assert_equal(cow_str_split_ended_by(&world.split), said ? world.fields.at[world.told - 1].ended_by : -1);
}

COMMAND(fail_allocations) { world.faults = (faults){(size_t)a[0], 0}; }

/* ---- Reading ---- */

static void hashes(const cow_str *s, const naive *is) {
    rc_assert(cow_str_hash(s, cow_seed()) == cow_hash_bytes(is->v, is->n, cow_seed()));
    rc_assert(cow_str_hash(s, 7) == cow_hash_bytes(is->v, is->n, 7));
}

/* One string, whose hash is cached where it can be; or all, of which several may share a buffer. */
COMMAND(hash) {
    for (size_t i = 0; i < LIVE; i++)
        if (a[1] || i == (size_t)a[0]) hashes(&world.live[i].s, &world.live[i].is);
    for (size_t i = 0; a[1] && i < KEPT; i++) hashes(&world.kept[i].s, &world.kept[i].is);
}

static void reads_bytes(const cow_str *s, const naive *is, int64_t at) {
    size_t i = place(at, is->n);
    const char *p = cow_str_get(s, i);
    rc_assert(cow_str_is_empty(s) == (is->n == 0));
    rc_assert(i < is->n ? p == cow_str_data(s) + i && cow_str_at(s, i) == is->v[i] : !p && cow_error() == COW_RANGE);
    rc_assert(cow_str_capacity(s) == 0 || cow_str_capacity(s) >= is->n);
    rc_assert_equal(cow_str_find_byte(s, 'a', i), naive_find(is, &(naive){1, "a"}, i));
    rc_assert_equal(cow_str_rfind_byte(s, 'a', i), naive_rfind(is, &(naive){1, "a"}, i));
}

static void finds(const cow_str *s, const naive *is, const given *g, size_t from) {
    const naive *what = &g->is;
    const char *p = g->how == AS_STR ? cow_str_data(g->str) : g->p;
    size_t first = naive_find(is, what, 0);
    rc_assert_equal(cow_str_find_bytes(s, p, what->n, from), naive_find(is, what, from));
    rc_assert_equal(cow_str_rfind_bytes(s, p, what->n, from), naive_rfind(is, what, from));
    rc_assert_equal(cow_str_count_bytes(s, p, what->n), naive_count(is, what));
    rc_assert(cow_str_contains_bytes(s, p, what->n) == (first != COW_NPOS));
    rc_assert(cow_str_starts_with_bytes(s, p, what->n) == (first == 0));
    rc_assert(cow_str_ends_with_bytes(s, p, what->n) == (what->n <= is->n && lies_at(is, is->n - what->n, what)));
    rc_assert(cow_str_is_bytes(s, p, what->n) == (order(is, what) == 0));
}

/* The same in the other ways of giving an argument. */
static void finds_as_given(const cow_str *s, const given *g, size_t from) {
    const char *p = g->p;
    const cow_str *t = g->str;
    size_t n = g->is.n;
    if (g->how == AS_C) {
        rc_assert_equal(cow_str_find(s, p, from), cow_str_find_bytes(s, p, n, from));
        rc_assert_equal(cow_str_rfind(s, p, from), cow_str_rfind_bytes(s, p, n, from));
        rc_assert_equal(cow_str_count(s, p), cow_str_count_bytes(s, p, n));
        rc_assert(cow_str_contains(s, p) == cow_str_contains_bytes(s, p, n));
        rc_assert(cow_str_starts_with(s, p) == cow_str_starts_with_bytes(s, p, n));
        rc_assert(cow_str_ends_with(s, p) == cow_str_ends_with_bytes(s, p, n));
        rc_assert(cow_str_is(s, p) == cow_str_is_bytes(s, p, n));
    } else if (g->how == AS_STR) {
        rc_assert_equal(cow_str_find_str(s, t, from), cow_str_find_bytes(s, cow_str_data(t), n, from));
        rc_assert_equal(cow_str_rfind_str(s, t, from), cow_str_rfind_bytes(s, cow_str_data(t), n, from));
        rc_assert_equal(cow_str_count_str(s, t), cow_str_count_bytes(s, cow_str_data(t), n));
        rc_assert(cow_str_contains_str(s, t) == cow_str_contains_bytes(s, cow_str_data(t), n));
        rc_assert(cow_str_starts_with_str(s, t) == cow_str_starts_with_bytes(s, cow_str_data(t), n));
        rc_assert(cow_str_ends_with_str(s, t) == cow_str_ends_with_bytes(s, cow_str_data(t), n));
    }
}

/* What is looked for may lie in the string itself. */
COMMAND(find) {
    GIVEN g = {0};
    terminate(a[2], a[3]);
    give(&g, a[2], a[3], a[4], a[5], LONGEST);
    const live *s = &world.live[a[0]];
    size_t from = a[1] == LAST ? COW_NPOS : place(a[1], s->is.n);
    finds(&s->s, &s->is, &g, from);
    finds_as_given(&s->s, &g, from);
}

COMMAND(read) {
    const live *s = &world.live[a[0]];
    const naive *is;
    const cow_str *other = source(a[1], &is);
    reads_bytes(&s->s, &s->is, a[2]);
    int expected = order(&s->is, is);
    rc_assert_equal(sign(cow_str_compare(&s->s, other)), expected);
    rc_assert(cow_str_equal(&s->s, other) == (expected == 0));
    rc_assert(!cow_str_same(&s->s, other) || expected == 0);
    rc_assert(expected || cow_str_equal_ignoring_case(&s->s, other));
}

/* ---- The model ---- */

static const rc_command commands[] = {
    {"append", 8, {ON, GIVE}, NULL, run_append, NULL},
    {"append_byte", 4, {ON, BYTE}, NULL, run_append_byte, NULL},
    {"append_number", 2, {ON, {"as", 0, 2, NULL}, {"x", INT64_MIN, INT64_MAX, NULL}}, NULL, run_append_number, NULL},
    {"append_format", 2, {ON, {"given", 0, SOURCES - 1, NULL}, AT, SIZE}, NULL, run_append_format, NULL},
    {"append_code_point", 1, {ON, {"point", 0, 5, NULL}}, NULL, run_append_code_point, NULL},
    {"prepend", 4, {ON, GIVE}, NULL, run_prepend, NULL},
    {"insert", 4, {ON, AT, GIVE}, NULL, run_insert, NULL},
    {"replace", 5, {ON, AT, COUNT, GIVE}, NULL, run_replace, NULL},
    {"replace_all", 3, {ON, GIVE, GIVE_TOO}, NULL, run_replace_all, NULL},
    {"erase", 2, {ON, AT}, NULL, run_erase, NULL},
    {"erase_range", 4, {ON, AT, COUNT}, NULL, run_erase_range, NULL},
    {"truncate", 4, {ON, AT}, NULL, run_truncate, NULL},
    {"clear", 1, {ON}, NULL, run_clear, NULL},
    {"set", 3, {ON, AT, BYTE}, NULL, run_set, NULL},
    {"edit", 3, {ON, BYTE}, NULL, run_edit, NULL},
    {"fill", 1, {ON, BYTE}, NULL, run_fill, NULL},
    {"reverse", 1, {ON}, NULL, run_reverse, NULL},
    {"change_case", 2, {ON, {"upper", 0, 1, NULL}}, NULL, run_change_case, NULL},
    {"resize", 3, {ON, SIZE, BYTE}, NULL, run_resize, NULL},
    {"reserve", 4, {ON, SIZE}, NULL, run_reserve, NULL},
    {"shrink", 2, {ON}, NULL, run_shrink, NULL},
    {"compact", 2, {ON}, NULL, run_compact, NULL},
    {"cstr", 6, {ON}, NULL, run_cstr, NULL},
    {"from", 6, {ON, GIVE}, NULL, run_from, NULL},
    {"from_format", 1, {ON, {"given", 0, SOURCES - 1, NULL}, AT, SIZE}, NULL, run_from_format, NULL},
    {"with_capacity", 4, {ON, {"alloc", 0, 2, NULL}, SIZE}, NULL, run_with_capacity, NULL},
    {"literal", 2, {ON, {"text", 0, 2, NULL}}, NULL, run_literal, NULL},
    {"borrow", 2, {ON, AT, COUNT}, NULL, run_borrow, NULL},
    {"adopt", 3, {ON, {"pattern", 0, 4, NULL}, SIZE}, NULL, run_adopt, NULL},
    {"join", 2, {ON, SOURCE, SOURCE, GIVE, {"parts", 0, 3, NULL}}, NULL, run_join, NULL},
    {"slice", 8, {ON, SOURCE, AT, COUNT}, NULL, run_slice, NULL},
    {"end_of", 3, {ON, {"suffix", 0, 1, NULL}, SOURCE, SIZE}, NULL, run_end_of, NULL},
    {"trim", 2, {ON, {"ends", 0, 2, NULL}, SOURCE}, NULL, run_trim, NULL},
    {"copy", 5, {ON, SOURCE}, NULL, run_copy, NULL},
    {"assign", 2, {ON, SOURCE}, NULL, run_assign, NULL},
    {"swap", 1, {ON, ON}, NULL, run_swap, NULL},
    {"move", 1, {ON, ON}, NULL, run_move, NULL},
    {"freeze", 1, {ON}, NULL, run_freeze, NULL},
    {"keep", 8, {KEEP, SOURCE, AT, COUNT, {"as_c", 0, 1, NULL}}, NULL, run_keep, NULL},
    {"forget", 2, {KEEP}, NULL, run_forget, NULL},
    {"split", 2, {ON, {"kind", 0, AT_SPACE, NULL}, GIVE}, NULL, run_split, NULL},
    {"split_next", 5, {ON}, NULL, run_split_next, NULL},
    {"hash", 5, {ON, {"all", 0, 1, NULL}}, NULL, run_hash, NULL},
    {"find", 3, {ON, AT, GIVE}, NULL, run_find, NULL},
    {"read", 3, {ON, SOURCE, AT}, NULL, run_read, NULL},
    {"fail_allocations", 6, {{"every", 0, 5, NULL}}, NULL, run_fail_allocations, NULL},
};

static void *begin(void *ctx) {
    cow_seed_set(42);
    world.lent.is = text_of(2, LENT);
    rc_assert((world.storage = malloc(LENT)) != NULL);
    memcpy(world.storage, world.lent.is.v, LENT);
    world.lent.s = world.lent.was = cow_str_borrow(world.storage, LENT);
    return ctx;
}

static void unchanged(const kept *k) {
    rc_assert(same_words(&k->s, &k->was));
    agrees(&k->s, &k->is);
    rc_assert(!k->c || (k->c == cow_str_data(&k->s) && k->c[k->is.n] == '\0'));
}

static void invariant(void *state) {
    (void)state;
    for (size_t i = 0; i < LIVE; i++) agrees(&world.live[i].s, &world.live[i].is);
    for (size_t i = 0; i < KEPT; i++) unchanged(&world.kept[i]);
    unchanged(&world.lent);
}

/* Everything is given up, and nothing is left. */
static void end(void *state) {
    (void)state;
    rc_label(world.failed ? "some operations failed" : "no operation failed");
    for (size_t i = 0; i < LIVE; i++) cow_str_drop(&world.live[i].s);
    for (size_t i = 0; i < KEPT; i++) cow_str_drop(&world.kept[i].s);
    cow_str_split_drop(&world.split);
    free(world.storage);
    if (world.froze) return;
    for (size_t i = 0; i < world.adoptions; i++) rc_assertf(world.adopted[i].over, "adoption %zu", i);
    rc_assert_equal(kit_lost_blocks(), 0);
}

int main(void) {
    static const rc_model model = {commands, sizeof commands / sizeof *commands, 80, begin, invariant, end, true};
    rc_check_model("strings do what naive strings do", &model, NULL);
    return rc_summary("string model");
}
