/* SPDX-License-Identifier: MIT */
/* The out-of-memory sweep of cells: every function, in every state of a cell and of its thread, with every allocation and every
 * copy failing, once and from then on. What fails must say why, leave the cell and the argument as they were, and lose nothing.
 *
 *   oom_cell [--list]
 */
#include "../unit/kit.h"

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define COW_CELL cell, tracked
#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#include "cow/cow.h"

/* A cell, what this thread holds of it, and a value to give. */
typedef struct scene {
    cell c;
    cell_guard guard;
    cell_snapshot snapshot;
    cell_reader reader;
    tracked fresh;
} scene;

enum { EMPTY, FULL, BORROWED, REPLACED, FIRST_TIME, STATES };
static const char *const state_names[STATES] = {"empty", "full", "borrowed", "replaced", "first read of the thread"};
enum { OLD = 1, FRESH = 2, LATER = 3 };

/* The record of the thread is lost, as if it had never read: the next read needs a new one. */
static void forget_record(void) {
    COW__STORE(&cow__readers, (void *)NULL, COW__RELAXED);
    cow__reader_own = NULL;
}

static void set_up(scene *s, int state) {
    memset(s, 0, sizeof *s);
    if (state != EMPTY) KIT_CHECK(cell_store(&s->c, tracked_make(OLD)));
    if (state != FIRST_TIME) {
        KIT_CHECK(cell_borrow(&s->c, &s->guard) && cell_snapshot_of(&s->c, &s->snapshot) &&
                  cell_cached(&s->c, &s->reader));
        if (state != BORROWED && state != REPLACED) cell_end(&s->guard);
        if (state == REPLACED) KIT_CHECK(cell_store(&s->c, tracked_make(LATER)));
    }
    s->fresh = tracked_make(FRESH);
}

static int expected_value(int state) { return state == EMPTY ? 0 : state == REPLACED ? LATER : OLD; }
static int value_of(const tracked *v) { return v->id ? tracked_value(v) : 0; }

/* ---- the functions; each returns what it returned, and gives `fresh` away when that is its effect ---- */

typedef bool (*operation)(scene *s);

static bool run_borrow(scene *s) {
    cell_guard g;
    if (!cell_borrow(&s->c, &g)) return false;
    cell_end(&g);
    return true;
}
static bool run_load(scene *s) {
    tracked out = {0, 7};
    if (!cell_load(&s->c, &out)) {
        KIT_CHECK(out.id == 0 && out.value == 7 && "*out is as it was");
        return false;
    }
    if (out.id) tracked_drop(&out);
    return true;
}
static bool run_snapshot(scene *s) {
    cell_snapshot taken = {NULL};
    if (!cell_snapshot_of(&s->c, &taken)) {
        KIT_CHECK(!taken.v && "*out is as it was");
        return false;
    }
    cell_snapshot copy = cell_snapshot_copy(&taken);
    KIT_CHECK(cell_snapshot_value(&copy) == cell_snapshot_value(&taken));
    cell_snapshot_drop(&copy);
    cell_snapshot_drop(&taken);
    return true;
}
static bool run_cached(scene *s) {
    if (!cell_cached(&s->c, &s->reader)) return false;
    cell_idle(&s->reader);
    return true;
}
static bool given(scene *s, bool ok) {
    if (ok) s->fresh = (tracked){0, 0};
    return ok;
}
static bool run_store(scene *s) { return given(s, cell_store(&s->c, s->fresh)); }
static bool run_exchange(scene *s) {
    cell_snapshot old = {NULL};
    if (!given(s, cell_exchange(&s->c, s->fresh, &old))) {
        KIT_CHECK(!old.v && "*old is as it was");
        return false;
    }
    cell_snapshot_drop(&old);
    return true;
}
static bool run_compare(scene *s) {
    cell_snapshot now = {(cow__version *)COW__LOAD(&s->c.c.at, COW__RELAXED)}; /* nobody else is here to drop it */
    return given(s, cell_compare_exchange(&s->c, &now, s->fresh));
}
static bool edit(tracked *value, void *context) {
    (void)context;
    if (!value->id) *value = tracked_make(LATER);
    value->value = LATER;
    return true;
}
static bool run_update(scene *s) { return cell_update(&s->c, edit, NULL); }
static bool run_version(scene *s) { return cell_version(&s->c) <= 2; }
static bool run_wait(scene *s) { return !cell_wait(&s->c, cell_version(&s->c), 0); }
static bool run_drop(scene *s) { return cell_drop(&s->c), true; }

static const struct {
    const char *names; /* of the functions, for --list */
    operation run;
    bool replaces;
} operations[] = {
    {"borrow end", run_borrow, false},
    {"load", run_load, false},
    {"snapshot_of snapshot_copy snapshot_value snapshot_drop", run_snapshot, false},
    {"cached idle", run_cached, false},
    {"store", run_store, true},
    {"exchange", run_exchange, true},
    {"compare_exchange", run_compare, true},
    {"update", run_update, true},
    {"version", run_version, false},
    {"wait", run_wait, false},
    {"drop", run_drop, true},
};
enum { OPERATIONS = sizeof operations / sizeof *operations };

/* ---- the sweep ---- */

static size_t runs, failures;

static void tear_down(scene *s) {
    cell_end(&s->guard);
    cell_snapshot_drop(&s->snapshot);
    cell_idle(&s->reader);
    cell_drop(&s->c);
    if (s->fresh.id) tracked_drop(&s->fresh);
}

/* Whether a fault was injected. */
static bool run_once(size_t o, int state, bool hook, size_t at, bool sticky) {
    scene s;
    snprintf(kit_context, sizeof kit_context, "%s, %s, %s %zu%s", operations[o].names, state_names[state],
             hook ? "copy" : "allocation", at, sticky ? " and all later ones" : "");
    if (state == FIRST_TIME) forget_record();
    set_up(&s, state);
    size_t version = cell_version(&s.c), alive = lives.alive;
    cow__set_error(COW_OK);
    hook ? tracked_fail(at, sticky) : kit_fail(at, sticky);
    bool ok = operations[o].run(&s);
    size_t injected = hook ? lives.injected : kit.injected;
    tracked_fail_none();
    kit_fail_none();
    KIT_CHECK(ok == (injected == 0) && "it fails when something in it did");
    if (!ok) {
        failures++;
        KIT_CHECK(cow_error() == (hook ? COW_HOOK : COW_NOMEM) && lives.alive == alive &&
                  cell_version(&s.c) == version);
        KIT_CHECK(tracked_value(&s.fresh) == FRESH && "the argument is still the caller's");
    }
    cell_guard g;
    KIT_CHECK(cell_borrow(&s.c, &g));
    if (!ok || !operations[o].replaces) KIT_CHECK(value_of(g.value) == expected_value(state));
    cell_end(&g);
    if (s.guard.value) KIT_CHECK(value_of(s.guard.value) == OLD);
    if (state != FIRST_TIME) KIT_CHECK(value_of(cell_snapshot_value(&s.snapshot)) == (state == EMPTY ? 0 : OLD));
    tear_down(&s);
    KIT_CHECK(lives.alive == 0 && "a value is lost");
    kit_context[0] = 0;
    runs++;
    return injected > 0;
}

static void list(void) {
    for (size_t o = 0; o < OPERATIONS; o++) {
        char names[128];
        snprintf(names, sizeof names, "%s", operations[o].names);
        for (char *name = strtok(names, " "); name; name = strtok(NULL, " ")) printf("cell_%s\n", name);
    }
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--list") == 0) return list(), 0;
    for (size_t o = 0; o < OPERATIONS; o++) {
        for (int state = 0; state < STATES; state++) {
            for (int way = 0; way < 4; way++) {
                size_t at = 1;
                while (run_once(o, state, way & 1, at, way >> 1)) at++;
            }
        }
    }
    kit_leave(); /* the records of threads stay */
    KIT_CHECK(failures > 0);
    printf("oom sweep, cells: %d operations x %d states, %zu runs, %zu failed cleanly\n", OPERATIONS, STATES, runs,
           failures);
    return 0;
}
