/* SPDX-License-Identifier: MIT */
/* The cells of one kind of value, and all that threads do with them. Include it once for each KIND, a value type for which there are

     static bool make_KIND(KIND *out, unsigned home, uint64_t *random);     a value for cell `home`, with a checksum
     static void check_KIND(const KIND *v, unsigned home);                  dies of a value that is not one
     static bool change_KIND(KIND *v, unsigned home, uint64_t *random);     into another one for the same cell
     static void drop_KIND(KIND *v);
*/

#define KIND_JOIN_(a, b) a##_##b
#define KIND_JOIN(a, b) KIND_JOIN_(a, b)
#define DO(what) KIND_JOIN(what, KIND) /* ours, such as read_text */
#define CELL KIND_JOIN(KIND, cell)
#define C(function) KIND_JOIN(CELL, function) /* of the cell, such as text_cell_store */

#define COW_CELL CELL, KIND
#define COW_ALLOC &soak_versions_alloc
#include "cow/cow.h"

static CELL DO(cells)[CELLS];

static KIND DO(new)(unsigned home, uint64_t *random) {
    KIND v;
    CHECK(DO(make)(&v, home, random));
    return v;
}

static void DO(set_up)(uint64_t *random) {
    for (unsigned i = 0; i < CELLS; i++) CHECK(C(store)(&DO(cells)[i], DO(new)(i, random)));
}

static void DO(tear_down)(void) {
    for (unsigned i = 0; i < CELLS; i++) C(drop)(&DO(cells)[i]);
}

/* ---- writing ---- */

typedef struct DO(change_of) {
    unsigned home;
    uint64_t *random;
} DO(change_of);

static bool DO(edit)(KIND *v, void *context) {
    const DO(change_of) *c = (const DO(change_of) *)context;
    DO(check)(v, c->home);
    return DO(change)(v, c->home, c->random);
}

static void DO(exchange)(unsigned home, uint64_t *random) {
    C(snapshot) old;
    CHECK(C(exchange)(&DO(cells)[home], DO(new)(home, random), &old));
    DO(check)(C(snapshot_value)(&old), home);
    C(snapshot_drop)(&old);
}

static void DO(compare)(unsigned home, uint64_t *random) {
    C(snapshot) seen;
    KIND fresh = DO(new)(home, random);
    CHECK(C(snapshot_of)(&DO(cells)[home], &seen));
    if (!C(compare_exchange)(&DO(cells)[home], &seen, fresh)) {
        CHECK(cow_error() == COW_CONFLICT);
        DO(drop)(&fresh);
    }
    DO(check)(C(snapshot_value)(&seen), home);
    C(snapshot_drop)(&seen);
}

static void DO(write)(uint64_t *random) {
    unsigned home = soak_pick(random, CELLS);
    DO(change_of) c = {home, random};
    switch (soak_pick(random, 6)) {
    case 0: CHECK(C(store)(&DO(cells)[home], DO(new)(home, random))); break;
    case 1: DO(exchange)(home, random); break;
    case 2: DO(compare)(home, random); break;
    default: CHECK(C(update)(&DO(cells)[home], DO(edit), &c));
    }
}

/* ---- reading ---- */

/* What a thread keeps between two readings. */
typedef struct DO(hand) {
    C(reader) readers[CELLS];
    C(snapshot) kept[CELLS];
} DO(hand);

/* More borrows at once than a thread has slots: the last ones are counted. */
static void DO(borrow_many)(uint64_t *random) {
    C(guard) g[MOST_BORROWED];
    unsigned n = 1 + soak_pick(random, MOST_BORROWED), first = soak_pick(random, n);
    for (unsigned i = 0; i < n; i++) CHECK(C(borrow)(&DO(cells)[i % CELLS], &g[i]));
    for (unsigned i = 0; i < n; i++) DO(check)(g[i].value, i % CELLS);
    for (unsigned i = 0; i < n; i++) C(end)(&g[(first + i) % n]);
}

static void DO(borrow)(unsigned home) {
    C(guard) g;
    CHECK(C(borrow)(&DO(cells)[home], &g));
    DO(check)(g.value, home);
    C(end)(&g);
}

static void DO(load)(unsigned home) {
    KIND copy;
    CHECK(C(load)(&DO(cells)[home], &copy));
    DO(check)(&copy, home);
    DO(drop)(&copy);
}

/* A snapshot replaces one that was kept for long. */
static void DO(snapshot)(DO(hand) * h, unsigned home) {
    C(snapshot) now;
    CHECK(C(snapshot_of)(&DO(cells)[home], &now));
    if (h->kept[home].v) DO(check)(C(snapshot_value)(&h->kept[home]), home);
    C(snapshot_drop)(&h->kept[home]);
    h->kept[home] = C(snapshot_copy)(&now);
    C(snapshot_drop)(&now);
}

static void DO(cached)(DO(hand) * h, unsigned home) {
    const KIND *v = C(cached)(&DO(cells)[home], &h->readers[home]);
    CHECK(v != NULL);
    DO(check)(v, home);
}

static void DO(read)(DO(hand) * h, uint64_t *random) {
    unsigned home = soak_pick(random, CELLS);
    switch (soak_pick(random, 64)) {
    case 0: DO(borrow_many)(random); break;
    case 1: DO(snapshot)(h, home); break;
    case 2: C(idle)(&h->readers[home]); break;
    default:
        switch (soak_pick(random, 4)) {
        case 0: DO(load)(home); break;
        case 1: DO(borrow)(home); break;
        default: DO(cached)(h, home);
        }
    }
}

static void DO(let_go)(DO(hand) * h) {
    for (unsigned i = 0; i < CELLS; i++) {
        C(idle)(&h->readers[i]);
        C(snapshot_drop)(&h->kept[i]);
    }
}

/* A borrow that the thread's end ends. */
static void DO(leave_open)(unsigned home) {
    C(guard) g;
    CHECK(C(borrow)(&DO(cells)[home], &g));
    DO(check)(g.value, home);
}

/* A borrow that outlives many versions. Returns how many. */
static size_t DO(hold)(uint64_t *random) {
    unsigned home = soak_pick(random, CELLS);
    size_t enough = soak_pick(random, MOST_OUTLIVED), first, passed = 0;
    C(guard) g;
    CHECK(C(borrow)(&DO(cells)[home], &g));
    first = C(version)(&DO(cells)[home]);
    while (passed < enough && soak_goes_on()) {
        DO(check)(g.value, home);
        soak_sleep(0.001);
        passed = C(version)(&DO(cells)[home]) - first;
    }
    DO(check)(g.value, home);
    C(end)(&g);
    return passed;
}

/* ---- waiting ---- */

static void DO(wait)(uint64_t *random) {
    unsigned home = soak_pick(random, CELLS);
    size_t seen = C(version)(&DO(cells)[home]);
    if (C(wait)(&DO(cells)[home], seen, 1000000000u)) CHECK(C(version)(&DO(cells)[home]) != seen);
    DO(borrow)(home);
}

#undef C
#undef CELL
#undef DO
#undef C
#undef CELL
#undef DO
#undef KIND_JOIN
#undef KIND_JOIN_
#undef KIND
