/* SPDX-License-Identifier: MIT */
/*
 * Any list of operations on cells shows to each reader the version that it should see, and keeps no version for longer than
 * somebody holds it: after each operation, those alive are exactly the ones that a cell, a borrow, a snapshot or a cached
 * reader has.
 *
 * There is one thread, but functions given to an update replace the value themselves, as a faster thread would. Every nth
 * allocation or every nth copy fails, if the list of operations says so. The element type is -DMODEL_ELEMENT, see
 * list_element.h.
 */
#include "list_element.h"

#define COW_CELL cell, elem
#if MODEL_ELEMENT == TRACKED
#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#endif
#include "cow/cow.h"

enum { CELLS = 2, KEPT = 3, GUARDS = 9 /* more than a thread's slots */, READERS = 2, LOADED = 2, NOTHING = -1 };

/* No two versions have the same number; 0 is none at all, whose value is zero bytes. */
typedef struct version {
    size_t number;
    int value;
} version;

static const version none = {0, NOTHING};

typedef struct live {
    cell c;
    version is;
    size_t changes;
} live;

typedef struct kept {
    cell_snapshot s;
    version is;
} kept;

typedef struct borrowed {
    cell_guard g;
    version is;
} borrowed;

typedef struct cached {
    cell_reader r;
    version is;
} cached;

/* A copy of a value, and whose it is. */
typedef struct loaded {
    elem e;
    int value;
} loaded;

static struct {
    live cell[CELLS];
    kept kept[KEPT];
    borrowed guard[GUARDS];
    cached reader[READERS];
    loaded copy[LOADED];
    size_t versions; /* how many there were */
    cow_error_code error;
} world;

/* ---- What should be ---- */

static bool is_zero(const elem *e) {
    static const elem zero;
    return memcmp((const void *)e, (const void *)&zero, sizeof zero) == 0;
}

static void agrees(const elem *e, int value) {
    if (value == NOTHING)
        rc_assert(is_zero(e));
    else
        rc_assert_equal(elem_value(e), value);
}

static void published(live *s, int value) {
    s->is = (version){++world.versions, value};
    s->changes++;
}

/* From here to worked() or refused(), calls may fail. */
static live *subject(int64_t which) {
    world.error = cow_error();
    faults_begin();
    return &world.cell[which];
}

static bool worked_in(bool said, bool in_function) {
    cow_error_code why = cow_error();
    faults_end();
    rc_assertf(!said || why == world.error, "it worked, and yet: %s", cow_error_text(why));
    if (said) return true;
    rc_assertf(was_injected(why, in_function), "false without a fault: %s", cow_error_text(why));
    faulty.failed++;
    return false;
}

static bool worked(bool said) { return worked_in(said, false); }

static void refused(bool said, cow_error_code expected) {
    cow_error_code why = cow_error();
    faults_end();
    rc_assert(!said);
    rc_assertf(why == expected || was_injected(why, false), "%s", cow_error_text(why));
}

/* ---- Commands and their arguments ---- */

#define COMMAND(name) static void run_##name(__attribute__((unused)) void *state, const int64_t *a)

#define ON \
    { "cell", 0, CELLS - 1, NULL }
#define KEEP \
    { "kept", 0, KEPT - 1, NULL }
#define GUARD \
    { "guard", 0, GUARDS - 1, NULL }
#define READER \
    { "reader", 0, READERS - 1, NULL }
#define COPY \
    { "copy", 0, LOADED - 1, NULL }
#define VALUE \
    { "value", 0, VALUES - 1, NULL }
#define EVERY \
    { "every", 0, 6, NULL }

/* ---- Replacing ---- */

COMMAND(store) {
    elem e = elem_make((int)a[1]);
    live *s = subject(a[0]);
    if (worked(cell_store(&s->c, e)))
        published(s, (int)a[1]);
    else
        elem_drop(&e);
}

COMMAND(exchange) {
    elem e = elem_make((int)a[1]);
    kept *k = &world.kept[a[2]];
    cell_snapshot old = {NULL};
    live *s = subject(a[0]);
    if (!worked(cell_exchange(&s->c, e, &old))) {
        elem_drop(&e);
        return;
    }
    cell_snapshot_drop(&k->s);
    *k = (kept){old, s->is};
    published(s, (int)a[1]);
}

COMMAND(compare_exchange) {
    elem e = elem_make((int)a[1]);
    const kept *expected = &world.kept[a[2]];
    live *s = subject(a[0]);
    bool said = cell_compare_exchange(&s->c, &expected->s, e);
    if (s->is.number != expected->is.number)
        refused(said, COW_CONFLICT);
    else if (worked(said)) {
        published(s, (int)a[1]);
        return;
    }
    elem_drop(&e);
}

enum { INCREMENT, REFUSE, KINDS };

/* A function for update, and what happens before it: `faster` times somebody else replaces the value by `by`. */
typedef struct change {
    live *of;
    int kind, by;
    int64_t faster;
    int made; /* what the last call made the value */
} change;

static int next_value(int value) { return value == NOTHING ? 1 : (value + 1) % VALUES; }

/* Checks abort here: an exception must not pass through the library. */
static bool change_value(elem *value, void *ctx) {
    change *c = ctx;
    int was = c->of->is.value;
    KIT_CHECK(was == NOTHING ? is_zero(value) : elem_value(value) == was);
    if (c->kind == REFUSE && !c->faster) return false;
    if (c->faster) {
        elem e = elem_make(c->by);
        c->faster--;
        if (!cell_store(&c->of->c, e)) return elem_drop(&e), false;
        published(c->of, c->by);
    }
    elem old = *value;
    *value = elem_make(c->made = next_value(was));
    if (was != NOTHING) elem_drop(&old);
    return true;
}

static bool can_update(const void *state, const int64_t *a) {
    (void)state;
    /* What becomes of zero bytes when the function fails is the drop hook's: that of this type wants a living element. */
    return MODEL_ELEMENT != TRACKED || world.cell[a[0]].is.value != NOTHING;
}

COMMAND(update) {
    live *s = subject(a[0]);
    change c = {s, (int)a[1], (int)a[2], a[3], NOTHING};
    bool said = cell_update(&s->c, change_value, &c);
    if (!said && c.kind == REFUSE)
        refused(said, COW_HOOK);
    else if (worked_in(said, true))
        published(s, c.made);
}

COMMAND(drop) {
    live *s = subject(a[0]);
    cell_drop(&s->c);
    (void)worked(true);
    if (s->is.number) s->changes++;
    s->is = none;
}

/* ---- Reading ---- */

COMMAND(load) {
    loaded *to = &world.copy[a[0]];
    elem e, before;
    memset((void *)&e, 0x5a, sizeof e);
    before = e;
    live *s = subject(a[1]);
    if (!worked(cell_load(&s->c, &e))) {
        rc_assert(memcmp((const void *)&e, (const void *)&before, sizeof e) == 0);
        return;
    }
    if (to->value != NOTHING) elem_drop(&to->e);
    *to = (loaded){e, s->is.value};
}

COMMAND(snapshot) {
    kept *k = &world.kept[a[0]];
    cell_snapshot_drop(&k->s);
    k->is = none;
    live *s = subject(a[1]);
    if (worked(cell_snapshot_of(&s->c, &k->s))) k->is = s->is;
}

COMMAND(snapshot_copy) {
    kept *k = &world.kept[a[0]];
    kept copy = {cell_snapshot_copy(&world.kept[a[1]].s), world.kept[a[1]].is};
    cell_snapshot_drop(&k->s);
    *k = copy;
}

COMMAND(forget) {
    cell_snapshot_drop(&world.kept[a[0]].s);
    world.kept[a[0]].is = none;
}

COMMAND(borrow) {
    borrowed *b = &world.guard[a[0]];
    cell_end(&b->g);
    b->is = none;
    live *s = subject(a[1]);
    if (worked(cell_borrow(&s->c, &b->g))) b->is = s->is;
}

/* All guards at once: those that have no slot are counted. */
COMMAND(borrow_all) {
    for (int64_t i = 0; i < GUARDS; i++) run_borrow(state, (const int64_t[]){i, a[0]});
}

COMMAND(end) {
    cell_end(&world.guard[a[0]].g);
    world.guard[a[0]].is = none;
}

COMMAND(cached) {
    cached *r = &world.reader[a[0]];
    live *s = subject(a[1]);
    const elem *e = cell_cached(&s->c, &r->r);
    if (!worked(e != NULL)) return;
    r->is = s->is;
    agrees(e, s->is.value);
    rc_assert(cell_cached(&s->c, &r->r) == e);
}

COMMAND(idle) {
    cell_idle(&world.reader[a[0]].r);
    world.reader[a[0]].is = none;
}

COMMAND(wait) {
    live *s = &world.cell[a[0]];
    rc_assert(!cell_wait(&s->c, s->changes, 0));
    rc_assert(cell_wait(&s->c, s->changes + 1, 0));
}

COMMAND(fail_allocations) { faulty.allocations = (faults){(size_t)a[0], 0}; }

COMMAND(fail_copies) { faulty.copies = (faults){(size_t)a[0], 0}; }

/* ---- The model ---- */

static const rc_command commands[] = {
    {"store", 8, {ON, VALUE}, NULL, run_store, NULL},
    {"exchange", 4, {ON, VALUE, KEEP}, NULL, run_exchange, NULL},
    {"compare_exchange", 5, {ON, VALUE, KEEP}, NULL, run_compare_exchange, NULL},
    {"update", 6, {ON, {"kind", 0, KINDS - 1, NULL}, VALUE, {"faster", 0, 2, NULL}}, can_update, run_update, NULL},
    {"drop", 1, {ON}, NULL, run_drop, NULL},
    {"load", 3, {COPY, ON}, NULL, run_load, NULL},
    {"snapshot", 6, {KEEP, ON}, NULL, run_snapshot, NULL},
    {"snapshot_copy", 2, {KEEP, KEEP}, NULL, run_snapshot_copy, NULL},
    {"forget", 3, {KEEP}, NULL, run_forget, NULL},
    {"borrow", 6, {GUARD, ON}, NULL, run_borrow, NULL},
    {"borrow_all", 2, {ON}, NULL, run_borrow_all, NULL},
    {"end", 6, {GUARD}, NULL, run_end, NULL},
    {"cached", 5, {READER, ON}, NULL, run_cached, NULL},
    {"idle", 2, {READER}, NULL, run_idle, NULL},
    {"wait", 1, {ON}, NULL, run_wait, NULL},
    {"fail_allocations", 2, {EVERY}, NULL, run_fail_allocations, NULL},
    {"fail_copies", 2, {EVERY}, NULL, run_fail_copies, NULL},
};

/* A thread's first reading makes it a record, which stays for good. */
static void *begin(void *ctx) {
    cell_guard g;
    rc_assert(cell_borrow(&world.cell[0].c, &g));
    cell_end(&g);
    kit_leave();
    for (size_t i = 0; i < CELLS; i++) world.cell[i].is = none;
    for (size_t i = 0; i < KEPT; i++) world.kept[i].is = none;
    for (size_t i = 0; i < GUARDS; i++) world.guard[i].is = none;
    for (size_t i = 0; i < READERS; i++) world.reader[i].is = none;
    for (size_t i = 0; i < LOADED; i++) world.copy[i].value = NOTHING;
    return ctx;
}

/* Which versions somebody holds, each once. */
typedef struct holders {
    size_t number[CELLS + KEPT + GUARDS + READERS];
    size_t n;
} holders;

static void add_holder(holders *all, const version *is) {
    if (!is->number) return;
    for (size_t i = 0; i < all->n; i++)
        if (all->number[i] == is->number) return;
    all->number[all->n++] = is->number;
}

static void none_is_alive_but_what_is_held(void) {
    holders all = {{0}, 0};
    size_t copies = 0;
    for (size_t i = 0; i < CELLS; i++) add_holder(&all, &world.cell[i].is);
    for (size_t i = 0; i < KEPT; i++) add_holder(&all, &world.kept[i].is);
    for (size_t i = 0; i < GUARDS; i++) add_holder(&all, &world.guard[i].is);
    for (size_t i = 0; i < READERS; i++) add_holder(&all, &world.reader[i].is);
    for (size_t i = 0; i < LOADED; i++) copies += world.copy[i].value != NOTHING;
    if (MODEL_ELEMENT == TRACKED) rc_assert_equal(lives.alive, all.n + copies);
    if (MODEL_ELEMENT != STRING && !KIT_KEEPS_DEAD) rc_assert_equal(kit.blocks, all.n);
}

static void invariant(void *state) {
    (void)state;
    for (size_t i = 0; i < CELLS; i++) {
        cell_guard g;
        rc_assert(cell_borrow(&world.cell[i].c, &g));
        agrees(g.value, world.cell[i].is.value);
        cell_end(&g);
        rc_assert_equal(cell_version(&world.cell[i].c), world.cell[i].changes);
    }
    for (size_t i = 0; i < KEPT; i++) agrees(cell_snapshot_value(&world.kept[i].s), world.kept[i].is.value);
    for (size_t i = 0; i < GUARDS; i++)
        if (world.guard[i].g.value) agrees(world.guard[i].g.value, world.guard[i].is.value);
    for (size_t i = 0; i < LOADED; i++) agrees(&world.copy[i].e, world.copy[i].value);
    none_is_alive_but_what_is_held();
}

/* Everything is given up, the cells first, and nothing is left. */
static void end(void *state) {
    (void)state;
    rc_label(faulty.failed ? "some operations failed" : "no operation failed");
    for (size_t i = 0; i < CELLS; i++) cell_drop(&world.cell[i].c);
    for (size_t i = 0; i < KEPT; i++) cell_snapshot_drop(&world.kept[i].s);
    for (size_t i = 0; i < GUARDS; i++) cell_end(&world.guard[i].g);
    for (size_t i = 0; i < READERS; i++) cell_idle(&world.reader[i].r);
    for (size_t i = 0; i < LOADED; i++)
        if (world.copy[i].value != NOTHING) elem_drop(&world.copy[i].e);
    rc_assert_equal(lives.alive, 0);
    rc_assert_equal(kit_lost_blocks(), 0);
}

int main(void) {
    static const rc_model model = {commands, sizeof commands / sizeof *commands, 80, begin, invariant, end, true};
    rc_check_model("cells show the version that they should", &model, NULL);
    return rc_summary("cell model");
}
