/* SPDX-License-Identifier: MIT */
/* The threads of a family of programs, how many programs that is, and the command line. See programs.h.
 *
 * Not instrumented: nothing here touches what threads share, except through the explorer's own functions. */
#include "programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

request asked;

static const family *of;
/* 1 + the first operation each thread chose; 0: none yet. Not part of a slot: once all have chosen, it no longer matters. */
static uint8_t first_choice[MOST_THREADS];
static uint32_t *done_reading; /* CONST: how many threads are done with the const value */

void must(bool worked) {
    if (!worked) explorer_bug("an operation failed");
}

static holding *slot_of(unsigned thread) { return (holding *)(void *)((uint8_t *)of->slots + thread * of->slot_size); }

/* ---- choices ---- */

/* Two values that are the same in every respect need not both be tried. */
static bool same_as_earlier(const holding *s, unsigned which) {
    for (unsigned i = 0; i < which; i++) {
        if (of->same(s, i, which)) return true;
    }
    return false;
}

/* Threads that start alike may be exchanged, so only programs whose first operations are in order are tried. These bounds
 * are what the choices of the others leave to a thread that has not chosen yet. */
static unsigned first_alike(void) {
    if (asked.start == CONST) return 1;
    return of->first_alike ? of->first_alike() : 0;
}

static void bounds_of_first(unsigned me, unsigned *lowest, unsigned *highest) {
    *lowest = 0;
    *highest = of->action_count - 1;
    if (me < first_alike()) return;
    for (unsigned t = first_alike(); t < asked.threads; t++) {
        if (!first_choice[t]) continue;
        unsigned other = first_choice[t] - 1u;
        if (t < me && other > *lowest) *lowest = other;
        if (t > me && other < *highest) *highest = other;
    }
}

/* Part of every state's hash: what still restricts a choice to come. */
static uint64_t constraint(void) {
    uint64_t hash = 0;
    for (unsigned t = 0; t < asked.threads; t++) {
        unsigned lowest, highest;
        if (first_choice[t]) continue;
        bounds_of_first(t, &lowest, &highest);
        hash = hash << 16 | (uint64_t)lowest << 8 | highest;
    }
    return hash;
}

typedef struct choice {
    unsigned what, which;
} choice;

static unsigned possible_choices(unsigned me, choice *out) {
    const holding *s = slot_of(me);
    unsigned lowest = 0, highest = of->action_count - 1, n = 0;
    if (!first_choice[me]) bounds_of_first(me, &lowest, &highest);
    for (unsigned what = lowest; what <= highest; what++) {
        if (!asked.enabled[what] || (of->actions[what].gain > 0 && s->count == MOST_HELD)) continue;
        for (unsigned which = 0; which < s->count; which++) {
            if (of->applies(s, what, which) && !same_as_earlier(s, which)) out[n++] = (choice){what, which};
        }
    }
    return n;
}

/* ---- threads ---- */

static void run_operations(unsigned me) {
    holding *s = slot_of(me);
    while (explorer_boundary(), s->left && s->count) {
        choice possible[MOST_ACTIONS * MOST_HELD];
        unsigned n = possible_choices(me, possible);
        if (!n) break;
        choice chosen = possible[explorer_choose(n)];
        explorer_depends_on((uint64_t)chosen.what << 8 |
                            chosen.which); /* its number depends on what others chose first */
        explorer_note("%s on value %u of %u", of->actions[chosen.what].name, chosen.which, (unsigned)s->count);
        if (!first_choice[me]) first_choice[me] = (uint8_t)(chosen.what + 1);
        of->carry_out(me, chosen.what, chosen.which);
        of->check(me);
        s->left--;
    }
    s->left = 0;
    while (explorer_boundary(), s->count) {
        explorer_note("drops its last value");
        of->let_go(me, s->count - 1u);
    }
}

/* Reads the value that others read at the same time. The owner may also leave it alone, having it anyway. */
static void read_const(unsigned me, bool may_skip) {
    ways w = of->ways_to_read();
    unsigned all = w.with_value + w.without, n = explorer_choose(all + may_skip);
    if (n < all) of->read(me, n);
}

static void run(unsigned me) {
    if (asked.start == CONST && me == 0) {
        explorer_note("owns the const value");
        read_const(me, true);
        explorer_wait(done_reading, sizeof *done_reading, asked.threads - 1, ORDER_ACQUIRE);
        explorer_note("may change the const value now");
        of->take(me);
    } else if (asked.start == CONST) {
        read_const(me, false);
        (void)explorer_modify(done_reading, sizeof *done_reading, UPDATE_ADD, 1, ORDER_RELEASE);
    }
    of->check(me);
    run_operations(me);
}

static void retire(unsigned me) { slot_of(me)->left = 0; }

static void setup(void) {
    done_reading = explorer_allocate_permanent(sizeof *done_reading);
    *done_reading = 0;
    of->setup();
    for (unsigned t = 0; t < asked.threads; t++) {
        slot_of(t)->left = (uint8_t)asked.operations;
        if (asked.start != CONST) of->start_with_copy(t);
    }
    of->setup_done();
}

static const char *name_of(const void *address) {
    return address == done_reading ? "done_reading" : of->name_of(address);
}

/* ---- how many programs that is ---- */

/* Sequences of choices that a thread can make. */
static double sequences(unsigned held, unsigned left) {
    double total = 0;
    if (left == 0 || held == 0) return 1;
    for (unsigned i = 0; i < of->action_count; i++) {
        int gain = of->actions[i].gain;
        if (!asked.enabled[i] || (held == MOST_HELD && gain > 0)) continue;
        total += held * sequences((unsigned)((int)held + gain), left - 1);
    }
    return total;
}

/* Multisets of them for threads that are alike. */
static double programs(void) {
    bool is_const = asked.start == CONST;
    ways w = is_const ? of->ways_to_read() : (ways){1, 0};
    double from_one = sequences(1, asked.operations), each = w.with_value * from_one + w.without, total = 1;
    if (is_const) total = (1 + w.without) * from_one + w.with_value * sequences(2, asked.operations);
    for (unsigned t = 0; !is_const && t < first_alike(); t++) total *= from_one;
    unsigned alike = asked.threads - first_alike();
    for (unsigned i = 0; i < alike; i++) total *= (each + i) / (i + 1);
    return total;
}

/* ---- the command line ---- */

static bool enable(const char *list) {
    bool all = strcmp(list, "all") == 0;
    for (unsigned i = 0; i < of->action_count; i++) asked.enabled[i] = all && !of->actions[i].by_name;
    char copy[256];
    snprintf(copy, sizeof copy, "%s", all ? "" : list);
    for (char *word = strtok(copy, ","); word; word = strtok(NULL, ",")) {
        unsigned i = 0;
        while (i < of->action_count && strcmp(of->actions[i].name, word) != 0) i++;
        if (i == of->action_count) return false;
        asked.enabled[i] = true;
    }
    return true;
}

static explorer_result explore(bool unmerged) {
    char name[128];
    snprintf(name, sizeof name, "%s: %u threads x %u operations, capacity %u, start %s", of->name, asked.threads,
             asked.operations, asked.capacity, of->starts[asked.start]);
    program p = {.name = name,
                 .threads = asked.threads,
                 .setup = setup,
                 .run = run,
                 .finish = of->finish,
                 .state = of->slots,
                 .state_size = of->slot_size,
                 .extra = first_choice,
                 .extra_size = sizeof first_choice,
                 .retire = retire,
                 .constraint = constraint,
                 .representative = of->representative,
                 .name_of = name_of,
                 .unmerged = unmerged,
                 .leaks_expected = of->leaks_expected()};
    return explorer_run(&p, false);
}

void programs_print_row(const char *from, double count, const explorer_result *r) {
    printf("%s\t%u\t%u\t%u\t%.6g\t%llu\t%llu\t%.6g\t%.1f\n", from, asked.threads, asked.operations, asked.capacity,
           count, r->states, r->steps, r->executions, (double)clock() / CLOCKS_PER_SEC);
}

/* Whether exploring every path to its end counts other executions than the search that meets each state once. If two states
 * that differ were taken for one, the counts would differ too. */
static bool differs_unmerged(const explorer_result *merged) {
    explorer_result r = explore(true);
    if (r.executions > merged->executions || r.executions < merged->executions) {
        fprintf(stderr, "merging states is wrong: %.0f executions instead of %.0f\n", merged->executions, r.executions);
        return true;
    }
    return r.wrong;
}

static int usage(void) {
    fprintf(stderr, "usage: %s START THREADS OPERATIONS CAPACITY all|name,name... [compare]\nstarts:", of->name);
    for (unsigned i = 0; i < of->start_count; i++) fprintf(stderr, " %s", of->starts[i]);
    fprintf(stderr, "\nnames:");
    for (unsigned i = 0; i < of->action_count; i++) fprintf(stderr, " %s", of->actions[i].name);
    fprintf(stderr, "\n");
    return 2;
}

int programs_main(const family *f, int count, char **arguments) {
    of = f;
    bool compares = count == 7 && strcmp(arguments[6], "compare") == 0;
    if (count != 6 && !compares) return usage();
    while (asked.start < of->start_count && strcmp(arguments[1], of->starts[asked.start]) != 0) asked.start++;
    asked.threads = (unsigned)atoi(arguments[2]);
    asked.operations = (unsigned)atoi(arguments[3]);
    asked.capacity = (unsigned)atoi(arguments[4]);
    if (asked.start == of->start_count || asked.threads < 1 || asked.threads > MOST_THREADS) return usage();
    if (asked.operations > MOST_OPERATIONS || !enable(arguments[5])) return usage();
    explorer_result r = explore(false);
    if (compares && !r.wrong) r.wrong = differs_unmerged(&r);
    programs_print_row(of->starts[asked.start], programs(), &r);
    return r.wrong;
}
