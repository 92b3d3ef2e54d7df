/* SPDX-License-Identifier: MIT */
/* Which values an atomic operation may see: C11 by views.
 *
 * Each atomic has a history, its modification order. Each thread has a view: for each atomic the oldest message it may still
 * read, for each thread the last clock whose accesses it knows to have happened before. Reading moves the view forward
 * (coherence); a release puts the view into the message; an acquire joins the view of the message it reads.
 *
 * - A load may read any message that is not older than the view.
 * - A plain store may enter the history anywhere after the view, because modification order need not follow time; but never
 *   between a message and the read-modify-write that has read it.
 * - A read-modify-write reads a message that no other read-modify-write has read, and enters right after it. It hands on what
 *   the message it read released: a release sequence.
 * - A strong compare-and-swap may also fail, on any readable message with another value than the expected one.
 * - Sequentially consistent operations also obey one common view, in the order in which they are run. */
#include "explorer_internal.h"

#include <stdio.h>
#include <string.h>

static const char *order_name(int order) {
    static const char *const names[] = {"relaxed", "acquire", "release", "acq_rel", "seq_cst"};
    return names[order];
}
static bool acquires(int order) { return order == ORDER_ACQUIRE || order == ORDER_ACQ_REL || order == ORDER_SEQ_CST; }
static bool releases(int order) { return order == ORDER_RELEASE || order == ORDER_ACQ_REL || order == ORDER_SEQ_CST; }

void view_join(view *into, const view *from) {
    for (unsigned i = 0; i < MAX_THREADS; i++) {
        if (from->clock[i] > into->clock[i]) into->clock[i] = from->clock[i];
    }
    for (unsigned i = 0; i < MAX_LOCATIONS; i++) {
        if (from->seen[i] > into->seen[i]) into->seen[i] = from->seen[i];
    }
}

bool view_includes(const view *larger, const view *smaller) {
    for (unsigned i = 0; i < MAX_THREADS; i++) {
        if (smaller->clock[i] > larger->clock[i]) return false;
    }
    for (unsigned i = 0; i < MAX_LOCATIONS; i++) {
        if (smaller->seen[i] > larger->seen[i]) return false;
    }
    return true;
}

uint64_t order_representative(const location *at, uint64_t value) {
    if (!explorer_program->representative) return value;
    return explorer_program->representative(&explorer_arena[MAIN][at->offset], value);
}

/* ---- plain memory behind the atomics ---- */

static uint64_t memory_read(const void *address, size_t size) {
    if (size == 4) {
        uint32_t narrow;
        memcpy(&narrow, address, sizeof narrow);
        return narrow;
    }
    uint64_t wide;
    memcpy(&wide, address, sizeof wide);
    return wide;
}

static void memory_write(void *address, size_t size, uint64_t value) {
    uint32_t narrow = (uint32_t)value;
    if (size == 4)
        memcpy(address, &narrow, sizeof narrow);
    else
        memcpy(address, &value, sizeof value);
}

static uint64_t updated(enum explorer_update update, uint64_t old, uint64_t operand, size_t size) {
    uint64_t value = update == UPDATE_ADD ? old + operand : update == UPDATE_SUBTRACT ? old - operand : operand;
    return size == 4 ? (uint32_t)value : value;
}

/* ---- locations ---- */

/* The numbers of the locations live outside the world: the set-up lays out the same blocks in every run. */
static uint32_t location_offsets[MAX_LOCATIONS];

static location *location_at(uint32_t offset, size_t size) {
    unsigned number = 0;
    while (number < explorer_locations && location_offsets[number] != offset) number++;
    if (number == explorer_locations) {
        if (number == MAX_LOCATIONS) explorer_bug("explorer: more than %d atomics, raise MAX_LOCATIONS", MAX_LOCATIONS);
        location_offsets[explorer_locations++] = offset;
    }
    location *at = &explorer_world.location[number];
    if (at->count == 0) {
        memset(&at->history[0], 0, sizeof at->history[0]);
        at->offset = offset;
        at->size = (uint8_t)size;
        at->count = 1;
        at->history[0].value = memory_read(&explorer_arena[MAIN][offset], size);
    }
    return at;
}

static unsigned number_of(const location *at) { return (unsigned)(at - explorer_world.location); }

void order_forget_block(uint32_t offset, uint32_t size) {
    for (unsigned i = 0; i < explorer_locations; i++) {
        location *at = &explorer_world.location[i];
        if (at->count && at->offset >= offset && at->offset < offset + size) at->count = 0;
    }
}

/* ---- the report ---- */

static void trace(const char *operation, const void *address, int order, const char *format, uint64_t a, uint64_t b) {
    if (!explorer_tracing) return;
    const char *name = explorer_program->name_of ? explorer_program->name_of(address) : NULL;
    char unnamed[32];
    snprintf(unnamed, sizeof unnamed, "atomic at %p", address);
    fprintf(stderr, "    %s: %-14s %-14s %-8s ",
            explorer_current == MAIN
                ? "main    "
                : (const char *[]){"thread 0", "thread 1", "thread 2", "thread 3"}[explorer_current],
            operation, name ? name : unnamed, order_name(order));
    fprintf(stderr, format, (unsigned long long)a, (unsigned long long)b);
    fprintf(stderr, "\n");
}

/* ---- one turn ---- */

/* Waits until the search grants the next shared operation. */
static void take_turn(void) {
    thread *t = &explorer_world.thread[explorer_current];
    if (explorer_world.alone) explorer_bug("explorer: a thread without shared storage does a shared operation");
    while (!t->granted) coroutine_park();
    t->granted = false;
}

/* Decides where the operation works. NULL: on memory that only this thread can reach or that nobody changes any more, so it needs no
 * turn and has no history. */
static location *enter(const void *address, size_t size, bool writes, place *where) {
    if (plain_is_constant(address)) {
        if (writes && explorer_current != MAIN) explorer_bug("a thread stored to an atomic that is settled");
        return NULL;
    }
    if (!plain_find(address, where)) explorer_bug("explorer: atomic at %p is outside the arena", address);
    if (explorer_current == MAIN || where->pool == explorer_current) {
        plain_check_alive(*where, size);
        return NULL;
    }
    if (where->pool != MAIN) explorer_bug("a thread reached a block that another thread keeps private");
    take_turn();
    plain_check_alive(*where, size);
    plain_stamp_atomic(*where, writes);
    return location_at(where->offset, size);
}

/* The oldest message this thread may read, and the constraint of the common order. */
static unsigned oldest_readable(const location *at, int order) {
    unsigned number = number_of(at), oldest = explorer_world.thread[explorer_current].view.seen[number];
    unsigned agreed = explorer_world.sequential.seen[number];
    return order == ORDER_SEQ_CST && agreed > oldest ? agreed : oldest;
}

static void saw(const location *at, unsigned index, int order) {
    view *mine = &explorer_world.thread[explorer_current].view;
    unsigned number = number_of(at);
    if (index > mine->seen[number]) mine->seen[number] = (uint8_t)index;
    if (order == ORDER_SEQ_CST && index > explorer_world.sequential.seen[number]) {
        explorer_world.sequential.seen[number] = (uint8_t)index;
    }
}

static uint64_t read_message(const location *at, unsigned index, int order) {
    saw(at, index, order);
    if (acquires(order)) view_join(&explorer_world.thread[explorer_current].view, &at->history[index].released);
    uint64_t value = order_representative(at, at->history[index].value);
    search_log(value);
    return value;
}

/* Reading an older message with the same value leaves the thread knowing less, and less knowledge allows more: every way on
 * from the newer one is also a way on from the older one. So the newer one need not be tried. */
static bool older_will_do(const location *at, unsigned oldest, unsigned index, int order) {
    const message *newer = &at->history[index];
    for (unsigned i = oldest; i < index; i++) {
        const message *older = &at->history[i];
        if (order_representative(at, older->value) != order_representative(at, newer->value)) continue;
        if (!acquires(order) || view_includes(&newer->released, &older->released)) return true;
    }
    return false;
}

static void shift(view *v, unsigned number, unsigned from) {
    if (v->seen[number] >= from) v->seen[number]++;
}

/* Makes room in the history; everything that named a later message keeps naming it. */
static void open_gap(location *at, unsigned index) {
    if (at->count == MAX_HISTORY) explorer_bug("explorer: history full, raise MAX_HISTORY");
    unsigned number = number_of(at);
    memmove(&at->history[index + 1], &at->history[index], (at->count - index) * sizeof at->history[0]);
    memset(&at->history[index], 0, sizeof at->history[0]);
    at->count++;
    if (index + 1u == at->count) return; /* nothing later */
    for (unsigned t = 0; t < explorer_program->threads; t++) shift(&explorer_world.thread[t].view, number, index);
    shift(&explorer_world.sequential, number, index);
    for (unsigned i = 0; i < explorer_locations; i++) {
        location *other = &explorer_world.location[i];
        for (unsigned m = 0; m < other->count; m++) shift(&other->history[m].released, number, index);
    }
}

/* Enters a message. `inherited` is what a read-modify-write hands on of the message it read. */
static void write_message(location *at, unsigned index, uint64_t value, int order, const view *inherited,
                          bool is_update) {
    open_gap(at, index);
    saw(at, index, order);
    message *m = &at->history[index];
    thread *t = &explorer_world.thread[explorer_current];
    m->value = value;
    m->is_update = is_update;
    if (inherited) m->released = *inherited;
    if (releases(order)) {
        view_join(&m->released, &t->view);
        /* What this thread does from now on is not covered by this release. */
        if (t->view.clock[explorer_current] == MAX_CLOCK) explorer_bug("explorer: clock full, raise MAX_CLOCK");
        t->view.clock[explorer_current]++;
    }
    if (index + 1u == at->count) memory_write(&explorer_arena[MAIN][at->offset], at->size, value);
}

/* A read-modify-write may read this message: no other one has. */
bool order_open_for_update(const location *at, unsigned index) {
    return index + 1u == at->count || !at->history[index + 1].is_update;
}

static void update_message(location *at, unsigned index, uint64_t value, int order) {
    read_message(at, index, order);
    view inherited = at->history[index].released;
    write_message(at, index + 1, value, order, &inherited, true);
}

/* ---- the operations ---- */

/* Which message a load reads. */
static unsigned choose_message(const location *at, unsigned oldest, int order) {
    unsigned candidates[MAX_HISTORY], n = 0;
    for (unsigned i = at->count; i-- > oldest;) {
        if (!older_will_do(at, oldest, i, order)) candidates[n++] = i;
    }
    return candidates[search_choose(n)];
}

uint64_t explorer_load(const void *address, size_t size, int order) {
    place where;
    location *at = enter(address, size, false, &where);
    if (!at) return memory_read(address, size);
    unsigned newest = at->count - 1u, index = choose_message(at, oldest_readable(at, order), order);
    uint64_t value = read_message(at, index, order);
    trace("load", address, order, index == newest ? "-> %#llx" : "-> %#llx (stale, %llu newer)", value, newest - index);
    return value;
}

void explorer_store(void *address, size_t size, uint64_t value, int order) {
    place where;
    location *at = enter(address, size, true, &where);
    if (!at) {
        memory_write(address, size, value);
        return;
    }
    unsigned candidates[MAX_HISTORY], n = 0;
    candidates[n++] = at->count;
    for (unsigned i = at->count - 1u; i > oldest_readable(at, order); i--) {
        if (!at->history[i].is_update) candidates[n++] = i;
    }
    unsigned index = candidates[search_choose(n)];
    trace("store", address, order, index == at->count ? "%#llx" : "%#llx (enters before %llu others)", value,
          at->count - index);
    write_message(at, index, value, order, NULL, false);
}

uint64_t explorer_modify(void *address, size_t size, enum explorer_update update, uint64_t operand, int order) {
    place where;
    location *at = enter(address, size, true, &where);
    if (!at) {
        uint64_t old = memory_read(address, size);
        memory_write(address, size, updated(update, old, operand, size));
        return old;
    }
    unsigned candidates[MAX_HISTORY], n = 0;
    for (unsigned i = at->count; i-- > oldest_readable(at, order);) {
        if (order_open_for_update(at, i)) candidates[n++] = i;
    }
    unsigned index = candidates[search_choose(n)];
    uint64_t old = at->history[index].value, value = updated(update, old, operand, size);
    uint64_t returned = order_representative(at, old);
    trace(update == UPDATE_ADD        ? "add"
          : update == UPDATE_SUBTRACT ? "subtract"
                                      : "swap",
          address, order, "%#llx -> %#llx", old, value);
    update_message(at, index, value, order);
    return returned;
}

bool explorer_compare_and_swap(void *address, size_t size, void *expected, uint64_t desired, int order,
                               int failure_order) {
    place where;
    location *at = enter(address, size, plain_is_constant(address), &where);
    uint64_t wanted = memory_read(expected, size);
    if (!at) {
        uint64_t old = memory_read(address, size);
        if (old == wanted)
            memory_write(address, size, desired);
        else
            memory_write(expected, size, old);
        return old == wanted;
    }
    unsigned candidates[MAX_HISTORY], n = 0;
    for (unsigned i = at->count; i-- > 0;) {
        bool equal = at->history[i].value == wanted;
        unsigned oldest = oldest_readable(at, equal ? order : failure_order);
        if (i < oldest) continue;
        if (equal ? order_open_for_update(at, i) : !older_will_do(at, oldest, i, failure_order)) candidates[n++] = i;
    }
    if (n == 0) explorer_bug("explorer: a compare-and-swap finds nothing to read");
    unsigned index = candidates[search_choose(n)];
    uint64_t old = at->history[index].value;
    if (old != wanted) {
        trace("cas fails", address, failure_order, "expected %#llx, found %#llx", wanted, old);
        memory_write(expected, size, read_message(at, index, failure_order));
        return false;
    }
    plain_stamp_atomic(where, true); /* one that fails is only a load */
    trace("cas", address, order, "%#llx -> %#llx", old, desired);
    update_message(at, index, desired, order);
    return true;
}

uint64_t explorer_peek(const void *address, size_t size) { return memory_read(address, size); }

/* ---- waiting ---- */

static unsigned messages_waited_for(const location *at, unsigned oldest, uint64_t value, unsigned *candidates) {
    unsigned n = 0;
    for (unsigned i = at->count; i-- > oldest;) {
        if (at->history[i].value == value) candidates[n++] = i;
    }
    return n;
}

bool order_wait_satisfied(const thread *t) {
    unsigned candidates[MAX_HISTORY];
    const location *at = &explorer_world.location[t->wait_location];
    return messages_waited_for(at, t->view.seen[t->wait_location], t->wait_value, candidates) > 0;
}

void explorer_wait(const void *address, size_t size, uint64_t value, int order) {
    place where;
    if (!plain_find(address, &where) || where.pool != MAIN) explorer_bug("explorer: waiting for something not shared");
    thread *t = &explorer_world.thread[explorer_current];
    location *at = location_at(where.offset, size);
    t->wait_location = (uint8_t)number_of(at);
    t->wait_value = value;
    t->waiting = true;
    while (!t->granted || !order_wait_satisfied(t)) coroutine_park();
    t->granted = false;
    t->waiting = false;
    plain_stamp_atomic(where, false);
    unsigned candidates[MAX_HISTORY];
    unsigned n = messages_waited_for(at, oldest_readable(at, order), value, candidates);
    read_message(at, candidates[search_choose(n)], order);
    trace("waited for", address, order, "-> %#llx", value, 0);
}

/* ---- sleeping ---- */

/* Linux has a full barrier before it looks at the word, and another one before it looks for sleepers. So the look is one behind a
 * sequentially consistent fence, and the waking is such a fence, here for this word only: what the waking thread knows of it, who goes
 * to sleep later knows as well. Nothing else is handed over; in particular, who is woken has acquired nothing. */
void explorer_futex_wait(const void *word, uint32_t expected) {
    place where;
    location *at = enter(word, sizeof expected, false, &where);
    if (!at) explorer_bug("sleeps where nobody can wake it");
    thread *t = &explorer_world.thread[explorer_current];
    unsigned index = choose_message(at, oldest_readable(at, ORDER_SEQ_CST), ORDER_RELAXED);
    uint64_t value = read_message(at, index, ORDER_RELAXED);
    trace(value == expected ? "sleeps" : "does not sleep", word, ORDER_RELAXED, "on %#llx, finds %#llx", expected,
          value);
    if (value != expected) return;
    t->wait_location = (uint8_t)number_of(at);
    t->asleep = true;
    while (t->asleep) coroutine_park();
}

static unsigned sleepers_at(const location *at, unsigned *out) {
    unsigned n = 0;
    for (unsigned i = 0; i < explorer_program->threads; i++) {
        const thread *t = &explorer_world.thread[i];
        if (t->asleep && t->wait_location == number_of(at)) out[n++] = i;
    }
    return n;
}

void explorer_futex_wake(const void *word, unsigned most) {
    place where;
    location *at = enter(word, sizeof(uint32_t), false, &where);
    if (!at) return; /* nobody else can reach it */
    saw(at, explorer_world.thread[explorer_current].view.seen[number_of(at)], ORDER_SEQ_CST);
    unsigned sleepers[MAX_THREADS], n = sleepers_at(at, sleepers);
    trace("wakes", word, ORDER_SEQ_CST, "%llu of %llu", n < most ? n : most, n);
    for (; n && most; n--, most--) {
        unsigned chosen = n > most ? search_choose(n) : n - 1;
        explorer_world.thread[sleepers[chosen]].asleep = false;
        sleepers[chosen] = sleepers[n - 1];
    }
}
