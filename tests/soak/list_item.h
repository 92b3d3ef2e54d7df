/* SPDX-License-Identifier: MIT */
/* What the lists and the sets of list_soak.c hold, and what must be true of each of their versions.

   An item has a checksum, and says which list or set it belongs to. The lists and sets differ in what is done to them, so
   that every change keeps something that whoever sees a version can verify:

     LOG      each writer appends items with its next numbers, and all take from the front: of each writer there is a run
              without gaps, in order
     TABLE    item i stands at i, always; only its owner replaces it, by one with the next number
     LEDGER   items come and go in pairs, or are neutral; anybody does anything to them
     MIRROR   a list that is made what the log is
     WINDOWS  a set: each writer adds its next numbers and removes its oldest ones
     PAIRS    a set: keys come and go in pairs, or are neutral */
#ifndef LIST_ITEM_H
#define LIST_ITEM_H

#include "soak.h"

enum { LOG, TABLE, LEDGER, MIRROR, LISTS, WINDOWS = LISTS, PAIRS, RULES };

enum {
    WRITERS = 3,
    SLOTS = 4 * WRITERS, /* of a table; i belongs to writer i % WRITERS */
    PAIR_NUMBERS = 40,
    NEUTRAL = 2,      /* neither side of a pair */
    MOST_AT_ONCE = 5, /* items that one call adds */
    MANY_ITEMS = 120, /* then a writer takes some away */
    MOST_ITEMS = 400
};

typedef struct item {
    uint32_t home; /* the list or set that it belongs to */
    uint32_t who;  /* a writer, a slot, or the side of a pair */
    uint32_t number;
    uint32_t salt; /* makes equal items different bytes */
    uint64_t sum;
} item;

static inline uint64_t item_sum(const item *e) {
    return soak_mix(soak_mix(soak_mix(soak_mix(1, e->home), e->who), e->number), e->salt);
}

static inline item item_of(unsigned home, unsigned who, uint32_t number, uint64_t *random) {
    item e = {home, who, number, (uint32_t)soak_random(random), 0};
    e.sum = item_sum(&e);
    return e;
}

static inline void item_check(const item *e) { CHECK(e->sum == item_sum(e) && e->home % 8 < RULES); }

static inline bool item_equal(const item *a, const item *b) {
    return a->home == b->home && a->who == b->who && a->number == b->number;
}

static inline int item_compare(const item *a, const item *b) {
    if (a->who != b->who) return a->who < b->who ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

/* ---- plain items, and boxed ones, each in a block of its own ---- */

typedef item plain;
static inline const item *see_plain(const plain *e) { return e; }
static inline plain make_plain(item e) { return e; }
static inline void drop_plain(plain *e) { item_check(e); }
static inline bool equal_plain(const plain *a, const plain *b) { return item_equal(a, b); }
static inline int compare_plain(const plain *a, const plain *b) { return item_compare(a, b); }
static inline uint64_t hash_plain(const plain *e, uint64_t seed) {
    return cow_hash_u64((uint64_t)e->who << 32 | e->number, seed);
}

typedef struct boxed {
    item *at;
} boxed;

static inline const item *see_boxed(const boxed *e) { return e->at; }

static inline boxed make_boxed(item e) {
    boxed made = {(item *)soak_malloc(sizeof e)};
    CHECK(made.at);
    *made.at = e;
    return made;
}

static inline bool copy_boxed(boxed *to, const boxed *from) {
    item_check(from->at);
    *to = make_boxed(*from->at);
    return true;
}

/* What is gone is no item any more. */
static inline void drop_boxed(boxed *e) {
    item_check(e->at);
    memset(e->at, 0xdd, sizeof *e->at);
    soak_free(e->at, sizeof *e->at);
}

static inline bool equal_boxed(const boxed *a, const boxed *b) { return item_equal(a->at, b->at); }
static inline int compare_boxed(const boxed *a, const boxed *b) { return item_compare(a->at, b->at); }
static inline uint64_t hash_boxed(const boxed *e, uint64_t seed) { return hash_plain(e->at, seed); }

/* ---- what was met in a version ---- */

typedef struct tally {
    unsigned home;
    bool in_order, unique;
    uint32_t n;
    uint32_t least[SLOTS], most[SLOTS], count[SLOTS]; /* the numbers of a writer or a slot */
    uint64_t balance, met[NEUTRAL + 1];               /* of pairs */
    const item *half;                                 /* whose other side comes next */
} tally;

static inline tally tally_begun(unsigned home, bool is_set, bool keeps_order) {
    tally t;
    memset(&t, 0, sizeof t);
    t.home = home;
    t.unique = is_set;
    t.in_order = keeps_order;
    return t;
}

static inline void meet_in_run(tally *t, const item *e) {
    uint32_t w = e->who;
    CHECK(w < WRITERS && e->number > 0);
    CHECK(!t->in_order || !t->count[w] || e->number == t->most[w] + 1);
    if (!t->count[w] || e->number < t->least[w]) t->least[w] = e->number;
    if (e->number > t->most[w]) t->most[w] = e->number;
    t->count[w]++;
}

static inline void meet_in_table(tally *t, const item *e) {
    CHECK(e->who == t->n && t->n < SLOTS);
    t->least[t->n] = t->most[t->n] = e->number;
    t->count[t->n]++;
}

/* In a set that keeps its order, the two sides stand side by side. */
static inline void meet_half(tally *t, const item *e) {
    if (!t->half && e->who == NEUTRAL) return;
    CHECK(!t->half || (t->half->number == e->number && t->half->who + e->who == 1));
    t->half = t->half ? NULL : e;
}

static inline void meet_in_pairs(tally *t, const item *e) {
    uint64_t bit = (uint64_t)1 << e->number;
    CHECK(e->who <= NEUTRAL && e->number < PAIR_NUMBERS);
    CHECK(!t->unique || !(t->met[e->who] & bit));
    t->met[e->who] |= bit;
    if (e->who == 0) t->balance += soak_mix(1, e->number);
    if (e->who == 1) t->balance -= soak_mix(1, e->number);
    if (t->unique && t->in_order) meet_half(t, e);
}

static inline void meet(tally *t, const item *e) {
    CHECK(e->home == t->home);
    item_check(e);
    switch (t->home % 8) {
    case LOG:
    case WINDOWS: meet_in_run(t, e); break;
    case TABLE: meet_in_table(t, e); break;
    default: meet_in_pairs(t, e);
    }
    t->n++;
}

/* All of a version that says it has `n` items was met. */
static inline void tally_ends(const tally *t, size_t n) {
    CHECK(t->n == n && n <= MOST_ITEMS);
    CHECK(t->balance == 0 && t->met[0] == t->met[1] && !t->half);
    CHECK(t->home % 8 != TABLE || n == SLOTS);
    for (unsigned w = 0; w < WRITERS && t->home % 8 != TABLE; w++)
        CHECK(!t->count[w] || t->count[w] == t->most[w] - t->least[w] + 1);
}

/* What a thread saw last: no number comes back. */
typedef struct memory {
    uint32_t least[SLOTS], most[SLOTS];
} memory;

static inline void remember(memory *m, const tally *t) {
    for (unsigned w = 0; w < SLOTS; w++) {
        if (!t->count[w]) continue;
        CHECK(t->least[w] >= m->least[w] && t->most[w] >= m->most[w]);
        m->least[w] = t->least[w];
        m->most[w] = t->most[w];
    }
}

#endif
