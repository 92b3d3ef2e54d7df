/* SPDX-License-Identifier: MIT */
/* Litmus tests: the checker is checked first. Each program is tiny and its possible outcomes are known from the C11 standard;
 * the explorer must reach all of them and no other. */
#include "explorer_internal.h"

#include <stdio.h>
#include <string.h>

enum { RLX = ORDER_RELAXED, ACQ = ORDER_ACQUIRE, REL = ORDER_RELEASE, AR = ORDER_ACQ_REL, SC = ORDER_SEQ_CST };

/* What the threads of a litmus test share, and where each notes what it read. */
static uint64_t *x, *y, *data;
static struct { uint64_t seen[2]; } notes[MAX_THREADS];

static uint64_t load(uint64_t *a, int order) { return explorer_load(a, sizeof *a, order); }
static void store(uint64_t *a, uint64_t value, int order) { explorer_store(a, sizeof *a, value, order); }
static uint64_t add(uint64_t *a, uint64_t n, int order) { return explorer_modify(a, sizeof *a, UPDATE_ADD, n, order); }
static uint64_t swap(uint64_t *a, uint64_t n, int order) {
    return explorer_modify(a, sizeof *a, UPDATE_SWAP, n, order);
}
static bool cas(uint64_t *a, uint64_t old, uint64_t new, int order, int failure) {
    return explorer_compare_and_swap(a, sizeof *a, &old, new, order, failure);
}
static void plain_write(uint64_t *a, uint64_t value) { explorer_memcpy(a, &value, sizeof value); }
static uint64_t plain_read(const uint64_t *a) {
    uint64_t value;
    explorer_memcpy(&value, a, sizeof value);
    return value;
}

static void setup(void) {
    memset(notes, 0, sizeof notes);
    x = explorer_allocate_permanent(8);
    y = explorer_allocate_permanent(8);
    data = explorer_allocate_permanent(8);
    *x = *y = *data = 0;
}

/* ---- outcomes: the set of final notes, each a short decimal number ---- */

static bool outcome[100000];

static unsigned outcome_now(unsigned threads) {
    unsigned number = 0;
    for (unsigned t = 0; t < threads; t++) {
        for (unsigned i = 0; i < 2; i++) number = number * 3 + (unsigned)(notes[t].seen[i] % 3);
    }
    return number;
}
static void finish(void) { outcome[outcome_now(explorer_program->threads)] = true; }

/* The states of a litmus test must not be merged across different notes. */
static uint64_t constraint(void) {
    uint64_t hash = 1;
    for (unsigned t = 0; t < MAX_THREADS; t++) hash = hash_mix(hash_mix(hash, notes[t].seen[0]), notes[t].seen[1]);
    return hash;
}

static void note(unsigned t, unsigned i, uint64_t value) { notes[t].seen[i] = value; }

/* ---- the tests ---- */

static int strong, weak; /* the orders that a test is run with */

static void message_passing(unsigned t) {
    if (t == 0) {
        store(x, 1, RLX);
        store(y, 1, strong);
    } else {
        note(1, 0, load(y, weak));
        note(1, 1, load(x, RLX));
    }
}
static void store_buffering(unsigned t) {
    store(t ? y : x, 1, strong);
    note(t, 0, load(t ? x : y, weak));
}
static void
two_plus_two_writes(unsigned t) { /* both locations may end with the value of the first store of their line */
    store(t ? y : x, 1, strong);
    store(t ? x : y, 2, strong);
    if (t == 0) note(0, 0, 0);
}
static void two_plus_two_finish(void) {
    note(0, 0, *x);
    note(0, 1, *y);
    finish();
}
static void coherence_read_read(unsigned t) {
    if (t == 0) {
        store(x, 1, RLX);
        store(x, 2, RLX);
    } else {
        note(1, 0, load(x, RLX));
        note(1, 1, load(x, RLX));
    }
}
static void coherence_hands_on(unsigned t) { /* what thread 1 has read of x, thread 2 may not read older */
    if (t == 0) store(x, 1, RLX);
    if (t == 1) {
        note(1, 0, load(x, RLX));
        store(y, 1, REL);
    }
    if (t == 2 && load(y, ACQ) == 1) note(2, 1, 1 + load(x, RLX));
}
static void
release_sequence(unsigned t) { /* a relaxed read-modify-write hands the release on; a plain store does not */
    if (t == 0) {
        plain_write(data, 1);
        store(x, 1, REL);
    }
    if (t == 1 && load(x, RLX) == 1) {
        if (strong == RLX)
            store(x, 2, RLX);
        else
            add(x, 1, RLX);
    }
    if (t == 2 && load(x, ACQ) == 2) note(2, 0, plain_read(data));
}
static void independent_reads(unsigned t) { /* IRIW */
    if (t == 0) store(x, 1, strong);
    if (t == 1) store(y, 1, strong);
    if (t >= 2) {
        note(t, 0, load(t == 2 ? x : y, weak));
        note(t, 1, load(t == 2 ? y : x, weak));
    }
}
static void counter(unsigned t) { note(t, 0, add(x, 1, RLX)); }
static void stale_cas(unsigned t) { /* the swap may fail although 1 is long there, unless thread 1 knows */
    if (t == 0) {
        store(x, 1, RLX);
        store(y, 1, strong);
    } else {
        note(1, 0, load(y, weak));
        note(1, 1, cas(x, 1, 2, RLX, RLX));
    }
}
static void cas_once(unsigned t) { note(t, 0, cas(x, 0, t + 1, RLX, RLX)); }
static void failing_cas_acquires(unsigned t) {
    if (t == 0) {
        plain_write(data, 1);
        store(x, 1, REL);
    } else {
        uint64_t found = 5;
        explorer_compare_and_swap(x, sizeof *x, &found, 7, AR, weak);
        if (found == 1) note(1, 0, plain_read(data));
    }
}
static void refcount(unsigned t) { /* the last owner writes what the others have read */
    (void)plain_read(data);
    if (add(x, 1, strong) == explorer_program->threads - 1) plain_write(data, t + 1);
}
static void write_after_release(unsigned t) { /* the release covers what came before it, and nothing else */
    if (t == 0) {
        store(x, 1, REL);
        plain_write(data, 1);
    } else if (load(x, ACQ) == 1) {
        (void)plain_read(data);
    }
}
static void mixed_race(unsigned t) {
    if (t == 0)
        store(x, 1, REL);
    else
        (void)plain_read(x);
}
static void
mixed_ordered(unsigned t) { /* thread 1 is behind the store, and a failing compare-and-swap writes nothing */
    if (t == 0) {
        store(x, 1, RLX);
        store(y, 1, REL);
    } else if (load(y, ACQ) == 1) {
        note(1, 0, plain_read(x));
    } else {
        (void)cas(x, 7, 8, RLX, RLX);
    }
}
static void write_race(unsigned t) { plain_write(data, t); }
static void no_race_apart(unsigned t) { plain_write(t ? x : y, t); }
static void read_read(unsigned t) { note(t, 0, plain_read(data)); }
static void exchange_publishes(unsigned t) {
    if (t == 0) plain_write(data, 1);
    uint64_t before = swap(x, 1 + t, strong);
    if (t == 1 && before == 1) note(1, 0, plain_read(data));
}
static void waiting(unsigned t) {
    if (t == 0) {
        plain_write(data, 2);
        store(x, 1, strong);
    } else {
        explorer_wait(x, sizeof *x, 1, weak);
        note(1, 0, plain_read(data));
    }
}
static void wait_for_ever(unsigned t) { explorer_wait(t ? x : y, sizeof *x, 1, ACQ); }

/* ---- sleeping on a word ---- */

static uint32_t *bell;
static void setup_with_bell(void) {
    setup();
    bell = explorer_allocate_permanent(8);
    bell[0] = bell[1] = 0;
}
static uint32_t bell_swap(uint32_t value, int order) {
    return (uint32_t)explorer_modify(bell, sizeof *bell, UPDATE_SWAP, value, order);
}
static void bell_store(uint32_t value) { explorer_store(bell, sizeof *bell, value, RLX); }

static void sleeper(unsigned t) { /* either the store is seen, or the waking comes later: nobody sleeps for ever */
    if (t == 0) {
        bell_store(1);
        if (strong == SC) explorer_futex_wake(bell, 1);
    } else {
        explorer_futex_wait(bell, 0);
    }
}
static void woken_knows_nothing(unsigned t) {
    if (t == 0) {
        plain_write(data, 1);
        explorer_store(bell, sizeof *bell, 1, REL);
        explorer_futex_wake(bell, 1);
    } else {
        explorer_futex_wait(bell, 0);
        (void)plain_read(data);
    }
}
static void stale_look(unsigned t) {
    if (t == 0) {
        bell_store(1);
        store(x, 1, strong);
    } else if (load(x, weak) == 1) {
        explorer_futex_wait(bell, 0);
    }
}
static void looks_at_bell(unsigned t) {
    if (t == 0) {
        plain_write(data, 1);
        explorer_store(bell, sizeof *bell, 1, REL);
    } else {
        explorer_wait(bell, sizeof *bell, 1, RLX);
        explorer_futex_wait(bell, 0);
        (void)plain_read(data);
    }
}
static void two_sleepers(unsigned t) {
    if (t == 0) {
        bell_store(1);
        explorer_futex_wake(bell, strong == SC ? 2 : 1);
    } else {
        explorer_futex_wait(bell, 0);
    }
}
static void
one_hands_on(unsigned t) { /* either may be woken first; the one that does not hand on leaves the other asleep */
    if (t == 0) {
        bell_store(1);
        explorer_futex_wake(bell, 1);
    } else {
        explorer_futex_wait(bell, 0);
        if (t == (strong == SC ? 1 : 2)) explorer_futex_wake(bell, 1);
    }
}
static void other_bell(unsigned t) {
    if (t == 0) {
        explorer_store(bell, sizeof *bell, 1, SC);
        explorer_futex_wake(bell + 1, 1);
    } else {
        explorer_futex_wait(bell, 0);
    }
}

/* The third mutex of "Futexes Are Tricky": 0 is free, 1 taken, 2 taken and somebody may sleep. `strong` is the order in which it is taken,
 * `weak` what whoever slept leaves behind. */
static void mutex(unsigned t) {
    uint32_t nobody = 0;
    (void)t;
    if (!explorer_compare_and_swap(bell, sizeof *bell, &nobody, 1, strong, RLX)) {
        while (bell_swap(weak == SC ? 2 : 1, strong)) explorer_futex_wait(bell, weak == SC ? 2 : 1);
    }
    plain_write(data, plain_read(data) + 1);
    if (bell_swap(0, REL) == 2) explorer_futex_wake(bell, 1);
}
static void mutex_finish(void) {
    note(0, 0, *data - 1);
    finish();
}

static void use_after_free(unsigned t) {
    uint64_t *victim = data + 4; /* the block after `data`, behind its red zone */
    if (t == 0) {
        explorer_free(victim, 8);
        store(x, 1, REL);
    } else if (load(x, ACQ) == 1) {
        (void)plain_read(victim);
    }
}
static void free_race(unsigned t) {
    if (t == 1)
        explorer_free(data + 4, 8);
    else
        (void)plain_read(data + 4);
}
static void setup_with_block(void) {
    setup();
    uint64_t *victim = explorer_allocate(8);
    *victim = 1;
}

static uint64_t settled = 1;
static void setup_with_constant(void) {
    setup();
    explorer_constant(&settled, sizeof settled);
}
static void read_settled(unsigned t) { note(t, 0, load(&settled, RLX)); }
static void swap_settled(unsigned t) { note(t, 0, swap(&settled, t, RLX)); }
static void claim_settled(unsigned t) { note(t, 0, cas(&settled, 2, t, RLX, RLX)); }

/* ---- the expectations ---- */

typedef struct litmus {
    const char *name;
    unsigned threads;
    void (*run)(unsigned);
    int strong, weak;
    const char *expected; /* all outcomes, as base-3 digits of the notes, or NULL: a bug */
    const char *bug;      /* how its message begins */
    void (*setup)(void), (*finish)(void);
} litmus;

static const litmus tests[] = {
    {"message passing, release and acquire", 2, message_passing, REL, ACQ, "0000 0001 0011", NULL, NULL, NULL},
    {"message passing, relaxed store", 2, message_passing, RLX, ACQ, "0000 0001 0010 0011", NULL, NULL, NULL},
    {"message passing, relaxed load", 2, message_passing, REL, RLX, "0000 0001 0010 0011", NULL, NULL, NULL},
    {"message passing, seq_cst", 2, message_passing, SC, SC, "0000 0001 0011", NULL, NULL, NULL},
    {"store buffering, release and acquire", 2, store_buffering, REL, ACQ, "0000 0010 1000 1010", NULL, NULL, NULL},
    {"store buffering, seq_cst", 2, store_buffering, SC, SC, "0010 1000 1010", NULL, NULL, NULL},
    {"two plus two writes, relaxed", 2, two_plus_two_writes, RLX, RLX, "1100 1200 2100 2200", NULL, NULL,
     two_plus_two_finish},
    {"two plus two writes, seq_cst", 2, two_plus_two_writes, SC, SC, "1200 2100 2200", NULL, NULL, two_plus_two_finish},
    {"coherence of two reads", 2, coherence_read_read, RLX, RLX, "0000 0001 0002 0011 0012 0022", NULL, NULL, NULL},
    {"coherence through a release", 3, coherence_hands_on, RLX, RLX, "000000 000001 000002 001000 001002", NULL, NULL,
     NULL},
    {"release sequence through an update", 3, release_sequence, AR, RLX, "000000 000010", NULL, NULL, NULL},
    {"no release sequence through a store", 3, release_sequence, RLX, RLX, NULL, "data race", NULL, NULL},
    {"independent reads, acquire", 4, independent_reads, REL, ACQ,
     "00000000 00000001 00000010 00000011 00000100 00000101 00000110 00000111 "
     "00001000 00001001 00001010 00001011 00001100 00001101 00001110 00001111",
     NULL, NULL, NULL},
    {"independent reads, seq_cst", 4, independent_reads, SC, SC,
     "00000000 00000001 00000010 00000011 00000100 00000101 00000110 00000111 "
     "00001000 00001001 00001011 00001100 00001101 00001110 00001111",
     NULL, NULL, NULL},
    {"no increment is lost", 2, counter, RLX, RLX, "0010 1000", NULL, NULL, NULL},
    {"compare-and-swap fails on a stale value", 2, stale_cas, REL, RLX, "0000 0001 0010 0011", NULL, NULL, NULL},
    {"compare-and-swap after an acquire", 2, stale_cas, REL, ACQ, "0000 0001 0011", NULL, NULL, NULL},
    {"only one compare-and-swap wins", 2, cas_once, RLX, RLX, "0010 1000", NULL, NULL, NULL},
    {"a failing compare-and-swap acquires", 2, failing_cas_acquires, RLX, ACQ, "0000 0010", NULL, NULL, NULL},
    {"a failing compare-and-swap, relaxed", 2, failing_cas_acquires, RLX, RLX, NULL, "data race", NULL, NULL},
    {"refcount, acq_rel", 3, refcount, AR, RLX, "000000", NULL, NULL, NULL},
    {"refcount, release only", 2, refcount, REL, RLX, NULL, "data race", NULL, NULL},
    {"refcount, acquire only", 2, refcount, ACQ, RLX, NULL, "data race", NULL, NULL},
    {"write after a release", 2, write_after_release, REL, ACQ, NULL, "data race", NULL, NULL},
    {"plain read and atomic store", 2, mixed_race, REL, ACQ, NULL, "data race", NULL, NULL},
    {"plain read behind an atomic store", 2, mixed_ordered, REL, ACQ, "0000 0010", NULL, NULL, NULL},
    {"free and read", 2, free_race, RLX, RLX, NULL, "data race", setup_with_block, NULL},
    {"two plain writes", 2, write_race, RLX, RLX, NULL, "data race", NULL, NULL},
    {"plain writes apart", 2, no_race_apart, RLX, RLX, "0000", NULL, NULL, NULL},
    {"two plain reads", 2, read_read, RLX, RLX, "0000", NULL, NULL, NULL},
    {"exchange publishes, acq_rel", 2, exchange_publishes, AR, RLX, "0000 0010", NULL, NULL, NULL},
    {"exchange publishes, relaxed", 2, exchange_publishes, RLX, RLX, NULL, "data race", NULL, NULL},
    {"waiting, release and acquire", 2, waiting, REL, ACQ, "0020", NULL, NULL, NULL},
    {"waiting, relaxed", 2, waiting, REL, RLX, NULL, "data race", NULL, NULL},
    {"waiting for ever", 2, wait_for_ever, RLX, RLX, NULL, "deadlock", NULL, NULL},
    {"a store and a waking", 2, sleeper, SC, RLX, "0000", NULL, setup_with_bell, NULL},
    {"a store and no waking", 2, sleeper, RLX, RLX, NULL, "deadlock", setup_with_bell, NULL},
    {"a look behind an acquire", 2, stale_look, REL, ACQ, "0000", NULL, setup_with_bell, NULL},
    {"a stale look", 2, stale_look, REL, RLX, NULL, "deadlock", setup_with_bell, NULL},
    {"who is woken has acquired nothing", 2, woken_knows_nothing, RLX, RLX, NULL, "data race", setup_with_bell, NULL},
    {"two sleepers, both woken", 3, two_sleepers, SC, RLX, "000000", NULL, setup_with_bell, NULL},
    {"two sleepers, one woken", 3, two_sleepers, RLX, RLX, NULL, "deadlock", setup_with_bell, NULL},
    {"either may be woken first: the second", 3, one_hands_on, SC, RLX, NULL, "deadlock", setup_with_bell, NULL},
    {"either may be woken first: the first", 3, one_hands_on, RLX, RLX, NULL, "deadlock", setup_with_bell, NULL},
    {"waking who sleeps elsewhere", 2, other_bell, RLX, RLX, NULL, "deadlock", setup_with_bell, NULL},
    {"who does not sleep has acquired nothing", 2, looks_at_bell, RLX, RLX, NULL, "data race", setup_with_bell, NULL},
    {"mutex", 2, mutex, ACQ, SC, "1000", NULL, setup_with_bell, mutex_finish},
    {"mutex, 3 threads", 3, mutex, ACQ, SC, "200000", NULL, setup_with_bell, mutex_finish},
    {"mutex, taken relaxed", 2, mutex, RLX, SC, NULL, "data race", setup_with_bell, mutex_finish},
    {"mutex, sleepers are forgotten", 2, mutex, ACQ, RLX, NULL, "deadlock", setup_with_bell, mutex_finish},
    {"use after free", 2, use_after_free, REL, ACQ, NULL, "use after free", setup_with_block, NULL},
    {"a settled atomic", 2, read_settled, RLX, RLX, "1010", NULL, setup_with_constant, NULL},
    {"a settled atomic, stored to", 2, swap_settled, RLX, RLX, NULL, "a thread stored", setup_with_constant, NULL},
    {"a settled atomic, claimed", 2, claim_settled, RLX, RLX, NULL, "a thread stored", setup_with_constant, NULL},
    {"leak", 2, read_read, REL, ACQ, NULL, "a buffer leaked", setup_with_block, NULL},
};

/* Takes the expected outcomes away; what is left on either side is wrong. */
static bool outcomes_match(const litmus *test) {
    bool fine = true;
    for (const char *at = test->expected; *at;) {
        unsigned number = 0;
        const char *word = at;
        for (; *at && *at != ' '; at++) number = number * 3 + (unsigned)(*at - '0');
        if (!outcome[number]) fprintf(stderr, "litmus: %s: %.*s was not reached\n", test->name, (int)(at - word), word);
        fine &= outcome[number];
        outcome[number] = false;
        while (*at == ' ') at++;
    }
    for (unsigned i = 0; i < sizeof outcome / sizeof *outcome; i++) {
        if (outcome[i])
            fprintf(stderr, "litmus: %s: outcome %u (a number in base 3) must not be possible\n", test->name, i);
        fine &= !outcome[i];
    }
    return fine;
}

static bool passes(const litmus *test) {
    program p = {.name = test->name,
                 .threads = test->threads,
                 .setup = test->setup ? test->setup : setup,
                 .run = test->run,
                 .finish = test->finish ? test->finish : finish,
                 .state = notes,
                 .state_size = sizeof notes[0],
                 .constraint = constraint};
    strong = test->strong;
    weak = test->weak;
    memset(outcome, 0, sizeof outcome);
    explorer_result r = explorer_run(&p, true);
    if (test->bug) {
        bool caught = r.wrong && strncmp(r.bug, test->bug, strlen(test->bug)) == 0;
        if (!caught) fprintf(stderr, "litmus: %s: expected \"%s\", found \"%s\"\n", test->name, test->bug, r.bug);
        return caught;
    }
    if (r.wrong) fprintf(stderr, "litmus: %s: unexpected bug: %s\n", test->name, r.bug);
    return !r.wrong && outcomes_match(test);
}

int main(void) {
    unsigned failed = 0, count = sizeof tests / sizeof *tests;
    for (unsigned i = 0; i < count; i++) failed += !passes(&tests[i]);
    printf("litmus: %u of %u tests of the explorer itself pass\n", count - failed, count);
    return failed != 0;
}
