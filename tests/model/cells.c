/* SPDX-License-Identifier: MIT */
/* Programs of threads that read and replace the values of two cells, over the shipped header. Each thread chooses its
   operations one by * one; since programs with the same beginning share it, this is all programs of a length at once. * *
   Versions, and the records of the threads, come from blocks that all threads share and use again: an address that one
   thread still has in * its slot soon is another version's, perhaps the other cell's. A value tells which cell it was made
   for, and is a tracked * element, so that a version that is dropped early, twice or never is seen. What is freed is
   written over: an access to it is a * race, or reads rubbish. * * This file is compiled with -fsanitize=thread, so that
   the explorer sees every plain access. */
#include "programs.h"

#include <stdio.h>
#include <string.h>

/* The header must not reach the real functions: the explorer checks what they touch. */
#define memcpy explorer_memcpy
#define memmove explorer_memmove
#define memset explorer_memset
#define memcmp explorer_memcmp

static void *block_take(size_t size);
static void block_give_back(void *p, size_t size);
#define COW_MALLOC(size) block_take(size)
#define COW_REALLOC(p, old_size, new_size) ((void)(p), (void)(old_size), (void)(new_size), (void *)0)
#define COW_FREE(p, size) block_give_back((p), (size))

/* One slot to hold a borrow, one for the length of a call. */
#define COW__READER_SLOTS 2

/* Coroutines have no destructors: the operation `end` calls what the header would have called when a thread ends. */
#define COW__READER_EXITS 1
#include <pthread.h>
#define pthread_once(once, begin) ((void)(once), (void)(begin), 0)

#define COW_IMPLEMENTATION
#include COW_HEADER
#include "explorer_system.h"

enum { CELLS = 2 };

/* ---- values ---- */

typedef struct mark {
    uint64_t home; /* the cell that it was made for */
    uint64_t word; /* an element */
} mark;

static bool mark_copy(mark *to, const mark *from) {
    to->home = from->home;
    to->word = explorer_element_new(explorer_element_read(from->word));
    return true;
}

static void mark_drop(mark *v) {
    explorer_element_destroy(v->word);
    v->word = EXPLORER_DESTROYED;
}

#define COW_CELL cell, mark
#define COW_COPY mark_copy
#define COW_DROP mark_drop
#include COW_HEADER

static mark mark_new(unsigned home) { return (mark){home, explorer_element_new(explorer_fresh_value())}; }

/* The value of an empty cell. */
static bool is_nothing(const mark *v) { return !v->word && !v->home; }

static bool cells_can_be_empty(void);
static void check_note(unsigned home);

static void check_value(const mark *v, unsigned home) {
    if (is_nothing(v) && cells_can_be_empty()) {
        check_note(home);
        return;
    }
    if (v->home != home) explorer_bug("wrong value seen: of cell %u in cell %u", (unsigned)v->home, home);
    (void)explorer_element_read(v->word);
}

/* ---- blocks ---- */

enum { MOST_BLOCKS = 6, DEAD_COUNT = 0xdead };

typedef struct pool {
    void *block[MOST_BLOCKS];
    uint32_t *taken[MOST_BLOCKS];
    size_t size;
    unsigned count;
} pool;
static pool versions, records;

static void pool_fill(pool *p, unsigned count, size_t size) {
    uint64_t *taken = explorer_allocate_permanent(count * sizeof *taken);
    p->size = size;
    p->count = count;
    for (unsigned i = 0; i < count; i++) {
        p->block[i] = explorer_allocate_permanent(size);
        p->taken[i] = (uint32_t *)(taken + i);
        *p->taken[i] = 0;
    }
}

/* What an allocator promises: who takes a block sees what was done before it was given back. */
static void *pool_take(pool *p) {
    for (unsigned i = 0; i < p->count; i++) {
        uint32_t nobody = 0;
        if (explorer_compare_and_swap(p->taken[i], sizeof nobody, &nobody, 1, ORDER_ACQUIRE, ORDER_RELAXED))
            return p->block[i];
    }
    explorer_bug("explorer: out of blocks, raise MOST_BLOCKS");
}

static void *block_take(size_t size) { return pool_take(size == versions.size ? &versions : &records); }

static void block_give_back(void *p, size_t size) {
    unsigned i = 0;
    while (i < versions.count && versions.block[i] != p) i++;
    if (i == versions.count || size != versions.size) explorer_bug("freed something that is no version");
    if (explorer_peek(versions.taken[i], sizeof(uint32_t)) == 0) explorer_bug("double free");
    cow__version *v = p;
    v->type = NULL;
    ((mark *)cow__version_value(v))->home = DEAD_COUNT;
    explorer_store(versions.taken[i], sizeof(uint32_t), 0, ORDER_RELEASE);
}

/* ---- operations ---- */

typedef enum operation {
    BORROW,   /* and ends it */
    HOLD,     /* borrows and keeps it, or ends the borrow that is kept */
    SNAPSHOT, /* a snapshot, and drops it */
    LOAD,
    CACHED,
    IDLE,
    STORE,
    EXCHANGE,
    COMPARE, /* takes the version, and replaces it if it is still there */
    UPDATE,
    BY_NAME, /* the rest is not in "all" */
    CLEAR = BY_NAME,
    FAREWELL, /* the first thread leaves a note and empties the cell, once */
    END,      /* the thread ends, and goes on as a new one */
    END_LATE, /* the same, and a destructor that runs late borrows once more */
    VERSION,  /* reads the number of the version, and then the value */
    WAIT,
    WAIT_BRIEFLY, /* with a time limit */
    OPERATIONS
} operation;
static const char *const names[OPERATIONS] = {"borrow", "hold",     "snapshot", "load",   "cached",      "idle",
                                              "store",  "exchange", "compare",  "update", "clear",       "farewell",
                                              "end",    "end_late", "version",  "wait",   "wait_briefly"};

enum {
    ALIKE,
    ONE,   /* the first thread does one operation only: for long histories of the others */
    KNOWN, /* as one, and all threads have their records */
    EMPTY, /* alike, and the cells are empty */
    RING,  /* the first thread ends with a store to each cell; only the others wait: for that store at the latest */
    RING_TWICE,
    STARTS
};
static const char *const start_names[STARTS] = {"alike", "one", "known", "empty", "ring", "ring_twice"};

static bool cells_can_be_empty(void) { return asked.start == EMPTY || asked.enabled[CLEAR] || asked.enabled[FAREWELL]; }
static bool first_does_one(void) { return asked.start == ONE || asked.start == KNOWN; }
static size_t first_version(void) { return asked.start != EMPTY; }
static unsigned rings(void) { return asked.start == RING_TWICE ? 2 : asked.start == RING; }

/* What a thread knows between two operations; unused parts are zero. */
typedef struct slot {
    void *anchor; /* tells the explorer that this thread reaches shared storage, which it has no pointer to */
    uint64_t left;
    cell_guard held;
    uint64_t holds, held_home;
    uint64_t waited[CELLS]; /* for so many changes */
    uint64_t replaced;      /* so many versions, of both cells together */
    uint64_t left_note[CELLS];
    cell_reader reader[CELLS];
} slot;
static slot slots[MOST_THREADS];
static void *anchor;
static cell *cells[CELLS];
static uint64_t *notes[CELLS];
static unsigned first_value[CELLS]; /* of the set-up */
static cow__reader *record[MOST_THREADS];

static void hold(slot *s, unsigned home) {
    static const cell_guard none;
    if (s->holds) {
        check_value(s->held.value, (unsigned)s->held_home);
        cell_end(&s->held);
        s->held = none;
        s->held_home = 0;
    } else {
        must(cell_borrow(cells[home], &s->held));
        check_value(s->held.value, home);
        s->held_home = home;
    }
    s->holds = !s->holds;
}

static void borrow(unsigned home) {
    cell_guard g;
    must(cell_borrow(cells[home], &g));
    check_value(g.value, home);
    cell_end(&g);
}

static void snapshot(unsigned home) {
    cell_snapshot s;
    must(cell_snapshot_of(cells[home], &s));
    check_value(cell_snapshot_value(&s), home);
    cell_snapshot_drop(&s);
}

static void load(unsigned home) {
    mark v;
    must(cell_load(cells[home], &v));
    check_value(&v, home);
    if (!is_nothing(&v)) mark_drop(&v);
}

static void cached(slot *s, unsigned home) {
    const mark *v = cell_cached(cells[home], &s->reader[home]);
    must(v != NULL);
    check_value(v, home);
}

static void store(slot *s, unsigned home) {
    must(cell_store(cells[home], mark_new(home)));
    s->replaced++;
}

static void exchange(slot *s, unsigned home) {
    cell_snapshot old;
    must(cell_exchange(cells[home], mark_new(home), &old));
    s->replaced++;
    check_value(cell_snapshot_value(&old), home);
    cell_snapshot_drop(&old);
}

static void compare(slot *s, unsigned home) {
    cell_snapshot now;
    mark fresh = mark_new(home);
    must(cell_snapshot_of(cells[home], &now));
    bool replaced = cell_compare_exchange(cells[home], &now, fresh);
    if (!replaced) mark_drop(&fresh);
    s->replaced += replaced;
    check_value(cell_snapshot_value(&now), home);
    cell_snapshot_drop(&now);
}

static bool renew(mark *v, void *home) {
    check_value(v, *(unsigned *)home);
    if (!is_nothing(v)) mark_drop(v);
    *v = mark_new(*(unsigned *)home);
    return true;
}

static void update(slot *s, unsigned home) {
    must(cell_update(cells[home], renew, &home));
    s->replaced++;
}

/* Who sees that a cell is empty, sees what was done before. */
static void check_note(unsigned home) {
    if (asked.enabled[FAREWELL] && *notes[home] != 1) explorer_bug("cell %u is empty, and there is no note", home);
}

static void say_farewell(slot *s, unsigned home) {
    *notes[home] = 1;
    s->left_note[home] = 1;
    s->replaced++;
    cell_drop(cells[home]);
}

/* A destructor that runs after the header's may borrow, too, and may end a borrow that has ended already. */
static void borrow_late(slot *s) {
    cell_guard g;
    unsigned home = (unsigned)s->held_home;
    must(cell_borrow(cells[home], &g));
    cell_end(&s->held);
    check_value(g.value, home);
    cell_end(&g);
    cow__reader_exit(cow__reader_own);
}

/* What the destructor of a thread does. */
static void end_thread(slot *s, bool late) {
    static const cell_guard none;
    if (cow__reader_own) cow__reader_exit(cow__reader_own);
    if (late) borrow_late(s);
    if (s->holds) cell_end(&s->held);
    cow__reader_ended = false;
    s->held = none;
    s->holds = s->held_home = 0;
}

/* Whoever has seen that a cell was changed, sees the change. */
static void check_changed(slot *s, unsigned home) {
    const mark *v = cell_cached(cells[home], &s->reader[home]);
    must(v != NULL);
    check_value(v, home);
    if (cells_can_be_empty() && asked.start != EMPTY) return; /* empty is what it may have been before, too */
    if (is_nothing(v) || explorer_element_read(v->word) == first_value[home])
        explorer_bug("knows of a change of cell %u and does not see it", home);
}

static void version(slot *s, unsigned home) {
    if (cell_version(cells[home]) == first_version())
        cached(s, home);
    else
        check_changed(s, home);
}

/* A sleep may end early once, because of a signal or, when it is brief, at its time limit. */
static void wait_for_change(slot *s, unsigned home, uint64_t limit) {
    system_early_ends = 1;
    bool changed = cell_wait(cells[home], first_version() + s->waited[home], limit);
    if (!changed && limit == UINT64_MAX) explorer_bug("a wait without a limit has ended without a change");
    if (changed && asked.enabled[CACHED]) check_changed(s, home);
    s->waited[home] += changed;
    system_early_ends = system_time_is_over = 0;
}

static void carry_out(slot *s, operation what, unsigned home) {
    switch (what) {
    case BORROW: borrow(home); break;
    case HOLD: hold(s, home); break;
    case SNAPSHOT: snapshot(home); break;
    case LOAD: load(home); break;
    case CACHED: cached(s, home); break;
    case IDLE: cell_idle(&s->reader[home]); break;
    case STORE: store(s, home); break;
    case EXCHANGE: exchange(s, home); break;
    case COMPARE: compare(s, home); break;
    case UPDATE: update(s, home); break;
    case CLEAR: cell_drop(cells[home]); break;
    case FAREWELL: say_farewell(s, home); break;
    case END: end_thread(s, false); break;
    case END_LATE: end_thread(s, true); break;
    case VERSION: version(s, home); break;
    case WAIT: wait_for_change(s, home, UINT64_MAX); break;
    default: wait_for_change(s, home, 1000); break;
    }
    cow__last_error = COW_OK;
    if (cow__reader_own && !s->holds && explorer_peek(&cow__reader_own->mine[0], sizeof(void *)))
        explorer_bug("a slot is lost");
}

/* ---- threads ---- */

static bool applies(const slot *s, unsigned what, unsigned home) {
    switch (what) {
    case IDLE: return s->reader[home].v != NULL;
    case HOLD: return !s->holds || !home;
    case FAREWELL: return s == slots && !s->left_note[home];
    case END: return cow__reader_own && !home;
    case END_LATE: return s->holds && !home;
    case WAIT:
    case WAIT_BRIEFLY: return s != slots && s->waited[home] < rings();
    default: return true;
    }
}

static unsigned possible(const slot *s, unsigned *out) {
    unsigned n = 0;
    for (unsigned what = 0; what < OPERATIONS; what++)
        for (unsigned home = 0; asked.enabled[what] && home < asked.capacity; home++)
            if (applies(s, what, home)) out[n++] = what * CELLS + home;
    return n;
}

static void ring(slot *s) {
    for (unsigned i = 0; i < asked.capacity * rings(); i++) store(s, i % asked.capacity);
}

static void run(unsigned me) {
    slot *s = &slots[me];
    cow__reader_own = record[me];
    while (explorer_boundary(), s->left) {
        unsigned choices[OPERATIONS * CELLS], n = possible(s, choices);
        if (!n) break;
        unsigned chosen = choices[explorer_choose(n)];
        explorer_note("%s of cell %u", names[chosen / CELLS], chosen % CELLS);
        carry_out(s, (operation)(chosen / CELLS), chosen % CELLS);
        s->left--;
    }
    s->left = 0;
    explorer_boundary();
    if (!me) ring(s);
    if (asked.enabled[END]) end_thread(s, false);
    if (s->holds) hold(s, 0);
    for (unsigned i = 0; i < CELLS; i++) cell_idle(&s->reader[i]);
    s->anchor = NULL;
}

static void retire(unsigned me) { slots[me].left = 0; }

/* The list of records; it has all of them before the threads start, if that is asked for. */
static void make_records(void) {
    /* A thread may not see yet that another one has given its record back. */
    pool_fill(&records, asked.enabled[END] || asked.enabled[END_LATE] ? MOST_BLOCKS : asked.threads, COW__READER_BLOCK);
    memset(record, 0, sizeof record);
    if (asked.start != KNOWN) {
        explorer_register_atomic(&cow__readers, sizeof cow__readers);
        return;
    }
    explorer_constant(&cow__readers, sizeof cow__readers);
    COW__STORE(&cow__readers, NULL, COW__RELAXED);
    for (unsigned t = 0; t < asked.threads; t++) {
        cow__reader_own = NULL;
        record[t] = cow__reader_self();
    }
    cow__reader_own = NULL;
}

static void setup(void) {
    pool_fill(&versions, MOST_BLOCKS, COW__VERSION_HEAD + sizeof(mark));
    make_records();
    for (unsigned i = 0; i < CELLS; i++) {
        notes[i] = explorer_allocate_permanent(sizeof *notes[i]);
        *notes[i] = 0;
        cells[i] = explorer_allocate_permanent(sizeof(cell));
        memset((void *)cells[i], 0, sizeof(cell));
        if (asked.start == EMPTY) continue;
        mark v = mark_new(i);
        first_value[i] = explorer_element_read(v.word);
        must(cell_store(cells[i], v));
    }
    anchor = explorer_allocate(8);
    for (unsigned t = 0; t < asked.threads; t++) {
        slots[t].anchor = anchor;
        slots[t].left = first_does_one() && t == 0 ? 1 : asked.operations;
    }
}

/* Where the header lays a record into its block. */
static const cow__reader *record_in(const void *block) {
    uintptr_t at = (uintptr_t)block;
    return (const cow__reader *)(at + (COW__READER_LINES - at % COW__READER_LINES));
}

static void check_slots(void) {
    for (unsigned i = 0; i < records.count; i++)
        for (unsigned k = 0; *records.taken[i] && k < COW__READER_SLOTS; k++)
            if (COW__LOAD(&record_in(records.block[i])->slot[k], COW__RELAXED)) explorer_bug("a slot is left");
}

/* Every replacement is counted by its cell. */
static void check_versions(void) {
    size_t expected = CELLS * first_version(), seen = 0;
    for (unsigned t = 0; t < asked.threads; t++) expected += slots[t].replaced;
    for (unsigned i = 0; i < CELLS; i++) seen += cell_version(cells[i]);
    if (seen != expected && !asked.enabled[CLEAR]) explorer_bug("%zu versions instead of %zu", seen, expected);
}

static void finish(void) {
    explorer_free(anchor, 8);
    check_versions();
    check_slots();
    for (unsigned i = 0; i < CELLS; i++) {
        if (COW__LOAD(&cells[i]->c.waiting, COW__RELAXED)) explorer_bug("somebody still counts as waiting");
        cell_drop(cells[i]);
    }
    for (unsigned i = 0; i < versions.count; i++)
        if (*versions.taken[i]) explorer_bug("a version leaked");
}

static const char *name_of(const void *address) {
    for (unsigned i = 0; i < CELLS; i++) {
        if (address == &cells[i]->c.at) return i ? "cell 1" : "cell 0";
        if (address == &cells[i]->c.changes) return i ? "changes of cell 1" : "changes of cell 0";
        if (address == &cells[i]->c.waiting) return "waiting";
        if (address == &cells[i]->c.bell) return "bell";
    }
    for (unsigned i = 0; i < versions.count; i++) {
        if (address == &((cow__version *)versions.block[i])->rc) return "rc";
        if (address == versions.taken[i]) return "taken block";
    }
    return address == &cow__readers ? "readers" : NULL;
}

/* ---- the command line:  cells START THREADS OPERATIONS CELLS all|name,name... ---- */

static bool enable(const char *list) {
    char copy[256];
    bool all = strcmp(list, "all") == 0;
    for (unsigned i = 0; i < OPERATIONS; i++) asked.enabled[i] = all && i < BY_NAME;
    snprintf(copy, sizeof copy, "%s", all ? "" : list);
    for (char *word = strtok(copy, ","); word; word = strtok(NULL, ",")) {
        unsigned i = 0;
        while (i < OPERATIONS && strcmp(names[i], word) != 0) i++;
        if (i == OPERATIONS) return false;
        asked.enabled[i] = true;
    }
    return true;
}

/* Sequences of choices of all threads; those that do not apply are counted, too. */
static double programs(void) {
    double each = 0, total = 1;
    for (unsigned i = 0; i < OPERATIONS; i++) each += asked.enabled[i] ? asked.capacity : 0;
    unsigned operations = asked.threads * asked.operations - (first_does_one() ? asked.operations - 1 : 0);
    for (unsigned i = 0; i < operations; i++) total *= each;
    return total;
}

int main(int count, char **arguments) {
    if (count != 6 || !enable(arguments[5])) return 2;
    while (asked.start < STARTS && strcmp(arguments[1], start_names[asked.start]) != 0) asked.start++;
    asked.threads = (unsigned)atoi(arguments[2]);
    asked.operations = (unsigned)atoi(arguments[3]);
    asked.capacity = (unsigned)atoi(arguments[4]);
    if (asked.start == STARTS || asked.operations < 1 || asked.threads < 1 || asked.threads > MOST_THREADS ||
        asked.capacity < 1 || asked.capacity > CELLS)
        return 2;
    program p = {.name = "cells",
                 .threads = asked.threads,
                 .setup = setup,
                 .run = run,
                 .finish = finish,
                 .state = slots,
                 .state_size = sizeof slots[0],
                 .retire = retire,
                 .name_of = name_of};
    explorer_result r = explorer_run(&p, false);
    programs_print_row(start_names[asked.start], programs(), &r);
    return r.wrong;
}
