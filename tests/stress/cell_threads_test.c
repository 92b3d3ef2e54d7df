/* SPDX-License-Identifier: MIT */
/*
 * Readers and writers of the same cells, all at once. Versions of two cells come and go through one allocator, so that an address that a
 * reader has in its slot soon is a version of the other cell: a reader that went on with a version that was paid for would see the
 * other cell's values. Each value owns memory whose reads and writes are plain, so that ThreadSanitizer sees a version that
 * is dropped too early; in the end nothing may be left. And the numbers of one cell only grow: a reader never sees an older version
 * after a newer one.
 *
 *   cell_threads_test [rounds]
 */
#include "../unit/kit_threads.h"

#include <string.h>

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define COW_CELL box_cell, boxed
#define COW_COPY box_copy
#define COW_DROP box_drop
#include "cow/cow.h"
#define COW_CELL count_cell, size_t
#include "cow/cow.h"
#define COW_ARRAY ints, int
#include "cow/cow.h"
#define COW_CELL log_cell, ints
#include "cow/cow.h"

enum { CELLS = 2, THREADS = 4, WRITERS = 2 };

static box_cell cells[CELLS]; /* cell i holds boxes of i + CELLS * something */
static count_cell counter;    /* every change adds 1 */
static log_cell journal;      /* every change appends its length */
static atomic_size_t counted;

static void set_up(void) {
    atomic_store(&counted, 0);
    for (int i = 0; i < CELLS; i++) CHECK(box_cell_store(&cells[i], box(i)));
}

static void tear_down(void) {
    count_cell_guard g;
    log_cell_guard h;
    CHECK(count_cell_borrow(&counter, &g) && *g.value == atomic_load(&counted));
    count_cell_end(&g);
    CHECK(log_cell_borrow(&journal, &h) && ints_len(h.value) <= atomic_load(&counted));
    log_cell_end(&h);
    for (int i = 0; i < CELLS; i++) box_cell_drop(&cells[i]);
    count_cell_drop(&counter);
    log_cell_drop(&journal);
    CHECK(atomic_load(&alive) == 0);
}

/* ---- writers ---- */

static bool next_box(boxed *b, void *context) {
    (void)context;
    *b->value = (*b->value + CELLS) & 0xffff;
    return true;
}

static bool add_one(size_t *n, void *context) {
    (void)context;
    ++*n;
    return true;
}

/* Long journals begin anew. */
static bool append(ints *a, void *context) {
    (void)context;
    if (ints_len(a) == 200) ints_clear(a);
    return ints_push(a, (int)ints_len(a));
}

static void try_to_replace(box_cell *c, int value) {
    box_cell_snapshot now;
    boxed fresh = box(value);
    CHECK(box_cell_snapshot_of(c, &now));
    if (!box_cell_compare_exchange(c, &now, fresh)) {
        CHECK(cow_error() == COW_CONFLICT);
        box_drop(&fresh);
    }
    box_cell_snapshot_drop(&now);
}

static void write_once(size_t round) {
    int home = (int)(round % CELLS);
    box_cell *c = &cells[home];
    switch (round / CELLS % 4) {
    case 0: CHECK(box_cell_store(c, box(home))); break;
    case 1: {
        box_cell_snapshot old;
        CHECK(box_cell_exchange(c, box(home + CELLS), &old));
        CHECK(*box_cell_snapshot_value(&old)->value % CELLS == home);
        box_cell_snapshot_drop(&old);
        break;
    }
    case 2: try_to_replace(c, home + 2 * CELLS); break;
    default: CHECK(box_cell_update(c, next_box, NULL));
    }
    CHECK(count_cell_update(&counter, add_one, NULL) && log_cell_update(&journal, append, NULL));
    atomic_fetch_add(&counted, 1);
}

/* ---- readers ---- */

static void read_borrowed(size_t round) {
    box_cell_guard g[9];
    size_t n = round % 9 + 1;
    for (size_t i = 0; i < n; i++) CHECK(box_cell_borrow(&cells[i % CELLS], &g[i]));
    for (size_t i = 0; i < n; i++) CHECK(*g[i].value->value % CELLS == (int)(i % CELLS));
    for (size_t i = 0; i < n; i++) box_cell_end(&g[(i + round) % n]);
}

static void read_copy(size_t round) {
    boxed b;
    box_cell_snapshot s, t;
    CHECK(box_cell_load(&cells[round % CELLS], &b) && *b.value % CELLS == (int)(round % CELLS));
    box_drop(&b);
    CHECK(box_cell_snapshot_of(&cells[round % CELLS], &s));
    t = box_cell_snapshot_copy(&s);
    box_cell_snapshot_drop(&s);
    CHECK(*box_cell_snapshot_value(&t)->value % CELLS == (int)(round % CELLS));
    box_cell_snapshot_drop(&t);
}

static void read_journal(void) {
    log_cell_guard g;
    CHECK(log_cell_borrow(&journal, &g));
    for (size_t i = 0; i < ints_len(g.value); i++) CHECK(*ints_get(g.value, i) == (int)i);
    log_cell_end(&g);
}

typedef struct reading {
    box_cell_reader readers[CELLS];
    count_cell_reader numbers;
    size_t last;
} reading;

static void read_once(reading *r, size_t round) {
    for (int i = 0; i < CELLS; i++) CHECK(*box_cell_cached(&cells[i], &r->readers[i])->value % CELLS == i);
    size_t now = *count_cell_cached(&counter, &r->numbers);
    CHECK(now >= r->last);
    r->last = now;
    read_borrowed(round);
    read_copy(round);
    if (round % 16 == 0) read_journal();
    if (round % 64 == 0) count_cell_idle(&r->numbers);
}

static void *work(void *job) {
    const size_t *j = (const size_t *)job;
    reading r;
    memset(&r, 0, sizeof r);
    for (size_t i = 0; i < j[1]; i++) {
        if (j[0] % THREADS < WRITERS)
            write_once(i + j[0]);
        else
            read_once(&r, i + j[0]);
    }
    for (int i = 0; i < CELLS; i++) box_cell_idle(&r.readers[i]);
    count_cell_idle(&r.numbers);
    return NULL;
}

int main(int argc, char **argv) {
    enum { TURNS = 10 };
    size_t rounds = (argc > 1 ? strtoull(argv[1], NULL, 10) : 20000) / TURNS + 1;
    kit_turns(&(kit_turn){set_up, work, tear_down}, TURNS, THREADS, rounds);
    printf("cell threads: %d turns x %d readers and %d writers x %zu rounds over shared cells: no wrong value, nothing "
           "lost, "
           "nothing dropped twice\n",
           TURNS, THREADS - WRITERS, WRITERS, rounds);
    return 0;
}
