/* SPDX-License-Identifier: MIT */
/* Programs of threads that read and replace the values of two cells, over the shipped header. Each thread chooses its operations one by
 * one; since programs with the same beginning share it, this is all programs of a length at once.
 *
 * Versions, and the records of the threads, come from blocks that all threads share and use again: an address that one thread still has in
 * its slot soon is another version's, perhaps the other cell's. A value tells which cell it was made for, and is a tracked
 * element, so that a version that is dropped early, twice or never is seen. What is freed is written over: an access to it is a
 * race, or reads rubbish.
 *
 * This file is compiled with -fsanitize=thread, so that the explorer sees every plain access. */
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

/* One slot to hold a borrow, one for the length of a call. Threads do not end: what they do then is for the unit tests. */
#define COW__READER_SLOTS 2
#define COW__READER_EXITS 0

#define COW_IMPLEMENTATION
#include COW_HEADER

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

static void check_value(const mark *v, unsigned home) {
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
    p->size = size;
    p->count = count;
    for (unsigned i = 0; i < count; i++) {
        p->block[i] = explorer_allocate_permanent(size);
        p->taken[i] = explorer_allocate_permanent(sizeof(uint32_t));
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
    OPERATIONS
} operation;
static const char *const names[OPERATIONS] = {"borrow", "hold",  "snapshot", "load",    "cached",
                                              "idle",   "store", "exchange", "compare", "update"};

enum {
    ALIKE,
    ONE, /* the first thread does one operation only: for long histories of the others */
    STARTS
};
static const char *const start_names[STARTS] = {"alike", "one"};

/* What a thread knows between two operations; unused parts are zero. */
typedef struct slot {
    void *anchor; /* tells the explorer that this thread reaches shared storage, which it has no pointer to */
    uint64_t left;
    cell_guard held;
    uint64_t holds, held_home;
    cell_reader reader[CELLS];
} slot;
static slot slots[MOST_THREADS];
static void *anchor;
static cell *cells[CELLS];

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
    mark_drop(&v);
}

static void cached(slot *s, unsigned home) {
    const mark *v = cell_cached(cells[home], &s->reader[home]);
    must(v != NULL);
    check_value(v, home);
}

static void exchange(unsigned home) {
    cell_snapshot old;
    must(cell_exchange(cells[home], mark_new(home), &old));
    check_value(cell_snapshot_value(&old), home);
    cell_snapshot_drop(&old);
}

static void compare(unsigned home) {
    cell_snapshot now;
    mark fresh = mark_new(home);
    must(cell_snapshot_of(cells[home], &now));
    if (!cell_compare_exchange(cells[home], &now, fresh)) mark_drop(&fresh);
    check_value(cell_snapshot_value(&now), home);
    cell_snapshot_drop(&now);
}

static bool renew(mark *v, void *home) {
    check_value(v, *(unsigned *)home);
    return true;
}

static void carry_out(slot *s, operation what, unsigned home) {
    switch (what) {
    case BORROW: borrow(home); break;
    case HOLD: hold(s, home); break;
    case SNAPSHOT: snapshot(home); break;
    case LOAD: load(home); break;
    case CACHED: cached(s, home); break;
    case IDLE: cell_idle(&s->reader[home]); break;
    case STORE: must(cell_store(cells[home], mark_new(home))); break;
    case EXCHANGE: exchange(home); break;
    case COMPARE: compare(home); break;
    default: must(cell_update(cells[home], renew, &home)); break;
    }
    cow__last_error = COW_OK;
}

/* ---- threads ---- */

static unsigned possible(const slot *s, unsigned *out) {
    unsigned n = 0;
    for (unsigned what = 0; what < OPERATIONS; what++) {
        for (unsigned home = 0; asked.enabled[what] && home < asked.capacity; home++) {
            if (what == IDLE && !s->reader[home].v) continue;
            if (what == HOLD && s->holds && home) continue;
            out[n++] = what * CELLS + home;
        }
    }
    return n;
}

static void run(unsigned me) {
    slot *s = &slots[me];
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
    if (s->holds) hold(s, 0);
    for (unsigned i = 0; i < CELLS; i++) cell_idle(&s->reader[i]);
    s->anchor = NULL;
}

static void retire(unsigned me) { slots[me].left = 0; }

/* Where the header lays a record into its block. */
static cow__reader *record_in(void *block) {
    uintptr_t at = (uintptr_t)block;
    return (cow__reader *)(at + (COW__READER_LINES - at % COW__READER_LINES));
}

static void setup(void) {
    explorer_register_atomic(&cow__readers, sizeof cow__readers);
    pool_fill(&versions, MOST_BLOCKS, COW__VERSION_HEAD + sizeof(mark));
    pool_fill(&records, asked.threads, COW__READER_BLOCK);
    for (unsigned t = 0; t < asked.threads; t++) {
        cow__reader *r = record_in(records.block[t]);
        /* `held` shares a word with `taken`, which others look at. */
        explorer_coarse(r->mine, offsetof(cow__reader, taken) - offsetof(cow__reader, mine));
    }
    for (unsigned i = 0; i < CELLS; i++) {
        cells[i] = explorer_allocate_permanent(sizeof(cell));
        memset((void *)cells[i], 0, sizeof(cell));
        must(cell_store(cells[i], mark_new(i)));
    }
    anchor = explorer_allocate(8);
    for (unsigned t = 0; t < asked.threads; t++) {
        slots[t].anchor = anchor;
        slots[t].left = asked.start == ONE && t == 0 ? 1 : asked.operations;
    }
}

static void finish(void) {
    explorer_free(anchor, 8);
    for (unsigned i = 0; i < CELLS; i++) cell_drop(cells[i]);
    for (unsigned i = 0; i < versions.count; i++)
        if (*versions.taken[i]) explorer_bug("a version leaked");
}

static const char *name_of(const void *address) {
    for (unsigned i = 0; i < CELLS; i++) {
        if (address == &cells[i]->c.at) return i ? "cell 1" : "cell 0";
        if (address == &cells[i]->c.changes) return i ? "changes of cell 1" : "changes of cell 0";
        if (address == &cells[i]->c.waiting) return "waiting";
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
    for (unsigned i = 0; i < OPERATIONS; i++) asked.enabled[i] = all;
    snprintf(copy, sizeof copy, "%s", all ? "" : list);
    for (char *word = strtok(copy, ","); word; word = strtok(NULL, ",")) {
        unsigned i = 0;
        while (i < OPERATIONS && strcmp(names[i], word) != 0) i++;
        if (i == OPERATIONS) return false;
        asked.enabled[i] = true;
    }
    return true;
}

/* Sequences of choices of all threads; an idle without a version is counted, too. */
static double programs(void) {
    double each = 0, total = 1;
    for (unsigned i = 0; i < OPERATIONS; i++) each += asked.enabled[i] ? asked.capacity : 0;
    unsigned operations = asked.threads * asked.operations - (asked.start == ONE ? asked.operations - 1 : 0);
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
