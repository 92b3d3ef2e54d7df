/* SPDX-License-Identifier: MIT */
/* A state as a whole: saving and restoring it, bringing it to a normal form, hashing it.
 *
 * Two states with the same hash are taken for the same state and explored once. Everything that can influence the future must
 * therefore be in the hash, and little else, so that states meet again. docs/design/model.md says why each omission is right. */
#include "explorer_internal.h"

#include <stdlib.h>
#include <string.h>

world explorer_world;
unsigned explorer_locations;

/* ---- saving and restoring: one walk serves both, so that they cannot disagree ---- */

typedef struct walk {
    snapshot *into;       /* saving */
    const snapshot *from; /* restoring */
    size_t at;
} walk;

static void grow(snapshot *s, size_t needed) {
    if (needed <= s->capacity) return;
    s->capacity = needed * 2 + 8192;
    s->bytes = realloc(s->bytes, s->capacity);
    if (!s->bytes) abort();
}

static void transfer(walk *w, void *bytes, size_t size) {
    if (size == 0) return;
    if (w->into) {
        grow(w->into, w->at + size);
        memcpy(w->into->bytes + w->at, bytes, size);
    } else {
        memcpy(bytes, w->from->bytes + w->at, size);
    }
    w->at += size;
}

static unsigned granules_used(void) { return (explorer_world.pool[MAIN].used + GRANULE - 1) / GRANULE; }

static void transfer_pools(walk *w) {
    for (unsigned i = 0; i <= MAIN; i++) {
        pool *p = &explorer_world.pool[i];
        transfer(w, &p->used, sizeof p->used + sizeof p->blocks);
        transfer(w, p->block, p->blocks * sizeof p->block[0]);
        transfer(w, explorer_arena[i], p->used);
    }
}

static void transfer_shadow(walk *w) {
    shadow *s = &explorer_world.shadow;
    unsigned granules = granules_used();
    transfer(w, s->writer, granules);
    transfer(w, s->write_clock, granules);
    for (unsigned t = 0; t < explorer_program->threads; t++) {
        transfer(w, s->read_clock[t], granules);
        transfer(w, s->atomic_clock[t], granules);
    }
}

static void transfer_locations(walk *w) {
    unsigned saved = explorer_locations;
    transfer(w, &saved, sizeof saved);
    for (unsigned i = 0; i < saved; i++) {
        location *at = &explorer_world.location[i];
        transfer(w, at, offsetof(location, history));
        transfer(w, at->history, at->count * sizeof at->history[0]);
    }
    /* An atomic that was met only after this state was saved is untouched in it. */
    for (unsigned i = saved; i < explorer_locations; i++) explorer_world.location[i].count = 0;
}

static void transfer_stacks(walk *w) {
    for (unsigned t = 0; t < explorer_program->threads; t++) {
        const thread *of = &explorer_world.thread[t];
        if (of->finished) continue;
        transfer(w, of->stack_pointer, (size_t)((uint8_t *)coroutine_stack_top(t) - (uint8_t *)of->stack_pointer));
    }
}

static void transfer_world(walk *w) {
    transfer(w, &explorer_world, offsetof(world, pool));
    transfer_pools(w);
    transfer_shadow(w);
    transfer_locations(w);
    transfer_stacks(w);
    transfer(w, explorer_program->state, explorer_program->state_size * explorer_program->threads);
    transfer(w, explorer_program->extra, explorer_program->extra_size);
}

void world_save(snapshot *s) {
    walk w = {.into = s};
    transfer_world(&w);
    s->size = w.at;
}

void world_restore(const snapshot *s) {
    walk w = {.from = s};
    transfer_world(&w);
}

void world_reset(void) {
    memset(&explorer_world, 0, sizeof explorer_world);
    memset(explorer_arena, 0, sizeof explorer_arena);
    for (unsigned t = 0; t < MAX_THREADS; t++) explorer_world.thread[t].view.clock[t] = 1;
    plain_reset();
    if (explorer_program->extra) memset(explorer_program->extra, 0, explorer_program->extra_size);
    memset(explorer_program->state, 0, explorer_program->state_size * explorer_program->threads);
}

/* ---- the normal form ---- */

static void forget_oldest(view *v, unsigned number, unsigned messages) {
    v->seen[number] = (uint8_t)(v->seen[number] > messages ? v->seen[number] - messages : 0);
}

static void forget_oldest_everywhere(unsigned number, unsigned messages) {
    for (unsigned t = 0; t < explorer_program->threads; t++)
        forget_oldest(&explorer_world.thread[t].view, number, messages);
    forget_oldest(&explorer_world.sequential, number, messages);
    for (unsigned i = 0; i < explorer_locations; i++) {
        location *at = &explorer_world.location[i];
        for (unsigned m = 0; m < at->count; m++) forget_oldest(&at->history[m].released, number, messages);
    }
}

/* Messages that no thread may read any more are gone for good. */
static void forget_unreadable_messages(void) {
    for (unsigned i = 0; i < explorer_locations; i++) {
        location *at = &explorer_world.location[i];
        unsigned oldest = MAX_HISTORY;
        for (unsigned t = 0; t < explorer_program->threads; t++) {
            const thread *of = &explorer_world.thread[t];
            if (!of->finished && of->view.seen[i] < oldest) oldest = of->view.seen[i];
        }
        if (at->count == 0 || oldest == MAX_HISTORY) oldest = at->count;
        if (oldest == 0) continue;
        if (oldest < at->count) {
            at->count = (uint8_t)(at->count - oldest);
            memmove(at->history, &at->history[oldest], at->count * sizeof at->history[0]);
            at->history[0].is_update = false; /* nothing can enter before it anyway */
            forget_oldest_everywhere(i, oldest);
        } else {
            forget_oldest_everywhere(i, MAX_HISTORY);
        }
    }
}

/* ---- messages that differ in nothing ---- */

/* Whoever has seen the message `index` and knows all that it released, may as well have seen the one before. True when nobody
 * is left who tells the two apart. */
static bool tell_back(view *v, unsigned number, unsigned index, const view *released) {
    if (v->seen[number] != index) return true;
    if (!view_includes(v, released)) return false;
    v->seen[number]--;
    return true;
}

static bool tell_all_back(unsigned number, unsigned index) {
    const view released = explorer_world.location[number].history[index].released;
    bool all = explorer_world.sequential.seen[number] != index;
    for (unsigned t = 0; t < explorer_program->threads; t++) {
        if (explorer_world.thread[t].finished) continue;
        all &= tell_back(&explorer_world.thread[t].view, number, index, &released);
    }
    for (unsigned i = 0; i < explorer_locations; i++) {
        location *other = &explorer_world.location[i];
        for (unsigned m = 0; m < other->count; m++)
            all &= tell_back(&other->history[m].released, number, index, &released);
    }
    return all;
}

static void close_gap(view *v, unsigned number, unsigned index) {
    if (v->seen[number] > index) v->seen[number]--;
}

static void remove_message(unsigned number, unsigned index) {
    location *at = &explorer_world.location[number];
    at->count--;
    memmove(&at->history[index], &at->history[index + 1], (at->count - index) * sizeof at->history[0]);
    for (unsigned t = 0; t < explorer_program->threads; t++) close_gap(&explorer_world.thread[t].view, number, index);
    close_gap(&explorer_world.sequential, number, index);
    for (unsigned i = 0; i < explorer_locations; i++) {
        location *other = &explorer_world.location[i];
        for (unsigned m = 0; m < other->count; m++) close_gap(&other->history[m].released, number, index);
    }
}

/* In a chain of read-modify-writes, a message and the next one with the same value are one message to all who cannot tell
 * them apart. One that a read-modify-write may still read stays, with its true value. */
static void merge_equal_messages(void) {
    for (unsigned n = 0; n < explorer_locations; n++) {
        location *at = &explorer_world.location[n];
        for (unsigned i = 0; i < at->count; i++) {
            if (!order_open_for_update(at, i)) at->history[i].value = order_representative(at, at->history[i].value);
        }
        for (unsigned i = at->count; i-- > 1;) {
            const message *older = &at->history[i - 1], *newer = &at->history[i];
            if (!newer->is_update || order_representative(at, older->value) != order_representative(at, newer->value))
                continue;
            if (!view_includes(&newer->released, &older->released)) continue;
            if (tell_all_back(n, i) && !order_open_for_update(at, i)) remove_message(n, i);
        }
    }
}

/* The clock of thread u that every other thread still running knows. */
static unsigned known_to_all(unsigned u) {
    unsigned known = MAX_CLOCK;
    for (unsigned t = 0; t < explorer_program->threads; t++) {
        const thread *of = &explorer_world.thread[t];
        if (t != u && !of->finished && of->view.clock[u] < known) known = of->view.clock[u];
    }
    return known;
}

/* Drops the stamps that everybody knows, and collects in `used` the clocks of those that remain. */
static void collect_stamps(uint8_t *stamps, unsigned count, unsigned known, uint64_t *used) {
    for (unsigned g = 0; g < count; g++) {
        if (stamps[g] == 0) continue;
        if (stamps[g] <= known)
            stamps[g] = 0;
        else
            *used |= UINT64_C(1) << stamps[g];
    }
}

static void collect_writes(const unsigned *known, uint64_t *used) {
    shadow *s = &explorer_world.shadow;
    for (unsigned g = 0; g < granules_used(); g++) {
        unsigned writer = s->writer[g];
        if (s->write_clock[g] > known[writer]) {
            used[writer] |= UINT64_C(1) << s->write_clock[g];
        } else {
            s->writer[g] = 0;
            s->write_clock[g] = 0;
        }
    }
}

/* The place of a clock among those that still occur. */
static uint8_t rank(uint64_t used, uint8_t clock) {
    return (uint8_t)__builtin_popcountll(used & ((UINT64_C(2) << clock) - 1));
}

static void rank_view(view *v, const uint64_t *used) {
    for (unsigned t = 0; t < explorer_program->threads; t++) v->clock[t] = rank(used[t], v->clock[t]);
}

static void rank_stamps(const uint64_t *used) {
    shadow *s = &explorer_world.shadow;
    for (unsigned g = 0; g < granules_used(); g++) {
        if (s->write_clock[g]) s->write_clock[g] = rank(used[s->writer[g]], s->write_clock[g]);
        for (unsigned t = 0; t < explorer_program->threads; t++) {
            if (s->read_clock[t][g]) s->read_clock[t][g] = rank(used[t], s->read_clock[t][g]);
            if (s->atomic_clock[t][g]) s->atomic_clock[t][g] = rank(used[t], s->atomic_clock[t][g]);
        }
    }
}

/* Clocks are only ever compared with stamps, so only their order counts: renumber them densely. */
static void renumber_clocks(void) {
    unsigned known[MAX_THREADS];
    uint64_t used[MAX_THREADS] = {0};
    for (unsigned t = 0; t < explorer_program->threads; t++) known[t] = known_to_all(t);
    collect_writes(known, used);
    for (unsigned t = 0; t < explorer_program->threads; t++) {
        collect_stamps(explorer_world.shadow.read_clock[t], granules_used(), known[t], &used[t]);
        collect_stamps(explorer_world.shadow.atomic_clock[t], granules_used(), known[t], &used[t]);
        const thread *of = &explorer_world.thread[t];
        if (!of->finished) used[t] |= UINT64_C(1) << of->view.clock[t]; /* the stamps to come */
    }
    rank_stamps(used);
    for (unsigned t = 0; t < explorer_program->threads; t++) rank_view(&explorer_world.thread[t].view, used);
    rank_view(&explorer_world.sequential, used);
    for (unsigned i = 0; i < explorer_locations; i++) {
        location *at = &explorer_world.location[i];
        for (unsigned m = 0; m < at->count; m++) rank_view(&at->history[m].released, used);
    }
}

void world_normalise(void) {
    forget_unreadable_messages();
    merge_equal_messages();
    renumber_clocks();
}

/* ---- the hash ---- */

uint64_t hash_mix(uint64_t hash, uint64_t word) {
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)(hash ^ word ^ UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xd6e8feb86659fd93);
    return (uint64_t)product ^ (uint64_t)(product >> 64) ^ (hash << 1);
}

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    for (; size >= 8; at += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        hash = hash_mix(hash, word);
    }
    uint64_t rest = 0;
    if (size) memcpy(&rest, at, size);
    return size ? hash_mix(hash, rest) : hash;
}

static uint64_t hash_view(uint64_t hash, const view *v) {
    return hash_bytes(hash_bytes(hash, v->clock, sizeof v->clock), v->seen, explorer_locations);
}

static uint64_t word_at(unsigned pool_number, uint32_t offset) {
    uint64_t word;
    memcpy(&word, &explorer_arena[pool_number][offset], sizeof word);
    return word;
}

/* An instance is named by the first place that holds it, not by its number: who made it how does not matter any more. */
static uint64_t element_name(uint64_t word, uint32_t first_place) {
    return (uint64_t)plain_element_value(word) << 32 | (uint64_t)first_place << 1;
}

typedef struct names {
    uint64_t word[64];
    uint32_t place[64];
    unsigned count;
} names;

static uint32_t first_place(names *n, uint64_t word, uint32_t here) {
    for (unsigned i = 0; i < n->count; i++) {
        if (n->word[i] == word) return n->place[i];
    }
    if (n->count == 64) abort();
    n->word[n->count] = word;
    n->place[n->count++] = here;
    return here;
}

static uint64_t hash_shared_blocks(uint64_t hash) {
    names met = {.count = 0};
    const pool *p = &explorer_world.pool[MAIN];
    for (unsigned i = 0; i < p->blocks; i++) {
        hash = hash_mix(hash, p->block[i].freed);
        if (p->block[i].freed) continue;
        for (uint32_t o = p->block[i].offset; o < p->block[i].offset + p->block[i].size; o += 8) {
            uint64_t word = word_at(MAIN, o);
            hash = hash_mix(hash, plain_is_dead(word)      ? 1
                                  : plain_is_private(word) ? 2
                                  : plain_is_element(word) ? element_name(word, first_place(&met, word, o))
                                                           : word);
        }
    }
    return hash;
}

static uint64_t hash_shadow(uint64_t hash) {
    const shadow *s = &explorer_world.shadow;
    unsigned granules = granules_used();
    hash = hash_bytes(hash, s->writer, granules);
    hash = hash_bytes(hash, s->write_clock, granules);
    for (unsigned t = 0; t < explorer_program->threads; t++) {
        hash = hash_bytes(hash, s->read_clock[t], granules);
        hash = hash_bytes(hash, s->atomic_clock[t], granules);
    }
    return hash;
}

static uint64_t hash_locations(uint64_t hash) {
    for (unsigned i = 0; i < explorer_locations; i++) {
        const location *at = &explorer_world.location[i];
        hash = hash_mix(hash, at->count);
        for (unsigned m = 0; m < at->count; m++) {
            hash = hash_mix(hash, at->history[m].value);
            hash = hash_mix(hash, at->history[m].is_update);
            hash = hash_view(hash, &at->history[m].released);
        }
    }
    return hash;
}

static uint64_t hash_threads(uint64_t hash) {
    for (unsigned t = 0; t < explorer_program->threads; t++) {
        const thread *of = &explorer_world.thread[t];
        hash = hash_mix(hash, (uint64_t)of->finished | (uint64_t)of->at_boundary << 1 | (uint64_t)of->waiting << 2 |
                                  (uint64_t)of->asleep << 3);
        if (of->finished) continue;
        hash = hash_view(hash_mix(hash, of->log), &of->view);
    }
    return hash;
}

uint64_t world_hash(void) {
    uint64_t hash = hash_view(1, &explorer_world.sequential);
    hash = hash_shared_blocks(hash);
    hash = hash_shadow(hash);
    hash = hash_locations(hash);
    hash = hash_threads(hash);
    return explorer_program->constraint ? hash_mix(hash, explorer_program->constraint()) : hash;
}

/* ---- the local state of a thread between two operations ---- */

/* The private blocks that a thread can reach, in the order in which they are met. */
typedef struct reach {
    unsigned thread;
    unsigned block[MAX_BLOCKS], count;
    bool shared; /* some word points into a shared block */
    names elements;
} reach;

static bool points_to_shared_block(place where) {
    if (where.pool != MAIN) return false;
    const pool *p = &explorer_world.pool[MAIN];
    for (unsigned i = 0; i < p->blocks; i++) {
        const block *b = &p->block[i];
        if (where.offset >= b->offset && where.offset < b->offset + b->size) return !b->freed && !b->permanent;
    }
    return false;
}

/* The canonical name of a private address: the how-manieth block met, and the offset in it. One past the end still counts. */
static uint64_t private_name(reach *r, place where) {
    const pool *p = &explorer_world.pool[r->thread];
    for (unsigned i = 0; i < p->blocks; i++) {
        const block *b = &p->block[i];
        if (where.offset < b->offset || where.offset > b->offset + b->size) continue;
        if (b->freed) return 2;
        unsigned number = 0;
        while (number < r->count && r->block[number] != i) number++;
        if (number == r->count) r->block[r->count++] = i;
        return UINT64_C(0xb10c) << 48 | (uint64_t)number << 32 | (where.offset - b->offset);
    }
    return 3;
}

/* An element that is alive in private memory while its word still stands in a shared block makes this state one of its own
 * kind: its name would say too little. It is rare; such a state is simply never merged with another. */
static uint64_t private_element_name(reach *r, uint64_t word) {
    static uint64_t unmergeable;
    const pool *p = &explorer_world.pool[MAIN];
    for (unsigned i = 0; i < p->blocks; i++) {
        if (p->block[i].freed) continue;
        for (uint32_t o = p->block[i].offset; o < p->block[i].offset + p->block[i].size; o += 8) {
            if (word_at(MAIN, o) == word) return UINT64_C(0xffff) << 48 | ++unmergeable;
        }
    }
    return element_name(word, first_place(&r->elements, word, r->elements.count));
}

static uint64_t hash_local_word(reach *r, uint64_t hash, uint64_t word) {
    place where;
    if (plain_is_dead(word)) return hash_mix(hash, 1);
    if (plain_is_element(word)) return hash_mix(hash, private_element_name(r, word));
    if (plain_find((const void *)(uintptr_t)word, &where)) {
        if (points_to_shared_block(where)) r->shared = true;
        if (where.pool == r->thread) return hash_mix(hash, private_name(r, where));
    }
    return hash_mix(hash, word);
}

/* A shared block that has become one thread's own may lead to private blocks of that thread. */
static uint64_t hash_ways_through_shared(reach *r, uint64_t hash) {
    const pool *p = &explorer_world.pool[MAIN];
    for (unsigned i = 0; i < p->blocks; i++) {
        if (p->block[i].freed) continue;
        for (uint32_t o = p->block[i].offset; o < p->block[i].offset + p->block[i].size; o += 8) {
            place where;
            if (!plain_find((const void *)(uintptr_t)word_at(MAIN, o), &where) || where.pool != r->thread) continue;
            hash = hash_mix(hash_mix(hash, o), private_name(r, where));
        }
    }
    return hash;
}

static uint64_t hash_local(reach *r) {
    uint64_t hash = 7;
    const uint8_t *state = (const uint8_t *)explorer_program->state + r->thread * explorer_program->state_size;
    for (size_t i = 0; i < explorer_program->state_size; i += 8) {
        uint64_t word;
        memcpy(&word, state + i, sizeof word);
        hash = hash_local_word(r, hash, word);
    }
    hash = hash_bytes(hash, coroutine_local(r->thread), coroutine_local_size());
    hash = hash_ways_through_shared(r, hash);
    const pool *p = &explorer_world.pool[r->thread];
    for (unsigned i = 0; i < r->count; i++) { /* grows while blocks name further blocks */
        const block *b = &p->block[r->block[i]];
        for (uint32_t o = b->offset; o < b->offset + b->size; o += 8)
            hash = hash_local_word(r, hash, word_at(r->thread, o));
    }
    return hash;
}

uint64_t world_hash_thread(unsigned t) {
    reach r = {.thread = t};
    uint64_t hash = hash_local(&r);
    const pool *p = &explorer_world.pool[t];
    unsigned live = 0;
    for (unsigned i = 0; i < p->blocks; i++) live += !p->block[i].freed;
    if (live != r.count && !explorer_program->leaks_expected) explorer_bug("a buffer leaked");
    return hash;
}

bool world_holds_shared(unsigned t) {
    reach r = {.thread = t};
    hash_local(&r);
    return r.shared;
}
