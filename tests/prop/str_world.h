/* SPDX-License-Identifier: MIT */
/*
 * The world of str_model_prop.c: strings beside naive ones, what may never change, faults to come, and what arguments may
 * point into. The allocator and its checks are those of the unit tests.
 */
#ifndef STR_WORLD_H
#define STR_WORLD_H

#include "tests/unit/kit_memory.h"

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#include "str_naive.h"

enum { LIVE = 3, KEPT = 3, LENT = 700, ADOPTED = 100 };

typedef struct live {
    cow_str s;
    naive is;
} live;

/* A copy or a slice, and all there is to know about it from the moment it was made. */
typedef struct kept {
    cow_str s, was;
    naive is;
    const char *c; /* what cow_str_cstr gave, unless NULL: borrowed until this variable changes, which it never does */
} kept;

typedef struct adoption {
    char *p;
    size_t n;
    bool over; /* the bytes are given back, or were never taken */
} adoption;

/* Each `every`th allocation fails, counted over the whole list; 0 is never. */
typedef struct faults {
    size_t every, calls;
} faults;

static struct {
    live live[LIVE];
    kept kept[KEPT];
    kept lent;           /* `s` borrows `storage` */
    char *storage;       /* LENT bytes, and nothing behind them */
    cow_str_split split; /* under way, with these fields, of which `told` were given out */
    fields fields;
    size_t told;
    adoption adopted[ADOPTED];
    size_t adoptions;
    faults faults;
    live *subject;
    cow_str before; /* the subject of the command, as it was */
    cow_error_code error;
    bool injected;
    size_t failed; /* operations that said false because of a fault */
    bool froze;    /* immortals were made: no leak check */
} world;

static void agrees(const cow_str *s, const naive *is) {
    rc_assert_equal(cow_str_len(s), is->n);
    const char *p = cow_str_data(s);
    for (size_t i = 0; i < is->n; i++)
        rc_assertf(p[i] == is->v[i], "byte %zu is %d, not %d", i, (unsigned char)p[i], (unsigned char)is->v[i]);
}

static bool same_words(const cow_str *a, const cow_str *b) { return memcmp(a, b, sizeof *a) == 0; }

/* ---- One operation on a live string: subject(), the call, then worked() or refused() ---- */

/* From here to worked() or refused(), allocations may fail. */
static live *subject(int64_t which) {
    const faults *f = &world.faults;
    world.subject = &world.live[which];
    world.before = world.subject->s;
    world.error = cow_error();
    kit_fail(f->every ? f->every - f->calls % f->every : 0, false);
    return world.subject;
}

static void faults_end(void) {
    world.injected = kit.injected > 0;
    world.faults.calls += kit.calls;
    kit_fail_none();
}

static bool untouched(void) { return same_words(&world.subject->s, &world.before); }

/* Whether it worked. It may say false only because a fault was injected; when it says true, no error is told. */
static bool worked(bool said) {
    cow_error_code why = cow_error();
    faults_end();
    if (said) {
        rc_assertf(why == world.error, "it worked, and yet: %s", cow_error_text(why));
        return true;
    }
    rc_assertf(world.injected, "false without a fault: %s", cow_error_text(why));
    rc_assert(why == COW_NOMEM && untouched());
    world.failed++;
    return false;
}

/* Calls that promise not to fail, whatever else fails. */
static void must_work(bool said) { rc_assert(worked(said)); }

/* It must say false because of its arguments, whatever else may fail. */
static void refused(bool said, cow_error_code expected) {
    cow_error_code why = cow_error();
    faults_end();
    rc_assert(!said && untouched());
    rc_assertf(why == expected, "%s", cow_error_text(why));
}

/* ---- Places and sizes: from tables, so that they often lie at a border ---- */

enum { LAST = -1, BEYOND = -2, BACKWARDS = -3 };

/* Long ones are many, because changes make texts shorter more often than long again. */
static const int64_t sizes[] = {0,   1,   2,   21,  22,  23,  24,  47,   48,   49,
                                511, 512, 513, 600, 700, 800, 900, 1000, 1100, 1200};
static const int64_t places[] = {0, 1, 2, 21, 22, 23, 49, 488, 511, 512, 513, LONGEST, LAST, BEYOND};
static const int64_t counts[] = {0,   1,   2,   21,  22,  23,  24,  47,      48,   511,    512,
                                 513, 520, 530, 600, 700, 800, 900, LONGEST, LAST, BEYOND, BACKWARDS};

#define TABLE(rows) 0, sizeof rows / sizeof *rows - 1, rows

/* A place in a text of n bytes: its end when it has none such. */
static size_t place(int64_t at, size_t n) {
    if (at == LAST) return n ? n - 1 : 0;
    if (at == BEYOND) return n + 1;
    return (size_t)at < n ? (size_t)at : n;
}

/* [begin, end) of n, or a range that must be refused. */
static void range(int64_t at, int64_t count, size_t n, size_t *begin, size_t *end) {
    *begin = place(at, n);
    if (count == BACKWARDS)
        *end = *begin ? *begin - 1 : 0;
    else if (count == BEYOND || count == LAST)
        *end = place(count, n);
    else
        *end = *begin + (size_t)count < n ? *begin + (size_t)count : n;
}

static bool in_range(size_t begin, size_t end, size_t n) { return begin <= end && end <= n; }

/* [begin, end) of n, always. */
static void bounds(int64_t at, int64_t count, size_t n, size_t *begin, size_t *end) {
    range(at, count, n, begin, end);
    if (*end > n) *end = n;
    if (*begin > *end) *begin = *end;
}

/* ---- Texts: `n` bytes of the same pattern for ever ---- */

/* Letters; case and white space; UTF-8; NULs and what is never UTF-8. */
#define PATTERN(literal) \
    { literal, sizeof(literal) - 1 }
static const struct {
    const char *p;
    size_t n;
} patterns[] = {PATTERN("a"), PATTERN("ab"), PATTERN("aB, \tc\r\n"), PATTERN("\xc3\xa9-\xe2\x82\xac-\xf0\x9f\x90\x84"),
                PATTERN("\0\xff"
                        "a")};

static naive text_of(int64_t pattern, size_t n) {
    naive out;
    out.n = n;
    for (size_t i = 0; i < n; i++) out.v[i] = patterns[pattern].p[i % patterns[pattern].n];
    return out;
}

/* ---- Sources: what arguments point into ---- */

enum { SOURCES = 1 + LIVE + KEPT + 1, FRESH = 0, OF_KEPT = 1 + LIVE, OF_LENT = SOURCES - 1 };

/* Source 0 are fresh texts; `which` is another one. */
static const cow_str *source(int64_t which, const naive **is) {
    const kept *k = which == OF_LENT ? &world.lent : &world.kept[which < OF_KEPT ? 0 : which - OF_KEPT];
    const live *s = &world.live[which && which < OF_KEPT ? which - 1 : 0];
    *is = which < OF_KEPT ? &s->is : &k->is;
    return which < OF_KEPT ? &s->s : &k->s;
}

/* How an argument is given: as bytes, as a C string, as a string. */
enum { AS_BYTES, AS_C, AS_STR };

/* An argument, and a copy of its bytes from before the change. */
typedef struct given {
    int how;
    const char *p;
    const cow_str *str;
    naive is;
    cow_str held; /* given up afterwards, as is `block` */
    char *block;
} given;

static void given_up(given *g) {
    cow_str_drop(&g->held);
    free(g->block);
}

/* Given up when a check fails, too. */
#define GIVEN __attribute__((cleanup(given_up))) given

/* A fresh text. Its block has its very size, so that ASan sees who reads beyond it. */
static void give_fresh(given *g, int64_t pattern, size_t n) {
    g->is = text_of(pattern, n);
    if (g->how == AS_C && memchr(g->is.v, '\0', n)) g->is = text_of(0, n);
    size_t size = n + (g->how == AS_C);
    if (size) rc_assert((g->block = malloc(size)) != NULL);
    if (n) memcpy(g->block, g->is.v, n);
    if (g->how == AS_C) g->block[n] = '\0';
    g->p = g->block;
    if (g->how != AS_STR) return;
    rc_assert(cow_str_from_bytes(&g->held, g->p, n));
    g->str = &g->held;
}

/* The C string of a source. A kept handle may not change, so a copy of it is asked. */
static const char *c_of(given *g, int64_t which) {
    const naive *is;
    if (which < OF_KEPT) return cow_str_cstr(&world.live[which - 1].s);
    g->held = cow_str_copy(source(which, &is));
    return cow_str_cstr(&g->held);
}

/* An argument of at most `room` bytes. `at` is the pattern of a fresh text, else where in the source it begins. */
static void give(given *g, int64_t how, int64_t which, int64_t at, int64_t size, size_t room) {
    const naive *is;
    memset(g, 0, sizeof *g);
    g->how = (int)how;
    if (which == FRESH) {
        size_t n = (size_t)size < room ? (size_t)size : room;
        give_fresh(g, (at < 0 ? -at : at) % 5, n);
        return;
    }
    const cow_str *s = source(which, &is);
    size_t begin, end;
    if (how == AS_STR && is->n <= room) {
        g->str = s;
        g->is = *is;
        return;
    }
    if (how == AS_C) {
        const char *c = c_of(g, which);
        begin = place(at, is->n) > is->n ? is->n : place(at, is->n);
        if (is->n - begin > room) begin = is->n - room;
        g->p = c + begin;
        g->is = naive_of(g->p, strlen(g->p));
        return;
    }
    g->how = AS_BYTES;
    bounds(at, size, is->n, &begin, &end);
    if (end - begin > room) end = begin + room;
    g->p = cow_str_data(s) + begin;
    g->is = part(is, begin, end);
}

/* C strings are made before any argument points anywhere, since making one may move a live string. */
static void terminate(int64_t how, int64_t which) {
    if (how == AS_C && which != FRESH && which < OF_KEPT) rc_assert(cow_str_cstr(&world.live[which - 1].s) != NULL);
}

/* How much may be added to a string of the model. */
static size_t room_of(const live *s) { return LONGEST - s->is.n; }

/* ---- Adopted bytes ---- */

/* Called by the library, which must not be left in the middle: so this aborts. */
static void give_back(void *ctx, const void *p, size_t n) {
    adoption *a = ctx;
    KIT_CHECK(!a->over && a->p == p && a->n == n);
    a->over = true;
    free(a->p);
}

static adoption *new_adoption(int64_t pattern, size_t n) {
    rc_assert(world.adoptions < ADOPTED);
    adoption *a = &world.adopted[world.adoptions++];
    naive is = text_of(pattern, n);
    rc_assert((a->p = malloc(n ? n : 1)) != NULL);
    memcpy(a->p, is.v, n);
    a->n = n;
    return a;
}

/* ---- An allocator that cannot resize ---- */

static void *plain_alloc(void *ctx, size_t size) { return (void)ctx, kit_malloc(size); }
static void plain_release(void *ctx, void *p, size_t size) {
    (void)ctx;
    kit_free(p, size);
}
static const cow_alloc plain = {plain_alloc, NULL, plain_release, NULL};

#endif
