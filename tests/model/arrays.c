/* SPDX-License-Identifier: MIT */
/* A family of programs (programs.h): threads that work on values of one typed array, over the shipped header.
 *
 * Each thread holds values that share a buffer. After every operation it reads all its values and compares them with a model;
 * at the end it drops them.
 *
 * This file is compiled with -fsanitize=thread, so that the explorer sees every plain access. */
#include "programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The header must not reach the real functions: the explorer checks what they touch. */
#define memcpy explorer_memcpy
#define memmove explorer_memmove
#define memset explorer_memset
#define memcmp explorer_memcmp

#define COW_MALLOC(size) explorer_allocate(size)
#define COW_REALLOC(p, old_size, new_size) explorer_reallocate((p), (old_size), (new_size))
#define COW_FREE(p, size) explorer_free((p), (size))
/* Each thread would draw another seed. */
#define COW_GETRANDOM(buffer, size) draw((buffer), (size))
static int draw(uint64_t *buffer, size_t size);

typedef struct tracked {
    uint64_t word; /* see explorer_element_new */
} tracked;
static bool tracked_copy(tracked *to, const tracked *from);
static void tracked_drop(tracked *e);

#define COW_IMPLEMENTATION
#define COW_ARRAY items, tracked
#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#include COW_HEADER

enum { MOST_LENGTH = 12, FIRST_LENGTH = 2 };

/* The set-up is the fifth to ask for fresh values. */
enum { FIRST_VALUE = (5 << 8) + 1 };

/* ---- operations ---- */

typedef enum operation {
    COPY,
    DROP,
    PUSH,
    PUSH_N,
    PUSH_N_FAILS,
    PUSH_N_SELF,
    POP,
    TRUNCATE,
    PUSH_FRONT,
    POP_FRONT,
    INSERT,
    ERASE,
    RESIZE,
    SLICE_FRONT,
    SLICE_BACK,
    SET,
    MUT,
    IS_SHARED,
    RESERVE,
    SWAP_REMOVE,
    SHRINK,
    RETAIN_IF,
    FREEZE,
    OPERATIONS
} operation;

static const action actions[OPERATIONS] = {
    [COPY] = {"copy", 1, false},
    [DROP] = {"drop", -1, false},
    [PUSH] = {"push", 0, false},
    [PUSH_N] = {"push_n", 0, false},
    [PUSH_N_FAILS] = {"push_n_fails", 0, false},
    [PUSH_N_SELF] = {"push_n_self", 0, false},
    [POP] = {"pop", 0, false},
    [TRUNCATE] = {"truncate", 0, false},
    [PUSH_FRONT] = {"push_front", 0, false},
    [POP_FRONT] = {"pop_front", 0, false},
    [INSERT] = {"insert", 0, false},
    [ERASE] = {"erase", 0, false},
    [RESIZE] = {"resize", 0, false},
    [SLICE_FRONT] = {"slice_front", 1, false},
    [SLICE_BACK] = {"slice_back", 1, false},
    [SET] = {"set", 0, false},
    [MUT] = {"mut", 0, false},
    [IS_SHARED] = {"is_shared", 0, false},
    [RESERVE] = {"reserve", 0, false},
    [SWAP_REMOVE] = {"swap_remove", 0, true},
    [SHRINK] = {"shrink", 0, true},
    [RETAIN_IF] = {"retain_if", 0, true},
    [FREEZE] = {"freeze", 0, true},
};

/* ---- the state of one thread ---- */

typedef struct slot {
    holding holding;
    uint8_t copies_until_failure; /* of the copy hook; 0: it does not fail */
    uint8_t padding[5];
    items held[MOST_HELD];
    uint16_t expected[MOST_HELD][MOST_LENGTH]; /* the model: the values in each */
} slot;

static slot slots[MOST_THREADS];

enum {
    STICKING = MORE_STARTS, /* as COPIES, with a count that sticks after one more copy */
    STUCK,                  /* as COPIES, with a count a little inside the range where it sticks */
    STARTS
};
static const char *const start_names[STARTS] = {"copies", "const", "sticking", "stuck"};

/* What the set-up leaves for the threads. The arena lays it out the same way in every run. */
static items *shared_value; /* CONST: the value that all copy. STICKING, STUCK: one that outlives the threads */
static struct cow__header *first_buffer;

/* ---- elements ---- */

static bool tracked_copy(tracked *to, const tracked *from) {
    unsigned me = explorer_thread(), value = explorer_element_read(from->word);
    if (me < asked.threads && slots[me].copies_until_failure && --slots[me].copies_until_failure == 0) return false;
    to->word = explorer_element_new(value);
    return true;
}

static void tracked_drop(tracked *e) {
    uint64_t word = e->word;
    e->word = EXPLORER_DESTROYED;
    explorer_element_destroy(word);
}

static tracked tracked_make(unsigned value) {
    tracked e = {explorer_element_new(value)};
    return e;
}

static int draw(uint64_t *buffer, size_t size) {
    *buffer = 1 + explorer_thread();
    return (int)size;
}

/* ---- the model ---- */

static void model_insert(uint16_t *expected, size_t n, size_t at, size_t k) {
    for (size_t i = n; i-- > at;) expected[i + k] = expected[i];
}

static void model_erase(uint16_t *expected, size_t n, size_t at, size_t k) {
    for (size_t i = at; i + k < n; i++) expected[i] = expected[i + k];
    for (size_t i = n - k; i < n; i++) expected[i] = 0;
}

static size_t model_length(const uint16_t *expected) {
    size_t n = 0;
    while (n < MOST_LENGTH && expected[n]) n++;
    return n;
}

/* Reads a value through the header's own functions. */
static void check_value(const items *a, const uint16_t *expected) {
    size_t n = model_length(expected);
    if (items_len(a) != n) explorer_bug("a value has %zu elements instead of %zu", items_len(a), n);
    for (size_t i = 0; i < n; i++) {
        unsigned seen = explorer_element_read(items_get(a, i)->word);
        if (seen != expected[i])
            explorer_bug("wrong value seen: element %zu is %#x instead of %#x", i, seen, expected[i]);
    }
}

static void check_all(unsigned me) {
    for (unsigned i = 0; i < slots[me].holding.count; i++) check_value(&slots[me].held[i], slots[me].expected[i]);
}

/* ---- carrying out one operation ---- */

static void hold(slot *s, items a, const uint16_t *expected) {
    unsigned at = s->holding.count++;
    s->held[at] = a;
    for (unsigned i = 0; i < MOST_LENGTH; i++) s->expected[at][i] = expected[i];
}

/* The last value takes the place of the one that goes, so that the places in use stay together. */
static void let_go(unsigned me, unsigned which) {
    slot *s = &slots[me];
    items_drop(&s->held[which]);
    unsigned last = --s->holding.count;
    s->held[which] = items_move(&s->held[last]);
    for (unsigned i = 0; i < MOST_LENGTH; i++) {
        s->expected[which][i] = s->expected[last][i];
        s->expected[last][i] = 0;
    }
}

static void push_several(slot *s, items *a, uint16_t *expected, bool fails) {
    size_t n = a->n;
    tracked source[2];
    unsigned values[2];
    for (unsigned i = 0; i < 2; i++) source[i] = tracked_make(values[i] = explorer_fresh_value());
    s->copies_until_failure = fails ? 2 : 0;
    bool worked = items_push_n(a, source, 2);
    s->copies_until_failure = 0;
    if (worked == fails) explorer_bug("push_n and its failing hook disagree");
    for (unsigned i = 0; i < 2; i++) {
        if (worked) expected[n + i] = (uint16_t)values[i];
        tracked_drop(&source[i]);
    }
}

static void take_one(items *a, uint16_t *expected, bool front) {
    tracked out;
    size_t at = front ? 0 : a->n - 1;
    must(front ? items_pop_front(a, &out) : items_pop(a, &out));
    if (explorer_element_read(out.word) != expected[at]) explorer_bug("wrong value popped");
    tracked_drop(&out);
    model_erase(expected, model_length(expected), at, 1);
}

static void grow_by_fill(items *a, uint16_t *expected) {
    unsigned value = explorer_fresh_value();
    tracked fill = tracked_make(value);
    expected[a->n] = (uint16_t)value;
    must(items_resize(a, a->n + 1, &fill));
    tracked_drop(&fill);
}

static void swap_remove_first(items *a, uint16_t *expected) {
    tracked out;
    size_t n = a->n;
    must(items_swap_remove(a, 0, &out));
    if (explorer_element_read(out.word) != expected[0]) explorer_bug("wrong value removed");
    tracked_drop(&out);
    expected[0] = expected[n - 1];
    expected[n - 1] = 0;
}

static bool differs_from(const tracked *e, void *value) { return explorer_element_read(e->word) != *(unsigned *)value; }

static void retain_all_but_first(items *a, uint16_t *expected) {
    unsigned first = expected[0];
    size_t n = a->n, kept = 0;
    must(items_retain_if(a, differs_from, &first));
    for (size_t i = 0; i < n; i++) {
        if (expected[i] != first) expected[kept++] = expected[i];
    }
    while (kept < n) expected[kept++] = 0;
}

static void replace_in_place(items *a, uint16_t *expected, tracked fresh) {
    size_t at = a->n - 1;
    tracked *e = items_mut(a, at);
    must(e != NULL);
    tracked_drop(e);
    *e = fresh;
    expected[at] = (uint16_t)explorer_element_read(fresh.word);
}

/* Operations that add the new element `fresh`. */
static void add_one(operation what, items *a, uint16_t *expected, unsigned value) {
    tracked fresh = tracked_make(value);
    size_t n = a->n;
    switch (what) {
    case PUSH: must(items_push(a, fresh)); break;
    case PUSH_FRONT:
        must(items_push_front(a, fresh));
        model_insert(expected, n, 0, 1);
        n = 0;
        break;
    case INSERT:
        must(items_insert(a, 1, fresh));
        model_insert(expected, n, 1, 1);
        n = 1;
        break;
    default:
        must(items_set(a, 0, fresh));
        n = 0;
        break;
    }
    expected[n] = (uint16_t)value;
}

static uint64_t stuck_count(void) { return explorer_peek(&first_buffer->rc, sizeof first_buffer->rc.value); }

/* Copying a stuck value moves the count to the middle of its range, far from where it could wrap. */
static void copy_one(slot *s, unsigned which) {
    hold(s, items_copy(&s->held[which]), s->expected[which]);
    if (asked.start == STUCK && stuck_count() < COW__RC_IMMORTAL - 16u) explorer_bug("a stuck count is counted up");
}

static void carry_out(unsigned me, unsigned operation_number, unsigned which) {
    operation what = (operation)operation_number;
    slot *s = &slots[me];
    items *a = &s->held[which];
    uint16_t *expected = s->expected[which];
    size_t n = a->n;
    switch (what) {
    case COPY: copy_one(s, which); break;
    case DROP: let_go(me, which); break;
    case PUSH_N: push_several(s, a, expected, false); break;
    case PUSH_N_FAILS: push_several(s, a, expected, true); break;
    case PUSH_N_SELF:
        expected[n] = expected[0];
        must(items_push_n(a, items_data(a), 1));
        break;
    case POP: take_one(a, expected, false); break;
    case POP_FRONT: take_one(a, expected, true); break;
    case TRUNCATE:
        must(items_truncate(a, n - 1));
        expected[n - 1] = 0;
        break;
    case ERASE:
        must(items_erase(a, (n - 1) / 2));
        model_erase(expected, n, (n - 1) / 2, 1);
        break;
    case RESIZE: grow_by_fill(a, expected); break;
    case SLICE_FRONT:
        hold(s, items_slice(a, 1, n), expected);
        model_erase(s->expected[s->holding.count - 1], n, 0, 1);
        break;
    case SLICE_BACK:
        hold(s, items_slice(a, 0, n - 1), expected);
        s->expected[s->holding.count - 1][n - 1] = 0;
        break;
    case MUT: replace_in_place(a, expected, tracked_make(explorer_fresh_value())); break;
    case IS_SHARED: (void)items_is_shared(a); break;
    case RESERVE: must(items_reserve(a, n + 3)); break;
    case SWAP_REMOVE: swap_remove_first(a, expected); break;
    case SHRINK: must(items_shrink(a)); break;
    case RETAIN_IF: retain_all_but_first(a, expected); break;
    case FREEZE: items_freeze(a); break;
    default: add_one(what, a, expected, explorer_fresh_value()); break;
    }
    cow__last_error = COW_OK; /* nobody asks; two threads that differ in it alone are the same */
}

static bool applies(const void *of, unsigned what, unsigned which) {
    size_t n = ((const slot *)of)->held[which].n;
    switch (what) {
    case SLICE_FRONT:
    case SLICE_BACK: return n > 1;
    case INSERT:
    case PUSH_N_SELF: return n > 0 && n < MOST_LENGTH;
    case POP:
    case POP_FRONT:
    case TRUNCATE:
    case ERASE:
    case SET:
    case MUT:
    case SWAP_REMOVE:
    case RETAIN_IF: return n > 0;
    case PUSH:
    case PUSH_N:
    case PUSH_FRONT:
    case RESIZE: return n + 2 <= MOST_LENGTH;
    default: return true;
    }
}

static bool same_in_all(const void *of, unsigned which, unsigned other) {
    const items *a = &((const slot *)of)->held[which], *b = &((const slot *)of)->held[other];
    return items_same(a, b) && a->h == b->h;
}

/* ---- starting ---- */

static void start_with(unsigned me, items a) {
    static const uint16_t expected[MOST_LENGTH] = {FIRST_VALUE, FIRST_VALUE + 1};
    hold(&slots[me], a, expected);
}

static void start_with_copy(unsigned me) { start_with(me, items_copy(shared_value)); }
static void take_const(unsigned me) { start_with(me, items_move(shared_value)); }

/* A copy, or a slice, of the value that others take copies of at the same time. */
static ways ways_to_read(void) { return (ways){asked.enabled[SLICE_BACK] ? 2 : 1, 0}; }
static void read_const(unsigned me, unsigned n) {
    static const uint16_t shorter[MOST_LENGTH] = {FIRST_VALUE};
    explorer_note(n ? "slices the const value" : "copies the const value");
    if (n)
        hold(&slots[me], items_slice(shared_value, 0, FIRST_LENGTH - 1), shorter);
    else
        start_with_copy(me);
}

/* ---- set-up and finish ---- */

/* FIRST_LENGTH elements with room for `capacity`, and room for one more in front, so that both ends can be fought over. */
static void make_first_value(items *a) {
    must(items_with_capacity(a, asked.capacity + 1));
    tracked in_front = tracked_make(explorer_fresh_value());
    must(items_push(a, in_front));
    for (unsigned i = 0; i < FIRST_LENGTH; i++) must(items_push(a, tracked_make(explorer_fresh_value())));
    must(items_pop_front(a, &in_front));
    tracked_drop(&in_front);
}

static void setup(void) {
    shared_value = explorer_allocate_permanent(sizeof *shared_value);
    make_first_value(shared_value);
    first_buffer = shared_value->h;
    explorer_coarse(shared_value, sizeof *shared_value);
    /* Not `limit`: it is also read plainly. */
    explorer_join(&first_buffer->rc, &first_buffer->used);
    explorer_coarse(&first_buffer->begin, sizeof *first_buffer - offsetof(struct cow__header, begin));
}

static void setup_done(void) {
    if (asked.start == COPIES) items_drop(shared_value);
    if (asked.start == STICKING) COW__STORE(&first_buffer->rc, COW__RC_STUCK - 1u, COW__RELAXED);
    if (asked.start == STUCK) COW__STORE(&first_buffer->rc, COW__RC_STUCK + 16u, COW__RELAXED);
}

/* A stuck value is never freed, so its elements are all there at the end. */
static void finish(void) {
    static const uint16_t expected[MOST_LENGTH] = {FIRST_VALUE, FIRST_VALUE + 1};
    if (asked.start == STICKING || asked.start == STUCK) check_value(shared_value, expected);
    if (asked.start == STUCK && stuck_count() < COW__RC_IMMORTAL - 16u) explorer_bug("a stuck count is counted down");
}

/* The header asks of a count only whether it is 1, and whether it is stuck. */
static uint64_t representative(const void *address, uint64_t value) {
    if (address != &first_buffer->rc || value < 2 || value >= COW__RC_STUCK / 2) return value;
    return 2;
}

static const char *name_of(const void *address) {
    if (address == &first_buffer->rc) return "rc";
    if (address == &first_buffer->limit) return "limit";
    return address == &first_buffer->used ? "used" : NULL;
}

/* ---- the seed of the hash: a lock-free word or two of their own ---- */

static void seed_setup(void) { explorer_register_atomic(cow__seed_words, sizeof cow__seed_words); }

static struct { uint64_t seen; } seeds[MOST_THREADS];

static void seed_run(unsigned me) {
    seeds[me].seen = cow_seed();
    if (cow_seed() != seeds[me].seen) explorer_bug("the seed changed");
}

static uint64_t seed_constraint(void) {
    uint64_t hash = 0;
    for (unsigned t = 0; t < MOST_THREADS; t++) hash = hash * UINT64_C(0x9e3779b97f4a7c15) + seeds[t].seen;
    return hash;
}

static void seed_finish(void) {
    for (unsigned t = 1; t < asked.threads; t++) {
        if (seeds[t].seen != seeds[0].seen) explorer_bug("two threads have different seeds");
    }
}

static int explore_seed(unsigned threads) {
    if (threads < 1 || threads > MOST_THREADS) return 2;
    asked.threads = threads;
    asked.operations = 2;
    program p = {.name = "seed",
                 .threads = threads,
                 .setup = seed_setup,
                 .run = seed_run,
                 .finish = seed_finish,
                 .state = seeds,
                 .state_size = sizeof seeds[0],
                 .constraint = seed_constraint};
    explorer_result r = explorer_run(&p, false);
    programs_print_row("seed", 1, &r);
    return r.wrong;
}

/* ---- the family ---- */

static bool leaks_expected(void) { return asked.start == STICKING || asked.start == STUCK || asked.enabled[FREEZE]; }

static const family arrays = {.name = "arrays",
                              .actions = actions,
                              .action_count = OPERATIONS,
                              .starts = start_names,
                              .start_count = STARTS,
                              .slots = slots,
                              .slot_size = sizeof slots[0],
                              .setup = setup,
                              .start_with_copy = start_with_copy,
                              .setup_done = setup_done,
                              .ways_to_read = ways_to_read,
                              .read = read_const,
                              .take = take_const,
                              .applies = applies,
                              .same = same_in_all,
                              .carry_out = carry_out,
                              .check = check_all,
                              .let_go = let_go,
                              .finish = finish,
                              .representative = representative,
                              .name_of = name_of,
                              .leaks_expected = leaks_expected};

/* seed THREADS, or what programs_main says. */
int main(int count, char **arguments) {
    if (count == 3 && strcmp(arguments[1], "seed") == 0) return explore_seed((unsigned)atoi(arguments[2]));
    return programs_main(&arrays, count, arguments);
}
