/* SPDX-License-Identifier: MIT */
/* The programs: threads that work on values of one typed array, over the shipped header.
 *
 * Each thread holds values that share a buffer and chooses its operations one by one; the explorer tries every choice. Since
 * programs with the same beginning share it, this is all programs of a length at once. After every operation a thread reads
 * all its values and compares them with a model; at the end it drops them.
 *
 * This file is compiled with -fsanitize=thread, so that the explorer sees every plain access. */
#include "explorer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

enum { MOST_THREADS = 3, MOST_HELD = 4, MOST_LENGTH = 12, MOST_OPERATIONS = 6, FIRST_LENGTH = 2 };

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

static const char *const operation_names[OPERATIONS] = {
    "copy",       "drop",      "push",    "push_n",      "push_n_fails", "push_n_self", "pop",        "truncate",
    "push_front", "pop_front", "insert",  "erase",       "resize",       "slice_front", "slice_back", "set",
    "mut",        "is_shared", "reserve", "swap_remove", "shrink",       "retain_if",   "freeze"};

/* ---- the state of one thread ---- */

/* All that a thread knows between two operations. Unused parts are zero, so that equal knowledge is equal memory. */
typedef struct slot {
    items held[MOST_HELD];
    uint16_t expected[MOST_HELD][MOST_LENGTH]; /* the model: the values in each */
    uint8_t count;                             /* values held */
    uint8_t left;                              /* operations still to choose */
    uint8_t copies_until_failure;              /* of the copy hook; 0: it does not fail */
    uint8_t padding[5];
} slot;

static slot slots[MOST_THREADS];
/* 1 + the first operation each thread chose; 0: none yet. Not part of a slot: once all have chosen, it no longer matters. */
static uint8_t first_choice[MOST_THREADS];

/* How the threads come by their first value. */
typedef enum start {
    COPIES, /* each starts with a copy of its own, made before the threads start */
    CONST,  /* all copy one const value at once; thread 0 owns it and may change it when the others have their copies */
    STICKING, /* as COPIES, with a count that sticks after one more copy */
    STUCK,    /* as COPIES, with a count a little inside the range where it sticks */
    STARTS
} start;
static const char *const start_names[STARTS] = {"copies", "const", "sticking", "stuck"};

static unsigned threads, operations, capacity;
static start how;
static bool enabled[OPERATIONS];

/* What the set-up leaves for the threads. The arena lays it out the same way in every run. */
static items *shared_value;     /* CONST: the value that all copy. STICKING, STUCK: one that outlives the threads */
static cow__atomic_u32 *copied; /* CONST: how many threads have their copy */
static struct cow__header *first_buffer;

/* ---- elements ---- */

static bool tracked_copy(tracked *to, const tracked *from) {
    unsigned me = explorer_thread(), value = explorer_element_read(from->word);
    if (me < threads && slots[me].copies_until_failure && --slots[me].copies_until_failure == 0) return false;
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
    for (unsigned i = 0; i < slots[me].count; i++) check_value(&slots[me].held[i], slots[me].expected[i]);
}

/* ---- carrying out one operation ---- */

static void hold(slot *s, items a, const uint16_t *expected) {
    s->held[s->count] = a;
    for (unsigned i = 0; i < MOST_LENGTH; i++) s->expected[s->count][i] = expected[i];
    s->count++;
}

/* The last value takes the place of the one that goes, so that the places in use stay together. */
static void let_go(slot *s, unsigned which) {
    items_drop(&s->held[which]);
    unsigned last = --s->count;
    s->held[which] = items_move(&s->held[last]);
    for (unsigned i = 0; i < MOST_LENGTH; i++) {
        s->expected[which][i] = s->expected[last][i];
        s->expected[last][i] = 0;
    }
}

static void must(bool worked) {
    if (!worked) explorer_bug("an operation failed");
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

static void carry_out(operation what, unsigned which) {
    unsigned me = explorer_thread();
    slot *s = &slots[me];
    items *a = &s->held[which];
    uint16_t *expected = s->expected[which];
    size_t n = a->n;
    switch (what) {
    case COPY: hold(s, items_copy(a), expected); break;
    case DROP: let_go(s, which); break;
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
        model_erase(s->expected[s->count - 1], n, 0, 1);
        break;
    case SLICE_BACK:
        hold(s, items_slice(a, 0, n - 1), expected);
        s->expected[s->count - 1][n - 1] = 0;
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
}

static uint64_t stuck_count(void) { return explorer_peek(&first_buffer->rc, sizeof first_buffer->rc.value); }

/* Copying a stuck value moves the count to the middle of its range, far from where it could wrap. */
static void check_count_after_copy(void) {
    if (how == STUCK && stuck_count() < COW__RC_IMMORTAL - 16u) explorer_bug("a stuck count is counted up");
}

static bool applies(operation what, const slot *s, unsigned which) {
    size_t n = s->held[which].n;
    switch (what) {
    case COPY: return s->count < MOST_HELD;
    case SLICE_FRONT:
    case SLICE_BACK: return n > 1 && s->count < MOST_HELD;
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

/* ---- threads ---- */

/* Two values that are the same in every respect need not both be tried. */
static bool same_as_earlier(const slot *s, unsigned which) {
    for (unsigned i = 0; i < which; i++) {
        if (items_same(&s->held[i], &s->held[which]) && s->held[i].h == s->held[which].h) return true;
    }
    return false;
}

/* Threads that start alike may be exchanged, so only programs whose first operations are in order are tried. These bounds
 * are what the choices of the others leave to a thread that has not chosen yet. */
static unsigned first_alike(void) { return how == CONST ? 1 : 0; }
static void bounds_of_first(unsigned me, operation *lowest, operation *highest) {
    *lowest = (operation)0;
    *highest = (operation)(OPERATIONS - 1);
    if (me < first_alike()) return;
    for (unsigned t = first_alike(); t < threads; t++) {
        if (!first_choice[t]) continue;
        operation other = (operation)(first_choice[t] - 1);
        if (t < me && other > *lowest) *lowest = other;
        if (t > me && other < *highest) *highest = other;
    }
}

/* Part of every state's hash: what still restricts a choice to come. */
static uint64_t constraint(void) {
    uint64_t hash = 0;
    for (unsigned t = 0; t < threads; t++) {
        operation lowest, highest;
        if (first_choice[t]) continue;
        bounds_of_first(t, &lowest, &highest);
        hash = hash << 16 | (uint64_t)lowest << 8 | (uint64_t)highest;
    }
    return hash;
}

typedef struct choice {
    operation what;
    unsigned which;
} choice;

static unsigned possible_choices(unsigned me, choice *out) {
    const slot *s = &slots[me];
    operation lowest = (operation)0, highest = (operation)(OPERATIONS - 1);
    unsigned n = 0;
    if (!first_choice[me]) bounds_of_first(me, &lowest, &highest);
    for (operation what = lowest; what <= highest; what = (operation)(what + 1)) {
        for (unsigned which = 0; enabled[what] && which < s->count; which++) {
            if (applies(what, s, which) && !same_as_earlier(s, which)) out[n++] = (choice){what, which};
        }
    }
    return n;
}

static void run_operations(unsigned me) {
    slot *s = &slots[me];
    while (explorer_boundary(), s->left && s->count) {
        choice possible[OPERATIONS * MOST_HELD];
        unsigned n = possible_choices(me, possible);
        if (!n) break;
        choice chosen = possible[explorer_choose(n)];
        explorer_depends_on((uint64_t)chosen.what << 8 |
                            chosen.which); /* its number depends on what others chose first */
        explorer_note("%s on value %u of %u", operation_names[chosen.what], chosen.which, (unsigned)s->count);
        if (!first_choice[me]) first_choice[me] = (uint8_t)(chosen.what + 1);
        carry_out(chosen.what, chosen.which);
        if (chosen.what == COPY) check_count_after_copy();
        check_all(me);
        s->left--;
        cow__last_error = COW_OK; /* nobody asks; two threads that differ in it alone are the same */
    }
    s->left = 0;
    while (explorer_boundary(), s->count) {
        explorer_note("drops its last value");
        let_go(s, s->count - 1u);
    }
}

static void start_with(unsigned me, items a) {
    static const uint16_t expected[MOST_LENGTH] = {FIRST_VALUE, FIRST_VALUE + 1};
    hold(&slots[me], a, expected);
}

/* Takes a copy, or a slice, of the value that others take copies of at the same time. */
static void share_const(unsigned me) {
    static const uint16_t shorter[MOST_LENGTH] = {FIRST_VALUE};
    bool slices = enabled[SLICE_BACK] && explorer_choose(2);
    explorer_note(slices ? "slices the const value" : "copies the const value");
    if (slices)
        hold(&slots[me], items_slice(shared_value, 0, FIRST_LENGTH - 1), shorter);
    else
        start_with(me, items_copy(shared_value));
}

/* Thread 0 of a CONST start: may take a copy as the others do, then waits for them and takes the value itself. */
static void run_owner(void) {
    explorer_note("owns the const value");
    if (explorer_choose(2)) share_const(0);
    explorer_wait(copied, sizeof copied->value, threads - 1, ORDER_ACQUIRE);
    explorer_note("may change the const value now");
    start_with(0, items_move(shared_value));
}

static void run(unsigned me) {
    if (how == CONST && me == 0) run_owner();
    if (how == CONST && me > 0) {
        share_const(me);
        (void)COW__ADD(copied, 1u, COW__RELEASE);
    }
    check_all(me);
    run_operations(me);
}

static void retire(unsigned me) { slots[me].left = 0; }

/* ---- set-up and finish ---- */

/* FIRST_LENGTH elements with room for `capacity`, and room for one more in front, so that both ends can be fought over. */
static void make_first_value(items *a) {
    must(items_with_capacity(a, capacity + 1));
    tracked in_front = tracked_make(explorer_fresh_value());
    must(items_push(a, in_front));
    for (unsigned i = 0; i < FIRST_LENGTH; i++) must(items_push(a, tracked_make(explorer_fresh_value())));
    must(items_pop_front(a, &in_front));
    tracked_drop(&in_front);
}

static void setup(void) {
    shared_value = explorer_allocate_permanent(sizeof *shared_value);
    copied = explorer_allocate_permanent(sizeof *copied);
    COW__STORE(copied, 0u, COW__RELAXED);
    make_first_value(shared_value);
    first_buffer = shared_value->h;
    explorer_coarse(shared_value, sizeof *shared_value);
    /* Not `limit`: it is also read plainly. */
    explorer_join(&first_buffer->rc, &first_buffer->used);
    explorer_coarse(&first_buffer->begin, sizeof *first_buffer - offsetof(struct cow__header, begin));
    for (unsigned t = 0; t < threads; t++) {
        slots[t].left = (uint8_t)operations;
        if (how != CONST) start_with(t, items_copy(shared_value));
    }
    if (how == COPIES) items_drop(shared_value);
    if (how == STICKING) COW__STORE(&first_buffer->rc, COW__RC_STUCK - 1u, COW__RELAXED);
    if (how == STUCK) COW__STORE(&first_buffer->rc, COW__RC_STUCK + 16u, COW__RELAXED);
}

/* A stuck value is never freed, so its elements are all there at the end. */
static void finish(void) {
    static const uint16_t expected[MOST_LENGTH] = {FIRST_VALUE, FIRST_VALUE + 1};
    if (how == STICKING || how == STUCK) check_value(shared_value, expected);
    if (how == STUCK && stuck_count() < COW__RC_IMMORTAL - 16u) explorer_bug("a stuck count is counted down");
}

/* The header asks of a count only whether it is 1, and whether it is stuck. */
static uint64_t representative(const void *address, uint64_t value) {
    if (address != &first_buffer->rc || value < 2 || value >= COW__RC_STUCK / 2) return value;
    return 2;
}

static const char *name_of(const void *address) {
    if (address == &first_buffer->rc) return "rc";
    if (address == &first_buffer->limit) return "limit";
    if (address == &first_buffer->used) return "used";
    return address == copied ? "copied" : NULL;
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
    for (unsigned t = 1; t < threads; t++) {
        if (seeds[t].seen != seeds[0].seen) explorer_bug("two threads have different seeds");
    }
}

/* ---- the command line ---- */

static bool enable(const char *list) {
    for (unsigned i = 0; i < OPERATIONS; i++)
        enabled[i] = strcmp(list, "all") == 0 && i < SWAP_REMOVE; /* the rest by name only */
    char copy[256];
    snprintf(copy, sizeof copy, "%s", strcmp(list, "all") == 0 ? "" : list);
    for (char *word = strtok(copy, ","); word; word = strtok(NULL, ",")) {
        unsigned i = 0;
        while (i < OPERATIONS && strcmp(operation_names[i], word) != 0) i++;
        if (i == OPERATIONS) return false;
        enabled[i] = true;
    }
    return true;
}

/* How many programs that is: sequences of choices that a thread can make, and multisets of them for threads that are alike. */
static double sequences(unsigned held, unsigned left) {
    double total = 0;
    if (left == 0 || held == 0) return 1;
    for (unsigned i = 0; i < OPERATIONS; i++) {
        if (!enabled[i] || (held == MOST_HELD && (i == COPY || i == SLICE_FRONT || i == SLICE_BACK))) continue;
        unsigned then = i == DROP ? held - 1 : i == COPY || i == SLICE_FRONT || i == SLICE_BACK ? held + 1 : held;
        total += held * sequences(then, left - 1);
    }
    return total;
}

static double programs(void) {
    double ways_to_share = how == CONST && enabled[SLICE_BACK] ? 2 : 1;
    double each = ways_to_share * sequences(1, operations);
    double total = how == CONST ? sequences(1, operations) + ways_to_share * sequences(2, operations) : 1;
    unsigned alike = threads - first_alike();
    for (unsigned i = 0; i < alike; i++) total *= (each + i) / (i + 1);
    return total;
}

static explorer_result explore_seed(void) {
    program p = {.name = "seed",
                 .threads = threads,
                 .setup = seed_setup,
                 .run = seed_run,
                 .finish = seed_finish,
                 .state = seeds,
                 .state_size = sizeof seeds[0],
                 .constraint = seed_constraint};
    return explorer_run(&p, false);
}

static explorer_result explore_arrays(bool unmerged) {
    char name[128];
    snprintf(name, sizeof name, "%u threads x %u operations, capacity %u, start %s", threads, operations, capacity,
             start_names[how]);
    program p = {.name = name,
                 .threads = threads,
                 .setup = setup,
                 .run = run,
                 .finish = finish,
                 .state = slots,
                 .state_size = sizeof slots[0],
                 .extra = first_choice,
                 .extra_size = sizeof first_choice,
                 .retire = retire,
                 .constraint = constraint,
                 .representative = representative,
                 .name_of = name_of,
                 .unmerged = unmerged,
                 .leaks_expected = how == STICKING || how == STUCK || enabled[FREEZE]};
    return explorer_run(&p, false);
}

static void print_row(const char *from, double count, const explorer_result *r) {
    printf("%s\t%u\t%u\t%u\t%.6g\t%llu\t%llu\t%.6g\t%.1f\n", from, threads, operations, capacity, count, r->states,
           r->steps, r->executions, (double)clock() / CLOCKS_PER_SEC);
}

/* Whether exploring every path to its end counts other executions than the search that meets each state once. If two states
 * that differ were taken for one, the counts would differ too. */
static bool differs_unmerged(const explorer_result *merged) {
    explorer_result r = explore_arrays(true);
    if (r.executions > merged->executions || r.executions < merged->executions) {
        fprintf(stderr, "merging states is wrong: %.0f executions instead of %.0f\n", merged->executions, r.executions);
        return true;
    }
    return r.wrong;
}

static int usage(void) {
    fprintf(stderr,
            "usage: arrays seed THREADS\n"
            "       arrays copies|const|sticking|stuck THREADS OPERATIONS CAPACITY all|name,name... [compare]\n");
    return 2;
}

int main(int count, char **arguments) {
    if (count < 3) return usage();
    threads = (unsigned)atoi(arguments[2]);
    if (threads < 1 || threads > MOST_THREADS) return usage();
    explorer_result r;
    bool compares = count == 7 && strcmp(arguments[6], "compare") == 0;
    if (strcmp(arguments[1], "seed") == 0) {
        r = explore_seed();
        operations = 2;
        print_row("seed", 1, &r);
        return r.wrong;
    }
    if (count != 6 && !compares) return usage();
    while (how < STARTS && strcmp(arguments[1], start_names[how]) != 0) how = (start)(how + 1);
    operations = (unsigned)atoi(arguments[3]);
    capacity = (unsigned)atoi(arguments[4]);
    if (how == STARTS || operations > MOST_OPERATIONS || !enable(arguments[5])) return usage();
    r = explore_arrays(false);
    if (compares && !r.wrong) r.wrong = differs_unmerged(&r);
    print_row(start_names[how], programs(), &r);
    return r.wrong;
}
