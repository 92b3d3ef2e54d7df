/* SPDX-License-Identifier: MIT */
/*
 * The world of map_model_prop.c: maps beside naive ones, what may never change, and faults to come. Elements, allocator and
 * their checks are those of map_element.h and of the unit tests.
 */
#ifndef MAP_WORLD_H
#define MAP_WORLD_H

#include "map_element.h"

enum { LIVE = 3, KEPT = 3, SOURCES = LIVE + KEPT, MANY = 64 };

/* The naive map: what each key has. Copied by assignment. */
typedef struct naive {
    bool has[KEYS];
    bool variant[KEYS];
    signed char value[KEYS];
    size_t n;
} naive;

/* A map and what it should be. Live ones change; kept ones are copies of them, and never do. */
typedef struct version {
    dict m;
    naive is;
} version;

/* Faults of one kind: each `every`th call fails, counted over the whole list; 0 is never. */
typedef struct faults {
    size_t every, calls;
} faults;

static struct {
    version of[SOURCES]; /* LIVE live ones, then KEPT kept ones */
    dkey key[KEYS];      /* to look up with; they belong to no map */
    dict_iter walk;      /* under way, over what `walked` was */
    naive walked;
    dict_diff_iter difference; /* under way, from `was` to `is` */
    naive was, is;
    faults allocations, copies;
    cow_error_code error;
    bool injected_allocation, injected_copy;
    size_t largest; /* the most pairs that a live map had */
    size_t failed;  /* operations that said false because of a fault */
    bool froze;     /* immortals were made: no leak check */
} world;

/* ---- The naive side ---- */

static void set_key(naive *is, int key, bool variant, int value) {
    if (!is->has[key]) {
        is->has[key] = true;
        is->variant[key] = variant && HAS_VARIANTS;
        is->n++;
    }
    is->value[key] = (signed char)value;
}

static void unset_key(naive *is, int key) {
    is->n -= is->has[key];
    is->has[key] = false;
}

static bool same_pair(const naive *a, const naive *b, int key) {
    return a->has[key] == b->has[key] && (!a->has[key] || a->value[key] == b->value[key]);
}

static bool same_content(const naive *a, const naive *b) {
    for (int k = 0; k < KEYS; k++)
        if (!same_pair(a, b, k)) return false;
    return true;
}

/* ---- A map holds what it should ---- */

/* Takes a pair off `left`, which had what the map should have. */
static void tick_off(naive *left, const dict_pair *e) {
    int k = dkey_number(pair_key(e));
    rc_assertf(k >= 0 && k < KEYS && left->has[k], "key %d comes twice, or should not be there", k);
    rc_assertf(pair_value(e) == left->value[k], "key %d has %d, not %d", k, pair_value(e), left->value[k]);
    rc_assertf(dkey_variant(pair_key(e)) == left->variant[k], "key %d was exchanged for its equal", k);
    unset_key(left, k);
}

static void agrees(const dict *m, const naive *is) {
    naive left = *is;
    rc_assert_equal(dict_len(m), is->n);
    COW_MAP_EACH (dict, e, m) tick_off(&left, e);
    rc_assertf(left.n == 0, "%zu keys do not come", left.n);
}

/* Iterating does not need hashes to be right; finding does. */
static void finds_all(const dict *m, const naive *is) {
    for (int k = 0; k < KEYS; k++) {
        const dict_pair *e = dict_find(m, &world.key[k]);
        rc_assertf((e != NULL) == is->has[k], "key %d is %s", k, e ? "found" : "not found");
        rc_assertf(!e || (dkey_number(pair_key(e)) == k && pair_value(e) == is->value[k]), "key %d finds another pair",
                   k);
    }
}

/* Calls that write nothing leave the error alone. */
static void leaves_the_error(cow_error_code before) { rc_assert(cow_error() == before); }

/* ---- One operation on a live map: subject(), the call, then worked() or refused() ---- */

static size_t next_fault(const faults *f) { return f->every ? f->every - f->calls % f->every : 0; }

/* From here to worked() or refused(), calls may fail. */
static version *subject(int64_t which) {
    world.error = cow_error();
    kit_fail(next_fault(&world.allocations), false);
    tracked_fail(next_fault(&world.copies), false);
    return &world.of[which];
}

static void faults_end(void) {
    world.injected_allocation = kit.injected > 0;
    world.injected_copy = lives.injected > 0;
    world.allocations.calls += kit.calls;
    world.copies.calls += lives.calls;
    kit_fail_none();
    tracked_fail_none();
}

static bool was_injected(cow_error_code why) {
    return (why == COW_NOMEM && world.injected_allocation) || (why == COW_HOOK && world.injected_copy);
}

/* Whether it worked, and then no error is told. It may say false only because a fault was injected. That it did nothing then, the
   invariant checks. */
static bool worked(bool said) {
    cow_error_code why = cow_error();
    faults_end();
    rc_assertf(!said || why == world.error, "it worked, and yet: %s", cow_error_text(why));
    if (said) return true;
    rc_assertf(world.injected_allocation || world.injected_copy, "false without a fault: %s", cow_error_text(why));
    rc_assertf(was_injected(why), "false for another reason: %s", cow_error_text(why));
    world.failed++;
    return false;
}

/* It must say false, because of its arguments. A fault may come first only where `or_fault`. */
static void refused(bool said, cow_error_code expected, bool or_fault) {
    cow_error_code why = cow_error();
    faults_end();
    rc_assert(!said);
    rc_assertf(why == expected || (or_fault && was_injected(why)), "%s", cow_error_text(why));
}

/* A key to call with: a stored one of that map, if it has it, which may be the one that changes; or one of ours. */
static const dkey *key_in(int64_t source, int key) {
    const version *from = source < SOURCES ? &world.of[source] : NULL;
    const dict_pair *e = from && from->is.has[key] ? dict_find(&from->m, &world.key[key]) : NULL;
    return e ? pair_key(e) : &world.key[key];
}

/* What it was is given up. */
static void becomes(version *v, dict m, const naive *is) {
    naive values = *is;
    dict_drop(&v->m);
    v->m = m;
    v->is = values;
}

#endif
